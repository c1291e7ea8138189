// What a text could mean at a place of a conversation. Internal to the converter.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/command.h"
#include "dialog/conversation.h"
#include "dialog/script.h"
#include "nlu/interpretation.h"

namespace dialog {

// How customers call the values of slots: slot → words → value.
using ValueNames = std::map<std::string, std::map<std::string, std::string>>;

// The question that is open; nullptr: none.
const Collect* open_question(const Bot& bot, const Conversation& conversation);

// Where `value` stands in the text: as written, in words, or as a number; nullopt: nowhere.
std::optional<nlu::Span> place_of(const Slot& slot, const json::value& value,
                                  const std::string& text, const ValueNames& names);

// Lists of commands, the likeliest first; at most `hypotheses_limit`.
constexpr std::size_t hypotheses_limit = 3000;
std::vector<std::vector<Command>> hypotheses(const Bot& bot, const Conversation& conversation,
                                             const Line& line, const ValueNames& names);

}  // namespace dialog

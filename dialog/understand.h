// From what the models understood, and where the conversation stands, to commands.
//
// Deterministic rules, documented as a table in docs/understanding-rules.md: an answer to the
// question that was asked wins over a new flow where both fit, a payload over everything.
#pragma once

#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/command.h"
#include "dialog/conversation.h"
#include "nlu/interpretation.h"

namespace dialog {

// `payload` is a button's, or empty; `now` the local time in the bot's zone,
// "2026-11-27T18:30"; a date alone will do for what asks for no time.
std::vector<Command> understand(const Bot& bot, const Conversation& conversation,
                                const std::string& text, const std::string& payload,
                                const std::optional<Attachment>& attachment,
                                const nlu::Interpretation& interpretation, const std::string& now);

}  // namespace dialog

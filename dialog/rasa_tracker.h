// Conversations as Rasa's HTTP API and its action servers know them: trackers, events, stories,
// and what a text was understood as.
//
// Pure translation. Times are seconds since the epoch, as floating point; places in a text are
// counted in characters (code points), as Rasa's are, where Usher's own are bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dialog/bot.h"
#include "dialog/command.h"
#include "dialog/conversation.h"
#include "dialog/event.h"

namespace dialog {

// The release of Rasa whose shapes these are.
inline constexpr std::string_view rasa_version = "3.12.0";

// The conversation's sender_id: the sender on a channel with ids of its own, else the site's id for
// the customer, else what stands for an anonymous visitor.
std::string sender_of(const Conversation& conversation);

// The tracker; `events` of the conversation, in order, come in Rasa's names. With `is_idle` no turn
// is under way, so that the bot listens.
json::object to_tracker(const Bot& bot, const Conversation& conversation,
                        std::span<const Event> events, bool is_idle);

// The events alone. Those that Rasa has no name for are left out.
json::array to_rasa_events(std::span<const Event> events);

// {version, stories: [{story, steps}]}: what the customer said and what the bot did.
json::object to_story(const std::string& name, std::span<const Event> events);

// {text, intent, intent_ranking, entities, text_tokens}.
json::object to_parse_data(std::string_view text, const nlu::Interpretation& interpretation);

// {"command": "start flow", "flow": "x"}, as Rasa writes its commands.
json::object to_rasa_command(const Command& command);

}  // namespace dialog

// Actions of the business's own, run by a server of its own: Rasa's action server protocol, as
// rasa-sdk speaks it. POST {next_action, sender_id, tracker, domain, version}; 200 {events,
// responses}; 400 {action_name, error}: the action rejects to run.
//
// Pure translation. What the server sets is checked as any value is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialog/bot.h"
#include "dialog/conversation.h"
#include "dialog/event.h"

namespace dialog {

// The request's body. `turn` are the events of this turn so far.
json::object action_request(const Bot& bot, const Conversation& conversation,
                            std::string_view action, std::span<const Event> turn);

// The name under which input::Happened brings events that Rasa's HTTP API appends to a tracker; its
// data is the list of them, as read_action_answer() reads events.
inline constexpr std::string_view tracker_events = "/tracker_events";

struct ActionAnswer {
  std::vector<std::pair<std::string, json::value>> slots;  // In order; null: emptied
  bool resets_slots = false;                               // All of them, before
  bool restarts = false;
  std::vector<json::object> responses;  // Each as dispatcher.utter_message() made it
  std::string followup;                 // An action to run next
};

// Errc::invalid names what is wrong with it.
nlu::Result<ActionAnswer> read_action_answer(const json::value& body);

// A response that came from the server, as a reply; `action` is its name when it has none.
event::Replied to_reply(const Bot& bot, const Conversation& conversation,
                        const json::object& response, std::string_view action);

}  // namespace dialog

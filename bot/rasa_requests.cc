#include "bot/rasa_requests.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "nlu/base/unicode.h"

namespace bot::rasa {

namespace json = nlu::json;

namespace {

// Of events that cannot be appended.
std::string_view what_instead(std::string_view kind) {
  struct Advice {
    std::string_view kind, text;
  };
  static constexpr std::array<Advice, 8> all{{
      {"user", "a message takes a turn: POST /conversations/ID/messages"},
      {"action", "actions run where a flow comes to them: POST /conversations/ID/trigger_intent"},
      {"pause",
       "a person takes it over: POST /v1/conversations/ID/handover {\"action\": "
       "\"accept\"}"},
      {"resume", "a person lets go: POST /v1/conversations/ID/handover {\"action\": \"release\"}"},
      {"reminder",
       "a flow's `remind` step sets one; POST /v1/conversations/ID/events begins a "
       "flow now"},
      {"session_started", "a session begins with the customer's next message"},
      {"rewind", "what happened stays: set the slots that are wrong, or restart"},
      {"undo", "what happened stays: set the slots that are wrong, or restart"},
  }};
  for (const Advice& one : all) {
    if (one.kind == kind) return one.text;
  }
  return "slot, reset_slots, restart, bot and followup (an utter_ response) can be";
}

}  // namespace

std::string fault_of(const dialog::Bot& bot, const json::object& event) {
  const std::string kind(nlu::get_string(event, "event").value_or(""));
  const std::string name(nlu::get_string(event, "name").value_or(""));
  if (kind == "restart" || kind == "reset_slots") return "";
  if (kind == "slot") {
    const dialog::Slot* slot = bot.find_slot(name);
    if (!slot) return fmt::format("the bot has no slot '{}'", name);
    const json::value* value = event.if_contains("value");
    if (!value || value->is_null() || dialog::accept_for_slot(*slot, *value)) return "";
    return fmt::format("slot '{}' cannot hold {}", name,
                       nlu::truncate(json::serialize(*value), 100));
  }
  if (kind == "bot") {
    const json::object* data = nlu::get_object(event, "data");
    const std::string_view text = nlu::get_string(event, "text").value_or("");
    if (text.empty() && (!data || data->empty())) return "a bot event has 'text' or 'data'";
    return nlu::count_characters(text) > text_characters_max
               ? fmt::format("a bot event's text has at most {} characters", text_characters_max)
               : "";
  }
  if (kind == "followup") {
    const bool is_said = name.starts_with("utter_") && bot.find_response(name) != nullptr;
    return is_said ? "" : fmt::format("'{}' is no utter_ response of the bot", name);
  }
  return fmt::format("events of kind '{}' cannot be appended: {}", kind, what_instead(kind));
}

std::string text_of(const json::value& body, std::string_view key) {
  const json::object* object = body.if_object();
  return object ? std::string(nlu::get_string(*object, key).value_or("")) : "";
}

bool knows_intent(const dialog::Bot& bot, const std::string& name) {
  const auto& intents = bot.training.intents;
  const bool is_trained = std::any_of(intents.begin(), intents.end(),
                                      [&](const nlu::Intent& one) { return one.name == name; });
  if (is_trained) return true;
  const dialog::Understanding& u = bot.understanding;
  for (const std::string& own : {u.affirm, u.deny, u.cancel, u.repeat, u.restart, u.skip,
                                 u.handover, u.out_of_scope, u.chitchat}) {
    if (own == name) return true;
  }
  return std::any_of(bot.flows.begin(), bot.flows.end(), [&](const auto& flow) {
    const auto& triggers = flow.second.triggers;
    return std::any_of(triggers.begin(), triggers.end(),
                       [&](const dialog::Trigger& one) { return one.intent == name; });
  });
}

nlu::Result<json::object> entities_in(const json::value& body) {
  const json::object* object = body.if_object();
  const json::value* given = object ? object->if_contains("entities") : nullptr;
  if (!given || given->is_null()) return json::object();
  if (const json::object* map = given->if_object()) return *map;
  const json::array* list = given->if_array();
  if (!list) return nlu::invalid("'entities' is a map, or a list of {entity, value}");
  json::object all;
  for (const json::value& one : *list) {
    const std::string name = text_of(one, "entity");
    if (name.empty()) return nlu::invalid("each of 'entities' has an 'entity' and a 'value'");
    const json::value* value = one.get_object().if_contains("value");
    all[name] = value ? *value : json::value();
  }
  return all;
}

}  // namespace bot::rasa

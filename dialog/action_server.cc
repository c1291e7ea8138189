#include "dialog/action_server.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/respond.h"

namespace dialog {

namespace {

constexpr std::size_t responses_max = 50;
constexpr std::size_t events_max = 500;

std::string text_in(const json::object& object, std::string_view key) {
  return std::string(nlu::get_string(object, key).value_or(""));
}

double seconds(Millis ts) { return static_cast<double>(ts) / 1000; }

std::string sender_of(const Conversation& c) {
  if (!c.sender.empty()) return c.sender;
  return c.user.empty() ? c.secret_hash : c.user;
}

json::array entities_of(const nlu::Interpretation& said) {
  json::array all;
  for (const nlu::Entity& entity : said.entities) {
    json::object one{{"entity", entity.type},
                     {"value", entity.value},
                     {"start", entity.span.begin},
                     {"end", entity.span.end},
                     {"extractor", entity.source}};
    if (!entity.role.empty()) one["role"] = entity.role;
    if (!entity.group.empty()) one["group"] = entity.group;
    all.push_back(std::move(one));
  }
  return all;
}

json::object intent_of(const nlu::Interpretation& said) {
  if (said.segments.empty() || said.segments.front().intents.empty()) {
    return {{"name", nullptr}, {"confidence", 0.0}};
  }
  const nlu::ScoredIntent& best = said.segments.front().intents.front();
  return {{"name", best.name}, {"confidence", best.p}};
}

json::object latest_message(const Conversation& c) {
  return {{"text", c.heard_text},
          {"intent", intent_of(c.heard)},
          {"entities", entities_of(c.heard)},
          {"metadata", json::object()}};
}

// One of Rasa's events; null for what Rasa has no name for.
struct AsRasas {
  Millis ts;

  json::value with(const char* name, json::object fields) const {
    fields["event"] = name;
    fields["timestamp"] = seconds(ts);
    return fields;
  }
  json::value operator()(const event::Uttered& e) const {
    return with("user", {{"text", e.text}, {"message_id", e.message_id}});
  }
  json::value operator()(const event::Replied& e) const {
    return with("bot", {{"text", e.text}, {"metadata", {{"utter_action", e.response}}}});
  }
  json::value operator()(const event::SlotSet& e) const {
    return with("slot", {{"name", e.slot}, {"value", e.value}});
  }
  json::value operator()(const event::FlowStarted& e) const {
    return with("flow_started", {{"flow_id", e.flow}});
  }
  json::value operator()(const event::FlowEnded& e) const {
    const bool cancelled = e.how == event::FlowEnded::How::cancelled;
    return with(cancelled ? "flow_cancelled" : "flow_completed", {{"flow_id", e.flow}});
  }
  json::value operator()(const event::SessionStarted&) const { return with("session_started", {}); }
  json::value operator()(const event::ActionStarted& e) const {
    return e.action.empty() ? json::value() : with("action", {{"name", e.action}});
  }
  template <class Other>
  json::value operator()(const Other&) const {
    return nullptr;
  }
};

json::object domain_of(const Bot& bot) {
  static constexpr const char* types[] = {"text", "bool", "categorical", "float", "list", "any"};
  json::object slots, responses;
  for (const auto& [name, slot] : bot.slots) {
    json::object one{{"type", types[static_cast<std::size_t>(slot.type)]},
                     {"initial_value", slot.initial}};
    if (!slot.values.empty()) one["values"] = json::array(slot.values.begin(), slot.values.end());
    slots.emplace(name, std::move(one));
  }
  for (const auto& [name, response] : bot.responses) {
    json::array variations;
    for (const Variation& variation : response.variations) {
      variations.push_back(json::object{{"text", variation.text.text}});
    }
    responses.emplace(name, std::move(variations));
  }
  json::array intents, actions(bot.actions.begin(), bot.actions.end());
  for (const nlu::Intent& intent : bot.training.intents) intents.emplace_back(intent.name);
  return {{"slots", std::move(slots)},
          {"responses", std::move(responses)},
          {"intents", std::move(intents)},
          {"actions", std::move(actions)}};
}

std::vector<Choice> choices_in(const json::object& response, std::string_view key) {
  std::vector<Choice> choices;
  const json::array* all = nlu::get_array(response, key);
  for (const json::value& one : all ? *all : json::array()) {
    if (const auto* button = one.if_object(); button && choices.size() < responses_max) {
      choices.push_back(
          {text_in(*button, "title"), text_in(*button, "payload"), text_in(*button, "url")});
    }
  }
  return choices;
}

void read_event(const json::object& one, ActionAnswer& answer) {
  const std::string kind = text_in(one, "event");
  if (kind == "slot") {
    const json::value* value = one.if_contains("value");
    answer.slots.emplace_back(text_in(one, "name"), value ? *value : json::value());
  } else if (kind == "reset_slots") {
    answer.resets_slots = true;
    answer.slots.clear();
  } else if (kind == "restart") {
    answer.restarts = true;
  } else if (kind == "followup") {
    answer.followup = text_in(one, "name");
  } else if (kind == "bot") {
    json::object said{{"text", text_in(one, "text")}};
    if (const json::object* data = nlu::get_object(one, "data")) {
      for (const auto& member : *data) said.insert_or_assign(member.key(), member.value());
    }
    answer.responses.push_back(std::move(said));
  }  // Others mean nothing here.
}

}  // namespace

json::object to_tracker(const Bot& bot, const Conversation& c, std::span<const Event> events) {
  json::object slots;
  for (const auto& [name, slot] : bot.slots) {
    const auto held = c.slots.find(name);
    slots.emplace(name, held == c.slots.end() ? json::value() : held->second);
  }
  json::array happened;
  for (const Event& one : events) {
    json::value as = std::visit(AsRasas{one.ts}, one.body);
    if (!as.is_null()) happened.push_back(std::move(as));
  }
  json::array stack;
  for (const Frame& frame : c.stack) {
    stack.push_back(
        json::object{{"frame_id", std::to_string(frame.id)},
                     {"flow_id", frame.flow},
                     {"step_id", frame.step},
                     {"type", frame.flow.starts_with("pattern_") ? frame.flow : "flow"}});
  }
  return {{"sender_id", sender_of(c)},
          {"slots", std::move(slots)},
          {"latest_message", latest_message(c)},
          {"latest_event_time", seconds(c.now)},
          {"followup_action", nullptr},
          {"paused", c.handover == event::HandoverChanged::State::accepted},
          {"events", std::move(happened)},
          {"latest_input_channel", c.channel},
          {"active_loop", json::object()},
          {"latest_action", json::object()},
          {"latest_action_name", nullptr},
          {"stack", std::move(stack)}};
}

json::object action_request(const Bot& bot, const Conversation& c, std::string_view action,
                            std::span<const Event> turn) {
  return {{"next_action", action},
          {"sender_id", sender_of(c)},
          {"tracker", to_tracker(bot, c, turn)},
          {"domain", domain_of(bot)},
          {"version", "3.12.0"}};
}

nlu::Result<ActionAnswer> read_action_answer(const json::value& body) {
  const json::object* object = body.if_object();
  if (!object) return nlu::invalid("the answer is no JSON object");
  ActionAnswer answer;
  for (const char* key : {"events", "responses"}) {
    const json::value* part = object->if_contains(key);
    if (!part || part->is_null()) continue;
    const json::array* all = part->if_array();
    if (!all) return nlu::invalid(fmt::format("'{}' is no list", key));
    const bool are_events = std::string_view(key) == "events";
    if (all->size() > (are_events ? events_max : responses_max)) {
      return nlu::invalid(
          fmt::format("'{}' has more than {} items", key, are_events ? events_max : responses_max));
    }
    for (const json::value& one : *all) {
      const json::object* item = one.if_object();
      if (!item) return nlu::invalid(fmt::format("an item of '{}' is no object", key));
      if (are_events) {
        read_event(*item, answer);
      } else {
        answer.responses.push_back(*item);
      }
    }
  }
  return answer;
}

event::Replied to_reply(const Bot& bot, const Conversation& c, const json::object& response,
                        std::string_view action) {
  std::string name = text_in(response, "response");
  if (name.empty()) name = text_in(response, "template");
  event::Replied reply;
  if (!name.empty()) {
    // What utter_message() got beside the name counts as slots there.
    Conversation seen = c;
    for (const auto& member : response) {
      if (bot.find_slot(std::string(member.key())) || !member.value().is_structured()) {
        seen.slots.insert_or_assign(std::string(member.key()), member.value());
      }
    }
    if (auto made = respond(bot, seen, nullptr, name)) reply = *std::move(made);
  }
  if (reply.response.empty()) reply.response = name.empty() ? std::string(action) : name;
  if (std::string text = text_in(response, "text"); !text.empty()) reply.text = std::move(text);
  if (std::string image = text_in(response, "image"); !image.empty()) reply.image_url = image;
  if (const auto attachment = nlu::get_string(response, "attachment")) {
    reply.attachment_url = *attachment;
  }
  for (Choice& one : choices_in(response, "buttons")) reply.buttons.push_back(std::move(one));
  for (Choice& one : choices_in(response, "quick_replies")) {
    reply.quick_replies.push_back(std::move(one));
  }
  for (const char* key : {"custom", "json_message"}) {
    const json::object* custom = nlu::get_object(response, key);
    if (custom && !custom->empty()) reply.custom = *custom;
  }
  return reply;
}

}  // namespace dialog

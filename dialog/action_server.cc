#include "dialog/action_server.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/rasa_domain.h"
#include "dialog/rasa_tracker.h"
#include "dialog/respond.h"

namespace dialog {

namespace {

constexpr std::size_t responses_max = 50;
constexpr std::size_t events_max = 500;

std::string text_in(const json::object& object, std::string_view key) {
  return std::string(nlu::get_string(object, key).value_or(""));
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

json::object action_request(const Bot& bot, const Conversation& c, std::string_view action,
                            std::span<const Event> turn) {
  return {{"next_action", action},
          {"sender_id", sender_of(c)},
          {"tracker", to_tracker(bot, c, turn, false)},
          {"domain", to_domain(bot)},
          {"version", rasa_version}};
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

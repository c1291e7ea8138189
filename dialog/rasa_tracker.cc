#include "dialog/rasa_tracker.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t tokens_max = 512;
constexpr std::string_view listen = "action_listen";

double seconds(Millis ts) { return static_cast<double>(ts) / 1000; }

std::size_t characters_before(std::string_view text, std::size_t byte) {
  return nlu::count_characters(text.substr(0, std::min(byte, text.size())));
}

json::array entities_of(std::string_view text, const nlu::Interpretation& said) {
  json::array all;
  for (const nlu::Entity& entity : said.entities) {
    json::object one{{"entity", entity.type},
                     {"start", characters_before(text, entity.span.begin)},
                     {"end", characters_before(text, entity.span.end)},
                     {"value", entity.value},
                     {"confidence_entity", entity.p},
                     {"extractor", entity.source}};
    if (!entity.role.empty()) one["role"] = entity.role;
    if (!entity.group.empty()) one["group"] = entity.group;
    all.push_back(std::move(one));
  }
  return all;
}

const nlu::Segment* longest(const nlu::Interpretation& said) {
  const auto size = [](const nlu::Segment& one) { return one.span.end - one.span.begin; };
  const auto found = std::max_element(
      said.segments.begin(), said.segments.end(),
      [&](const nlu::Segment& a, const nlu::Segment& b) { return size(a) < size(b); });
  return found == said.segments.end() ? nullptr : &*found;
}

bool is_utter(const std::string& response) { return response.starts_with("utter_"); }

// Turns events into Rasa's, with what it keeps between two of them: there a message and what was
// understood of it are one event.
class Translation {
 public:
  void take(const Event& event) {
    ts_ = event.ts;
    std::visit([this](const auto& body) { take(body); }, event.body);
  }
  // The turn is over.
  void end(Millis ts) {
    if (out_.empty() || is_listening_) return;
    ts_ = ts;
    act(listen);
  }
  json::array finish() { return std::move(out_); }

 private:
  json::object& add(std::string_view name, json::object fields = {}) {
    fields["event"] = name;
    fields["timestamp"] = seconds(ts_);
    out_.emplace_back(std::move(fields));
    is_listening_ = false;
    return out_.back().get_object();
  }
  void act(std::string_view name) {
    add("action", {{"name", name}, {"policy", nullptr}, {"confidence", nullptr}});
    is_listening_ = name == listen;
  }

  void take(const event::Uttered& e) {
    end(ts_);
    const std::string& text = e.payload.empty() ? e.text : e.payload;
    said_ = out_.size();
    json::object& user = add("user", {{"text", text},
                                      {"parse_data", to_parse_data(text, {})},
                                      {"input_channel", channel_},
                                      {"message_id", e.message_id},
                                      {"metadata", json::object()}});
    user["parse_data"].get_object()["commands"] = json::array();
    has_said_ = true;
  }
  void take(const event::Interpreted& e) {
    if (!has_said_) return;
    json::object& user = out_[said_].get_object();
    const std::string text(nlu::get_string(user, "text").value_or(""));
    json::value commands = user["parse_data"].get_object()["commands"];
    user["parse_data"] = to_parse_data(text, e.interpretation);
    user["parse_data"].get_object()["commands"] = std::move(commands);
  }
  void take(const event::Commanded& e) {
    if (!has_said_) return;
    json::object& parsed = out_[said_].get_object()["parse_data"].get_object();
    parsed["commands"].get_array().push_back(to_rasa_command(e.command));
  }
  void take(const event::ConversationStarted& e) { channel_ = e.channel; }
  void take(const event::SessionStarted&) {
    act("action_session_start");
    add("session_started");
  }
  void take(const event::SessionEnded& e) {
    add(e.reason == "restart" ? "restart" : "session_ended");
    has_said_ = false;
  }
  void take(const event::Replied& e) {
    if (is_utter(e.response)) act(e.response);
    json::object data{{"elements", nullptr},           {"quick_replies", choices(e.quick_replies)},
                      {"buttons", choices(e.buttons)}, {"attachment", link(e.attachment_url)},
                      {"image", link(e.image_url)},    {"custom", e.custom}};
    json::object metadata;
    if (is_utter(e.response)) metadata["utter_action"] = e.response;
    add("bot", {{"text", e.text}, {"data", std::move(data)}, {"metadata", std::move(metadata)}});
  }
  void take(const event::PersonWrote& e) {
    add("bot", {{"text", e.text}, {"data", json::object()}, {"metadata", {{"person", e.by}}}});
  }
  void take(const event::SlotSet& e) { add("slot", {{"name", e.slot}, {"value", e.value}}); }
  void take(const event::ActionStarted& e) {
    if (!e.action.empty()) act(e.action);
  }
  void take(const event::FlowStarted& e) {
    flows_[e.frame] = e.flow;
    add("flow_started", {{"flow_id", e.flow}});
  }
  void take(const event::FlowInterrupted& e) { of_flow("flow_interrupted", e.frame); }
  void take(const event::FlowResumed& e) { of_flow("flow_resumed", e.frame); }
  void take(const event::FlowEnded& e) {
    const bool is_cancelled = e.how == event::FlowEnded::How::cancelled;
    add(is_cancelled ? "flow_cancelled" : "flow_completed", {{"flow_id", e.flow}});
  }
  void take(const event::HandoverChanged& e) {
    using State = event::HandoverChanged::State;
    if (e.state == State::accepted) add("pause");
    if (e.state == State::released) add("resume");
  }
  void take(const event::TimerSet& e) { due_[e.timer] = e.due; }
  void take(const event::ReminderSet& e) {
    const auto due = due_.find(e.timer);
    const Millis at = due == due_.end() ? ts_ : due->second;
    reminders_[e.timer] = e;
    add("reminder", {{"name", e.name},
                     {"intent", e.flow},
                     {"entities", nullptr},
                     {"date_time", seconds(at)},
                     {"kill_on_user_msg", e.unless_heard}});
  }
  void take(const event::TimerEnded& e) {
    const auto found = reminders_.find(e.timer);
    if (found == reminders_.end() || e.fired) return;
    add("cancel_reminder",
        {{"name", found->second.name}, {"intent", found->second.flow}, {"entities", nullptr}});
  }
  template <class Other>
  void take(const Other&) {}

  void of_flow(std::string_view name, std::uint64_t frame) {
    const auto found = flows_.find(frame);
    if (found != flows_.end()) add(name, {{"flow_id", found->second}});
  }
  static json::value link(const std::string& url) {
    return url.empty() ? json::value() : json::value(url);
  }
  static json::value choices(const std::vector<Choice>& shown) {
    json::array all;
    for (const Choice& one : shown) {
      json::object button{{"title", one.title}};
      button[one.url.empty() ? "payload" : "url"] = one.url.empty() ? one.payload : one.url;
      all.push_back(std::move(button));
    }
    if (all.empty()) return nullptr;
    return all;
  }

  json::array out_;
  Millis ts_ = 0;
  std::string channel_;
  std::size_t said_ = 0;  // The last "user" in `out_`, when has_said_
  bool has_said_ = false;
  bool is_listening_ = false;
  std::map<std::uint64_t, std::string> flows_;  // By frame
  std::map<std::uint64_t, Millis> due_;         // By timer
  std::map<std::uint64_t, event::ReminderSet> reminders_;
};

// The last that the bot did.
json::value last_action(const json::array& events) {
  for (std::size_t i = events.size(); i-- > 0;) {
    const json::object& one = events[i].get_object();
    if (one.at("event") == "action") return one.at("name");
  }
  return nullptr;
}

json::object user_step(const json::object& user) {
  const json::object& parsed = user.at("parse_data").get_object();
  const json::value& intent = parsed.at("intent").get_object().at("name");
  json::object step;
  if (intent.is_null()) {
    step["user"] = user.at("text");
    return step;
  }
  step["intent"] = intent;
  step["user"] = user.at("text");
  json::array entities;
  for (const json::value& entity : parsed.at("entities").get_array()) {
    const json::object& one = entity.get_object();
    entities.push_back(json::object{{std::string(one.at("entity").get_string()), one.at("value")}});
  }
  if (!entities.empty()) step["entities"] = std::move(entities);
  return step;
}

struct AsRasas {
  json::object named(std::string_view name) const { return {{"command", name}}; }
  json::object with(std::string_view name, std::string_view key, json::value value) const {
    return {{"command", name}, {key, std::move(value)}};
  }

  json::object operator()(const command::StartFlow& c) const {
    return with("start flow", "flow", json::value(c.flow));
  }
  json::object operator()(const command::SetSlot& c) const {
    return {{"command", "set slot"}, {"name", c.slot}, {"value", c.value}, {"extractor", c.by}};
  }
  json::object operator()(const command::CorrectSlot& c) const {
    return with("correct slot", "corrected_slots",
                json::array{json::object{{"name", c.slot}, {"value", c.value}}});
  }
  json::object operator()(const command::CancelFlow&) const { return named("cancel flow"); }
  json::object operator()(const command::Clarify& c) const {
    return with("clarify", "options", json::array(c.flows.begin(), c.flows.end()));
  }
  json::object operator()(const command::ChitChat&) const { return named("chitchat"); }
  json::object operator()(const command::KnowledgeQuestion&) const { return named("knowledge"); }
  json::object operator()(const command::HumanHandover&) const { return named("human handoff"); }
  json::object operator()(const command::SkipQuestion&) const { return named("skip question"); }
  json::object operator()(const command::Repeat&) const { return named("repeat bot messages"); }
  json::object operator()(const command::Restart&) const { return named("restart"); }
  json::object operator()(const command::CannotHandle& c) const {
    return with("cannot handle", "reason", json::value(c.reason));
  }
};

}  // namespace

std::string sender_of(const Conversation& c) {
  if (!c.sender.empty()) return c.sender;
  return c.user.empty() ? c.secret_hash : c.user;
}

json::object to_parse_data(std::string_view text, const nlu::Interpretation& said) {
  json::array ranking, tokens;
  if (const nlu::Segment* segment = longest(said)) {
    for (const nlu::ScoredIntent& one : segment->intents) {
      ranking.push_back(json::object{{"name", one.name}, {"confidence", one.p}});
    }
  }
  // Places grow from word to word, so that each is counted from the last.
  std::size_t bytes = 0, characters = 0;
  const auto place = [&](std::size_t at) {
    characters += nlu::count_characters(text.substr(bytes, at - bytes));
    bytes = at;
    return characters;
  };
  for (const nlu::Word& word : nlu::split_words(text, tokens_max)) {
    const std::size_t begin = place(word.begin);
    tokens.push_back(json::array{begin, place(word.end)});
  }
  json::value intent = ranking.empty()
                           ? json::value(json::object{{"name", nullptr}, {"confidence", 0.0}})
                           : ranking.front();
  return {{"text", text},
          {"intent", std::move(intent)},
          {"entities", entities_of(text, said)},
          {"intent_ranking", std::move(ranking)},
          {"text_tokens", std::move(tokens)}};
}

json::object to_rasa_command(const Command& command) { return std::visit(AsRasas{}, command); }

json::array to_rasa_events(std::span<const Event> events) {
  Translation translation;
  for (const Event& one : events) translation.take(one);
  return translation.finish();
}

json::object to_tracker(const Bot& bot, const Conversation& c, std::span<const Event> events,
                        bool is_idle) {
  json::object slots;
  for (const auto& [name, slot] : bot.slots) {
    const auto held = c.slots.find(name);
    slots.emplace(name, held == c.slots.end() ? json::value() : held->second);
  }
  Translation translation;
  for (const Event& one : events) translation.take(one);
  if (is_idle) translation.end(c.now);
  json::array happened = translation.finish();
  json::array stack;
  for (const Frame& frame : c.stack) {
    stack.push_back(
        json::object{{"frame_id", std::to_string(frame.id)},
                     {"flow_id", frame.flow},
                     {"step_id", frame.step},
                     {"type", frame.flow.starts_with("pattern_") ? frame.flow : "flow"}});
  }
  json::object latest = to_parse_data(c.heard_text, c.heard);
  latest["metadata"] = json::object();
  const json::value action = last_action(happened);
  json::object latest_action;
  if (!action.is_null()) latest_action["action_name"] = action;
  return {{"sender_id", sender_of(c)},
          {"slots", std::move(slots)},
          {"latest_message", std::move(latest)},
          {"latest_event_time", seconds(c.now)},
          {"followup_action", nullptr},
          {"paused", c.handover == event::HandoverChanged::State::accepted},
          {"events", std::move(happened)},
          {"latest_input_channel", c.channel},
          {"active_loop", json::object()},
          {"latest_action", std::move(latest_action)},
          {"latest_action_name", action},
          {"stack", std::move(stack)}};
}

json::object to_story(const std::string& name, std::span<const Event> events) {
  json::array steps;
  for (const json::value& event : to_rasa_events(events)) {
    const json::object& one = event.get_object();
    const std::string_view what = one.at("event").get_string();
    if (what == "user") steps.push_back(user_step(one));
    if (what == "action" && one.at("name").get_string() != listen) {
      steps.push_back(json::object{{"action", one.at("name")}});
    }
    if (what == "slot") {
      json::array set{json::object{{std::string(one.at("name").get_string()), one.at("value")}}};
      steps.push_back(json::object{{"slot_was_set", std::move(set)}});
    }
  }
  json::array stories{json::object{{"story", name}, {"steps", std::move(steps)}}};
  return {{"version", "3.1"}, {"stories", std::move(stories)}};
}

}  // namespace dialog

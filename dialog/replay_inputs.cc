#include "dialog/replay_inputs.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>

namespace dialog {

namespace {

constexpr std::size_t items_limit = 1000;  // Of a list that is made up to hold one item

template <class Kind>
const Kind* at(std::span<const Event> kept, std::size_t index) {
  return index < kept.size() ? std::get_if<Kind>(&kept[index].body) : nullptr;
}

input::Opened opened_at(std::span<const Event> kept, std::size_t index) {
  input::Opened opened{*at<event::ConversationStarted>(kept, index), std::nullopt};
  if (const auto* user = at<event::UserIdentified>(kept, index + 1)) opened.user = *user;
  return opened;
}

input::Said said_at(std::span<const Event> kept, std::size_t index) {
  const auto& uttered = *at<event::Uttered>(kept, index);
  input::Said said;
  said.message_id = uttered.message_id;
  said.client = uttered.client;
  said.cseq = uttered.cseq;
  said.text = uttered.text;
  said.payload = uttered.payload;
  said.attachment = uttered.attachment;
  const auto* language = index > 0 ? at<event::LanguageChanged>(kept, index - 1) : nullptr;
  if (language && language->by != "words") said.language = language->language;
  for (std::size_t i = index + 1; i < kept.size(); ++i) {
    if (const auto* understood = at<event::Interpreted>(kept, i)) {
      said.interpretation = understood->interpretation;
    } else if (const auto* command = at<event::Commanded>(kept, i)) {
      said.commands.push_back(command->command);
    } else if (!at<event::LanguageChanged>(kept, i)) {
      break;
    }
  }
  return said;
}

HttpOutcome outcome_at(std::span<const Event> kept, std::size_t index) {
  using Kind = HttpOutcome::Kind;
  static const std::map<std::string, Kind, std::less<>> kinds = {{"answered", Kind::answered},
                                                                 {"timeout", Kind::timeout},
                                                                 {"failed", Kind::failed},
                                                                 {"unknown", Kind::unknown},
                                                                 {"refused", Kind::refused}};
  const auto& finished = *at<event::ActionFinished>(kept, index);
  HttpOutcome outcome;
  const auto kind = kinds.find(finished.outcome);
  outcome.kind = kind == kinds.end() ? Kind::failed : kind->second;
  outcome.status = finished.status;
  outcome.error = finished.error;
  return outcome;
}

// The names and numbers of a path such as $.order.items[0].name.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : path.substr(std::min<std::size_t>(1, path.size()))) {
    if (c != '.' && c != '[' && c != ']' && c != '\'' && c != '"') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::exchange(part, ""));
    }
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

// Puts `value` where `path` leads, and what it needs around it.
void put(json::value& root, std::string_view path, const json::value& value) {
  json::value* place = &root;
  for (const std::string& part : parts_of(path)) {
    std::size_t number = 0;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), number);
    const bool is_number = failure == std::errc{} && end == part.data() + part.size();
    if (is_number && number < items_limit && !place->is_object()) {
      if (!place->is_array()) place->emplace_array();
      if (place->get_array().size() <= number) place->get_array().resize(number + 1);
      place = &place->get_array()[number];
    } else {
      if (!place->is_object()) place->emplace_object();
      place = &place->get_object()[part];
    }
  }
  *place = value;
}

// What an action server must have said and set for what follows. A reply by the name of a response
// may be its own or the flow's next step's, so only those without one are known to be its.
std::string action_answer(std::span<const Event> kept, std::size_t index,
                          const std::string& action) {
  json::array events, responses;
  for (std::size_t i = index + 1; i < kept.size(); ++i) {
    const auto* set = at<event::SlotSet>(kept, i);
    const auto* reply = at<event::Replied>(kept, i);
    if (set && set->by == "action" && set->frame == 0) {
      events.push_back(json::object{{"event", "slot"}, {"name", set->slot}, {"value", set->value}});
    } else if (reply && reply->response == action && events.empty()) {
      json::array buttons;
      for (const Choice& one : reply->buttons) {
        buttons.push_back(
            json::object{{"title", one.title}, {"payload", one.payload}, {"url", one.url}});
      }
      responses.push_back(json::object{{"text", reply->text},
                                       {"image", reply->image_url},
                                       {"attachment", reply->attachment_url},
                                       {"buttons", std::move(buttons)},
                                       {"custom", reply->custom}});
    } else {
      break;
    }
  }
  return json::serialize(
      json::object{{"events", std::move(events)}, {"responses", std::move(responses)}});
}

}  // namespace

std::optional<Given> given_at(std::span<const Event> kept, std::size_t index) {
  const Event& event = kept[index];
  const auto given = [&](Input input) { return Given{std::move(input), event.ts}; };
  if (at<event::ConversationStarted>(kept, index)) return given(opened_at(kept, index));
  if (at<event::Uttered>(kept, index)) return given(said_at(kept, index));
  if (const auto* finished = at<event::ActionFinished>(kept, index)) {
    return given(
        input::ActionReturned{finished->effect, outcome_at(kept, index), finished->took_ms});
  }
  if (const auto* timer = at<event::TimerEnded>(kept, index); timer && timer->fired) {
    return given(input::TimerFired{timer->timer});
  }
  if (const auto* wrote = at<event::PersonWrote>(kept, index)) {
    return given(input::PersonWrote{wrote->by, wrote->text});
  }
  if (const auto* happened = at<event::Happened>(kept, index)) {
    return given(input::Happened{happened->name, happened->data, happened->flow, happened->slots});
  }
  // What a flow asked for comes of the flow.
  const auto* feedback = at<event::FeedbackGiven>(kept, index);
  if (feedback && event.actor == Actor::customer) {
    return given(
        input::FeedbackGiven{feedback->id, feedback->about, feedback->rating, feedback->comment});
  }
  const auto* handover = at<event::HandoverChanged>(kept, index);
  if (handover && event.actor == Actor::person) {
    using State = event::HandoverChanged::State;
    if (handover->state == State::accepted) return given(input::PersonAccepted{handover->by});
    if (handover->state == State::released) return given(input::PersonReleased{handover->by});
  }
  return std::nullopt;
}

std::vector<HttpOutcome> outcomes_of(const Bot& bot, const Conversation& state,
                                     std::span<const Event> kept, std::size_t index) {
  HttpOutcome outcome = outcome_at(kept, index);
  const bool fine =
      outcome.kind == HttpOutcome::Kind::answered && outcome.status >= 200 && outcome.status < 300;
  if (!fine) return {outcome};
  const Http* http = nullptr;
  for (const PendingEffect& pending : state.pending) {
    if (!pending.action.empty()) {
      outcome.body = action_answer(kept, index, pending.action);
      return {outcome};
    }
    for (const Frame& frame : state.stack) {
      const Flow* flow = frame.id == pending.frame ? bot.find_flow(frame.flow) : nullptr;
      const Step* step = flow ? flow->find_step(pending.step) : nullptr;
      if (step) http = std::get_if<Http>(&step->what);
    }
  }
  json::value body{json::object{}};
  bool any = false;
  for (std::size_t i = index + 1; i < kept.size(); ++i) {
    const auto* set = at<event::SlotSet>(kept, i);
    if (!set || set->by != "action") break;
    const auto path = http ? http->result.find(set->slot) : decltype(http->result.end()){};
    if (!http || path == http->result.end()) continue;
    if (!set->value.is_null()) put(body, path->second, set->value);
    any = true;
  }
  outcome.body = json::serialize(body);
  if (any || !http || http->result.empty()) return {outcome};
  HttpOutcome unreadable = outcome;  // Nothing was set: it had nothing of it, or was no JSON.
  unreadable.body = "no JSON";
  return {outcome, unreadable};
}

std::set<std::string> full_queues_at(const Bot& bot, std::span<const Event> kept,
                                     std::size_t index) {
  bool was_full = false;
  for (std::size_t i = index + 1; i < kept.size() && !given_at(kept, i); ++i) {
    const auto* reply = at<event::Replied>(kept, i);
    was_full = was_full || (reply && reply->response == "utter_handover_full");
  }
  std::set<std::string> queues;
  if (!was_full) return queues;
  queues.insert("");
  for (const auto& [id, flow] : bot.flows) {
    for (const Step& step : flow.steps) {
      if (const auto* handover = std::get_if<Handover>(&step.what)) queues.insert(handover->queue);
    }
  }
  return queues;
}

std::uint64_t effect_now(const Conversation& now, std::uint64_t effect) {
  const bool is_out = std::any_of(now.pending.begin(), now.pending.end(),
                                  [&](const PendingEffect& it) { return it.effect == effect; });
  return is_out || now.pending.empty() ? effect : now.pending.front().effect;
}

std::uint64_t timer_now(const Conversation& now, const Conversation& was, std::uint64_t timer) {
  const auto kept = was.timers.find(timer);
  if (kept == was.timers.end()) return timer;
  const auto same = now.timers.find(timer);
  if (same != now.timers.end() && same->second.first == kept->second.first) return timer;
  for (const auto& [id, other] : now.timers) {
    if (other.first == kept->second.first) return id;
  }
  return timer;
}

}  // namespace dialog

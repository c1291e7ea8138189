#include "dialog/explain.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "dialog/conversation.h"
#include "dialog/replay.h"
#include "nlu/base/json.h"

namespace dialog {

namespace {

using json::array;
using json::object;
using nlu::Errc;
using nlu::Error;

// "2026-01-05 10:00:01", UTC.
std::string time_text(Millis at) {
  const std::time_t seconds = static_cast<std::time_t>(at / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string_view state_name(event::HandoverChanged::State state) {
  static constexpr std::string_view names[] = {"none", "requested", "accepted", "released",
                                               "timed_out"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view how_name(event::FlowEnded::How how) {
  static constexpr std::string_view names[] = {"completed", "cancelled", "linked"};
  return names[static_cast<std::size_t>(how)];
}

// Turns one turn's events, and what was weighed in it, into its list of steps.
class TurnTeller {
 public:
  TurnTeller(const Conversation& before, const Bot* bot) : state_(before), bot_(bot) {
    for (const Frame& frame : before.stack) flows_[frame.id] = frame.flow;
  }

  object tell(std::span<const Event> events, const Trace& trace) {
    auto judged = trace.judged.begin();
    for (const Event& event : events) {
      for (; judged != trace.judged.end() && judged->before <= event.number; ++judged) {
        weigh(*judged);
      }
      std::visit([&](const auto& body) { take(body); }, event.body);
      state_.apply(event);
    }
    for (; judged != trace.judged.end(); ++judged) weigh(*judged);
    if (!commands_.empty()) turn_["commands"] = std::move(commands_);
    turn_["steps"] = std::move(steps_);
    return std::move(turn_);
  }

 private:
  template <class Other>
  void take(const Other&) {}

  void take(const event::Uttered& said) {
    turn_["said"] = said.text;
    if (!said.payload.empty()) turn_["payload"] = said.payload;
    if (said.attachment) turn_["attachment"] = said.attachment->name;
  }
  void take(const event::Interpreted& it) {
    object understood = nlu::to_json(it.interpretation);
    if (array* segments =
            understood.if_contains("segments") ? &understood["segments"].as_array() : nullptr;
        segments != nullptr && segments->size() > 1) {
      const std::string text = json::value_to<std::string>(turn_["said"]);
      for (std::size_t i = 0; i < segments->size(); ++i) {
        const nlu::Span span = it.interpretation.segments[i].span;
        if (span.end <= text.size() && span.begin <= span.end) {
          (*segments)[i].as_object()["text"] = text.substr(span.begin, span.end - span.begin);
        }
      }
    }
    turn_["understood"] = std::move(understood);
  }
  void take(const event::Commanded& it) { commands_.push_back(to_json(it.command)); }
  void take(const event::LanguageChanged& it) {
    add("language", {{"language", it.language}, {"by", it.by.empty() ? "locale" : it.by}});
  }
  void take(const event::SessionStarted& it) { add("session", {{"session", it.session}}); }
  void take(const event::VersionChanged& it) { add("version", {{"from", it.from}, {"to", it.to}}); }
  void take(const event::SessionEnded& it) { add("session_end", {{"reason", it.reason}}); }
  void take(const event::FlowStarted& it) {
    flows_[it.frame] = it.flow;
    object step{{"flow", it.flow}, {"by", it.by}};
    if (it.parent != 0) step["caller"] = flows_[it.parent];
    if (const Flow* flow = bot_ ? bot_->find_flow(it.flow) : nullptr) place(step, flow->mark);
    add("start", std::move(step));
  }
  void take(const event::FlowInterrupted& it) { add("interrupt", {{"flow", flows_[it.frame]}}); }
  void take(const event::FlowResumed& it) { add("resume", {{"flow", flows_[it.frame]}}); }
  void take(const event::FlowEnded& it) {
    add("end", {{"flow", it.flow}, {"how", how_name(it.how)}});
  }
  void take(const event::StepEntered& it) {
    object step{{"flow", flows_[it.frame]}, {"step", it.step}};
    const Flow* flow = bot_ ? bot_->find_flow(flows_[it.frame]) : nullptr;
    const Step* found = flow ? flow->find_step(it.step) : nullptr;
    if (found) place(step, found->mark);
    add("step", std::move(step));
  }
  void take(const event::Asked& it) { add("ask", {{"flow", flows_[it.frame]}, {"slot", it.slot}}); }
  void take(const event::SlotSet& it) {
    const auto held = state_.slots.find(it.slot);
    const json::value from = held == state_.slots.end() ? json::value() : held->second;
    if (from == it.value) return;
    add("slot", {{"slot", it.slot}, {"from", from}, {"to", it.value}, {"by", it.by}});
  }
  void take(const event::ActionStarted& it) {
    add("call",
        {{"flow", flows_[it.frame]}, {"step", it.step}, {"method", it.method}, {"path", it.path}});
  }
  void take(const event::ActionFinished& it) {
    object step{{"outcome", it.outcome}, {"took_ms", it.took_ms}};
    if (it.status != 0) step["status"] = it.status;
    if (!it.error.empty()) step["error"] = it.error;
    add("answer", std::move(step));
  }
  void take(const event::Replied& it) {
    add("reply", {{"response", it.response}, {"text", it.text}, {"arguments", it.arguments}});
  }
  void take(const event::PersonWrote& it) { add("person", {{"by", it.by}, {"text", it.text}}); }
  void take(const event::HandoverChanged& it) {
    add("handover", {{"state", state_name(it.state)}, {"queue", it.queue}, {"by", it.by}});
  }
  void take(const event::FeedbackGiven& it) { add("feedback", {{"rating", it.rating}}); }
  void take(const event::TimerEnded& it) {
    const auto timer = state_.timers.find(it.timer);
    if (!it.fired || timer == state_.timers.end()) return;
    add("timer", {{"kind", timer->second.first}});
  }
  void take(const event::Failed& it) { add("failed", {{"what", it.what}}); }

  void weigh(const Judged& judged) {
    static constexpr std::string_view names[] = {"guard", "branch", "rejection"};
    object values;
    for (const auto& [name, value] : judged.values) values[name] = value;
    object step{{"of", names[static_cast<std::size_t>(judged.kind)]},
                {"flow", judged.flow},
                {"condition", judged.condition},
                {"result", judged.result},
                {"values", std::move(values)}};
    if (!judged.step.empty()) step["step"] = judged.step;
    if (!judged.leads_to.empty()) step["leads_to"] = judged.leads_to;
    add("condition", std::move(step));
  }

  void add(std::string_view what, object step) {
    object whole{{"what", what}};
    for (auto& member : step) whole[member.key()] = std::move(member.value());
    steps_.push_back(std::move(whole));
  }
  static void place(object& step, const Mark& mark) {
    if (mark.line > 0) step["at"] = fmt::format("{}:{}", mark.file, mark.line);
  }

  Conversation state_;
  const Bot* bot_;
  object turn_;
  array commands_, steps_;
  std::map<std::uint64_t, std::string> flows_;
};

bool is_uttered(const Event& event) { return std::holds_alternative<event::Uttered>(event.body); }

// What was weighed in the conversation's turns, by doing it again.
class Weighed {
 public:
  Weighed(std::span<const Event> kept, const Bot* bot) {
    if (bot == nullptr) {
      why_ = "as the flows are not known: name the bot's folder with --bot";
      return;
    }
    auto done = replay(*bot, kept, {nullptr, true});
    if (done) {
      replayed_ = std::move(*done);
    } else {
      why_ = "as " + done.error().message;
    }
  }

  // nullptr: it cannot be told, and `why` says why not.
  const Trace* of(std::uint64_t turn, std::string& why) const {
    why = why_;
    for (const ReplayedTurn& one : replayed_.turns) {
      if (one.turn == turn && differences(one, false).empty()) return &one.trace;
    }
    if (why.empty()) why = "as these flows, of another version, do not lead there";
    return nullptr;
  }

 private:
  Replayed replayed_;
  std::string why_;
};

}  // namespace

nlu::Result<object> explain(std::span<const Event> kept, const ExplainOptions& options) {
  const Weighed weighed(kept, options.bot);
  Conversation state;
  array turns;
  object whole;
  for (std::size_t begin = 0, turn = 0; begin < kept.size(); ++turn) {
    std::size_t end = begin + 1;
    while (end < kept.size() && !is_uttered(kept[end])) ++end;
    const std::span<const Event> events = kept.subspan(begin, end - begin);
    if (const auto* said = std::get_if<event::Uttered>(&events.front().body)) turn = said->turn;
    if (!options.turn || *options.turn == turn) {
      std::string why;
      const Trace* trace = weighed.of(turn, why);
      object told =
          TurnTeller(state, trace ? options.bot : nullptr).tell(events, trace ? *trace : Trace{});
      object one{{"turn", static_cast<std::int64_t>(turn)}, {"time", time_text(events.front().ts)}};
      for (auto& member : told) one[member.key()] = std::move(member.value());
      if (!trace) one["no_conditions"] = why;
      turns.push_back(std::move(one));
    }
    for (const Event& event : events) state.apply(event);
    begin = end;
  }
  if (turns.empty()) {
    return Error{Errc::not_found, options.turn ? fmt::format("it has no turn {}: its last is {}",
                                                             *options.turn, state.turn)
                                               : "it has no events"};
  }
  whole["bot"] = state.bot;
  whole["channel"] = state.channel;
  whole["bot_version"] = state.bot_version;
  whole["model_version"] = state.model_version;
  whole["turns"] = std::move(turns);
  return whole;
}

}  // namespace dialog

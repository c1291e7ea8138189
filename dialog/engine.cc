#include "dialog/engine.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/engine_turn.h"
#include "dialog/language.h"
#include "dialog/migration.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

using State = event::HandoverChanged::State;

// For bots that have no wording of their own: a turn never ends in silence.
constexpr std::string_view apology =
    "Sorry, something went wrong on our side. Please try again in a moment.";
constexpr int replies_limit = 50;
constexpr std::size_t usual_events = 24;  // Of a turn; more are no harm.
constexpr Millis call_wait = 10'000;

bool is_visible(const EventBody& body) {
  return std::holds_alternative<event::Uttered>(body) ||
         std::holds_alternative<event::Replied>(body) ||
         std::holds_alternative<event::PersonWrote>(body) ||
         std::holds_alternative<event::HandoverChanged>(body);
}

Millis to_millis(std::chrono::seconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

Advance advance(const Bot& bot, const Conversation& conversation, const Input& input, Millis now,
                const EngineLimits& limits) {
  Turn turn(bot, conversation, now, limits, nullptr);
  turn.take_version();
  std::visit([&](const auto& one) { turn.take(one); }, input);
  return turn.finish();
}

Advance advance_traced(const Bot& bot, const Conversation& conversation, const Input& input,
                       Millis now, Trace& trace, const EngineLimits& limits) {
  Turn turn(bot, conversation, now, limits, &trace);
  turn.take_version();
  std::visit([&](const auto& one) { turn.take(one); }, input);
  return turn.finish();
}

bool preempts(const std::vector<Command>& commands) {
  return std::any_of(commands.begin(), commands.end(), [](const Command& one) {
    return std::holds_alternative<command::CancelFlow>(one) ||
           std::holds_alternative<command::HumanHandover>(one);
  });
}

// ---- events ----

void Turn::emit(EventBody body, Actor actor) {
  if (out_.events.empty()) out_.events.reserve(usual_events);
  Event& event = out_.events.emplace_back();
  event.number = c_.last_event + 1;
  event.seq = is_visible(body) ? c_.head_seq + 1 : 0;
  event.ts = now_;
  event.actor = actor;
  event.body = std::move(body);
  c_.apply(event);
}

void Turn::reply(event::Replied reply) {
  if (++replies_ > replies_limit && !failing_) return fail("too many replies in one turn");
  reply.turn = c_.turn;
  const bool same_turn = has_replied();
  reply.id = fmt::format("{}-{}", c_.turn, same_turn ? c_.replies + 1 : 1);
  emit(std::move(reply), Actor::bot);
}

void Turn::say(std::string_view response, const Frame* frame) {
  if (auto made = respond(bot_, c_, frame, response)) reply(std::move(*made));
}

void Turn::say_or(std::string_view response, std::string_view fallback, const Frame* frame) {
  auto made = respond(bot_, c_, frame, response);
  if (!made) {
    made.emplace();
    made->response = response;
    made->text = fallback;
  }
  reply(std::move(*made));
}

// Replies of the greeting at an opening belong to turn 0, which no customer's turn is.
bool Turn::has_replied() const {
  return !c_.last_replies.empty() && c_.last_replies.front().turn == c_.turn;
}

// Nothing that runs can be trusted to go on, so everything ends, and the customer is told.
void Turn::fail(std::string what) {
  if (failing_) return;
  failing_ = true;
  emit(event::Failed{std::move(what)});
  completed_ = nullptr;
  while (!c_.stack.empty()) end_group(c_.stack.back().id, event::FlowEnded::How::cancelled);
  steps_ = 0;
  const int before = replies_;
  run_pattern("pattern_internal_error");
  while (!c_.stack.empty()) end_group(c_.stack.back().id, event::FlowEnded::How::cancelled);
  if (replies_ == before) say_or("utter_internal_error", apology);
  yielded_ = true;
}

void Turn::never_silent() {
  if (has_replied() || c_.is_waiting_for_effect() || c_.handover == State::accepted) return;
  const std::size_t open = user_frame();
  if (c_.handover == State::requested) return say("utter_handover_requested");
  if (open == npos && bot_.find_response("utter_completed")) return say("utter_completed");
  fail("the turn had no reply");
}

void Turn::set_timer(std::string kind, Millis due) {
  const std::uint64_t timer = c_.last_timer + 1;
  emit(event::TimerSet{timer, std::move(kind), due});
  out_.effects.push_back(effect::SetTimer{timer, due});
}

void Turn::cancel_timers(std::string_view kind) {
  std::vector<std::uint64_t> running;
  for (const auto& [id, timer] : c_.timers) {
    if (timer.first == kind) running.push_back(id);
  }
  for (const std::uint64_t timer : running) {
    emit(event::TimerEnded{timer, false});
    out_.effects.push_back(effect::CancelTimer{timer});
  }
}

void Turn::change_handover(State state, const std::string& by, const std::string& queue,
                           std::string summary, Actor actor) {
  emit(event::HandoverChanged{state, by, queue, std::move(summary)}, actor);
  if (state != State::requested) cancel_timers("handover");
}

// ---- sessions ----

void Turn::start_session(const std::string& model_version) {
  emit(event::SessionStarted{c_.session + 1, bot_.version, model_version});
  for (const auto& [name, slot] : bot_.slots) {
    if (!slot.initial.is_null() && !c_.slots.count(name)) {
      emit(event::SlotSet{name, slot.initial, "reset", 0});
    }
  }
  const bool has_timer = std::any_of(c_.timers.begin(), c_.timers.end(), [](const auto& timer) {
    return timer.second.first == "idle";
  });
  if (!has_timer) set_timer("idle", now_ + to_millis(bot_.session_timeout));
}

void Turn::end_session(std::string reason) {
  while (!c_.stack.empty()) end_group(c_.stack.back().id, event::FlowEnded::How::cancelled);
  std::vector<std::string> unshared;
  for (const auto& [name, value] : c_.slots) {
    const Slot* slot = bot_.find_slot(name);
    const bool is_kept =
        (slot && slot->shared) || is_held(name, 0) || (bot_.carry_over_slots && reason == "idle");
    if (!is_kept) unshared.push_back(name);
  }
  for (const std::string& name : unshared) {
    emit(event::SlotSet{name, json::value(), "reset", 0});
  }
  emit(event::SessionEnded{std::move(reason)});
}

bool Turn::is_stale() const {
  return !c_.session_open || now_ - c_.last_activity >= to_millis(bot_.session_timeout);
}

void Turn::idle_timer_fired() {
  if (!c_.session_open) return;
  const Millis timeout = to_millis(bot_.session_timeout);
  const bool busy = c_.is_waiting_for_effect() || c_.handover == State::accepted ||
                    c_.handover == State::requested;
  if (busy) return set_timer("idle", now_ + timeout);
  if (!is_stale()) return set_timer("idle", c_.last_activity + timeout);
  end_session("idle");
}

// Values stay where a slot of that name takes them.
void Turn::take_version() {
  auto changed = migrate(bot_, c_);
  if (!changed) return;
  emit(std::move(*changed));
  const auto held = c_.slots;
  for (const auto& [name, value] : held) {
    const Slot* slot = bot_.find_slot(name);
    const auto accepted = slot ? accept_for_slot(*slot, value) : std::nullopt;
    if (!accepted || *accepted != value) {
      emit(event::SlotSet{name, accepted.value_or(json::value()), "reset", 0});
    }
  }
}

// A conversation that stands in a flow or at a step that this bot no longer has starts anew.
bool Turn::check_version() {
  if (have_place(bot_, c_.stack)) return true;
  while (!c_.stack.empty()) end_group(c_.stack.back().id, event::FlowEnded::How::cancelled);
  run_pattern("pattern_code_change");
  return false;
}

// ---- inputs ----

void Turn::take(const input::Opened& opened) {
  emit(opened.started);
  if (opened.user) emit(*opened.user);
  start_session("");
  run_pattern("pattern_session_start");
  run();
}

void Turn::take(const input::Said& said) {
  const bool known = c_.started != 0 || !c_.bot.empty();
  const bool with_person = c_.handover == State::accepted;
  const bool stale = known && !with_person && is_stale() && !c_.is_waiting_for_effect();
  if (stale) {
    if (c_.session_open) end_session("idle");
    start_session(said.interpretation.model_version);
  }
  if (!said.language.empty() && said.language != c_.locale) {
    emit(event::LanguageChanged{said.language, "locale"});
  }
  event::Uttered uttered{c_.turn + 1, said.message_id, said.client,    said.cseq,
                         said.text,   said.payload,    said.attachment};
  if (uttered.text.size() > limits_.text_characters) {
    uttered.text = nlu::truncate(uttered.text, limits_.text_characters);
  }
  emit(std::move(uttered), Actor::customer);
  cancel_timers("silence");
  forget_reminders([](const Reminder& one) { return one.unless_heard; });
  if (with_person) return;
  if (!known) return fail("said before the conversation was opened");
  if (!said.interpretation.segments.empty() || !said.interpretation.entities.empty()) {
    emit(event::Interpreted{said.interpretation});
  }
  if (std::string language = language_after(bot_, c_, said.text, said.payload, said.interpretation);
      !language.empty()) {
    emit(event::LanguageChanged{std::move(language), "words"});
  }
  if (stale) run_pattern("pattern_session_start");
  if (check_version()) {
    obey(said.commands);
    run();
  }
  never_silent();
}

void Turn::take(const input::ActionReturned& returned) {
  const auto pending =
      std::find_if(c_.pending.begin(), c_.pending.end(),
                   [&](const PendingEffect& p) { return p.effect == returned.effect; });
  if (pending == c_.pending.end()) return;
  const std::uint64_t id = pending->frame;
  const std::string acted = pending->step;
  const std::string action = pending->action;
  static constexpr const char* outcomes[] = {"answered", "timeout", "failed", "unknown", "refused"};
  const HttpOutcome& outcome = returned.outcome;
  emit(event::ActionFinished{returned.effect, outcomes[static_cast<std::size_t>(outcome.kind)],
                             outcome.status, nlu::truncate(outcome.error, 500), returned.took_ms});
  if (id == 0 || !frame(id)) return;
  if (!check_version()) return;
  const Frame& waiting = *frame(id);
  const Flow& flow = *flow_of(waiting);
  const Step* step = flow.find_step(waiting.step);
  const Http* http = step ? std::get_if<Http>(&step->what) : nullptr;
  const bool went_back = waiting.step != acted;  // Meanwhile: the answer is to old data.
  if (!http && action.empty() && !went_back)
    return fail(fmt::format("{} waits for an action where there is none", waiting.flow));
  const bool fine =
      outcome.kind == HttpOutcome::Kind::answered && outcome.status >= 200 && outcome.status < 300;
  const auto body = fine && !outcome.body.empty() ? nlu::parse_json(outcome.body)
                                                  : nlu::Result<json::value>(json::value());
  if (went_back) {
    // It goes on from there.
  } else if (!action.empty()) {
    action_returned(action, outcome, id);
  } else if (!fine || (!body && !http->result.empty())) {
    failed_at(flow, http->on_error, id, outcome, fmt::format("{} {}", http->method, http->path));
  } else {
    take_results(http->result, body ? *body : json::value(), id);
    go_on(id, flow, *step);
  }
  if (c_.handover == State::accepted) return;
  if (!c_.stack.empty() && c_.stack.back().waiting)
    return;  // Another question was asked meanwhile.
  run();
  never_silent();
}

void Turn::take(const input::TimerFired& fired) {
  const auto timer = c_.timers.find(fired.timer);
  if (timer == c_.timers.end()) return;
  const std::string kind = timer->second.first;
  const auto remembered = c_.reminders.find(fired.timer);
  const Reminder reminder = remembered == c_.reminders.end() ? Reminder() : remembered->second;
  emit(event::TimerEnded{fired.timer, true});
  if (kind == "idle") return idle_timer_fired();
  if (kind == "silence") return silence_timer_fired();
  if (!reminder.flow.empty()) return timer_reminds(reminder);
  if (kind.starts_with("wait:")) {
    std::uint64_t root = 0;
    std::from_chars(kind.data() + 5, kind.data() + kind.size(), root);
    return timer_woke(kind, root);
  }
  if (kind == "handover" && c_.handover == State::requested) nobody_came();
}

// Flows that asked for somebody go on behind that; while a call is out that waits a little.
void Turn::nobody_came() {
  const bool waits = std::any_of(c_.parked.begin(), c_.parked.end(),
                                 [](const Parked& one) { return one.event == person; });
  if (waits && c_.is_waiting_for_effect()) return set_timer("handover", now_ + call_wait);
  change_handover(State::timed_out, "", c_.handover_queue, "", Actor::system);
  say("utter_handover_closed");
  if (c_.is_waiting_for_effect()) return;
  if (!check_version()) return end_handed_over();
  take_back_flows();
  run();
}

void Turn::take(const input::PersonAccepted& accepted) {
  if (c_.handover == State::accepted) return;
  change_handover(State::accepted, accepted.by, c_.handover_queue, "", Actor::person);
}

void Turn::take(const input::PersonWrote& wrote) {
  if (c_.handover != State::accepted) {
    change_handover(State::accepted, wrote.by, c_.handover_queue, "", Actor::person);
  }
  emit(event::PersonWrote{fmt::format("p{}", c_.last_event + 1), wrote.by,
                          nlu::truncate(wrote.text, limits_.text_characters)},
       Actor::person);
}

// What the flows were about was settled between people.
void Turn::take(const input::PersonReleased& released) {
  if (c_.handover != State::accepted && c_.handover != State::requested) return;
  while (!c_.stack.empty()) end_group(c_.stack.back().id, event::FlowEnded::How::cancelled);
  end_handed_over();
  change_handover(State::released, released.by, c_.handover_queue, "", Actor::person);
  say("utter_handover_ended");
}

void Turn::take(const input::FeedbackGiven& feedback) {
  emit(event::FeedbackGiven{feedback.id, feedback.about, feedback.rating,
                            nlu::truncate(feedback.comment, limits_.text_characters)},
       Actor::customer);
}

}  // namespace dialog

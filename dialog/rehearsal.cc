#include "dialog/rehearsal.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/backend_match.h"
#include "dialog/understand.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

constexpr int effects_limit = 100;  // In a turn: a loop through HTTP actions must end.

}  // namespace

Rehearsal::Rehearsal(const Bot& bot, const nlu::Interpreter* interpreter, std::string language,
                     Millis now, std::uint64_t seed)
    : bot_(bot),
      interpreter_(interpreter),
      language_(language.empty() ? bot.language : std::move(language)),
      now_(now),
      seed_(seed) {}

std::string Rehearsal::Heard::flow_of(std::uint64_t frame) const {
  for (const Event& event : events) {
    const auto* started = std::get_if<event::FlowStarted>(&event.body);
    if (started && started->frame == frame) return started->flow;
  }
  for (const Standing& one : stack_before) {
    if (one.frame == frame) return one.flow;
  }
  return "";
}

std::uint64_t Rehearsal::Heard::parent_of(std::uint64_t frame) const {
  for (const Event& event : events) {
    const auto* started = std::get_if<event::FlowStarted>(&event.body);
    if (started && started->frame == frame) return started->parent;
  }
  for (const Standing& one : stack_before) {
    if (one.frame == frame) return one.parent;
  }
  return 0;
}

nlu::Result<void> Rehearsal::give(const std::string& name, const json::value& value) {
  const Slot* slot = bot_.find_slot(name);
  if (!slot) {
    std::vector<std::string> known;
    for (const auto& [id, one] : bot_.slots) known.push_back(id);
    return nlu::invalid(
        fmt::format("no slot is called '{}'{}", name, nlu::did_you_mean(name, known)));
  }
  auto accepted = accept_for_slot(*slot, value);
  if (!accepted) {
    return nlu::invalid(fmt::format("the slot '{}' cannot hold {}", name, json::serialize(value)));
  }
  given_.emplace_back(name, std::move(*accepted));
  return {};
}

Rehearsal::Heard Rehearsal::begin() const {
  Heard heard;
  for (const Frame& frame : conversation_.stack)
    heard.stack_before.push_back({frame.id, frame.parent, frame.flow, frame.step});
  return heard;
}

void Rehearsal::happened(Event event, Heard& heard) {
  if (observer_) observer_(conversation_, event);
  conversation_.apply(event);
  if (const auto* reply = std::get_if<event::Replied>(&event.body)) heard.replies.push_back(*reply);
  heard.events.push_back(std::move(event));
}

void Rehearsal::take(const Input& input, Heard& heard) {
  Advance step = advance(bot_, conversation_, input, now_);
  for (Event& event : step.events) happened(std::move(event), heard);
  for (Effect& one : step.effects) {
    if (auto* call = std::get_if<effect::CallHttp>(&one)) {
      heard.calls.push_back(call->request);
      calls_.push_back(std::move(*call));
    }
    if (const auto* timer = std::get_if<effect::SetTimer>(&one)) timers_[timer->timer] = timer->due;
    if (const auto* timer = std::get_if<effect::CancelTimer>(&one)) timers_.erase(timer->timer);
  }
}

Backend::Answer Rehearsal::answer(const HttpRequest& request) const {
  if (line_ && line_->backend_fails) {
    const bool is_timeout = line_->backend_fails->kind == HttpOutcome::Kind::timeout;
    return {*line_->backend_fails, is_timeout ? request.timeout : std::chrono::milliseconds{0}};
  }
  if (line_) {
    if (auto found = find_answer(line_->backend, request)) return std::move(*found);
  }
  if (auto found = find_answer(stubs_, request)) return std::move(*found);
  return bot_.backend.answer(request);
}

// The stand-in answers what is out, and what that leads to, until nothing is.
void Rehearsal::settle(Heard& heard) {
  for (int i = 0; !calls_.empty() && i < effects_limit; ++i) {
    const effect::CallHttp call = std::move(calls_.front());
    calls_.pop_front();
    Backend::Answer answer = this->answer(call.request);
    const Millis took = std::min<Millis>(answer.delay.count(), call.request.timeout.count());
    if (answer.delay > call.request.timeout) {
      answer.outcome = {};
      answer.outcome.kind = HttpOutcome::Kind::timeout;
    }
    pass(now_ + took, heard);
    take(input::ActionReturned{call.effect, std::move(answer.outcome), took}, heard);
  }
}

void Rehearsal::pass(Millis until, Heard& heard) {
  for (;;) {
    const auto next =
        std::min_element(timers_.begin(), timers_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (next == timers_.end() || next->second > until) break;
    const std::uint64_t timer = next->first;
    now_ = std::max(now_, next->second);
    timers_.erase(next);
    take(input::TimerFired{timer}, heard);
    settle(heard);
  }
  now_ = std::max(now_, until);
}

Rehearsal::Heard Rehearsal::open() {
  Heard heard = begin();
  if (is_open_) return heard;
  is_open_ = true;
  input::Opened opened;
  opened.started = {bot_.name, "web", language_, seed_, "", ""};
  for (const auto& [slot, value] : given_) {  // First of all, so that the greeting sees them.
    Event event;
    event.number = conversation_.last_event + 1;
    event.ts = now_;
    event.body = event::SlotSet{slot, value, "script", 0};
    happened(std::move(event), heard);
  }
  take(opened, heard);
  settle(heard);
  return heard;
}

Rehearsal::Heard Rehearsal::said(input::Said said, bool understands) {
  open();
  Heard heard = begin();
  said.message_id = fmt::format("rehearsal-{}", ++messages_);
  said.client = "rehearsal";
  said.cseq = messages_;
  if (understands) {
    const std::string now = nlu::iso_minute(now_, bot_.time_zone);
    const bool reads = interpreter_ && said.payload.empty() && !said.text.starts_with('/');
    if (reads) {
      const nlu::Utterance utterance{said.text, now.substr(0, 10)};
      said.interpretation = interpreter_->interpret(std::span(&utterance, 1)).front();
    }
    said.commands = understand(bot_, conversation_, said.text, said.payload, said.attachment,
                               said.interpretation, now);
  }
  heard.interpretation = said.interpretation;
  heard.commands = said.commands;
  take(said, heard);
  settle(heard);
  return heard;
}

Rehearsal::Heard Rehearsal::say(const std::string& text) {
  input::Said one;
  one.text = text;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::press(const std::string& payload, const std::string& title) {
  input::Said one;
  one.text = title.empty() ? payload : title;
  one.payload = payload;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::send(const Attachment& attachment) {
  input::Said one;
  one.attachment = attachment;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::command(const std::string& text, std::vector<Command> commands) {
  input::Said one;
  one.text = text;
  one.commands = std::move(commands);
  return said(std::move(one), false);
}

Rehearsal::Heard Rehearsal::be_silent(Millis duration) {
  open();
  Heard heard = begin();
  pass(now_ + duration, heard);
  return heard;
}
Rehearsal::Heard Rehearsal::play(const Line& line) {
  if (line.kind != Line::Kind::opens) open();  // Its greeting is no part of the line.
  line_ = &line;
  Heard heard;
  switch (line.kind) {
    case Line::Kind::opens:
      heard = open();
      break;
    case Line::Kind::customer:
      heard = line.commands ? command(line.text, *line.commands) : say(line.text);
      break;
    case Line::Kind::payload:
      heard = press(line.payload, line.text);
      break;
    case Line::Kind::attachment:
      heard = send(line.attachment);
      break;
    case Line::Kind::silence:
      heard = be_silent(line.silence);
      break;
  }
  line_ = nullptr;
  return heard;
}

}  // namespace dialog

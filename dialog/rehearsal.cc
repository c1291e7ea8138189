#include "dialog/rehearsal.h"

#include <algorithm>

#include <fmt/format.h>

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

void Rehearsal::give(const Input& input, Heard& heard) {
  Advance step = advance(bot_, conversation_, input, now_);
  for (Event& event : step.events) {
    conversation_.apply(event);
    if (const auto* reply = std::get_if<event::Replied>(&event.body))
      heard.replies.push_back(*reply);
    heard.events.push_back(std::move(event));
  }
  for (Effect& one : step.effects) {
    if (auto* call = std::get_if<effect::CallHttp>(&one)) calls_.push_back(std::move(*call));
    if (const auto* timer = std::get_if<effect::SetTimer>(&one)) timers_[timer->timer] = timer->due;
    if (const auto* timer = std::get_if<effect::CancelTimer>(&one)) timers_.erase(timer->timer);
  }
}

// The stand-in answers what is out, and what that leads to, until nothing is.
void Rehearsal::settle(Heard& heard) {
  for (int i = 0; !calls_.empty() && i < effects_limit; ++i) {
    const effect::CallHttp call = std::move(calls_.front());
    calls_.pop_front();
    Backend::Answer answer = bot_.backend.answer(call.request);
    const Millis took = std::min<Millis>(answer.delay.count(), call.request.timeout.count());
    if (answer.delay > call.request.timeout) {
      answer.outcome = {};
      answer.outcome.kind = HttpOutcome::Kind::timeout;
    }
    pass(now_ + took, heard);
    give(input::ActionReturned{call.effect, std::move(answer.outcome), took}, heard);
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
    give(input::TimerFired{timer}, heard);
    settle(heard);
  }
  now_ = std::max(now_, until);
}

Rehearsal::Heard Rehearsal::open() {
  Heard heard;
  if (is_open_) return heard;
  is_open_ = true;
  input::Opened opened;
  opened.started = {bot_.name, "web", language_, seed_, "", ""};
  give(opened, heard);
  settle(heard);
  return heard;
}

Rehearsal::Heard Rehearsal::said(input::Said said, bool understands) {
  open();
  Heard heard;
  said.message_id = fmt::format("rehearsal-{}", ++messages_);
  said.client = "rehearsal";
  said.cseq = messages_;
  if (understands) {
    const std::string today = nlu::iso_date(now_, bot_.time_zone);
    const bool reads = interpreter_ && said.payload.empty() && !said.text.starts_with('/');
    if (reads) {
      const nlu::Utterance utterance{said.text, today};
      said.interpretation = interpreter_->interpret(std::span(&utterance, 1)).front();
    }
    said.commands = understand(bot_, conversation_, said.text, said.payload, said.attachment,
                               said.interpretation, today);
  }
  heard.interpretation = said.interpretation;
  heard.commands = said.commands;
  give(said, heard);
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
  Heard heard;
  pass(now_ + duration, heard);
  return heard;
}
}  // namespace dialog

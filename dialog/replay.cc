#include "dialog/replay.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "dialog/replay_inputs.h"
#include "dialog/understand.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

using nlu::Errc;
using nlu::Error;

// A state, and what it was asked for last, which is in no field of its own.
struct Followed {
  Conversation state;
  std::string asked;

  void apply(const Event& event) {
    state.apply(event);
    if (const auto* question = std::get_if<event::Asked>(&event.body)) asked = question->slot;
  }
};

bool is_alike(const Frame& a, const Frame& b) {
  return a.flow == b.flow && lasting_name(a.step) == lasting_name(b.step) && a.waiting == b.waiting;
}

// Whether the customer, and the flows, would go on from both alike.
bool is_alike(const Followed& a, const Followed& b) {
  const bool waits = !a.state.stack.empty() && a.state.stack.back().waiting;
  return a.state.slots == b.state.slots && a.state.handover == b.state.handover &&
         a.state.session_open == b.state.session_open &&
         a.state.is_waiting_for_effect() == b.state.is_waiting_for_effect() &&
         (!waits || a.asked == b.asked) &&
         std::equal(a.state.stack.begin(), a.state.stack.end(), b.state.stack.begin(),
                    b.state.stack.end(),
                    [](const Frame& one, const Frame& other) { return is_alike(one, other); });
}

bool is_same_event(const Event& a, const Event& b) {
  // Who reads along may have another version; the rest must be the same.
  if (std::holds_alternative<event::SessionStarted>(a.body))
    return a.body.index() == b.body.index();
  return encode(a) == encode(b);
}

class Run {
 public:
  Run(const Bot& bot, std::span<const Event> kept, const ReplayOptions& options)
      : bot_(bot), kept_(kept), options_(options) {}

  nlu::Result<Replayed> go();

 private:
  bool take(const Given& given, std::size_t index);
  std::vector<Input> candidates(const Given& given, std::size_t index) const;
  Advance best(const Given& given, std::size_t index, Trace* trace) const;
  bool reproduces(const Advance& made) const;
  void understand_anew(input::Said& said, Millis now) const;
  void add(std::span<Event> events);
  std::span<const Event> upto(const Event* begin, std::size_t index) const;

  const Bot& bot_;
  std::span<const Event> kept_;
  const ReplayOptions& options_;
  std::size_t changes_ = 0;  // Of version so far: a replay has one, and is so many events shorter.
  Followed was_, now_;
  Replayed out_;
};

void Run::understand_anew(input::Said& said, Millis now) const {
  if (options_.interpreter == nullptr || said.text.empty() || !said.payload.empty() ||
      said.interpretation.model_version == options_.interpreter->version()) {
    return;
  }
  const nlu::Utterance utterance{said.text, nlu::iso_date(now, bot_.time_zone)};
  said.interpretation = options_.interpreter->interpret(std::span(&utterance, 1)).front();
}

// So far both have the same numbers, so the kept events are known by them.
bool Run::reproduces(const Advance& made) const {
  return std::all_of(made.events.begin(), made.events.end(), [&](const Event& event) {
    const std::size_t at = event.number - 1 + changes_;
    return at < kept_.size() && is_same_event(event, kept_[at]);
  });
}

std::vector<Input> Run::candidates(const Given& given, std::size_t index) const {
  const Conversation& state = now_.state;
  if (const auto* said = std::get_if<input::Said>(&given.input)) {
    input::Said again = *said;
    understand_anew(again, given.now);
    again.commands = understand(bot_, state, again.text, again.payload, again.attachment,
                                again.interpretation, nlu::iso_minute(given.now, bot_.time_zone));
    const bool uninterpreted = said->interpretation.segments.empty() &&
                               said->interpretation.entities.empty() && said->payload.empty() &&
                               !said->attachment;
    if (!uninterpreted) return {again};
    // Where no model was asked a script may have stated the commands. The last of several may be
    // the engine's own: that one of them could not be used.
    input::Said stated = *said;
    const auto* cannot = stated.commands.size() > 1
                             ? std::get_if<command::CannotHandle>(&stated.commands.back())
                             : nullptr;
    if (cannot == nullptr || cannot->reason != "invalid_answer") return {stated, again};
    input::Said fewer = stated;
    fewer.commands.pop_back();
    return {fewer, stated, again};
  }
  if (const auto* returned = std::get_if<input::ActionReturned>(&given.input)) {
    std::vector<Input> all;
    for (HttpOutcome& outcome : outcomes_of(bot_, state, kept_, index)) {
      all.emplace_back(input::ActionReturned{effect_now(state, returned->effect),
                                             std::move(outcome), returned->took_ms});
    }
    return all;
  }
  if (const auto* fired = std::get_if<input::TimerFired>(&given.input)) {
    return {input::TimerFired{timer_now(state, was_.state, fired->timer)}};
  }
  return {given.input};
}

// Where events leave open what was given, the candidate that leads to them is it; where none does,
// the likeliest is taken.
Advance Run::best(const Given& given, std::size_t index, Trace* trace) const {
  const std::vector<Input> all = candidates(given, index);
  const std::set<std::string> full_queues = full_queues_at(bot_, kept_, index);
  std::optional<Advance> chosen;
  for (const Input& candidate : all) {
    Trace noted;
    EngineLimits limits;
    limits.full_queues = full_queues;
    Advance made = trace ? advance_traced(bot_, now_.state, candidate, given.now, noted, limits)
                         : advance(bot_, now_.state, candidate, given.now, limits);
    const bool fits = all.size() == 1 || reproduces(made);
    if (!fits && chosen) continue;
    chosen = std::move(made);
    if (trace) *trace = std::move(noted);
    if (fits) break;
  }
  return chosen ? std::move(*chosen) : Advance{};
}

// false: this turn does not begin as it did.
bool Run::take(const Given& given, std::size_t index) {
  const bool is_said = std::holds_alternative<input::Said>(given.input);
  const std::uint64_t turn = was_.state.turn + (is_said ? 1 : 0);
  Trace noted;
  Advance made = best(given, index, options_.trace ? &noted : nullptr);
  auto cut = made.events.begin();
  if (is_said) {
    cut = std::find_if(made.events.begin(), made.events.end(), [](const Event& event) {
      return std::holds_alternative<event::Uttered>(event.body);
    });
  }
  add({made.events.begin(), cut});
  if (is_said && !is_alike(was_, now_)) return false;
  if (is_said || out_.turns.empty()) {
    if (!out_.turns.empty()) out_.turns.back().was = upto(out_.turns.back().was.data(), index);
    out_.turns.push_back({turn, kept_.subspan(index), {}, {}});
  }
  add({cut, made.events.end()});
  std::move(noted.judged.begin(), noted.judged.end(),
            std::back_inserter(out_.turns.back().trace.judged));
  return true;
}

void Run::add(std::span<Event> events) {
  for (Event& event : events) {
    now_.apply(event);
    if (!out_.turns.empty()) out_.turns.back().now.push_back(std::move(event));
  }
}

std::span<const Event> Run::upto(const Event* begin, std::size_t index) const {
  return {begin, kept_.data() + index};
}

nlu::Result<Replayed> Run::go() {
  if (kept_.empty() || !std::holds_alternative<event::ConversationStarted>(kept_.front().body)) {
    return Error{Errc::corrupt, "the conversation's events do not begin with its opening"};
  }
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i].number != i + 1) {
      return Error{Errc::corrupt, fmt::format("event {} is missing", i + 1)};
    }
  }
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (std::holds_alternative<event::VersionChanged>(kept_[i].body)) ++changes_;
    const auto given = given_at(kept_, i);
    if (given && !take(*given, i)) {
      out_.turns.back().was = upto(out_.turns.back().was.data(), i);
      out_.turns_left = static_cast<std::size_t>(std::count_if(
          kept_.begin() + static_cast<std::ptrdiff_t>(i), kept_.end(),
          [](const Event& event) { return std::holds_alternative<event::Uttered>(event.body); }));
      break;
    }
    was_.apply(kept_[i]);
  }
  return std::move(out_);
}

}  // namespace

nlu::Result<Replayed> replay(const Bot& bot, std::span<const Event> kept,
                             const ReplayOptions& options) {
  return Run(bot, kept, options).go();
}

}  // namespace dialog

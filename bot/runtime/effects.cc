// What a turn asked for: calls to the business's systems, and timers.
#include <algorithm>

#include <fmt/format.h>

#include "bot/runtime/impl.h"

namespace bot::runtime {
namespace {

constexpr Millis poll_interval = 10'000;
constexpr std::size_t timers_per_poll = 1024;
constexpr std::size_t timers_at_once = 256;
constexpr Millis effect_grace = 15'000;  // Over the request's own limits, for retries' pauses.

}  // namespace

// ---- effects ----

void Runtime::Impl::perform(Room& room, std::uint64_t effect, const dialog::HttpRequest& request) {
  ++stats.effects;
  Pending pending;
  pending.kind = Pending::Kind::effect;
  pending.room = room.id;
  pending.number = effect;
  const Ticket given = ticket(std::move(pending));
  room.work->performing.push_back({effect, given});
  const Millis longest = request.timeout.count() * (1 + std::max(0, request.retries));
  alarm(Alarm::Kind::effect, now + longest + effect_grace, given, room.id);
  emit(Perform{given, room.id.tenant, request});
}

// After a load: what was begun and has no result is begun again where that is safe, else its result
// is that nobody knows.
void Runtime::Impl::take_up_outbox(Room& room, const std::vector<dialog::OutboxRow>& rows) {
  Work& work = *room.work;
  work.outbox.clear();
  for (const dialog::OutboxRow& row : rows) work.outbox.push_back(row.effect);
  for (const dialog::PendingEffect& pending : work.state.pending) {
    const auto is_it = [&](const auto& it) { return it.effect == pending.effect; };
    const auto is_result = [&](const Turn& turn) {
      const auto* returned = std::get_if<dialog::input::ActionReturned>(&turn.input);
      return returned != nullptr && returned->effect == pending.effect;
    };
    if (std::any_of(work.performing.begin(), work.performing.end(), is_it)) continue;
    if (std::any_of(work.system.begin(), work.system.end(), is_result)) continue;
    const auto row = std::find_if(rows.begin(), rows.end(), is_it);
    if (row != rows.end() && pending.repeatable) {
      note(Note::Level::info, "effect_again", "", room.id);
      perform(room, pending.effect, row->request);
      continue;
    }
    note(Note::Level::warning, "effect_unknown", "", room.id);
    dialog::HttpOutcome outcome;
    outcome.kind = dialog::HttpOutcome::Kind::unknown;
    outcome.error = "the server stopped before the answer was kept";
    Turn turn;
    turn.input = dialog::input::ActionReturned{pending.effect, std::move(outcome), 0};
    ++turns;
    work.system.push_back(std::move(turn));
  }
}

void Runtime::Impl::effect_returned(Pending pending, dialog::HttpOutcome outcome) {
  Room* kept = find_room(pending.room);
  if (kept == nullptr || kept->work == nullptr) return;
  Work& work = *kept->work;
  const auto is_it = [&](const Performing& it) { return it.effect == pending.number; };
  work.performing.erase(std::remove_if(work.performing.begin(), work.performing.end(), is_it),
                        work.performing.end());
  if (stats.store_failed) return;
  Turn turn;
  turn.input =
      dialog::input::ActionReturned{pending.number, std::move(outcome), now - pending.since};
  ++turns;
  work.system.push_back(std::move(turn));
  pump(*kept);
}

// The shell owes an answer and gave none.
void Runtime::Impl::expire_effect(Ticket given) {
  std::optional<Pending> pending = redeem(given, Pending::Kind::effect);
  if (!pending) return;
  note(Note::Level::warning, "effect_unanswered", "", pending->room);
  dialog::HttpOutcome outcome;
  outcome.kind = dialog::HttpOutcome::Kind::timeout;
  const Room* kept = find_room(pending->room);
  if (kept != nullptr && kept->work != nullptr) {
    for (const dialog::PendingEffect& it : kept->work->state.pending) {
      if (it.effect == pending->number && !it.repeatable) {
        outcome.kind = dialog::HttpOutcome::Kind::unknown;
      }
    }
  }
  outcome.error = "no answer";
  effect_returned(std::move(*pending), std::move(outcome));
}

// ---- timers ----

bool Runtime::Impl::may_poll() const {
  if (now >= next_poll) return true;
  // A full page was read and dealt with: there may be more.
  return more_timers && firing.empty() && (upcoming.empty() || upcoming.begin()->due > now);
}

bool Runtime::Impl::may_fire() const { return !upcoming.empty() && firing.size() < timers_at_once; }

// The store has every timer; memory has those due within the next poll interval.
void Runtime::Impl::poll_timers() {
  if (stats.store_failed || stats.draining || polling) return;
  if (!may_poll()) return;
  polling = true;
  horizon = std::max(horizon, now + poll_interval);
  Pending pending;
  pending.kind = Pending::Kind::timers;
  emit(ReadTimers{ticket(std::move(pending)), now + poll_interval, timers_per_poll});
}

void Runtime::Impl::take(TimersDue& input) {
  if (!redeem(input.ticket, Pending::Kind::timers)) return;
  polling = false;
  next_poll = now + poll_interval / 2;
  more_timers = false;
  if (!input.result) {
    return note(Note::Level::error, "timers_unreadable", input.result.error().message);
  }
  more_timers = input.result->size() >= timers_per_poll;
  for (const dialog::DueTimer& due : *input.result) {
    upcoming.insert({due.timer.due, due.id, due.timer.timer});
  }
}

void Runtime::Impl::heard_of_timer(const ConversationId& id, const dialog::TimerRow& row) {
  if (row.due <= horizon) upcoming.insert({row.due, id, row.timer});
}

void Runtime::Impl::fire_due() {
  if (stats.store_failed || stats.draining) return;
  while (may_fire() && upcoming.begin()->due <= now) {
    const Due due = *upcoming.begin();
    upcoming.erase(upcoming.begin());
    fire(due);
  }
}

// The conversation knows whether the timer still holds; a row left behind goes with the batch.
void Runtime::Impl::fire(const Due& due) {
  if (!firing.insert({due.id, due.timer}).second) return;
  Turn turn;
  turn.input = dialog::input::TimerFired{due.timer};
  turn.timer_due = due.due;
  ++turns;
  Room& kept = awake(due.id);
  kept.work->system.push_back(std::move(turn));
  pump(kept);
}

}  // namespace bot::runtime

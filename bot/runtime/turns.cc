// From the queue to the append: one step of one conversation at a time.
#include <algorithm>

#include "bot/runtime/impl.h"

namespace bot::runtime {
namespace {

constexpr int attempts_of_a_message = 6;

bool is_customers(const Turn& turn) {
  return std::holds_alternative<dialog::input::Said>(turn.input);
}

const dialog::Event* find_uttered(const dialog::Advance& advance) {
  for (const dialog::Event& event : advance.events) {
    if (std::holds_alternative<dialog::event::Uttered>(event.body)) return &event;
  }
  return nullptr;
}

// The row that fired goes with the batch, whatever the engine made of it.
void remove_timer_row(const dialog::TimerRow& row, dialog::Batch& batch) {
  const auto is_it = [&](const dialog::TimerRow& it) {
    return it.timer == row.timer && it.due == row.due;
  };
  std::vector<dialog::TimerRow>& removed = batch.timers_removed;
  if (std::none_of(removed.begin(), removed.end(), is_it)) removed.push_back(row);
}

bool is_pending(const dialog::Conversation& state, std::uint64_t effect) {
  return std::any_of(state.pending.begin(), state.pending.end(),
                     [&](const dialog::PendingEffect& it) { return it.effect == effect; });
}

}  // namespace

// Takes what may be taken next until an append is under way. Results, people and feedback come
// before messages; while an effect is out, timers, the business's events and messages wait. Only
// the head of the queue may pre-empt, so that no message overtakes another.
void Runtime::Impl::pump(Room& room) {
  while (room.state == Room::State::live && !room.work->flight && !stats.store_failed) {
    Work& work = *room.work;
    const bool waits = work.state.is_waiting_for_effect();
    const auto may_go = [&](const Turn& turn) {
      return !waits || (!std::holds_alternative<dialog::input::TimerFired>(turn.input) &&
                        !std::holds_alternative<dialog::input::Happened>(turn.input));
    };
    const auto next = std::find_if(work.system.begin(), work.system.end(), may_go);
    std::deque<Turn>* queue = nullptr;
    Turn turn;
    if (next != work.system.end()) {
      turn = std::move(*next);
      work.system.erase(next);
    } else {
      queue = &work.customer;
      if (queue->empty() || queue->front().interpret != 0) break;
      if (is_heard_by_another(room, queue->front())) break;
      if (waits && !preempts(room, queue->front())) break;
      turn = std::move(queue->front());
      queue->pop_front();
    }
    process(room, std::move(turn));
  }
  room.used = now;
}

// A turn is understood and answered by one version: where another one goes on by now, its model
// hears the message again.
bool Runtime::Impl::is_heard_by_another(Room& room, Turn& turn) {
  if (turn.heard_by == nullptr) return false;
  const dialog::BotPtr bot = bot_for(room);
  if (bot == nullptr || bot->version == turn.heard_by->version) return false;
  interpret(room, turn);
  return turn.interpret != 0;
}

bool Runtime::Impl::preempts(Room& room, Turn& turn) {
  const dialog::EventNumber at = room.work->state.last_event;
  if (turn.judged_at != at) {
    turn.judged_at = at;
    try {
      turn.preempts =
          dialog::preempts(commands_for(room, std::get<dialog::input::Said>(turn.input)));
    } catch (const std::exception& error) {
      note(Note::Level::error, "turn_failed", error.what(), room.id);
      turn.preempts = false;
    }
  }
  return turn.preempts;
}

std::vector<dialog::Command> Runtime::Impl::commands_for(Room& room,
                                                         const dialog::input::Said& said) {
  const dialog::BotPtr bot = bot_for(room);
  if (bot == nullptr) throw std::runtime_error("the conversation's bot is gone");
  return dialog::understand(*bot, room.work->state, said.text, said.payload, said.attachment,
                            said.interpretation, local_time(*bot));
}

void Runtime::Impl::tell_desks(const ConversationId& id, const std::vector<dialog::Event>& events) {
  for (const dialog::Event& event : events) {
    const auto* changed = std::get_if<dialog::event::HandoverChanged>(&event.body);
    if (changed && changed->state == dialog::event::HandoverChanged::State::requested) {
      desks->asked(id, changed->queue);
    }
  }
}

dialog::Advance Runtime::Impl::advance(Room& room, Turn& turn) {
  const dialog::BotPtr bot = bot_for(room);
  const dialog::Conversation& state = room.work->state;
  std::string wrong;
  try {
    if (bot == nullptr) throw std::runtime_error("the conversation's bot is gone");
    if (auto* said = std::get_if<dialog::input::Said>(&turn.input)) {
      said->commands = commands_for(room, *said);
    }
    dialog::EngineLimits engine = limits.engine;
    const bool counts = desks != nullptr && !bot->desk_capacity.empty();
    if (counts) engine.full_queues = desks->full(*bot, room.id.tenant);
    dialog::Advance result = dialog::advance(*bot, state, turn.input, now, engine);
    wrong = check_numbers(state, result.events);
    const dialog::Event* uttered = find_uttered(result);
    if (wrong.empty() && is_customers(turn) && (uttered == nullptr || uttered->seq == 0)) {
      wrong = "the turn did not keep what the customer said";
    }
    if (wrong.empty() && counts) tell_desks(room.id, result.events);
    if (wrong.empty()) return result;
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  ++stats.failures;
  note(Note::Level::error, "turn_failed", wrong, room.id);
  return apologise(bot.get(), state, turn.input, now, wrong);
}

void Runtime::Impl::process(Room& room, Turn turn) {
  Work& work = *room.work;
  if (const auto* returned = std::get_if<dialog::input::ActionReturned>(&turn.input)) {
    if (!is_pending(work.state, returned->effect)) {  // Cancelled meanwhile.
      note(Note::Level::info, "result_ignored", "", room.id);
      return finish_without_append(room, std::move(turn));
    }
  }
  const auto* fired = std::get_if<dialog::input::TimerFired>(&turn.input);
  const bool is_stale_timer = fired != nullptr && work.state.timers.count(fired->timer) == 0;
  dialog::Advance result = is_stale_timer ? dialog::Advance{} : advance(room, turn);
  for (dialog::Effect& effect : result.effects) {
    if (auto* call = std::get_if<dialog::effect::CallHttp>(&effect)) {
      call->request.idempotency_key = idempotency_key(room.id, call->effect);
    }
  }
  auto flight = std::make_unique<Flight>();
  flight->kind = room.state == Room::State::opening ? Flight::Kind::open : Flight::Kind::turn;
  flight->next = std::move(result.next);
  flight->batch = make_batch(room, result, limits.snapshot_every, flight->next);
  if (fired != nullptr) remove_timer_row({fired->timer, turn.timer_due}, flight->batch);
  if (flight->batch.events.empty() && flight->batch.timers_removed.empty()) {
    return finish_without_append(room, std::move(turn));
  }
  if (const auto* said = std::get_if<dialog::input::Said>(&turn.input)) {
    if (!turn.body_hash.empty()) {
      flight->batch.messages.push_back(
          {said->client, said->message_id, said->cseq, find_uttered(result)->seq, turn.body_hash});
    }
    if (said->cseq != 0) {
      const Client* client = room.find_client(said->client);
      const std::uint64_t epoch = client == nullptr ? turn.epoch : client->epoch;
      flight->batch.clients.push_back({said->client, epoch, said->cseq});
    }
  }
  flight->effects = std::move(result.effects);
  flight->turn = std::move(turn);
  work.flight = std::move(flight);
  submit(room);
}

void Runtime::Impl::finish_without_append(Room& room, Turn turn) {
  if (const auto* fired = std::get_if<dialog::input::TimerFired>(&turn.input)) {
    firing.erase({room.id, fired->timer});
  }
  for (const Request request : turn.requests) {
    answer(request, nlu::Error{nlu::Errc::conflict, "the conversation is not in that state"});
  }
  --turns;
}

// ---- the append ----

void Runtime::Impl::submit(Room& room) {
  Flight& flight = *room.work->flight;
  ++flight.attempts;
  Pending pending;
  pending.kind = Pending::Kind::append;
  pending.room = room.id;
  flight.ticket = ticket(std::move(pending));
  appends.queue.emplace_back(now + limits.store_timeout.count(), flight.ticket);
  emit(Append{flight.ticket, room.id, room.work->state.last_event, flight.batch});
}

void Runtime::Impl::retry(Room& room) {
  if (room.work && room.work->flight && room.work->flight->ticket == 0 && !stats.store_failed) {
    submit(room);
  }
}

void Runtime::Impl::fail_append(Room& room, const nlu::Error& error) {
  Flight& flight = *room.work->flight;
  if (error.code == nlu::Errc::conflict) {
    note(Note::Level::warning, "append_conflict", error.message, room.id);
    if (flight.kind == Flight::Kind::turn || flight.kind == Flight::Kind::open) return reload(room);
    room.work->flight.reset();
    return reload(room);
  }
  if (error.code != nlu::Errc::busy) return fail_store(error.message);
  // Nothing was kept: the same batch fits later.
  const bool gives_up = flight.attempts >= attempts_of_a_message &&
                        (is_customers(flight.turn) || flight.kind != Flight::Kind::turn);
  if (gives_up) return give_up(room);
  flight.ticket = 0;
  const Millis wait = std::min<Millis>(5000, Millis{50} << std::min(flight.attempts, 7));
  alarm(Alarm::Kind::retry, now + wait, room.serial, room.id);
}

// The store stays busy. What a client said has changed nothing: it may say it again.
void Runtime::Impl::give_up(Room& room) {
  note(Note::Level::warning, "store_busy", "", room.id);
  Work& work = *room.work;
  const nlu::Error error{nlu::Errc::busy, "the store is busy; try again"};
  const std::unique_ptr<Flight> flight = std::move(work.flight);
  if (flight->kind == Flight::Kind::open) {
    discard_turn(room, flight->turn, error);
    discard(room, error);
    const std::vector<Join> joins = work.joins;
    for (const Join& waiting : joins) close(waiting.connection, web::Close::busy, error.message);
    room.state = Room::State::absent;
    return;
  }
  if (flight->kind == Flight::Kind::snapshot) {
    alarm(Alarm::Kind::evict, now + limits.evict_after.count(), room.serial, room.id);
    return pump(room);
  }
  work.customer.push_front(std::move(flight->turn));
  std::deque<Turn> given_up = std::move(work.customer);
  work.customer.clear();
  for (Turn& turn : given_up) discard_turn(room, turn, error);
  pump(room);
}

}  // namespace bot::runtime

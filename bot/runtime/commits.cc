// When an append has returned: acks, replies, effects; or what is said instead.
#include <algorithm>

#include "bot/runtime/impl.h"

namespace bot::runtime {
namespace {

constexpr std::size_t remembered_messages = 8;
constexpr std::size_t versions_counted = 16;

std::string_view problem_code(nlu::Errc code) {
  return code == nlu::Errc::busy ? "busy" : "unavailable";
}

}  // namespace

void Runtime::Impl::commit(Room& room) {
  Work& work = *room.work;
  const std::unique_ptr<Flight> flight = std::move(work.flight);
  dialog::Batch& batch = flight->batch;
  try {
    if (flight->next) {
      work.state = std::move(*flight->next);
    } else {
      for (const dialog::Event& event : batch.events) work.state.apply(event);
    }
  } catch (const std::exception& error) {  // It is kept, and cannot be folded: our bug.
    note(Note::Level::error, "fold_failed", error.what(), room.id);
    work.flight = std::make_unique<Flight>();
    work.flight->turn = std::move(flight->turn);
    return reload(room);
  }
  if (batch.snapshot) work.snapshot_event = work.state.last_event;
  for (const dialog::OutboxRow& row : batch.outbox_added) work.outbox.push_back(row.effect);
  for (const std::uint64_t effect : batch.outbox_removed) {
    work.outbox.erase(std::remove(work.outbox.begin(), work.outbox.end(), effect),
                      work.outbox.end());
  }
  for (const dialog::TimerRow& row : batch.timers_set) heard_of_timer(room.id, row);
  for (const dialog::TimerRow& row : batch.timers_removed) {
    upcoming.erase({row.due, room.id, row.timer});
  }

  if (flight->kind == Flight::Kind::snapshot) {
    if (may_leave(room) && room.used == flight->used) return drop(room);
    alarm(Alarm::Kind::evict, now + limits.evict_after.count(), room.serial, room.id);
    return pump(room);
  }
  --turns;
  Client* sender = nullptr;
  const dialog::MessageRecord* record = batch.messages.empty() ? nullptr : &batch.messages.front();
  if (const auto* said = std::get_if<dialog::input::Said>(&flight->turn.input)) {
    ++stats.turns;
    count_version(work.state.bot_version, batch.events);
    sender = said->cseq == 0 ? nullptr : room.find_client(said->client);
    if (sender != nullptr) sender->last_durable = said->cseq;
  } else if (const auto* fired = std::get_if<dialog::input::TimerFired>(&flight->turn.input)) {
    firing.erase({room.id, fired->timer});
  }
  if (batch.tally) stats.heard += batch.tally->counts;
  if (record != nullptr) remember(work, *record);
  if (work.typing && !work.state.is_waiting_for_effect()) show_typing(room, false);
  publish(room, batch.events, sender, record);
  if (flight->kind == Flight::Kind::open) went_live(room);
  collect_replies(room, batch.events, *flight);
  for (const dialog::Effect& effect : flight->effects) {
    if (const auto* call = std::get_if<dialog::effect::CallHttp>(&effect)) {
      perform(room, call->effect, call->request);
    }
  }
  if (!work.typing && work.state.is_waiting_for_effect()) show_typing(room, true);
  answer_waiters(room);
  pump(room);
}

void Runtime::Impl::count_version(const std::string& version,
                                  const std::vector<dialog::Event>& events) {
  if (stats.versions.size() >= versions_counted && stats.versions.count(version) == 0) {
    stats.versions.clear();  // Of versions that are long gone, mostly.
  }
  VersionCounts& counts = stats.versions[version];
  ++counts.turns;
  bool fell_back = false, failed = false;
  for (const dialog::Event& event : events) {
    const auto* commanded = std::get_if<dialog::event::Commanded>(&event.body);
    fell_back |= commanded != nullptr &&
                 std::holds_alternative<dialog::command::CannotHandle>(commanded->command);
    failed |= std::holds_alternative<dialog::event::Failed>(event.body);
  }
  counts.fallbacks += fell_back ? 1 : 0;
  counts.failures += failed ? 1 : 0;
}

void Runtime::Impl::remember(Work& work, const dialog::MessageRecord& record) {
  if (work.recent.size() >= remembered_messages) work.recent.erase(work.recent.begin());
  work.recent.push_back(record);
}

// To every live socket; the others find it in the store when their replay gets there. The sender's
// client sees its own message as the ack that has the message's seq.
void Runtime::Impl::publish(Room& room, const std::vector<dialog::Event>& events,
                            const Client* sender, const dialog::MessageRecord* record) {
  const Connection author = sender == nullptr ? 0 : sender->connection;
  const std::vector<Connection> here = room.sockets;
  for (const Connection connection : here) {
    const auto found = sockets.find(connection);
    if (found == sockets.end()) continue;
    const bool is_author = connection == author && record != nullptr;
    if (found->second.state != Socket::State::live) {
      if (is_author) send_ack(connection, {record->id, record->seq});
      continue;
    }
    for (const dialog::Event& event : events) {
      if (event.seq == 0) continue;
      const auto socket = sockets.find(connection);
      if (socket == sockets.end()) break;  // Too slow, closed.
      socket->second.sent = event.seq;
      if (is_author && event.seq == record->seq) {
        send(connection, web::Ack{record->id, record->seq});
      } else {
        send(connection, web::Visible{event});
      }
    }
  }
}

void Runtime::Impl::show_typing(Room& room, bool on) {
  room.work->typing = on;
  const std::vector<Connection> here = room.sockets;
  for (const Connection connection : here) {
    const auto found = sockets.find(connection);
    if (found == sockets.end() || found->second.state != Socket::State::live) continue;
    send(connection, web::ShowTyping{on});
  }
}

// ---- what comes to nothing ----

void Runtime::Impl::discard_turn(Room& room, Turn& turn, const nlu::Error& error) {
  --turns;
  if (turn.interpret != 0) (void)redeem(turn.interpret, Pending::Kind::interpret);
  std::vector<Waiter>& waiters = room.work->waiters;
  for (const Request request : turn.requests) {
    const auto is_it = [&](const Waiter& waiter) { return waiter.request == request; };
    waiters.erase(std::remove_if(waiters.begin(), waiters.end(), is_it), waiters.end());
    answer(request, error);
  }
  if (const auto* fired = std::get_if<dialog::input::TimerFired>(&turn.input)) {
    firing.erase({room.id, fired->timer});  // Its row is still there: the next poll finds it.
    return;
  }
  const auto* said = std::get_if<dialog::input::Said>(&turn.input);
  Client* client = said == nullptr || said->cseq == 0 ? nullptr : room.find_client(said->client);
  if (client == nullptr) return;
  client->last_accepted = client->last_durable;
  if (client->connection != 0) {
    problem(client->connection, std::string(problem_code(error.code)), error.message,
            said->message_id, retry_after());
  }
}

void Runtime::Impl::discard(Room& room, const nlu::Error& error) {
  Work& work = *room.work;
  std::vector<Turn> gone;
  if (work.flight && work.flight->kind == Flight::Kind::snapshot) work.flight.reset();
  if (work.flight) gone.push_back(std::move(work.flight->turn));
  work.flight.reset();
  for (Turn& turn : work.system) gone.push_back(std::move(turn));
  for (Turn& turn : work.customer) gone.push_back(std::move(turn));
  work.system.clear();
  work.customer.clear();
  for (Turn& turn : gone) discard_turn(room, turn, error);
  const std::vector<Waiter> waiters = std::move(work.waiters);
  work.waiters.clear();
  for (const Waiter& waiter : waiters) answer(waiter.request, error);
  const std::vector<Posted> posts = std::move(work.posts);
  work.posts.clear();
  for (const Posted& posted : posts) answer(posted.request, error);
}

}  // namespace bot::runtime

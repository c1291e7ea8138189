// Conversations in and out of memory, and the sockets at them.
#include <algorithm>

#include <fmt/format.h>

#include "bot/runtime/impl.h"
#include "nlu/base/calendar.h"

namespace bot::runtime {

namespace {

constexpr std::size_t kept_clients = 32;

}  // namespace

Client* Room::find_client(const std::string& name) {
  for (Client& client : clients) {
    if (client.name == name) return &client;
  }
  return nullptr;
}

Client* Room::client_of(Connection connection) {
  for (Client& client : clients) {
    if (client.connection == connection) return &client;
  }
  return nullptr;
}

// ---- in and out of memory ----

Room& Runtime::Impl::room(const ConversationId& id) {
  touched.push_back(id);
  std::unique_ptr<Room>& kept = rooms[id];
  if (!kept) {
    kept = std::make_unique<Room>();
    kept->id = id;
    kept->serial = ++last_serial;
  }
  return *kept;
}

Room* Runtime::Impl::find_room(const ConversationId& id) {
  const auto found = rooms.find(id);
  if (found == rooms.end()) return nullptr;
  touched.push_back(id);
  return found->second.get();
}

Room& Runtime::Impl::awake(const ConversationId& id) {
  Room& kept = room(id);
  kept.used = now;
  if (kept.state == Room::State::unloaded) load(kept);
  return kept;
}

void Runtime::Impl::load(Room& room) {
  room.state = Room::State::loading;
  if (room.work == nullptr) {
    room.work = std::make_unique<Work>();
    ++works;
  }
  Pending pending;
  pending.kind = Pending::Kind::load;
  pending.room = room.id;
  emit(Load{ticket(std::move(pending)), room.id});
}

bool Runtime::Impl::fold(Room& room, dialog::Kept kept) {
  Work& work = *room.work;
  work.state = {};
  work.snapshot_event = 0;
  try {
    if (kept.snapshot) {
      nlu::Result<dialog::Conversation> state = dialog::decode_conversation(*kept.snapshot);
      if (!state) return false;
      work.state = std::move(*state);
      work.snapshot_event = work.state.last_event;
    }
    for (const dialog::Event& event : kept.events) {
      if (event.number <= work.state.last_event) continue;
      if (event.number != work.state.last_event + 1) return false;
      work.state.apply(event);
    }
  } catch (const std::exception& error) {
    note(Note::Level::error, "fold_failed", error.what(), room.id);
    return false;
  }
  return work.state.last_event == kept.last_event;
}

void Runtime::Impl::went_live(Room& room) {
  room.state = Room::State::live;
  room.secret_hash = room.work->state.secret_hash;
  room.used = now;
  alarm(Alarm::Kind::evict, now + limits.evict_after.count(), room.serial, room.id);
  settle(room);
}

void Runtime::Impl::fail_load(Room& room, const nlu::Error& error) {
  note(Note::Level::error, "load_failed", error.message, room.id);
  std::vector<Join> joins = std::move(room.work->joins);
  room.work->joins.clear();
  for (const Join& waiting : joins) {
    // A visitor nobody knows may begin anew; for them that is better than nothing at all.
    const bool anew = error.code == nlu::Errc::corrupt && !waiting.user;
    if (!anew) problem(waiting.connection, "unavailable", "the conversation cannot be read now");
    close(waiting.connection, anew ? web::Close::bad_token : web::Close::busy,
          "the conversation cannot be read");
  }
  discard(room, {nlu::Errc::unavailable, "the conversation cannot be read now"});
  const std::deque<Parked> parked = std::move(room.work->parked);
  for (const Parked& waiting : parked) {
    problem(waiting.connection, "unavailable", "the conversation cannot be read now",
            waiting.message.id, retry_after());
  }
  const std::vector<Connection> here = room.sockets;
  for (const Connection connection : here) {
    if (sockets.at(connection).state == Socket::State::live) continue;
    close(connection, web::Close::busy, "the conversation cannot be read");
  }
  drop(room);
}

void Runtime::Impl::settle(Room& room) {
  if (room.state != Room::State::live || stats.store_failed) return;
  Work& work = *room.work;
  for (std::size_t i = 0; i < work.joins.size();) {
    Join next = work.joins[i];
    const bool done = join(room, next);
    // A refused join has taken itself off the list with its socket.
    if (i < work.joins.size() && work.joins[i].connection == next.connection) {
      if (done) {
        work.joins.erase(work.joins.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }
  const std::vector<Posted> posts = std::move(work.posts);
  work.posts.clear();
  for (const Posted& posted : posts) post(room, posted);
  std::deque<Parked> parked = std::move(work.parked);
  work.parked.clear();
  for (Parked& waiting : parked) accept(room, waiting.connection, std::move(waiting.message));
  const std::vector<Connection> here = room.sockets;
  for (const Connection connection : here) replay(room, connection);
  pump(room);
}

// Effects whose results are on their way, or here, are carried over: they are not begun again.
void Runtime::Impl::reload(Room& room) {
  const nlu::Error error{nlu::Errc::busy, "the conversation changed elsewhere; try again"};
  auto fresh = std::make_unique<Work>();
  fresh->performing = std::move(room.work->performing);
  fresh->joins = std::move(room.work->joins);
  fresh->posts = std::move(room.work->posts);
  fresh->parked = std::move(room.work->parked);
  fresh->uploads = std::move(room.work->uploads);
  if (room.work->flight) room.work->system.push_front(std::move(room.work->flight->turn));
  room.work->flight.reset();
  std::deque<Turn> system = std::move(room.work->system);
  room.work->system.clear();
  for (Turn& turn : system) {
    if (std::holds_alternative<dialog::input::ActionReturned>(turn.input)) {
      fresh->system.push_back(std::move(turn));
    } else {
      discard_turn(room, turn, error);
    }
  }
  discard(room, error);
  for (Join& waiting : fresh->joins) waiting.secret.clear();  // What is kept is not its own.
  room.work = std::move(fresh);
  room.serial = ++last_serial;
  for (Client& client : room.clients) {
    client.known = client.finding = false;
    client.last_accepted = client.last_durable;
  }
  for (const Connection connection : room.sockets) {
    Socket& socket = sockets.at(connection);
    if (socket.state == Socket::State::live) socket.state = Socket::State::replaying;
  }
  load(room);
}

bool Runtime::Impl::is_idle(const Room& room) const {
  if (room.state == Room::State::unloaded) return true;
  if (room.state == Room::State::loading || room.state == Room::State::opening) return false;
  const Work& work = *room.work;
  return !work.flight && work.customer.empty() && work.system.empty() && work.joins.empty() &&
         work.posts.empty() && work.parked.empty() && work.waiters.empty() &&
         work.performing.empty() && work.state.pending.empty();
}

void Runtime::Impl::evict(Room& room) {
  if (room.state != Room::State::live || stats.store_failed) return;
  const Millis due = room.used + limits.evict_after.count();
  if (due > now || !may_leave(room)) {
    return alarm(Alarm::Kind::evict, std::max(due, now + limits.evict_after.count() / 2),
                 room.serial, room.id);
  }
  leave_memory(room);
}

// Nothing is under way in it, for it, or towards its sockets.
bool Runtime::Impl::may_leave(const Room& room) const {
  const auto is_live = [&](Connection connection) {
    return sockets.at(connection).state == Socket::State::live;
  };
  return room.state == Room::State::live && is_idle(room) &&
         std::all_of(room.sockets.begin(), room.sockets.end(), is_live);
}

// With a snapshot first, when it has changed since the last one.
void Runtime::Impl::leave_memory(Room& room) {
  Work& work = *room.work;
  if (work.state.last_event == work.snapshot_event) return drop(room);
  work.flight = std::make_unique<Flight>();
  work.flight->kind = Flight::Kind::snapshot;
  work.flight->used = room.used;
  work.flight->batch.snapshot = dialog::encode(work.state);
  work.flight->batch.outbox_removed = work.outbox;  // Of effects that came to nothing.
  submit(room);
}

// Over the limit those that were idle longest leave before their time, a tenth of all at once, so
// that looking for them costs each newcomer little. A busy conversation never leaves, so the limit
// is one of intent.
void Runtime::Impl::thin_out() {
  crowded_at = std::max(crowded_at, limits.conversations_in_memory);
  if (works <= crowded_at || stats.store_failed || stats.draining) return;
  std::vector<std::pair<Millis, ConversationId>> idle;
  for (const auto& entry : rooms) {
    const Room& kept = *entry.second;
    if (kept.work && may_leave(kept)) idle.emplace_back(kept.used, kept.id);
  }
  const std::size_t tenth = std::max<std::size_t>(1, limits.conversations_in_memory / 10);
  const std::size_t leaving = std::min(idle.size(), works - limits.conversations_in_memory + tenth);
  std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(leaving), idle.end());
  for (std::size_t i = 0; i < leaving; ++i) leave_memory(room(idle[i].second));
  crowded_at = works + tenth;  // Their snapshots are under way: no second look at once.
}

void Runtime::Impl::drop(Room& room) {
  if (room.state == Room::State::live) ++stats.evictions;
  if (room.work) --works;
  if (works <= limits.conversations_in_memory) crowded_at = 0;
  room.work.reset();
  room.state = Room::State::unloaded;
  room.serial = ++last_serial;  // Its alarms mean nothing any more.
  const auto is_gone = [](const Client& client) { return client.connection == 0; };
  room.clients.erase(std::remove_if(room.clients.begin(), room.clients.end(), is_gone),
                     room.clients.end());
  room.clients.shrink_to_fit();
  touched.push_back(room.id);
}

// Answers to what was asked for this conversation come to nothing; callers who wait are answered by
// who calls this.
void Runtime::Impl::forget_tickets(const ConversationId& id) {
  for (auto it = tickets.begin(); it != tickets.end();) {
    if (it->second.room != id || it->second.kind == Pending::Kind::timers) {
      ++it;
      continue;
    }
    const Ticket given = it->first;
    ++it;
    (void)redeem(given, tickets.at(given).kind);
  }
}

void Runtime::Impl::prune_clients(Room& room) {
  if (room.clients.size() < kept_clients) return;
  const auto is_idle_client = [](const Client& client) {
    return client.connection == 0 && !client.finding && client.last_accepted == client.last_durable;
  };
  room.clients.erase(std::remove_if(room.clients.begin(), room.clients.end(), is_idle_client),
                     room.clients.end());
}

// ---- sockets ----

void Runtime::Impl::send(Connection connection, web::ServerFrame frame) {
  const auto found = sockets.find(connection);
  if (found == sockets.end()) return;
  if (found->second.undrained >= limits.frames_per_connection) {
    return close(connection, web::Close::too_slow, "what was sent is not taken");
  }
  ++found->second.undrained;
  emit(Send{connection, std::move(frame)});
}

void Runtime::Impl::problem(Connection connection, std::string code, std::string message,
                            std::string id, std::optional<std::int64_t> retry_after_ms) {
  send(connection,
       web::Problem{std::move(code), std::move(message), std::move(id), retry_after_ms});
}

void Runtime::Impl::close(Connection connection, web::Close code, std::string reason) {
  if (sockets.count(connection) == 0) return;
  emit(CloseConnection{connection, code, std::move(reason)});
  leave(connection);
}

void Runtime::Impl::leave(Connection connection) {
  const auto found = sockets.find(connection);
  if (found == sockets.end()) return;
  const bool has_room = found->second.state != Socket::State::fresh;
  const ConversationId id = found->second.room;
  sockets.erase(found);
  Room* kept = has_room ? find_room(id) : nullptr;
  if (kept == nullptr) return;
  const auto is_it = [&](const Join& waiting) { return waiting.connection == connection; };
  kept->sockets.erase(std::remove(kept->sockets.begin(), kept->sockets.end(), connection),
                      kept->sockets.end());
  if (kept->work) {
    std::vector<Join>& joins = kept->work->joins;
    joins.erase(std::remove_if(joins.begin(), joins.end(), is_it), joins.end());
  }
  if (Client* client = kept->client_of(connection)) client->connection = 0;
}

void Runtime::Impl::say_goodbye(Connection connection) {
  problem(connection, "going_away", "the server restarts", "", retry_after());
  close(connection, web::Close::going_away, "going away");
}

// From here on nothing is acknowledged: what the store did with the last batches is not known.
void Runtime::Impl::fail_store(const std::string& why) {
  if (stats.store_failed) return;
  stats.store_failed = true;
  note(Note::Level::error, "store_unavailable", why);
  emit(StoreFailed{why});
  std::vector<ConversationId> all;
  for (const auto& entry : rooms) all.push_back(entry.first);
  std::sort(all.begin(), all.end());
  const nlu::Error error{nlu::Errc::unavailable, "nothing can be kept now"};
  for (const ConversationId& id : all) {
    Room& kept = room(id);
    if (kept.work) discard(kept, error);
  }
  std::vector<Connection> connected;
  for (const auto& entry : sockets) connected.push_back(entry.first);
  std::sort(connected.begin(), connected.end());
  for (const Connection connection : connected) {
    problem(connection, "unavailable", error.message, "", retry_after());
  }
}

// ---- small things ----

std::string Runtime::Impl::random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  random(raw.data(), raw.size());
  std::string hex;
  for (const std::uint8_t byte : raw) hex += fmt::format("{:02x}", byte);
  return hex;
}

// A conversation in mid-flow stays with the version it began with, as long as that is there and the
// next one does not want it at once.
dialog::BotPtr Runtime::Impl::bot_for(const Room& room) const {
  const dialog::Conversation& state = room.work->state;
  dialog::BotPtr next = bots.chosen(room.id);
  const bool in_flow = state.session_open && !state.stack.empty() && !state.bot_version.empty();
  if (!in_flow || next == nullptr || next->version == state.bot_version) return next;
  if (next->migrations.at_once && !state.is_waiting_for_effect()) return next;
  dialog::BotPtr pinned = bots.find(room.id.tenant, state.bot_version);
  return pinned ? pinned : next;
}

const std::string& Runtime::Impl::local_time(const dialog::Bot& bot) {
  constexpr Millis minute = 60'000;  // Offsets of time zones change on whole minutes.
  LocalTime& kept = times[bot.time_zone];
  if (now < kept.from || now >= kept.until) {
    kept.from = now - now % minute;
    kept.until = kept.from + minute;
    kept.text = nlu::iso_minute(now, bot.time_zone);
  }
  return kept.text;
}

}  // namespace bot::runtime

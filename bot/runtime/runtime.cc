#include "bot/runtime/runtime.h"

#include <algorithm>

#include "bot/runtime/impl.h"
#include "nlu/base/hash.h"

namespace bot::runtime {
namespace {

bool holds_drain(Pending::Kind kind) {
  return kind == Pending::Kind::append || kind == Pending::Kind::effect ||
         kind == Pending::Kind::interpret;
}

bool is_read(Pending::Kind kind) {
  return kind != Pending::Kind::append && kind != Pending::Kind::effect &&
         kind != Pending::Kind::interpret;
}

}  // namespace

// ---- tickets, alarms, deadlines ----

void Runtime::Impl::note(Note::Level level, std::string event, std::string detail,
                         std::optional<ConversationId> id) {
  emit(Note{level, std::move(event), std::move(detail), id});
}

Ticket Runtime::Impl::ticket(Pending pending) {
  const Ticket given = ++last_ticket;
  if (holds_drain(pending.kind)) ++held;
  if (is_read(pending.kind)) reads.queue.emplace_back(now + limits.read_timeout.count(), given);
  pending.since = now;
  tickets.emplace(given, std::move(pending));
  return given;
}

std::optional<Pending> Runtime::Impl::redeem(Ticket given, Pending::Kind kind) {
  const auto found = tickets.find(given);
  if (found == tickets.end() || found->second.kind != kind) return std::nullopt;  // Given up.
  std::optional<Pending> pending(std::move(found->second));
  tickets.erase(found);
  if (holds_drain(kind)) --held;
  return pending;
}

void Runtime::Impl::alarm(Alarm::Kind kind, Millis at, std::uint64_t number,
                          const ConversationId& room) {
  alarms.push({kind, at, number, room});
}

bool Runtime::Impl::is_waiting(const Deadlines& deadlines, std::uint64_t number) const {
  return &deadlines == &rests ? requests.count(number) != 0 : tickets.count(number) != 0;
}

// Drops what is settled from the front, so that the queue stays as short as what is under way, and
// acts on what is overdue.
void Runtime::Impl::expire(Deadlines& deadlines, bool everything) {
  while (!deadlines.queue.empty()) {
    const std::pair<Millis, std::uint64_t> first = deadlines.queue.front();
    if (is_waiting(deadlines, first.second)) {
      if (!everything || first.first > now) return;
      if (&deadlines == &appends) {
        fail_store("an append was not answered in time");
      } else if (&deadlines == &rests) {
        expire_request(first.second);
      } else if (&deadlines == &reads) {
        expire_read(first.second);
      } else {
        note(Note::Level::warning, "interpretation_timeout", "");
        Interpreted nothing;
        nothing.ticket = first.second;
        take(nothing);
      }
    }
    if (!deadlines.queue.empty() && deadlines.queue.front() == first) deadlines.queue.pop_front();
  }
}

// The store does not answer: those who wait are told what they would be of a failed read.
void Runtime::Impl::expire_read(Ticket given) {
  const nlu::Error error{nlu::Errc::timeout, "the store does not answer"};
  const auto fail = [&](auto answer) {
    answer.ticket = given;
    answer.result = error;
    take(answer);
  };
  switch (tickets.at(given).kind) {
    case Pending::Kind::load:
      return fail(Loaded{});
    case Pending::Kind::find_message:
    case Pending::Kind::post_check:
      return fail(MessageFound{});
    case Pending::Kind::find_client:
      return fail(ClientFound{});
    case Pending::Kind::page:
    case Pending::Kind::post_replies:
      return fail(VisibleRead{});
    case Pending::Kind::timers:
      return fail(TimersDue{});
    default:
      return;
  }
}

std::optional<Millis> Runtime::Impl::next_deadline(const Deadlines& deadlines) const {
  if (deadlines.queue.empty()) return std::nullopt;
  return deadlines.queue.front().first;
}

void Runtime::Impl::run_alarms() {
  while (!alarms.empty() && alarms.top().at <= now) {
    const Alarm next = alarms.top();
    alarms.pop();
    ring(next);
  }
}

void Runtime::Impl::ring(const Alarm& rung) {
  switch (rung.kind) {
    case Alarm::Kind::hello: {
      const auto found = sockets.find(rung.number);
      if (found == sockets.end() || found->second.state == Socket::State::live ||
          found->second.state == Socket::State::replaying) {
        return;
      }
      return close(rung.number, web::Close::too_slow, "no hello in time");
    }
    case Alarm::Kind::silence: {
      const auto found = sockets.find(rung.number);
      if (found == sockets.end()) return;
      const Millis end = found->second.heard + limits.silence_timeout.count();
      if (end > now) return alarm(rung.kind, end, rung.number);
      return close(rung.number, web::Close::too_slow, "silent for too long");
    }
    case Alarm::Kind::evict: {
      Room* kept = find_room(rung.room);
      if (kept != nullptr && kept->serial == rung.number) evict(*kept);
      return;
    }
    case Alarm::Kind::retry: {
      Room* kept = find_room(rung.room);
      if (kept != nullptr && kept->serial == rung.number) retry(*kept);
      return;
    }
    case Alarm::Kind::effect:
      return expire_effect(rung.number);
  }
}

// Rooms that hold nothing any more go; while draining, so do the sockets of those at rest.
void Runtime::Impl::sweep() {
  for (std::size_t i = 0; i < touched.size(); ++i) {  // A goodbye touches, too.
    const auto found = rooms.find(touched[i]);
    if (found == rooms.end()) continue;
    Room& kept = *found->second;
    if (stats.draining && (stats.store_failed || is_idle(kept))) {
      const std::vector<Connection> leaving = kept.sockets;
      for (const Connection connection : leaving) say_goodbye(connection);
      // The next process then has nothing to fold.
      const bool dirty = kept.work && kept.work->state.last_event != kept.work->snapshot_event;
      if (dirty && !stats.store_failed && may_leave(kept)) leave_memory(kept);
    }
    if (kept.state == Room::State::absent && is_idle(kept)) drop(kept);
    if (kept.state == Room::State::unloaded && kept.sockets.empty()) rooms.erase(found);
  }
  touched.clear();
  expire(reads);
}

// ---- inputs ----

void Runtime::Impl::take(Connected& input) {
  Socket socket;
  socket.tenant = input.tenant;
  socket.heard = now;
  if (!sockets.emplace(input.connection, std::move(socket)).second) return;
  if (stats.draining) return say_goodbye(input.connection);
  if (sockets.size() > limits.connections) {
    return close(input.connection, web::Close::busy, "too many connections");
  }
  alarm(Alarm::Kind::hello, now + limits.hello_timeout.count(), input.connection);
}

void Runtime::Impl::take(FrameReceived& input) {
  const auto found = sockets.find(input.connection);
  if (found == sockets.end()) return;  // It was closed; the frame was under way.
  Socket& socket = found->second;
  socket.heard = now;
  const Connection connection = input.connection;
  // Pings and the like are cheap but not free.
  if (!socket.bucket.take(4 * limits.messages_per_s + 1, 4 * limits.message_burst + 4, now)) {
    ++stats.refused_fast;
    problem(connection, "too_fast", "too many frames");
    return close(connection, web::Close::too_fast, "too many frames");
  }
  if (std::holds_alternative<web::Hello>(input.frame)) return hello(connection, socket, input);
  if (socket.state == Socket::State::fresh) {
    return close(connection, web::Close::bad_frame, "the first frame must be a hello");
  }
  if (auto* ping = std::get_if<web::Ping>(&input.frame))
    return send(connection, web::Pong{ping->n});
  if (auto* said = std::get_if<web::Message>(&input.frame)) {
    return message(connection, socket, std::move(*said));
  }
  if (auto* rating = std::get_if<web::Feedback>(&input.frame)) {
    return feedback(connection, socket, std::move(*rating));
  }
  // `typing` and `seen` have no listener.
}

void Runtime::Impl::take(FrameRefused& input) {
  const auto found = sockets.find(input.connection);
  if (found == sockets.end()) return;
  found->second.heard = now;
  web::Refusal& refusal = input.refusal;
  if (refusal.closes) {
    return close(input.connection, web::Close::bad_frame, std::move(refusal.message));
  }
  if (!found->second.bucket.take(4 * limits.messages_per_s + 1, 4 * limits.message_burst + 4,
                                 now)) {
    return close(input.connection, web::Close::too_fast, "too many frames");
  }
  problem(input.connection, std::move(refusal.code), std::move(refusal.message),
          std::move(refusal.id));
}

void Runtime::Impl::take(Disconnected& input) { leave(input.connection); }

void Runtime::Impl::take(Drained& input) {
  const auto found = sockets.find(input.connection);
  if (found == sockets.end()) return;
  Socket& socket = found->second;
  socket.undrained -=
      static_cast<std::uint32_t>(std::min<std::size_t>(input.frames, socket.undrained));
  if (socket.state == Socket::State::replaying) replay(room(socket.room), input.connection);
}

void Runtime::Impl::take(Interpreted& input) {
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::interpret);
  expire(interprets);
  if (!pending) return;
  Room* kept = find_room(pending->room);
  if (kept == nullptr || kept->work == nullptr) return;
  for (Turn& turn : kept->work->customer) {
    if (turn.interpret != input.ticket) continue;
    turn.interpret = 0;
    std::get<dialog::input::Said>(turn.input).interpretation = std::move(input.interpretation);
    break;
  }
  pump(*kept);
}

void Runtime::Impl::take(EffectReturned& input) {
  std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::effect);
  if (pending) effect_returned(std::move(*pending), std::move(input.outcome));
}

void Runtime::Impl::take(Appended& input) {
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::append);
  expire(appends);
  if (!pending) return;
  Room* kept = find_room(pending->room);
  if (kept == nullptr || kept->work == nullptr || !kept->work->flight ||
      kept->work->flight->ticket != input.ticket) {
    return;
  }
  if (input.result) return commit(*kept);
  fail_append(*kept, input.result.error());
}

void Runtime::Impl::take(Loaded& input) {
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::load);
  Room* kept = pending ? find_room(pending->room) : nullptr;
  if (kept == nullptr || kept->state != Room::State::loading) return;
  if (!input.result) return fail_load(*kept, input.result.error());
  if (!*input.result) {
    kept->state = Room::State::absent;
    return open_absent(*kept);
  }
  std::vector<dialog::OutboxRow> rows = std::move((*input.result)->outbox);
  if (!fold(*kept, std::move(**input.result))) {
    return fail_load(*kept, {nlu::Errc::corrupt, "what is kept does not fold"});
  }
  take_up_outbox(*kept, rows);
  went_live(*kept);
}

void Runtime::Impl::take(MessageFound& input) {
  if (const auto found = tickets.find(input.ticket);
      found != tickets.end() && found->second.kind == Pending::Kind::post_check) {
    std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::post_check);
    Posted posted = std::move(*pending->post);
    if (!input.result) return answer(posted.request, input.result.error());
    if (!*input.result) return post_checked(room(pending->room), std::move(posted));
    if ((*input.result)->body_hash != pending->body_hash) {
      return answer(posted.request, nlu::Error{nlu::Errc::conflict, "this message_id was used"});
    }
    return reply_again(room(pending->room), posted.request, (*input.result)->seq);
  }
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::find_message);
  if (!pending) return;
  const Connection connection = pending->number;
  if (!input.result) {
    return problem(connection, "unavailable", "the message could not be looked up",
                   pending->message_id, retry_after());
  }
  if (!*input.result) {
    return problem(connection, "bad_field", "cseq was used for another message",
                   pending->message_id);
  }
  answer_duplicate(connection, **input.result, pending->body_hash);
}

void Runtime::Impl::take(ClientFound& input) {
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::find_client);
  Room* kept = pending ? find_room(pending->room) : nullptr;
  Client* client = kept == nullptr ? nullptr : kept->find_client(pending->client);
  if (client == nullptr || !client->finding) return;
  client->finding = false;
  if (!input.result) {
    note(Note::Level::error, "client_unreadable", input.result.error().message, kept->id);
    if (client->connection != 0) {
      return close(client->connection, web::Close::busy, "try again later");
    }
    for (const Join& waiting :
         std::vector<Join>(kept->work ? kept->work->joins : std::vector<Join>())) {
      if (waiting.client == pending->client) {
        close(waiting.connection, web::Close::busy, "try again later");
      }
    }
    return;
  }
  client->known = true;
  if (*input.result) {
    client->epoch = std::max(client->epoch, (*input.result)->epoch);
    client->last_durable = (*input.result)->last_cseq;
  }
  client->last_accepted = client->last_durable;
  settle(*kept);
}

void Runtime::Impl::take(VisibleRead& input) {
  if (const std::optional<Pending> again = redeem(input.ticket, Pending::Kind::post_replies)) {
    if (!input.result) return answer(again->number, input.result.error());
    std::vector<dialog::Event> replies;
    for (dialog::Event& event : *input.result) {
      if (std::holds_alternative<dialog::event::Uttered>(event.body)) break;
      replies.push_back(std::move(event));
    }
    return answer(again->number, std::move(replies));
  }
  const std::optional<Pending> pending = redeem(input.ticket, Pending::Kind::page);
  if (!pending) return;
  const Connection connection = pending->number;
  const auto found = sockets.find(connection);
  if (found == sockets.end()) return;
  found->second.reading = false;
  Room& kept = room(pending->room);
  if (!input.result || input.result->empty()) {
    note(Note::Level::error, "history_unreadable",
         input.result ? "nothing where something is kept" : input.result.error().message, kept.id);
    return close(connection, web::Close::busy, "the history cannot be read now");
  }
  for (dialog::Event& event : *input.result) {
    const auto socket = sockets.find(connection);
    if (socket == sockets.end()) return;
    if (event.seq <= socket->second.sent) continue;
    if (event.seq != socket->second.sent + 1) {
      note(Note::Level::error, "history_has_a_gap", "", kept.id);
      return close(connection, web::Close::busy, "the history cannot be read now");
    }
    socket->second.sent = event.seq;
    send(connection, web::Visible{std::move(event)});
  }
  release_acks(connection);
  replay(kept, connection);
}

void Runtime::Impl::take(Unfinished& input) { awake(input.id); }

void Runtime::Impl::take(UploadKept& input) {
  if (find_room(input.id) == nullptr) return;
  std::vector<dialog::Attachment>& uploads = awake(input.id).work->uploads;
  if (uploads.size() >= 4) uploads.erase(uploads.begin());
  uploads.push_back(std::move(input.attachment));
}

void Runtime::Impl::take(PersonActs& input) {
  requests.emplace(input.request, input.id);
  rests.queue.emplace_back(now + limits.rest_timeout.count(), input.request);
  if (stats.store_failed || stats.draining) {
    return answer(input.request, nlu::Error{nlu::Errc::unavailable, "not now"});
  }
  act(awake(input.id), std::move(input));
}

void Runtime::Impl::take(SystemActs& input) {
  requests.emplace(input.request, input.id);
  rests.queue.emplace_back(now + limits.rest_timeout.count(), input.request);
  if (stats.store_failed || stats.draining) {
    return answer(input.request, nlu::Error{nlu::Errc::unavailable, "not now"});
  }
  Room& kept = awake(input.id);
  if (kept.work && !input.sender.empty()) kept.work->sender = std::move(input.sender);
  act(kept, input.request, std::move(input.happened));
}

void Runtime::Impl::take(Forget& input) {
  const ConversationId id = input.id;
  const nlu::Error error{nlu::Errc::not_found, "the conversation was erased"};
  forget_tickets(id);
  std::erase_if(upcoming, [&](const Due& due) { return due.id == id; });
  if (Room* kept = find_room(id)) {
    const std::vector<Connection> here = kept->sockets;
    for (const Connection connection : here) {
      close(connection, web::Close::bad_token, "the conversation was erased");
    }
    kept->clients.clear();
    kept->secret_hash.clear();
    if (kept->work) {
      discard(*kept, error);
      kept->state = Room::State::absent;
      drop(*kept);
    }
  }
  std::erase_if(firing, [&](const auto& timer) { return timer.first == id; });
  std::vector<Request> waiting;
  for (const auto& entry : requests) {
    if (entry.second == id) waiting.push_back(entry.first);
  }
  std::sort(waiting.begin(), waiting.end());
  for (const Request request : waiting) answer(request, error);
}

void Runtime::Impl::take(Tick&) {
  run_alarms();
  expire(appends, true);
  expire(interprets, true);
  expire(rests, true);
  expire(reads, true);
  poll_timers();
}

void Runtime::Impl::take(Drain&) {
  if (stats.draining) return;
  stats.draining = true;
  note(Note::Level::info, "draining", "");
  std::vector<Connection> fresh;
  for (const auto& entry : sockets) {
    if (entry.second.state == Socket::State::fresh) fresh.push_back(entry.first);
  }
  std::sort(fresh.begin(), fresh.end());
  for (const Connection connection : fresh) say_goodbye(connection);
  for (const auto& entry : rooms) touched.push_back(entry.first);
  std::sort(touched.begin(), touched.end());
}

// ---- the runtime ----

Runtime::Runtime(const Limits& limits, const Bots& bots, Random random, Desks* desks)
    : impl_(std::make_unique<Impl>(limits, bots, std::move(random), desks)) {}

Runtime::~Runtime() = default;

void Runtime::on(Input input, Millis now, std::vector<Output>& out) {
  Impl& impl = *impl_;
  impl.now = std::max(impl.now, now);  // A clock that was put back stands still here.
  impl.out = &out;
  std::visit([&](auto& what) { impl.take(what); }, input);
  impl.fire_due();
  impl.thin_out();
  impl.sweep();
  impl.out = nullptr;
}

std::optional<Millis> Runtime::next_wakeup() const {
  const Impl& impl = *impl_;
  std::optional<Millis> next;
  const auto consider = [&](std::optional<Millis> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  if (!impl.alarms.empty()) consider(impl.alarms.top().at);
  consider(impl.next_deadline(impl.appends));
  consider(impl.next_deadline(impl.interprets));
  consider(impl.next_deadline(impl.rests));
  consider(impl.next_deadline(impl.reads));
  if (!impl.stats.store_failed && !impl.stats.draining) {
    if (!impl.polling) consider(impl.may_poll() ? impl.now : impl.next_poll);
    if (impl.may_fire()) consider(impl.upcoming.begin()->due);
  }
  return next;
}

Stats Runtime::stats() const {
  Stats stats = impl_->stats;
  stats.connections = impl_->sockets.size();
  stats.conversations_in_memory = impl_->works;
  stats.turns_in_flight = impl_->turns;
  const bool at_rest = impl_->turns == 0 && impl_->held == 0 && impl_->requests.empty();
  stats.drained = stats.draining && impl_->sockets.empty() && (at_rest || stats.store_failed);
  return stats;
}

std::optional<bool> Runtime::knows_secret(const ConversationId& id,
                                          const std::string& token) const {
  const auto found = impl_->rooms.find(id);
  if (found == impl_->rooms.end()) return std::nullopt;
  const Room& kept = *found->second;
  if (kept.secret_hash.empty()) {
    if (kept.state == Room::State::live) return false;
    return std::nullopt;
  }
  return !token.empty() && nlu::sha256_hex(token) == kept.secret_hash;
}

}  // namespace bot::runtime

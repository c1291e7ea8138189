// From a customer's frame to the conversation's queue.
#include <algorithm>

#include "bot/runtime/impl.h"

namespace bot::runtime {

void Runtime::Impl::message(Connection connection, Socket& socket, web::Message message) {
  ++stats.messages;
  if (socket.state == Socket::State::joining) {
    return problem(connection, "bad_field", "message before welcome", message.id, retry_after());
  }
  if (stats.store_failed) {
    return problem(connection, "unavailable", "nothing can be kept now", message.id, retry_after());
  }
  if (stats.draining) {
    return problem(connection, "going_away", "the server restarts", message.id, retry_after());
  }
  Room& kept = awake(socket.room);
  if (!kept.bucket.take(limits.messages_per_s, limits.message_burst, now)) {
    ++stats.refused_fast;
    const bool abuses = ++socket.refusals > limits.message_burst;
    problem(connection, "too_fast", "too many messages", message.id, 1000);  // May end the socket.
    if (abuses) close(connection, web::Close::too_fast, "too many messages");
    return;
  }
  socket.refusals = 0;
  accept(kept, connection, std::move(message));
}

void Runtime::Impl::accept(Room& room, Connection connection, web::Message message) {
  if (sockets.count(connection) == 0) return;
  Client* client = room.client_of(connection);
  if (client == nullptr) return;
  if (room.state != Room::State::live || !client->known) {
    if (room.state == Room::State::live) find_client(room, *client);
    return park(room, connection, std::move(message));
  }
  const std::string hash = body_hash(message.text, message.payload, message.upload);
  if (message.cseq <= client->last_accepted) {
    return duplicate(room, *client, connection, message, hash);
  }
  if (message.cseq != client->last_accepted + 1) {
    return send(connection, web::Nack{message.id, client->last_accepted + 1});
  }
  enqueue(room, *client, connection, std::move(message), hash);
}

void Runtime::Impl::park(Room& room, Connection connection, web::Message message) {
  if (room.work->parked.size() >= limits.queued_per_conversation) {
    ++stats.refused_busy;
    return problem(connection, "busy", "too many messages wait", message.id, retry_after());
  }
  room.work->parked.push_back({connection, std::move(message)});
}

bool Runtime::Impl::is_queue_full(const Room& room) const {
  return room.work->customer.size() >= limits.queued_per_conversation ||
         turns >= limits.queued_total;
}

void Runtime::Impl::enqueue(Room& room, Client& client, Connection connection, web::Message message,
                            std::string hash) {
  Work& work = *room.work;
  for (const dialog::MessageRecord& record : work.recent) {
    if (record.client == client.name && record.id == message.id) {
      return problem(connection, "id_reused", "this id had another cseq", message.id);
    }
  }
  if (is_queue_full(room)) {
    ++stats.refused_busy;
    return problem(connection, "busy", "too many messages wait", message.id, retry_after());
  }
  dialog::input::Said said;
  if (!message.upload.empty()) {
    const auto is_it = [&](const dialog::Attachment& it) { return it.upload == message.upload; };
    const auto found = std::find_if(work.uploads.rbegin(), work.uploads.rend(), is_it);
    if (found == work.uploads.rend()) {
      return problem(connection, "unknown_upload", "no such upload", message.id);
    }
    said.attachment = *found;
  }
  said.message_id = std::move(message.id);
  said.client = client.name;
  said.cseq = message.cseq;
  said.text = std::move(message.text);
  said.payload = std::move(message.payload);
  said.language = std::move(client.language);
  client.language.clear();
  client.last_accepted = message.cseq;
  Turn turn;
  turn.input = std::move(said);
  turn.epoch = client.epoch;
  turn.body_hash = std::move(hash);
  interpret(room, turn);
  ++turns;
  work.customer.push_back(std::move(turn));
  pump(room);
}

// The models hear what was typed; a button says what it means by itself.
void Runtime::Impl::interpret(Room& room, Turn& turn) {
  const auto& said = std::get<dialog::input::Said>(turn.input);
  const dialog::BotPtr bot = bot_for(room);
  if (said.text.empty() || !said.payload.empty() || bot == nullptr) return;
  Pending pending;
  pending.kind = Pending::Kind::interpret;
  pending.room = room.id;
  turn.interpret = ticket(std::move(pending));
  interprets.queue.emplace_back(now + limits.interpret_timeout.count(), turn.interpret);
  emit(Interpret{
      turn.interpret, room.id.tenant, bot->version, {said.text, local_time(*bot).substr(0, 10)}});
  turn.heard_by = bot;
}

// ---- the same again ----

void Runtime::Impl::duplicate(Room& room, const Client& client, Connection connection,
                              const web::Message& message, const std::string& hash) {
  ++stats.duplicates;
  const Work& work = *room.work;
  const auto is_same = [&](const Turn& turn) {
    const auto* said = std::get_if<dialog::input::Said>(&turn.input);
    return said != nullptr && said->client == client.name && said->message_id == message.id;
  };
  const Turn* waiting = nullptr;
  if (work.flight && is_same(work.flight->turn)) waiting = &work.flight->turn;
  for (const Turn& turn : work.customer) {
    if (is_same(turn)) waiting = &turn;
  }
  if (waiting != nullptr) {  // Its ack comes when it is durable.
    if (waiting->body_hash != hash) {
      problem(connection, "id_reused", "the same id with another body", message.id);
    }
    return;
  }
  for (const dialog::MessageRecord& record : work.recent) {
    if (record.client == client.name && record.id == message.id) {
      return answer_duplicate(connection, record, hash);
    }
  }
  Pending pending;
  pending.kind = Pending::Kind::find_message;
  pending.room = room.id;
  pending.number = connection;
  pending.message_id = message.id;
  pending.body_hash = hash;
  emit(FindMessage{ticket(std::move(pending)), room.id, client.name, message.id});
}

void Runtime::Impl::answer_duplicate(Connection connection, const dialog::MessageRecord& record,
                                     const std::string& hash) {
  if (record.body_hash != hash) {
    return problem(connection, "id_reused", "the same id with another body", record.id);
  }
  send_ack(connection, {record.id, record.seq});
}

// ---- feedback ----

void Runtime::Impl::feedback(Connection connection, Socket& socket, web::Feedback feedback) {
  if (socket.state == Socket::State::joining || stats.store_failed || stats.draining) {
    return problem(connection, "unavailable", "not now", feedback.id, retry_after());
  }
  Room& kept = awake(socket.room);
  if (!kept.bucket.take(limits.messages_per_s, limits.message_burst, now)) {
    ++stats.refused_fast;
    return problem(connection, "too_fast", "too many messages", feedback.id, 1000);
  }
  if (kept.work->system.size() >= limits.queued_per_conversation) {
    ++stats.refused_busy;
    return problem(connection, "busy", "too many messages wait", feedback.id, retry_after());
  }
  Turn turn;
  turn.input = dialog::input::FeedbackGiven{std::move(feedback.id), feedback.seq, feedback.rating,
                                            std::move(feedback.comment)};
  ++turns;
  kept.work->system.push_back(std::move(turn));
  pump(kept);
}

// Spread, so that those told to come back do not come back at once.
std::int64_t Runtime::Impl::retry_after() {
  std::uint8_t byte = 0;
  random(&byte, 1);
  return 500 + byte * 8;
}

}  // namespace bot::runtime

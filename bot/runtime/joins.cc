// From a hello to a live socket: opening a conversation, proving who one is, replay.
#include <algorithm>

#include "bot/runtime/impl.h"
#include "dialog/language.h"
#include "nlu/base/hash.h"

namespace bot::runtime {
namespace {

std::uint64_t to_seed(const std::string& hex) {
  return std::stoull(hex.substr(0, 15), nullptr, 16);
}

}  // namespace

void Runtime::Impl::hello(Connection connection, Socket& socket, FrameReceived& input) {
  web::Hello& hello = std::get<web::Hello>(input.frame);
  if (socket.state != Socket::State::fresh) {
    return problem(connection, "bad_field", "hello was said before");
  }
  if (stats.draining) return say_goodbye(connection);
  const dialog::BotPtr bot = bots.current(socket.tenant);
  if (stats.store_failed || bot == nullptr) {
    problem(connection, "unavailable", "nothing can be kept now", "", retry_after());
    return close(connection, web::Close::busy, "unavailable");
  }
  if (input.user_refused) return close(connection, web::Close::bad_token, "user token refused");

  Join join;
  join.connection = connection;
  join.client = std::move(hello.client);
  join.epoch = hello.epoch;
  join.last_seq = hello.last_seq;
  join.named = std::move(hello.conversation);
  join.token = std::move(hello.token);
  join.language = dialog::match_language(*bot, hello.locale);
  join.user = std::move(input.user);

  std::optional<ConversationId> id;
  bool opens = false;
  if (join.user) {
    id = conversation_of_user(socket.tenant, bot->name, join.user->user);
  } else if (join.named.empty()) {
    opens = true;
    id = dialog::parse_conversation_id(socket.tenant, random_hex(16));
  } else {
    id = dialog::parse_conversation_id(socket.tenant, join.named);
  }
  if (!id) return close(connection, web::Close::bad_token, "no such conversation");
  socket.state = Socket::State::joining;
  socket.room = *id;
  Room& kept = room(*id);
  kept.sockets.push_back(connection);
  if (opens) {  // Nobody else knows this id: there is nothing to load.
    kept.state = Room::State::absent;
    kept.work = std::make_unique<Work>();
    ++works;
    kept.work->joins.push_back(std::move(join));
    return open_for(kept, kept.work->joins.back());
  }
  awake(*id).work->joins.push_back(std::move(join));
  settle(kept);
}

// ---- opening ----

void Runtime::Impl::open(Room& room, dialog::event::ConversationStarted started,
                         std::optional<dialog::event::UserIdentified> user) {
  room.state = Room::State::opening;
  room.used = now;
  Turn turn;
  turn.input = dialog::input::Opened{std::move(started), std::move(user)};
  ++turns;
  process(room, std::move(turn));
}

void Runtime::Impl::open_for(Room& room, Join& join) {
  const dialog::BotPtr bot = bots.current(room.id.tenant);
  dialog::event::ConversationStarted started;
  started.bot = bot->name;
  started.channel = "web";
  started.language = join.language.empty() ? bot->language : join.language;
  started.random_seed = to_seed(random_hex(8));
  if (!join.user) {
    join.secret = random_hex(32);
    started.secret_hash = nlu::sha256_hex(join.secret);
  }
  open(room, std::move(started), join.user);
}

// Nothing is kept under this id: whoever may begin it does, the others are turned away.
void Runtime::Impl::open_absent(Room& room) {
  Work& work = *room.work;
  const std::vector<Join> joins = work.joins;
  for (const Join& waiting : joins) {
    if (!waiting.user) close(waiting.connection, web::Close::bad_token, "no such conversation");
  }
  if (!work.joins.empty()) return open_for(room, work.joins.front());
  const bool is_posted = !work.posts.empty() && !work.posts.front().id;
  if (is_posted || !work.sender.empty()) {
    const dialog::BotPtr bot = bots.current(room.id.tenant);
    if (bot != nullptr) {
      dialog::event::ConversationStarted started;
      started.bot = bot->name;
      started.channel = is_posted ? work.posts.front().channel : "rest";
      started.language = bot->language;
      started.random_seed = to_seed(random_hex(8));
      started.sender = is_posted ? work.posts.front().message.sender : work.sender;
      return open(room, std::move(started), std::nullopt);
    }
  }
  discard(room, {nlu::Errc::not_found, "no such conversation"});
}

// ---- joining ----

bool Runtime::Impl::may_join(const Room& room, const Join& join) const {
  const dialog::Conversation& state = room.work->state;
  if (join.user) return state.user == join.user->user;
  if (state.secret_hash.empty() || join.token.empty()) return false;
  const Millis active = std::max(state.started, state.last_activity);
  if (active + std::chrono::milliseconds(limits.visitor_ttl).count() < now) return false;
  const std::string given = nlu::sha256_hex(join.token);
  unsigned difference = given.size() == state.secret_hash.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size() && difference <= 1; ++i) {
    difference |= static_cast<unsigned>(given[i] ^ state.secret_hash[i]) << 1;
  }
  return difference == 0;
}

bool Runtime::Impl::join(Room& room, Join& join) {
  if (sockets.count(join.connection) == 0) return true;
  const bool opened = !join.secret.empty();
  if (!opened && !may_join(room, join)) {
    close(join.connection, web::Close::bad_token, "the token does not open this conversation");
    return true;
  }
  Client* client = room.find_client(join.client);
  if (client == nullptr) {
    prune_clients(room);
    room.clients.emplace_back();
    client = &room.clients.back();
    client->name = join.client;
    client->known = opened;
  }
  if (!client->known) {
    find_client(room, *client);
    return false;
  }
  // The higher epoch wins; with equal ones the socket that is there.
  const bool stale =
      join.epoch < client->epoch || (join.epoch == client->epoch && client->connection != 0);
  if (stale) {
    close(join.connection, web::Close::replaced, "this client connected again");
    return true;
  }
  if (client->connection != 0) {
    close(client->connection, web::Close::replaced, "this client connected again");
  }
  std::size_t joined = 0;
  for (const Connection connection : room.sockets) {
    const Socket::State state = sockets.at(connection).state;
    joined += state == Socket::State::replaying || state == Socket::State::live ? 1 : 0;
  }
  if (joined >= limits.connections_per_conversation) {
    close(join.connection, web::Close::busy, "too many sockets of one conversation");
    return true;
  }
  welcome(room, *client, join);
  return true;
}

void Runtime::Impl::find_client(Room& room, Client& client) {
  if (client.finding) return;
  client.finding = true;
  Pending pending;
  pending.kind = Pending::Kind::find_client;
  pending.room = room.id;
  pending.client = client.name;
  emit(FindClient{ticket(std::move(pending)), room.id, client.name});
}

void Runtime::Impl::welcome(Room& room, Client& client, Join& join) {
  const dialog::Conversation& state = room.work->state;
  client.epoch = join.epoch;
  client.connection = join.connection;
  client.language = join.language;
  Socket& socket = sockets.at(join.connection);
  socket.state = Socket::State::replaying;
  web::Welcome frame;
  frame.conversation = dialog::to_string(room.id);
  frame.token = join.secret;
  frame.resumed = join.named == frame.conversation;
  frame.head_seq = state.head_seq;
  frame.last_cseq = client.last_durable;
  frame.language = state.language;
  frame.user_name = state.user_name;
  // What it saw of another conversation says nothing about this one.
  socket.sent = frame.resumed ? std::min(join.last_seq, state.head_seq) : 0;
  if (frame.resumed) ++stats.resumes;
  room.used = now;
  alarm(Alarm::Kind::silence, now + limits.silence_timeout.count(), join.connection);
  send(join.connection, std::move(frame));
  replay(room, join.connection);
}

// ---- replay ----

// Asks for the next page once the socket can take it. What happens meanwhile is in the store by the
// time it is visible, so it comes with a later page: nothing has to be held back in memory.
void Runtime::Impl::replay(Room& room, Connection connection) {
  const auto found = sockets.find(connection);
  if (found == sockets.end() || found->second.state != Socket::State::replaying) return;
  Socket& socket = found->second;
  if (room.state != Room::State::live || socket.reading) return;
  const dialog::Seq head = room.work->state.head_seq;
  if (socket.sent >= head) return go_live(room, connection, socket);
  const std::size_t room_left =
      limits.frames_per_connection -
      std::min<std::size_t>(limits.frames_per_connection, socket.undrained);
  const std::size_t page = std::min(limits.replay_page_frames,
                                    std::max<std::size_t>(1, limits.frames_per_connection / 2));
  const std::size_t count =
      std::min<std::size_t>(page, static_cast<std::size_t>(head - socket.sent));
  if (room_left < count + 2) return;  // Drained comes back here.
  socket.reading = true;
  Pending pending;
  pending.kind = Pending::Kind::page;
  pending.room = room.id;
  pending.number = connection;
  emit(ReadVisible{ticket(std::move(pending)), room.id, socket.sent, count});
}

void Runtime::Impl::go_live(Room& room, Connection connection, Socket& socket) {
  socket.state = Socket::State::live;
  const bool typing = room.work->typing;
  release_acks(connection);
  if (typing) send(connection, web::ShowTyping{true});
}

// Those whose place the replay has reached.
void Runtime::Impl::release_acks(Connection connection) {
  const auto found = sockets.find(connection);
  if (found == sockets.end() || !found->second.withheld) return;
  std::vector<web::Ack> ready, later;
  for (web::Ack& ack : *found->second.withheld) {
    (ack.seq <= found->second.sent ? ready : later).push_back(std::move(ack));
  }
  found->second.withheld.reset();
  if (!later.empty()) {
    found->second.withheld = std::make_unique<std::vector<web::Ack>>(std::move(later));
  }
  if (stats.store_failed) return;
  for (web::Ack& ack : ready) send(connection, std::move(ack));
}

// A client sees every seq in order, by an ack, too: during a replay an ack waits for its place.
void Runtime::Impl::send_ack(Connection connection, web::Ack ack) {
  if (stats.store_failed) return;
  const auto found = sockets.find(connection);
  if (found == sockets.end()) return;
  Socket& socket = found->second;
  if (ack.seq <= socket.sent) return send(connection, std::move(ack));
  if (!socket.withheld) socket.withheld = std::make_unique<std::vector<web::Ack>>();
  if (socket.withheld->size() >= limits.frames_per_connection / 2) {
    return close(connection, web::Close::too_slow, "what was sent is not taken");
  }
  socket.withheld->push_back(std::move(ack));
}

}  // namespace bot::runtime

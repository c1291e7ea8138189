#include "tests/runtime/simulator.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <queue>
#include <set>

#include <fmt/format.h>

#include "bot/runtime/runtime.h"
#include "tests/runtime/fake_store.h"
#include "tests/runtime/fixtures.h"
#include "tests/runtime/tab.h"

namespace runtime_tests {
namespace {

namespace rt = bot::runtime;
using dialog::ConversationId;
using dialog::Millis;

// splitmix64
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  Millis up_to(Millis most) {
    return static_cast<Millis>(next() % static_cast<std::uint64_t>(most + 1));
  }
  bool one_in(int n) { return next() % static_cast<std::uint64_t>(n) == 0; }
  template <class T>
  T any(std::initializer_list<T> list) {
    return *(list.begin() + next() % list.size());
  }

 private:
  std::uint64_t state_;
};

// Each seed has a part of these.
struct Faults {
  bool slow_store, busy_store, conflicts, broken_store, silent_store, crashes, cuts, reconnects,
      slow_backend, failing_backend, silent_backend, slow_models, silent_models, refreshes,
      slow_sockets;
};

Faults roll_faults(Dice& dice) {
  const auto roll = [&] { return dice.one_in(2); };
  Faults faults{};
  for (bool* one : {&faults.slow_store, &faults.busy_store, &faults.conflicts,
                    &faults.broken_store, &faults.silent_store, &faults.crashes, &faults.cuts,
                    &faults.reconnects, &faults.slow_backend, &faults.failing_backend,
                    &faults.silent_backend, &faults.slow_models, &faults.silent_models,
                    &faults.refreshes, &faults.slow_sockets}) {
    *one = roll();
  }
  return faults;
}

rt::Limits roll_limits(Dice& dice) {
  rt::Limits limits;
  limits.evict_after = std::chrono::milliseconds(dice.any({1'000, 5'000, 60'000}));
  limits.snapshot_every = dice.any({3, 10, 50});
  limits.queued_per_conversation = dice.any<std::size_t>({2, 16});
  limits.frames_per_connection = dice.any<std::size_t>({24, 512});
  limits.replay_page_frames = dice.any<std::size_t>({3, 100});
  limits.messages_per_s = dice.any({5.0, 50.0});
  return limits;
}

// One socket, as two pipes that may break one after the other.
struct Link {
  rt::Connection connection = 0;
  std::size_t tab = 0;
  ConversationId conversation;  // Once the server said welcome
  bool up = true, down = true;  // Towards the server, towards the tab
  bool server_knows = true;     // It has the connection.
  Millis up_at = 0, down_at = 0;
};

struct Pen {  // One customer: a tab or two.
  std::unique_ptr<Tab> tab;
  rt::Connection current = 0;
  bool retrying = false;
  int failures = 0;
};

struct Poster {
  std::string sender, text;
  int count = 0;
  rt::Request request = 0;  // Out; 0: none
  bool busy = false;
};

class World {
 public:
  World(std::uint64_t seed, Bug bug, bool verbose)
      : bug_(bug), verbose_(verbose), dice_(seed), runtime_dice_(seed ^ 0xABCDEF),
        faults_(roll_faults(dice_)), limits_(roll_limits(dice_)) {}

  Report run();

 private:
  using Step = std::function<void()>;
  struct Planned {
    Millis at;
    std::uint64_t order;
    Step step;
    bool operator>(const Planned& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  void plan(Millis after, Step step) { queue_.push({now_ + after, ++order_, std::move(step)}); }
  // Of this life of the process: forgotten by a crash.
  void plan_alive(Millis after, Step step) {
    plan(after, [this, life = life_, step = std::move(step)] {
      if (life == life_ && runtime_) step();
    });
  }
  void trace(const std::string& line);
  void play(Millis until);

  // ---- the process ----
  void start();
  void crash(const char* why);
  void feed(rt::Input input);
  void wake();
  void handle(rt::Output& output);
  void on(rt::Send& send);
  void on(rt::CloseConnection& close);
  void on(rt::Answer& answer);
  void on(rt::Interpret& interpret);
  void on(rt::Perform& perform);
  void on(rt::Append& append);
  void on(rt::Load& load);
  void on(rt::FindMessage& find);
  void on(rt::FindClient& find);
  void on(rt::ReadVisible& read);
  void on(rt::ReadTimers& read);
  void on(rt::Note& note);
  void sync(rt::Append append);
  Millis store_delay();
  Millis read_delay() { return faults_.slow_store ? dice_.up_to(300) : dice_.up_to(3); }

  // ---- the network and the tabs ----
  void connect(std::size_t tab);
  void reconnect_later(std::size_t tab, Millis least);
  void cut(Link& link);
  void to_server(rt::Connection connection, connectors::web::ClientFrame frame);
  void to_tab(rt::Connection connection, connectors::web::ServerFrame frame);
  void arrive(rt::Connection connection, const connectors::web::ServerFrame& frame);
  void transmit(std::size_t tab, std::vector<web::Message> messages);
  void talk(std::size_t tab);
  void trouble(std::size_t tab);
  void ping(rt::Connection connection);
  void post(std::size_t poster);
  void desk();

  // ---- checks ----
  void check_acked();
  void check_end();
  std::string why_not_quiet() const;

  const Bug bug_;
  const bool verbose_;
  Dice dice_, runtime_dice_;
  Faults faults_;
  const rt::Limits limits_;
  const OneBot bots_;
  Report report_;
  Millis now_ = 1'700'000'000'000;
  std::uint64_t order_ = 0;
  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> queue_;
  bool over_ = false;  // No more new messages and no more faults

  FakeStore store_;
  bool store_broken_ = false;
  Millis synced_at_ = 0;
  std::vector<rt::Append> unsynced_;  // In the order they came
  std::unique_ptr<rt::Runtime> runtime_;
  int life_ = 0;
  bool exiting_ = false;
  std::optional<Millis> wakeup_;

  rt::Connection connections_ = 0;
  rt::Request requests_ = 0;
  std::vector<std::unique_ptr<Browser>> browsers_;
  std::vector<Pen> tabs_;
  std::map<rt::Connection, Link> links_;
  std::vector<Poster> posters_;

  struct Acked {
    std::string client, id;
    dialog::Seq seq;
  };
  std::vector<std::pair<ConversationId, Acked>> acked_;
  std::map<std::string, std::string> performed_;  // Key → body
};

void World::trace(const std::string& line) {
  if (verbose_) std::printf("%8.3f %s\n", static_cast<double>(now_ % 10'000'000) / 1000, line.c_str());
  for (const char c : fmt::format("{} {}", now_, line)) {
    report_.trace = (report_.trace ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
}

void World::play(Millis until) {
  while (!queue_.empty() && queue_.top().at <= until) {
    const Step step = queue_.top().step;
    now_ = std::max(now_, queue_.top().at);
    queue_.pop();
    step();
  }
  now_ = std::max(now_, until);
}

// ---- the process ----

void World::start() {
  trace("start");
  ++life_;
  exiting_ = false;
  store_broken_ = false;
  wakeup_.reset();
  runtime_ = std::make_unique<rt::Runtime>(
      limits_, bots_, [this](std::uint8_t* bytes, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
          bytes[i] = static_cast<std::uint8_t>(runtime_dice_.next());
        }
      });
  for (const ConversationId& id : store_.unfinished()) feed(rt::Unfinished{id});
  feed(rt::Tick{});
}

// The process is gone, and with it what was not synced, but for a part that the disk had already.
void World::crash(const char* why) {
  if (!runtime_) return;
  trace(std::string("crash: ") + why);
  ++report_.crashes;
  runtime_.reset();
  std::size_t kept = dice_.up_to(static_cast<Millis>(unsynced_.size()));
  for (rt::Append& append : unsynced_) {
    if (kept-- == 0) break;
    store_.apply(append.id, append.expected_last, append.batch);
  }
  unsynced_.clear();
  check_acked();
  for (auto& [connection, link] : links_) {
    link.server_knows = link.up = false;
    if (!link.down) continue;
    link.down = false;
    reconnect_later(link.tab, 0);
  }
  plan(dice_.up_to(5'000), [this] { start(); });
}

void World::feed(rt::Input input) {
  if (!runtime_) return;
  std::vector<rt::Output> outputs;
  runtime_->on(std::move(input), now_, outputs);
  for (rt::Output& output : outputs) handle(output);
  if (runtime_ && runtime_->stats().store_failed && !exiting_) {
    exiting_ = true;
    plan_alive(dice_.up_to(2'000), [this] { crash("the store failed"); });
  }
  wake();
}

void World::wake() {
  const std::optional<Millis> next = runtime_ ? runtime_->next_wakeup() : std::nullopt;
  if (!next) return;
  const Millis at = std::max(*next, now_ + 1);
  if (wakeup_ && *wakeup_ <= at) return;
  wakeup_ = at;
  plan_alive(at - now_, [this, at] {
    if (wakeup_ == at) wakeup_.reset();
    feed(rt::Tick{});
  });
}

void World::handle(rt::Output& output) {
  std::visit([this](auto& what) { on(what); }, output);
}

void World::on(rt::Note& note) {
  trace("note " + note.event + " " + note.detail);
  if (note.event == "turn_failed" || note.event == "fold_failed" || note.event == "load_failed" ||
      note.event == "history_has_a_gap" || note.event == "history_unreadable") {
    throw Violation("the runtime notes " + note.event + ": " + note.detail);
  }
}

void World::on(rt::Send& send) {
  Link& link = links_.at(send.connection);
  trace(fmt::format("send {} {}", send.connection, web::render(send.frame)));
  if (const auto* welcome = std::get_if<web::Welcome>(&send.frame)) {
    link.conversation = *dialog::parse_conversation_id(0, welcome->conversation);
    const FakeStore::Log* log = store_.find(link.conversation);
    if (log == nullptr) throw Violation("I1: a conversation is durable before its welcome");
    // The log may be ahead: what was just kept is not known to be kept yet.
    if (log->state.head_seq < welcome->head_seq) throw Violation("I4: head_seq is in the log");
  } else if (const auto* ack = std::get_if<web::Ack>(&send.frame)) {
    if (exiting_) throw Violation("I1: nothing is acknowledged after the store failed");
    ++report_.acks;
    const dialog::Event* event = store_.find_visible(link.conversation, ack->seq);
    const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
    if (said == nullptr || said->message_id != ack->id) {
      throw Violation("I1: what is acknowledged is in the log");
    }
    acked_.push_back({link.conversation, {said->client, ack->id, ack->seq}});
  } else if (const auto* visible = std::get_if<web::Visible>(&send.frame)) {
    const dialog::Event* event = store_.find_visible(link.conversation, visible->event.seq);
    if (event == nullptr || dialog::encode(*event) != dialog::encode(visible->event)) {
      throw Violation("I1: what is shown is in the log");
    }
    if (bug_ == Bug::lose_a_reply && dice_.one_in(30)) return;
  }
  to_tab(send.connection, std::move(send.frame));
}

void World::on(rt::CloseConnection& close) {
  trace(fmt::format("close {} {}", close.connection, static_cast<int>(close.code)));
  Link& link = links_.at(close.connection);
  link.server_knows = link.up = false;
  const Millis at = std::max(link.down_at, now_ + dice_.up_to(50));
  plan(at - now_, [this, connection = close.connection, code = close.code] {
    Link& closed = links_.at(connection);
    if (!closed.down) return;
    closed.down = false;
    Pen& pen = tabs_[closed.tab];
    if (pen.current != connection) return;
    if (code == web::Close::bad_token) pen.tab->refused();
    if (code == web::Close::bad_frame) throw Violation("an honest client is refused");
    reconnect_later(closed.tab, code == web::Close::too_fast ? 10'000 : 500);
  });
}

void World::on(rt::Answer& answer) {
  trace(fmt::format("answer {} {}", answer.request,
                    answer.replies ? static_cast<int>(answer.replies->size()) : -1));
  for (std::size_t i = 0; i < posters_.size(); ++i) {
    Poster& poster = posters_[i];
    if (poster.request != answer.request) continue;
    poster.request = 0;
    if (answer.replies) {
      poster.busy = false;
      ++report_.posts;
    } else {
      plan(1'000 + dice_.up_to(2'000), [this, i] { post(i); });
    }
  }
}

void World::on(rt::Interpret& interpret) {
  if (faults_.silent_models && dice_.one_in(40)) return;
  const Millis delay = faults_.slow_models ? dice_.up_to(3'000) : dice_.up_to(4);
  plan_alive(delay, [this, interpret] {
    feed(rt::Interpreted{interpret.ticket, runtime_tests::interpret(interpret.utterance.text)});
  });
}

void World::on(rt::Perform& perform) {
  ++report_.effects;
  dialog::HttpRequest& request = perform.request;
  trace("perform " + request.idempotency_key);
  bool durable = false;
  for (const auto& entry : store_.logs()) {
    for (const auto& row : entry.second.outbox) {
      durable = durable || row.second.request.idempotency_key == request.idempotency_key;
    }
  }
  if (!durable) throw Violation("I6: an effect is durable before it begins");
  const std::string body = request.method + request.url + request.body;
  const auto [found, is_first] = performed_.emplace(request.idempotency_key, body);
  if (!is_first && !request.idempotent) throw Violation("I6: an effect that must not be repeated is");
  if (found->second != body) throw Violation("I6: one key, one request");
  if (faults_.silent_backend && dice_.one_in(8)) return;
  rt::EffectReturned returned;
  returned.ticket = perform.ticket;
  returned.outcome.kind = dialog::HttpOutcome::Kind::answered;
  returned.outcome.status = request.method == "GET" ? 200 : 201;
  returned.outcome.body = R"({"price": "12"})";
  if (faults_.failing_backend && dice_.one_in(3)) {
    returned.outcome.kind = dice_.any({dialog::HttpOutcome::Kind::timeout,
                                       dialog::HttpOutcome::Kind::failed,
                                       dialog::HttpOutcome::Kind::answered});
    returned.outcome.status = 500;
  }
  const Millis delay = faults_.slow_backend ? dice_.up_to(9'000) : dice_.up_to(40);
  plan_alive(delay, [this, returned] { feed(returned); });
}

// ---- the store ----

Millis World::store_delay() {
  if (!faults_.slow_store) return dice_.up_to(3);
  return dice_.one_in(20) ? dice_.up_to(8'000) : dice_.up_to(200);
}

void World::on(rt::Append& append) {
  trace(fmt::format("append {} {} +{}", dialog::to_string(append.id), append.expected_last,
                    append.batch.events.size()));
  for (const rt::Append& other : unsynced_) {
    if (other.id == append.id) throw Violation("I5: one append of a conversation at a time");
  }
  if (bug_ == Bug::lose_a_timer) append.batch.timers_set.clear();
  if (bug_ == Bug::keep_outbox_rows) append.batch.outbox_removed.clear();
  if (bug_ == Bug::stale_snapshot && append.batch.snapshot && append.batch.events.size() > 1) {
    const FakeStore::Log* log = store_.find(append.id);
    if (log != nullptr) append.batch.snapshot = dialog::encode(log->state);
  }
  if (bug_ == Bug::ack_before_append && !append.batch.messages.empty()) {
    const dialog::MessageRecord& record = append.batch.messages.front();
    for (auto& [connection, link] : links_) {
      if (link.conversation != append.id || !link.server_knows) continue;
      rt::Send early{connection, web::Ack{record.id, record.seq}};
      on(early);
    }
  }
  if (bug_ == Bug::perform_before_append) {
    for (const dialog::OutboxRow& row : append.batch.outbox_added) {
      rt::Perform early{append.ticket + 1'000'000'000, append.id.tenant, row.request};
      on(early);
    }
  }
  const auto reply = [this, ticket = append.ticket](nlu::Errc code, Millis delay) {
    plan_alive(delay, [this, ticket, code] {
      feed(rt::Appended{ticket, nlu::Error{code, "by the simulator"}});
    });
  };
  if (faults_.broken_store && !store_broken_ && dice_.one_in(150)) store_broken_ = true;
  if (store_broken_) {  // A failed sync: whether it is on the disk nobody knows.
    if (dice_.one_in(2)) unsynced_.push_back(append);
    return reply(nlu::Errc::unavailable, dice_.up_to(20));
  }
  if (faults_.silent_store && dice_.one_in(400)) {
    unsynced_.push_back(append);
    return;
  }
  if (faults_.busy_store && dice_.one_in(6)) return reply(nlu::Errc::busy, dice_.up_to(5));
  if (faults_.conflicts && dice_.one_in(60)) return reply(nlu::Errc::conflict, dice_.up_to(5));
  unsynced_.push_back(append);
  synced_at_ = std::max(synced_at_, now_ + store_delay());
  if (bug_ == Bug::append_twice) {
    plan_alive(synced_at_ - now_, [this, append] {
      store_.apply(append.id, append.expected_last, append.batch);
    });
  }
  plan_alive(synced_at_ - now_, [this, append] { sync(append); });
}

void World::sync(rt::Append append) {
  const auto is_it = [&](const rt::Append& other) { return other.ticket == append.ticket; };
  const auto found = std::find_if(unsynced_.begin(), unsynced_.end(), is_it);
  if (found == unsynced_.end()) return;
  store_.apply(append.id, append.expected_last, append.batch);
  unsynced_.erase(found);
  plan_alive(dice_.up_to(2), [this, ticket = append.ticket] { feed(rt::Appended{ticket, {}}); });
}

void World::on(rt::Load& load) {
  plan_alive(read_delay(), [this, load] {
    std::optional<dialog::Kept> kept = store_.load(load.id);
    if (bug_ == Bug::repeat_unsafe && kept) {
      for (dialog::Event& event : kept->events) {
        if (auto* began = std::get_if<dialog::event::ActionStarted>(&event.body)) {
          began->repeatable = true;
        }
      }
    }
    feed(rt::Loaded{load.ticket, std::move(kept)});
  });
}

void World::on(rt::FindMessage& find) {
  plan_alive(read_delay(), [this, find] {
    std::optional<dialog::MessageRecord> record;
    if (const FakeStore::Log* log = store_.find(find.id)) {
      const auto found = log->messages.find({find.client, find.message_id});
      if (found != log->messages.end()) record = found->second;
    }
    feed(rt::MessageFound{find.ticket, std::move(record)});
  });
}

void World::on(rt::FindClient& find) {
  plan_alive(read_delay(), [this, find] {
    std::optional<dialog::ClientRecord> record;
    if (const FakeStore::Log* log = store_.find(find.id)) {
      const auto found = log->clients.find(find.client);
      if (found != log->clients.end() && bug_ != Bug::forget_clients) record = found->second;
    }
    feed(rt::ClientFound{find.ticket, std::move(record)});
  });
}

void World::on(rt::ReadVisible& read) {
  plan_alive(read_delay(), [this, read] {
    feed(rt::VisibleRead{read.ticket, store_.read_visible(read.id, read.after, read.count)});
  });
}

void World::on(rt::ReadTimers& read) {
  plan_alive(read_delay(), [this, read] {
    feed(rt::TimersDue{read.ticket, store_.due_timers(read.until, read.count)});
  });
}

// ---- the network and the tabs ----

void World::connect(std::size_t tab) {
  Pen& pen = tabs_[tab];
  Link link;
  link.connection = ++connections_;
  link.tab = tab;
  link.up_at = link.down_at = now_;
  pen.current = link.connection;
  pen.tab->lost_connection();
  const rt::Connection connection = link.connection;
  links_.emplace(connection, link);
  plan(dice_.up_to(30), [this, connection] {
    Link& made = links_.at(connection);
    if (!made.up) return;
    if (!runtime_) {  // Refused.
      made.up = made.down = made.server_knows = false;
      if (tabs_[made.tab].current == connection) reconnect_later(made.tab, 0);
      return;
    }
    feed(rt::Connected{connection, 0});
    if (tabs_[made.tab].current == connection) {
      to_server(connection, tabs_[made.tab].tab->hello());
    }
    ping(connection);
  });
}

void World::reconnect_later(std::size_t tab, Millis least) {
  Pen& pen = tabs_[tab];
  pen.current = 0;
  pen.tab->lost_connection();
  const Millis cap = std::min<Millis>(30'000, Millis{500} << std::min(++pen.failures, 6));
  plan(least + dice_.up_to(cap), [this, tab] {
    if (tabs_[tab].current == 0) connect(tab);
  });
}

// The two directions break at different moments, and each end hears of it when it does, or never.
void World::cut(Link& link) {
  ++report_.cuts;
  trace(fmt::format("cut {}", link.connection));
  const rt::Connection connection = link.connection;
  const bool half_open = dice_.one_in(3);
  plan(dice_.up_to(100), [this, connection] { links_.at(connection).up = false; });
  plan(dice_.up_to(100), [this, connection] {
    Link& broken = links_.at(connection);
    if (!broken.down) return;
    broken.down = false;
    plan(dice_.up_to(8'000), [this, connection] {
      const std::size_t tab = links_.at(connection).tab;
      if (tabs_[tab].current == connection) reconnect_later(tab, 0);
    });
  });
  if (half_open) return;
  plan_alive(dice_.up_to(3'000), [this, connection] {
    Link& broken = links_.at(connection);
    broken.up = false;
    if (!broken.server_knows) return;
    broken.server_knows = false;
    feed(rt::Disconnected{connection});
  });
}

void World::to_server(rt::Connection connection, web::ClientFrame frame) {
  Link& link = links_.at(connection);
  link.up_at = std::max(link.up_at, now_ + dice_.up_to(faults_.cuts ? 200 : 10));
  plan(link.up_at - now_, [this, connection, frame = std::move(frame)] {
    if (!links_.at(connection).up || !runtime_) return;
    rt::FrameReceived received;
    received.connection = connection;
    received.frame = frame;
    if (const auto* hello = std::get_if<web::Hello>(&frame); hello && !hello->user.empty()) {
      received.user = dialog::event::UserIdentified{hello->user, "Ada"};
    }
    feed(std::move(received));
  });
}

void World::to_tab(rt::Connection connection, web::ServerFrame frame) {
  Link& link = links_.at(connection);
  link.down_at = std::max(link.down_at, now_ + dice_.up_to(faults_.cuts ? 200 : 10));
  plan(link.down_at - now_, [this, connection, frame = std::move(frame)] {
    if (!links_.at(connection).down) return;  // Lost; the socket's buffer took it all the same.
    arrive(connection, frame);
    plan_alive(faults_.slow_sockets ? dice_.up_to(400) : 0, [this, connection] {
      if (links_.at(connection).server_knows) feed(rt::Drained{connection, 1});
    });
  });
}

void World::arrive(rt::Connection connection, const web::ServerFrame& frame) {
  const std::size_t tab = links_.at(connection).tab;
  Pen& pen = tabs_[tab];
  if (pen.current != connection) return;
  transmit(tab, pen.tab->take(frame));
  if (std::holds_alternative<web::Welcome>(frame)) pen.failures = 0;
  if (!pen.tab->wants_retry || pen.retrying) return;
  pen.tab->wants_retry = false;
  pen.retrying = true;
  plan(pen.tab->retry_after_ms, [this, tab] {
    tabs_[tab].retrying = false;
    transmit(tab, tabs_[tab].tab->resend());
  });
}

void World::transmit(std::size_t tab, std::vector<web::Message> messages) {
  const rt::Connection connection = tabs_[tab].current;
  if (connection == 0) return;
  for (web::Message& message : messages) to_server(connection, std::move(message));
}

void World::ping(rt::Connection connection) {
  const Link& link = links_.at(connection);
  if (!link.down && !link.up) return;
  if (tabs_[link.tab].current == connection) to_server(connection, web::Ping{1});
  plan(25'000, [this, connection] { ping(connection); });
}

void World::talk(std::size_t tab) {
  if (over_) return;
  ++report_.messages;
  const std::string item = fmt::format("item{}", dice_.up_to(9));
  std::string text, payload;
  switch (dice_.up_to(11)) {
    case 0: text = "greet you"; break;
    case 1: case 2: text = "lookup please"; break;
    case 3: case 4: text = "buy please"; break;
    case 5: text = "book please"; break;
    case 6: text = "cancel that"; break;
    case 7: text = dice_.one_in(3) ? "person please" : "greet me"; break;
    case 8: payload = "/SetSlots(item=" + item + ")", text = "The button"; break;
    case 9: payload = "/buy{\"item\": \"" + item + "\"}"; break;
    default: text = item; break;
  }
  transmit(tab, tabs_[tab].tab->say(std::move(text), std::move(payload)));
  const Millis pause = dice_.one_in(4) ? 20 : dice_.one_in(12) ? 30'000 : 4'000;
  plan(dice_.up_to(pause), [this, tab] { talk(tab); });
}

// What happens to tabs now and then.
void World::trouble(std::size_t tab) {
  if (over_) return;
  plan(1'000 + dice_.up_to(15'000), [this, tab] { trouble(tab); });
  Pen& pen = tabs_[tab];
  if (pen.current == 0) return;
  if (faults_.cuts && dice_.one_in(2)) return cut(links_.at(pen.current));
  if (faults_.reconnects && dice_.one_in(3)) return connect(tab);  // The old socket stays open.
  if (faults_.refreshes && dice_.one_in(4)) {
    trace(fmt::format("refresh {}", tab));
    pen.tab->refresh();
    cut(links_.at(pen.current));
    connect(tab);
  }
}

void World::post(std::size_t index) {
  Poster& poster = posters_[index];
  if (!poster.busy) {
    if (over_) return;
    plan(2'000 + dice_.up_to(6'000), [this, index] { post(index); });
    poster.busy = true;
    ++poster.count;
    poster.text = dice_.any({"greet", "lookup x", "buy x", "shoes", "cancel"});
  } else if (poster.request != 0) {
    return;
  }
  poster.request = ++requests_;
  rt::Posted posted{poster.request, 0, "rest",
                    {poster.sender, poster.text, fmt::format("post-{}", poster.count)}};
  trace(fmt::format("post {} {}", poster.sender, poster.count));
  if (runtime_) {
    feed(std::move(posted));
  }
  plan(40'000, [this, index, request = poster.request] {  // The process may be gone.
    if (posters_[index].request != request) return;
    posters_[index].request = 0;
    post(index);
  });
}

void World::desk() {
  using State = dialog::event::HandoverChanged::State;
  if (over_) return;
  plan(dice_.up_to(20'000), [this] { desk(); });
  for (const auto& [id, log] : store_.logs()) {
    if (log.state.handover != State::requested && log.state.handover != State::accepted) continue;
    if (dice_.one_in(3)) continue;
    rt::PersonActs acts{++requests_, id, rt::PersonActs::What::accept, "Grace", "How can I help?"};
    if (log.state.handover == State::accepted) {
      acts.what = dice_.any({rt::PersonActs::What::write, rt::PersonActs::What::release});
    }
    feed(std::move(acts));
    if (!runtime_) return;
  }
}

// ---- checks ----

void World::check_acked() {
  for (const auto& [id, acked] : acked_) {
    const dialog::Event* event = store_.find_visible(id, acked.seq);
    const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
    if (said == nullptr || said->message_id != acked.id) {
      throw Violation("I1: what was acknowledged is in the log after a crash");
    }
  }
}

std::string World::why_not_quiet() const {
  if (!runtime_) return "the process is down";
  for (const Pen& pen : tabs_) {
    if (!pen.tab->is_welcomed()) return pen.tab->client() + " is not connected";
    if (!pen.tab->is_done()) return pen.tab->client() + " has messages without an ack";
    const auto id = dialog::parse_conversation_id(0, pen.tab->browser().conversation);
    if (pen.tab->last_seq() != store_.find(*id)->state.head_seq) {
      return pen.tab->client() + " has not seen everything";
    }
  }
  for (const Poster& poster : posters_) {
    if (poster.busy) return poster.sender + " has no answer";
  }
  for (const auto& [id, log] : store_.logs()) {
    if (!log.outbox.empty()) return dialog::to_string(id) + " has an effect without a result";
    if (!log.timers.empty() && log.timers.begin()->first < now_ - 20'000) {
      return dialog::to_string(id) + " has a timer that did not fire";
    }
  }
  if (runtime_->stats().turns_in_flight != 0) return "turns are in flight";
  return "";
}

void World::check_end() {
  check_acked();
  for (const Pen& pen : tabs_) {
    const auto id = dialog::parse_conversation_id(0, pen.tab->browser().conversation);
    for (const auto& [seq, shown] : pen.tab->shown()) {
      const dialog::Event* event = store_.find_visible(*id, seq);
      const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
      const bool same = shown.own_id.empty() ? event && dialog::encode(*event) == shown.event
                                             : said && said->message_id == shown.own_id;
      if (!same) throw Violation("I3: every tab shows the log");
    }
    if (pen.tab->shown().size() != store_.find(*id)->state.head_seq) {
      throw Violation("I3: every tab shows all of the log");
    }
  }
  for (const auto& [id, log] : store_.logs()) {
    const auto kept = store_.load(id);
    dialog::Conversation state;
    if (kept->snapshot) state = *dialog::decode_conversation(*kept->snapshot);
    for (const dialog::Event& event : kept->events) state.apply(event);
    if (dialog::encode(state) != dialog::encode(log.state)) throw Violation("I4: a load is the fold");
  }
}

Report World::run() {
  constexpr Millis active = 90'000, patience = 900'000;
  const Millis began = now_;
  start();
  const std::size_t customers = 2 + static_cast<std::size_t>(dice_.up_to(2));
  for (std::size_t i = 0; i < customers; ++i) {
    browsers_.push_back(std::make_unique<Browser>());
    if (dice_.one_in(3)) browsers_.back()->user = fmt::format("user{}", i);
    tabs_.push_back({std::make_unique<Tab>(*browsers_.back(), fmt::format("client-{}-a", i))});
  }
  posters_.push_back({"poster", ""});
  const auto begin_tab = [this](std::size_t tab) {
    connect(tab);
    talk(tab);
    plan(5'000, [this, tab] { trouble(tab); });
  };
  for (std::size_t i = 0; i < customers; ++i) plan(dice_.up_to(3'000), [=] { begin_tab(i); });
  // A second tab, once there is something to share.
  plan(20'000, [this, begin_tab] {
    if (browsers_[0]->conversation.empty()) return;
    tabs_.push_back({std::make_unique<Tab>(*browsers_[0], "client-0-b")});
    begin_tab(tabs_.size() - 1);
  });
  plan(1'000, [this] { post(0); });
  plan(5'000, [this] { desk(); });
  const std::function<void()> crashes = [this, &crashes] {
    if (over_) return;
    crash("killed");
    plan(5'000 + dice_.up_to(40'000), crashes);
  };
  if (faults_.crashes) plan(3'000 + dice_.up_to(20'000), crashes);
  try {
    play(began + active);
    trace("calm");
    over_ = true;
    faults_ = {};
    Millis until = now_ + 30'000;
    for (play(until); !why_not_quiet().empty(); play(until += 5'000)) {
      if (until > began + active + patience) throw Violation("liveness: " + why_not_quiet());
    }
    check_end();
  } catch (const std::exception& broken) {
    report_.violation = broken.what();
    trace("violation: " + report_.violation);
  }
  report_.hours = static_cast<double>(now_ - began) / 3'600'000;
  return report_;
}

}  // namespace

Report simulate(std::uint64_t seed, Bug bug, bool verbose) {
  return World(seed, bug, verbose).run();
}

}  // namespace runtime_tests

// The simulated world in one class, its parts in files of their own: simulator.cc (the run),
// simulator_process.cc (the runtime, its store, models and backends), simulator_network.cc
// (sockets, tabs, callers), simulator_checks.cc.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bot/runtime/runtime.h"
#include "tests/runtime/fake_store.h"
#include "tests/runtime/fixtures.h"
#include "tests/runtime/simulator.h"
#include "tests/runtime/tab.h"

namespace runtime_tests {

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
      slow_sockets, new_versions;
};

Faults roll_faults(Dice& dice);
rt::Limits roll_limits(Dice& dice);

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
      : bug_(bug),
        verbose_(verbose),
        dice_(seed),
        runtime_dice_(seed ^ 0xABCDEF),
        faults_(roll_faults(dice_)),
        limits_(roll_limits(dice_)) {}

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
  void on(rt::StoreFailed&) { trace("store failed"); }
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
  void deploy();

  // ---- checks ----
  void check_acked();
  void check_versions(const rt::Append& append) const;
  void check_end();
  std::string why_not_quiet() const;

  const Bug bug_;
  const bool verbose_;
  Dice dice_, runtime_dice_;
  Faults faults_;
  const rt::Limits limits_;
  TwoBots bots_;
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

}  // namespace runtime_tests

// Open-loop load of full durable turns: requests leave at their intended times whatever the server
// does, and a turn's latency counts from then to the bot's first reply, which follows the synced
// write (so no omission is coordinated away).
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "bench/bench.h"
#include "bench/visitor.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// What the customers say in turn: each is understood by the model and answered by a flow.
const std::vector<std::string> sentences{"hello there", "what are your opening hours?",
                                         "how can I pay?", "thanks a lot"};

struct Round {
  double offered = 0;   // Turns a second
  double answered = 0;  // Turns a second, those answered within the round and a second behind it
  double cpu_us = 0;    // Server's CPU a turn
  std::size_t lost = 0, repeated = 0;  // Turns without a reply in the end; frames that came again
  Latencies latencies;
  std::map<int, Latencies> seconds;  // The same, by the second they were intended in

  // Of the p99s of all seconds the middle one: one pause of a shared disk does not decide it.
  double usual_p99() {
    Latencies each;
    for (auto& [_, second] : seconds) each.all.push_back(second.quantile(0.99));
    return each.quantile(0.5);
  }
};

class Load {
 public:
  Load(std::uint16_t port, int connections, int process) : process_(process) {
    const net::ip::tcp::endpoint server{net::ip::address_v4::loopback(), port};
    people_.reserve(static_cast<std::size_t>(connections));
    for (int i = 0; i < connections; ++i) {
      people_.push_back(std::make_unique<Person>());
      add(*people_.back(), server, i);
    }
  }

  // Whether everyone is welcome within `limit`.
  bool connect(std::chrono::seconds limit) {
    for (const auto until = Clock::now() + limit; Clock::now() < until;) {
      run_for(std::chrono::milliseconds(50));
      if (welcome_ >= people_.size()) return true;
    }
    return false;
  }

  Round run(double rate, double seconds) {
    round_ = {};
    const double cpu_before = process_ > 0 ? cpu_seconds(process_) : 0;
    const auto total = static_cast<std::size_t>(rate * seconds);
    begun_ = Clock::now();
    for (std::size_t i = 0; i < total;) {
      const double passed = Seconds(Clock::now() - begun_).count();
      for (; i < total && static_cast<double>(i) / rate <= passed; ++i) {
        say(begun_ +
            std::chrono::duration_cast<Clock::duration>(Seconds(static_cast<double>(i) / rate)));
      }
      run_for(std::chrono::microseconds(300));
    }
    run_for(std::chrono::seconds(1));
    round_.offered = rate;
    round_.answered = static_cast<double>(round_.latencies.all.size()) / seconds;
    if (process_ > 0 && !round_.latencies.all.empty()) {
      round_.cpu_us = 1e6 * (cpu_seconds(process_) - cpu_before) /
                      static_cast<double>(round_.latencies.all.size());
    }
    run_for(std::chrono::seconds(1));  // What is late must not burden the next round.
    for (const auto& person : people_) {
      for (std::optional<Clock::time_point>& intended : person->intended) {
        if (intended) ++round_.lost;
        intended.reset();
      }
    }
    return std::move(round_);
  }

  void run_for(Clock::duration time) {
    io_.restart();
    io_.run_for(time);
  }

 private:
  struct Person {
    std::unique_ptr<Visitor> visitor;
    std::vector<std::optional<Clock::time_point>> intended;  // By turn, from 1
    std::uint64_t last_seq = 0;
  };

  void add(Person& person, const net::ip::tcp::endpoint& server, int i) {
    Visitor::Events events;
    events.welcomed = [this] { ++welcome_; };
    events.seen = [this, &person](const json::object& frame) {
      const auto seq = frame.at("seq").to_number<std::uint64_t>();
      if (seq <= person.last_seq) ++round_.repeated;
      person.last_seq = std::max(person.last_seq, seq);
      const json::value* turn = frame.if_contains("turn");
      if (turn == nullptr) return;
      const auto number = turn->to_number<std::size_t>();
      if (number == 0 || number > person.intended.size()) return;
      std::optional<Clock::time_point>& intended = person.intended[number - 1];
      if (!intended) return;
      const double latency = 1e3 * Seconds(Clock::now() - *intended).count();
      round_.latencies.all.push_back(latency);
      round_.seconds[static_cast<int>(Seconds(*intended - begun_).count())].all.push_back(latency);
      intended.reset();
    };
    person.visitor =
        std::make_unique<Visitor>(io_, server, fmt::format("load-{:08}", i), std::move(events));
    net::co_spawn(io_, person.visitor->run(), net::detached);
  }

  void say(Clock::time_point intended) {
    Person& person = *people_[next_++ % people_.size()];
    person.intended.push_back(intended);
    person.visitor->say(sentences[person.intended.size() % sentences.size()]);
  }

  net::io_context io_;
  int process_;
  Round round_;
  Clock::time_point begun_;
  std::vector<std::unique_ptr<Person>> people_;
  std::size_t next_ = 0, welcome_ = 0;
};

void print(const char* what, Round& round) {
  fmt::print(
      "{}: offered {:.0f}/s, answered {:.0f}/s, {}, p99 of the middle second {:.2f} ms, server CPU "
      "{:.0f} us a turn, {} not answered, {} sent twice\n",
      what, round.offered, round.answered, round.latencies.summary(), round.usual_p99(),
      round.cpu_us, round.lost, round.repeated);
  std::fflush(stdout);
}

bool keeps_up(Load& load, double rate) {
  Round round = load.run(rate, 5);
  print("  step", round);
  return round.answered >= 0.98 * rate && round.usual_p99() <= 100;
}

// The highest rate at which 98 % are answered in time and the usual p99 stays under 100 ms, in
// steps of 15 %. A step gets a second try, as a neighbour's pause on a shared machine is not the
// server's.
double find_knee(Load& load, double from) {
  double knee = 0;
  for (double rate = from; rate < 200'000; rate *= 1.15) {
    if (!keeps_up(load, rate) && !keeps_up(load, rate)) break;
    knee = rate;
  }
  return knee;
}

}  // namespace

void add_turn_load(CLI::App& app) {
  struct Options {
    std::uint16_t port = 8080;
    int connections = 2000, process = 0;
    double rate = 0, seconds = 10, from = 2000;
  };
  auto* command = app.add_subcommand("turn-load", "Durable turns a second and their latencies");
  auto options = std::make_shared<Options>();
  command->add_option("--port", options->port);
  command->add_option("--connections", options->connections);
  command->add_option("--pid", options->process, "The server's, for its CPU time");
  command->add_option("--rate", options->rate, "Turns a second; 0: find the knee, then half of it");
  command->add_option("--from", options->from, "Where the search for the knee begins");
  command->add_option("--seconds", options->seconds);
  command->callback([options] {
    Load load(options->port, options->connections, options->process);
    if (!load.connect(std::chrono::seconds(60))) throw CLI::RuntimeError("not everyone got in", 1);
    Round warm_up = load.run(500, 2);
    double rate = options->rate;
    if (rate == 0) {
      const double knee = find_knee(load, options->from);
      fmt::print("knee: {:.0f} durable turns/s\n", knee);
      rate = knee / 2;
    }
    Round round = load.run(rate, options->seconds);
    print(options->rate == 0 ? "half the knee" : "load", round);
  });
}

void add_idle(CLI::App& app) {
  struct Options {
    std::uint16_t port = 8080;
    int connections = 15'000, process = 0, settle_s = 8;
  };
  auto* command = app.add_subcommand("idle", "Resident bytes of an idle connected conversation");
  auto options = std::make_shared<Options>();
  command->add_option("--port", options->port);
  command->add_option("--connections", options->connections);
  command->add_option("--pid", options->process)->required();
  command->add_option("--settle", options->settle_s,
                      "Seconds until conversations have left memory");
  command->callback([options] {
    {  // What the first thousand warm up (allocators, caches) is not theirs alone.
      Load first(options->port, 1000, options->process);
      if (!first.connect(std::chrono::seconds(60)))
        throw CLI::RuntimeError("not everyone got in", 1);
    }
    std::uint64_t before = 0;
    Load load(options->port, options->connections, options->process);
    before = resident_bytes(options->process);
    if (!load.connect(std::chrono::seconds(120))) throw CLI::RuntimeError("not everyone got in", 1);
    load.run_for(std::chrono::seconds(options->settle_s));
    const std::uint64_t after = resident_bytes(options->process);
    fmt::print("{} idle connections: {:.1f} KiB each ({:.0f} MiB before, {:.0f} MiB with them)\n",
               options->connections,
               static_cast<double>(after - before) / 1024 / options->connections,
               static_cast<double>(before) / (1 << 20), static_cast<double>(after) / (1 << 20));
  });
}

}  // namespace bench

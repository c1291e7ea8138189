#include "tests/runtime/simulator.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "tests/runtime/simulator_world.h"

namespace runtime_tests {

Faults roll_faults(Dice& dice) {
  const auto roll = [&] { return dice.one_in(2); };
  Faults faults{};
  for (bool* one :
       {&faults.slow_store, &faults.busy_store, &faults.conflicts, &faults.broken_store,
        &faults.silent_store, &faults.crashes, &faults.cuts, &faults.reconnects,
        &faults.slow_backend, &faults.failing_backend, &faults.silent_backend, &faults.slow_models,
        &faults.silent_models, &faults.refreshes, &faults.slow_sockets, &faults.new_versions}) {
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

void World::trace(const std::string& line) {
  if (verbose_)
    std::printf("%8.3f %s\n", static_cast<double>(now_ % 10'000'000) / 1000, line.c_str());
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
  if (faults_.new_versions) plan(dice_.up_to(5'000), [this] { deploy(); });
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

Report simulate(std::uint64_t seed, Bug bug, bool verbose) {
  return World(seed, bug, verbose).run();
}

}  // namespace runtime_tests

#include "tests/runtime/simulator.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <catch2/catch.hpp>

using namespace runtime_tests;

namespace {

// One seed: `USHER_SEED=17 build/runtime_simulator_test "[seeds]"`; more: USHER_SEEDS=20000.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void explain(std::uint64_t seed, const Report& report) {
  std::printf(
      "seed %llu: %s\nto repeat: USHER_SEED=%llu build/runtime_simulator_test \"[seeds]\"\n",
      static_cast<unsigned long long>(seed), report.violation.c_str(),
      static_cast<unsigned long long>(seed));
}

}  // namespace

TEST_CASE("every promise holds whatever fails, for every seed", "[seeds]") {
  const std::uint64_t only = from_environment("USHER_SEED", 0);
  if (only != 0) {
    const Report report = simulate(only, Bug::none, true);
    REQUIRE(report.violation == "");
    return;
  }
  const std::uint64_t seeds = from_environment("USHER_SEEDS", 500);
  const auto began = std::chrono::steady_clock::now();
  Report all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Report report = simulate(seed);
    if (!report.violation.empty()) explain(seed, report);
    REQUIRE(report.violation == "");
    all.messages += report.messages;
    all.acks += report.acks;
    all.crashes += report.crashes;
    all.cuts += report.cuts;
    all.effects += report.effects;
    all.posts += report.posts;
    all.hours += report.hours;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "%llu seeds in %.1f s: %d messages, %d acks, %d crashes, %d cuts, %d effects, "
      "%d posts, %.1f simulated hours\n",
      static_cast<unsigned long long>(seeds), took.count(), all.messages, all.acks, all.crashes,
      all.cuts, all.effects, all.posts, all.hours);
  // Runs in which nothing happens would prove nothing.
  REQUIRE(all.acks > static_cast<int>(seeds) * 10);
  REQUIRE(all.posts > static_cast<int>(seeds));
}

TEST_CASE("the same seed gives the same run", "[seeds]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    REQUIRE(simulate(seed).trace == simulate(seed).trace);
  }
  REQUIRE(simulate(1).trace != simulate(2).trace);
}

TEST_CASE("the checks find planted mistakes", "[planted]") {
  const Bug bug =
      GENERATE(Bug::ack_before_append, Bug::forget_clients, Bug::lose_a_reply, Bug::stale_snapshot,
               Bug::perform_before_append, Bug::lose_a_timer, Bug::append_twice,
               Bug::keep_outbox_rows, Bug::repeat_unsafe, Bug::other_model);
  constexpr std::uint64_t most_seeds = 60;
  std::uint64_t seed = 1;
  while (seed <= most_seeds && simulate(seed, bug).violation.empty()) ++seed;
  INFO("mistake " << static_cast<int>(bug));
  REQUIRE(seed <= most_seeds);
}

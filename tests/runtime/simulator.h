// A whole service in one thread with virtual time, where one seed decides everything: customers'
// tabs, REST callers, people at the desk, a network that cuts and delays, a backend and models that
// are slow, fail or never answer, a store that is slow, busy or breaks, and crashes. The runtime in
// its middle is the real one, with the real dialog code.
//
// Every step is checked; see Violation's messages for the promises.
#pragma once

#include <cstdint>
#include <string>

namespace runtime_tests {

// Mistakes put between the runtime and its world, to test the checks.
enum class Bug {
  none,
  ack_before_append,  // An ack goes out with the append, not after it.
  forget_clients,     // The store's answer about a client's last message is dropped.
  lose_a_reply,       // One visible frame of a page or a turn is swallowed.
  stale_snapshot,     // A snapshot lacks a slot.
  perform_before_append,
  lose_a_timer,  // Rows of timers are not kept.
  append_twice,
  keep_outbox_rows,  // A finished effect's row stays.
  repeat_unsafe,     // After a crash an effect that may not be repeated is.
  other_model,       // A message is understood by another version than was asked for.
};

struct Report {
  std::string violation;    // Empty: all promises were kept.
  std::uint64_t trace = 0;  // The same seed gives the same one.
  int messages = 0, acks = 0, crashes = 0, cuts = 0, effects = 0, posts = 0;
  double hours = 0;  // Simulated
};

// `verbose` prints the trace.
Report simulate(std::uint64_t seed, Bug bug = Bug::none, bool verbose = false);

}  // namespace runtime_tests

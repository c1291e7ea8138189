// What a bot does for its customers, in numbers: sums by day, channel, version and flow, with
// nobody in them. docs/stats.md has the definitions.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/event.h"
#include "nlu/base/result.h"

namespace dialog {

// Whole numbers, so that they are exact in whatever order they are added.
struct Numbers {
  // Sessions in which the customer wrote something; of a flow: in which it began. The next four are
  // those that are over; of each one only one is counted.
  std::int64_t conversations = 0;
  std::int64_t resolved = 0;
  std::int64_t left = 0;
  std::int64_t unhelped = 0;
  std::int64_t person = 0;
  // What happened in them; of a flow: while the customer was in it.
  std::int64_t messages = 0;
  std::int64_t fallbacks = 0;
  std::int64_t corrections = 0;
  std::int64_t handovers = 0;
  std::int64_t failures = 0;
  std::int64_t ratings = 0;
  std::int64_t rating_sum = 0;
  // Of a flow only.
  std::int64_t started = 0;
  std::int64_t completed = 0;
  std::int64_t abandoned = 0;

  std::int64_t ended() const { return resolved + left + unhelped + person; }
  Numbers& operator+=(const Numbers& more);
  friend bool operator==(const Numbers&, const Numbers&) = default;
};

// In the order they are kept in: a later release may append to it, and changes nothing else.
constexpr std::array<std::int64_t Numbers::*, 15> number_fields{
    &Numbers::conversations, &Numbers::resolved,  &Numbers::left,      &Numbers::unhelped,
    &Numbers::person,        &Numbers::messages,  &Numbers::fallbacks, &Numbers::corrections,
    &Numbers::handovers,     &Numbers::failures,  &Numbers::ratings,   &Numbers::rating_sum,
    &Numbers::started,       &Numbers::completed, &Numbers::abandoned};

struct StepNumbers {
  std::int64_t entered = 0;
  std::int64_t left = 0;  // Sessions that were left at its question
  friend bool operator==(const StepNumbers&, const StepNumbers&) = default;
};

// Where a session's numbers are counted: on the day it began.
struct StatKey {
  std::int64_t day = 0;  // Since the Unix epoch, UTC
  std::string channel, version;
  std::string flow;  // Empty: the whole session
  friend auto operator<=>(const StatKey&, const StatKey&) = default;
};
struct StatRow {
  Numbers numbers;
  std::map<std::string, StepNumbers> steps;
  StatRow& operator+=(const StatRow& more);
  friend bool operator==(const StatRow&, const StatRow&) = default;
};
using StatSums = std::map<StatKey, StatRow>;

constexpr Millis day_ms = 86'400'000;
constexpr std::int64_t day_of(Millis ts) { return ts >= 0 ? ts / day_ms : 0; }

// A session in which the customer has begun to write.
struct SessionBegun {
  Millis at = 0;          // When they wrote first
  EventNumber first = 0;  // Of its `session_started`
};

enum class SessionOutcome { open, resolved, left, unhelped, person };
std::string_view outcome_name(SessionOutcome outcome);  // "open", …
std::optional<SessionOutcome> outcome_named(std::string_view name);

// Counts one conversation: takes its events, in order, each once. What it remembers between them is
// small and bounded, and may be kept and read again in between: the sums stay the same.
class SessionCounter {
 public:
  // Adds what the event counts for. Has a value when with this event the customer writes for the
  // first time in a session.
  std::optional<SessionBegun> take(const Event& event, StatSums& sums);

  // What is still to come of the present session is not counted: its beginning was not.
  void disown() { is_counted_ = false; }

  // Of the last session taken.
  SessionOutcome outcome() const { return outcome_; }
  const std::set<std::string>& flows() const { return flows_; }  // That began in it; no patterns
  bool asked_person() const { return person_; }

  std::string encode() const;  // JSON
  static nlu::Result<SessionCounter> decode(std::string_view bytes);

 private:
  friend class SessionTally;
  struct Open {  // A flow that is begun and not ended
    std::uint64_t frame = 0, parent = 0;
    std::string flow, step;
    bool is_parked = false;
  };

  std::string channel_, version_;
  std::int64_t day_ = -1;  // Of the last session; -1: there was none yet.
  EventNumber first_ = 0;
  SessionOutcome outcome_ = SessionOutcome::open;
  bool is_open_ = false;
  bool is_counted_ = true;
  bool heard_ = false;      // The customer wrote something in it.
  bool person_ = false;     // A person was asked for in it, or took it.
  bool unhandled_ = false;  // The bot could do nothing with what the customer wrote last.
  std::string asked_flow_, asked_step_;  // Where an answer is awaited; empty: nowhere.
  std::set<std::string> flows_;
  std::vector<Open> frames_;  // The one that acted last is the last.
};

}  // namespace dialog

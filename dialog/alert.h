// Alerts: what a business wants to be told of how its customers sound (alerts.yml, docs/mood.md).
//
// A rule compares the sums of the last hours with those of the days before. judge() is a pure
// function of the rule, what it remembers, the sums and the time; who reads the sums, keeps what is
// remembered and tells people is the server.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dialog/condition.h"
#include "dialog/tally.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

// Where alerts are posted, and the keys that sign them; `url` empty: nowhere.
struct Webhook {
  std::string url;
  std::string secret;
  std::string previous_secret;  // Signs beside `secret` while receivers change over; empty: none.
};

struct AlertRule {
  std::string name;
  std::string description;           // For people; may be empty.
  int window_h = 1;                  // Whole hours before the running one, which counts, too
  int baseline_days = 7;             // Before the window
  std::int64_t min_utterances = 20;  // In the window; below, nothing can be said.
  std::vector<std::string> channels, topics;  // Empty: all
  Condition fires = Condition::constant(false);
  std::optional<Condition> resolves;       // nullopt: when `fires` does not hold
  std::chrono::minutes resolve_after{10};  // So long, without a break
  std::chrono::minutes cooldown{60};       // After it has resolved it does not fire for so long.
  Webhook webhook;
  nlu::Mark mark;

  bool counts(const Tally& cell) const;  // Whether it is of the rule's channels and topics.
};

// Hours since the epoch: [begin, end).
struct Hours {
  std::int64_t begin = 0, end = 0;
  friend bool operator==(const Hours&, const Hours&) = default;
};
Hours window_of(const AlertRule& rule, Millis now);
Hours baseline_of(const AlertRule& rule, Millis now);

// The numbers that conditions name: utterances, mean_sentiment, negative_share, …; the same as
// baseline_…; negative_share_ratio, …, mean_sentiment_change. null: there is nothing to divide by.
json::object alert_numbers(const Counts& window, const Counts& baseline);
const std::vector<std::string>& alert_number_names();
// The same of one sum alone, without its baseline: shares and the mean; for reports.
json::object shares_of(const Counts& counts);

// What a rule remembers.
struct AlertState {
  bool firing = false;
  Millis since = 0;        // When that began; 0: it never fired
  Millis calm_since = 0;   // Firing: the resolve condition has held since; 0: it does not
  Millis quiet_until = 0;  // The cooldown's end
  friend bool operator==(const AlertState&, const AlertState&) = default;
};
json::object to_json(const AlertState& state);
AlertState alert_state_from_json(const json::object& object);

struct AlertVerdict {
  enum class Change { none, fired, resolved } change = Change::none;
  std::string reason;  // Of a change: "condition"; resolved, too: "too_few", when the window has
                       // fewer utterances than it needs
  AlertState state;    // What is to be remembered from now on
};
AlertVerdict judge(const AlertRule& rule, const AlertState& state, const json::object& numbers,
                   Millis now);

// When a webhook that failed `attempts` times is tried again: 10 s, doubling up to an hour.
std::chrono::seconds webhook_pause(int attempts);

}  // namespace dialog

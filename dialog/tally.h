// What is counted of what customers say: sums by hour, channel and topic, with nobody in them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/conversation.h"
#include "dialog/event.h"

namespace dialog {

// Sums over utterances; whole numbers, so that they are exact in whatever order they are added.
struct Counts {
  std::int64_t utterances = 0;
  std::int64_t rated = 0;      // Of them those whose tone the model told: the next four are theirs.
  std::int64_t sentiment = 0;  // The sum of it, in thousandths
  std::int64_t negative = 0;   // Sentiment at or below negative_at
  std::int64_t positive = 0;   // … at or above positive_at
  std::int64_t urgent = 0;     // Urgency at or above urgent_at
  std::int64_t handovers = 0;  // A person was asked for.
  std::int64_t fallbacks = 0;  // Utterances the bot could do nothing with

  Counts& operator+=(const Counts& more);
  friend bool operator==(const Counts&, const Counts&) = default;
};

constexpr double negative_at = -0.3, positive_at = 0.3, urgent_at = 0.5;

// In the order they are kept in: a later release may append to it, and changes nothing else.
constexpr std::array<std::int64_t Counts::*, 8> count_fields{
    &Counts::utterances, &Counts::rated,  &Counts::sentiment, &Counts::negative,
    &Counts::positive,   &Counts::urgent, &Counts::handovers, &Counts::fallbacks};

// Topics that are no flow's or intent's name.
namespace topic {
constexpr std::string_view outside = "outside";  // Nothing the bot knows
constexpr std::string_view person = "person";    // Said while a person has the conversation
constexpr std::string_view other = "other";      // Beyond the limit of topics in an hour
}  // namespace topic

struct Tally {
  std::int64_t hour = 0;  // Since the Unix epoch, UTC
  std::string channel;
  std::string topic;
  Counts counts;
};

constexpr Millis hour_ms = 3'600'000;
constexpr std::int64_t hour_of(Millis ts) { return ts >= 0 ? ts / hour_ms : 0; }

// What the step that made `events` of `before` adds; nullopt: nothing.
//
// The topic is the flow that acts after the utterance, of a called flow the one that called it, and
// patterns aside; where none acts, the flow the customer is in; else the intent; else "outside".
std::optional<Tally> tally(const Conversation& before, const std::vector<Event>& events);

}  // namespace dialog

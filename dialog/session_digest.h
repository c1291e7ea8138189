// What a session was about, in a few words: for a list that people look through.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dialog/event.h"
#include "dialog/stats.h"

namespace dialog {

struct SessionDigest {
  Millis last = 0;  // When something was last said in it
  std::string version;
  SessionOutcome outcome = SessionOutcome::open;
  bool asked_person = false;
  std::set<std::string> flows;
  std::string first_words;  // Of the customer
  std::uint64_t first_turn = 0, last_turn = 0;
  std::int64_t messages = 0, fallbacks = 0, corrections = 0;
  int rating = 0;        // The last; 0: none
  bool is_whole = true;  // Its end was among the events, or there is none yet.
};

// Of `events`, which begin with its `session_started` and may go on beyond it. `more`: there are
// further ones behind them.
SessionDigest digest(std::span<const Event> events, bool more);

// Whether anybody wrote or read `words` (folded, see nlu/base/unicode.h) in the first session of
// `events`.
bool mentions(std::span<const Event> events, std::string_view words);

}  // namespace dialog

// A kept conversation, done again: with the flows it had, to see why it went as it did, or with
// others, to see what would go otherwise.
//
// What advance() was given is found out from the events that came of it; results of HTTP calls and
// timers come from them, too, so nothing outside is called. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/engine.h"
#include "dialog/trace.h"
#include "nlu/interpreter.h"

namespace dialog {

struct ReplayOptions {
  // Understands what was said anew, where it was understood by another version; nullptr: what was
  // understood then counts.
  const nlu::Interpreter* interpreter = nullptr;
  bool trace = false;  // Whether the conditions that are evaluated are noted.
};

// What one customer's turn, or the opening (turn 0), led to.
struct ReplayedTurn {
  std::uint64_t turn = 0;
  std::span<const Event> was;  // Of the kept events, from what was said to before what is said next
  std::vector<Event> now;
  Trace trace;
};

struct Replayed {
  std::vector<ReplayedTurn> turns;
  // Customer's turns that were not replayed, as one before them ended otherwise: with other flows
  // at other questions, or other slots, in which the customer would have said something else.
  std::size_t turns_left = 0;
};

// `kept`: a conversation's events from the first on, in order; borrowed by the result.
// Errc::corrupt: they do not begin with its opening, or a number is missing.
nlu::Result<Replayed> replay(const Bot& bot, std::span<const Event> kept,
                             const ReplayOptions& options = {});

// How a turn went otherwise. In the order of what causes what: the first one explains the others.
enum class DifferenceKind { failed, intent, commands, slots, path, reply, event };

struct Difference {
  DifferenceKind kind = DifferenceKind::event;
  std::string was, now;  // What differs, for people; "nothing" where there is none.
  // The same for all that differ alike: without what customers said and backends answered.
  std::string alike;
};

std::string_view to_string(DifferenceKind kind);  // "intent changed", …

// A step without an id of its own is called by its place and kind ("3_collect"), also in the name
// of its wording; without the place, which changes when another step is written before it:
// "collect".
std::string lasting_name(const std::string& step_or_response);

// All kinds that differ in a turn, in their order; empty: none. Texts that were rendered, times and
// the numbers of steps without an id are not compared. `exactly`: every byte of every event is, but
// for times: what the same version owes.
std::vector<Difference> differences(const ReplayedTurn& turn, bool exactly);

// Whether the bot, and the interpreter when there is one, are what the conversation was had with.
bool is_same_version(std::span<const Event> kept, const Bot& bot,
                     const nlu::Interpreter* interpreter);

}  // namespace dialog

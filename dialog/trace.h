// What the engine weighed in a turn, for those who ask why it went as it did.
//
// advance() fills one when it is given one; without it nothing is written down and nothing is
// spent.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dialog/engine.h"

namespace dialog {

// One condition that was evaluated.
struct Judged {
  enum class Kind { guard, branch, rejection } kind = Kind::branch;
  std::string flow;
  std::string step;       // Empty: a guard, which stands before the first.
  std::string condition;  // As written; "else" for the branch that always fits.
  bool result = false;
  // What it read, as it was then: "slots.total" → 59.9; null: not set.
  std::vector<std::pair<std::string, nlu::json::value>> values;
  std::string leads_to;  // Where a branch that fits leads: a step's id or END. Of a rejection: what
                         // is said.
  EventNumber before = 0;  // The event that followed has this number.
};

struct Trace {
  std::vector<Judged> judged;  // In order
};

// advance(), with the same outcome; the conditions that were evaluated are appended to `trace`.
Advance advance_traced(const Bot& bot, const Conversation& conversation, const Input& input,
                       Millis now, Trace& trace, const EngineLimits& limits = {});

}  // namespace dialog

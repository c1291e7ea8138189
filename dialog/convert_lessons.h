// What the conversation tests of a bot teach about how its customers talk.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/script.h"
#include "nlu/base/diagnostic.h"
#include "nlu/interpretation.h"

namespace dialog {

// An example: of an intent, with the values that stand in it.
struct Lesson {
  std::string intent;
  std::string text;
  std::vector<nlu::Entity> entities;  // Sorted by place; they do not overlap.
  nlu::Mark mark;                     // Of the test's step.
};

struct Lessons {
  std::vector<Lesson> lessons;
  std::map<std::string, std::vector<std::string>> values;  // Slot → words that meant a value of it
  std::size_t steps = 0;                                   // With a customer's text
  std::size_t understood = 0;  // Of those: for which commands were found that make it go as written
  bool asks_questions = false;  // A step is only for pattern_search to answer.
};

// Plays each script with commands that its texts could mean, until what it expects holds, and keeps
// what that says about the texts. A step for which nothing does is the warning
// `step_not_explained`; the rest of its script is not played. `names`: how customers call a slot's
// value → the value.
Lessons learn_from(const Bot& bot, const std::vector<Script>& scripts,
                   const std::map<std::string, std::map<std::string, std::string>>& names,
                   nlu::Diagnostics& diagnostics);

// Slots that the flow asks for, also in what it calls, in order.
std::vector<std::string> collected_slots(const Bot& bot, const Flow& flow);
// What customers start the flow with: its first trigger, else the intent of its name.
std::string intent_of(const Flow& flow);
// The entity that fills the slot; its type is empty when none does.
nlu::Entity entity_of(const Slot& slot);

}  // namespace dialog

// Plays a script and says whether the conversation went as written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dialog/rehearsal.h"

namespace dialog {

class Coverage;

// Something that is not as the script says.
struct Complaint {
  nlu::Mark mark;             // Of what was expected.
  std::string what;           // "bot", "slot parcel", "flow started"
  std::string expected, got;  // For people.
};

// What of `line` does not hold for the turn that was `heard`; `after` is the conversation then.
std::vector<Complaint> judge(const Bot& bot, const Line& line, const Rehearsal::Heard& heard,
                             const Conversation& after);

// Responses that Rasa's bots have by default, and what they are called here.
const std::map<std::string, std::string>& default_names();

// Names in what `line` expects that nothing of the bot's has.
std::vector<Complaint> unknown_names(const Bot& bot, const Line& line);

// The first turn that went another way.
struct Failure {
  nlu::Mark mark;  // Of the turn
  std::vector<Complaint> complaints;
  // "FILE:LINE: customer "…"", what was expected and came, and the whole turn: what was understood,
  // commands, flows and steps, slots, calls and replies, and the flow's step that was entered last.
  std::string report;
};

// nullopt: it went as written. `coverage`, when given, counts what the conversation came by.
std::optional<Failure> rehearse(const Bot& bot, const nlu::Interpreter* interpreter,
                                const Script& script, Coverage* coverage = nullptr);

// A turn as people know it: `customer "it is 10423"`, "silence of 60 s".
std::string title_of(const Line& line);

}  // namespace dialog

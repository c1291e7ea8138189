// Conversations that must go as written: tests/*.yml of a bot, and tests/conversations/.
//
//   - customer: I want my money back        # or payload:, attachment: {name, media_type},
//     bot: ask_order_number                 #    silence_s: 60, opens: true
//   - customer: 10423, no wait, 10432
//     bot: [confirm_refund]
//     slots: {order_number: "10432"}
//
// Rasa's end-to-end tests (`test_cases:`) are read into the same. docs/conversation-tests.md has
// every key of both.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialog/backend.h"
#include "dialog/command.h"
#include "dialog/event.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/regex.h"
#include "nlu/base/yaml.h"

namespace dialog {

// What must hold after a turn. Responses' names have their "utter_".
namespace expect {

// A reply; what is empty may be anything.
struct Reply {
  std::string response;
  std::optional<std::string> text;   // Whole, but for white space and Markdown's backslashes.
  std::vector<nlu::Regex> patterns;  // Each is found in the text, or is in it as written.
  std::optional<std::vector<Choice>> buttons;  // Quick replies too; by title, and payload if any.
};
struct Replies {
  std::vector<Reply> replies;  // In this order.
  bool are_all = true;         // Else others may come between.
};
struct NoReply {
  Reply reply;
};
struct Wording {
  nlu::Regex pattern;  // Found in the replies' texts, one a line.
  bool is_there = true;
};
struct Buttons {  // Of the last reply.
  std::vector<std::string> titles;
};
struct SlotHolds {  // After the turn.
  std::string slot;
  nlu::json::value value;  // null: not set
};
struct SlotSet {  // In the turn, or held after it.
  std::string slot;
  std::optional<nlu::json::value> value;  // nullopt: any but null
  bool is_set = true;
};
struct FlowChanged {
  enum class What { started, not_started, completed, cancelled, interrupted, resumed };
  What what = What::started;
  std::vector<std::string> flows;
  bool any = false;  // One of `flows` will do; else each.
  std::string step;  // Of completed and cancelled: the last it was at; empty: any
};
struct Calls {
  std::vector<Backend::Entry> requests;  // All of the turn, in order.
};
struct ActionRun {
  std::string action;  // A response, a custom action or one of the patterns' own.
};
struct Occurs {
  std::string event;
};
struct Language {
  std::string language;
};
struct Clarified {
  std::vector<std::string> flows;  // Ids or names, among those that were offered.
};

}  // namespace expect

using Expected =
    std::variant<expect::Replies, expect::NoReply, expect::Wording, expect::Buttons,
                 expect::SlotHolds, expect::SlotSet, expect::FlowChanged, expect::Calls,
                 expect::ActionRun, expect::Occurs, expect::Language, expect::Clarified>;
struct Expectation {
  nlu::Mark mark;
  Expected what;
};

// One turn of a script.
struct Line {
  nlu::Mark mark;
  enum class Kind { opens, customer, payload, attachment, silence } kind = Kind::customer;
  std::string text;     // The customer's words; of a payload the button's title, or empty
  std::string payload;  // Of a button
  Attachment attachment;
  Millis silence = 0;
  std::optional<std::vector<Command>> commands;  // In place of understanding
  std::vector<Backend::Entry> backend;           // Answer first, in this turn.
  std::optional<HttpOutcome> backend_fails;      // So ends every call of this turn.
  std::vector<Expectation> expected;
  bool in_order = false;  // What meets an expectation comes after what met the one before it.
};

struct GivenSlot {
  std::string slot;
  nlu::json::value value;
  nlu::Mark mark;
};

constexpr Millis rehearsal_begins = 1'767'607'200'000;  // 2026-01-05T10:00:00Z, a Monday

struct Script {
  nlu::Mark mark;
  std::string name;       // Empty: the file's does.
  std::string language;   // Empty: the bot's
  std::string time_zone;  // In place of the bot's; empty: the bot's
  Millis now = rehearsal_begins;
  std::uint64_t seed = 1;
  std::vector<Backend::Entry> backend;  // Answer before the bot's own.
  std::vector<GivenSlot> slots;         // Held when the conversation begins.
  std::vector<Line> lines;

  // Whether it has words that only a model can understand.
  bool needs_model() const;
};

// The conversations of one file; `shared` are the conftest.yml files above it, the nearest last.
// Errors go to `diagnostics`; what could be read comes back.
std::vector<Script> read_script(const nlu::Yaml& file, nlu::Diagnostics& diagnostics,
                                const std::vector<const nlu::Yaml*>& shared = {});

// Paths of all *.yml below `folder` but conftest.yml, sorted; none when there is no such folder.
std::vector<std::string> script_files(const std::string& folder, nlu::Diagnostics& diagnostics);

// Reads script files; conftest.yml files once each. For one thread at a time.
class ScriptFiles {
 public:
  // `root`: no conftest.yml is looked for above it.
  explicit ScriptFiles(std::string root) : root_(std::move(root)) {}
  std::vector<Script> read(const std::string& path, nlu::Diagnostics& diagnostics);

 private:
  const nlu::Yaml* conftest(const std::string& folder, nlu::Diagnostics& diagnostics);

  std::string root_;
  std::map<std::string, std::optional<nlu::Yaml>> conftests_;  // By folder
};

// All of `folder` and below.
std::vector<Script> read_scripts(const std::string& folder, nlu::Diagnostics& diagnostics);

}  // namespace dialog

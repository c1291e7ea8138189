// Conversations that must go as written: tests/*.yml of a bot, and tests/conversations/.
//
//   - customer: I want my money back        # or payload:, attachment: {name, media_type},
//     bot: ask_order_number                 #    silence_s: 60, opens: true
//   - customer: 10423, no wait, 10432
//     bot: [confirm_refund]
//     slots: {order_number: "10432"}
//
// docs/conversation-tests.md has every key.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dialog/bot.h"
#include "dialog/engine.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/yaml.h"
#include "nlu/interpreter.h"

namespace dialog {

// One turn of a script. What is nullopt or empty is not checked.
struct Line {
  nlu::Mark mark;
  enum class Kind { opens, customer, payload, attachment, silence } kind = Kind::customer;
  std::string text;  // customer's words, a payload
  Attachment attachment;
  Millis silence = 0;
  std::optional<std::vector<Command>> commands;     // In place of understanding
  std::optional<std::vector<std::string>> bot;      // Responses, all of them, in order
  std::vector<nlu::Regex> bot_says;                 // Each is found in the replies' text.
  std::map<std::string, json::value> slots;         // null: not set
  std::vector<std::string> events;                  // Kinds that must occur
  std::optional<std::vector<std::string>> buttons;  // Titles of the last reply's
  std::string language;                             // Of the conversation, afterwards
};

struct Script {
  std::string file;
  std::string name;
  std::string language;            // Empty: the bot's
  Millis now = 1'767'607'200'000;  // 2026-01-05T10:00:00Z, a Monday
  std::vector<Line> lines;
};

// Errors go to `diagnostics`; what could be read comes back.
Script read_script(const nlu::Yaml& file, nlu::Diagnostics& diagnostics);
// All *.yml in `folder` and below, sorted by name; none when there is no such folder.
std::vector<Script> read_scripts(const std::string& folder, nlu::Diagnostics& diagnostics);

// A conversation with a bot, in virtual time: HTTP actions are answered by the bot's stand-in, and
// timers fire when time passes them. For one thread at a time.
class Rehearsal {
 public:
  // What one turn led to.
  struct Heard {
    nlu::Interpretation interpretation;
    std::vector<Command> commands;
    std::vector<Event> events;  // Of the whole turn, effects that returned included
    std::vector<event::Replied> replies;
  };

  // Borrows both. `interpreter` may be nullptr: then nothing is understood but payloads.
  Rehearsal(const Bot& bot, const nlu::Interpreter* interpreter, std::string language = "",
            Millis now = Script().now, std::uint64_t seed = 1);

  // The conversation begins with the first of these; `open` again does nothing.
  Heard open();
  Heard say(const std::string& text);
  Heard press(const std::string& payload, const std::string& title = "");
  Heard send(const Attachment& attachment);
  Heard command(const std::string& text, std::vector<Command> commands);
  Heard be_silent(Millis duration);

  const Conversation& conversation() const { return conversation_; }
  Millis now() const { return now_; }

 private:
  Heard said(input::Said said, bool understands);
  void give(const Input& input, Heard& heard);
  void settle(Heard& heard);
  void pass(Millis until, Heard& heard);

  const Bot& bot_;
  const nlu::Interpreter* interpreter_;
  std::string language_;
  Millis now_;
  std::uint64_t seed_;
  bool is_open_ = false;
  std::uint64_t messages_ = 0;
  Conversation conversation_;
  std::deque<effect::CallHttp> calls_;
  std::map<std::uint64_t, Millis> timers_;
};

// What was meant, what was decided and what came of it, for people: one fact a line.
std::string explain(const Bot& bot, const Rehearsal::Heard& heard);

// nullopt: it went as written. Else the report: "FILE:LINE: customer "…"" and what was expected,
// what came, and why.
std::optional<std::string> rehearse(const Bot& bot, const nlu::Interpreter* interpreter,
                                    const Script& script);

}  // namespace dialog

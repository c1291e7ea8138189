// A conversation with a bot where nothing is real but the bot: time, the business's systems.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/engine.h"
#include "dialog/script.h"
#include "nlu/interpreter.h"

namespace dialog {

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
            Millis now = rehearsal_begins, std::uint64_t seed = 1);

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

}  // namespace dialog

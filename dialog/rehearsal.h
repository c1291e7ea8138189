// A conversation with a bot where nothing is real but the bot: time, the business's systems.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
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
  // A frame, as long as it was on the stack.
  struct Standing {
    std::uint64_t frame = 0, parent = 0;
    std::string flow, step;
  };
  // What one turn led to.
  struct Heard {
    nlu::Interpretation interpretation;
    std::vector<Command> commands;
    std::vector<Event> events;  // Of the whole turn, effects that returned included
    std::vector<event::Replied> replies;
    std::vector<HttpRequest> calls;
    std::vector<Standing> stack_before;

    // The flow of a frame that stood at the turn's beginning or began in it; "": of no such.
    std::string flow_of(std::uint64_t frame) const;
    std::uint64_t parent_of(std::uint64_t frame) const;  // 0: nothing called it.
  };
  // Sees each event, and the conversation as it was before.
  using Observer = std::function<void(const Conversation& before, const Event& event)>;

  // Borrows both. `interpreter` may be nullptr: then nothing is understood but payloads.
  Rehearsal(const Bot& bot, const nlu::Interpreter* interpreter, std::string language = "",
            Millis now = rehearsal_begins, std::uint64_t seed = 1);

  // Before the first turn: what the stand-in answers before the bot's own, and slots that are held
  // when the conversation begins. Errc::invalid: there is no such slot, or it takes no such value.
  void stub(std::vector<Backend::Entry> entries) { stubs_ = std::move(entries); }
  nlu::Result<void> give(const std::string& slot, const nlu::json::value& value);
  void observe(Observer observer) { observer_ = std::move(observer); }

  // The conversation begins with the first of these; `open` again does nothing.
  Heard open();
  Heard say(const std::string& text);
  Heard press(const std::string& payload, const std::string& title = "");
  Heard send(const Attachment& attachment);
  Heard command(const std::string& text, std::vector<Command> commands);
  Heard be_silent(Millis duration);
  // One of those, with the line's own stubs and failures.
  Heard play(const Line& line);

  const Conversation& conversation() const { return conversation_; }
  Millis now() const { return now_; }

 private:
  Heard said(input::Said said, bool understands);
  Heard begin() const;
  void take(const Input& input, Heard& heard);
  void happened(Event event, Heard& heard);
  void settle(Heard& heard);
  Backend::Answer answer(const HttpRequest& request) const;
  void pass(Millis until, Heard& heard);

  const Bot& bot_;
  const nlu::Interpreter* interpreter_;
  std::string language_;
  Millis now_;
  std::uint64_t seed_;
  Observer observer_;
  std::vector<std::pair<std::string, nlu::json::value>> given_;
  std::vector<Backend::Entry> stubs_;
  const Line* line_ = nullptr;  // That is being played.
  bool is_open_ = false;
  std::uint64_t messages_ = 0;
  Conversation conversation_;
  std::deque<effect::CallHttp> calls_;
  std::map<std::uint64_t, Millis> timers_;
};

}  // namespace dialog

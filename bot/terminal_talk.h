// A conversation in the terminal, as `usher chat` and `usher test --record` hold it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dialog/rehearsal.h"

namespace bot {

// Reads standard input and prints to standard output. For one thread.
class TerminalTalk {
 public:
  // Borrows `rehearsal`. Prints a prompt where a person types.
  explicit TerminalTalk(dialog::Rehearsal& rehearsal);

  // The next that the customer does: words, the number of a button just shown, "/file NAME TYPE",
  // "/silence SECONDS". Blocks; nullopt: the input has ended.
  std::optional<dialog::Line> read();
  void print(const dialog::Rehearsal::Heard& heard);

  // The greeting, then turns until the input ends. `heard` sees each before its replies are
  // printed.
  using OnHeard = std::function<void(const dialog::Line&, const dialog::Rehearsal::Heard&)>;
  void run(const std::string& welcome, const OnHeard& heard);

 private:
  struct Shown {
    std::string title, payload;
  };
  void print(const std::vector<dialog::Choice>& choices);

  dialog::Rehearsal& rehearsal_;
  bool prompts_;
  std::vector<Shown> shown_;  // What a number at the prompt stands for.
};

// Ctrl-C then ends the process as Ctrl-D does, without a word of complaint.
void leave_quietly_on_interrupt();

}  // namespace bot

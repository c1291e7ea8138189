// One message that says several things: which segment answers, which starts what. Its own to
// understand(); docs/understanding-rules.md has its table.
#pragma once

#include <string>
#include <vector>

#include "dialog/reading.h"

namespace dialog {

// Whether a wish is turned down: "I don't want to return it", 不想退货. Not "I don't want it",
// which is one.
bool declines(std::string_view text);

// Of two segments or more, which lie in `text`, in order.
class Segments {
 public:
  Segments(const Bot& bot, const Conversation& conversation, const std::string& text,
           const nlu::Interpretation& said, const std::string& now);

  std::vector<Command> commands();

 private:
  enum class Role {
    nothing,  // Not understood by itself; its entities are a neighbour's.
    aside,    // "Say that again": heard only when nothing else was said.
    runs,     // It is about what runs: an answer, or another value.
    starts,   // A flow
    dropped,
  };
  // A stretch of the text with what was understood of it; spans are of its own text.
  struct Part {
    std::size_t begin = 0, end = 0;
    std::string text;
    nlu::Interpretation said;
    Role role = Role::nothing;
    std::vector<Command> commands;  // By itself.
  };
  struct Start {
    std::string flow;
    std::vector<std::size_t> parts;  // The first is the one that names it.
  };

  Part make_part(const std::vector<std::size_t>& of, std::size_t meaning) const;
  Reading reading(const Part& part) const;
  bool is_small_talk(const Part& part) const;
  bool is_small_talk(const Start& start) const;
  bool read_free_text();
  void read(std::size_t i);
  void take(std::size_t i, const std::vector<Command>& heard);
  bool only_corrects(std::size_t i);
  bool belongs_to_start(std::size_t i) const;
  void begins(std::size_t i, const std::string& flow);
  void ends(std::size_t i);
  void is_of_what_runs(std::size_t i, const std::vector<Command>& commands);
  void attach_rest();
  bool attach(std::size_t i, int step);
  void drop_small_talk();
  std::vector<Command> of_starts() const;
  std::vector<Command> cannot() const;

  const Bot& bot_;
  const Conversation& c_;
  const std::string& text_;
  const nlu::Interpretation& said_;
  const std::string& now_;
  const std::optional<Attachment> no_attachment_;
  std::vector<std::size_t> owners_;  // Of each entity: its segment.
  std::vector<Part> parts_;
  std::vector<Start> starts_;
  std::vector<Command> running_;  // For what runs.
  std::string open_slot_;         // That is asked for; empty: no question is open.
  bool answered_ = false;
  bool cancelled_ = false;
  bool withdrawn_ = false;  // What was wished in this message, in this message.
};

}  // namespace dialog

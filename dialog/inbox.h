// Which of a conversation's utterances can teach something, by its events: those that were not
// handled, those that were understood with doubt, and those whose turn the customer took back.
// docs/inbox.md has the table.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/event.h"
#include "nlu/interpretation.h"

namespace dialog {

enum class InboxReason { unhandled, unsure, corrected };
inline constexpr InboxReason inbox_reasons[] = {InboxReason::unhandled, InboxReason::unsure,
                                                InboxReason::corrected};
std::string_view reason_name(InboxReason reason);  // "unhandled", …
std::optional<InboxReason> reason_named(std::string_view name);

struct InboxRules {
  double sure = 0.7;          // An intent below it is doubtful.
  std::string deny = "deny";  // The bot's intent of a no.
};

struct InboxUtterance {
  EventNumber number = 0;  // Of the event that it was uttered with
  Millis ts = 0;
  std::string text;
  nlu::Interpretation interpretation;  // As it was kept
  std::vector<InboxReason> reasons;    // Never empty; in the order above.
};

// Reads one conversation's events, in order, and keeps of them no more than two turns and what it
// found. Buttons, files, typed commands ("/…") and what a person answered are left out.
class InboxReader {
 public:
  explicit InboxReader(InboxRules rules) : rules_(std::move(rules)) {}
  void read(const Event& event);
  // What was found, in order; call it once, after the last event.
  std::vector<InboxUtterance> finish();

  // What the customer is known as: the site's name and id for them, the channel's sender.
  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Turn {
    bool begun = false;
    bool said = false;  // In words, to the bot.
    bool interpreted = false;
    bool ends_session = false;
    std::string payload;
    InboxUtterance utterance;
    std::vector<Command> commands;
  };

  void close();
  void judge(Turn& turn) const;
  bool is_corrected(const Turn& before, const Turn& now) const;
  bool says_no(const Turn& turn) const;
  void note_name(const std::string& name);

  const InboxRules rules_;
  Turn before_, now_;
  std::vector<InboxUtterance> found_;
  std::vector<std::string> names_;
};

}  // namespace dialog

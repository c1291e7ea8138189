// The inbox as a talk in the terminal: a group at a time, an answer a line.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "bot/inbox.h"
#include "bot/inbox_memory.h"
#include "dialog/bot.h"
#include "nlu/base/result.h"
#include "nlu/pseudonyms.h"

namespace bot {

struct InboxDesk {
  std::string folder;
  const dialog::Bot& bot;
  InboxMemory& memory;
  const nlu::Pseudonyms& pseudonyms;
  std::size_t most = 10;  // Examples of a group that are proposed
};

// What was said, then and now, of one group, for people.
std::string describe(const InboxGroup& group, const dialog::Bot& bot, std::size_t utterances);

// Every label and dismissal is on disk before the next question. Ends with the groups, with "q" or
// with the input. Errors of writing end it, too; what was kept before stays.
struct InboxDone {
  std::size_t examples = 0, dismissed = 0;
};
nlu::Result<InboxDone> ask_about(std::vector<InboxGroup> groups, const InboxDesk& desk,
                                 std::istream& in, std::ostream& out);

}  // namespace bot

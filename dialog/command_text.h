// Commands as text: what CALM's language models write, and its tests.
//
//   StartFlow(transfer_money)      start flow transfer_money
//   SetSlot(amount, 50)            set slot amount 50
//   CancelFlow()                   cancel flow
//   Clarify(add_card, lost_card)   disambiguate flows add_card lost_card
//
// docs/conversation-tests.md has them all. A value that reads as a number, true, false or null is
// one, unless it stands in quotes; engine and slots convert it as they do any other.
#pragma once

#include <string_view>
#include <vector>

#include "dialog/command.h"

namespace dialog {

// One command. Errc::invalid says what is wrong and what to write.
nlu::Result<Command> parse_command(std::string_view text);

// One a line; empty lines are nothing. The first that is wrong comes back alone.
nlu::Result<std::vector<Command>> parse_commands(std::string_view lines);

}  // namespace dialog

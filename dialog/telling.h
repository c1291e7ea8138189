// A rehearsed turn in words, for people.
#pragma once

#include <string>

#include "dialog/rehearsal.h"

namespace dialog {

// What was meant, what was decided and what came of it, for people: one fact a line. Flows, steps
// with their place, slots, calls and replies; what keeps the books (timers, numbers) is left out.
std::string explain(const Bot& bot, const Rehearsal::Heard& heard);

// "flows/order.yml:12: order, step 2_collect": the last step of a flow (no pattern) that was
// entered in the turn; "": none.
std::string last_step(const Bot& bot, const Rehearsal::Heard& heard);
// The same of the flow that the conversation stands in.
std::string standing_step(const Bot& bot, const Conversation& conversation);

std::string value_text(const json::value* value);  // "not set" when there is none.
std::string indented(const std::string& text);     // Two spaces before each line.

}  // namespace dialog

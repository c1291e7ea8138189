// A rehearsed turn in words, for people.
#pragma once

#include <string>
#include <vector>

#include "dialog/rehearsal.h"

namespace dialog {

// What was meant, what was decided and what came of it, for people: one fact a line.
std::string explain(const Bot& bot, const Rehearsal::Heard& heard);

// "flows/order.yml:12: order, step 2_collect": the step of a flow that was entered last; "": none.
std::string last_step(const Bot& bot, const Conversation& conversation,
                      const std::vector<Event>& events);
std::string value_text(const json::value* value);  // "not set" when there is none.

}  // namespace dialog

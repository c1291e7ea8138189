// Plays a script and says whether the conversation went as written.
#pragma once

#include <optional>
#include <string>

#include "dialog/rehearsal.h"

namespace dialog {

// nullopt: it went as written. Else the report: "FILE:LINE: customer "…"" and what was expected,
// what came, and why.
std::optional<std::string> rehearse(const Bot& bot, const nlu::Interpreter* interpreter,
                                    const Script& script);

}  // namespace dialog

// Every code that a finding about a bot can have, and what to do about it in general.
//
// A finding's message is about its place; this is about its kind. docs/findings.md is this table.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dialog {

struct Finding {
  std::string_view code;    // Stable: nlu::Diagnostic::code.
  std::string_view title;   // What is found: one sentence without a full stop.
  std::string_view advice;  // What to do about it: whole sentences.
};

// Sorted by code; a code occurs once.
std::span<const Finding> findings();
// nullptr: there is no such code.
const Finding* find_finding(std::string_view code);

// docs/findings.md as it has to be.
std::string findings_page();

}  // namespace dialog

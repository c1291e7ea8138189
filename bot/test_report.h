// What usher test has found, for people, programs and build servers.
#pragma once

#include <string>

#include "bot/test_run.h"

namespace bot {

// One JSON object: conversations, failed, took_s, results with what was expected and came.
std::string as_json(const TestRun& run);

// JUnit's XML, as build servers read it: a suite for each file, a case for each conversation.
std::string as_junit(const TestRun& run);

// A table by flow, then what no test comes by, with its place.
std::string coverage_text(const dialog::Coverage& coverage, const std::string& folder);
std::string coverage_json(const dialog::Coverage& coverage);

}  // namespace bot

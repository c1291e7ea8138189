// Conversations that must go as written: tests/*.yml of a bot, and tests/conversations/.
//
//   - customer: I want my money back        # or payload:, attachment: {name, media_type},
//     bot: ask_order_number                 #    silence_s: 60, opens: true
//   - customer: 10423, no wait, 10432
//     bot: [confirm_refund]
//     slots: {order_number: "10432"}
//
// docs/conversation-tests.md has every key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dialog/command.h"
#include "dialog/event.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/regex.h"
#include "nlu/base/yaml.h"

namespace dialog {

constexpr Millis rehearsal_begins = 1'767'607'200'000;  // 2026-01-05T10:00:00Z, a Monday

// One turn of a script. What is nullopt or empty is not checked.
struct Line {
  nlu::Mark mark;
  enum class Kind { opens, customer, payload, attachment, silence } kind = Kind::customer;
  std::string text;  // customer's words, a payload
  Attachment attachment;
  Millis silence = 0;
  std::optional<std::vector<Command>> commands;     // In place of understanding
  std::optional<std::vector<std::string>> bot;      // Responses, all of them, in order
  std::vector<nlu::Regex> bot_says;                 // Each is found in the replies' text.
  std::map<std::string, nlu::json::value> slots;    // null: not set
  std::vector<std::string> events;                  // Kinds that must occur
  std::optional<std::vector<std::string>> buttons;  // Titles of the last reply's
  std::string language;                             // Of the conversation, afterwards
};

struct Script {
  std::string file;
  std::string name;
  std::string language;  // Empty: the bot's
  Millis now = rehearsal_begins;
  std::vector<Line> lines;
};

// Errors go to `diagnostics`; what could be read comes back.
Script read_script(const nlu::Yaml& file, nlu::Diagnostics& diagnostics);
// All *.yml in `folder` and below, sorted by name; none when there is no such folder.
std::vector<Script> read_scripts(const std::string& folder, nlu::Diagnostics& diagnostics);

}  // namespace dialog

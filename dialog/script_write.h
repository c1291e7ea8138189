// Scripts as text: of a talk that was recorded, and of a conversation that was kept.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/event.h"
#include "dialog/script.h"

namespace dialog {

// A script that is to be written. Of its lines, what happens is written (not what is expected).
struct Recorded {
  Script script;
  std::vector<std::vector<std::string>> replies;  // Responses' names, for each of its lines
  std::vector<std::string> notes;                 // Written on top, as comments
};

// A file that read_script() reads as the same conversation.
std::string to_yaml(const Recorded& recorded);

// A kept conversation as a script: what the customer wrote, and what the bot answered. `events` are
// all of it, from the first on. Calls to the backend become stubs as far as the events tell what
// came back; the notes say what no script can: people who wrote, results that are not known.
Recorded script_of(const Bot& bot, std::span<const Event> events);

}  // namespace dialog

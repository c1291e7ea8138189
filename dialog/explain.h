// Why a conversation went as it did: each turn with what was understood, decided, weighed and done,
// in the order in which it happened.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dialog/bot.h"
#include "dialog/event.h"
#include "nlu/base/json.h"

namespace dialog {

struct ExplainOptions {
  std::optional<std::uint64_t> turn;  // Only this; 0: the opening.
  // The flows, for places in files and for conditions; nullptr: from the events alone.
  const Bot* bot = nullptr;
};

// {"bot", "channel", "version", "turns": [{"turn", "at", "said", …, "steps": […]}]}. Conditions are
// found out by doing the conversation again, which only the version it was had with can; else
// "conditions" says why there are none. Errc::not_found: it has no such turn. Errc::corrupt: events
// are missing.
nlu::Result<nlu::json::object> explain(std::span<const Event> kept, const ExplainOptions& options);

// The same for people, each fact on a line.
std::string explained_text(const nlu::json::object& explanation);

}  // namespace dialog

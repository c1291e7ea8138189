// A conversation that goes on with another version of its bot.
//
// Names that the new version no longer has are looked up in its `migrations`. A step that stands
// elsewhere is found again where that is sure: the only one in its flow that asks for the same
// slot, or calls the same flow. What cannot be found is left as it is, and has_place() says so.
#pragma once

#include <optional>

#include "dialog/bot.h"
#include "dialog/conversation.h"

namespace dialog {

// nullopt: the conversation has no version yet, or is of this one.
std::optional<event::VersionChanged> migrate(const Bot& bot, const Conversation& conversation);

// Whether `frame` can go on in `bot`: its flow is there, and its step is what it was. `called` is
// the frame that it has called and waits for; nullptr: none.
bool has_place(const Bot& bot, const Frame& frame, const Frame* called);
// The same of all of them, each called by the one before it or by none.
bool have_place(const Bot& bot, const std::vector<Frame>& frames);

}  // namespace dialog

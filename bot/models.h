// Where the shell gets a bot's understanding from: its model file, trained when need be.
#pragma once

#include "bot/bots.h"

namespace bot {

// The MakeInterpreter of production. A model belongs to the data it was trained from: one that is
// missing, stale or damaged is trained anew, which takes seconds, and kept beside the bot.
MakeInterpreter trained_interpreters();

// The bot's model as it lies there; nullptr when there is none that works: then `say` gets why, and
// `without`, which is what follows from it for people. Nothing is trained.
InterpreterPtr present_model(const std::string& folder, const dialog::Bot& bot,
                             std::string_view without, const Say& say);

}  // namespace bot

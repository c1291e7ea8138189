// Where the shell gets a bot's understanding from: its model file, trained when need be.
#pragma once

#include "bot/bots.h"

namespace bot {

// The MakeInterpreter of production. A model belongs to the data it was trained from: one that is
// missing, stale or damaged is trained anew, which takes seconds, and kept beside the bot.
MakeInterpreter trained_interpreters();

}  // namespace bot

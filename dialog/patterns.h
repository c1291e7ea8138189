// The flows and responses that every bot has unless its files have their own.
#pragma once

#include "nlu/base/diagnostic.h"

namespace dialog {

// Whether what is marked so is a default that no file of the bot has replaced.
bool is_default(const nlu::Mark& mark);

}  // namespace dialog

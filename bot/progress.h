// How far training has come, on a terminal or in a log.
#pragma once

#include "nlu/torch/trainer.h"

namespace bot {

// On a terminal one line that is written over and over, else a line each time a phase is done.
void show_progress(const nlu::Progress& now, bool terminal);

}  // namespace bot

// The texts that sentiment and urgency are learnt from where a bot brings none of its own.
#pragma once

#include <vector>

#include "nlu/torch/tone.h"

namespace nlu {

std::vector<LabelledText> shipped_sentiments();  // Labels as in `sentiments`.
std::vector<LabelledText> shipped_urgencies();   // Labels as in `urgencies`.

}  // namespace nlu

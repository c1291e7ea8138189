// How much room text takes on a terminal.
#pragma once

namespace nlu {

// Columns of a character: 2 for wide ones such as Chinese, 0 for what stands on the one before it
// and for what is not seen (also for control characters), else 1.
int display_width(char32_t character);

}  // namespace nlu

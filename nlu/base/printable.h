// What others wrote, on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace nlu {

// Without what would steer a terminal or begin a line of its own: control characters are spaces.
std::string printable(std::string_view text);

}  // namespace nlu

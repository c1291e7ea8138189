// Small and capital letters of every script, as Unicode says. ICU is named in letter_case.cc only.
#pragma once

#include <string>
#include <string_view>

namespace nlu {

// Bytes that are no UTF-8 come back as U+FFFD.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace nlu

// What bytes that are not UTF-8 may be.
#pragma once

#include <string>
#include <string_view>

namespace nlu {

// For a message: what `bytes` that are not UTF-8 look like, and how to convert them. A guess: short
// texts of one encoding may look like another.
//
//   "it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t UTF-8 OLD > NEW"
std::string encoding_advice(std::string_view bytes);

}  // namespace nlu

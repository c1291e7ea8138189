// The other end of did_you_mean(): for programs that correct what it found.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nlu {

// The name that did_you_mean() (nlu/base/diagnostic.h) put at the end of `message`; nullopt when it
// put none there, or two that are equally near.
std::optional<std::string> meant(std::string_view message);

}  // namespace nlu

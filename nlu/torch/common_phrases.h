// How customers put what they want of any business: sentences grouped by what they mean. No group
// belongs to an intent; which intent of a bot means the same, if any, its own examples decide.
#pragma once

#include <span>
#include <string_view>

namespace nlu {

struct PhraseGroup {
  std::string_view name;
  std::string_view sentences;  // One a line, English and Chinese.
};

std::span<const PhraseGroup> common_phrases();

}  // namespace nlu

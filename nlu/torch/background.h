// What people say to a business's bot that is none of its business: sentences of many topics, which
// every model learns to refuse unless the bot's own examples are about the same.
#pragma once

#include <span>
#include <string_view>

namespace nlu {

struct Topic {
  std::string_view name;
  std::string_view sentences;  // One a line.
};

std::span<const Topic> background_topics();

}  // namespace nlu

// Any bytes as a YAML file: a tree within the limits, or one diagnostic with a place.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "nlu/base/yaml.h"

namespace {

// Walks all of it, so that a tree that cannot be walked is found.
std::size_t count_nodes(const nlu::Yaml& node, int depth) {
  if (depth > 100) __builtin_trap();
  std::size_t count = 1;
  for (const nlu::Yaml& item : node.items) count += count_nodes(item, depth + 1);
  for (const nlu::Yaml::Entry& entry : node.entries) count += count_nodes(entry.value, depth + 1);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = nlu::parse_yaml(text, "fuzz.yml");
  if (const auto* tree = std::get_if<nlu::Yaml>(&parsed)) {
    if (count_nodes(*tree, 0) > 400'000) __builtin_trap();
  } else if (std::get<nlu::Diagnostic>(parsed).message.empty()) {
    __builtin_trap();
  }
  return 0;
}

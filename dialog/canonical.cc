#include "dialog/canonical.h"

#include <fmt/format.h>

namespace dialog {

namespace {

using nlu::Yaml;

void append_canonical(const Yaml& node, std::string& out) {
  switch (node.kind) {
    case Yaml::Kind::null:
      out += 'n';
      return;
    case Yaml::Kind::scalar:
      out += fmt::format("{}{}:", node.quoted ? 'q' : 's', node.text.size());
      out += node.text;
      return;
    case Yaml::Kind::sequence:
      out += fmt::format("l{}:", node.items.size());
      for (const Yaml& item : node.items) append_canonical(item, out);
      return;
    case Yaml::Kind::map:
      out += fmt::format("m{}:", node.entries.size());
      for (const Yaml::Entry& entry : node.entries) {
        out += fmt::format("{}:", entry.key.size());
        out += entry.key;
        append_canonical(entry.value, out);
      }
      return;
  }
}

}  // namespace

std::string canonical(const Yaml& node) {
  std::string text;
  append_canonical(node, text);
  return text;
}

}  // namespace dialog

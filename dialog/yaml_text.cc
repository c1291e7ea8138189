#include "dialog/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "nlu/base/json.h"

namespace dialog {

namespace {

using nlu::Yaml;

bool reads_as_other(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr std::array<std::string_view, 9> words = {"true", "false", "null", "yes", "no",
                                                            "on",   "off",   "y",    "n"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

// YAML has no place for most control characters, not even in quotes.
std::string without_controls(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_c1 = c == 0xC2 && i + 1 < text.size() &&
                       static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    const bool is_control = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F || is_c1;
    out += is_control ? ' ' : text[i];
    if (is_c1) ++i;
  }
  return out;
}

// Whether the lines can stand below a '|' and come back as they are.
bool is_plain_block(const std::string& text) {
  if (text.empty() || text.back() != '\n' || text.ends_with("\n\n")) return false;
  if (text.front() == ' ' || text.front() == '\n') return false;
  return without_controls(text) == text && text.find('\t') == std::string::npos;
}

std::string block(const std::string& text, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out = "|\n";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    out += line.empty() ? "\n" : margin + line + "\n";
    at = end + 1;
  }
  return out;
}

// What stands behind "key:" or "-", with the line's end.
void append_value(const Yaml& node, int indent, bool in_list, std::string& out) {
  switch (node.kind) {
    case Yaml::Kind::null:
      out += " null\n";
      return;
    case Yaml::Kind::scalar: {
      const bool means_more =
          !node.quoted && !node.block && (node.as_bool() || node.as_number() || node.as_integer());
      if (node.block && is_plain_block(node.text)) {
        out += " " + block(node.text, indent + 2);
      } else {
        out += " " + (means_more ? node.text : yaml_scalar(node.text)) + "\n";
      }
      return;
    }
    case Yaml::Kind::sequence:
      if (node.items.empty()) {
        out += " []\n";
        return;
      }
      out += "\n" + yaml_text(node, indent + 2);
      return;
    case Yaml::Kind::map:
      if (node.entries.empty()) {
        out += " {}\n";
        return;
      }
      if (in_list) {
        // The first key stands behind the dash.
        out += " " + yaml_text(node, indent + 2).substr(static_cast<std::size_t>(indent) + 2);
      } else {
        out += "\n" + yaml_text(node, indent + 2);
      }
      return;
  }
}

}  // namespace

std::string yaml_scalar(const std::string& written, std::string_view marks) {
  const std::string text = without_controls(written);
  const bool is_plain =
      !text.empty() && text.back() != ' ' && !reads_as_other(text) &&
      (std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() < 0) &&
      std::all_of(text.begin(), text.end(), [&](char c) {
        return c < 0 || std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               marks.find(c) != std::string_view::npos;
      });
  return is_plain ? text : nlu::json::serialize(nlu::json::value(text));
}

std::string yaml_text(const Yaml& node, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::string out;
  if (node.is_sequence()) {
    for (const Yaml& item : node.items) {
      out += margin + "-";
      append_value(item, indent, true, out);
    }
  } else if (node.is_map()) {
    for (const Yaml::Entry& entry : node.entries) {
      out += margin + yaml_scalar(entry.key, "_-.") + ":";
      append_value(entry.value, indent, false, out);
    }
  } else {
    append_value(node, indent, false, out);
    out = margin + out.substr(1);
  }
  return out;
}

std::string yaml_comment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += "# " + without_controls(std::string(text.substr(0, end))) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace dialog

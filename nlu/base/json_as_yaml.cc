#include "nlu/base/json_as_yaml.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace nlu {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What YAML takes for something else than a text, old readers included.
bool is_word_of_yaml(std::string_view text) {
  static constexpr std::array<std::string_view, 9> words{"true", "false", "null", "yes", "no",
                                                         "on",   "off",   "y",    "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(words.begin(), words.end(), lower) != words.end();
}

// A name, a word or a few: "utter_ask", "END", "Which city?" is none.
std::string scalar(std::string_view text) {
  const bool is_plain =
      !text.empty() && is_letter(text.front()) && text.back() != ' ' &&
      std::all_of(text.begin(), text.end(),
                  [](char c) { return is_letter(c) || is_digit(c) || c == ' ' || c == '.'; }) &&
      !is_word_of_yaml(text);
  return is_plain ? std::string(text) : json::serialize(json::value(text));
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  // `value` behind a key or a dash; `depth` is where its own lines stand.
  void write(const json::value& value, int depth, bool behind_dash) {
    if (const auto* object = value.if_object(); object && !object->empty()) {
      bool first = behind_dash;
      if (!behind_dash && depth > 0) out_ += '\n';
      for (const auto& member : *object) {
        if (!first) indent(depth);
        first = false;
        out_ += scalar({member.key().data(), member.key().size()}) + ":";
        below(member.value(), depth);
      }
    } else if (const auto* array = value.if_array(); array && !array->empty()) {
      bool first = behind_dash;
      if (!behind_dash && depth > 0) out_ += '\n';
      for (const json::value& item : *array) {
        if (!first) indent(depth);
        first = false;
        out_ += "- ";
        write(item, depth + 1, true);
      }
    } else if (const auto* text = value.if_string()) {
      out_ += scalar({text->data(), text->size()}) + "\n";
    } else if (const auto* number = value.if_double()) {
      out_ += fmt::format("{}\n", *number);
    } else {
      out_ += json::serialize(value) + "\n";
    }
  }

 private:
  void below(const json::value& value, int depth) {
    const bool is_block = (value.is_object() && !value.get_object().empty()) ||
                          (value.is_array() && !value.get_array().empty());
    if (!is_block) out_ += ' ';
    write(value, depth + 1, false);
  }
  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  std::string out_;
};

}  // namespace

std::string json_as_yaml(const json::value& value) {
  Writer writer;
  writer.write(value, 0, false);
  return writer.take();
}

}  // namespace nlu

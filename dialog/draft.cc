#include "dialog/draft.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

// "12: message" of Condition::parse.
std::pair<int, std::string> split_column(const std::string& message) {
  int column = 1;
  const auto [stop, failure] =
      std::from_chars(message.data(), message.data() + message.size(), column);
  const std::size_t begin = static_cast<std::size_t>(stop - message.data());
  if (failure != std::errc{} || message.compare(begin, 2, ": ") != 0) return {1, message};
  return {column, message.substr(begin + 2)};
}

// Where character `column` of a scalar stands, as far as its style lets us know.
Mark mark_within(const Yaml& node, int column) {
  Mark mark = node.mark;
  if (!node.block) {
    mark.column += column - 1 + (node.quoted ? 1 : 0);
    return mark;
  }
  // Folding has joined the lines, so there the first must do.
  const std::string before =
      node.folded ? "" : nlu::truncate(node.text, static_cast<std::size_t>(column) - 1);
  const std::size_t line_begin =
      before.rfind('\n') == std::string::npos ? 0 : before.rfind('\n') + 1;
  mark.line += 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  mark.column =
      node.block_indent + 1 + static_cast<int>(nlu::count_characters(before.substr(line_begin)));
  return mark;
}

std::string kind_of(const Yaml& node) {
  switch (node.kind) {
    case Yaml::Kind::null:
      return "empty";
    case Yaml::Kind::scalar:
      return "a single value";
    case Yaml::Kind::sequence:
      return "a list";
    case Yaml::Kind::map:
      return "a map";
  }
  return "";
}

std::string number_text(double number) {
  return number == std::floor(number) && std::abs(number) < 1e15 ? fmt::format("{:.0f}", number)
                                                                 : fmt::format("{}", number);
}

bool begins_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

// The message formats of ICU, which this version does not have.
bool is_message_format(std::string_view format) {
  for (const std::string_view known :
       {"plural", "select", "selectordinal", "date", "time", "number"}) {
    if (format.substr(0, known.size()) == known &&
        (format.size() == known.size() || format[known.size()] == ',' ||
         format[known.size()] == '}' || format[known.size()] == ' ')) {
      return true;
    }
  }
  return false;
}

const std::vector<std::string>& context_names() {
  static const std::vector<std::string> names = {"reason",
                                                 "flow_name",
                                                 "interrupted_flow",
                                                 "names",
                                                 "corrected_slots",
                                                 "user",
                                                 "language",
                                                 "sentiment",
                                                 "mood",
                                                 "urgency",
                                                 "channel",
                                                 "canceled_name",
                                                 "previous_flow_name",
                                                 "interrupted_flow_options",
                                                 "new_slot_values",
                                                 "is_reset_only",
                                                 "error_type",
                                                 "info",
                                                 "collect",
                                                 "utter",
                                                 "rejections",
                                                 "multiple_flows_interrupted",
                                                 "clarification_options",
                                                 "next_flows",
                                                 "silence_count",
                                                 "interrupted_flow_name",
                                                 "flow_id",
                                                 "not_understood",
                                                 "corrected_names",
                                                 "flows",
                                                 "interrupted_flow_id",
                                                 "canceled_flow"};
  return names;
}

void check_context(Draft& draft, std::string_view path, const Mark& mark) {
  const std::string first(path.substr(0, path.find('.')));
  const auto& names = context_names();
  if (std::find(names.begin(), names.end(), first) != names.end()) return;
  draft.warn("unknown_context", mark,
             fmt::format("nothing sets 'context.{}'{}", first, nlu::did_you_mean(first, names)));
}

}  // namespace

void Draft::error(std::string code, const Mark& mark, std::string message) {
  diagnostics.push_back({nlu::Severity::error, std::move(code), mark, std::move(message)});
}

void Draft::warn(std::string code, const Mark& mark, std::string message) {
  diagnostics.push_back({nlu::Severity::warning, std::move(code), mark, std::move(message)});
}

void Draft::refer(Reference::Kind kind, std::string name, const Mark& mark, std::string user) {
  references.push_back({kind, std::move(name), mark, std::move(user)});
}

std::string Draft::place(const Mark& mark) {
  return fmt::format("{}:{}:{}", mark.file, mark.line, mark.column);
}

void check_keys(Draft& draft, const Yaml& map, const Keys& keys) {
  check_keys(draft, map, keys, keys.what);
}

void check_keys(Draft& draft, const Yaml& map, const Keys& keys, std::string_view what) {
  for (const Yaml::Entry& entry : map.entries) {
    if (keys.find(entry.key) != nullptr || keys.find_refused(entry.key) != nullptr) continue;
    std::vector<std::string> free = keys.names();  // What stands there already is not meant.
    std::erase_if(free, [&](const std::string& key) { return map.find(key) != nullptr; });
    draft.error(
        "unknown_key", entry.key_mark,
        fmt::format("'{}' is no key of {}{}", entry.key, what, nlu::did_you_mean(entry.key, free)));
  }
}

bool expect_map(Draft& draft, const Yaml& node, std::string_view what) {
  if (node.is_map()) return true;
  draft.error("wrong_kind", node.mark,
              fmt::format("{} must be a map of keys and values, and is {}", what, kind_of(node)));
  return false;
}

bool expect_sequence(Draft& draft, const Yaml& node, std::string_view what) {
  if (node.is_sequence()) return true;
  draft.error(
      "wrong_kind", node.mark,
      fmt::format("{} must be a list, with '- ' before each item, and is {}", what, kind_of(node)));
  return false;
}

std::optional<std::string> read_text(Draft& draft, const Yaml& node, std::string_view what) {
  if (node.is_scalar()) return node.text;
  draft.error("wrong_kind", node.mark,
              fmt::format("{} must be a text, and is {}", what, kind_of(node)));
  return std::nullopt;
}

std::optional<bool> read_bool(Draft& draft, const Yaml& node, std::string_view what) {
  if (node.is_scalar()) {
    if (const auto flag = node.as_bool()) return flag;
  }
  draft.error("wrong_kind", node.mark, fmt::format("{} must be true or false", what));
  return std::nullopt;
}

std::optional<double> read_number(Draft& draft, const Yaml& node, const Key& key) {
  const auto number = node.is_scalar() ? node.as_number() : std::nullopt;
  if (!number || std::isnan(*number)) {
    draft.error("wrong_kind", node.mark, fmt::format("'{}' must be a number", key.name));
    return std::nullopt;
  }
  if (*number < key.form.min || *number > key.form.max) {
    draft.error("out_of_range", node.mark,
                fmt::format("'{}' must be between {} and {}", key.name, number_text(key.form.min),
                            number_text(key.form.max)));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> read_whole(Draft& draft, const Yaml& node, const Key& key) {
  const auto min = static_cast<std::int64_t>(key.form.min);
  const auto max = static_cast<std::int64_t>(key.form.max);
  const auto number = node.is_scalar() ? node.as_integer() : std::nullopt;
  if (!number) {
    draft.error("wrong_kind", node.mark, fmt::format("'{}' must be a whole number", key.name));
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    draft.error("out_of_range", node.mark,
                fmt::format("'{}' must be between {} and {}", key.name, min, max));
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> read_texts(Draft& draft, const Yaml& node, std::string_view what) {
  if (node.is_scalar()) return {node.text};
  std::vector<std::string> texts;
  if (!expect_sequence(draft, node, what)) return texts;
  for (const Yaml& item : node.items) {
    if (auto text = read_text(draft, item, fmt::format("an item of {}", what))) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

json::value to_json(const Yaml& node) {
  switch (node.kind) {
    case Yaml::Kind::null:
      return nullptr;
    case Yaml::Kind::scalar:
      break;
    case Yaml::Kind::sequence: {
      json::array array;
      for (const Yaml& item : node.items) array.push_back(to_json(item));
      return array;
    }
    case Yaml::Kind::map: {
      json::object object;
      for (const Yaml::Entry& entry : node.entries) object[entry.key] = to_json(entry.value);
      return object;
    }
  }
  if (!node.quoted && !node.block) {
    if (const auto flag = node.as_bool()) return *flag;
    if (const auto whole = node.as_integer()) return *whole;
    if (const auto number = node.as_number(); number && std::isfinite(*number)) return *number;
  }
  return json::value(node.text);
}

std::optional<std::size_t> find_word(std::span<const std::string_view> words,
                                     std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  return nlu::did_you_mean(std::string(word), {words.begin(), words.end()});
}

bool is_name(std::string_view text) {
  return !text.empty() && begins_name(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return begins_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-';
         });
}

std::optional<Condition> parse_condition(Draft& draft, const Yaml& node) {
  if (!node.is_scalar()) {
    draft.error("wrong_kind", node.mark,
                fmt::format("a condition must be a text, and is {}", kind_of(node)));
    return std::nullopt;
  }
  auto condition = Condition::parse(node.text);
  if (!condition) {
    const auto [column, message] = split_column(condition.error().message);
    draft.error("bad_condition", mark_within(node, column), message);
    return std::nullopt;
  }
  return *std::move(condition);
}

namespace {

void refer_to_names(Draft& draft, const Expression& expression, const Mark& mark) {
  for (const std::string& slot : expression.slots()) {
    draft.refer(Reference::Kind::slot, slot, mark);
  }
  for (const std::string& path : expression.contexts()) check_context(draft, path, mark);
  for (const std::string& name : expression.hours()) draft.named_hours.emplace_back(name, mark);
}

}  // namespace

std::optional<Condition> read_condition(Draft& draft, const Yaml& node) {
  auto condition = parse_condition(draft, node);
  if (condition) refer_to_names(draft, condition->expression(), node.mark);
  return condition;
}

std::optional<Expression> read_expression(Draft& draft, const Yaml& node) {
  if (!node.is_scalar()) {
    draft.error("wrong_kind", node.mark,
                fmt::format("an expression must be a text, and is {}", kind_of(node)));
    return std::nullopt;
  }
  auto expression = Expression::parse(node.text);
  if (!expression) {
    const auto [column, message] = split_column(expression.error().message);
    draft.error("bad_expression", mark_within(node, column), message);
    return std::nullopt;
  }
  refer_to_names(draft, *expression, node.mark);
  return *std::move(expression);
}

void check_template(Draft& draft, std::string_view text, const Mark& mark) {
  if (text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos) {
    draft.error("jinja_unsupported", mark,
                "Jinja's '{{…}}' and '{%…%}' are not understood; write a slot as '{name}'");
    return;
  }
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t end = text.find_first_of(",}", open);
    if (end == std::string_view::npos) return;
    const std::string_view inside = text.substr(open + 1, end - open - 1);
    const bool is_context = inside.substr(0, 8) == "context.";
    const std::string_view name = is_context                        ? inside.substr(8)
                                  : inside.substr(0, 6) == "slots." ? inside.substr(6)
                                                                    : inside;
    if (text[end] == ',') {
      const std::size_t format = text.find_first_not_of(' ', end + 1);
      if (is_name(name) && format != std::string_view::npos &&
          is_message_format(text.substr(format))) {
        draft.error("format_unsupported", mark,
                    fmt::format("this version does not format '{{{}, …}}'; write '{{{}}}'", inside,
                                inside));
      }
    } else if (is_context) {
      check_context(draft, name, mark);
    } else if (is_name(name)) {
      draft.refer(Reference::Kind::slot, std::string(name), mark);
    }
  }
}

Template read_template(Draft& draft, const Yaml& node) {
  auto text = read_text(draft, node, "a text");
  if (!text) return {};
  check_template(draft, *text, node.mark);
  return {*std::move(text)};
}

void check_templates(Draft& draft, const Yaml& node) {
  if (node.is_scalar()) check_template(draft, node.text, node.mark);
  for (const Yaml& item : node.items) check_templates(draft, item);
  for (const Yaml::Entry& entry : node.entries) check_templates(draft, entry.value);
}

}  // namespace dialog

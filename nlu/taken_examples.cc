#include "nlu/taken_examples.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "nlu/base/diagnostic.h"
#include "nlu/base/json.h"
#include "nlu/training_data.h"

namespace nlu {
namespace {

constexpr std::string_view heading =
    "version: \"3.1\"\n"
    "\n"
    "# What customers said, labelled with `usher inbox`; names and numbers are made up. `subject` "
    "is\n"
    "# the conversation: `usher inbox forget` removes what was taken from it.\n"
    "nlu:\n";

// A file's lines, with their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool begins_item(std::string_view line) {
  const std::string_view text = trimmed(line);
  return !text.empty() && text[0] == '-' && (text.size() == 1 || text[1] == ' ');
}

std::string text_of(const Yaml* node) {
  return node != nullptr && node->is_scalar() ? std::string(trimmed(node->text)) : "";
}

// What metadata says under `key`.
std::string noted(const Yaml& item, std::string_view key) {
  const Yaml* const metadata = item.find("metadata");
  return metadata == nullptr ? "" : text_of(metadata->find(key));
}

// Calls take(item, example, its content) for every example of every intent. `example` is nullptr
// for the line of a block "examples: |".
template <class Take>
void each_example(const Yaml& file, Take take) {
  const Yaml* const nlu = file.find("nlu");
  if (nlu == nullptr || !nlu->is_sequence()) return;
  for (const Yaml& item : nlu->items) {
    const std::string intent = text_of(item.find("intent"));
    const Yaml* const examples = item.find("examples");
    if (intent.empty() || examples == nullptr) continue;
    TakenExample taken{intent, "", noted(item, "subject"), noted(item, "utterance")};
    if (examples->is_sequence()) {
      for (const Yaml& example : examples->items) {
        TakenExample one = taken;
        one.text = text_of(example.is_map() ? example.find("text") : &example);
        if (const std::string subject = noted(example, "subject"); !subject.empty())
          one.subject = subject, one.utterance = noted(example, "utterance");
        take(item, &example, one);
      }
    } else if (examples->is_scalar()) {
      for (const std::string_view line : lines_of(examples->text)) {
        if (!begins_item(line)) continue;
        taken.text = trimmed(trimmed(line).substr(1));
        take(item, nullptr, taken);
      }
    }
  }
}

Result<Yaml> parse(std::string_view text, const std::string& shown_as) {
  auto parsed = parse_yaml(text, shown_as);
  if (const auto* const wrong = std::get_if<Diagnostic>(&parsed)) return invalid(to_string(*wrong));
  return std::get<Yaml>(std::move(parsed));
}

// Everything a file teaches but for taken examples, and those by themselves: what a change may and
// may not touch.
struct Content {
  std::vector<TakenExample> examples;
  std::size_t items = 0;
};
Content content_of(const Yaml& file) {
  Content content;
  each_example(file, [&](const Yaml&, const Yaml*, const TakenExample& one) {
    content.examples.push_back(one);
  });
  const Yaml* const nlu = file.find("nlu");
  content.items = nlu == nullptr ? 0 : nlu->items.size();
  return content;
}

// The text of one item. `indent`: of its dash.
std::string written(const TakenExample& example, std::size_t indent, std::string_view line_end) {
  const std::string in(indent, ' ');
  const std::string quoted = json::serialize(json::value(example.intent));
  const bool is_plain = example.intent.find_first_not_of(
                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                            "0123456789") == std::string::npos &&
                        example.intent.find_first_not_of("0123456789") != std::string::npos;
  const std::vector<std::string> lines = {
      fmt::format("{}- intent: {}", in, is_plain ? example.intent : quoted),
      in + "  examples:",
      in + "    - text: |",
      fmt::format("{}        {}", in, example.text),
      in + "      metadata:",
      fmt::format("{}        subject: {}", in, json::serialize(json::value(example.subject))),
      fmt::format("{}        utterance: {}", in, json::serialize(json::value(example.utterance)))};
  std::string out;
  for (const std::string& line : lines) {
    out += line;
    out += line_end;
  }
  return out;
}

// Where the dashes of the file's own items stand; nullopt: it is not a block list at its end.
std::optional<std::size_t> indent_of_items(const Yaml& file,
                                           const std::vector<std::string_view>& lines) {
  if (!file.is_map() || file.entries.empty() || file.entries.back().key != "nlu") {
    return std::nullopt;
  }
  const Yaml& nlu = file.entries.back().value;
  if (nlu.is_null()) return 2;
  if (!nlu.is_sequence() || nlu.items.empty()) return std::nullopt;
  const auto line = static_cast<std::size_t>(nlu.items.back().mark.line);
  if (line == 0 || line > lines.size() || !begins_item(lines[line - 1])) return std::nullopt;
  return indent_of(lines[line - 1]);
}

// The lines [first, last) of the block list's item that `node` is; nullopt: it is none.
std::optional<std::pair<std::size_t, std::size_t>> lines_of_item(
    const Yaml& node, const std::vector<std::string_view>& lines) {
  const auto number = static_cast<std::size_t>(node.mark.line);
  if (number == 0 || number > lines.size() || !begins_item(lines[number - 1])) return std::nullopt;
  const std::size_t first = number - 1;
  const std::size_t indent = indent_of(lines[first]);
  std::size_t last = first + 1;
  for (std::size_t at = last; at < lines.size(); ++at) {
    if (trimmed(lines[at]).empty()) continue;  // The item's own when more of it follows.
    if (indent_of(lines[at]) <= indent) break;
    last = at + 1;
  }
  return std::pair{first, last};
}

}  // namespace

std::vector<TakenExample> taken_examples(const Yaml& file) {
  std::vector<TakenExample> all;
  each_example(file, [&](const Yaml&, const Yaml*, const TakenExample& one) {
    if (!one.subject.empty()) all.push_back(one);
  });
  return all;
}

Result<std::string> add_examples(std::string_view file, const std::string& shown_as,
                                 std::span<const TakenExample> examples) {
  std::string text(file);
  if (trimmed(text).empty()) text = heading;
  const auto before = parse(text, shown_as);
  if (!before) return before.error();
  const std::vector<std::string_view> lines = lines_of(text);
  const std::optional<std::size_t> indent = indent_of_items(*before, lines);
  if (!indent) {
    return invalid(
        fmt::format("{}: 'nlu:' with a list of '- intent:' must be the last of this file; move "
                    "what follows it, or what is in it, to another file",
                    shown_as));
  }
  const std::string_view line_end = lines.front().ends_with("\r\n") ? "\r\n" : "\n";
  std::string changed = text;
  if (!changed.ends_with('\n')) changed += line_end;
  for (const TakenExample& example : examples) changed += written(example, *indent, line_end);

  const auto after = parse(changed, shown_as);
  if (!after) return after.error();
  Content expected = content_of(*before);
  expected.examples.insert(expected.examples.end(), examples.begin(), examples.end());
  const Content found = content_of(*after);
  if (found.examples != expected.examples || found.items != expected.items + examples.size()) {
    return invalid(
        fmt::format("{}: an example cannot be added at the end of this file; see that "
                    "nothing but the list of 'nlu:' stands there",
                    shown_as));
  }
  return changed;
}

Result<Removal> remove_subject(std::string_view file, const std::string& shown_as,
                               const std::string& subject) {
  if (subject.empty()) return invalid("no conversation is named; nothing was removed");
  const auto before = parse(file, shown_as);
  if (!before) return before.error();
  Removal removal;
  std::vector<TakenExample> kept;
  std::vector<const Yaml*> going;  // Items and examples, whole.
  const Yaml* item_before = nullptr;
  std::vector<const Yaml*> of_item;
  bool item_keeps = false;
  const auto close_item = [&] {
    if (item_before == nullptr || of_item.empty()) return;
    const bool is_bare = std::all_of(
        item_before->entries.begin(), item_before->entries.end(), [&](const Yaml::Entry& entry) {
          return entry.key == "intent" || entry.key == "examples" ||
                 (entry.key == "metadata" && entry.value.find("description") == nullptr);
        });
    const bool whole = std::find(of_item.begin(), of_item.end(), nullptr) != of_item.end();
    if (whole || (!item_keeps && is_bare)) {
      going.push_back(item_before);
    } else {
      going.insert(going.end(), of_item.begin(), of_item.end());
    }
  };
  each_example(*before, [&](const Yaml& item, const Yaml* example, const TakenExample& one) {
    if (&item != item_before) {
      close_item();
      item_before = &item;
      of_item.clear();
      item_keeps = false;
    }
    if (one.subject == subject) {
      of_item.push_back(example);
      removal.removed.push_back(one);
    } else {
      item_keeps = true;
      kept.push_back(one);
    }
  });
  close_item();
  removal.file = file;
  if (going.empty()) return removal;

  const std::vector<std::string_view> lines = lines_of(file);
  std::vector<bool> drop(lines.size(), false);
  for (const Yaml* const node : going) {
    const auto range = lines_of_item(*node, lines);
    if (!range) {
      return invalid(
          fmt::format("{}:{}: this was taken from {}, and is not written as a list item "
                      "of its own lines; delete it by hand",
                      shown_as, node->mark.line, subject));
    }
    for (std::size_t at = range->first; at < range->second; ++at) drop[at] = true;
  }
  removal.file.clear();
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (!drop[at]) removal.file += lines[at];
  }
  const auto after = parse(removal.file, shown_as);
  if (!after) return after.error();
  if (content_of(*after).examples != kept) {
    return invalid(
        fmt::format("{}: what was taken from {} cannot be removed without touching "
                    "other examples; delete it by hand",
                    shown_as, subject));
  }
  return removal;
}

}  // namespace nlu

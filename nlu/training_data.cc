#include "nlu/training_data.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "nlu/annotation.h"
#include "nlu/base/hash.h"
#include "nlu/base/json.h"
#include "nlu/base/regex.h"
#include "nlu/base/unicode.h"
#include "nlu/fuzzy_words.h"
#include "nlu/training_keys.h"

namespace nlu {
namespace {

constexpr std::size_t example_bytes = 4000;
constexpr std::size_t example_limit = 200'000;

// One "- text" line and where the text begins.
struct Line {
  std::string text;
  Mark mark;
  std::string subject = {};  // Whose words they are, when the item says so.
};

// "metadata: {subject: …}" of an item, or of one example in its list.
std::string subject_of(const Yaml& item) {
  const Yaml* const metadata = item.find("metadata");
  const Yaml* const subject = metadata == nullptr ? nullptr : metadata->find("subject");
  return subject != nullptr && subject->is_scalar() ? subject->text : "";
}

Mark moved(Mark mark, std::string_view before) {
  mark.column += static_cast<int>(count_characters(before));
  return mark;
}

bool is_known_elsewhere(const std::string& key) {
  static const std::vector<std::string> keys = {
      "intents", "entities", "slots",          "responses",   "actions", "forms",
      "flows",   "metadata", "session_config", "e2e_actions", "config",  "imports"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

class TrainingDataReader {
 public:
  TrainingDataReader(TrainingData& data, Diagnostics& diagnostics)
      : data_(data), diagnostics_(diagnostics) {
    for (const Example& example : data.examples) {
      seen_.emplace(fold(example.text), Seen{example.intent, example.mark});
    }
  }

  void read(const Yaml& file) {
    if (file.is_null()) return;
    if (!file.is_map()) {
      return error(file.mark, "expected_map", "expected 'nlu:' and below it a list of intents");
    }
    for (const Yaml::Entry& entry : file.entries) {
      if (entry.key == "nlu") {
        read_items(entry.value);
      } else if (entry.key == "stories" || entry.key == "rules") {
        error(entry.key_mark, "stories_not_supported",
              fmt::format("'{}' are not supported; write flows instead", entry.key));
      } else if (entry.key != "version" && !is_known_elsewhere(entry.key)) {
        error(entry.key_mark, "unknown_key",
              fmt::format("'{}' is unknown here{}", entry.key,
                          did_you_mean(entry.key, {"nlu", "version"})));
      }
    }
  }

 private:
  struct Seen {
    std::string intent;
    Mark mark;
  };

  void error(Mark mark, std::string code, std::string message) {
    diagnostics_.push_back({Severity::error, std::move(code), std::move(mark), std::move(message)});
  }
  void warn(Mark mark, std::string code, std::string message) {
    diagnostics_.push_back(
        {Severity::warning, std::move(code), std::move(mark), std::move(message)});
  }

  void read_items(const Yaml& list) {
    if (list.is_null()) return;
    if (!list.is_sequence()) {
      return error(list.mark, "expected_list", "expected a list of '- intent: name' under 'nlu:'");
    }
    for (const Yaml& item : list.items) read_item(item);
  }

  void read_item(const Yaml& item) {
    if (!item.is_map()) {
      return error(item.mark, "expected_map", "expected '- intent: name' with 'examples: |' below");
    }
    const Yaml::Entry* kind = nullptr;
    for (const Yaml::Entry& entry : item.entries) {
      if (training_item_keys.find_kind(entry.key) != nullptr) {
        if (kind != nullptr) {
          return error(entry.key_mark, "two_kinds",
                       fmt::format("an item is either '{}' or '{}'; begin a new item with '- '",
                                   kind->key, entry.key));
        }
        kind = &entry;
      } else if (training_item_keys.find(entry.key) == nullptr) {
        std::vector<std::string> known = training_item_keys.kind_names();
        for (std::string& name : training_item_keys.names()) known.push_back(std::move(name));
        error(entry.key_mark, "unknown_key",
              fmt::format("'{}' is unknown here{}", entry.key, did_you_mean(entry.key, known)));
      }
    }
    if (kind == nullptr) {
      return error(
          item.mark, "missing_kind",
          "expected 'intent:', 'synonym:', 'lookup:', 'regex:', 'sentiment:' or 'urgency:'");
    }
    if (!kind->value.is_scalar() || kind->value.text.empty()) {
      return error(kind->key_mark, "missing_name", fmt::format("'{}' needs a name", kind->key));
    }
    read_kind(item, *kind);
  }

  void read_kind(const Yaml& item, const Yaml::Entry& kind) {
    const Yaml* examples = item.find("examples");
    if (examples == nullptr || examples->is_null()) {
      if (kind.key != "intent") {
        return error(
            kind.key_mark, "missing_examples",
            fmt::format("'{}' needs 'examples: |' with lines that begin with '- '", kind.key));
      }
    }
    std::vector<Line> lines;
    if (examples != nullptr) lines = read_lines(*examples);
    const std::string& name = kind.value.text;
    if (kind.key == "intent") {
      read_intent(item, kind.value, lines);
    } else if (kind.key == "synonym") {
      for (const Line& line : lines) add_synonym(fold(line.text), name, line.mark);
    } else if (kind.key == "lookup") {
      Lookup& lookup = data_.lookups.emplace_back();
      lookup.entity = name;
      lookup.fuzzy = reads_fuzzy(item);
      for (Line& line : lines) lookup.words.push_back(std::move(line.text));
      if (lookup.fuzzy && lookup.words.size() > FuzzyWords::word_limit) {
        error(kind.key_mark, "too_many_words",
              fmt::format("a lookup with 'fuzzy: true' may have at most {} words; this has {}",
                          FuzzyWords::word_limit, lookup.words.size()));
      }
    } else if (kind.key == "sentiment") {
      read_tone(kind, sentiment_labels, lines, data_.sentiments);
    } else if (kind.key == "urgency") {
      read_tone(kind, urgency_labels, lines, data_.urgencies);
    } else {
      for (const Line& line : lines) read_pattern(name, line);
    }
  }

  // "metadata: {fuzzy: true}"
  bool reads_fuzzy(const Yaml& item) {
    const Yaml* const metadata = item.find("metadata");
    const Yaml* const fuzzy =
        metadata != nullptr && metadata->is_map() ? metadata->find("fuzzy") : nullptr;
    if (fuzzy == nullptr) return false;
    if (!fuzzy->is_scalar() || (fuzzy->text != "true" && fuzzy->text != "false")) {
      error(fuzzy->mark, "expected_bool", "'fuzzy' is true or false");
      return false;
    }
    return fuzzy->text == "true";
  }

  void read_tone(const Yaml::Entry& kind, std::span<const std::string_view> labels,
                 const std::vector<Line>& lines, std::vector<ToneExample>& into) {
    const std::string& label = kind.value.text;
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) {
      return error(
          kind.value.mark, "unknown_label",
          fmt::format("'{}' is no {}; there are {}{}", label, kind.key, fmt::join(labels, ", "),
                      did_you_mean(label, {labels.begin(), labels.end()})));
    }
    for (const Line& line : lines) into.push_back({line.text, label});
  }

  void read_intent(const Yaml& item, const Yaml& name, const std::vector<Line>& lines) {
    auto intent = std::find_if(data_.intents.begin(), data_.intents.end(),
                               [&](const Intent& known) { return known.name == name.text; });
    if (intent == data_.intents.end()) {
      intent = data_.intents.insert(intent, {name.text, "", name.mark});
    }
    const Yaml* metadata = item.find("metadata");
    const Yaml* description = metadata == nullptr ? nullptr : metadata->find("description");
    if (description != nullptr && description->is_scalar()) intent->description = description->text;
    const std::string subject = subject_of(item);
    for (const Line& line : lines)
      read_example(name.text, line, line.subject.empty() ? subject : line.subject);
  }

  void read_example(const std::string& intent, const Line& line, const std::string& subject) {
    std::vector<AnnotationProblem> problems;
    AnnotatedText annotated = parse_annotations(line.text, problems);
    for (const AnnotationProblem& problem : problems) {
      error(moved(line.mark, std::string_view(line.text).substr(0, problem.offset)),
            "bad_annotation", problem.message);
    }
    if (annotated.text.empty()) return warn(line.mark, "empty_example", "this example has no text");
    if (data_.examples.size() >= example_limit) {
      if (data_.examples.size() == example_limit && !full_) {
        error(line.mark, "too_many_examples", fmt::format("more than {} examples", example_limit));
      }
      full_ = true;
      return;
    }
    const auto [first, is_new] = seen_.emplace(fold(annotated.text), Seen{intent, line.mark});
    if (!is_new) return report_again(intent, line, first->second);
    for (const Entity& entity : annotated.entities) {
      const std::string_view said =
          std::string_view(annotated.text)
              .substr(entity.span.begin, entity.span.end - entity.span.begin);
      if (entity.value != said) add_synonym(fold(said), entity.value, line.mark);
    }
    data_.examples.push_back(
        {std::move(annotated.text), intent, std::move(annotated.entities), line.mark, {}, subject});
  }

  void report_again(const std::string& intent, const Line& line, const Seen& first) {
    const std::string place = fmt::format("{}:{}", first.mark.file, first.mark.line);
    if (first.intent == intent) {
      return warn(line.mark, "duplicate_example",
                  fmt::format("this example was already given at {}", place));
    }
    error(line.mark, "conflicting_example",
          fmt::format("this example of '{}' is also one of '{}' at {}; keep one of them", intent,
                      first.intent, place));
  }

  void add_synonym(const std::string& word, const std::string& value, const Mark& mark) {
    const auto [known, is_new] = data_.synonyms.emplace(word, value);
    if (!is_new && known->second != value) {
      warn(mark, "conflicting_synonym",
           fmt::format("'{}' is already a synonym of '{}'; '{}' is ignored", word, known->second,
                       value));
    }
  }

  void read_pattern(const std::string& entity, const Line& line) {
    const Result<Regex> regex = Regex::compile(line.text, true);
    if (!regex) {
      return error(line.mark, "bad_regex",
                   fmt::format("this is no regular expression: {}", regex.error().message));
    }
    if (regex->matches_whole("")) {
      warn(line.mark, "empty_regex", "this regular expression matches an empty text as well");
    }
    data_.patterns.push_back({entity, line.text, line.mark});
  }

  std::vector<Line> read_lines(const Yaml& examples) {
    std::vector<Line> lines;
    if (examples.is_sequence()) {
      for (const Yaml& item : examples.items) read_list_item(item, lines);
    } else if (examples.is_scalar() && !examples.folded) {
      read_block(examples, lines);
    } else if (!examples.is_null()) {
      error(examples.mark, "expected_examples",
            "expected 'examples: |' and below it lines that begin with '- '");
    }
    return lines;
  }

  // "- a text" or "- {text: …, metadata: …}".
  void read_list_item(const Yaml& item, std::vector<Line>& lines) {
    const Yaml* text = item.is_map() ? item.find("text") : &item;
    if (item.is_map()) check_item_keys(item);
    if (text == nullptr || !text->is_scalar()) {
      return error(item.mark, "expected_text", "expected an example: a text, or 'text: …'");
    }
    const std::size_t before = lines.size();
    if (text->block) {
      read_list_block(*text, lines);
    } else {
      add_line(text->text, text->quoted ? moved(text->mark, "\"") : text->mark, lines);
    }
    if (lines.size() > before) lines.back().subject = subject_of(item);
  }

  void check_item_keys(const Yaml& item) {
    for (const Yaml::Entry& entry : item.entries) {
      if (example_keys.find(entry.key) != nullptr) continue;
      error(entry.key_mark, "unknown_key",
            fmt::format("'{}' is unknown here{}", entry.key,
                        did_you_mean(entry.key, example_keys.names())));
    }
  }

  // Rasa writes "text: |" with the example on the next line.
  void read_list_block(const Yaml& text, std::vector<Line>& lines) {
    std::size_t at = text.text.find_first_not_of(" \n");
    if (at == std::string::npos) return;
    const std::size_t end = std::min(text.text.find_last_not_of(" \n") + 1, text.text.size());
    Mark mark = text.mark;
    const auto line_breaks =
        std::count(text.text.begin(), text.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    mark.line += 1 + static_cast<int>(line_breaks);
    mark.column = text.block_indent + 1;
    std::string joined = text.text.substr(at, end - at);
    std::replace(joined.begin(), joined.end(), '\n', ' ');
    if (joined.compare(0, 2, "- ") == 0) joined.erase(0, 2), mark.column += 2;
    add_line(joined, mark, lines);
  }

  void read_block(const Yaml& block, std::vector<Line>& lines) {
    const std::string_view text = block.text;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = text.substr(begin, end - begin);
      begin = end + 1;
      const std::size_t dash = line.find_first_not_of(" \t");
      if (dash == line.npos) continue;
      Mark mark = block.mark;
      if (block.block) {
        mark.line += number + 1;
        mark.column = block.block_indent + 1;
      } else if (block.quoted) {
        ++mark.column;
      }
      mark = moved(mark, line.substr(0, dash));
      if (line[dash] != '-' || (dash + 1 < line.size() && line[dash + 1] != ' ')) {
        error(mark, "example_without_dash", "an example begins with '- '");
        continue;
      }
      const std::size_t first = std::min(line.find_first_not_of(" \t", dash + 1), line.size());
      add_line(line.substr(first), moved(mark, line.substr(dash, first - dash)), lines);
    }
  }

  void add_line(std::string_view text, Mark mark, std::vector<Line>& lines) {
    const std::size_t last = text.find_last_not_of(" \t\n");
    text = text.substr(0, last == text.npos ? 0 : last + 1);
    if (text.empty()) return warn(std::move(mark), "empty_example", "this example has no text");
    if (text.size() > example_bytes) {
      return error(std::move(mark), "example_too_long",
                   fmt::format("an example may have at most {} bytes", example_bytes));
    }
    lines.push_back({std::string(text), std::move(mark)});
  }

  TrainingData& data_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, Seen> seen_;  // By folded text.
  bool full_ = false;
};

json::array entities_json(const std::vector<Entity>& entities) {
  json::array out;
  for (const Entity& entity : entities) {
    out.push_back(
        {entity.type, entity.role, entity.group, entity.span.begin, entity.span.end, entity.value});
  }
  return out;
}

}  // namespace

void read_training_data(const Yaml& file, TrainingData& data, Diagnostics& diagnostics) {
  TrainingDataReader(data, diagnostics).read(file);
}

void check_training_data(const TrainingData& data, Diagnostics& diagnostics) {
  std::unordered_map<std::string, int> counts;
  for (const Example& example : data.examples) ++counts[example.intent];
  for (const Intent& intent : data.intents) {
    const int count = counts[intent.name];
    if (count >= 2) continue;
    diagnostics.push_back({Severity::warning, "too_few_examples", intent.mark,
                           fmt::format("the intent '{}' has {}; give at least two, better ten",
                                       intent.name, count == 0 ? "no examples" : "one example")});
  }
}

std::string content_hash(const TrainingData& data) {
  std::vector<std::string> records;
  const auto add = [&](json::array record) { records.push_back(json::serialize(record)); };
  for (const Intent& intent : data.intents) add({"intent", intent.name});
  for (const Example& example : data.examples) {
    add({"example", example.intent, example.text, entities_json(example.entities)});
    for (const Span& token : example.tokens) add({"token", example.text, token.begin, token.end});
    if (example.document != 0) add({"document", example.text, example.document});
  }
  for (const auto& [word, value] : data.synonyms) add({"synonym", word, value});
  for (const Lookup& lookup : data.lookups) {
    for (const std::string& word : lookup.words) add({"lookup", lookup.entity, word});
    if (lookup.fuzzy) add({"fuzzy", lookup.entity});
  }
  for (const Pattern& pattern : data.patterns) add({"pattern", pattern.entity, pattern.regex});
  for (const ToneExample& tone : data.sentiments) add({"sentiment", tone.label, tone.text});
  for (const ToneExample& tone : data.urgencies) add({"urgency", tone.label, tone.text});
  std::sort(records.begin(), records.end());
  std::string all;
  for (const std::string& record : records) all += record + "\n";
  return sha256_hex(all);
}

}  // namespace nlu

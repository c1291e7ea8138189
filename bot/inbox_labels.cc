#include "bot/inbox_labels.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "bot/replace_file.h"
#include "nlu/annotation.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/unicode.h"
#include "nlu/base/yaml.h"
#include "nlu/torch/common_phrases.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using nlu::Errc;
using nlu::Error;
using nlu::Result;
using nlu::TakenExample;

constexpr std::size_t example_bytes = 4000;
constexpr const char* inbox_file = "nlu/inbox.yml";

// The files of nlu/ and data/, as the loader reads them: sorted, relative to the bot's folder.
std::vector<std::string> nlu_files(const fs::path& bot_folder) {
  std::vector<std::string> files;
  for (const char* folder : {"nlu", "data"}) {
    std::error_code failure;
    fs::recursive_directory_iterator entries(bot_folder / folder, failure);
    for (; !failure && entries != fs::recursive_directory_iterator(); entries.increment(failure)) {
      const fs::path& path = entries->path();
      const std::string ending = path.extension().string();
      std::error_code ignored;
      if ((ending == ".yml" || ending == ".yaml") && entries->is_regular_file(ignored))
        files.push_back(path.lexically_relative(bot_folder).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<nlu::Yaml> parse(const std::string& text, const std::string& shown_as) {
  auto parsed = nlu::parse_yaml(text, shown_as);
  if (const auto* wrong = std::get_if<nlu::Diagnostic>(&parsed))
    return nlu::invalid(to_string(*wrong));
  return std::get<nlu::Yaml>(std::move(parsed));
}

// What the loader will say of the file.
Result<void> check_file(const std::string& text, const std::string& shown_as) {
  const auto yaml = parse(text, shown_as);
  if (!yaml) return yaml.error();
  nlu::TrainingData data;
  nlu::Diagnostics diagnostics;
  nlu::read_training_data(*yaml, data, diagnostics);
  for (const nlu::Diagnostic& one : diagnostics) {
    if (one.severity == nlu::Severity::error) return nlu::invalid(to_string(one));
  }
  return {};
}

std::string plain_text(const std::string& line) {
  std::vector<nlu::AnnotationProblem> problems;
  return nlu::parse_annotations(line, problems).text;
}

// One line without spaces around it, and without what would be taken for the dash of a list.
std::string tidy(std::string line) {
  const std::size_t begin = line.find_first_not_of(" \t-");
  if (begin == std::string::npos) return "";
  line.erase(0, begin);
  line.resize(line.find_last_not_of(" \t") + 1);
  return line;
}

}  // namespace

std::string inbox_file_path(const std::string& bot_folder) {
  return (fs::path(bot_folder) / inbox_file).string();
}

std::vector<std::string> intents_of(const dialog::Bot& bot) {
  std::set<std::string> names{std::string(nlu::outside_label)};
  for (const nlu::Intent& intent : bot.training.intents) names.insert(intent.name);
  return {names.begin(), names.end()};
}

Result<void> check_intent(const dialog::Bot& bot, const std::string& intent) {
  const std::vector<std::string> known = intents_of(bot);
  if (std::find(known.begin(), known.end(), intent) != known.end()) return {};
  return Error{Errc::not_found, fmt::format("no intent of {} is called '{}'{}", bot.name, intent,
                                            nlu::did_you_mean(intent, known))};
}

nlu::PseudonymRules pseudonym_rules(const dialog::Bot& bot) {
  nlu::PseudonymRules rules;
  rules.add(bot.training);
  for (const nlu::PhraseGroup& group : nlu::common_phrases()) rules.add_text(group.sentences);
  rules.add_text(bot.title);
  for (const auto& response : bot.responses) {
    for (const dialog::Variation& variation : response.second.variations) {
      rules.add_text(variation.text.text);
      for (const auto& translation : variation.translations)
        rules.add_text(translation.second.text);
      for (const dialog::Button& button : variation.buttons) rules.add_text(button.title.text);
    }
  }
  for (const auto& flow : bot.flows) {
    rules.add_text(flow.second.name);
    for (const dialog::Step& step : flow.second.steps) {
      const auto* collect = std::get_if<dialog::Collect>(&step.what);
      if (collect && collect->matches) rules.forms.push_back(*collect->matches);
    }
  }
  for (const auto& slot : bot.slots) {
    for (const std::string& value : slot.second.values) rules.add_text(value);
  }
  return rules;
}

std::vector<Proposal> propose(std::span<const InboxItem> items, const dialog::Bot& bot,
                              const nlu::Pseudonyms& pseudonyms, std::size_t most) {
  std::set<std::string> annotated;
  for (const nlu::Example& example : bot.training.examples) {
    for (const nlu::Entity& entity : example.entities) annotated.insert(entity.type);
  }
  std::vector<Proposal> proposals;
  std::set<std::string> texts;
  for (const InboxItem& item : items) {
    if (proposals.size() >= most) break;
    std::vector<nlu::Entity> entities =
        item.now.segments.empty() ? item.then.entities : item.now.entities;
    std::erase_if(entities, [&](const nlu::Entity& entity) {
      return !annotated.contains(entity.type) || entity.source == "builtin" ||
             entity.source == "payload";
    });
    nlu::Pseudonymised made = pseudonyms.replace(item.text, entities, item.names);
    std::string line = tidy(nlu::write_annotations(made.text, std::move(made.entities)));
    if (line.empty() || !texts.insert(nlu::fold(plain_text(line))).second) continue;
    proposals.push_back({&item, {"", std::move(line), item.conversation, item.id}});
  }
  return proposals;
}

Result<void> check_example(const dialog::Bot& bot, const std::string& line,
                           const std::string& intent) {
  if (line.empty()) return nlu::invalid("the text is empty");
  if (line != tidy(line) || line.find_first_of("\r\n") != std::string::npos)
    return nlu::invalid("the text is one line, and does not begin with '-' or a space");
  if (line.size() > example_bytes)
    return nlu::invalid(fmt::format("an example may have at most {} bytes", example_bytes));
  std::vector<nlu::AnnotationProblem> problems;
  const std::string text = nlu::parse_annotations(line, problems).text;
  if (!problems.empty())
    return nlu::invalid(fmt::format("'{}': {}", line, problems.front().message));
  const std::string folded = nlu::fold(text);
  for (const nlu::Example& example : bot.training.examples) {
    if (example.intent == intent || nlu::fold(example.text) != folded) continue;
    return nlu::invalid(
        fmt::format("'{}' is already an example of '{}' at {}:{}; an utterance "
                    "has one intent: take the other one away first",
                    text, example.intent, example.mark.file, example.mark.line));
  }
  return {};
}

Result<void> keep_examples(const std::string& bot_folder, std::span<const TakenExample> examples,
                           const std::function<void(int)>& step) {
  if (examples.empty()) return {};
  const std::string path = inbox_file_path(bot_folder);
  const auto before = read_whole(path);
  if (!before) return before.error();
  const auto text = nlu::add_examples(before->value_or(""), inbox_file, examples);
  if (!text) return text.error();
  if (auto fine = check_file(*text, inbox_file); !fine) return fine;
  return replace_file(path, *before, *text, step);
}

Result<std::vector<TakenExample>> kept_examples(const std::string& bot_folder) {
  std::vector<TakenExample> all;
  for (const std::string& name : nlu_files(bot_folder)) {
    const auto yaml = nlu::read_yaml((fs::path(bot_folder) / name).string(), name);
    if (const auto* wrong = std::get_if<nlu::Diagnostic>(&yaml))
      return nlu::invalid(to_string(*wrong));
    const auto here = nlu::taken_examples(std::get<nlu::Yaml>(yaml));
    all.insert(all.end(), here.begin(), here.end());
  }
  return all;
}

Result<std::vector<Forgotten>> forget_conversation(const std::string& bot_folder,
                                                   const std::string& conversation) {
  struct Change {
    std::string path;
    std::string before, after;
  };
  std::vector<Change> changes;
  std::vector<Forgotten> forgotten;
  for (const std::string& name : nlu_files(bot_folder)) {
    const std::string path = (fs::path(bot_folder) / name).string();
    auto text = read_whole(path);
    if (!text) return text.error();
    if (!*text || (*text)->find(conversation) == std::string::npos) continue;
    auto removal = nlu::remove_subject(**text, name, conversation);
    if (!removal) return removal.error();
    if (removal->removed.empty()) continue;
    if (auto fine = check_file(removal->file, name); !fine) return fine.error();
    changes.push_back({path, std::move(**text), std::move(removal->file)});
    forgotten.push_back({name, std::move(removal->removed)});
  }
  for (const Change& change : changes) {
    if (auto done = replace_file(change.path, change.before, change.after); !done)
      return done.error();
  }
  return forgotten;
}

}  // namespace bot

#include "dialog/convert_calm.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/check.h"
#include "dialog/convert_phrases.h"
#include "dialog/yaml_text.h"

namespace dialog {

namespace {

using nlu::Yaml;

constexpr const char* from_tests = "nlu/from_tests.yml";
constexpr const char* from_flows = "nlu/from_flows.yml";
constexpr const char* common_file = "nlu/common.yml";
constexpr const char* values_name = "nlu/values.yml";
constexpr const char* search_flow = "flows/knowledge_question.yml";

// Made examples are fewer, and less like what customers write, than real ones.
constexpr const char* heard_thresholds =
    "understanding:\n"
    "  # Lower than a model's own, as the examples were made. Delete them once nlu/ has your "
    "customers' words.\n"
    "  intent_threshold: 0.3\n"
    "  outside_threshold: 0.65\n";

const std::map<std::string, std::string>& headers() {
  static const std::map<std::string, std::string> texts = {
      {from_tests,
       "Made by 'usher convert calm' from what customers say in e2e_tests/ and tests/.\n"
       "Some lines are one of a test's with another value in it, or a common way to give a value."},
      {from_flows,
       "Made by 'usher convert calm' from the flows' names and descriptions: nobody has said it "
       "so.\nPut in what your customers write; 'usher inbox' collects it."},
      {common_file, "Made by 'usher convert calm': what customers say to any bot."},
      {values_name,
       "Made by 'usher convert calm' from the values of categorical slots and the titles of "
       "buttons."}};
  return texts;
}

bool is_part_of_bot(const std::string& file) {
  if (!is_yaml_name(file)) return false;
  for (const char* folder : {"data/", "domain/", "flows/", "nlu/"}) {
    if (file.starts_with(folder)) return true;
  }
  const std::string stem = file.substr(0, file.rfind('.'));
  return stem == "domain" || stem == "bot" || stem == "backend";
}

// What is said of a flow where it is written, even when the bot as a whole cannot be loaded.
struct FlowHeading {
  std::string id, name, description;
  std::vector<std::string> intents;
};

std::string text_of(const Yaml* node) { return node && node->is_scalar() ? node->text : ""; }

std::vector<FlowHeading> headings_of(const Yaml& flows) {
  std::vector<FlowHeading> headings;
  for (const Yaml::Entry& entry : flows.entries) {
    const Yaml* guard = entry.value.find("if");
    const bool is_called_only =
        guard && guard->is_scalar() && (guard->text == "False" || guard->text == "false");
    if (entry.key.starts_with("pattern_") || is_called_only || !entry.value.is_map()) continue;
    FlowHeading heading{
        entry.key, text_of(entry.value.find("name")), text_of(entry.value.find("description")), {}};
    if (const Yaml* triggers = entry.value.find("nlu_trigger")) {
      for (const Yaml& item : triggers->items) {
        const Yaml* intent = item.find("intent");
        const std::string name =
            text_of(intent && intent->is_map() ? intent->find("name") : intent);
        if (!name.empty()) heading.intents.push_back(name);
      }
    }
    if (heading.intents.empty()) heading.intents.push_back(entry.key);
    headings.push_back(std::move(heading));
  }
  return headings;
}

// What `collect` steps at any depth say of the values they want.
void find_descriptions(const Yaml& node, std::map<std::string, std::vector<std::string>>& values) {
  const std::string slot = text_of(node.find("collect"));
  if (!slot.empty()) {
    for (std::string& one : examples_in(text_of(node.find("description"))))
      values[slot].push_back(std::move(one));
  }
  for (const Yaml& item : node.items) find_descriptions(item, values);
  for (const Yaml::Entry& entry : node.entries) find_descriptions(entry.value, values);
}

class CalmConverter {
 public:
  CalmConverter(const FolderTexts& source, const LoadOptions& options)
      : converting_{source, {}}, options_(options) {}

  Conversion convert() {
    std::size_t copied = 0;
    for (const auto& [file, text] : converting_.source) {
      if (!is_part_of_bot(file)) continue;
      out().files[file] = text;
      ++copied;
    }
    out().summary.push_back(fmt::format("{} {} of the bot's taken over as {}", copied,
                                        copied == 1 ? "file" : "files",
                                        copied == 1 ? "it is" : "they are"));
    convert_settings(converting_);
    const std::vector<Script> scripts = convert_tests(converting_);
    report_other_files(converting_);
    read_headings();
    learn(scripts);
    write();
    tidy(out().findings);
    return std::move(out());
  }

 private:
  Conversion& out() { return converting_.out; }

  void read_headings() {
    for (const auto& [file, text] : out().files) {
      if (!is_part_of_bot(file)) continue;
      const auto tree = nlu::parse_yaml(text, file);
      if (const auto* root = std::get_if<Yaml>(&tree)) {
        if (const Yaml* flows = root->find("flows")) {
          for (FlowHeading& one : headings_of(*flows)) headings_.push_back(std::move(one));
          find_descriptions(*flows, described_);
        }
        nlu::Diagnostics ignored;  // The loader tells them.
        if (root->find("nlu")) {
          Yaml only;
          only.kind = Yaml::Kind::map;
          only.mark = root->mark;
          only.entries.push_back({"nlu", root->mark, *root->find("nlu")});
          nlu::read_training_data(only, own_, ignored);
        }
      }
    }
    if (const auto settings = out().files.find("bot.yml"); settings != out().files.end()) {
      const auto tree = nlu::parse_yaml(settings->second, settings->first);
      if (const auto* root = std::get_if<Yaml>(&tree)) {
        const std::string written = text_of(root->find("language"));
        if (!written.empty()) language_ = written;
      }
    }
  }

  void add_flow_phrases(ExampleBook& book) const {
    for (const FlowHeading& heading : headings_) {
      for (const std::string& phrase :
           phrases_for_flow(heading.id, heading.name, heading.description, language_)) {
        book.add(from_flows, heading.intents.front(), phrase);
      }
    }
  }

  ExampleBook empty_book() const {
    ExampleBook book;
    book.know(own_);
    return book;
  }

  Loaded load_with(const ExampleBook& book) const {
    FolderTexts files = converting_.out.files;
    for (auto& [file, text] : book.files({})) files[file] = std::move(text);
    return load_bot_from(files, options_);
  }

  // What the tests' texts mean is found out with the bot itself, so it has to be one.
  void learn(const std::vector<Script>& scripts) {
    ExampleBook seeds = empty_book();
    add_flow_phrases(seeds);
    Loaded loaded = load_with(seeds);
    if (!loaded.bot) {
      if (!scripts.empty()) {
        converting_.warn("not_carried_over", {scripts.front().mark.file, 0, 0},
                         "nothing could be learnt from the tests, as the bot has errors; correct "
                         "them and convert again");
      }
      return;
    }
    bot_ = loaded.bot;
    names_ = value_names(*bot_);
    lessons_ = learn_from(*bot_, scripts, names_, out().findings);
    for (const auto& [slot, values] : described_) {
      const Slot* const known = bot_->find_slot(slot);
      if (!known || known->type != SlotType::text) continue;
      std::vector<std::string>& seen = lessons_.values[slot];
      for (const std::string& one : values) {
        if (std::find(seen.begin(), seen.end(), one) == seen.end()) seen.push_back(one);
      }
    }
    if (lessons_.asks_questions && !bot_->find_flow("knowledge_question")) {
      out().files[search_flow] =
          yaml_comment("Made by 'usher convert calm': tests ask what pattern_search answers.") +
          "flows:\n"
          "  knowledge_question:\n"
          "    description: The customer asks something that no flow is for\n"
          "    run_pattern_completed: false\n"
          "    steps:\n"
          "      - link: pattern_search\n";
    }
  }

  void write() {
    ExampleBook book = empty_book();
    if (bot_) add_lessons(book, from_tests, *bot_, lessons_);
    add_flow_phrases(book);
    if (bot_) add_answers(book, from_tests, *bot_, lessons_);
    add_common(converting_, book, common_file, language_);
    for (auto& [file, text] : book.files(headers())) put(file, std::move(text));
    if (bot_) {
      const std::string values = values_file(*bot_, names_);
      if (!values.empty()) put(values_name, yaml_comment(headers().at(values_name)) + values);
    }
    if (!converting_.source.count("bot.yml")) out().files["bot.yml"] += heard_thresholds;
    summarize(book);
    // What the loader and the checks still find is what is left to do.
    Loaded loaded = load_bot_from(out().files, options_);
    for (nlu::Diagnostic& one : loaded.diagnostics) out().findings.push_back(std::move(one));
  }

  // Never over a file that the bot has already.
  void put(const std::string& file, std::string text) {
    std::string name = file;
    for (int i = 2; out().files.count(name) != 0; ++i)
      name = fmt::format("{}_{}.yml", file.substr(0, file.rfind('.')), i);
    out().files[name] = std::move(text);
  }

  void summarize(const ExampleBook& book) {
    for (const char* file : {from_tests, from_flows, common_file}) {
      if (book.count(file) > 0)
        out().summary.push_back(fmt::format("{}: {} examples", file, book.count(file)));
    }
    if (lessons_.steps > 0) {
      out().summary.push_back(
          fmt::format("of {} steps with a customer's text in the tests, {} could be explained",
                      lessons_.steps, lessons_.understood));
    }
  }

  Converting converting_;
  const LoadOptions& options_;
  std::vector<FlowHeading> headings_;
  std::map<std::string, std::vector<std::string>> described_;  // Slot → examples of its values
  nlu::TrainingData own_;                                      // Examples that the bot has already
  std::string language_ = "en";
  BotPtr bot_;
  ValueNames names_;
  Lessons lessons_;
};

}  // namespace

Conversion convert_calm(const FolderTexts& source, const LoadOptions& options) {
  return CalmConverter(source, options).convert();
}

}  // namespace dialog

// What surrounds a bot of Rasa's: settings, channels, tests, and files that mean nothing here.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/convert_calm.h"
#include "dialog/convert_phrases.h"
#include "dialog/yaml_text.h"
#include "nlu/annotation.h"
#include "nlu/base/yaml.h"

namespace dialog {

namespace {

using nlu::Yaml;

bool is_below(const std::string& file, std::string_view folder) {
  return file.size() > folder.size() && file.starts_with(folder);
}

std::string stem(const std::string& file) { return file.substr(0, file.rfind('.')); }

bool is_conftest(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  return name == "conftest.yml" || name == "conftest.yaml";
}

bool is_test(const std::string& file) {
  return (is_below(file, "e2e_tests/") || is_below(file, "tests/")) && is_yaml_name(file);
}

// The file as a tree; nullopt, and a finding, when it is none.
std::optional<Yaml> parsed(Converting& converting, const std::string& file,
                           const std::string& text) {
  auto tree = nlu::parse_yaml(text, file);
  if (auto* problem = std::get_if<nlu::Diagnostic>(&tree)) {
    converting.out.findings.push_back(std::move(*problem));
    return std::nullopt;
  }
  return std::get<Yaml>(std::move(tree));
}

// The file of that name with either ending; nullptr: there is none.
const FolderTexts::value_type* find_file(const FolderTexts& source, const std::string& name) {
  for (const char* ending : {".yml", ".yaml"}) {
    const auto found = source.find(name + ending);
    if (found != source.end()) return &*found;
  }
  return nullptr;
}

// `file`'s keys but those that count; the place is the first one's.
void report_keys(Converting& converting, const std::string& file, const Yaml& tree,
                 const std::vector<std::string>& counting, const std::string& advice) {
  std::vector<std::string> keys;
  nlu::Mark mark{file, 0, 0};
  for (const Yaml::Entry& entry : tree.entries) {
    if (std::find(counting.begin(), counting.end(), entry.key) != counting.end()) continue;
    if (keys.empty()) mark = entry.key_mark;
    keys.push_back(fmt::format("'{}'", entry.key));
  }
  if (keys.empty()) return;
  converting.report("config_passed_over", mark,
                    fmt::format("{} {} nothing here: {}", fmt::join(keys, ", "),
                                keys.size() == 1 ? "means" : "mean", advice));
}

void convert_config(Converting& converting) {
  const auto* config = find_file(converting.source, "config");
  std::string text = yaml_comment("Made by 'usher convert'" +
                                  (config ? " from " + config->first : std::string()) + ".");
  const auto tree = config ? parsed(converting, config->first, config->second) : std::nullopt;
  const Yaml* language = tree ? tree->find("language") : nullptr;
  text += "language: " +
          (language && language->is_scalar() && !language->text.empty()
               ? yaml_scalar(language->text, "-_")
               : std::string("en")) +
          "\n";
  if (const Yaml* more = tree ? tree->find("additional_languages") : nullptr) {
    Yaml only;
    only.kind = Yaml::Kind::map;
    only.entries.push_back({"additional_languages", more->mark, *more});
    text += yaml_text(only);
  }
  if (tree) {
    report_keys(
        converting, config->first, *tree,
        {"language", "additional_languages", "version", "assistant_id"},
        "models are trained from nlu/ without a pipeline, and flows decide without policies");
  }
  if (!find_file(converting.source, "bot")) converting.out.files["bot.yml"] = std::move(text);
}

void convert_endpoints(Converting& converting) {
  const auto* file = find_file(converting.source, "endpoints");
  const auto tree = file ? parsed(converting, file->first, file->second) : std::nullopt;
  if (!tree) return;
  report_keys(converting, file->first, *tree, {"action_endpoint"},
              "the store, keys and limits are the operator's, in usher.yml");
  const Yaml* actions = tree->find("action_endpoint");
  if (!actions) return;
  Yaml only;
  only.kind = Yaml::Kind::map;
  only.entries.push_back({"action_endpoint", actions->mark, *actions});
  converting.out.files["endpoints.yml"] =
      yaml_comment("Made by 'usher convert' from " + file->first + ".") + yaml_text(only);
}

// A story that tests, as an end-to-end test: what the customer writes, and the responses that come.
std::string test_case(Converting& converting, const Yaml& story) {
  const Yaml* name = story.find("story");
  const Yaml* steps = story.find("steps");
  if (!name || !name->is_scalar() || !steps || !steps->is_sequence()) {
    converting.error("wrong_kind", story.mark, "a story has 'story', its name, and 'steps'");
    return "";
  }
  std::string text = fmt::format("  - test_case: {}\n    steps:\n", yaml_scalar(name->text));
  bool has_words = false;
  for (const Yaml& step : steps->items) {
    const Yaml* user = step.find("user");
    const Yaml* action = step.find("action");
    if (user && user->is_scalar()) {
      std::vector<nlu::AnnotationProblem> problems;
      std::string line = user->text;
      while (!line.empty() && line.back() == '\n') line.pop_back();
      text += fmt::format("      - user: {}\n",
                          yaml_scalar(nlu::parse_annotations(line, problems).text));
      has_words = true;
    } else if (step.find("intent") || step.find("or") || step.find("checkpoint")) {
      converting.warn("not_carried_over", step.mark,
                      "a test needs the customer's words; write 'user: …' here");
      return "";
    } else if (has_words && action && action->text.starts_with("utter_")) {
      text += fmt::format("      - utter: {}\n", yaml_scalar(action->text, "_-/"));
    }
  }
  return has_words ? text : "";
}

std::string test_cases(Converting& converting, const Yaml& stories) {
  std::string text;
  for (const Yaml& story : stories.items) text += test_case(converting, story);
  return text.empty() ? "" : "test_cases:\n" + text;
}

// Why a file is not carried over; "" when nothing is to be said of it.
std::string reason_to_pass(const std::string& file) {
  const auto ends = [&](std::string_view ending) { return file.ends_with(ending); };
  if (is_below(file, "models/")) return "";  // Made by training, and made again.
  if (ends(".py") || is_below(file, "actions/"))
    return "custom actions stay with your action server, which endpoints.yml names";
  if (ends(".jinja2")) return "there are no prompts here";
  if (is_below(file, "docs/") || ends(".txt") || ends(".md"))
    return "articles are not read by this version; knowledge questions go to pattern_search";
  if (stem(file) == "credentials")
    return "channels are the operator's, in usher.yml; secrets were not copied";
  if (stem(file) == "config" || stem(file) == "endpoints") return "";
  return "it is no file of a bot's";
}

}  // namespace

void Converting::warn(std::string code, nlu::Mark mark, std::string message) {
  out.findings.push_back(
      {nlu::Severity::warning, std::move(code), std::move(mark), std::move(message)});
}

void Converting::error(std::string code, nlu::Mark mark, std::string message) {
  out.findings.push_back(
      {nlu::Severity::error, std::move(code), std::move(mark), std::move(message)});
}

void Converting::report(std::string code, nlu::Mark mark, std::string message) {
  out.information.push_back(
      {nlu::Severity::warning, std::move(code), std::move(mark), std::move(message)});
}

bool is_yaml_name(const std::string& file) {
  return file.ends_with(".yml") || file.ends_with(".yaml");
}

void convert_settings(Converting& converting) {
  convert_config(converting);
  convert_endpoints(converting);
}

void report_other_files(Converting& converting) {
  for (const auto& [file, text] : converting.source) {
    if (converting.out.files.count(file) || is_test(file)) continue;
    const std::string reason = reason_to_pass(file);
    if (!reason.empty()) converting.report("file_passed_over", {file, 0, 0}, reason);
  }
}

std::vector<Script> convert_tests(Converting& converting) {
  std::map<std::string, Yaml> conftests;  // By folder, with its '/'
  for (const auto& [file, text] : converting.source) {
    if (!is_test(file) || !is_conftest(file)) continue;
    converting.out.files[file] = text;
    if (auto tree = parsed(converting, file, text))
      conftests[file.substr(0, file.rfind('/') + 1)] = *std::move(tree);
  }
  std::vector<Script> scripts;
  for (const auto& [file, text] : converting.source) {
    if (!is_test(file) || is_conftest(file)) continue;
    const auto tree = parsed(converting, file, text);
    if (!tree) continue;
    if (const Yaml* stories = tree->find("stories")) {
      const std::string cases = test_cases(converting, *stories);
      if (!cases.empty()) {
        converting.out.files[file] =
            yaml_comment(fmt::format("Made by 'usher convert' from the stories of {}.", file)) +
            cases;
      }
      continue;
    }
    converting.out.files[file] = text;
    std::vector<const Yaml*> shared;  // The nearest last
    for (const auto& [folder, conftest] : conftests) {
      if (file.starts_with(folder)) shared.push_back(&conftest);
    }
    for (Script& script : read_script(*tree, converting.out.findings, shared))
      scripts.push_back(std::move(script));
  }
  return scripts;
}

void add_common(Converting& converting, ExampleBook& book, const std::string& file,
                const std::string& language) {
  const auto& common = common_phrases(language);
  for (const auto& [intent, phrases] : common) {
    for (const std::string& phrase : phrases) book.add(file, intent, phrase);
  }
  if (!common.empty()) return;
  std::vector<std::string> missing;
  for (const auto& [intent, phrases] : common_phrases("en")) {
    if (!book.has(intent)) missing.push_back(intent);
  }
  if (missing.empty()) return;
  converting.warn("needs_examples", {file, 0, 0},
                  fmt::format("there are no ready examples in '{}': write some, in a file under "
                              "nlu/, of {}",
                              language, fmt::join(missing, ", ")));
}

}  // namespace dialog

// A bot of Rasa's open source engine: its files sorted, its parts put together again.
#include "dialog/convert_rasa.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/check.h"
#include "dialog/convert_phrases.h"
#include "dialog/draft.h"
#include "dialog/yaml_text.h"

namespace dialog {

namespace {

using rasa::Domain;
using rasa::Path;
using rasa::Yaml;

constexpr const char* common_file = "nlu/common.yml";

std::string stem(const std::string& file) { return file.substr(0, file.rfind('.')); }

bool is_settings(const std::string& file) {
  const std::string name = stem(file);
  return name == "config" || name == "endpoints" || name == "credentials";
}

bool is_test(const std::string& file) {
  return file.starts_with("tests/") || file.starts_with("e2e_tests/");
}

bool is_read_as_it_is(const std::string& file) {
  return file.starts_with("data/") || file.starts_with("nlu/");
}

class RasaConverter {
 public:
  RasaConverter(const FolderTexts& source, const LoadOptions& options)
      : converting_{source, {}}, options_(options) {}

  Conversion convert() {
    convert_settings(converting_);
    (void)convert_tests(converting_);
    parse();
    for (const auto& [file, tree] : trees_) rasa::read_domain(converting_, tree, domain_);
    rasa::finish_domain(converting_, domain_);
    rasa::PathReader reader(converting_, domain_);
    for (const auto& [file, tree] : trees_) {
      if (const Yaml* rules = tree.find("rules")) reader.read(*rules, true);
    }
    for (const auto& [file, tree] : trees_) {
      if (const Yaml* stories = tree.find("stories")) reader.read(*stories, false);
    }
    const std::vector<Path> paths = reader.finish();
    const rasa::Flows flows = rasa::make_flows(converting_, domain_, paths);
    write_flows(flows);
    write_domain(flows, paths);
    write_common(flows);
    report_rest(paths);
    Loaded loaded = load_bot_from(out().files, options_);
    for (nlu::Diagnostic& one : loaded.diagnostics) {
      if (one.code == "unknown_intent" && !missing_intents_.empty()) continue;  // Told above.
      out().findings.push_back(std::move(one));
    }
    tidy(out().findings);
    return std::move(out());
  }

 private:
  Conversion& out() { return converting_.out; }

  // ---- files ----

  void parse() {
    std::size_t copied = 0;
    for (const auto& [file, text] : converting_.source) {
      if (is_settings(file) || is_test(file)) continue;
      if (!is_yaml_name(file)) {
        if (file.ends_with(".md") && file.starts_with("data/")) {
          converting_.error("not_carried_over", {file, 0, 0},
                            "this is Rasa 1's format; turn it into YAML with 'rasa data convert', "
                            "and convert again");
          passed_.insert(file);
        }
        continue;
      }
      auto parsed = nlu::parse_yaml(text, file);
      if (auto* problem = std::get_if<nlu::Diagnostic>(&parsed)) {
        out().findings.push_back(std::move(*problem));
        passed_.insert(file);
        continue;
      }
      const Yaml& tree = std::get<Yaml>(parsed);
      if (tree.is_null()) {
        passed_.insert(file);
        continue;
      }
      if (!tree.is_map()) {
        converting_.error("wrong_kind", tree.mark, "expected a map, such as 'nlu:' or 'rules:'");
        passed_.insert(file);
        continue;
      }
      if (read_parts(file, text, tree)) ++copied;
      trees_.emplace(file, tree);
    }
    out().summary.push_back(
        fmt::format("{} {} of examples taken over", copied, copied == 1 ? "file" : "files"));
  }

  // True when the file's examples were carried over.
  bool read_parts(const std::string& file, const std::string& text, const Yaml& tree) {
    static const std::set<std::string> known = {
        "version",     "nlu",       "stories",   "rules", "intents", "entities",
        "slots",       "responses", "templates", "forms", "actions", "session_config",
        "e2e_actions", "config",    "imports"};
    bool has_more = false, has_flows = false, is_known = false;
    for (const Yaml::Entry& entry : tree.entries) {
      has_more = has_more || (entry.key != "nlu" && entry.key != "version");
      has_flows = has_flows || entry.key == "flows";
      is_known = is_known || known.count(entry.key) != 0;
      if (!known.count(entry.key) && entry.key != "flows") {
        converting_.error("unknown_key", entry.key_mark,
                          fmt::format("'{}' is no key of a bot's file{}", entry.key,
                                      nlu::did_you_mean(entry.key, {known.begin(), known.end()})));
      }
    }
    passed_.insert(file);
    if (has_flows) {
      Yaml only = rasa::map({});
      rasa::put(only, "flows", *tree.find("flows"));
      out().files["flows/" + flat(file)] = header(file) + yaml_text(only);
    }
    const Yaml* examples = tree.find("nlu");
    if (!examples) return false;
    Yaml only = rasa::map({});
    only.mark = tree.mark;
    rasa::put(only, "nlu", *examples);
    nlu::Diagnostics ignored;  // The loader tells them.
    nlu::read_training_data(only, training_, ignored);
    if (!has_more) {
      out().files[is_read_as_it_is(file) ? file : "nlu/" + flat(file)] = text;
    } else {
      out().files["nlu/" + flat(file)] = header(file) + yaml_text(only);
    }
    return true;
  }

  static std::string flat(std::string file) {
    if (file.starts_with("data/")) file.erase(0, 5);
    std::replace(file.begin(), file.end(), '/', '_');
    return file;
  }

  static std::string header(const std::string& from) {
    return yaml_comment(fmt::format("Made by 'usher convert rasa' from {}.", from));
  }

  // ---- what is written ----

  void write_flows(const rasa::Flows& flows) {
    std::size_t count = 0;
    for (const auto& [file, list] : flows.files) {
      std::string text = yaml_comment("Made by 'usher convert rasa'.") + "flows:\n";
      for (const auto& [comment, flow] : list) {
        text += "\n";
        for (std::string_view lines = comment; !lines.empty();) {
          const std::size_t end = std::min(lines.find('\n'), lines.size());
          text += "  " + yaml_comment(lines.substr(0, end));
          lines.remove_prefix(std::min(end + 1, lines.size()));
        }
        text += yaml_text(flow, 2);
        ++count;
      }
      out().files[file] = std::move(text);
    }
    out().summary.push_back(fmt::format("{} {} made of rules, stories and forms", count,
                                        count == 1 ? "flow" : "flows"));
    if (!flows.cancel_intent.empty()) {
      out().files["bot.yml"] +=
          fmt::format("understanding:\n  cancel: {}\n", yaml_scalar(flows.cancel_intent, "_-"));
    }
  }

  void write_domain(const rasa::Flows& flows, const std::vector<Path>& paths) {
    std::set<std::string> in_conditions;
    for (const Path& path : paths) {
      for (const rasa::Item& item : path.items)
        in_conditions.insert(item.slots.begin(), item.slots.end());
    }
    Yaml domain = rasa::map({{"version", rasa::text("3.1")}});
    const auto names = [](const std::vector<std::string>& from) {
      Yaml list = rasa::list();
      for (const std::string& one : from) list.items.push_back(rasa::text(one));
      return list;
    };
    if (!domain_.entities.empty()) rasa::put(domain, "entities", names(domain_.entities));
    std::vector<std::string> actions;
    for (const std::string& one : domain_.actions) {
      const bool is_own = !one.starts_with("utter_") && !domain_.form_infos.count(one) &&
                          !is_unsupported_action(one) && one != "action_restart" &&
                          one != "action_deactivate_loop";
      if (is_own) actions.push_back(one);
    }
    if (!actions.empty()) rasa::put(domain, "actions", names(actions));
    Yaml slots = domain_.slots;
    for (Yaml::Entry& slot : slots.entries) {
      // Rasa keeps a slot until the session ends; here it would go with its flow.
      if (in_conditions.count(slot.key)) rasa::put(slot.value, "shared", rasa::plain("true"));
    }
    slots.entries.insert(slots.entries.end(), flows.slots.entries.begin(),
                         flows.slots.entries.end());
    if (!slots.entries.empty()) rasa::put(domain, "slots", std::move(slots));
    if (!domain_.responses.entries.empty()) rasa::put(domain, "responses", domain_.responses);
    if (domain_.session_config) rasa::put(domain, "session_config", *domain_.session_config);
    out().files["domain.yml"] =
        yaml_comment("Made by 'usher convert rasa' from the domain's files.") + yaml_text(domain);
    report_uncollected(flows, in_conditions);
  }

  // A slot that no flow asks for keeps empty, whatever customers say.
  void report_uncollected(const rasa::Flows& flows, const std::set<std::string>& in_conditions) {
    std::string wording;
    for (const Yaml::Entry& one : domain_.responses.entries) wording += yaml_text(one.value);
    for (const auto& [name, slot] : domain_.slot_infos) {
      const bool is_used = in_conditions.count(name) != 0 ||
                           wording.find(fmt::format("{{{}}}", name)) != std::string::npos;
      if (!slot.from_customer || !is_used || flows.collected.count(name)) continue;
      converting_.warn("not_carried_over", slot.mark,
                       fmt::format("nothing asks for '{0}', so nothing fills it: a flow takes from "
                                   "what is said only what it asks for; add '- collect: {0}' where "
                                   "it is needed",
                                   name));
    }
  }

  // Intents that the engine acts on, where the bot has none of its own for them.
  void write_common(const rasa::Flows& flows) {
    ExampleBook book;
    book.know(training_);
    const auto has_like = [&](std::initializer_list<const char*> words) {
      return std::any_of(domain_.intents.begin(), domain_.intents.end(), [&](const auto& intent) {
        return std::any_of(words.begin(), words.end(), [&](const char* word) {
          return intent.find(word) != std::string::npos;
        });
      });
    };
    std::set<std::string> wanted{"affirm", "deny", "repeat", "restart", "skip", "out_of_scope"};
    if (flows.cancel_intent.empty() && !has_like({"cancel", "stop"})) wanted.insert("cancel");
    if (!has_like({"human", "person", "agent", "handoff", "handover", "operator"}))
      wanted.insert("talk_to_person");
    std::vector<std::string> added;
    std::string language = "en";
    const auto settings = nlu::parse_yaml(out().files["bot.yml"], "bot.yml");
    if (const Yaml* tree = std::get_if<Yaml>(&settings)) {
      if (const Yaml* written = tree->find("language")) language = written->text;
    }
    for (const std::string& intent : wanted) {
      if (book.has(intent)) continue;
      const auto phrases = common_phrases(language).find(intent);
      if (phrases == common_phrases(language).end()) {
        converting_.warn(
            "needs_examples", {common_file, 0, 0},
            fmt::format("write examples of '{}' in '{}', in a file under nlu/", intent, language));
        continue;
      }
      for (const std::string& phrase : phrases->second) book.add(common_file, intent, phrase);
      added.push_back(intent);
    }
    for (auto& [file, text] : book.files(
             {{common_file,
               "Made by 'usher convert rasa': what customers say to any bot, for intents that the "
               "engine\nitself acts on and the bot had no examples of."}})) {
      out().files[file] = std::move(text);
    }
    if (!added.empty())
      out().summary.push_back(fmt::format("{}: {}", common_file, fmt::join(added, ", ")));
  }

  void report_rest(const std::vector<Path>& paths) {
    std::set<std::string> examples;
    for (const nlu::Example& one : training_.examples) {
      examples.insert(one.intent);
      examples.insert(one.intent.substr(0, one.intent.find('/')));
    }
    static const std::set<std::string> own = {
        "affirm", "deny", "restart", "back", "session_start", "nlu_fallback", "out_of_scope"};
    for (const Path& path : paths) {
      for (const rasa::Item& item : path.items) {
        if (!item.is(rasa::Item::Kind::intent) || examples.count(item.name) ||
            own.count(item.name) || !missing_intents_.insert(item.name).second) {
          continue;
        }
        converting_.error(
            "unknown_intent", item.mark,
            fmt::format("the intent '{}' has no examples; write some under nlu/", item.name));
      }
    }
    for (const std::string& file : passed_) out().files.emplace(file, "");
    report_other_files(converting_);
    std::erase_if(out().files, [](const auto& one) { return one.second.empty(); });
  }

  Converting converting_;
  const LoadOptions& options_;
  std::map<std::string, Yaml> trees_;
  Domain domain_;
  nlu::TrainingData training_;
  std::set<std::string> passed_, missing_intents_;
};

}  // namespace

Conversion convert_rasa(const FolderTexts& source, const LoadOptions& options) {
  return RasaConverter(source, options).convert();
}

}  // namespace dialog

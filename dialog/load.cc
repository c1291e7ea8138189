#include "dialog/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/canonical.h"
#include "dialog/check.h"
#include "dialog/draft.h"
#include "dialog/load_edited.h"
#include "dialog/resolve.h"
#include "nlu/base/hash.h"

namespace dialog {

namespace {

namespace fs = std::filesystem;

// ---- which files ----

bool is_yaml(const std::string& file) {
  const auto ends = [&](std::string_view ending) {
    return file.size() > ending.size() &&
           file.compare(file.size() - ending.size(), ending.size(), ending) == 0;
  };
  return ends(".yml") || ends(".yaml");
}

std::string stem(const std::string& file) { return file.substr(0, file.rfind('.')); }

bool belongs_to_bot(const std::string& file) {
  if (!is_yaml(file)) return false;
  const std::string name = stem(file);
  if (name == "bot" || name == "domain" || name == "backend" || name == "alerts" ||
      name == "migrations" || name == "endpoints" || name == "config") {
    return true;
  }
  if (file.find("/.") != std::string::npos || file.front() == '.') return false;
  for (const std::string_view folder : {"domain/", "flows/", "nlu/", "data/"}) {
    if (file.compare(0, folder.size(), folder) == 0) return true;
  }
  return false;
}

// ---- what is in them ----

// "- action_x", or "- action_x: {send_domain: true}".
void read_actions(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_sequence(draft, node, "'actions'")) return;
  for (const Yaml& item : node.items) {
    const std::string* const name = item_name(draft, item, "an action");
    if (name != nullptr) draft.bot.actions.insert(*name);
  }
}

// A file of Rasa's: `action_endpoint` counts, the rest is the operator's, in usher.yml.
void read_endpoints(Draft& draft, const Yaml& file) {
  if (file.is_null() || !expect_map(draft, file, "this file")) return;
  if (const Yaml* actions = file.find("action_endpoint")) read_action_endpoint(draft, *actions);
}

// Rasa's config.yml: what of it means something here is what bot.yml says, too.
void read_config(Draft& draft, const Yaml& file) {
  if (file.is_null() || !expect_map(draft, file, "this file")) return;
  std::vector<std::string> passed_over;
  for (const Yaml::Entry& entry : file.entries) {
    if (config_keys.find(entry.key) == nullptr)
      passed_over.push_back(fmt::format("'{}'", entry.key));
  }
  read_languages(draft, file);
  if (passed_over.empty()) return;
  draft.warn("config_passed_over", file.mark,
             fmt::format("only 'language' and 'additional_languages' of this file count here; {} "
                         "mean nothing",
                         fmt::join(passed_over, ", ")));
}

using Reader = void (*)(Draft&, const Yaml&);

const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> by_key = {{"flows", read_flows},
                                                       {"slots", read_slots},
                                                       {"responses", read_responses},
                                                       {"intents", read_intents},
                                                       {"entities", read_entities},
                                                       {"actions", read_actions},
                                                       {"session_config", read_session_config}};
  return by_key;
}

void read_nlu(Draft& draft, const Yaml& file, const Yaml::Entry& entry) {
  Yaml only;
  only.kind = Yaml::Kind::map;
  only.mark = file.mark;
  only.entries.push_back(entry);
  nlu::read_training_data(only, draft.bot.training, draft.diagnostics);
}

// A key that no file like this one can have.
void report_key(Draft& draft, const Yaml::Entry& entry, const Keys& keys) {
  if (const Key* const elsewhere = keys.find_refused(entry.key)) {
    draft.error("unsupported_key", entry.key_mark, std::string(elsewhere->about));
  } else if (bot_keys.find(entry.key) != nullptr) {
    draft.error("unknown_key", entry.key_mark, fmt::format("'{}' belongs in bot.yml", entry.key));
  } else if (entry.key == "alerts") {
    draft.error("unknown_key", entry.key_mark, "'alerts' belongs in alerts.yml");
  } else {
    draft.error("unknown_key", entry.key_mark,
                fmt::format("'{}' is no key of a bot's file{}", entry.key,
                            nlu::did_you_mean(entry.key, keys.names())));
  }
}

void read_file(Draft& draft, const std::string& name, const Yaml& file) {
  if (stem(name) == "backend") return read_backend(file, draft.bot.backend, draft.diagnostics);
  if (stem(name) == "alerts") return read_alerts(draft, file);
  if (stem(name) == "migrations") return read_migrations(draft, file);
  if (stem(name) == "endpoints") return read_endpoints(draft, file);
  if (stem(name) == "config") return read_config(draft, file);
  if (file.is_null() || !expect_map(draft, file, "this file")) return;
  const bool is_settings = stem(name) == "bot";
  if (is_settings) read_settings(draft, file);
  const Keys& keys = is_settings ? bot_keys : part_keys;
  for (const Yaml::Entry& entry : file.entries) {
    const auto reader = readers().find(entry.key);
    if (reader != readers().end()) {
      reader->second(draft, entry.value);
    } else if (entry.key == "nlu") {
      read_nlu(draft, file, entry);
    } else if (keys.find(entry.key) == nullptr) {
      report_key(draft, entry, keys);
    }
  }
}

// ---- the version ----

using ParsedFiles = std::map<std::string, Yaml>;

Loaded build(Draft& draft, const ParsedFiles& files) {
  std::string text;
  // Settings first: they have defaults for what follows, and bot.yml has the last word.
  for (const char* settings : {"config", "bot"}) {
    for (const auto& [name, file] : files) {
      if (stem(name) == settings) read_file(draft, name, file);
    }
  }
  for (const auto& [name, file] : files) {
    if (stem(name) != "bot" && stem(name) != "config") read_file(draft, name, file);
  }
  for (const auto& [name, file] : files) {
    if (stem(name) == "alerts") continue;  // Conversations have nothing to do with them.
    text += fmt::format("{}:{}", name.size(), name);
    text += canonical(file);
  }
  draft.bot.version = nlu::sha256_hex(text);
  if (draft.bot.flows.empty() && !nlu::has_errors(draft.diagnostics)) {
    draft.error("no_flows", {}, "this bot has no flows; write one under flows/");
  }
  add_default_patterns(draft);
  resolve(draft);
  check_migrations(draft);
  check_errors(draft.bot, draft.diagnostics);
  tidy(draft.diagnostics);
  Loaded loaded;
  loaded.files = files.size() + draft.unread_files;
  if (!nlu::has_errors(draft.diagnostics)) {
    loaded.bot = std::make_shared<const Bot>(std::move(draft.bot));
  }
  loaded.diagnostics = std::move(draft.diagnostics);
  return loaded;
}

void add_parsed(Draft& draft, ParsedFiles& files, const std::string& name,
                std::variant<Yaml, nlu::Diagnostic> parsed) {
  if (auto* problem = std::get_if<nlu::Diagnostic>(&parsed)) {
    draft.diagnostics.push_back(std::move(*problem));
    ++draft.unread_files;
  } else {
    files.emplace(name, std::get<Yaml>(std::move(parsed)));
  }
}

// The bot's files, relative to its folder, sorted; nothing that a link leads to.
std::vector<std::string> list_files(const fs::path& folder, Draft& draft) {
  std::vector<std::string> names;
  std::error_code failure;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           failure);
  for (; !failure && entries != fs::recursive_directory_iterator(); entries.increment(failure)) {
    const std::string name = entries->path().lexically_relative(folder).generic_string();
    const bool is_top = entries.depth() == 0;
    std::error_code ignored;
    if (entries->is_directory(ignored)) {
      const bool wanted =
          !is_top || name == "domain" || name == "flows" || name == "nlu" || name == "data";
      if (!wanted || entries.depth() >= limits::nesting || entries->is_symlink(ignored)) {
        entries.disable_recursion_pending();
      }
      continue;
    }
    if (!entries->is_regular_file(ignored) || !belongs_to_bot(name)) continue;
    if (names.size() == limits::files) {
      draft.error("too_many", {}, fmt::format("a bot has at most {} files", limits::files));
      break;
    }
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> bot_files(const std::string& folder) {
  Draft draft;
  return list_files(fs::path(folder).lexically_normal(), draft);
}

Loaded load_bot(const std::string& folder, const LoadOptions& options) {
  return load_bot_edited(folder, {}, options);
}

Loaded load_bot_edited(const std::string& folder, const std::map<std::string, std::string>& edited,
                       const LoadOptions& options) {
  Draft draft;
  draft.options = &options;
  std::error_code failure;
  const fs::path path = fs::path(folder).lexically_normal();
  if (!fs::is_directory(path, failure)) {
    draft.error("no_bot", {}, fmt::format("{} is no folder", folder));
    return {nullptr, std::move(draft.diagnostics), 0};
  }
  const fs::path named = path.has_filename() ? path : path.parent_path();
  draft.bot.name = fs::absolute(named, failure).filename().string();
  ParsedFiles files;
  for (const std::string& name : list_files(path, draft)) {
    const auto text = edited.find(name);
    add_parsed(draft, files, name,
               text == edited.end() ? nlu::read_yaml((path / name).string(), name)
                                    : nlu::parse_yaml(text->second, name));
  }
  if (files.empty() && draft.diagnostics.empty()) {
    draft.error("no_bot", {},
                fmt::format("{} has no bot in it: no bot.yml, domain.yml or flows/", folder));
    return {nullptr, std::move(draft.diagnostics), 0};
  }
  return build(draft, files);
}

Loaded load_bot_from(const std::map<std::string, std::string>& files, const LoadOptions& options) {
  Draft draft;
  draft.options = &options;
  draft.bot.name = "bot";
  ParsedFiles parsed;
  for (const auto& [name, text] : files) {
    if (name.empty() || !belongs_to_bot(name)) continue;
    if (parsed.size() == limits::files) {
      draft.error("too_many", {}, fmt::format("a bot has at most {} files", limits::files));
      break;
    }
    add_parsed(draft, parsed, name, nlu::parse_yaml(text, name));
  }
  return build(draft, parsed);
}

}  // namespace dialog

#include "dialog/script.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "dialog/command_text.h"
#include "dialog/draft.h"
#include "dialog/script_reading.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

using nlu::Diagnostics;
using nlu::Yaml;

namespace fs = std::filesystem;

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yml" || path.extension() == ".yaml";
}

bool is_conftest(const fs::path& path) { return path.stem() == "conftest"; }

void read_settings(ScriptParts& parts, const Yaml& file, Script& script) {
  parts.check(file, script_keys);
  if (const Yaml* name = file.find("name")) script.name = parts.text(*name, "'name'");
  if (const Yaml* language = file.find("language"))
    script.language = parts.text(*language, "'language'");
  if (const Yaml* zone = file.find("time_zone")) {
    script.time_zone = parts.text(*zone, "'time_zone'");
    if (!script.time_zone.empty() && !nlu::is_time_zone(script.time_zone)) {
      parts.error(zone->mark, fmt::format("'{}' is no time zone; write one such as Europe/Berlin",
                                          script.time_zone));
    }
  }
  if (const Yaml* now = file.find("now")) {
    const std::string zone = script.time_zone.empty() ? "UTC" : script.time_zone;
    script.now = parts.time(*now, "'now'", zone).value_or(script.now);
  }
  if (const Yaml* seed = file.find("seed")) {
    const auto number = seed->as_integer();
    if (!number || *number < 0) parts.error(seed->mark, "'seed' is a whole number, 0 or more");
    script.seed = static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(1), 0));
  }
  if (const Yaml* slots = file.find("slots")) {
    if (!slots->is_map()) parts.error(slots->mark, "'slots' is a map of slots and their values");
    for (const Yaml::Entry& entry : slots->entries)
      script.slots.push_back({entry.key, to_json(entry.value), entry.key_mark});
  }
  if (const Yaml* backend = file.find("backend")) {
    Backend own;
    read_backend(*backend, own, parts.diagnostics());
    script.backend = std::move(own.entries);
  }
}

// A file of ours: a list of turns, or a map that has one.
Script read_own(ScriptParts& parts, const Yaml& file) {
  Script script;
  script.mark = file.mark;
  const Yaml* turns = &file;
  if (file.is_map()) {
    read_settings(parts, file, script);
    turns = file.find("script");
  }
  if (!turns || !turns->is_sequence() || turns->items.empty()) {
    parts.error(turns ? turns->mark : file.mark,
                "expected a list of turns, each with 'customer' and 'bot'");
    return script;
  }
  for (const Yaml& turn : turns->items) {
    if (auto line = read_turn(parts, turn)) script.lines.push_back(std::move(*line));
  }
  return script;
}

// Items that a comma within brackets has parted: [SetSlot(amount, 50), CancelFlow()].
std::vector<Yaml> with_brackets_closed(const std::vector<Yaml>& items) {
  std::vector<Yaml> whole;
  int open = 0;
  for (const Yaml& item : items) {
    if (open > 0 && item.is_scalar()) {
      whole.back().text += ", " + (item.quoted ? '"' + item.text + '"' : item.text);
    } else {
      whole.push_back(item);
      open = 0;
    }
    if (item.is_scalar() && !item.quoted) {
      open += static_cast<int>(std::count(item.text.begin(), item.text.end(), '(')) -
              static_cast<int>(std::count(item.text.begin(), item.text.end(), ')'));
    }
  }
  return whole;
}

}  // namespace

// ---- parts ----

void ScriptParts::error(const nlu::Mark& mark, std::string message) {
  diagnostics_.push_back({nlu::Severity::error, "bad_script", mark, std::move(message)});
}

void ScriptParts::check(const Yaml& map, const Keys& keys) {
  for (const Yaml::Entry& entry : map.entries) {
    if (keys.find(entry.key) != nullptr) continue;
    error(entry.key_mark, fmt::format("'{}' is no key of {}{}", entry.key, keys.what,
                                      nlu::did_you_mean(entry.key, keys.names())));
  }
}

std::string ScriptParts::text(const Yaml& node, std::string_view what) {
  if (!node.is_scalar()) error(node.mark, fmt::format("{} is a text", what));
  return node.text;
}

std::vector<std::string> ScriptParts::texts(const Yaml& node, std::string_view what) {
  std::vector<std::string> all;
  if (node.is_scalar()) all.push_back(node.text);
  for (const Yaml& item : node.items) {
    if (item.is_scalar()) all.push_back(item.text);
    if (!item.is_scalar()) error(item.mark, fmt::format("{} is a text or a list of texts", what));
  }
  if (node.is_map()) error(node.mark, fmt::format("{} is a text or a list of texts", what));
  return all;
}

std::optional<nlu::Regex> ScriptParts::pattern(const Yaml& node, std::string_view what) {
  auto regex = nlu::Regex::compile(text(node, what));
  if (regex) return std::move(*regex);
  error(node.mark, fmt::format("{}: {}", what, regex.error().message));
  return std::nullopt;
}

std::optional<Millis> ScriptParts::time(const Yaml& node, std::string_view what,
                                        const std::string& zone) {
  const auto moment = nlu::parse_iso_time(node.text, zone);
  if (!moment) error(node.mark, fmt::format("{} is a time like 2026-01-05T10:00", what));
  return moment;
}

std::vector<Command> ScriptParts::commands(const Yaml& node) {
  std::vector<Command> all;
  const auto complain = [&](const Yaml& at, const nlu::Error& why) { error(at.mark, why.message); };
  if (node.is_scalar()) {
    auto several = parse_commands(node.text);
    if (!several) complain(node, several.error());
    return several ? std::move(*several) : all;
  }
  const std::vector<Yaml> one{node};
  for (const Yaml& item : node.is_sequence() ? with_brackets_closed(node.items) : one) {
    auto command = command_from_json(to_json(item));
    if (!command) {
      complain(item, command.error());
    } else {
      all.push_back(std::move(*command));
    }
  }
  return all;
}

// ---- files ----

bool Script::needs_model() const {
  return std::any_of(lines.begin(), lines.end(), [](const Line& line) {
    return line.kind == Line::Kind::customer && !line.commands && !line.text.starts_with('/');
  });
}

std::vector<Script> read_script(const Yaml& file, Diagnostics& diagnostics,
                                const std::vector<const Yaml*>& shared) {
  ScriptParts parts(diagnostics);
  if (file.find("test_cases")) return read_test_cases(parts, file, shared);
  if (const Yaml* stories = file.find("stories")) {
    parts.error(stories->mark,
                "'stories' are not played; write the conversation as 'test_cases', or as a list of "
                "turns with 'customer' and 'bot'");
    return {};
  }
  return {read_own(parts, file)};
}

std::vector<std::string> script_files(const std::string& folder, Diagnostics& diagnostics) {
  std::vector<std::string> paths;
  std::error_code failure;
  if (!fs::exists(folder, failure)) return paths;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (is_yaml(at->path()) && !is_conftest(at->path())) paths.push_back(at->path().string());
  }
  if (failure) {
    diagnostics.push_back({nlu::Severity::error,
                           "unreadable_folder",
                           {folder, 0, 0},
                           fmt::format("not all of its tests can be read: {}", failure.message())});
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

const Yaml* ScriptFiles::conftest(const std::string& folder, Diagnostics& diagnostics) {
  const auto [found, is_new] = conftests_.try_emplace(folder);
  if (is_new) {
    for (const char* name : {"conftest.yml", "conftest.yaml"}) {
      const std::string path = (fs::path(folder) / name).string();
      std::error_code ignored;
      if (!fs::exists(path, ignored)) continue;
      auto file = nlu::read_yaml(path, path);
      if (const auto* problem = std::get_if<nlu::Diagnostic>(&file)) {
        diagnostics.push_back(*problem);
      } else {
        found->second = std::move(std::get<Yaml>(file));
      }
      break;
    }
  }
  return found->second ? &*found->second : nullptr;
}

std::vector<Script> ScriptFiles::read(const std::string& path, Diagnostics& diagnostics) {
  auto file = nlu::read_yaml(path, path);
  if (const auto* problem = std::get_if<nlu::Diagnostic>(&file)) {
    diagnostics.push_back(*problem);
    return {};
  }
  std::vector<const Yaml*> shared;
  for (fs::path folder = fs::path(path).parent_path();; folder = folder.parent_path()) {
    if (const Yaml* one = conftest(folder.string(), diagnostics))
      shared.insert(shared.begin(), one);
    if (folder.string().size() <= root_.size() || !folder.has_parent_path()) break;
  }
  return read_script(std::get<Yaml>(file), diagnostics, shared);
}

std::vector<Script> read_scripts(const std::string& folder, Diagnostics& diagnostics) {
  ScriptFiles files(folder);
  std::vector<Script> scripts;
  for (const std::string& path : script_files(folder, diagnostics)) {
    for (Script& script : files.read(path, diagnostics)) scripts.push_back(std::move(script));
  }
  return scripts;
}

}  // namespace dialog

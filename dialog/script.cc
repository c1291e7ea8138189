#include "dialog/script.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

using nlu::Diagnostics;
using nlu::Yaml;

constexpr Millis silence_limit = Millis{366} * 24 * 3600 * 1000;

const std::vector<std::string> turn_keys = {"opens",     "customer", "payload", "attachment",
                                            "silence_s", "commands", "bot",     "bot_says",
                                            "slots",     "events",   "buttons", "language"};

// ---- reading ----

class ScriptReader {
 public:
  ScriptReader(Script& script, Diagnostics& diagnostics)
      : script_(script), diagnostics_(diagnostics) {}

  void read(const Yaml& file) {
    script_.file = file.mark.file;
    const Yaml* turns = &file;
    if (file.is_map()) {
      check(file, {"name", "language", "now", "script"});
      if (const Yaml* name = file.find("name")) script_.name = name->text;
      if (const Yaml* language = file.find("language")) script_.language = language->text;
      if (const Yaml* now = file.find("now")) read_now(*now);
      turns = file.find("script");
    }
    if (!turns || !turns->is_sequence() || turns->items.empty()) {
      return error(file.mark, "expected a list of turns, each with 'customer' and 'bot'");
    }
    for (const Yaml& turn : turns->items) read_turn(turn);
  }

 private:
  void error(const nlu::Mark& mark, std::string message) {
    diagnostics_.push_back({nlu::Severity::error, "bad_script", mark, std::move(message)});
  }

  void check(const Yaml& map, const std::vector<std::string>& known) {
    for (const Yaml::Entry& entry : map.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      error(entry.key_mark, fmt::format("'{}' is no key of a turn{}", entry.key,
                                        nlu::did_you_mean(entry.key, known)));
    }
  }

  void read_now(const Yaml& node) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    const int read =
        std::sscanf(node.text.c_str(), "%4d-%2d-%2dT%2d:%2d", &year, &month, &day, &hour, &minute);
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (read < 3 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59) {
      return error(node.mark, "'now' is a time like 2026-01-05T10:00");
    }
    script_.now = std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                      std::chrono::minutes(minute))
                      .count();
  }

  std::vector<std::string> texts(const Yaml& node, const char* what) {
    std::vector<std::string> all;
    if (node.is_scalar()) all.push_back(node.text);
    for (const Yaml& item : node.items) {
      if (item.is_scalar()) all.push_back(item.text);
      if (!item.is_scalar())
        error(item.mark, fmt::format("'{}' is a text or a list of texts", what));
    }
    if (node.is_map()) error(node.mark, fmt::format("'{}' is a text or a list of texts", what));
    return all;
  }

  void read_commands(const Yaml& node, Line& line) {
    line.commands.emplace();
    const std::vector<Yaml> one{node};
    for (const Yaml& item : node.is_sequence() ? node.items : one) {
      auto command = command_from_json(to_json(item));
      if (!command) {
        error(item.mark, command.error().message);
      } else {
        line.commands->push_back(std::move(*command));
      }
    }
  }

  void read_attachment(const Yaml& node, Line& line) {
    line.kind = Line::Kind::attachment;
    line.attachment = {"upload", "file", 1000, "application/octet-stream"};
    if (!node.is_map())
      return error(node.mark, "'attachment' is a map like {name: a.jpg, media_type: image/jpeg}");
    check(node, {"name", "media_type", "size"});
    if (const Yaml* name = node.find("name")) line.attachment.name = name->text;
    if (const Yaml* type = node.find("media_type")) line.attachment.media_type = type->text;
    if (const Yaml* size = node.find("size")) {
      line.attachment.size =
          static_cast<std::uint64_t>(std::max<std::int64_t>(size->as_integer().value_or(0), 0));
    }
  }

  bool read_kind(const Yaml& turn, Line& line) {
    if (const Yaml* said = turn.find("customer")) {
      line.text = said->text;
      return true;
    }
    if (const Yaml* payload = turn.find("payload")) {
      line.kind = Line::Kind::payload;
      line.text = payload->text;
      return true;
    }
    if (const Yaml* file = turn.find("attachment")) {
      read_attachment(*file, line);
      return true;
    }
    if (const Yaml* silence = turn.find("silence_s")) {
      line.kind = Line::Kind::silence;
      const double seconds = silence->as_number().value_or(-1);
      if (!(seconds >= 0) || seconds * 1000 > static_cast<double>(silence_limit)) {
        error(silence->mark, "'silence_s' is a number of seconds");
        return false;
      }
      line.silence = static_cast<Millis>(seconds * 1000);
      return true;
    }
    if (turn.find("opens")) {
      line.kind = Line::Kind::opens;
      return true;
    }
    if (turn.find("commands")) return true;  // Said without words.
    error(turn.mark,
          "a turn needs 'customer', 'payload', 'attachment', 'commands', 'silence_s' or 'opens'");
    return false;
  }

  void read_turn(const Yaml& turn) {
    if (!turn.is_map()) return error(turn.mark, "expected a turn, such as 'customer: hello'");
    check(turn, turn_keys);
    Line line;
    line.mark = turn.mark;
    if (!read_kind(turn, line)) return;
    if (const Yaml* commands = turn.find("commands")) read_commands(*commands, line);
    if (const Yaml* bot = turn.find("bot")) {
      line.bot.emplace();
      for (const std::string& name : texts(*bot, "bot")) line.bot->push_back(response_name(name));
    }
    if (const Yaml* says = turn.find("bot_says")) {
      for (const std::string& pattern : texts(*says, "bot_says")) {
        auto regex = nlu::Regex::compile(pattern);
        if (!regex) error(says->mark, regex.error().message);
        if (regex) line.bot_says.push_back(std::move(*regex));
      }
    }
    if (const Yaml* slots = turn.find("slots")) {
      for (const Yaml::Entry& entry : slots->entries) line.slots[entry.key] = to_json(entry.value);
    }
    if (const Yaml* events = turn.find("events")) line.events = texts(*events, "events");
    if (const Yaml* language = turn.find("language")) line.language = language->text;
    if (const Yaml* buttons = turn.find("buttons")) line.buttons = texts(*buttons, "buttons");
    script_.lines.push_back(std::move(line));
  }

  Script& script_;
  Diagnostics& diagnostics_;
};
}  // namespace

Script read_script(const Yaml& file, Diagnostics& diagnostics) {
  Script script;
  ScriptReader(script, diagnostics).read(file);
  return script;
}

std::vector<Script> read_scripts(const std::string& folder, Diagnostics& diagnostics) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string extension = at->path().extension().string();
    if (extension == ".yml" || extension == ".yaml") paths.push_back(at->path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Script> scripts;
  for (const std::string& path : paths) {
    auto file = nlu::read_yaml(path, path);
    if (const auto* problem = std::get_if<nlu::Diagnostic>(&file)) {
      diagnostics.push_back(*problem);
    } else {
      scripts.push_back(read_script(std::get<Yaml>(file), diagnostics));
    }
  }
  return scripts;
}
}  // namespace dialog

#include "dialog/script_write.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "dialog/draft.h"
#include "dialog/yaml_text.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

// In brackets, where fewer marks are safe.
std::string flow_scalar(const std::string& text) { return yaml_scalar(text, " _-."); }

std::string flow_text(const json::value& value) {
  if (const auto* text = value.if_string())
    return flow_scalar(std::string(text->c_str(), text->size()));
  if (const auto* array = value.if_array()) {
    std::string text;
    for (const json::value& item : *array) text += (text.empty() ? "" : ", ") + flow_text(item);
    return "[" + text + "]";
  }
  if (const auto* object = value.if_object()) {
    std::string text;
    for (const auto& field : *object) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ",
                          flow_scalar(std::string(field.key())), flow_text(field.value()));
    }
    return "{" + text + "}";
  }
  return json::serialize(value);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string stubs_text(const std::vector<Backend::Entry>& entries, std::string_view indent) {
  std::string text;
  for (const Backend::Entry& entry : entries) {
    json::object when, reply;
    when[entry.method.empty() ? "any" : lower(entry.method)] = entry.path;
    if (!entry.body.is_null()) when["json"] = entry.body;
    reply["status"] = entry.status;
    if (entry.delay.count() > 0) reply["delay_ms"] = entry.delay.count();
    if (!entry.reply.is_null()) reply["json"] = entry.reply;
    text += fmt::format("{}- when: {}\n{}  reply: {}\n", indent, flow_text(when), indent,
                        flow_text(reply));
  }
  return text;
}

std::string failure_text(const HttpOutcome& outcome) {
  static constexpr const char* kinds[] = {"", "timeout", "failed", "unknown", "refused"};
  return outcome.kind == HttpOutcome::Kind::answered
             ? std::to_string(outcome.status)
             : kinds[static_cast<std::size_t>(outcome.kind)];
}

// The keys of what happens, each with the indentation of the next.
std::vector<std::string> happening(const Line& line) {
  std::vector<std::string> keys;
  switch (line.kind) {
    case Line::Kind::opens:
      return {"opens: true"};
    case Line::Kind::silence:
      return {fmt::format("silence_s: {}", static_cast<double>(line.silence) / 1000)};
    case Line::Kind::attachment:
      return {fmt::format("attachment: {}",
                          flow_text(json::object{{"name", line.attachment.name},
                                                 {"media_type", line.attachment.media_type},
                                                 {"size", line.attachment.size}}))};
    case Line::Kind::payload:
      if (!line.text.empty()) keys.push_back("customer: " + yaml_scalar(line.text));
      keys.push_back("payload: " + yaml_scalar(line.payload));
      return keys;
    case Line::Kind::customer:
      keys.push_back("customer: " + yaml_scalar(line.text));
      break;
  }
  if (line.commands) {
    json::array commands;
    for (const Command& command : *line.commands) commands.push_back(to_json(command));
    keys.push_back("commands: " + flow_text(commands));
  }
  return keys;
}

std::string names_text(const std::vector<std::string>& names) {
  if (names.size() == 1) return yaml_scalar(names.front());
  json::array list;
  for (const std::string& name : names) list.emplace_back(name);
  return flow_text(list);
}

}  // namespace

std::string to_yaml(const Recorded& recorded) {
  const Script& script = recorded.script;
  std::string text;
  for (std::string note : recorded.notes) {
    std::replace(note.begin(), note.end(), '\n', ' ');
    text += "# " + note + "\n";
  }
  if (!script.name.empty()) text += "name: " + yaml_scalar(script.name) + "\n";
  if (!script.language.empty()) text += "language: " + yaml_scalar(script.language) + "\n";
  if (script.now != rehearsal_begins) text += fmt::format("now: {}\n", nlu::iso_time(script.now));
  if (script.seed != 1) text += fmt::format("seed: {}\n", script.seed);
  if (!script.backend.empty()) text += "backend:\n" + stubs_text(script.backend, "  ");
  text += "script:\n";
  for (std::size_t i = 0; i < script.lines.size(); ++i) {
    const Line& line = script.lines[i];
    std::string_view lead = "  - ";
    for (const std::string& key : happening(line)) {
      text += fmt::format("{}{}\n", lead, key);
      lead = "    ";
    }
    if (!line.backend.empty()) text += "    backend:\n" + stubs_text(line.backend, "      ");
    if (line.backend_fails)
      text += fmt::format("    backend_fails: {}\n", failure_text(*line.backend_fails));
    text += fmt::format("    bot: {}\n", names_text(recorded.replies[i]));
  }
  return text;
}

}  // namespace dialog

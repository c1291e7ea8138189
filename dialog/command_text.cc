#include "dialog/command_text.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/respond.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

namespace {

namespace json = nlu::json;
using nlu::Result;

enum class Arguments { none, maybe_text, flow, flows, slot_and_value };

struct Form {
  std::string_view words;  // As people write it; letters alone count.
  std::string_view name;   // command_name()'s
  Arguments arguments;
};

constexpr Form forms[] = {
    {"start flow", "start_flow", Arguments::flow},
    {"set slot", "set_slot", Arguments::slot_and_value},
    {"correct slot", "correct_slot", Arguments::slot_and_value},
    {"cancel flow", "cancel_flow", Arguments::none},
    {"disambiguate flows", "clarify", Arguments::flows},
    {"clarify", "clarify", Arguments::flows},
    {"offtopic", "chitchat", Arguments::none},
    {"offtopic reply", "chitchat", Arguments::none},
    {"chitchat", "chitchat", Arguments::none},
    {"chit chat answer", "chitchat", Arguments::none},
    {"search and reply", "knowledge_question", Arguments::none},
    {"provide info", "knowledge_question", Arguments::none},
    {"knowledge answer", "knowledge_question", Arguments::none},
    {"knowledge question", "knowledge_question", Arguments::none},
    {"hand over", "human_handover", Arguments::none},
    {"human handoff", "human_handover", Arguments::none},
    {"human handover", "human_handover", Arguments::none},
    {"skip question", "skip_question", Arguments::none},
    {"repeat message", "repeat", Arguments::none},
    {"repeat bot messages", "repeat", Arguments::none},
    {"repeat last bot messages", "repeat", Arguments::none},
    {"repeat", "repeat", Arguments::none},
    {"restart", "restart", Arguments::none},
    {"restart conversation", "restart", Arguments::none},
    {"cannot handle", "cannot_handle", Arguments::maybe_text},
};

// "StartFlow", "start flow" and "start_flow" are one name.
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c == ' ' || c == '_') continue;
    letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

const Form* find_form(std::string_view name) {
  const std::string wanted = letters_of(name);
  const auto found = std::find_if(std::begin(forms), std::end(forms),
                                  [&](const Form& one) { return letters_of(one.words) == wanted; });
  return found == std::end(forms) ? nullptr : found;
}

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.back() == text.front();
}

std::string unquoted(std::string_view text) {
  return std::string(is_quoted(text) ? text.substr(1, text.size() - 2) : text);
}

json::value value_of(std::string_view text) {
  if (is_quoted(text)) return json::value(unquoted(text));
  if (text == "null" || text == "None" || text == "undefined") return nullptr;
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  const auto parsed = nlu::parse_json(text);
  const bool same_number = parsed && parsed->is_number() && to_text(*parsed) == text;
  if (same_number || (parsed && parsed->is_structured())) return *parsed;
  return json::value(std::string(text));  // "00123" and "+44" are no numbers.
}

// At commas that stand in no quotes and no brackets.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  char quote = 0;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && trimmed(text.substr(begin, i - begin)).empty()) {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (!parts.empty() || !trimmed(text).empty()) parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(' ', end);
  }
  return words;
}

std::string example_of(const Form& form) {
  switch (form.arguments) {
    case Arguments::flow:
      return "StartFlow(a_flow)";
    case Arguments::flows:
      return "Clarify(a_flow, another_flow)";
    case Arguments::slot_and_value:
      return form.name == "set_slot" ? "SetSlot(a_slot, a value)" : "CorrectSlot(a_slot, a value)";
    case Arguments::none:
    case Arguments::maybe_text:
      break;
  }
  return std::string(form.words);
}

Result<Command> make(const Form& form, const std::vector<std::string_view>& arguments) {
  json::value value;
  const std::size_t count = arguments.size();
  bool fits = false;
  switch (form.arguments) {
    case Arguments::none:
      fits = count == 0;
      break;
    case Arguments::maybe_text:
      fits = count <= 1;
      if (count == 1) value = json::value(unquoted(arguments[0]));
      break;
    case Arguments::flow:
      fits = count == 1;
      if (fits) value = json::value(unquoted(arguments[0]));
      break;
    case Arguments::flows: {
      fits = count >= 1;
      json::array flows;
      for (const std::string_view flow : arguments) flows.emplace_back(unquoted(flow));
      value = std::move(flows);
      break;
    }
    case Arguments::slot_and_value:
      fits = count == 2;
      if (fits) value = json::object{{unquoted(arguments[0]), value_of(arguments[1])}};
      break;
  }
  if (!fits) {
    return nlu::invalid(
        fmt::format("'{}' is written as {}", std::string(form.words), example_of(form)));
  }
  json::object object;
  object.emplace(form.name, std::move(value));
  return command_from_json(object);
}

// "start flow" → "StartFlow"
std::string as_call(std::string_view words) {
  std::string name;
  for (const std::string_view word : split_words(words)) {
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(word.front())));
    name += word.substr(1);
  }
  return name;
}

Result<Command> unknown(std::string_view name, bool is_call) {
  std::vector<std::string> known;
  for (const Form& form : forms)
    known.push_back(is_call ? as_call(form.words) : std::string(form.words));
  // What follows the first words of a line is no part of a name.
  const auto words = split_words(name);
  const std::string beginning =
      words.size() > 2 ? fmt::format("{} {}", words[0], words[1]) : std::string(name);
  return nlu::invalid(
      fmt::format("no command is called '{}'{}", name, nlu::did_you_mean(beginning, known)));
}

// StartFlow(x)
Result<Command> parse_call(std::string_view text, std::size_t bracket) {
  const std::string_view name = trimmed(text.substr(0, bracket));
  const Form* form = find_form(name);
  if (!form) return unknown(name, true);
  if (text.back() != ')') return nlu::invalid(fmt::format("'{}' lacks its ')'", text));
  return make(*form, split_arguments(text.substr(bracket + 1, text.size() - bracket - 2)));
}

// start flow x; the longest name that the words begin with.
Result<Command> parse_line(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  for (std::size_t count = std::min<std::size_t>(words.size(), 4); count > 0; --count) {
    const char* const end = words[count - 1].data() + words[count - 1].size();
    const Form* form = find_form(text.substr(0, static_cast<std::size_t>(end - text.data())));
    if (!form) continue;
    std::vector<std::string_view> arguments(words.begin() + static_cast<long>(count), words.end());
    if (form->arguments == Arguments::slot_and_value && arguments.size() > 2) {
      const auto from = static_cast<std::size_t>(arguments[1].data() - text.data());
      arguments = {arguments[0], trimmed(text.substr(from))};
    }
    return make(*form, arguments);
  }
  return unknown(text, false);
}

}  // namespace

Result<Command> parse_command(std::string_view written) {
  const std::string_view text = trimmed(written);
  if (text.empty()) return nlu::invalid("expected a command, such as StartFlow(a_flow)");
  const std::size_t bracket = text.find('(');
  const bool is_call = bracket != std::string_view::npos && bracket > 0 &&
                       text.substr(0, bracket).find(' ') == std::string_view::npos;
  return is_call ? parse_call(text, bracket) : parse_line(text);
}

Result<std::vector<Command>> parse_commands(std::string_view lines) {
  std::vector<Command> commands;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string_view line = trimmed(lines.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    auto command = parse_command(line);
    if (!command) return command.error();
    commands.push_back(std::move(*command));
  }
  return commands;
}

}  // namespace dialog

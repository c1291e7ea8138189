#include "dialog/judge.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/answer.h"
#include "dialog/respond.h"
#include "dialog/telling.h"

namespace dialog {

namespace {

std::vector<std::string> responses_of(const Rehearsal::Heard& heard) {
  std::vector<std::string> names;
  for (const event::Replied& reply : heard.replies) names.push_back(reply.response);
  return names;
}

bool same_value(const json::value* held, const json::value& expected) {
  if (expected.is_null() || !held) return expected.is_null() && (!held || held->is_null());
  return *held == expected || to_text(*held) == to_text(expected);
}

std::string title_of(const Line& line) {
  switch (line.kind) {
    case Line::Kind::opens:
      return "the conversation opens";
    case Line::Kind::payload:
      return fmt::format("payload \"{}\"", line.text);
    case Line::Kind::attachment:
      return fmt::format("attachment \"{}\"", line.attachment.name);
    case Line::Kind::silence:
      return fmt::format("silence of {} s", line.silence / 1000);
    case Line::Kind::customer:
      break;
  }
  return fmt::format("customer \"{}\"", line.text);
}

std::string one_of_list(const std::vector<std::string>& names) {
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

// What is not as the line says, one complaint a line; empty: nothing.
std::string complaints(const Line& line, const Rehearsal::Heard& heard,
                       const Conversation& conversation) {
  std::string text;
  const std::vector<std::string> responses = responses_of(heard);
  if (line.bot && *line.bot != responses) {
    text += fmt::format("  expected bot: {}\n       got bot: {}\n", one_of_list(*line.bot),
                        one_of_list(responses));
  }
  std::string said;
  for (const event::Replied& reply : heard.replies) said += reply.text + "\n";
  for (const nlu::Regex& regex : line.bot_says) {
    if (regex.matches_somewhere(said)) continue;
    text +=
        fmt::format("  expected bot_says: {}\n       got: {}\n", regex.pattern(), trimmed(said));
  }
  for (const auto& [name, expected] : line.slots) {
    const auto found = conversation.slots.find(name);
    const json::value* held = found == conversation.slots.end() ? nullptr : &found->second;
    if (same_value(held, expected)) continue;
    text += fmt::format("  expected slot {}: {}\n       got: {}\n", name, value_text(&expected),
                        value_text(held));
  }
  for (const std::string& type : line.events) {
    const bool occurs = std::any_of(heard.events.begin(), heard.events.end(),
                                    [&](const Event& e) { return type_name(e.body) == type; });
    if (!occurs) text += fmt::format("  expected event: {}\n", type);
  }
  if (!line.language.empty() && line.language != conversation.language) {
    text += fmt::format("  expected language: {}\n       got: {}\n", line.language,
                        conversation.language);
  }
  if (line.buttons) {
    std::vector<std::string> titles;
    if (!heard.replies.empty()) {
      for (const Choice& choice : heard.replies.back().buttons) titles.push_back(choice.title);
      for (const Choice& choice : heard.replies.back().quick_replies)
        titles.push_back(choice.title);
    }
    if (titles != *line.buttons) {
      text += fmt::format("  expected buttons: {}\n       got buttons: {}\n",
                          one_of_list(*line.buttons), one_of_list(titles));
    }
  }
  return text;
}

std::string indented(const std::string& text) {
  std::string out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    out += "  " + text.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return out;
}

}  // namespace

std::optional<std::string> rehearse(const Bot& bot, const nlu::Interpreter* interpreter,
                                    const Script& script) {
  Rehearsal rehearsal(bot, interpreter, script.language, script.now);
  std::string standing;
  for (const Line& line : script.lines) {
    Rehearsal::Heard heard;
    switch (line.kind) {
      case Line::Kind::opens:
        heard = rehearsal.open();
        break;
      case Line::Kind::customer:
        heard =
            line.commands ? rehearsal.command(line.text, *line.commands) : rehearsal.say(line.text);
        break;
      case Line::Kind::payload:
        heard = rehearsal.press(line.text);
        break;
      case Line::Kind::attachment:
        heard = rehearsal.send(line.attachment);
        break;
      case Line::Kind::silence:
        heard = rehearsal.be_silent(line.silence);
        break;
    }
    const std::string place = last_step(bot, rehearsal.conversation(), heard.events);
    if (!place.empty()) standing = place;
    const std::string wrong = complaints(line, heard, rehearsal.conversation());
    if (wrong.empty()) continue;
    std::string report =
        fmt::format("{}:{}: {}\n{}", line.mark.file, line.mark.line, title_of(line), wrong);
    report += indented(explain(bot, heard));
    if (!standing.empty()) report += fmt::format("  last step: {}\n", standing);
    return report;
  }
  return std::nullopt;
}

}  // namespace dialog

// Plays a script to its end, or to where it goes another way.
#include <fmt/format.h>

#include "dialog/coverage.h"
#include "dialog/judge.h"
#include "dialog/telling.h"

namespace dialog {

namespace {

using Heard = Rehearsal::Heard;

std::string report_of(const Bot& bot, const Line& line, const Heard& heard,
                      const std::vector<Complaint>& complaints, const std::string& standing) {
  std::string text = fmt::format("{}:{}: {}\n", line.mark.file, line.mark.line, title_of(line));
  for (const Complaint& one : complaints) {
    const std::string place = fmt::format("  {}:{}: ", one.mark.file, one.mark.line);
    text += fmt::format("{}expected {}: {}\n", place, one.what, one.expected);
    text += fmt::format("{:>{}} {}: {}\n", "got", place.size() + 8, one.what, one.got);
  }
  text += indented(explain(bot, heard));
  if (!standing.empty()) text += fmt::format("  last step: {}\n", standing);
  return text;
}

Failure cannot_begin(const GivenSlot& slot, const std::string& why) {
  const std::string report =
      fmt::format("{}:{}:{}: {}\n", slot.mark.file, slot.mark.line, slot.mark.column, why);
  return {slot.mark, {{slot.mark, "slot " + slot.slot, value_text(&slot.value), why}}, report};
}

}  // namespace

std::string title_of(const Line& line) {
  switch (line.kind) {
    case Line::Kind::opens:
      return "the conversation opens";
    case Line::Kind::payload:
      return line.text.empty() ? fmt::format("payload \"{}\"", line.payload)
                               : fmt::format("button \"{}\" ({})", line.text, line.payload);
    case Line::Kind::attachment:
      return fmt::format("attachment \"{}\"", line.attachment.name);
    case Line::Kind::silence:
      return fmt::format("silence of {} s", static_cast<double>(line.silence) / 1000);
    case Line::Kind::customer:
      break;
  }
  return line.commands && line.text.empty() ? "commands"
                                            : fmt::format("customer \"{}\"", line.text);
}

std::optional<Failure> rehearse(const Bot& bot, const nlu::Interpreter* interpreter,
                                const Script& script, Coverage* coverage) {
  std::optional<Bot> elsewhere;
  if (!script.time_zone.empty() && script.time_zone != bot.time_zone) {
    elsewhere = bot;
    elsewhere->time_zone = script.time_zone;
  }
  const Bot& played = elsewhere ? *elsewhere : bot;
  Rehearsal rehearsal(played, interpreter, script.language, script.now, script.seed);
  rehearsal.stub(script.backend);
  if (coverage) {
    rehearsal.observe([&](const Conversation& before, const Event& event) {
      coverage->saw(played, before, event);
    });
  }
  for (const GivenSlot& slot : script.slots) {
    const auto given = rehearsal.give(slot.slot, slot.value);
    if (!given) return cannot_begin(slot, given.error().message);
  }

  for (const Line& line : script.lines) {
    const Heard heard = rehearsal.play(line);
    std::vector<Complaint> complaints = unknown_names(played, line);
    for (Complaint& one : judge(played, line, heard, rehearsal.conversation())) {
      complaints.push_back(std::move(one));
    }
    if (complaints.empty()) continue;
    std::string place = last_step(played, heard);
    if (place.empty()) place = standing_step(played, rehearsal.conversation());
    return Failure{line.mark, complaints, report_of(played, line, heard, complaints, place)};
  }
  return std::nullopt;
}

}  // namespace dialog

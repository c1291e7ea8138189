#include "dialog/script.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dialog/answer.h"
#include "dialog/draft.h"
#include "dialog/respond.h"
#include "dialog/understand.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

using nlu::Diagnostics;
using nlu::Yaml;

constexpr Millis silence_limit = Millis{366} * 24 * 3600 * 1000;
constexpr int effects_limit = 100;  // In a turn: a loop through HTTP actions must end.

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

// ---- telling what happened ----

std::string value_text(const json::value* value) {
  return value && !value->is_null() ? json::serialize(*value) : "not set";
}

std::string describe(const Event& event) {
  const std::string type(type_name(event.body));
  if (const auto* e = std::get_if<event::FlowStarted>(&event.body)) return type + " " + e->flow;
  if (const auto* e = std::get_if<event::FlowEnded>(&event.body)) return type + " " + e->flow;
  if (const auto* e = std::get_if<event::StepEntered>(&event.body)) return type + " " + e->step;
  if (const auto* e = std::get_if<event::Asked>(&event.body)) return type + " " + e->slot;
  if (const auto* e = std::get_if<event::SlotSet>(&event.body)) {
    return fmt::format("{} {}={}", type, e->slot, value_text(&e->value));
  }
  if (const auto* e = std::get_if<event::ActionStarted>(&event.body)) {
    return fmt::format("{} {} {}", type, e->method, e->path);
  }
  if (const auto* e = std::get_if<event::ActionFinished>(&event.body)) {
    return fmt::format("{} {} {}", type, e->outcome, e->status);
  }
  if (const auto* e = std::get_if<event::Replied>(&event.body)) return type + " " + e->response;
  if (const auto* e = std::get_if<event::Failed>(&event.body)) return type + ": " + e->what;
  return type;
}

std::string last_step(const Bot& bot, const Conversation& conversation,
                      const std::vector<Event>& events) {
  std::map<std::uint64_t, std::string> flows;
  for (const Frame& frame : conversation.stack) flows[frame.id] = frame.flow;
  std::string place;
  for (const Event& event : events) {
    if (const auto* started = std::get_if<event::FlowStarted>(&event.body)) {
      flows[started->frame] = started->flow;
    }
    if (const auto* ended = std::get_if<event::FlowEnded>(&event.body))
      flows[ended->frame] = ended->flow;
  }
  for (const Event& event : events) {
    const auto* entered = std::get_if<event::StepEntered>(&event.body);
    if (!entered) continue;
    const Flow* flow = bot.find_flow(flows[entered->frame]);
    const Step* step = flow && !flow->is_pattern ? flow->find_step(entered->step) : nullptr;
    if (step) {
      place =
          fmt::format("{}:{}: {}, step {}", step->mark.file, step->mark.line, flow->id, step->id);
    }
  }
  return place;
}

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

// ---- playing ----

Rehearsal::Rehearsal(const Bot& bot, const nlu::Interpreter* interpreter, std::string language,
                     Millis now, std::uint64_t seed)
    : bot_(bot),
      interpreter_(interpreter),
      language_(language.empty() ? bot.language : std::move(language)),
      now_(now),
      seed_(seed) {}

void Rehearsal::give(const Input& input, Heard& heard) {
  Advance step = advance(bot_, conversation_, input, now_);
  for (Event& event : step.events) {
    conversation_.apply(event);
    if (const auto* reply = std::get_if<event::Replied>(&event.body))
      heard.replies.push_back(*reply);
    heard.events.push_back(std::move(event));
  }
  for (Effect& one : step.effects) {
    if (auto* call = std::get_if<effect::CallHttp>(&one)) calls_.push_back(std::move(*call));
    if (const auto* timer = std::get_if<effect::SetTimer>(&one)) timers_[timer->timer] = timer->due;
    if (const auto* timer = std::get_if<effect::CancelTimer>(&one)) timers_.erase(timer->timer);
  }
}

// The stand-in answers what is out, and what that leads to, until nothing is.
void Rehearsal::settle(Heard& heard) {
  for (int i = 0; !calls_.empty() && i < effects_limit; ++i) {
    const effect::CallHttp call = std::move(calls_.front());
    calls_.pop_front();
    Backend::Answer answer = bot_.backend.answer(call.request);
    const Millis took = std::min<Millis>(answer.delay.count(), call.request.timeout.count());
    if (answer.delay > call.request.timeout) {
      answer.outcome = {};
      answer.outcome.kind = HttpOutcome::Kind::timeout;
    }
    pass(now_ + took, heard);
    give(input::ActionReturned{call.effect, std::move(answer.outcome), took}, heard);
  }
}

void Rehearsal::pass(Millis until, Heard& heard) {
  for (;;) {
    const auto next =
        std::min_element(timers_.begin(), timers_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (next == timers_.end() || next->second > until) break;
    const std::uint64_t timer = next->first;
    now_ = std::max(now_, next->second);
    timers_.erase(next);
    give(input::TimerFired{timer}, heard);
    settle(heard);
  }
  now_ = std::max(now_, until);
}

Rehearsal::Heard Rehearsal::open() {
  Heard heard;
  if (is_open_) return heard;
  is_open_ = true;
  input::Opened opened;
  opened.started = {bot_.name, "web", language_, seed_, "", ""};
  give(opened, heard);
  settle(heard);
  return heard;
}

Rehearsal::Heard Rehearsal::said(input::Said said, bool understands) {
  open();
  Heard heard;
  said.message_id = fmt::format("rehearsal-{}", ++messages_);
  said.client = "rehearsal";
  said.cseq = messages_;
  if (understands) {
    const std::string today = nlu::iso_date(now_, bot_.time_zone);
    const bool reads = interpreter_ && said.payload.empty() && !said.text.starts_with('/');
    if (reads) {
      const nlu::Utterance utterance{said.text, today};
      said.interpretation = interpreter_->interpret(std::span(&utterance, 1)).front();
    }
    said.commands = understand(bot_, conversation_, said.text, said.payload, said.attachment,
                               said.interpretation, today);
  }
  heard.interpretation = said.interpretation;
  heard.commands = said.commands;
  give(said, heard);
  settle(heard);
  return heard;
}

Rehearsal::Heard Rehearsal::say(const std::string& text) {
  input::Said one;
  one.text = text;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::press(const std::string& payload, const std::string& title) {
  input::Said one;
  one.text = title.empty() ? payload : title;
  one.payload = payload;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::send(const Attachment& attachment) {
  input::Said one;
  one.attachment = attachment;
  return said(std::move(one), true);
}

Rehearsal::Heard Rehearsal::command(const std::string& text, std::vector<Command> commands) {
  input::Said one;
  one.text = text;
  one.commands = std::move(commands);
  return said(std::move(one), false);
}

Rehearsal::Heard Rehearsal::be_silent(Millis duration) {
  open();
  Heard heard;
  pass(now_ + duration, heard);
  return heard;
}

std::string explain(const Bot&, const Rehearsal::Heard& heard) {
  std::string text, said;
  for (const Event& event : heard.events) {
    if (const auto* uttered = std::get_if<event::Uttered>(&event.body)) said = uttered->text;
  }
  const bool several = heard.interpretation.segments.size() > 1;
  for (const nlu::Segment& segment : heard.interpretation.segments) {
    if (several && segment.span.end <= said.size()) {
      text += fmt::format("segment \"{}\": ",
                          said.substr(segment.span.begin, segment.span.end - segment.span.begin));
    }
    text += "intents: ";
    for (const nlu::ScoredIntent& intent : segment.intents) {
      text += fmt::format("{} {:.2f}, ", intent.name, intent.p);
    }
    text += fmt::format("outside {:.2f}, between {:.2f}\n", segment.p_outside, segment.p_between);
  }
  if (!heard.interpretation.entities.empty()) {
    text += "entities:";
    for (const nlu::Entity& entity : heard.interpretation.entities) {
      text += fmt::format(" {}={} ({}{}{})", entity.type, entity.value, entity.source,
                          entity.negated ? ", negated" : "", entity.retracted ? ", retracted" : "");
    }
    text += "\n";
  }
  if (!heard.commands.empty()) {
    text += "commands:";
    for (const Command& command : heard.commands) text += " " + json::serialize(to_json(command));
    text += "\n";
  }
  if (!heard.events.empty()) {
    std::vector<std::string> events;
    for (const Event& event : heard.events) events.push_back(describe(event));
    text += fmt::format("events: {}\n", fmt::join(events, ", "));
  }
  return text;
}

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

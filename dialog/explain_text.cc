// An explanation for people: what happened, one fact a line, behind the word for its kind.
#include <fmt/format.h>

#include "dialog/explain.h"
#include "dialog/respond.h"
#include "nlu/base/json.h"
#include "nlu/base/printable.h"

namespace dialog {

namespace {

using json::array;
using json::object;

std::string text(const object& of, std::string_view key) {
  return std::string(nlu::get_string(of, key).value_or(""));
}

std::string plain(const json::value* value) {
  if (value == nullptr || value->is_null()) return "nothing";
  return value->is_number() ? to_text(*value) : json::serialize(*value);
}

std::string line(std::string_view kind, std::string_view fact) {
  return fmt::format("  {:<11} {}\n", kind, nlu::printable(fact));
}

std::string at(const object& step) {
  const std::string place = text(step, "at");
  return place.empty() ? "" : fmt::format("   ({})", place);
}

std::string number(const object& of, std::string_view key) {
  return fmt::format("{:.2f}", nlu::get_number(of, key).value_or(0));
}

std::string segment_text(const object& segment) {
  std::string out;
  if (const std::string words = text(segment, "text"); !words.empty()) {
    out = fmt::format("\"{}\": ", words);
  }
  if (const array* intents = nlu::get_array(segment, "intents")) {
    for (const json::value& intent : *intents) {
      out +=
          fmt::format("{} {}, ", text(intent.as_object(), "name"), number(intent.as_object(), "p"));
    }
  }
  return out + fmt::format("outside {}, between {}", number(segment, "p_outside"),
                           number(segment, "p_between"));
}

std::string entity_text(const object& entity) {
  std::string out = fmt::format("{} = {} ({}", text(entity, "type"), text(entity, "value"),
                                text(entity, "source"));
  if (nlu::get_bool(entity, "negated").value_or(false)) out += ", negated";
  if (nlu::get_bool(entity, "retracted").value_or(false)) out += ", taken back";
  return out + ")";
}

std::string understood_text(const object& understood) {
  std::string out;
  if (const array* segments = nlu::get_array(understood, "segments")) {
    for (const json::value& one : *segments) {
      out += line("understood", segment_text(one.as_object()));
    }
  }
  if (const array* entities = nlu::get_array(understood, "entities")) {
    for (const json::value& one : *entities) out += line("entity", entity_text(one.as_object()));
  }
  if (const auto mood = nlu::get_number(understood, "sentiment")) {
    out += line("sounds", fmt::format("{:+.2f}, urgency {}", *mood, number(understood, "urgency")));
  }
  return out;
}

std::string condition_text(const object& step) {
  const std::string condition = text(step, "condition");
  const std::string of = text(step, "of");
  const bool result = nlu::get_bool(step, "result").value_or(false);
  std::string out =
      condition == "else" ? "else" : fmt::format("{} {}", of == "branch" ? "if" : of, condition);
  if (condition != "else") out += result ? " → yes" : " → no";
  const std::string leads = text(step, "leads_to");
  if (result && !leads.empty()) out += fmt::format(": {}", leads);
  std::string values;
  if (const object* read = nlu::get_object(step, "values")) {
    for (const auto& one : *read) {
      values += fmt::format("{}{} = {}", values.empty() ? "" : ", ", std::string(one.key()),
                            plain(&one.value()));
    }
  }
  return values.empty() ? out : fmt::format("{}   [{}]", out, values);
}

std::string started_text(const object& step) {
  const std::string by = text(step, "by");
  const std::string caller = text(step, "caller");
  return fmt::format("{} by {}{}", text(step, "flow"), caller.empty() ? by : caller, at(step));
}

std::string answer_text(const object& step) {
  const auto status = nlu::get_integer(step, "status");
  const std::string error = text(step, "error");
  return fmt::format("{}{}{} after {} ms", text(step, "outcome"),
                     status ? fmt::format(" {}", *status) : "",
                     error.empty() ? "" : fmt::format(" ({})", error),
                     nlu::get_integer(step, "took_ms").value_or(0));
}

std::string handover_text(const object& step) {
  const std::string by = text(step, "by");
  const std::string queue = text(step, "queue");
  return fmt::format("{}{}{}", text(step, "state"), queue.empty() ? "" : " in " + queue,
                     by.empty() ? "" : " by " + by);
}

std::string step_text(const object& step) {
  const std::string what = text(step, "what");
  const auto dotted = [&] { return fmt::format("{}.{}", text(step, "flow"), text(step, "step")); };
  if (what == "step") return line(what, dotted() + at(step));
  if (what == "condition") return line(what, condition_text(step));
  if (what == "start") return line(what, started_text(step));
  if (what == "end") return line(what, fmt::format("{} {}", text(step, "flow"), text(step, "how")));
  if (what == "interrupt" || what == "resume") return line(what, text(step, "flow"));
  if (what == "ask") return line(what, text(step, "slot"));
  if (what == "slot") {
    return line(what, fmt::format("{}: {} → {} (by {})", text(step, "slot"),
                                  plain(step.if_contains("from")), plain(step.if_contains("to")),
                                  text(step, "by")));
  }
  if (what == "call") {
    return line(what, fmt::format("{} {}", text(step, "method"), text(step, "path")));
  }
  if (what == "answer") return line(what, answer_text(step));
  if (what == "reply") {
    return line(what, fmt::format("{} \"{}\"", text(step, "response"), text(step, "text")));
  }
  if (what == "person")
    return line(what, fmt::format("{}: {}", text(step, "by"), text(step, "text")));
  if (what == "handover") return line(what, handover_text(step));
  if (what == "failed") return line(what, text(step, "what"));
  std::string rest;
  for (const auto& member : step) {
    if (member.key() == "what") continue;
    rest += fmt::format("{}{} {}", rest.empty() ? "" : ", ", std::string(member.key()),
                        plain(&member.value()));
  }
  return line(what, rest);
}

std::string turn_text(const object& turn) {
  std::string head =
      fmt::format("turn {}, {}", nlu::get_integer(turn, "turn").value_or(0), text(turn, "time"));
  if (turn.contains("said")) head += fmt::format(": \"{}\"", text(turn, "said"));
  if (turn.contains("payload")) head += fmt::format(" by the button {}", text(turn, "payload"));
  if (turn.contains("attachment")) head += fmt::format(" with {}", text(turn, "attachment"));
  std::string out = nlu::printable(head) + "\n";
  if (const object* understood = nlu::get_object(turn, "understood")) {
    out += understood_text(*understood);
  }
  if (const array* commands = nlu::get_array(turn, "commands")) {
    for (const json::value& one : *commands) out += line("command", json::serialize(one));
  }
  if (const array* steps = nlu::get_array(turn, "steps")) {
    for (const json::value& one : *steps) out += step_text(one.as_object());
  }
  return out;
}

}  // namespace

std::string explained_text(const object& explanation) {
  std::string out, missing;
  if (const array* turns = nlu::get_array(explanation, "turns")) {
    for (const json::value& turn : *turns) {
      out += turn_text(turn.as_object());
      if (const std::string why = text(turn.as_object(), "no_conditions"); !why.empty()) {
        missing = why;
      }
    }
  }
  if (!missing.empty()) out += fmt::format("(conditions are not shown, {})\n", missing);
  return out;
}

}  // namespace dialog

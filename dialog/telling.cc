#include "dialog/telling.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dialog {

std::string value_text(const json::value* value) {
  return value && !value->is_null() ? json::serialize(*value) : "not set";
}
namespace {

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
}  // namespace

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
}  // namespace dialog

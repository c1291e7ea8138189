#include "dialog/telling.h"

#include <algorithm>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t shown_characters = 100;  // Of a reply's text.

std::string step_place(const Flow& flow, const Step& step) {
  return fmt::format("{}:{}: {}, step {}", step.mark.file, step.mark.line, flow.id, step.id);
}

std::string shortened(const std::string& text) {
  std::string line = text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  const std::string cut = nlu::truncate(line, shown_characters);
  return cut.size() < line.size() ? cut + "…" : cut;
}

std::string meaning(const Rehearsal::Heard& heard) {
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
  return text;
}

// One event in words; "": not worth telling.
class Teller {
 public:
  Teller(const Bot& bot, const Rehearsal::Heard& heard) : bot_(bot), heard_(heard) {}

  std::string operator()(const event::FlowStarted& e) const {
    return fmt::format("flow {} started ({})", e.flow, e.by);
  }
  std::string operator()(const event::FlowEnded& e) const {
    static constexpr const char* ways[] = {"completed", "cancelled", "went on to another"};
    return fmt::format("flow {} {}", e.flow, ways[static_cast<std::size_t>(e.how)]);
  }
  std::string operator()(const event::FlowInterrupted& e) const {
    return fmt::format("flow {} interrupted", heard_.flow_of(e.frame));
  }
  std::string operator()(const event::FlowResumed& e) const {
    return fmt::format("flow {} resumed", heard_.flow_of(e.frame));
  }
  std::string operator()(const event::StepEntered& e) const {
    const Flow* flow = bot_.find_flow(heard_.flow_of(e.frame));
    const Step* step = flow ? flow->find_step(e.step) : nullptr;
    if (!step) return "step " + e.step;
    return fmt::format("step {} of {} ({}:{})", step->id, flow->id, step->mark.file,
                       step->mark.line);
  }
  std::string operator()(const event::Asked& e) const { return "asked for " + e.slot; }
  std::string operator()(const event::SlotSet& e) const {
    if (e.value.is_null()) return fmt::format("slot {} reset ({})", e.slot, e.by);
    return fmt::format("slot {} = {} ({})", e.slot, json::serialize(e.value), e.by);
  }
  std::string operator()(const event::ActionStarted& e) const {
    return e.action.empty() ? fmt::format("call {} {}", e.method, e.path) : "action " + e.action;
  }
  std::string operator()(const event::ActionFinished& e) const {
    return fmt::format("call {}{}{}", e.outcome, e.status == 0 ? "" : fmt::format(" {}", e.status),
                       e.error.empty() ? "" : ": " + e.error);
  }
  std::string operator()(const event::Replied& e) const {
    std::string text = fmt::format("reply {} \"{}\"", e.response, shortened(e.text));
    for (const auto* choices : {&e.buttons, &e.quick_replies}) {
      for (const Choice& one : *choices) text += fmt::format(" [{}]", one.title);
    }
    return text;
  }
  std::string operator()(const event::HandoverChanged& e) const {
    static constexpr const char* states[] = {"none", "requested", "accepted", "released",
                                             "timed out"};
    return fmt::format("handover {}", states[static_cast<std::size_t>(e.state)]);
  }
  std::string operator()(const event::FlowParked& e) const {
    return fmt::format("flow {} waits{}", heard_.flow_of(e.frame),
                       e.event.empty()        ? ""
                       : e.event == "/person" ? " for a person"
                                              : " for " + e.event);
  }
  std::string operator()(const event::FlowWoken& e) const { return "a flow goes on, by " + e.by; }
  std::string operator()(const event::SplitTaken& e) const {
    return fmt::format("split {}: {}", e.split, e.arm);
  }
  std::string operator()(const event::LanguageChanged& e) const { return "language " + e.language; }
  std::string operator()(const event::VersionChanged& e) const {
    return "goes on with version " + e.to.substr(0, 12);
  }
  std::string operator()(const event::SessionEnded& e) const {
    return "session ended: " + e.reason;
  }
  std::string operator()(const event::Failed& e) const { return "failed: " + e.what; }
  template <class Other>
  std::string operator()(const Other&) const {
    return "";
  }

 private:
  const Bot& bot_;
  const Rehearsal::Heard& heard_;
};

}  // namespace

std::string value_text(const json::value* value) {
  return value && !value->is_null() ? json::serialize(*value) : "not set";
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

std::string explain(const Bot& bot, const Rehearsal::Heard& heard) {
  std::string text = meaning(heard);
  if (!heard.commands.empty()) {
    text += "commands:";
    for (const Command& command : heard.commands) text += " " + json::serialize(to_json(command));
    text += "\n";
  }
  const Teller teller(bot, heard);
  for (const Event& event : heard.events) {
    const std::string told = std::visit(teller, event.body);
    if (!told.empty()) text += told + "\n";
  }
  return text;
}

std::string last_step(const Bot& bot, const Rehearsal::Heard& heard) {
  for (auto event = heard.events.rbegin(); event != heard.events.rend(); ++event) {
    const auto* entered = std::get_if<event::StepEntered>(&event->body);
    if (!entered) continue;
    const Flow* flow = bot.find_flow(heard.flow_of(entered->frame));
    const Step* step = flow && !flow->is_pattern ? flow->find_step(entered->step) : nullptr;
    if (step) return step_place(*flow, *step);
  }
  return "";
}

std::string standing_step(const Bot& bot, const Conversation& conversation) {
  for (auto frame = conversation.stack.rbegin(); frame != conversation.stack.rend(); ++frame) {
    const Flow* flow = bot.find_flow(frame->flow);
    const Step* step = flow && !flow->is_pattern ? flow->find_step(frame->step) : nullptr;
    if (step) return step_place(*flow, *step);
  }
  return "";
}

}  // namespace dialog

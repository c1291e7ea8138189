#include "dialog/understand.h"

#include <algorithm>
#include <set>

#include "dialog/answer.h"
#include "dialog/migration.h"
#include "dialog/reading.h"
#include "dialog/reading_segments.h"
#include "dialog/respond.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

// A new flow is heard over the answer to a question for free text only when it is this likely.
constexpr double sure = 0.8;

}  // namespace

// "Sorry, I meant order 10555": whatever flow that sounds like, it takes an answer back. A question
// does not: "sorry, where is order 10555?"
bool Reading::is_correction(const std::vector<Command>& commands) const {
  const bool corrects = std::any_of(commands.begin(), commands.end(), [](const Command& one) {
    return std::holds_alternative<command::CorrectSlot>(one);
  });
  const bool asks = text_.find('?') != std::string::npos || text_.find("？") != std::string::npos;
  return corrects && !asks && has_correction_cue(text_);
}

// The slots in the order of the flows' questions, but first those that the text names.
std::vector<std::string> Reading::by_mention(const std::vector<std::string>& slots) const {
  const std::string folded = nlu::fold(text_);
  std::vector<std::string> ordered = slots;
  std::stable_partition(ordered.begin(), ordered.end(), [&](const std::string& name) {
    return folded.find(in_words(name)) != std::string::npos;
  });
  return ordered;
}

// Whether a flow that runs or sleeps works with the slot's value; else it is left from an earlier
// one.
bool Reading::is_in_use(const std::string& slot) const {
  return std::any_of(c_.stack.begin(), c_.stack.end(),
                     [&](const Frame& frame) { return contains(frame.collected, slot); });
}

// Entities of other slots that the flows ask for; of one that is filled already, a correction, or a
// new value when a flow begins and the old one was left over.
// What stands in `answer` is the open question's, and one place in the text fills one slot only.
void Reading::fill_others(std::vector<Command>& commands, const std::string& except,
                          const std::vector<std::string>& relevant, bool may_correct,
                          std::optional<nlu::Span> answer) const {
  std::vector<nlu::Span> used;
  if (answer) used.push_back(*answer);
  for (const std::string& name : by_mention(relevant)) {
    const Slot* slot = bot_.find_slot(name);
    if (name == except || !slot) continue;
    const nlu::Entity* entity = entity_for(*slot);
    if (!entity) continue;
    const bool is_taken = std::any_of(used.begin(), used.end(), [&](const nlu::Span& span) {
      return entity->span.begin < span.end && span.begin < entity->span.end;
    });
    if (is_taken) continue;
    const auto value = accept_for_slot(*slot, json::value(entity->value));
    if (!value) continue;
    used.push_back(entity->span);
    const auto held = c_.slots.find(name);
    if (held == c_.slots.end()) {
      commands.emplace_back(command::SetSlot{name, *value, "entity"});
    } else if (may_correct && held->second != *value) {
      commands.emplace_back(command::CorrectSlot{name, *value, "entity"});
    } else if (!may_correct && held->second != *value && !is_in_use(name)) {
      commands.emplace_back(command::SetSlot{name, *value, "entity"});
    }
  }
}

// Where the answer stands; the whole text when that cannot be told.
nlu::Span Reading::span_of(const json::value& answered) const {
  const std::string value = to_text(answered);
  if (open_.slot) {
    const nlu::Entity* entity = entity_for(*open_.slot);
    if (entity && entity->value == value) return entity->span;
  }
  const std::size_t at = value.empty() ? std::string::npos : text_.find(value);
  if (at == std::string::npos) return {0, text_.size()};
  return {at, at + value.size()};
}

void Reading::fill_from_intent(std::vector<Command>& commands) const {
  for (const std::string& name : relevant_) {
    const Slot* slot = bot_.find_slot(name);
    if (!slot || c_.slots.count(name) || (open_ && open_.collect->slot == name)) continue;
    for (const SlotMapping& mapping : slot->mappings) {
      if (mapping.kind != SlotMapping::Kind::from_intent) continue;
      if (!contains(mapping.intents, best()) || contains(mapping.not_intents, best())) continue;
      commands.emplace_back(command::SetSlot{name, mapping.value, "intent"});
      break;
    }
  }
}

// ---- the decision ----

std::vector<Command> Reading::start(const Flow& flow) const {
  std::vector<Command> commands{command::StartFlow{flow.id}};
  Reading starting(*this);
  starting.relevant_.clear();
  starting.add_slots_of(flow, 0);
  fill_others(commands, "", starting.relevant_, false, std::nullopt);
  starting.open_ = {};
  starting.fill_from_intent(commands);
  return commands;
}

std::vector<Command> Reading::of_values(const std::string& except) const {
  std::vector<Command> commands;
  fill_others(commands, except, relevant_, true, std::nullopt);
  return commands;
}

bool Reading::takes_free_text() const {
  if (!open_ || !open_.slot) return false;
  const bool free_text = open_.type == InputType::text && !open_.collect->matches;
  if (!free_text && open_.type != InputType::any) return false;
  return std::any_of(open_.slot->mappings.begin(), open_.slot->mappings.end(), [](const auto& m) {
    return m.kind == SlotMapping::Kind::from_text || m.kind == SlotMapping::Kind::from_llm;
  });
}

bool Reading::is_certain(const Topic& topic) const {
  return topic.startable && p_of_best() >= sure && topic.flows.size() < 2;
}

std::vector<Command> Reading::of_attachment() const {
  if (open_ && open_.type == InputType::file) {
    return {command::SetSlot{open_.collect->slot, to_json(*attachment_), "text"}};
  }
  return {command::CannotHandle{"nothing_to_answer"}};
}

std::vector<Command> Reading::cannot() const {
  const bool typed = open_ && open_.type != InputType::any && open_.type != InputType::text;
  const bool patterned = open_ && open_.collect->matches.has_value();
  if (typed || patterned) return {command::CannotHandle{"invalid_answer"}};
  return {command::CannotHandle{is_outside() ? "outside" : "unsure"}};
}

// What the text begins, leaving aside what it answers.
Topic Reading::topic() const {
  Topic topic;
  topic.flows = candidates();
  topic.flow = topic.flows.empty() ? nullptr : bot_.find_flow(topic.flows.front());
  topic.startable = topic.flow && !is_outside() &&
                    p_of_best() >= threshold_of(*topic.flow, best()) &&
                    !is_of_current_group(*topic.flow);
  return topic;
}

// The open question is answered, and other values may stand beside the answer.
std::vector<Command> Reading::of_answer(const json::value& answered) const {
  const std::string& asked = open_.collect->slot;
  std::vector<Command> commands;
  const auto held = c_.slots.find(asked);
  if (held == c_.slots.end() || held->second != answered || c_.stack.back().waiting) {
    const char* by = entity_value(asked) ? "entity" : "text";
    commands.emplace_back(command::SetSlot{asked, answered, by});
  }
  fill_others(commands, asked, relevant_, true, span_of(answered));
  fill_from_intent(commands);
  return commands;
}

// A value and no word beside it is meant for the open question, though it does not fit.
bool Reading::is_bare_value() const {
  const std::string_view whole = trimmed(text_);
  return std::any_of(said_.entities.begin(), said_.entities.end(), [&](const nlu::Entity& entity) {
    return entity.span.end - entity.span.begin >= whole.size();
  });
}

// Not its answer, but what may be said to an open question: a correction, values it did not ask
// for, or free text. Empty: the text is about something else.
std::vector<Command> Reading::of_no_answer(const Topic& topic) const {
  const bool free_text = open_.type == InputType::text && !open_.collect->matches;
  std::vector<Command> commands;
  if (has_correction_cue(text_) || (!free_text && !is_bare_value())) {
    fill_others(commands, open_.collect->slot, relevant_, true, std::nullopt);
  }
  const bool sounds_like_flow = topic.startable && p_of_best() >= sure;
  if (!commands.empty() && (!sounds_like_flow || is_correction(commands))) return commands;
  if (!takes_free_text()) return {};
  const bool calls_person = best() == bot_.understanding.handover;
  const bool hears_flows = !open_.collect->force_slot_filling || calls_person;
  if (hears_flows && is_certain(topic)) return start(*topic.flow);
  return {command::SetSlot{open_.collect->slot, json::value(trimmed(text_)), "text"}};
}

std::vector<Command> Reading::of_text() {
  if (attachment_) return of_attachment();
  if (trimmed(text_).empty()) return {command::CannotHandle{"nothing_to_answer"}};

  const Understanding& u = bot_.understanding;
  const bool heard = !is_outside() && p_of_best() >= u.intent_threshold;
  const bool answers_confirmation = open_ && open_.type == InputType::confirmation;
  if (was_offered_person() && heard && !answers_confirmation) {
    if (best() == u.affirm) return {command::HumanHandover{}};
    if (best() == u.deny) return {};
  }
  if (was_asked_which() && heard && !open_) {
    if (best() == u.affirm) return {command::StartFlow{last_asleep()}};
    if (best() == u.deny) return {command::CancelFlow{}};
  }
  auto answered = answer();
  if (answered && !entity_value(open_.collect->slot) && belongs_elsewhere(*answered)) {
    answered = std::nullopt;
  }

  // "the first" may look like anything to the classifier, and "no" like a cancellation: what fits
  // the question to the letter is its answer, what steers the talk comes next.
  const bool literal = answered && (answers_confirmation || open_.type == InputType::choice ||
                                    trimmed(text_).size() <= to_text(*answered).size() + 2);
  if (heard && !literal) {
    if (const auto steer = steering(best())) {
      const bool needs_question = std::holds_alternative<command::SkipQuestion>(*steer);
      if (!needs_question || open_) return {*steer};
    }
  }
  if (answered) return of_answer(*answered);

  const Topic about = topic();
  std::vector<Command> commands;
  if (open_) commands = of_no_answer(about);
  if (!commands.empty()) return commands;
  if (about.startable) {
    if (about.flows.size() > 1) return {command::Clarify{about.flows}};
    return start(*about.flow);
  }
  if (heard) fill_from_intent(commands);
  if (!commands.empty()) return commands;
  if (heard && about.flow && is_of_current_group(*about.flow)) {
    return {command::StartFlow{about.flow->id}};
  }
  return cannot();
}

std::vector<Command> understand(const Bot& bot, const Conversation& before, const std::string& text,
                                const std::string& payload,
                                const std::optional<Attachment>& attachment,
                                const nlu::Interpretation& interpretation, const std::string& now) {
  // Where it will go on with another version, it is heard where it will stand then.
  std::optional<Conversation> moved;
  if (auto changed = migrate(bot, before)) {
    Event event;
    event.number = before.last_event + 1;
    event.ts = before.now;
    event.body = std::move(*changed);
    moved = before;
    moved->apply(event);
  }
  const Conversation& conversation = moved ? *moved : before;
  // A payload that is plain text was said; so was a "/…" that somebody typed.
  const bool typed = payload.empty() && text.starts_with('/');
  const bool plain = !payload.empty() && payload.front() != '/';
  const std::string& said = plain ? payload : text;
  if (!typed && payload.empty() && !attachment && interpretation.segments.size() > 1 &&
      interpretation.segments.back().span.end <= text.size()) {
    return Segments(bot, conversation, text, interpretation, now).commands();
  }
  Reading reading(bot, conversation, said, attachment, interpretation, now);
  if (!payload.empty() && !plain) return reading.of_payload(payload);
  return typed ? reading.of_payload(text) : reading.of_text();
}

}  // namespace dialog

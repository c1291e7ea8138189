#include "dialog/inbox.h"

#include <algorithm>
#include <utility>

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

template <class Kind>
const Kind* find(const std::vector<Command>& commands) {
  for (const Command& one : commands) {
    if (const auto* found = std::get_if<Kind>(&one)) return found;
  }
  return nullptr;
}

template <class Kind>
bool has(const std::vector<Command>& commands) {
  return find<Kind>(commands) != nullptr;
}

// Commands that an intent alone led to.
bool acts_on_intent(const std::vector<Command>& commands) {
  return has<command::StartFlow>(commands) || has<command::CancelFlow>(commands) ||
         has<command::ChitChat>(commands) || has<command::KnowledgeQuestion>(commands) ||
         has<command::HumanHandover>(commands) || has<command::SkipQuestion>(commands) ||
         has<command::Repeat>(commands) || has<command::Restart>(commands);
}

// A flow that began, or several that might have: something was proposed.
bool proposes(const std::vector<Command>& commands) {
  return has<command::StartFlow>(commands) || has<command::Clarify>(commands);
}

// Two words beside numbers and entities: more than a value that was not accepted.
bool has_words_of_its_own(const InboxUtterance& utterance) {
  int words = 0;
  for (const nlu::Word& word : nlu::split_words(utterance.text)) {
    const nlu::Character first = nlu::character_at(utterance.text, word.begin);
    if (first.kind != nlu::CharacterKind::other && first.kind != nlu::CharacterKind::chinese)
      continue;
    if (word.folded.find_first_of("0123456789") != std::string::npos) continue;
    const auto& entities = utterance.interpretation.entities;
    const bool in_entity = std::any_of(entities.begin(), entities.end(), [&](const auto& entity) {
      return entity.span.begin < word.end && word.begin < entity.span.end;
    });
    words += in_entity ? 0 : 1;
  }
  return words >= 2;
}

}  // namespace

std::string_view reason_name(InboxReason reason) {
  static constexpr std::string_view names[] = {"unhandled", "unsure", "corrected"};
  return names[static_cast<std::size_t>(reason)];
}

std::optional<InboxReason> reason_named(std::string_view name) {
  for (const InboxReason reason : inbox_reasons) {
    if (reason_name(reason) == name) return reason;
  }
  return std::nullopt;
}

void InboxReader::read(const Event& event) {
  if (const auto* started = std::get_if<event::ConversationStarted>(&event.body)) {
    note_name(started->sender);
  } else if (const auto* known = std::get_if<event::UserIdentified>(&event.body)) {
    note_name(known->name);
    note_name(known->user);
  } else if (const auto* uttered = std::get_if<event::Uttered>(&event.body)) {
    close();
    now_ = {};
    now_.begun = true;
    now_.said = uttered->payload.empty() && !uttered->attachment &&
                uttered->text.find_first_not_of(" \t\r\n") != std::string::npos &&
                !uttered->text.starts_with('/');
    now_.payload = uttered->payload.empty() && uttered->text.starts_with('/') ? uttered->text
                                                                              : uttered->payload;
    now_.utterance.number = event.number;
    now_.utterance.ts = event.ts;
    now_.utterance.text = uttered->text;
  } else if (const auto* interpreted = std::get_if<event::Interpreted>(&event.body)) {
    now_.interpreted = true;
    now_.utterance.interpretation = interpreted->interpretation;
  } else if (const auto* commanded = std::get_if<event::Commanded>(&event.body)) {
    now_.commands.push_back(commanded->command);
  } else if (std::holds_alternative<event::SessionEnded>(event.body)) {
    now_.ends_session = true;
  }
}

std::vector<InboxUtterance> InboxReader::finish() {
  close();
  now_ = {};
  close();
  return std::move(found_);
}

void InboxReader::note_name(const std::string& name) {
  if (name.size() >= 2 && std::find(names_.begin(), names_.end(), name) == names_.end())
    names_.push_back(name);
}

// The turn now is over; the one before it can be judged by how this one went on.
void InboxReader::close() {
  if (now_.begun) judge(now_);
  if (before_.begun) {
    if (now_.begun && !before_.ends_session && is_corrected(before_, now_))
      before_.utterance.reasons.push_back(InboxReason::corrected);
    if (before_.said && before_.interpreted && !before_.utterance.reasons.empty())
      found_.push_back(std::move(before_.utterance));
  }
  before_ = std::exchange(now_, {});
}

void InboxReader::judge(Turn& turn) const {
  for (const Command& one : turn.commands) {
    const auto* cannot = std::get_if<command::CannotHandle>(&one);
    if (!cannot) continue;
    const bool counts =
        cannot->reason == "outside" || cannot->reason == "unsure" ||
        (cannot->reason == "invalid_answer" && has_words_of_its_own(turn.utterance));
    if (!counts || says_no(turn)) continue;
    turn.utterance.reasons = {InboxReason::unhandled};
    return;
  }
  bool doubtful = false;
  for (const nlu::Segment& segment : turn.utterance.interpretation.segments) {
    const double p = segment.intents.empty() ? 0 : segment.intents.front().p;
    doubtful = doubtful || p < rules_.sure || segment.p_between > 0.5;
  }
  if (has<command::Clarify>(turn.commands) || (doubtful && acts_on_intent(turn.commands)))
    turn.utterance.reasons = {InboxReason::unsure};
}

bool InboxReader::is_corrected(const Turn& before, const Turn& now) const {
  for (const Command& one : now.commands) {
    const auto* correct = std::get_if<command::CorrectSlot>(&one);
    if (!correct) continue;
    for (const Command& earlier : before.commands) {
      const auto* set = std::get_if<command::SetSlot>(&earlier);
      const auto* corrected = std::get_if<command::CorrectSlot>(&earlier);
      if ((set && set->slot == correct->slot) || (corrected && corrected->slot == correct->slot))
        return true;
    }
  }
  if (!proposes(before.commands)) return false;
  return has<command::CancelFlow>(now.commands) || has<command::Restart>(now.commands) ||
         says_no(now);
}

bool InboxReader::says_no(const Turn& turn) const {
  const std::string payload = "/" + rules_.deny;
  if (turn.payload == payload || turn.payload.starts_with(payload + "{")) return true;
  for (const Command& one : turn.commands) {
    const auto* set = std::get_if<command::SetSlot>(&one);
    if (set && set->value.is_bool() && !set->value.get_bool()) return true;
  }
  const nlu::ScoredIntent* best = turn.utterance.interpretation.best();
  return turn.said && best && best->name == rules_.deny && best->p >= 0.5 &&
         turn.utterance.interpretation.segments.front().p_outside <= 0.5;
}

}  // namespace dialog

#include "bot/handovers.h"

namespace bot {

namespace {

using State = dialog::event::HandoverChanged::State;

bool is_open(State state) { return state == State::requested || state == State::accepted; }

}  // namespace

void Handovers::see(const dialog::ConversationId& id, const dialog::Event& event) {
  const auto* changed = std::get_if<dialog::event::HandoverChanged>(&event.body);
  if (!changed) return;
  if (!is_open(changed->state)) {
    entries_.erase(id);
    return;
  }
  if (entries_.size() >= listed_max && !entries_.contains(id)) return;
  HandoverEntry& entry = entries_[id];
  const dialog::event::HandoverChanged before = entry.last;
  entry.id = id;
  entry.last = *changed;
  entry.since = event.ts;
  if (entry.last.queue.empty()) entry.last.queue = before.queue;
  if (entry.last.summary.empty()) entry.last.summary = before.summary;
}

void Handovers::see(const dialog::ConversationId& id, const dialog::Conversation& conversation) {
  if (!is_open(conversation.handover) || entries_.contains(id)) return;
  if (entries_.size() >= listed_max) return;
  HandoverEntry& entry = entries_[id];
  entry.id = id;
  entry.last.state = conversation.handover;
  entry.last.by = conversation.handover_by;
  entry.last.queue = conversation.handover_queue;
  entry.since = conversation.last_activity;
}

std::vector<HandoverEntry> Handovers::of(dialog::Tenant tenant) const {
  std::vector<HandoverEntry> found;
  for (const auto& entry : entries_) {
    if (entry.first.tenant == tenant) found.push_back(entry.second);
  }
  return found;
}

nlu::Result<dialog::Conversation> conversation_of(const dialog::Kept& kept) {
  dialog::Conversation conversation;
  if (kept.snapshot) {
    auto decoded = dialog::decode_conversation(*kept.snapshot);
    if (!decoded) return decoded.error();
    conversation = std::move(*decoded);
  }
  for (const dialog::Event& event : kept.events) {
    if (event.number == conversation.last_event + 1) conversation.apply(event);
  }
  return conversation;
}

std::string_view state_name(State state) {
  switch (state) {
    case State::none:
      return "none";
    case State::requested:
      return "requested";
    case State::accepted:
      return "accepted";
    case State::released:
      return "released";
    case State::timed_out:
      return "timed_out";
  }
  return "none";
}

}  // namespace bot

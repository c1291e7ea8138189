#include "bot/handovers.h"

namespace bot {

namespace {

using State = dialog::event::HandoverChanged::State;

bool is_open(State state) { return state == State::requested || state == State::accepted; }

}  // namespace

void Handovers::waits(const dialog::ConversationId& id, std::optional<std::string> queue) {
  if (const auto was = waiting_.find(id); was != waiting_.end()) {
    const auto count = counts_.find({id.tenant, was->second});
    if (--count->second == 0) counts_.erase(count);
    waiting_.erase(was);
  }
  if (!queue) return;
  ++counts_[{id.tenant, *queue}];
  waiting_[id] = std::move(*queue);
}

void Handovers::asked(const dialog::ConversationId& id, const std::string& queue) {
  waits(id, queue);
}

void Handovers::failed(const dialog::ConversationId& id) {
  const HandoverEntry* entry = find(id);
  const bool waited = entry && entry->last.state == State::requested;
  waits(id, waited ? std::optional(entry->last.queue) : std::nullopt);
}

void Handovers::forget(const dialog::ConversationId& id) {
  entries_.erase(id);
  waits(id, std::nullopt);
}

const HandoverEntry* Handovers::find(const dialog::ConversationId& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

std::set<std::string> Handovers::full(const dialog::Bot& bot, dialog::Tenant tenant) const {
  std::set<std::string> queues;
  const auto& capacities = bot.desk_capacity;
  for (auto count = counts_.lower_bound({tenant, ""});
       count != counts_.end() && count->first.first == tenant; ++count) {
    auto capacity = capacities.find(count->first.second);
    if (capacity == capacities.end()) capacity = capacities.find("");
    if (capacity != capacities.end() && count->second >= capacity->second) {
      queues.insert(count->first.second);
    }
  }
  return queues;
}

void Handovers::see(const dialog::ConversationId& id, const dialog::Event& event) {
  const auto* changed = std::get_if<dialog::event::HandoverChanged>(&event.body);
  if (!changed) return;
  const bool waits_now = changed->state == State::requested;
  waits(id, waits_now ? std::optional(changed->queue) : std::nullopt);
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
  entry.seq = event.seq;
  if (entry.last.queue.empty()) entry.last.queue = before.queue;
  if (entry.last.summary.empty()) entry.last.summary = before.summary;
  if (entry.last.about.empty()) entry.last.about = before.about;
}

void Handovers::see(const dialog::ConversationId& id, const dialog::Conversation& conversation) {
  if (!is_open(conversation.handover) || entries_.contains(id)) return;
  if (conversation.handover == State::requested) waits(id, conversation.handover_queue);
  if (entries_.size() >= listed_max) return;
  HandoverEntry& entry = entries_[id];
  entry.id = id;
  entry.last.state = conversation.handover;
  entry.last.by = conversation.handover_by;
  entry.last.queue = conversation.handover_queue;
  entry.last.summary = conversation.handover_summary;
  entry.last.about = conversation.handover_about;
  entry.since = conversation.handover_since;
  entry.seq = conversation.head_seq;
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

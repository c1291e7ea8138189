// Which conversations wait for a person, or have one: what /v1/handovers lists. Made again at start
// from what is kept, then kept up to date by the events that become durable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dialog/state_store.h"

namespace bot {

struct HandoverEntry {
  dialog::ConversationId id;
  dialog::event::HandoverChanged last;  // Requested or accepted
  dialog::Millis since = 0;
};

// For one thread.
class Handovers {
 public:
  static constexpr std::size_t listed_max = 10'000;

  void see(const dialog::ConversationId& id, const dialog::Event& event);
  void see(const dialog::ConversationId& id, const dialog::Conversation& conversation);
  void forget(const dialog::ConversationId& id) { entries_.erase(id); }
  std::vector<HandoverEntry> of(dialog::Tenant tenant) const;

 private:
  std::map<dialog::ConversationId, HandoverEntry> entries_;
};

// The conversation as it was last kept.
nlu::Result<dialog::Conversation> conversation_of(const dialog::Kept& kept);

std::string_view state_name(dialog::event::HandoverChanged::State state);

}  // namespace bot

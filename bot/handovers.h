// Which conversations wait for a person, or have one: what /v1/handovers lists, and how many wait
// in each queue. Made again at start from what is kept, then kept up to date by the events that
// become durable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/runtime/runtime.h"
#include "dialog/state_store.h"

namespace bot {

struct HandoverEntry {
  dialog::ConversationId id;
  dialog::event::HandoverChanged last;  // Requested or accepted
  dialog::Millis since = 0;
  dialog::Seq seq = 0;  // Of the last change: what was said stands around it.
};

// For one thread.
class Handovers final : public runtime::Desks {
 public:
  static constexpr std::size_t listed_max = 10'000;

  void see(const dialog::ConversationId& id, const dialog::Event& event);
  void see(const dialog::ConversationId& id, const dialog::Conversation& conversation);
  void forget(const dialog::ConversationId& id);
  std::vector<HandoverEntry> of(dialog::Tenant tenant) const;
  // nullptr: nobody waits there, or has a person.
  const HandoverEntry* find(const dialog::ConversationId& id) const;

  std::set<std::string> full(const dialog::Bot& bot, dialog::Tenant tenant) const override;
  void asked(const dialog::ConversationId& id, const std::string& queue) override;
  // What was asked for was not kept.
  void failed(const dialog::ConversationId& id);

 private:
  void waits(const dialog::ConversationId& id, std::optional<std::string> queue);

  std::map<dialog::ConversationId, HandoverEntry> entries_;
  std::map<dialog::ConversationId, std::string> waiting_;                 // Conversation → queue
  std::map<std::pair<dialog::Tenant, std::string>, std::size_t> counts_;  // Of `waiting_`
};

// The conversation as it was last kept.
nlu::Result<dialog::Conversation> conversation_of(const dialog::Kept& kept);

std::string_view state_name(dialog::event::HandoverChanged::State state);

}  // namespace bot

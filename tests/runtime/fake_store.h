// A store in a map that checks what it is given, for the simulator.
//
// Here are only batches that would survive a power cut; what is under way is the simulator's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "dialog/state_store.h"

namespace runtime_tests {

// A promise was broken.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class FakeStore {
 public:
  struct Log {
    std::vector<dialog::Event> events;
    dialog::Conversation state;  // Their fold
    std::optional<std::string> snapshot;
    dialog::EventNumber snapshot_event = 0;
    std::map<std::pair<std::string, std::string>, dialog::MessageRecord> messages;
    std::map<std::string, dialog::ClientRecord> clients;
    std::set<std::pair<dialog::Millis, std::uint64_t>> timers;
    std::map<std::uint64_t, dialog::OutboxRow> outbox;
    std::vector<std::size_t> visible;  // Index in `events` of seq 1, 2, …
  };

  // Keeps a batch, or throws a Violation: numbers, order, exactly once, snapshot = fold.
  void apply(const dialog::ConversationId& id, dialog::EventNumber expected_last,
             const dialog::Batch& batch);

  void erase(const dialog::ConversationId& id) { logs_.erase(id); }

  const Log* find(const dialog::ConversationId& id) const;
  const dialog::Event* find_visible(const dialog::ConversationId& id, dialog::Seq seq) const;
  const std::map<dialog::ConversationId, Log>& logs() const { return logs_; }

  std::optional<dialog::Kept> load(const dialog::ConversationId& id) const;
  std::vector<dialog::Event> read_visible(const dialog::ConversationId& id, dialog::Seq after,
                                          std::size_t count) const;
  std::vector<dialog::DueTimer> due_timers(dialog::Millis until, std::size_t count) const;
  std::vector<dialog::ConversationId> unfinished() const;

 private:
  void apply_event(Log& log, const dialog::Event& event);
  std::map<dialog::ConversationId, Log> logs_;
};

}  // namespace runtime_tests

#include "tests/runtime/fake_store.h"

#include <algorithm>

#include <fmt/format.h>

namespace runtime_tests {
namespace {

using dialog::Event;

void require(bool holds, const std::string& promise) {
  if (!holds) throw Violation(promise);
}

}  // namespace

void FakeStore::apply_event(Log& log, const Event& event) {
  require(event.number == log.state.last_event + 1, "I3: event numbers have no gaps");
  if (event.seq != 0) {
    require(event.seq == log.state.head_seq + 1, "I3: seq has no gaps");
    log.visible.push_back(log.events.size());
  }
  if (const auto* said = std::get_if<dialog::event::Uttered>(&event.body)) {
    for (const std::size_t at : log.visible) {
      if (at == log.events.size()) continue;
      const auto* before = std::get_if<dialog::event::Uttered>(&log.events[at].body);
      if (before == nullptr || before->client != said->client) continue;
      require(before->message_id != said->message_id, "I2: a message is kept once");
      require(said->cseq == 0 || before->cseq < said->cseq, "I3: a client's order is kept");
    }
    if (said->cseq != 0) {
      const auto client = log.clients.find(said->client);
      const std::uint64_t last = client == log.clients.end() ? 0 : client->second.last_cseq;
      require(said->cseq == last + 1, "I3: a client's messages have no gaps");
    }
  }
  log.state.apply(event);
  log.events.push_back(event);
}

void FakeStore::apply(const dialog::ConversationId& id, dialog::EventNumber expected_last,
                      const dialog::Batch& batch) {
  Log& log = logs_[id];
  require(log.state.last_event == expected_last, "I5: one writer, which knows what it wrote");
  std::int64_t uttered = 0;
  for (const Event& event : batch.events) {
    uttered += std::holds_alternative<dialog::event::Uttered>(event.body) ? 1 : 0;
  }
  require((batch.tally ? batch.tally->counts.utterances : 0) == uttered,
          "I7: what is kept is counted with it");
  for (const Event& event : batch.events) apply_event(log, event);
  for (const dialog::MessageRecord& record : batch.messages) {
    log.messages[{record.client, record.id}] = record;
  }
  for (const dialog::ClientRecord& record : batch.clients) log.clients[record.client] = record;
  for (const dialog::TimerRow& row : batch.timers_set) log.timers.insert({row.due, row.timer});
  for (const dialog::TimerRow& row : batch.timers_removed) log.timers.erase({row.due, row.timer});
  for (const dialog::OutboxRow& row : batch.outbox_added) log.outbox[row.effect] = row;
  for (const std::uint64_t effect : batch.outbox_removed) log.outbox.erase(effect);
  if (batch.snapshot) {
    require(*batch.snapshot == dialog::encode(log.state), "I4: the snapshot is the events' fold");
    log.snapshot = batch.snapshot;
    log.snapshot_event = log.state.last_event;
  }
  std::set<std::pair<dialog::Millis, std::uint64_t>> timers;
  for (const auto& [timer, kind_and_due] : log.state.timers) {
    timers.insert({kind_and_due.second, timer});
  }
  require(timers == log.timers, "I6: every timer has its row");
  std::set<std::uint64_t> pending, rows;
  for (const dialog::PendingEffect& effect : log.state.pending) pending.insert(effect.effect);
  for (const auto& row : log.outbox) rows.insert(row.first);
  require(pending == rows, "I6: every pending effect has its row");
}

const FakeStore::Log* FakeStore::find(const dialog::ConversationId& id) const {
  const auto found = logs_.find(id);
  return found == logs_.end() ? nullptr : &found->second;
}

const Event* FakeStore::find_visible(const dialog::ConversationId& id, dialog::Seq seq) const {
  const Log* log = find(id);
  if (log == nullptr || seq == 0 || seq > log->visible.size()) return nullptr;
  return &log->events[log->visible[seq - 1]];
}

// Through the codec, as from a disk.
std::optional<dialog::Kept> FakeStore::load(const dialog::ConversationId& id) const {
  const Log* log = find(id);
  if (log == nullptr) return std::nullopt;
  dialog::Kept kept;
  kept.last_event = log->state.last_event;
  kept.snapshot = log->snapshot;
  for (std::size_t i = log->snapshot_event; i < log->events.size(); ++i) {
    const Event& event = log->events[i];
    nlu::Result<Event> read = dialog::decode_event(event.number, dialog::encode(event));
    require(read.has_value(), "an event reads as it was written");
    kept.events.push_back(std::move(*read));
  }
  for (const auto& row : log->outbox) kept.outbox.push_back(row.second);
  return kept;
}

std::vector<Event> FakeStore::read_visible(const dialog::ConversationId& id, dialog::Seq after,
                                           std::size_t count) const {
  std::vector<Event> events;
  for (dialog::Seq seq = after + 1; events.size() < count; ++seq) {
    const Event* event = find_visible(id, seq);
    if (event == nullptr) break;
    events.push_back(*event);
  }
  return events;
}

std::vector<dialog::DueTimer> FakeStore::due_timers(dialog::Millis until, std::size_t count) const {
  std::vector<dialog::DueTimer> due;
  for (const auto& [id, log] : logs_) {
    for (const auto& [at, timer] : log.timers) {
      if (at <= until) due.push_back({id, {timer, at}});
    }
  }
  std::sort(due.begin(), due.end(), [](const dialog::DueTimer& a, const dialog::DueTimer& b) {
    return std::tie(a.timer.due, a.id, a.timer.timer) < std::tie(b.timer.due, b.id, b.timer.timer);
  });
  if (due.size() > count) due.resize(count);
  return due;
}

std::vector<dialog::ConversationId> FakeStore::unfinished() const {
  std::vector<dialog::ConversationId> ids;
  for (const auto& [id, log] : logs_) {
    if (!log.outbox.empty()) ids.push_back(id);
  }
  return ids;
}

}  // namespace runtime_tests

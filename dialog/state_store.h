// Where conversations rest between turns.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dialog/backend.h"
#include "dialog/conversation.h"
#include "dialog/event.h"
#include "dialog/tally.h"
#include "nlu/base/result.h"

namespace dialog {

using Tenant = std::uint32_t;  // A bot, by its place in the store's register of bots.
using Epoch = std::uint64_t;   // Of the process that owns a conversation; grows, never repeats.

struct ConversationId {
  Tenant tenant = 0;
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const ConversationId&, const ConversationId&) = default;
};
std::string to_string(const ConversationId& id);  // 32 hex digits; the tenant is not shown.
std::optional<ConversationId> parse_conversation_id(Tenant tenant, std::string_view text);

struct ConversationIdHash {
  std::size_t operator()(const ConversationId& id) const noexcept;
};

// A client's message that was accepted; kept as long as the conversation.
struct MessageRecord {
  std::string client, id;
  std::uint64_t cseq = 0;
  Seq seq = 0;
  std::string body_hash;  // Of text, payload and attachment
};

// What a client id has sent so far, and its highest epoch.
struct ClientRecord {
  std::string client;
  std::uint64_t epoch = 0;
  std::uint64_t last_cseq = 0;
};

struct TimerRow {
  std::uint64_t timer = 0;
  Millis due = 0;
};

// An effect to perform: a row from the batch that decided it to the batch with its result.
struct OutboxRow {
  std::uint64_t effect = 0;
  HttpRequest request;
};

// A small row of the bot's own, beside its conversations: what the shell is to do about a step.
struct BotRow {
  std::string name, value;
};

// Everything one step changes; kept whole or not at all.
struct Batch {
  std::vector<Event> events;            // Numbers expected_last + 1 …
  std::optional<std::string> snapshot;  // Conversation as of the last of `events`; of what is
                                        // kept when there are none: at an eviction.
  std::vector<MessageRecord> messages;
  std::vector<ClientRecord> clients;
  std::vector<TimerRow> timers_set;
  std::vector<TimerRow> timers_removed;  // With the due time they were set for
  std::vector<OutboxRow> outbox_added;
  std::vector<std::uint64_t> outbox_removed;
  std::vector<BotRow> rows;
  std::optional<Tally> tally;  // Added to the bot's sums, which outlive the conversation.
};

// What was last kept: a snapshot (when there is one) and the events after it.
struct Kept {
  EventNumber last_event = 0;
  std::optional<std::string> snapshot;
  std::vector<Event> events;
  std::vector<OutboxRow> outbox;
};

struct DueTimer {
  ConversationId id;
  TimerRow timer;
};

// An append is kept whole or not at all. `done` is called once, on the store's own thread, after
// the batch would survive a power cut, or with the reason why it does not. Appends of one
// conversation are kept in call order; calls never wait and may come from any thread.
class StateStore {
 public:
  using Done = std::function<void(nlu::Result<void>)>;
  virtual ~StateStore() = default;

  // Errc::conflict: someone else wrote after `expected_last`, or holds a later epoch.
  // Errc::busy: the queue is full. Errc::unavailable: nothing was kept, and nothing will be until
  // a restart.
  virtual void append(ConversationId id, EventNumber expected_last, Epoch epoch, Batch batch,
                      Done done) = 0;

  // nullopt: a customer we have never met, which is no error. Errc::corrupt names the field that
  // could not be read.
  virtual void load(ConversationId id,
                    std::function<void(nlu::Result<std::optional<Kept>>)> done) = 0;

  virtual void find_message(
      ConversationId id, std::string client, std::string message_id,
      std::function<void(nlu::Result<std::optional<MessageRecord>>)> done) = 0;
  virtual void find_client(ConversationId id, std::string client,
                           std::function<void(nlu::Result<std::optional<ClientRecord>>)> done) = 0;

  // Visible events with seq in (after, after + count], in order.
  virtual void read_visible(ConversationId id, Seq after, std::size_t count,
                            std::function<void(nlu::Result<std::vector<Event>>)> done) = 0;

  // All events from number `from` on, at most `count`: for people and tools.
  virtual void read_events(ConversationId id, EventNumber from, std::size_t count,
                           std::function<void(nlu::Result<std::vector<Event>>)> done) = 0;

  // Timers due at or before `until`, earliest first, at most `count`.
  virtual void due_timers(Millis until, std::size_t count,
                          std::function<void(nlu::Result<std::vector<DueTimer>>)> done) = 0;
  // Conversations whose outbox has rows: after a restart their effects are taken up again.
  virtual void unfinished(std::function<void(nlu::Result<std::vector<ConversationId>>)> done) = 0;

  // Ids of conversations of a tenant after `after`, in order.
  virtual void scan(Tenant tenant, std::optional<ConversationId> after, std::size_t count,
                    std::function<void(nlu::Result<std::vector<ConversationId>>)> done) = 0;

  virtual void erase(ConversationId id, Done done) = 0;
};

}  // namespace dialog

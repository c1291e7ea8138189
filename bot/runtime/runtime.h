// The server's heart without a body: connections, conversations' queues, turns in steps, timers,
// outbox and store completions. `on(input, now)` returns outputs; nothing here reads a clock, opens
// a socket or a file, or starts a thread. bot/ drives it in production, a seeded simulator in the
// tests.
//
// Not thread-safe: one thread (or strand) calls it. Every queue has a bound in Limits.
//
// A turn: FrameReceived → Interpret → Interpreted → advance() → Append → Appended → ack and replies
// to every socket of the conversation → effects (Perform) → EffectReturned → Append → … Nothing is
// sent, and no effect starts, before the batch that holds it is durable.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "connectors/rest.h"
#include "connectors/web.h"
#include "dialog/engine.h"
#include "dialog/state_store.h"
#include "nlu/interpreter.h"

namespace bot::runtime {

using dialog::ConversationId;
using dialog::Millis;
using dialog::Tenant;

using Connection = std::uint64_t;  // Given by the shell, never reused.
using Request = std::uint64_t;     // Of an HTTP caller that waits for an answer.
using Ticket = std::uint64_t;      // Given by the runtime; comes back with the answer.

struct Limits {
  std::size_t connections = 16'000;
  std::size_t connections_per_conversation = 16;
  std::size_t queued_per_conversation = 16;  // Messages waiting behind a turn: then `busy`.
  std::size_t queued_total = 20'000;         // Turns begun or waiting, in the process.
  std::size_t frames_per_connection = 512;   // Not yet taken by the socket: then 4408.
  std::size_t replay_page_frames = 100;
  std::size_t conversations_in_memory = 50'000;  // Over: those idle longest leave early.
  double messages_per_s = 5;                     // Per conversation, token bucket; over: too_fast
  double message_burst = 30;
  std::chrono::milliseconds hello_timeout{10'000};
  std::chrono::milliseconds silence_timeout{75'000};  // No frame from the client: 4408
  std::chrono::milliseconds evict_after{60'000};      // An idle conversation leaves memory.
  std::chrono::milliseconds store_timeout{30'000};    // An append unanswered: unavailable
  std::chrono::milliseconds read_timeout{10'000};     // A read of the store unanswered: failed
  std::chrono::milliseconds interpret_timeout{10'000};
  std::chrono::milliseconds rest_timeout{30'000};
  std::chrono::hours visitor_ttl{24 * 180};
  int snapshot_every = 50;  // Events
  connectors::web::FrameLimits frames;
  dialog::EngineLimits engine;
};

// Which bot a tenant runs now, and those that open conversations are pinned to. What it says
// changes between two inputs only.
class Bots {
 public:
  virtual ~Bots() = default;
  virtual dialog::BotPtr current(Tenant tenant) const = 0;  // nullptr: no such tenant
  // What a conversation that is in no flow goes on with: the current one, or one on trial. For one
  // conversation the same, as long as the versions are.
  virtual dialog::BotPtr chosen(const ConversationId& id) const { return current(id.tenant); }
  virtual dialog::BotPtr find(Tenant tenant,
                              const std::string& version) const = 0;  // nullptr: gone
};

// How many wait for a person, over all conversations.
class Desks {
 public:
  virtual ~Desks() = default;
  // The queues of the bot where no more can wait.
  virtual std::set<std::string> full(const dialog::Bot& bot, Tenant tenant) const = 0;
  // A turn asks for a person; whether that is kept shows later.
  virtual void asked(const ConversationId& id, const std::string& queue) = 0;
};

// ---- inputs ----

struct Connected {
  Connection connection = 0;
  Tenant tenant = 0;
};
struct FrameReceived {
  Connection connection = 0;
  connectors::web::ClientFrame frame;
  // Of a hello that carries `user`, what its token says once the shell has verified it; of one
  // with a bad token `user_refused`.
  std::optional<dialog::event::UserIdentified> user;
  bool user_refused = false;
};
// The frame was none: the shell's parse() refused it.
struct FrameRefused {
  Connection connection = 0;
  connectors::web::Refusal refusal;
};
struct Disconnected {
  Connection connection = 0;
};
// A socket took this many frames of those sent.
struct Drained {
  Connection connection = 0;
  std::size_t frames = 0;
};
struct Posted {  // The REST channel; answered by Answer.
  Request request = 0;
  Tenant tenant = 0;
  std::string channel;  // "rest"
  connectors::rest::Message message;
  std::optional<ConversationId> id = {};  // Of one that is kept; else the sender's on the channel
};
struct Interpreted {
  Ticket ticket = 0;
  nlu::Interpretation interpretation;
};
struct EffectReturned {
  Ticket ticket = 0;
  dialog::HttpOutcome outcome;
};
struct Appended {
  Ticket ticket = 0;
  nlu::Result<void> result;
};
struct Loaded {
  Ticket ticket = 0;
  nlu::Result<std::optional<dialog::Kept>> result{std::nullopt};
};
struct MessageFound {
  Ticket ticket = 0;
  nlu::Result<std::optional<dialog::MessageRecord>> result{std::nullopt};
};
struct ClientFound {
  Ticket ticket = 0;
  nlu::Result<std::optional<dialog::ClientRecord>> result{std::nullopt};
};
struct VisibleRead {
  Ticket ticket = 0;
  nlu::Result<std::vector<dialog::Event>> result{std::vector<dialog::Event>{}};
};
struct TimersDue {
  Ticket ticket = 0;
  nlu::Result<std::vector<dialog::DueTimer>> result{std::vector<dialog::DueTimer>{}};
};
// At start: a conversation whose outbox has rows.
struct Unfinished {
  ConversationId id;
};
// An attachment named in a Message was looked up by the shell before FrameReceived; when it knows
// it, this came first.
struct UploadKept {
  ConversationId id;
  dialog::Attachment attachment;
};
// The desk: /v1/handovers. Answered by Answer.
struct PersonActs {
  Request request = 0;
  ConversationId id;
  enum class What { accept, write, release } what = What::accept;
  std::string by, text;
};
// Something happened in the business's systems: what waits for it goes on, or a flow begins.
// Answered by Answer.
struct SystemActs {
  Request request = 0;
  ConversationId id;
  dialog::input::Happened happened;
  // Who writes on the REST channel, when the conversation may be one that has yet to begin. Empty:
  // it is there.
  std::string sender = {};
};
// The conversation is being erased: its sockets are closed (4401), what waits for it is refused,
// and nothing of it stays in memory. Fed before the store is asked to erase, so that no append
// follows, and once more after, for those who came back in between.
struct Forget {
  ConversationId id;
};
// Time passed: call at or after next_wakeup().
struct Tick {};
// Stop taking new connections and messages; finish the turns begun.
struct Drain {};

using Input =
    std::variant<Connected, FrameReceived, FrameRefused, Disconnected, Drained, Posted, Interpreted,
                 EffectReturned, Appended, Loaded, MessageFound, ClientFound, VisibleRead,
                 TimersDue, Unfinished, UploadKept, PersonActs, SystemActs, Forget, Tick, Drain>;

// ---- outputs ----

struct Send {
  Connection connection = 0;
  connectors::web::ServerFrame frame;
};
struct CloseConnection {  // After what was sent before it.
  Connection connection = 0;
  connectors::web::Close code = connectors::web::Close::going_away;
  std::string reason;
};
struct Answer {
  Request request = 0;
  nlu::Result<std::vector<dialog::Event>> replies{
      std::vector<dialog::Event>{}};  // Visible events of the turn
};
struct Interpret {
  Ticket ticket = 0;
  Tenant tenant = 0;
  std::string version;  // Of the bot that will answer
  nlu::Utterance utterance;
};
struct Perform {
  Ticket ticket = 0;
  Tenant tenant = 0;
  dialog::HttpRequest request;  // idempotency_key is unique over all conversations.
};
struct Append {
  Ticket ticket = 0;
  ConversationId id;
  dialog::EventNumber expected_last = 0;
  dialog::Batch batch;
};
struct Load {
  Ticket ticket = 0;
  ConversationId id;
};
struct FindMessage {
  Ticket ticket = 0;
  ConversationId id;
  std::string client, message_id;
};
struct FindClient {
  Ticket ticket = 0;
  ConversationId id;
  std::string client;
};
struct ReadVisible {
  Ticket ticket = 0;
  ConversationId id;
  dialog::Seq after = 0;
  std::size_t count = 0;
};
struct ReadTimers {
  Ticket ticket = 0;
  Millis until = 0;
  std::size_t count = 0;
};
// What an operator should know; the shell writes it to the log and counts it.
struct Note {
  enum class Level { info, warning, error } level = Level::info;
  std::string event;   // Stable, snake_case: "duplicate_message", "store_unavailable"
  std::string detail;  // Never what a customer wrote.
  std::optional<ConversationId> id;
};

// Once: an append failed or hangs. Nothing is acknowledged any more, so the process should end.
struct StoreFailed {
  std::string why;
};

using Output = std::variant<Send, CloseConnection, Answer, Interpret, Perform, Append, Load,
                            FindMessage, FindClient, ReadVisible, ReadTimers, Note, StoreFailed>;

// How a version of a bot does, since the start of the process.
struct VersionCounts {
  std::uint64_t turns = 0;      // Of customers
  std::uint64_t fallbacks = 0;  // Of them those that the bot could do nothing with
  std::uint64_t failures = 0;   // … that failed: a bug, a limit
};

// For metrics and readiness.
struct Stats {
  std::size_t connections = 0, conversations_in_memory = 0, turns_in_flight = 0;
  std::uint64_t turns = 0, messages = 0, duplicates = 0, resumes = 0, refused_busy = 0,
                refused_fast = 0, evictions = 0, effects = 0, failures = 0;
  dialog::Counts heard;                           // What customers said, since the start
  std::map<std::string, VersionCounts> versions;  // Those that answered lately; at most 16
  bool store_failed = false;  // An append failed as unavailable: nothing is acknowledged any more.
  bool draining = false;
  bool drained = false;  // Draining, and nothing is under way.
};

// The conversation of the REST channel's `sender` with the bot called `bot`, and that of the
// customer whom the site knows as `user`.
ConversationId conversation_of_sender(Tenant tenant, std::string_view bot, std::string_view sender);
ConversationId conversation_of_user(Tenant tenant, std::string_view bot, std::string_view user);

class Runtime {
 public:
  // `random` fills bytes: conversation ids, visitors' secrets, seeds; cryptographic in production,
  // seeded in the simulator. `bots` and `desks` outlive the runtime; without desks no queue is
  // full.
  using Random = std::function<void(std::uint8_t* bytes, std::size_t count)>;
  Runtime(const Limits& limits, const Bots& bots, Random random, Desks* desks = nullptr);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Appends to `out` what is to be done, in order. `now` comes from a steady clock that was set to
  // the wall's at the start; what is earlier than before counts as the time before.
  void on(Input input, Millis now, std::vector<Output>& out);

  // When Tick is wanted next; nullopt: not before another input.
  std::optional<Millis> next_wakeup() const;

  Stats stats() const;

  // Whether `token` is the secret of this conversation's visitor, as far as memory tells (uploads
  // of a connected visitor); nullopt: not in memory.
  std::optional<bool> knows_secret(const ConversationId& id, const std::string& token) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bot::runtime

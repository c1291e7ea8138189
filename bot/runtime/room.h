// What the runtime holds of connections and conversations. Internal to bot/runtime.
//
// A Room is a conversation as the process knows it. Its Work exists from the first need to the
// eviction; a connected but idle conversation is a Room without Work, its sockets and their
// clients' numbers: what a message needs to be judged without the store.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bot/runtime/runtime.h"

namespace bot::runtime {

// A token bucket; `at` is when `tokens` held.
struct Bucket {
  float tokens = 0;
  Millis at = -1;
  // False: nothing left. The first call finds it full.
  bool take(double per_s, double burst, Millis now);
};

struct Socket {
  enum class State : std::uint8_t { fresh, joining, replaying, live };
  Tenant tenant = 0;
  State state = State::fresh;
  bool reading = false;         // A page of the replay is asked for.
  std::uint16_t refusals = 0;   // too_fast, in a row
  std::uint32_t undrained = 0;  // Frames sent that the socket has not taken yet.
  dialog::Seq sent = 0;         // Everything visible up to here went out.
  Millis heard = 0;             // When the last frame came.
  ConversationId room;
  Bucket bucket;
  // Acks for messages beyond `sent`: a client sees every seq in order, so they wait.
  std::unique_ptr<std::vector<connectors::web::Ack>> withheld;
};

// A client id: one tab. Kept while it is connected or has something queued, else forgotten.
struct Client {
  std::string name;
  std::uint64_t epoch = 0;
  std::uint64_t last_durable = 0;   // cseq of its last message that is kept
  std::uint64_t last_accepted = 0;  // … that is kept or queued
  Connection connection = 0;        // 0: none
  bool known = false;               // The numbers are the store's.
  bool finding = false;             // The store is asked for them.
  std::string language;             // Of its hello; goes with its next message.
};

// A hello on its way to a welcome.
struct Join {
  Connection connection = 0;
  std::string client;
  std::uint64_t epoch = 0;
  dialog::Seq last_seq = 0;
  std::string named;  // The conversation it asked for.
  std::string token;
  std::string secret;  // Of the conversation it opened: goes out with the welcome.
  std::string language;
  std::optional<dialog::event::UserIdentified> user;
};

// One input of the engine, waiting or under way.
struct Turn {
  dialog::Input input;
  Ticket interpret = 0;               // Awaited; 0: ready
  dialog::BotPtr heard_by;            // Whose model understands it; nullptr: none is asked
  std::uint64_t epoch = 0;            // Of the client, with input::Said
  std::string body_hash;              // With input::Said; empty: the message has no id to keep
  std::vector<Request> requests;      // Who waits for its replies
  Millis timer_due = 0;               // With input::TimerFired
  dialog::EventNumber judged_at = 0;  // Of `preempts`: the conversation it was judged for
  bool preempts = false;
};

// The append under way.
struct Flight {
  enum class Kind { open, turn, snapshot } kind = Kind::turn;
  Ticket ticket = 0;  // 0: to be sent again, later
  int attempts = 0;
  dialog::Batch batch;
  std::vector<dialog::Effect> effects;
  std::optional<dialog::Conversation> next;  // The fold, when it was made for the batch.
  Turn turn;
  Millis used = 0;  // Of a snapshot: when the conversation was last used, as it was taken.
};

// A REST caller.
struct Waiter {
  Request request = 0;
  bool begun = false;  // Its message is durable, the turn goes on.
  std::uint64_t turn = 0;
  std::vector<dialog::Event> replies;
};

struct Parked {
  Connection connection = 0;
  connectors::web::Message message;
};

struct Performing {
  std::uint64_t effect = 0;
  Ticket ticket = 0;
};

struct Work {
  dialog::Conversation state;
  dialog::EventNumber snapshot_event = 0;  // Of the last snapshot kept.
  std::vector<std::uint64_t> outbox;       // Effects that have a row.
  std::vector<Performing> performing;
  std::vector<dialog::MessageRecord> recent;  // The last few accepted, oldest first.
  std::deque<Turn> customer, system;
  std::unique_ptr<Flight> flight;
  std::vector<Join> joins;
  std::vector<Posted> posts;  // Until the conversation is loaded.
  std::string sender;         // Who begins it when nothing is kept, though none of `posts` does.
  std::deque<Parked> parked;  // Likewise, or until their client is known.
  std::vector<Waiter> waiters;
  std::vector<dialog::Attachment> uploads;  // The last few the shell has told of.
  bool typing = false;                      // Said to the sockets.
};

struct Room {
  enum class State : std::uint8_t { unloaded, loading, absent, opening, live };
  ConversationId id;
  State state = State::unloaded;
  std::uint64_t serial = 0;
  Millis used = 0;
  Bucket bucket;
  std::vector<Connection> sockets;
  std::vector<Client> clients;
  std::string secret_hash;     // As far as it was ever loaded.
  std::unique_ptr<Work> work;  // Exists in every state but `unloaded`.

  Client* find_client(const std::string& name);
  Client* client_of(Connection connection);
};

}  // namespace bot::runtime

// The runtime's parts, each in a file of its own. Internal to bot/runtime.
#pragma once

#include <deque>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bot/runtime/room.h"
#include "dialog/understand.h"

namespace bot::runtime {

namespace web = connectors::web;

// What a ticket was given for.
struct Pending {
  enum class Kind {
    append,
    load,
    find_message,
    find_client,
    page,
    timers,
    interpret,
    effect,
    post_check,
    post_replies
  } kind = Kind::append;
  ConversationId room;
  std::uint64_t number = 0;  // Connection, effect or request
  Millis since = 0;
  std::string client, message_id, body_hash;
  std::unique_ptr<Posted> post;
};

// Something to look at when its time has come; it may be long obsolete.
struct Alarm {
  enum class Kind { hello, silence, evict, retry, effect } kind = Kind::hello;
  Millis at = 0;
  std::uint64_t number = 0;  // Connection, ticket or a room's serial
  ConversationId room;
  friend bool operator>(const Alarm& a, const Alarm& b) { return a.at > b.at; }
};

// Tickets or requests that all wait equally long, so their deadlines come in order.
struct Deadlines {
  std::deque<std::pair<Millis, std::uint64_t>> queue;
};

struct Runtime::Impl {
  Impl(const Limits& limits_in, const Bots& bots_in, Random random_in, Desks* desks_in)
      : limits(limits_in), bots(bots_in), random(std::move(random_in)), desks(desks_in) {}

  const Limits limits;
  const Bots& bots;
  const Random random;
  Desks* const desks;  // nullptr: nobody counts.

  Millis now = 0;
  std::vector<Output>* out = nullptr;  // Of the call under way.
  Stats stats;

  std::unordered_map<Connection, Socket> sockets;
  std::unordered_map<ConversationId, std::unique_ptr<Room>, dialog::ConversationIdHash> rooms;
  std::unordered_map<Ticket, Pending> tickets;
  std::unordered_map<Request, ConversationId> requests;  // REST callers who wait
  Ticket last_ticket = 0;
  std::uint64_t last_serial = 0;
  std::size_t turns = 0;                // Turn objects alive
  std::size_t held = 0;                 // Tickets of appends, effects and interpretations
  std::size_t works = 0;                // Rooms with Work
  std::size_t crowded_at = 0;           // So many of them, and some have to leave.
  std::vector<ConversationId> touched;  // In this call: swept at its end.

  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms;
  Deadlines appends, interprets, rests, reads;

  struct Due {
    Millis due = 0;
    ConversationId id;
    std::uint64_t timer = 0;
    friend auto operator<=>(const Due&, const Due&) = default;
  };
  std::set<Due> upcoming;  // Those soon due, and those overdue that wait for their turn
  std::set<std::pair<ConversationId, std::uint64_t>> firing;
  Millis next_poll = 0;  // Of the store's timers
  Millis horizon = 0;    // Timers due up to here are in `upcoming`.
  bool polling = false, more_timers = false;

  struct LocalTime {
    Millis from = 0, until = -1;
    std::string text;
  };
  std::unordered_map<std::string, LocalTime> times;  // By time zone

  // ---- runtime.cc: what comes in ----
  void take(Connected& input);
  void take(FrameReceived& input);
  void take(FrameRefused& input);
  void take(Disconnected& input);
  void take(Drained& input);
  void take(Posted& input);
  void take(Interpreted& input);
  void take(EffectReturned& input);
  void take(Appended& input);
  void take(Loaded& input);
  void take(MessageFound& input);
  void take(ClientFound& input);
  void take(VisibleRead& input);
  void take(TimersDue& input);
  void take(Unfinished& input);
  void take(UploadKept& input);
  void take(PersonActs& input);
  void take(SystemActs& input);
  void take(Forget& input);
  void take(Tick& input);
  void take(Drain& input);
  void run_alarms();
  void ring(const Alarm& alarm);
  void expire(Deadlines& deadlines, bool everything = false);
  void expire_read(Ticket ticket);
  std::optional<Millis> next_deadline(const Deadlines& deadlines) const;
  bool is_waiting(const Deadlines& deadlines, std::uint64_t number) const;
  void sweep();

  template <class T>
  void emit(T output) {
    out->emplace_back(std::move(output));
  }
  void note(Note::Level level, std::string event, std::string detail,
            std::optional<ConversationId> id = {});
  Ticket ticket(Pending pending);
  std::optional<Pending> redeem(Ticket ticket, Pending::Kind kind);
  void alarm(Alarm::Kind kind, Millis at, std::uint64_t number, const ConversationId& room = {});

  // ---- rooms.cc: conversations in and out of memory, sockets ----
  Room& room(const ConversationId& id);
  Room* find_room(const ConversationId& id);
  Room& awake(const ConversationId& id);  // Loading at least.
  void load(Room& room);
  bool fold(Room& room, dialog::Kept kept);
  void fail_load(Room& room, const nlu::Error& error);
  void went_live(Room& room);
  void settle(Room& room);  // Takes up what waited for the conversation.
  void reload(Room& room);  // Someone else wrote: forget and read again.
  void evict(Room& room);
  bool may_leave(const Room& room) const;
  void leave_memory(Room& room);
  void thin_out();  // When there are too many conversations in memory.
  void drop(Room& room);
  void forget_tickets(const ConversationId& id);
  bool is_idle(const Room& room) const;
  void prune_clients(Room& room);
  void send(Connection connection, web::ServerFrame frame);
  void problem(Connection connection, std::string code, std::string message, std::string id = "",
               std::optional<std::int64_t> retry_after_ms = {});
  void close(Connection connection, web::Close code, std::string reason);
  void leave(Connection connection);  // Forgets the socket.
  void say_goodbye(Connection connection);
  void fail_store(const std::string& why);
  std::string random_hex(std::size_t bytes);
  dialog::BotPtr bot_for(const Room& room) const;
  const std::string& local_time(const dialog::Bot& bot);  // "2026-11-27T18:30"

  // ---- joins.cc: hello, opening, replay ----
  void hello(Connection connection, Socket& socket, FrameReceived& input);
  void open(Room& room, dialog::event::ConversationStarted started,
            std::optional<dialog::event::UserIdentified> user);
  void open_for(Room& room, Join& join);
  void open_absent(Room& room);
  bool join(Room& room, Join& join);  // False: it waits.
  bool may_join(const Room& room, const Join& join) const;
  void welcome(Room& room, Client& client, Join& join);
  void find_client(Room& room, Client& client);
  void replay(Room& room, Connection connection);
  void go_live(Room& room, Connection connection, Socket& socket);
  void send_ack(Connection connection, web::Ack ack);
  void release_acks(Connection connection);

  // ---- messages.cc: from a frame to the queue ----
  void message(Connection connection, Socket& socket, web::Message message);
  void accept(Room& room, Connection connection, web::Message message);
  void enqueue(Room& room, Client& client, Connection connection, web::Message message,
               std::string body_hash);
  void duplicate(Room& room, const Client& client, Connection connection,
                 const web::Message& message, const std::string& body_hash);
  void answer_duplicate(Connection connection, const dialog::MessageRecord& record,
                        const std::string& body_hash);
  void park(Room& room, Connection connection, web::Message message);
  void feedback(Connection connection, Socket& socket, web::Feedback feedback);
  void interpret(Room& room, Turn& turn);
  bool is_queue_full(const Room& room) const;
  std::int64_t retry_after();

  // ---- turns.cc: from the queue to the append ----
  void pump(Room& room);
  bool is_heard_by_another(Room& room, Turn& turn);
  bool preempts(Room& room, Turn& turn);
  std::vector<dialog::Command> commands_for(Room& room, const dialog::input::Said& said);
  void process(Room& room, Turn turn);
  dialog::Advance advance(Room& room, Turn& turn);
  void tell_desks(const ConversationId& id, const std::vector<dialog::Event>& events);
  void finish_without_append(Room& room, Turn turn);
  void submit(Room& room);
  void retry(Room& room);
  void give_up(Room& room);

  // ---- commits.cc: when the append has returned ----
  void commit(Room& room);
  void fail_append(Room& room, const nlu::Error& error);
  void publish(Room& room, const std::vector<dialog::Event>& events, const Client* sender,
               const dialog::MessageRecord* record);
  void show_typing(Room& room, bool on);
  void count_version(const std::string& version, const std::vector<dialog::Event>& events);
  void discard(Room& room, const nlu::Error& error);  // All its turns and callers.
  void discard_turn(Room& room, Turn& turn, const nlu::Error& error);
  void remember(Work& work, const dialog::MessageRecord& record);

  // ---- effects.cc: effects, timers ----
  void perform(Room& room, std::uint64_t effect, const dialog::HttpRequest& request);
  void take_up_outbox(Room& room, const std::vector<dialog::OutboxRow>& rows);
  void effect_returned(Pending pending, dialog::HttpOutcome outcome);
  void expire_effect(Ticket ticket);
  bool may_poll() const;
  bool may_fire() const;
  void poll_timers();
  void fire_due();
  void heard_of_timer(const ConversationId& id, const dialog::TimerRow& row);
  void fire(const Due& due);

  // ---- posts.cc: REST and the desk ----
  void post(Room& room, Posted posted);
  void post_checked(Room& room, Posted posted);
  void enqueue_post(Room& room, Posted posted);
  bool post_again(Room& room, const Posted& posted);
  void reply_again(Room& room, Request request, dialog::Seq seq);
  void collect_replies(Room& room, const std::vector<dialog::Event>& events, const Flight& flight);
  void answer_waiters(Room& room);
  void answer(Request request, nlu::Result<std::vector<dialog::Event>> replies);
  void expire_request(Request request);
  void act(Room& room, PersonActs acts);
  // Queues what neither the customer nor a timer does; its request is answered by what it led to.
  void act(Room& room, Request request, dialog::Input input);
};

// ---- batches.cc, failure.cc: pure ----

std::string body_hash(const std::string& text, const std::string& payload,
                      const std::string& upload);
std::string idempotency_key(const ConversationId& id, std::uint64_t effect);
// `parts` hashed to an id; the same parts, the same conversation.
ConversationId derive_id(Tenant tenant, const std::vector<std::string_view>& parts);
// What is wrong with the numbers of `events` as the next of `state`; empty: nothing.
std::string check_numbers(const dialog::Conversation& state,
                          const std::vector<dialog::Event>& events);
// Everything of a step but `messages` and `clients`. `next`, the conversation with the step, is
// made when it is needed and not there.
dialog::Batch make_batch(const Room& room, const dialog::Advance& advance, int snapshot_every,
                         std::optional<dialog::Conversation>& next);

// What to keep and say when the dialog code failed on `input`.
dialog::Advance apologise(const dialog::Bot* bot, const dialog::Conversation& state,
                          const dialog::Input& input, Millis now, const std::string& what);

}  // namespace bot::runtime

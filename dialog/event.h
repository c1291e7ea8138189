// Events are the truth: a conversation is the fold of its events (dialog/conversation.h).
//
// Kept as JSON, documented in docs/events.md: {schema, type, ts, actor, public, personal}. What is
// personal (texts, values, names) stands apart, so that it can be encrypted or erased alone. Fields
// a later release wrote are kept as they were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialog/command.h"
#include "nlu/base/json.h"
#include "nlu/base/result.h"
#include "nlu/interpretation.h"

namespace dialog {

using Seq = std::uint64_t;          // Of what the customer can see; from 1, no gaps; 0: internal.
using EventNumber = std::uint64_t;  // Of every event; from 1, no gaps.
using Millis = std::int64_t;        // Since the Unix epoch, UTC.

enum class Actor { customer, bot, person, system };

struct Attachment {
  std::string upload;  // Id under which the file is kept.
  std::string name;
  std::uint64_t size = 0;
  std::string media_type;
};

struct Choice {  // A button or a quick reply as it was shown.
  std::string title;
  std::string payload;
  std::string url;
};

struct FileRequest {
  std::vector<std::string> accept;
  std::uint64_t max_bytes = 0;
};

namespace event {

struct ConversationStarted {
  std::string bot, channel, language;
  std::uint64_t random_seed = 0;  // Chooses among variations.
  std::string secret_hash;        // Of an anonymous visitor's secret; empty: known by `user`.
  std::string sender;             // On a channel with ids of its own (personal).
};
struct UserIdentified {
  std::string user;  // The site's id for them (personal).
  std::string name;  // (personal)
};
struct SessionStarted {
  std::uint64_t session = 0;
  std::string bot_version;
  std::string model_version;
};
struct SessionEnded {
  std::string reason;  // "idle", "restart"
};
// What a customer wrote. Visible.
struct Uttered {
  std::uint64_t turn = 0;
  std::string message_id, client;
  std::uint64_t cseq = 0;
  std::string text;                      // (personal) What is shown; of a button its title.
  std::string payload;                   // (personal)
  std::optional<Attachment> attachment;  // (name personal)
};
struct Interpreted {
  nlu::Interpretation interpretation;  // (entities personal)
};
struct Commanded {
  Command command;  // (values personal)
};
struct LanguageChanged {
  std::string language;
  std::string by;  // "locale" (also when empty) or "words": the customer wrote in it.
};
// Frames are numbered within a conversation and never reused.
struct FlowStarted {
  std::uint64_t frame = 0;
  std::string flow;
  std::string by;            // "customer", "call", "link", "pattern"
  std::uint64_t parent = 0;  // Of a called flow: the caller's frame
  // A pattern's; of a flow that waits for its turn `said`, slots and their values, and the `turn`
  // in which it was named.
  nlu::json::object context;
};
struct FlowInterrupted {
  std::uint64_t frame = 0;
};
struct FlowResumed {
  std::uint64_t frame = 0;
};
struct FlowEnded {
  std::uint64_t frame = 0;
  std::string flow;
  enum class How { completed, cancelled, linked } how = How::completed;
};
struct StepEntered {
  std::uint64_t frame = 0;
  std::string step;
};
struct Asked {  // The turn waits for an answer to this.
  std::uint64_t frame = 0;
  std::string slot;
};
struct SlotSet {
  std::string slot;
  nlu::json::value value;  // (personal) null: reset
  std::string by;          // As in command::SetSlot, or "flow", "action", "reset"
  std::uint64_t frame = 0;
};
struct ActionStarted {
  std::uint64_t effect = 0;  // Numbered within the conversation, never reused.
  std::uint64_t frame = 0;
  std::string step;
  std::string method;
  std::string path;         // (personal) as requested
  bool repeatable = false;  // May be done again after a crash.
  std::string action;       // Of the action server; empty: the step is `http`.
};
struct ActionFinished {
  std::uint64_t effect = 0;
  std::string outcome;  // "answered", "timeout", "failed", "unknown", "refused"
  int status = 0;
  std::string error;
  std::int64_t took_ms = 0;
};
// What the customer gets to read from the bot. Visible.
struct Replied {
  std::uint64_t turn = 0;
  std::string id;                              // Unique in the conversation: "<turn>-<n>".
  std::string response;                        // Name, for tests and replay.
  nlu::json::object arguments;                 // (personal) What {slots} in it held.
  std::string text;                            // (personal) As sent.
  std::vector<Choice> buttons, quick_replies;  // (personal)
  std::string image_url, image_alt, attachment_url;
  std::optional<FileRequest> upload;
  nlu::json::value custom;
};
// What a person of the business wrote. Visible.
struct PersonWrote {
  std::string id, by;
  std::string text;  // (personal)
};
// Visible.
struct HandoverChanged {
  enum class State { none, requested, accepted, released, timed_out } state = State::none;
  std::string by;
  std::string queue;
  std::string summary;  // (personal)
  // (personal) Of one that is requested: {flow, flow_name, slots that were answered in it, tone}.
  nlu::json::object about = {};
};
struct FeedbackGiven {
  std::string id;
  Seq about = 0;
  int rating = 0;
  std::string comment;  // (personal)
};
struct TimerSet {
  std::uint64_t timer = 0;  // Numbered within the conversation, never reused.
  std::string kind;         // "idle", "handover", "silence", "wait:FRAME", "remind:NAME"
  Millis due = 0;
};
struct TimerEnded {
  std::uint64_t timer = 0;
  bool fired = false;  // else cancelled
};
// A flow waits, with all it called and that called it; `frame` is the first of them.
struct FlowParked {
  std::uint64_t frame = 0;
  std::string event;  // That wakes it; empty: only time does.
};
struct FlowWoken {
  std::uint64_t frame = 0;
  std::string by;  // "time" or "event"
};
// Something happened in the business's systems.
struct Happened {
  std::string name;
  nlu::json::value data;    // (personal)
  std::string flow;         // That it began; empty: none
  nlu::json::object slots;  // (personal) With what
};
struct LoopAdvanced {
  std::uint64_t frame = 0;
  std::string step;
  std::int64_t index = 0;  // Of the item, from 0; -1: the loop is done.
};
struct SplitTaken {
  std::string split, arm;
};
struct ReminderSet {
  std::uint64_t timer = 0;
  std::string name, flow;
  bool unless_heard = false;
};
// The conversation goes on with another version of its bot (dialog/migration.h): frames by their
// number, flows and slots by their old names → what they are called now.
struct VersionChanged {
  std::string from, to;
  nlu::json::object flows, slots;
  nlu::json::object steps;  // Frame's number → {old step → step}
};
// The turn could not go on: a bug, a limit. The flows' pattern_internal_error apologises.
struct Failed {
  std::string what;
};
// A kind that this release does not know: kept as it is, folded to nothing.
struct Unknown {
  std::string type;
  nlu::json::object open, personal;
};

}  // namespace event

using EventBody =
    std::variant<event::ConversationStarted, event::UserIdentified, event::SessionStarted,
                 event::SessionEnded, event::Uttered, event::Interpreted, event::Commanded,
                 event::LanguageChanged, event::FlowStarted, event::FlowInterrupted,
                 event::FlowResumed, event::FlowEnded, event::StepEntered, event::Asked,
                 event::SlotSet, event::ActionStarted, event::ActionFinished, event::Replied,
                 event::PersonWrote, event::HandoverChanged, event::FeedbackGiven, event::TimerSet,
                 event::TimerEnded, event::Failed, event::FlowParked, event::FlowWoken,
                 event::Happened, event::LoopAdvanced, event::SplitTaken, event::ReminderSet,
                 event::VersionChanged, event::Unknown>;

struct Event {
  EventNumber number = 0;
  Seq seq = 0;  // 0: the customer does not see it
  Millis ts = 0;
  Actor actor = Actor::system;
  EventBody body;
  nlu::json::object unknown_open, unknown_personal;  // Fields of later releases.
};

constexpr int event_schema = 1;

// The event's JSON text. `number` is not part of it: it is the key it is kept under.
std::string encode(const Event& event);
// Errc::corrupt names the field that cannot be read. Takes any bytes.
nlu::Result<Event> decode_event(EventNumber number, std::string_view bytes);

std::string_view type_name(const EventBody& body);  // "uttered", "slot_set", …

}  // namespace dialog

// The engine: commands in, events and effects out.
//
// advance() is a pure function: no clock, no randomness, no I/O; the same bot, conversation and
// input give the same outcome. It never blocks and its work is bounded (steps_per_turn). Whatever
// customers, backends or flows do, a turn of a customer never ends in silence, unless a person has
// the conversation.
#pragma once

#include <set>
#include <string>
#include <variant>
#include <vector>

#include "dialog/bot.h"
#include "dialog/command.h"
#include "dialog/conversation.h"
#include "dialog/event.h"

namespace dialog {

namespace input {

// A conversation begins, on its first message or when a widget first opens it.
struct Opened {
  event::ConversationStarted started;
  std::optional<event::UserIdentified> user;
};
// A customer said something. `commands` come from understand(), a script or a payload.
struct Said {
  std::string message_id, client;
  std::uint64_t cseq = 0;
  std::string text, payload;
  std::optional<Attachment> attachment;
  std::string language;  // The client's locale's, of the bot's; counts when it changes.
  nlu::Interpretation interpretation;
  std::vector<Command> commands;
};
struct ActionReturned {
  std::uint64_t effect = 0;
  HttpOutcome outcome;
  std::int64_t took_ms = 0;
};
struct TimerFired {
  std::uint64_t timer = 0;
};
struct PersonAccepted {
  std::string by;
};
struct PersonWrote {
  std::string by, text;
};
struct PersonReleased {
  std::string by;
};
// Something happened in the business's systems: flows that wait for it go on, and `flow`, when it
// is not empty, begins with `slots`.
struct Happened {
  std::string name;
  json::value data;
  std::string flow;
  json::object slots;
};
struct FeedbackGiven {
  std::string id;
  Seq about = 0;
  int rating = 0;
  std::string comment;
};

}  // namespace input

using Input = std::variant<input::Opened, input::Said, input::ActionReturned, input::TimerFired,
                           input::PersonAccepted, input::PersonWrote, input::PersonReleased,
                           input::FeedbackGiven, input::Happened>;

namespace effect {

// Call the business's system. Its ActionReturned must follow, whatever happens.
struct CallHttp {
  std::uint64_t effect = 0;
  HttpRequest request;
};
struct SetTimer {
  std::uint64_t timer = 0;
  Millis due = 0;
};
struct CancelTimer {
  std::uint64_t timer = 0;
};

}  // namespace effect

using Effect = std::variant<effect::CallHttp, effect::SetTimer, effect::CancelTimer>;

struct Advance {
  std::vector<Event> events;    // Numbered on from the conversation; never empty for Said.
  std::vector<Effect> effects;  // Start only when the events are durable.
  // The conversation with these events, folded already; nullopt: nobody has.
  std::optional<Conversation> next;
};

struct EngineLimits {
  int steps_per_turn = 500;
  int stack_depth = 16;
  std::size_t text_characters = 4000;
  std::int64_t foreach_items = 100;  // What comes behind them is left out.
  std::size_t reminders = 20;
  // Handover queues where no more can wait: nobody is asked for.
  std::set<std::string> full_queues = {};
};

Advance advance(const Bot& bot, const Conversation& conversation, const Input& input, Millis now,
                const EngineLimits& limits = {});

// Whether a turn is under way: an effect is out. Further messages wait, except those that
// pre-empt (cancel, handover): the runtime asks `preempts` before it queues.
bool preempts(const std::vector<Command>& commands);

}  // namespace dialog

// A conversation's state: the fold of its events, and nothing that is not in them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialog/event.h"

namespace dialog {

// One running flow. The last of the stack is the one that acts.
struct Frame {
  std::uint64_t id = 0;
  std::string flow;
  std::string step;          // Where it stands; empty: not begun
  std::uint64_t parent = 0;  // The frame that called it; 0: none
  bool waiting = false;      // An answer to the collect it stands at is awaited.
  std::string asked;         // The slot that `step` has asked for; empty: none
  bool interrupted = false;
  nlu::json::object context;                  // As event::FlowStarted has it.
  std::vector<std::string> collected;         // Slots asked or set in this frame, in order.
  std::vector<std::string> way;               // Steps from the first to `step`, without its loops.
  std::map<std::string, std::int64_t> loops;  // foreach step → the item it is at
  nlu::json::object before;  // What others changed while it is interrupted → its value
                             // when that began, null: none.
};

// A flow that waits for time or an event, off the stack, with what it called.
struct Parked {
  std::string event;  // Empty: only time wakes it.
  std::vector<Frame> frames;
};

struct Reminder {
  std::string name, flow;
  bool unless_heard = false;
};

struct PendingEffect {
  std::uint64_t effect = 0;
  std::uint64_t frame = 0;  // 0: its flow is gone.
  std::string step;
  bool repeatable = false;
  std::string action;  // As event::ActionStarted has it
};

struct Conversation {
  EventNumber last_event = 0;
  Seq head_seq = 0;
  std::uint64_t turn = 0;
  std::uint64_t session = 0;
  bool session_open = false;
  Millis started = 0;
  Millis last_activity = 0;  // Of the customer
  Millis now = 0;            // Of the last event

  std::string bot, channel, language;
  std::string bot_version;  // That it last went on with; flows that have begun stay with it.
  std::string model_version;
  std::string locale;  // The client's, in the bot's languages; `language` until words change that.
  std::string secret_hash, sender, user, user_name;
  std::uint64_t random_seed = 0;

  std::map<std::string, nlu::json::value> slots;  // Without those that are null.
  std::vector<Frame> stack;
  std::uint64_t last_frame = 0, last_effect = 0, last_timer = 0;
  std::vector<PendingEffect> pending;                              // At most one today.
  std::map<std::uint64_t, std::pair<std::string, Millis>> timers;  // id → kind, due
  std::vector<Parked> parked;                   // In the order they began to wait
  std::map<std::uint64_t, Reminder> reminders;  // By their timer
  std::map<std::string, std::string> splits;    // split → arm

  std::vector<event::Replied> last_replies;  // Of the last turn that had any: to repeat,
                                             // and what "the second one" refers to.
  std::string heard_text;                    // What the customer last wrote, and its meaning
  nlu::Interpretation heard;
  int replies = 0;         // Of the turn that these are the last of
  int not_understood = 0;  // Turns in a row.
  int silences = 0;        // Since the customer last wrote
  // How the customer sounds, when the model tells: `sentiment` (-1 … 1) and `urgency` (0 … 1) of
  // the last utterance, and `mood`, the session's sentiments so far, the later ones counting more.
  nlu::json::object tone;
  event::HandoverChanged::State handover = event::HandoverChanged::State::none;
  std::string handover_by, handover_queue;
  // While somebody is asked for or there: since when, and what the request said of it.
  Millis handover_since = 0;
  std::string handover_summary;
  nlu::json::object handover_about;

  // Folds one more. `event.number` must be last_event + 1.
  void apply(const Event& event);
  // Slots that other flows changed since frame `id` was interrupted, unless they are as before.
  std::set<std::string> changed_since_interrupted(std::uint64_t id) const;
  // Whether a flow waits for an effect. One whose flow was cancelled meanwhile stays in `pending`
  // (with frame 0) until it returns, and nobody waits for it.
  bool is_waiting_for_effect() const;
};

std::string encode(const Conversation& conversation);  // The snapshot, JSON.
nlu::Result<Conversation> decode_conversation(std::string_view bytes);

}  // namespace dialog

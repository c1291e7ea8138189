#include "dialog/conversation.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "dialog/event_fields.h"

namespace dialog {

namespace {

namespace json = nlu::json;
using detail::FieldReader;
using detail::FieldWriter;
using detail::Ref;

constexpr int snapshot_schema = 1;
constexpr std::size_t replies_kept = 20;  // To repeat; without the customer there may be more.
constexpr double newest_share = 0.4;      // Of an utterance in the mood it is said in.

Frame* find_frame(Conversation& c, std::uint64_t id) {
  for (Frame& frame : c.stack) {
    if (frame.id == id) return &frame;
  }
  return nullptr;
}

std::vector<Parked>::iterator find_parked(Conversation& c, std::uint64_t root) {
  return std::find_if(c.parked.begin(), c.parked.end(),
                      [&](const Parked& parked) { return parked.frames.front().id == root; });
}

void remember_collected(Frame& frame, const std::string& slot) {
  auto& slots = frame.collected;
  if (std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
}

// A step come to again is where a loop ends or a correction leads: what came after it is undone.
void remember_step(Frame& frame, const std::string& step) {
  const auto again = std::find(frame.way.begin(), frame.way.end(), step);
  frame.way.erase(again, frame.way.end());
  frame.way.push_back(step);
}

std::uint64_t root_of(Conversation& c, std::uint64_t id) {
  for (const Frame* frame = find_frame(c, id); frame && frame->parent;) {
    id = frame->parent;
    frame = find_frame(c, id);
  }
  return id;
}

// Of an interrupted flow only what others do is remembered. What it sets itself, when the answer
// to its action comes late, it knows.
void remember_before(Conversation& c, const event::SlotSet& e) {
  const auto held = c.slots.find(e.slot);
  for (Frame& frame : c.stack) {
    if (!frame.interrupted) continue;
    if (e.frame && root_of(c, e.frame) == root_of(c, frame.id)) {
      frame.before.erase(e.slot);
    } else if (held == c.slots.end() ? !e.value.is_null() : held->second != e.value) {
      frame.before.emplace(e.slot, held == c.slots.end() ? json::value() : held->second);
    }
  }
}

// What acts next lies on top: a resumed flow moves there with all it called.
void raise(Conversation& c, std::uint64_t id) {
  auto& stack = c.stack;
  const auto at =
      std::find_if(stack.begin(), stack.end(), [&](const Frame& f) { return f.id == id; });
  if (at == stack.end()) return;
  auto begin = at;
  while (begin != stack.begin() && begin->parent != 0) --begin;
  auto end = at + 1;
  while (end != stack.end() && end->parent != 0) ++end;
  std::rotate(begin, end, stack.end());
}

std::string renamed(const json::object& names, const std::string& name) {
  return std::string(nlu::get_string(names, name).value_or(name));
}

void rename_keys(json::object& object, const json::object& names) {
  json::object fresh;
  for (auto& member : object)
    fresh.emplace(renamed(names, std::string(member.key())), member.value());
  object = std::move(fresh);
}

void change_version(Frame& frame, const event::VersionChanged& e) {
  frame.flow = renamed(e.flows, frame.flow);
  frame.asked = renamed(e.slots, frame.asked);
  for (std::string& slot : frame.collected) slot = renamed(e.slots, slot);
  rename_keys(frame.before, e.slots);
  const json::value* found = e.steps.if_contains(std::to_string(frame.id));
  const json::object* steps = found ? found->if_object() : nullptr;
  if (steps == nullptr) return;
  frame.step = renamed(*steps, frame.step);
  for (std::string& step : frame.way) step = renamed(*steps, step);
  std::map<std::string, std::int64_t> loops;
  for (const auto& [step, index] : frame.loops) loops.emplace(renamed(*steps, step), index);
  frame.loops = std::move(loops);
}

// Folds one event into a conversation; one overload a kind, those without an effect share one.
struct Fold {
  Conversation& c;
  Millis ts;

  template <class Other>
  void operator()(const Other&) {}

  void hear(const nlu::Interpretation& said) {
    c.tone.erase("sentiment");
    c.tone.erase("urgency");
    if (said.urgency) c.tone["urgency"] = *said.urgency;
    if (!said.sentiment) return;
    c.tone["sentiment"] = *said.sentiment;
    const double before = nlu::get_number(c.tone, "mood").value_or(*said.sentiment);
    const double mood = before + newest_share * (*said.sentiment - before);
    c.tone["mood"] = std::round(mood * 1e4) / 1e4;
  }

  void operator()(const event::ConversationStarted& e) {
    c.bot = e.bot;
    c.channel = e.channel;
    c.language = c.locale = e.language;
    c.random_seed = e.random_seed;
    c.secret_hash = e.secret_hash;
    c.sender = e.sender;
    c.started = c.last_activity = ts;
  }
  void operator()(const event::UserIdentified& e) {
    c.user = e.user;
    c.user_name = e.name;
  }
  void operator()(const event::SessionStarted& e) {
    c.session = e.session;
    c.session_open = true;
    c.bot_version = e.bot_version;
    if (!e.model_version.empty()) c.model_version = e.model_version;
    c.last_activity = ts;
  }
  void operator()(const event::VersionChanged& e) {
    c.bot_version = e.to;
    for (Frame& frame : c.stack) change_version(frame, e);
    for (Parked& parked : c.parked) {
      for (Frame& frame : parked.frames) change_version(frame, e);
    }
    for (PendingEffect& pending : c.pending) {
      const json::value* steps = e.steps.if_contains(std::to_string(pending.frame));
      if (steps && steps->is_object()) pending.step = renamed(steps->get_object(), pending.step);
    }
    for (auto& reminder : c.reminders) {
      reminder.second.flow = renamed(e.flows, reminder.second.flow);
    }
    for (const auto& names : e.slots) {
      const auto held = c.slots.find(std::string(names.key()));
      if (held == c.slots.end()) continue;
      c.slots[renamed(e.slots, held->first)] = std::move(held->second);
      c.slots.erase(std::string(names.key()));
    }
  }
  void operator()(const event::SessionEnded&) {
    c.session_open = false;
    c.stack.clear();
    c.not_understood = 0;
    c.tone.clear();
    for (PendingEffect& pending : c.pending) pending.frame = 0;
  }
  void operator()(const event::Uttered& e) {
    c.turn = e.turn;
    c.silences = 0;
    c.heard_text = e.text;
    c.heard = {};
    c.last_activity = ts;
  }
  void operator()(const event::Interpreted& e) {
    if (!e.interpretation.model_version.empty()) c.model_version = e.interpretation.model_version;
    c.heard = e.interpretation;
    hear(e.interpretation);
  }
  void operator()(const event::Commanded& e) {
    c.not_understood =
        std::holds_alternative<command::CannotHandle>(e.command) ? c.not_understood + 1 : 0;
  }
  void operator()(const event::LanguageChanged& e) {
    c.language = e.language;
    if (e.by != "words") c.locale = e.language;
  }
  void operator()(const event::FlowStarted& e) {
    Frame frame;
    frame.id = e.frame;
    frame.flow = e.flow;
    frame.parent = e.parent;
    frame.context = e.context;
    c.stack.push_back(std::move(frame));
    c.last_frame = std::max(c.last_frame, e.frame);
  }
  void operator()(const event::FlowInterrupted& e) {
    if (Frame* frame = find_frame(c, e.frame)) frame->interrupted = true, frame->waiting = false;
  }
  void operator()(const event::FlowResumed& e) {
    if (Frame* frame = find_frame(c, e.frame)) frame->interrupted = false, frame->before.clear();
    raise(c, e.frame);
  }
  void operator()(const event::FlowEnded& e) {
    if (const auto parked = find_parked(c, e.frame); parked != c.parked.end()) {
      c.parked.erase(parked);
      return;
    }
    const auto ended = std::find_if(c.stack.begin(), c.stack.end(),
                                    [&](const Frame& frame) { return frame.id == e.frame; });
    if (ended == c.stack.end()) return;
    if (Frame* parent = ended->parent ? find_frame(c, ended->parent) : nullptr) {
      for (const std::string& slot : ended->collected) remember_collected(*parent, slot);
      // Its action's answer came late and ended it; its caller sleeps on.
      if (ended->interrupted) {
        parent->interrupted = true;
        parent->before = ended->before;
      }
    }
    for (PendingEffect& pending : c.pending) {
      if (pending.frame == e.frame) pending.frame = 0;
    }
    c.stack.erase(ended);
  }
  void operator()(const event::StepEntered& e) {
    if (Frame* frame = find_frame(c, e.frame)) {
      frame->step = e.step;
      frame->waiting = false;
      frame->asked.clear();
      remember_step(*frame, e.step);
    }
  }
  void operator()(const event::Asked& e) {
    if (Frame* frame = find_frame(c, e.frame)) {
      frame->waiting = true;
      frame->asked = e.slot;
      remember_collected(*frame, e.slot);
    }
  }
  void operator()(const event::SlotSet& e) {
    remember_before(c, e);
    if (e.value.is_null()) {
      c.slots.erase(e.slot);
    } else {
      c.slots[e.slot] = e.value;
    }
    Frame* frame = e.frame ? find_frame(c, e.frame) : nullptr;
    if (frame && e.by != "reset") remember_collected(*frame, e.slot);
  }
  void operator()(const event::ActionStarted& e) {
    c.pending.push_back({e.effect, e.frame, e.step, e.repeatable, e.action});
    c.last_effect = std::max(c.last_effect, e.effect);
  }
  void operator()(const event::ActionFinished& e) {
    std::erase_if(c.pending, [&](const PendingEffect& p) { return p.effect == e.effect; });
  }
  void operator()(const event::Replied& e) {
    if (!c.last_replies.empty() && c.last_replies.front().turn != e.turn) {
      c.last_replies.clear();
      c.replies = 0;
    }
    ++c.replies;
    c.last_replies.push_back(e);
    if (c.last_replies.size() > replies_kept) c.last_replies.erase(c.last_replies.begin());
  }
  void operator()(const event::HandoverChanged& e) {
    c.handover = e.state;
    c.handover_by = e.by;
    if (!e.queue.empty()) c.handover_queue = e.queue;
    using State = event::HandoverChanged::State;
    const bool is_open = e.state == State::requested;
    c.handover_since = is_open || e.state == State::accepted ? c.now : 0;
    if (e.state == State::accepted) return;
    c.handover_summary = is_open ? e.summary : "";
    c.handover_about = is_open ? e.about : json::object();
  }
  void operator()(const event::TimerSet& e) {
    c.timers[e.timer] = {e.kind, e.due};
    c.last_timer = std::max(c.last_timer, e.timer);
  }
  void operator()(const event::TimerEnded& e) {
    const auto timer = c.timers.find(e.timer);
    if (timer == c.timers.end()) return;
    if (e.fired && timer->second.first == "silence") ++c.silences;
    c.timers.erase(timer);
    c.reminders.erase(e.timer);
  }
  void operator()(const event::FlowParked& e) {
    const auto root = std::find_if(c.stack.begin(), c.stack.end(),
                                   [&](const Frame& frame) { return frame.id == e.frame; });
    if (root == c.stack.end()) return;
    auto end = root + 1;
    while (end != c.stack.end() && end->parent != 0) ++end;
    c.parked.push_back({e.event, {root, end}});
    c.stack.erase(root, end);
  }
  void operator()(const event::FlowWoken& e) {
    const auto woken = find_parked(c, e.frame);
    if (woken == c.parked.end()) return;
    for (Frame& frame : woken->frames) c.stack.push_back(std::move(frame));
    c.parked.erase(woken);
  }
  void operator()(const event::LoopAdvanced& e) {
    Frame* frame = find_frame(c, e.frame);
    if (!frame) return;
    if (e.index < 0) {
      frame->loops.erase(e.step);
    } else {
      frame->loops[e.step] = e.index;
    }
  }
  void operator()(const event::SplitTaken& e) { c.splits[e.split] = e.arm; }
  void operator()(const event::ReminderSet& e) {
    c.reminders[e.timer] = {e.name, e.flow, e.unless_heard};
  }
};

}  // namespace

std::set<std::string> Conversation::changed_since_interrupted(std::uint64_t id) const {
  std::set<std::string> changed;
  for (const Frame& frame : stack) {
    if (frame.id != id) continue;
    for (const auto& [name, value] : frame.before) {
      const auto held = slots.find(std::string(name));
      if (held == slots.end() ? !value.is_null() : held->second != value) {
        changed.emplace(name);
      }
    }
  }
  return changed;
}

bool Conversation::is_waiting_for_effect() const {
  return std::any_of(pending.begin(), pending.end(),
                     [](const PendingEffect& effect) { return effect.frame != 0; });
}

void Conversation::apply(const Event& event) {
  assert(event.number == last_event + 1);
  last_event = event.number;
  if (event.seq) head_seq = event.seq;
  now = event.ts;
  std::visit(Fold{*this, event.ts}, event.body);
}

namespace detail {

// A timer as the snapshot has it.
struct KeptTimer {
  std::uint64_t timer = 0;
  std::string kind;
  Millis due = 0;
};

template <class A>
void fields(A& a, Ref<A, KeptTimer> t) {
  a("timer", t.timer);
  a("kind", t.kind);
  a("due", t.due);
}

template <class A>
void fields(A& a, Ref<A, Frame> f) {
  a("id", f.id);
  a("flow", f.flow);
  a("step", f.step);
  a("parent", f.parent);
  a("waiting", f.waiting);
  a("asked", f.asked);
  a("interrupted", f.interrupted);
  a("context", f.context);
  a("collected", f.collected);
  a("way", f.way);
  a("before", f.before);
  a("loops", f.loops);
}

template <class A>
void fields(A& a, Ref<A, Parked> p) {
  a("event", p.event);
  a("frames", p.frames);
}

// A reminder as the snapshot has it.
struct KeptReminder {
  std::uint64_t timer = 0;
  Reminder reminder;
};

template <class A>
void fields(A& a, Ref<A, KeptReminder> r) {
  a("timer", r.timer);
  a("name", r.reminder.name);
  a("flow", r.reminder.flow);
  a("unless_heard", r.reminder.unless_heard);
}

template <class A>
void fields(A& a, Ref<A, PendingEffect> p) {
  a("effect", p.effect);
  a("frame", p.frame);
  a("step", p.step);
  a("repeatable", p.repeatable);
  a("action", p.action);
}

template <class A>
void fields(A& a, Ref<A, event::Replied> e) {
  fields(a, a, e);
}

// All but `slots` and `timers`, which are maps.
template <class A>
void plain_fields(A& a, Ref<A, Conversation> c) {
  a("last_event", c.last_event);
  a("head_seq", c.head_seq);
  a("turn", c.turn);
  a("session", c.session);
  a("session_open", c.session_open);
  a("started", c.started);
  a("last_activity", c.last_activity);
  a("now", c.now);
  a("bot", c.bot);
  a("channel", c.channel);
  a("language", c.language);
  a("locale", c.locale);
  a("bot_version", c.bot_version);
  a("model_version", c.model_version);
  a("secret_hash", c.secret_hash);
  a("sender", c.sender);
  a("user", c.user);
  a("user_name", c.user_name);
  a("random_seed", c.random_seed);
  a("stack", c.stack);
  a("last_frame", c.last_frame);
  a("last_effect", c.last_effect);
  a("last_timer", c.last_timer);
  a("pending", c.pending);
  a("last_replies", c.last_replies);
  a("replies", c.replies);
  a("not_understood", c.not_understood);
  a("silences", c.silences);
  a("heard_text", c.heard_text);
  a("parked", c.parked);
  a("splits", c.splits);
  a("tone", c.tone);
  a("handover", c.handover);
  a("handover_by", c.handover_by);
  a("handover_queue", c.handover_queue);
  a("handover_since", c.handover_since);
  a("handover_summary", c.handover_summary);
  a("handover_about", c.handover_about);
}

}  // namespace detail

std::string encode(const Conversation& conversation) {
  std::string out;
  out.reserve(1024);
  FieldWriter top(out);
  top("schema", snapshot_schema);
  detail::plain_fields(top, conversation);
  if (!conversation.slots.empty()) {
    top.begin("slots");
    FieldWriter slots(out);
    for (const auto& [name, value] : conversation.slots) {
      slots.begin_any(name);
      slots.write(value);
    }
    slots.close();
  }
  std::vector<detail::KeptTimer> timers;
  for (const auto& [id, timer] : conversation.timers) {
    timers.push_back({id, timer.first, timer.second});
  }
  top("timers", timers);
  if (!conversation.heard.segments.empty() || !conversation.heard.entities.empty()) {
    top("heard", nlu::to_json(conversation.heard));
  }
  std::vector<detail::KeptReminder> reminders;
  for (const auto& [id, reminder] : conversation.reminders) reminders.push_back({id, reminder});
  top("reminders", reminders);
  top.close();
  return out;
}

nlu::Result<Conversation> decode_conversation(std::string_view bytes) {
  const auto corrupt = [](std::string_view what) {
    return nlu::Error{nlu::Errc::corrupt, fmt::format("conversation: {}", what)};
  };
  auto parsed = nlu::parse_json(bytes, {.bytes = 16 << 20, .depth = 64});
  if (!parsed) return corrupt(parsed.error().message);
  const json::object* object = parsed->if_object();
  if (!object) return corrupt("not an object");

  FieldReader top(*object, "");
  int schema = 0;
  top("schema", schema);
  if (schema != snapshot_schema) return corrupt("schema");
  Conversation conversation;
  detail::plain_fields(top, conversation);
  json::object slots;
  top("slots", slots);
  std::vector<detail::KeptTimer> timers;
  top("timers", timers);
  std::vector<detail::KeptReminder> reminders;
  top("reminders", reminders);
  json::object heard;
  top("heard", heard);
  if (top.bad()) return corrupt(*top.bad());
  // Written before replies were counted.
  if (conversation.replies == 0)
    conversation.replies = static_cast<int>(conversation.last_replies.size());
  if (conversation.locale.empty()) conversation.locale = conversation.language;
  for (auto& slot : slots) {
    if (!slot.value().is_null()) conversation.slots.emplace(slot.key(), std::move(slot.value()));
  }
  for (auto& timer : timers) {
    conversation.timers[timer.timer] = {std::move(timer.kind), timer.due};
  }
  if (!heard.empty()) {
    auto read = nlu::interpretation_from_json(heard);
    if (!read) return corrupt(read.error().message);
    conversation.heard = *std::move(read);
  }
  for (auto& one : reminders) conversation.reminders[one.timer] = std::move(one.reminder);
  return conversation;
}

}  // namespace dialog

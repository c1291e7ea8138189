// What waits: flows for time or an event, reminders, and the bot for an answer.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dialog/action_server.h"
#include "dialog/engine_turn.h"
#include "dialog/migration.h"

namespace dialog {

namespace {

using How = event::FlowEnded::How;
using State = event::HandoverChanged::State;

constexpr Millis busy_wait = 60'000;  // Until what was to happen is tried again.
constexpr std::string_view waiting = "wait:";
constexpr std::string_view reminding = "remind:";

}  // namespace

bool Turn::is_busy() const { return c_.is_waiting_for_effect() || c_.handover == State::accepted; }

// What happens without the customer may come long after they went.
void Turn::ensure_session() {
  const bool with_people = c_.handover == State::requested || c_.handover == State::accepted;
  if (!is_stale() || (with_people && c_.session_open)) return;
  if (c_.session_open) end_session("idle");
  start_session("");
}

// ---- flows that wait ----

bool Turn::do_wait(const Wait& wait) {
  if (c_.parked.size() >= static_cast<std::size_t>(limits_.stack_depth)) {
    give_up(c_.parked.front());  // What it waits for has not come for so long.
  }
  const std::uint64_t root = c_.stack[group_begin(c_.stack.size() - 1)].id;
  if (wait.duration.count() > 0) {
    set_timer(fmt::format("{}{}", waiting, root), now_ + wait.duration.count());
  }
  emit(event::FlowParked{root, wait.event});
  return true;
}

void Turn::give_up(const Parked& parked) {
  const std::uint64_t root = parked.frames.front().id;
  const std::string flow = parked.frames.front().flow;
  cancel_timers(fmt::format("{}{}", waiting, root));
  emit(event::FlowEnded{root, flow, How::cancelled});
}

void Turn::wake(std::uint64_t root, const std::string& by, const json::value& data) {
  cancel_timers(fmt::format("{}{}", waiting, root));
  if (Frame* current = top(); current && !current->interrupted) {
    emit(event::FlowInterrupted{current->id});
  }
  completed_ = nullptr;
  emit(event::FlowWoken{root, by});
  const std::uint64_t id = top()->id;
  const Flow* flow = flow_of(*top());
  const Step* step = flow ? flow->find_step(top()->step) : nullptr;
  const auto* wait = step ? std::get_if<Wait>(&step->what) : nullptr;
  const auto begin =
      c_.stack.begin() + static_cast<std::ptrdiff_t>(group_begin(c_.stack.size() - 1));
  const bool asked = step && std::holds_alternative<Handover>(step->what);
  // Else the bot has changed meanwhile.
  if ((!wait && !asked) || !have_place(bot_, {begin, c_.stack.end()})) {
    return end_group(id, How::cancelled);
  }
  if (asked) return go_on(id, *flow, *step);
  if (by == "event") {
    take_results(wait->result, data, id);
  } else if (wait->on_timeout) {
    return enter(id, *flow, *wait->on_timeout);
  }
  go_on(id, *flow, *step);
}

void Turn::timer_woke(const std::string& kind, std::uint64_t root) {
  const bool waits = std::any_of(c_.parked.begin(), c_.parked.end(),
                                 [&](const Parked& one) { return one.frames.front().id == root; });
  if (!waits) return;
  if (is_busy()) return set_timer(kind, now_ + busy_wait);
  ensure_session();
  if (!check_version()) return;
  wake(root, "time", nullptr);
  run();
}

void Turn::take(const input::Happened& happened) {
  emit(event::Happened{happened.name, happened.data, happened.flow, happened.slots});
  if (happened.name == tracker_events) return take_tracker_events(happened.data);
  std::vector<std::uint64_t> roots;
  for (const Parked& one : c_.parked) {
    if (!happened.name.empty() && one.event == happened.name) {
      roots.push_back(one.frames.front().id);
    }
  }
  if (roots.empty() && happened.flow.empty()) return;
  ensure_session();
  if (!check_version()) return;
  // The one that has waited longest speaks first.
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    wake(*root, "event", happened.data);
  }
  if (!happened.flow.empty()) {
    const bool begun = begin(happened.flow, "event");
    for (const auto& member : happened.slots) {
      if (begun) set_slot({std::string(member.key()), member.value(), "script"});
    }
  }
  if (!is_busy()) run();
}

// A flow begins that nobody asked for; one that runs already comes to the top. False: it cannot.
bool Turn::begin(const std::string& id, const std::string& by) {
  const Flow* flow = bot_.find_flow(id);
  const bool runs = std::any_of(c_.stack.begin(), c_.stack.end(), [&](const Frame& one) {
    return one.flow == id && one.parent == 0;
  });
  if (flow && runs) {
    start_flow(id);
    return true;
  }
  if (!flow || c_.stack.size() >= static_cast<std::size_t>(limits_.stack_depth)) {
    emit(event::Failed{fmt::format("'{}' cannot begin", id)});
    return false;
  }
  if (Frame* current = top(); current && !current->interrupted) {
    emit(event::FlowInterrupted{current->id});
  }
  completed_ = nullptr;
  push(id, by, 0);
  return true;
}

// ---- flows that asked for a person ----

void Turn::take_back_flows() {
  std::vector<std::uint64_t> roots;
  for (const Parked& one : c_.parked) {
    if (one.event == person) roots.push_back(one.frames.front().id);
  }
  // The one that asked first speaks first.
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) wake(*root, "time", nullptr);
}

void Turn::end_handed_over() {
  for (;;) {
    const auto waiting = std::find_if(c_.parked.begin(), c_.parked.end(),
                                      [](const Parked& one) { return one.event == person; });
    if (waiting == c_.parked.end()) return;
    const std::uint64_t root = waiting->frames.front().id;
    emit(event::FlowWoken{root, "person"});
    end_group(root, How::completed);
  }
}

// ---- reminders ----

void Turn::start_reminder(Reminder reminder, Millis due) {
  const std::string kind = fmt::format("{}{}", reminding, reminder.name);
  cancel_timers(kind);
  set_timer(kind, due);
  emit(event::ReminderSet{c_.last_timer, std::move(reminder.name), std::move(reminder.flow),
                          reminder.unless_heard});
}

void Turn::do_remind(const Remind& remind) {
  if (remind.duration.count() == 0) {
    return cancel_timers(fmt::format("{}{}", reminding, remind.name));
  }
  cancel_timers(fmt::format("{}{}", reminding, remind.name));
  if (c_.reminders.size() >= limits_.reminders) return fail("too many reminders are set");
  start_reminder({remind.name, remind.flow, remind.unless_heard}, now_ + remind.duration.count());
}

void Turn::timer_reminds(const Reminder& reminder) {
  if (is_busy()) return start_reminder(reminder, now_ + busy_wait);
  ensure_session();
  if (!check_version()) return;
  begin(reminder.flow, "reminder");
  run();
}

// ---- silence ----

void Turn::await_answer() {
  if (bot_.silence.count() == 0 || c_.silences >= bot_.silence_times) return;
  cancel_timers("silence");
  set_timer("silence", now_ + std::chrono::milliseconds(bot_.silence).count());
}

void Turn::silence_timer_fired() {
  if (!open_collect() || !top()->waiting || is_busy() || c_.handover == State::requested) return;
  if (!check_version()) return;
  run_pattern("pattern_user_silence", {{"silence_count", c_.silences}});
  run();
}

// The customer begins anew: nothing comes back to what was.
void Turn::forget_what_waits() {
  while (!c_.parked.empty()) give_up(c_.parked.front());
  forget_reminders([](const Reminder&) { return true; });
}

void Turn::forget_reminders(bool (*is_meant)(const Reminder&)) {
  std::vector<std::string> names;
  for (const auto& [timer, reminder] : c_.reminders) {
    if (is_meant(reminder)) names.push_back(reminder.name);
  }
  for (const std::string& name : names) cancel_timers(fmt::format("{}{}", reminding, name));
}

}  // namespace dialog

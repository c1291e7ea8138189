// What differs between a turn as it was and as it is now.
#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "dialog/replay.h"

namespace dialog {

namespace {

// One thing a turn did; `alike` without values of its own.
struct Fact {
  std::string full, alike;
  friend bool operator==(const Fact& a, const Fact& b) { return a.full == b.full; }
};
using Facts = std::vector<Fact>;

// What a turn was about, in words, kind by kind.
using Told = std::map<DifferenceKind, Facts>;

constexpr DifferenceKind kinds[] = {DifferenceKind::failed,   DifferenceKind::intent,
                                    DifferenceKind::commands, DifferenceKind::slots,
                                    DifferenceKind::path,     DifferenceKind::reply};

std::string ending(event::FlowEnded::How how) {
  switch (how) {
    case event::FlowEnded::How::completed:
      return "completed";
    case event::FlowEnded::How::cancelled:
      return "cancelled";
    case event::FlowEnded::How::linked:
      return "left";
  }
  return "";
}

std::string_view state_name(event::HandoverChanged::State state) {
  static constexpr std::string_view names[] = {"none", "requested", "accepted", "released",
                                               "timed out"};
  return names[static_cast<std::size_t>(state)];
}

// "set_slot order_number": the command without its value.
std::string about(const Command& command) {
  std::string text(command_name(command));
  if (const auto* start = std::get_if<command::StartFlow>(&command)) text += " " + start->flow;
  if (const auto* set = std::get_if<command::SetSlot>(&command)) text += " " + set->slot;
  if (const auto* correct = std::get_if<command::CorrectSlot>(&command)) {
    text += " " + correct->slot;
  }
  return text;
}

class Teller {
 public:
  Told tell(std::span<const Event> events) {
    for (const Event& event : events) {
      std::visit([&](const auto& body) { take(body); }, event.body);
    }
    return std::move(told_);
  }

 private:
  template <class Other>
  void take(const Other&) {}

  void take(const event::Interpreted& understood) {
    for (const nlu::Segment& segment : understood.interpretation.segments) {
      const bool inside = !segment.intents.empty() && segment.intents.front().p > segment.p_outside;
      add(DifferenceKind::intent, inside ? segment.intents.front().name : "outside");
    }
  }
  void take(const event::Commanded& commanded) {
    add(DifferenceKind::commands, json::serialize(to_json(commanded.command)),
        about(commanded.command));
  }
  void take(const event::SlotSet& set) {
    add(DifferenceKind::slots, fmt::format("{}={}", set.slot, json::serialize(set.value)),
        set.slot + (set.value.is_null() ? " reset" : " set"));
  }
  void take(const event::FlowStarted& started) {
    flows_[started.frame] = started.flow;
    add(DifferenceKind::path, fmt::format("start {}", started.flow));
  }
  void take(const event::StepEntered& entered) {
    add(DifferenceKind::path, flow_of(entered.frame) + lasting_name(entered.step));
  }
  void take(const event::FlowInterrupted& it) {
    add(DifferenceKind::path, flow_of(it.frame) + "interrupted");
  }
  void take(const event::FlowResumed& it) {
    add(DifferenceKind::path, flow_of(it.frame) + "resumed");
  }
  void take(const event::FlowEnded& ended) {
    add(DifferenceKind::path, fmt::format("{} {}", ending(ended.how), ended.flow));
  }
  void take(const event::ActionStarted& started) {
    add(DifferenceKind::path, fmt::format("{} {}", started.method, started.path), started.method);
  }
  void take(const event::HandoverChanged& changed) {
    add(DifferenceKind::path,
        fmt::format("handover {} {}", state_name(changed.state), changed.queue));
  }
  void take(const event::Replied& reply) {
    const std::string name = lasting_name(reply.response);
    std::string text = name;
    std::map<std::string, std::string> sorted;
    for (const auto& one : reply.arguments)
      sorted[std::string(one.key())] = json::serialize(one.value());
    for (const auto& [name, value] : sorted) text += fmt::format(" {}={}", name, value);
    add(DifferenceKind::reply, std::move(text), name);
  }
  void take(const event::Failed& failed) { add(DifferenceKind::failed, failed.what); }

  void add(DifferenceKind kind, const std::string& fact) { add(kind, fact, fact); }
  void add(DifferenceKind kind, std::string fact, std::string alike) {
    told_[kind].push_back({std::move(fact), std::move(alike)});
  }
  // Of a frame that began in an earlier turn the flow is not known here, and the same for both.
  std::string flow_of(std::uint64_t frame) const {
    const auto found = flows_.find(frame);
    return found == flows_.end() ? "" : found->second + ".";
  }

  Told told_;
  std::map<std::uint64_t, std::string> flows_;
};

std::string joined(std::span<const Fact> facts, std::string Fact::*part) {
  std::string text;
  for (const Fact& fact : facts) text += (text.empty() ? "" : ", ") + fact.*part;
  return text.empty() ? "nothing" : text;
}

// What differs between two lists: without what they have in common before and after it.
Difference between(DifferenceKind kind, const Facts& was, const Facts& now) {
  const auto first = std::mismatch(was.begin(), was.end(), now.begin(), now.end());
  auto was_end = was.end();
  auto now_end = now.end();
  while (was_end != first.first && now_end != first.second && *(was_end - 1) == *(now_end - 1)) {
    --was_end;
    --now_end;
  }
  const std::span<const Fact> before(first.first, was_end);
  const std::span<const Fact> after(first.second, now_end);
  return {kind, joined(before, &Fact::full), joined(after, &Fact::full),
          joined(before, &Fact::alike) + " → " + joined(after, &Fact::alike)};
}

std::string without_time(Event event) {
  event.ts = 0;
  return encode(event);
}

std::optional<Difference> in_bytes(std::span<const Event> was, std::span<const Event> now) {
  for (std::size_t i = 0; i < std::max(was.size(), now.size()); ++i) {
    const std::string before = i < was.size() ? without_time(was[i]) : "nothing";
    const std::string after = i < now.size() ? without_time(now[i]) : "nothing";
    if (before == after) continue;
    const std::string_view kind = type_name((i < was.size() ? was : now)[i].body);
    return Difference{DifferenceKind::event, before, after, std::string(kind)};
  }
  return std::nullopt;
}

}  // namespace

bool is_same_version(std::span<const Event> kept, const Bot& bot,
                     const nlu::Interpreter* interpreter) {
  return std::all_of(kept.begin(), kept.end(), [&](const Event& event) {
    if (const auto* session = std::get_if<event::SessionStarted>(&event.body)) {
      return session->bot_version == bot.version;
    }
    if (std::holds_alternative<event::VersionChanged>(event.body)) return false;
    const auto* understood = std::get_if<event::Interpreted>(&event.body);
    return !understood || !interpreter ||
           understood->interpretation.model_version == interpreter->version();
  });
}

std::string lasting_name(const std::string& step_or_response) {
  const std::size_t slash = step_or_response.find('/');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t digits = step_or_response.find_first_not_of("0123456789", begin);
  const bool numbered =
      digits != std::string::npos && digits > begin && step_or_response[digits] == '_';
  return numbered ? step_or_response.substr(0, begin) + step_or_response.substr(digits + 1)
                  : step_or_response;
}

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::failed:
      return "failed";
    case DifferenceKind::intent:
      return "intent changed";
    case DifferenceKind::commands:
      return "commands changed";
    case DifferenceKind::slots:
      return "slots changed";
    case DifferenceKind::path:
      return "path changed";
    case DifferenceKind::reply:
      return "reply changed";
    case DifferenceKind::event:
      return "event changed";
  }
  return "";
}

std::vector<Difference> differences(const ReplayedTurn& turn, bool exactly) {
  std::vector<Difference> all;
  Told was = Teller().tell(turn.was);
  Told now = Teller().tell(turn.now);
  for (const DifferenceKind kind : kinds) {
    if (was[kind] != now[kind]) all.push_back(between(kind, was[kind], now[kind]));
  }
  if (exactly && all.empty()) {
    if (auto difference = in_bytes(turn.was, turn.now)) all.push_back(std::move(*difference));
  }
  return all;
}

}  // namespace dialog

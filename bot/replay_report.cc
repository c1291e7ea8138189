#include "bot/replay_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "nlu/base/printable.h"

namespace bot {
namespace {

using dialog::Difference;
using dialog::DifferenceKind;
using nlu::json::array;
using nlu::json::object;

std::string said_in(std::span<const dialog::Event> events) {
  if (events.empty()) return "";
  const auto* uttered = std::get_if<dialog::event::Uttered>(&events.front().body);
  return uttered == nullptr ? "" : uttered->text.empty() ? uttered->payload : uttered->text;
}

std::string count_of(std::size_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace

void ReplayReport::add(const std::string& conversation, std::span<const dialog::Event> kept,
                       const dialog::Bot& bot, const nlu::Interpreter* interpreter) {
  const auto replayed = dialog::replay(bot, kept, {interpreter, false});
  if (!replayed) {
    if (unreadable_++ == 0) {
      first_unreadable_ = fmt::format("{}: {}", conversation, replayed.error().message);
    }
    return;
  }
  ++conversations_;
  left_ += replayed->turns_left;
  const bool exactly = dialog::is_same_version(kept, bot, interpreter);
  for (const dialog::ReplayedTurn& turn : replayed->turns) {
    ++turns_;
    const std::vector<Difference> all = dialog::differences(turn, exactly);
    if (all.empty()) {
      ++same_;
    } else {
      count(conversation, turn, all);
    }
  }
}

void ReplayReport::count(const std::string& conversation, const dialog::ReplayedTurn& turn,
                         const std::vector<Difference>& all) {
  const Difference& first = all.front();
  DifferenceGroup& group = groups_[{first.kind, first.alike}];
  if (group.turns++ == 0) {
    group.kind = first.kind;
    group.alike = first.alike;
    group.conversation = conversation;
    group.turn = turn.turn;
    group.said = said_in(turn.was);
    group.was = first.was;
    group.now = first.now;
    for (std::size_t i = 1; i < all.size(); ++i) group.also.push_back(all[i].kind);
  }
  std::string& last = last_of_[&group];
  if (group.conversations == 0 || last != conversation) ++group.conversations;
  last = conversation;
}

std::vector<DifferenceGroup> ReplayReport::groups() const {
  std::vector<DifferenceGroup> all;
  for (const auto& [key, group] : groups_) all.push_back(group);
  std::stable_sort(all.begin(), all.end(), [](const DifferenceGroup& a, const DifferenceGroup& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.turns > b.turns;
  });
  return all;
}

object ReplayReport::to_json() const {
  array list;
  for (const DifferenceGroup& one : groups()) {
    array also;
    for (const DifferenceKind kind : one.also) also.emplace_back(dialog::to_string(kind));
    list.push_back({{"kind", dialog::to_string(one.kind)},
                    {"difference", one.alike},
                    {"turns", one.turns},
                    {"conversations", one.conversations},
                    {"example",
                     {{"conversation", one.conversation},
                      {"turn", one.turn},
                      {"said", one.said},
                      {"was", one.was},
                      {"now", one.now},
                      {"also", std::move(also)}}}});
  }
  return {{"conversations", conversations_},
          {"turns", turns_},
          {"same", same_},
          {"not_compared", left_},
          {"unreadable", unreadable_},
          {"differences", std::move(list)}};
}

std::string ReplayReport::to_text() const {
  std::string out;
  for (const DifferenceGroup& one : groups()) {
    out += fmt::format("{}, {} in {}\n  was: {}\n  now: {}\n  for example {}, turn {}{}\n",
                       dialog::to_string(one.kind), count_of(one.turns, "turn"),
                       count_of(one.conversations, "conversation"), nlu::printable(one.was),
                       nlu::printable(one.now), one.conversation, one.turn,
                       one.said.empty() ? "" : fmt::format(": \"{}\"", nlu::printable(one.said)));
    if (!one.also.empty()) {
      std::string also;
      for (const DifferenceKind kind : one.also) {
        also += fmt::format("{}{}", also.empty() ? "" : ", ", dialog::to_string(kind));
      }
      out += fmt::format("  and so: {}\n", also);
    }
  }
  out += fmt::format("{}, {}: {} the same, {} otherwise", count_of(conversations_, "conversation"),
                     count_of(turns_, "turn"), same_, turns_ - same_);
  if (left_ > 0) {
    out += fmt::format("; {} not compared, as one before ended otherwise", count_of(left_, "turn"));
  }
  out += "\n";
  if (unreadable_ > 0) {
    out += fmt::format("{} cannot be done again, the first {}\n",
                       count_of(unreadable_, "conversation"), first_unreadable_);
  }
  return out;
}

}  // namespace bot

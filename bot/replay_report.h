// What kept conversations would do otherwise with other flows or another model, put together.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "dialog/replay.h"
#include "nlu/base/json.h"

namespace bot {

// Turns that differ alike.
struct DifferenceGroup {
  dialog::DifferenceKind kind = dialog::DifferenceKind::event;
  std::string alike;  // dialog::Difference::alike
  std::size_t turns = 0;
  std::size_t conversations = 0;
  // The first of them.
  std::string conversation, said, was, now;
  std::uint64_t turn = 0;
  std::vector<dialog::DifferenceKind> also;  // What else differs in that turn
};

// Not thread-safe.
class ReplayReport {
 public:
  // Does one conversation again and adds what came of it. One that cannot be done again is counted
  // as unreadable.
  void add(const std::string& conversation, std::span<const dialog::Event> kept,
           const dialog::Bot& bot, const nlu::Interpreter* interpreter);

  bool has_differences() const { return !groups_.empty(); }
  std::vector<DifferenceGroup> groups() const;  // By kind, in its order, then the most frequent.
  nlu::json::object to_json() const;            // docs/replaying.md has the shape.
  std::string to_text() const;

 private:
  void count(const std::string& conversation, const dialog::ReplayedTurn& turn,
             const std::vector<dialog::Difference>& all);

  std::size_t conversations_ = 0, turns_ = 0, same_ = 0, left_ = 0, unreadable_ = 0;
  std::string first_unreadable_;
  std::map<std::tuple<dialog::DifferenceKind, std::string>, DifferenceGroup> groups_;
  std::map<const DifferenceGroup*, std::string> last_of_;  // The conversation counted last
};

}  // namespace bot

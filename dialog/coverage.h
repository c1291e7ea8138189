// How much of a bot its conversation tests come by: steps, branches, patterns and responses.
//
// Counted from events, so a kept conversation counts as well as a rehearsed one. A branch is taken
// when its condition holds, as the engine evaluated it, and the step entered next is where it
// leads; an `on_error` entry when the call ended so; a rejection when its wording was said; an arm
// of a split when a customer went there. Where there is only one way on there is nothing to count.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dialog/bot.h"
#include "dialog/conversation.h"
#include "dialog/graph.h"

namespace dialog {

class Coverage {
 public:
  struct Item {
    enum class Kind { step, branch, pattern, response } kind = Kind::step;
    std::string flow;  // Of a step or branch; the pattern itself
    std::string step;  // Of a step or branch
    std::string what;  // "if slots.ok", "else", "on_error 404", "rejected if …"; a response's name
    Mark mark;
    std::uint64_t hits = 0;
  };

  // What the bot's own files have; the default patterns and their wording do not count. Borrows
  // nothing: bots with the same flows may be counted together.
  explicit Coverage(const Bot& bot);

  // One conversation's events after the other, each with the conversation as it was before it. Not
  // thread-safe; threads count for themselves and are added up.
  void saw(const Bot& bot, const Conversation& before, const Event& event);
  // `other` is of the same bot.
  void add(const Coverage& other);

  // Of steps and of the branches of `next`, as drawings take them (dialog/graph.h).
  BotCounts counts() const;

  // By flow as in the bot, then responses by name.
  const std::vector<Item>& items() const { return items_; }

  struct Share {
    std::size_t covered = 0, all = 0;
    double percent() const;  // 100 of nothing.
  };
  Share share() const;  // Of all kinds together
  Share share(Item::Kind kind) const;
  Share share(Item::Kind kind, const std::string& flow) const;

 private:
  // Where a step's own items are; npos: it has none.
  struct StepItems {
    std::size_t step = npos;
    std::vector<std::size_t> branches, on_error, rejections, arms;
  };
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  std::size_t add_item(Item item);
  void add_flow(const Flow& flow);
  const StepItems* items_of(const Flow& flow, const Step& step) const;
  void hit(std::size_t item) {
    if (item != npos) ++items_[item].hits;
  }
  void count(const Bot& bot, const Conversation& before, const Event& event);
  // The branch that a frame takes from where it stands; npos: there is only one way on.
  std::size_t way_on(const Bot& bot, const Conversation& before, const Frame& frame) const;
  void left(const Bot& bot, const Frame& frame, std::size_t branch, const std::string& reached);
  void finished(const Bot& bot, const Conversation& before, const event::ActionFinished& action);
  void replied(const Bot& bot, const Conversation& before, const event::Replied& reply);

  std::vector<Item> items_;
  // A flow that ends gives its slots back first: the way it had taken, while they go.
  std::uint64_t ending_ = 0;
  std::size_t ending_way_ = npos;
  std::map<std::string, std::map<std::string, StepItems>, std::less<>> steps_;  // By flow and id
  std::map<std::string, std::size_t, std::less<>> patterns_, responses_;
};

}  // namespace dialog

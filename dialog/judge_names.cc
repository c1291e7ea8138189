// Names in expectations that the bot does not have: what is said not to happen by a name that
// nothing has would always hold.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"
#include "dialog/judge.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

struct UnknownNames {
  const Bot& bot;
  const nlu::Mark& mark;
  std::vector<Complaint>& complaints;

  void unknown(const char* kind, const std::string& name,
               const std::vector<std::string>& known) const {
    complaints.push_back(
        {mark, kind, name,
         fmt::format("no {} is called so{}", kind, nlu::did_you_mean(name, known))});
  }
  void slot(const std::string& name) const {
    if (!bot.find_slot(name)) unknown("slot", name, keys_of(bot.slots));
  }
  void operator()(const expect::NoReply& expected) const {
    const std::string& name = expected.reply.response;
    const bool is_action = bot.actions.count(name) != 0 ||
                           std::any_of(bot.actions.begin(), bot.actions.end(),
                                       [&](const auto& one) { return response_name(one) == name; });
    const bool is_known = bot.find_response(name) || default_names().count(name) != 0 || is_action;
    if (name.empty() || is_known) return;
    unknown("response", name, keys_of(bot.responses));
  }
  void operator()(const expect::FlowChanged& expected) const {
    for (const std::string& flow : expected.flows) {
      if (!bot.find_flow(flow)) unknown("flow", flow, keys_of(bot.flows));
    }
  }
  void operator()(const expect::SlotHolds& expected) const { slot(expected.slot); }
  void operator()(const expect::SlotSet& expected) const { slot(expected.slot); }
  template <class Other>
  void operator()(const Other&) const {}
};

}  // namespace

std::vector<Complaint> unknown_names(const Bot& bot, const Line& line) {
  std::vector<Complaint> complaints;
  for (const Expectation& one : line.expected) {
    std::visit(UnknownNames{bot, one.mark, complaints}, one.what);
  }
  return complaints;
}

}  // namespace dialog

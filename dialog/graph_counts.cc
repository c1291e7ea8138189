// How often customers and tests came by the steps of flows.
#include <optional>

#include <fmt/format.h>

#include "dialog/graph.h"

namespace dialog {

namespace {

// Follows one conversation.
class Traffic {
 public:
  Traffic(const Bot& bot, BotCounts& counts) : bot_(bot), counts_(counts) {}

  void take(const EventBody& body) {
    std::visit([this](const auto& one) { on(one); }, body);
  }

 private:
  struct At {
    std::string flow, step;
  };

  template <class Other>
  void on(const Other&) {}

  void on(const event::FlowStarted& started) {
    at_[started.frame] = {started.flow, ""};
    if (bot_.find_flow(started.flow)) ++counts_[started.flow].started;
  }
  void on(const event::StepEntered& entered) {
    At& at = at_[entered.frame];
    const Flow* flow = bot_.find_flow(at.flow);
    if (flow && flow->find_step(entered.step)) {
      ++counts_[at.flow].steps[entered.step];
      move(at, entered.step);
    }
    at.step = entered.step;
  }
  void on(const event::FlowEnded& ended) {
    const auto at = at_.find(ended.frame);
    if (at == at_.end()) return;
    if (ended.how == event::FlowEnded::How::completed) move(at->second, "");
    at_.erase(at);
  }
  void on(const event::Asked& asked) {
    const auto at = at_.find(asked.frame);
    if (at != at_.end()) waits_ = at->second;
  }
  void on(const event::Uttered&) { waits_.reset(); }
  void on(const event::SessionEnded& ended) {
    if (ended.reason == "idle" && waits_ && bot_.find_flow(waits_->flow)) {
      ++counts_[waits_->flow].left[waits_->step];
    }
    waits_.reset();
  }

  // A branch of the step it comes from leads to `step`; to the end when that is empty.
  void move(const At& from, const std::string& step) {
    const Flow* flow = bot_.find_flow(from.flow);
    const Step* before = flow ? flow->find_step(from.step) : nullptr;
    if (before == nullptr) return;
    for (std::size_t i = 0; i < before->next.size(); ++i) {
      const Target& target = before->next[i].target;
      const bool inside = target.step && *target.step < flow->steps.size();
      if ((inside ? flow->steps[*target.step].id : "") != step) continue;
      std::vector<std::uint64_t>& branches = counts_[from.flow].branches[from.step];
      branches.resize(before->next.size());
      ++branches[i];
      return;
    }
  }

  const Bot& bot_;
  BotCounts& counts_;
  std::map<std::uint64_t, At> at_;  // Frame → where it stands
  std::optional<At> waits_;         // For an answer to the question there
};

std::optional<std::uint64_t> count_in(const nlu::json::value& value) {
  if (const auto* number = value.if_int64(); number && *number >= 0) {
    return static_cast<std::uint64_t>(*number);
  }
  if (const auto* number = value.if_uint64()) return *number;
  return std::nullopt;
}

nlu::Error wrong(std::string_view flow, std::string_view what) {
  return nlu::invalid(
      fmt::format("flows.{}.{}: expected counts, such as {{\"3_collect\": 12}}", flow, what));
}

nlu::Result<FlowCounts> counts_of_flow(std::string_view name, const nlu::json::object& flow) {
  FlowCounts counts;
  if (const auto* steps = nlu::get_object(flow, "steps")) {
    for (const auto& one : *steps) {
      const auto count = count_in(one.value());
      if (!count) return wrong(name, "steps");
      counts.steps[std::string(one.key())] = *count;
    }
  }
  if (const auto* branches = nlu::get_object(flow, "branches")) {
    for (const auto& one : *branches) {
      const auto* list = one.value().if_array();
      if (list == nullptr) return wrong(name, "branches");
      for (const nlu::json::value& item : *list) {
        const auto count = count_in(item);
        if (!count) return wrong(name, "branches");
        counts.branches[std::string(one.key())].push_back(*count);
      }
    }
  }
  return counts;
}

}  // namespace

void count_traffic(const Bot& bot, std::span<const Event> events, BotCounts& counts) {
  Traffic traffic(bot, counts);
  for (const Event& event : events) traffic.take(event.body);
}

nlu::json::object to_json(const BotCounts& counts) {
  nlu::json::object flows;
  for (const auto& [name, flow] : counts) {
    nlu::json::object steps, branches;
    for (const auto& [step, count] : flow.steps) steps.emplace(step, count);
    for (const auto& [step, taken] : flow.branches) {
      branches.emplace(step, nlu::json::array(taken.begin(), taken.end()));
    }
    flows.emplace(
        name, nlu::json::object{{"steps", std::move(steps)}, {"branches", std::move(branches)}});
  }
  return {{"flows", std::move(flows)}};
}

nlu::Result<BotCounts> counts_from_json(const nlu::json::value& json) {
  const auto* flows = json.is_object() ? nlu::get_object(json.get_object(), "flows") : nullptr;
  if (flows == nullptr) {
    return nlu::invalid(
        "this is no coverage: expected {\"flows\": …}, as usher test "
        "--coverage-json writes it");
  }
  BotCounts counts;
  for (const auto& one : *flows) {
    const auto* flow = one.value().if_object();
    if (flow == nullptr) return wrong(one.key(), "steps");
    auto read = counts_of_flow(one.key(), *flow);
    if (!read) return read.error();
    counts[std::string(one.key())] = std::move(*read);
  }
  return counts;
}

}  // namespace dialog

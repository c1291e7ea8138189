#include "dialog/migration.h"

#include <string>

namespace dialog {

namespace {

namespace json = nlu::json;

constexpr int renamings = 32;  // Of one name, over all versions

// Where `name` leads, over all renamings, to one that exists; nullopt: nowhere.
template <class Exists>
std::optional<std::string> follow(const std::map<std::string, std::string>& names, std::string name,
                                  const Exists& exists) {
  for (int i = 0; i < renamings; ++i) {
    const auto next = names.find(name);
    if (next == names.end()) return std::nullopt;
    name = next->second;
    if (exists(name)) return name;
  }
  return std::nullopt;
}

// The only step of `flow` that `is_it`; nullptr: none, or several.
template <class IsIt>
const Step* only_step(const Flow& flow, const IsIt& is_it) {
  const Step* found = nullptr;
  for (const Step& step : flow.steps) {
    if (!is_it(step)) continue;
    if (found != nullptr) return nullptr;
    found = &step;
  }
  return found;
}

bool asks(const Step& step, const std::string& slot) {
  const auto* collect = std::get_if<Collect>(&step.what);
  return collect != nullptr && collect->slot == slot;
}

bool calls(const Step& step, const std::string& flow) {
  const auto* call = std::get_if<Call>(&step.what);
  return call != nullptr && call->flow == flow;
}

// Whether the step is what the frame stands at: by what it has asked, or called, when it has.
bool is_place(const Step& step, const Frame& frame, const Frame* called) {
  if (called != nullptr)
    return !std::holds_alternative<Collect>(step.what) &&
           (!std::holds_alternative<Call>(step.what) || calls(step, called->flow));
  const auto* collect = std::get_if<Collect>(&step.what);
  return frame.asked.empty() || (collect != nullptr && collect->slot == frame.asked);
}

class Migration {
 public:
  Migration(const Bot& bot, const Conversation& conversation) : bot_(bot), c_(conversation) {}

  event::VersionChanged make() {
    for (const auto& slot : c_.slots) rename_slot(slot.first);
    look_at(c_.stack);
    for (const Parked& parked : c_.parked) look_at(parked.frames);
    for (const auto& reminder : c_.reminders) rename_flow(reminder.second.flow);
    return {c_.bot_version, bot_.version, flows_, slots_, steps_};
  }

 private:
  std::string rename_slot(const std::string& slot) {
    if (slot.empty() || bot_.find_slot(slot)) return slot;
    const auto now = follow(bot_.migrations.slots, slot,
                            [&](const std::string& name) { return bot_.find_slot(name); });
    if (now) slots_[slot] = *now;
    return now.value_or(slot);
  }

  std::string rename_flow(const std::string& flow) {
    if (bot_.find_flow(flow)) return flow;
    const auto now = follow(bot_.migrations.flows, flow,
                            [&](const std::string& name) { return bot_.find_flow(name); });
    if (now) flows_[flow] = *now;
    return now.value_or(flow);
  }

  void look_at(const std::vector<Frame>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const bool has_called = i + 1 < frames.size() && frames[i + 1].parent == frames[i].id;
      look_at(frames[i], has_called ? &frames[i + 1] : nullptr);
    }
  }

  void look_at(const Frame& frame, const Frame* called) {
    for (const std::string& slot : frame.collected) rename_slot(slot);
    const Flow* flow = bot_.find_flow(rename_flow(frame.flow));
    if (flow == nullptr || frame.step.empty()) return;
    json::object steps;
    const auto rename = [&](const std::string& step) {
      if (flow->find_step(step)) return;
      const auto rules = bot_.migrations.steps.find(flow->id);
      if (rules == bot_.migrations.steps.end()) return;
      const auto now = follow(rules->second, step,
                              [&](const std::string& name) { return flow->find_step(name); });
      if (now) steps[step] = *now;
    };
    for (const std::string& step : frame.way) rename(step);
    for (const auto& loop : frame.loops) rename(loop.first);
    rename(frame.step);
    find_place(*flow, frame, called, steps);
    if (!steps.empty()) steps_[std::to_string(frame.id)] = std::move(steps);
  }

  // Steps without an id of their own are counted, so one put before them changes their names.
  void find_place(const Flow& flow, const Frame& frame, const Frame* called, json::object& steps) {
    const std::string name(nlu::get_string(steps, frame.step).value_or(frame.step));
    Frame now = frame;
    now.asked = rename_slot(frame.asked);
    Frame called_now;
    if (called != nullptr) called_now.flow = rename_flow(called->flow);
    const Step* step = flow.find_step(name);
    if (step != nullptr && is_place(*step, now, called ? &called_now : nullptr)) return;
    const Step* found = nullptr;
    if (called != nullptr) {
      found = only_step(flow, [&](const Step& one) { return calls(one, called_now.flow); });
    } else if (!now.asked.empty()) {
      found = only_step(flow, [&](const Step& one) { return asks(one, now.asked); });
    }
    if (found != nullptr) steps[frame.step] = found->id;
  }

  const Bot& bot_;
  const Conversation& c_;
  json::object flows_, slots_, steps_;
};

}  // namespace

std::optional<event::VersionChanged> migrate(const Bot& bot, const Conversation& conversation) {
  if (conversation.bot_version.empty() || conversation.bot_version == bot.version) {
    return std::nullopt;
  }
  return Migration(bot, conversation).make();
}

bool has_place(const Bot& bot, const Frame& frame, const Frame* called) {
  const Flow* flow = bot.find_flow(frame.flow);
  if (flow == nullptr) return false;
  if (frame.step.empty()) return true;
  const Step* step = flow->find_step(frame.step);
  return step != nullptr && is_place(*step, frame, called);
}

bool have_place(const Bot& bot, const std::vector<Frame>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const bool has_called = i + 1 < frames.size() && frames[i + 1].parent == frames[i].id;
    if (!has_place(bot, frames[i], has_called ? &frames[i + 1] : nullptr)) return false;
  }
  return true;
}

}  // namespace dialog

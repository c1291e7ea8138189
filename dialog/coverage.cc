#include "dialog/coverage.h"

#include <algorithm>

#include <fmt/format.h>

#include "dialog/patterns.h"
#include "dialog/respond.h"

namespace dialog {

namespace {

using Kind = Coverage::Item::Kind;

const Frame* frame_of(const Conversation& conversation, std::uint64_t id) {
  const auto found = std::find_if(conversation.stack.begin(), conversation.stack.end(),
                                  [&](const Frame& one) { return one.id == id; });
  return found == conversation.stack.end() ? nullptr : &*found;
}

const Step* step_of(const Bot& bot, const Frame& frame) {
  const Flow* flow = bot.find_flow(frame.flow);
  return flow ? flow->find_step(frame.step) : nullptr;
}

// Where a branch leads: a step's id, "" for the end.
std::string_view end_of(const Flow& flow, const Target& target) {
  return target.step && *target.step < flow.steps.size() ? flow.steps[*target.step].id
                                                         : std::string_view();
}

// How well an entry of on_error fits, as the engine chooses; 0: not at all.
int fitness(const std::string& on, const event::ActionFinished& action) {
  if (action.outcome == "answered") {
    const std::string status = std::to_string(action.status);
    if (on == status) return 3;
    if (on.size() == 3 && on.substr(1) == "xx" && on[0] == status[0]) return 2;
    if (on == "rejected" && action.status == 400) return 3;
  } else if (on == action.outcome) {
    return 3;
  }
  return on == "else" ? 1 : 0;
}

// Where a step's call leads when it fails; nullptr: it makes none.
const std::vector<OnError>* errors_of(const Step& step) {
  if (const auto* http = std::get_if<Http>(&step.what)) return &http->on_error;
  const auto* action = std::get_if<Action>(&step.what);
  return action ? &action->on_error : nullptr;
}

}  // namespace

double Coverage::Share::percent() const {
  return all == 0 ? 100 : 100.0 * static_cast<double>(covered) / static_cast<double>(all);
}

// ---- what there is ----

std::size_t Coverage::add_item(Item item) {
  items_.push_back(std::move(item));
  return items_.size() - 1;
}

void Coverage::add_flow(const Flow& flow) {
  if (is_default(flow.mark)) return;
  if (flow.is_pattern) patterns_[flow.id] = add_item({Kind::pattern, flow.id, "", "", flow.mark});
  for (const Step& step : flow.steps) {
    StepItems& own = steps_[flow.id][step.id];
    own.step = add_item({Kind::step, flow.id, step.id, "", step.mark});
    const auto branch = [&](std::string what, const Mark& mark) {
      return add_item({Kind::branch, flow.id, step.id, std::move(what), mark});
    };
    if (step.next.size() > 1) {
      for (const Branch& one : step.next)
        own.branches.push_back(
            branch(one.condition ? "if " + one.condition->text() : "else", one.mark));
    }
    if (const auto* errors = errors_of(step)) {
      for (const OnError& one : *errors)
        own.on_error.push_back(branch("on_error " + one.on, step.mark));
    }
    if (const auto* split = std::get_if<Split>(&step.what)) {
      for (const Split::Arm& one : split->arms)
        own.arms.push_back(branch("split " + one.name, step.mark));
    }
    if (const auto* collect = std::get_if<Collect>(&step.what)) {
      for (const Rejection& one : collect->rejections)
        own.rejections.push_back(branch("rejected if " + one.condition.text(), one.mark));
    }
  }
}

Coverage::Coverage(const Bot& bot) {
  for (const auto& [id, flow] : bot.flows) add_flow(flow);
  for (const auto& [name, response] : bot.responses) {
    if (!is_default(response.mark))
      responses_[name] = add_item({Kind::response, "", "", name, response.mark});
  }
}

const Coverage::StepItems* Coverage::items_of(const Flow& flow, const Step& step) const {
  const auto steps = steps_.find(flow.id);
  if (steps == steps_.end()) return nullptr;
  const auto found = steps->second.find(step.id);
  return found == steps->second.end() ? nullptr : &found->second;
}

// ---- what happened ----

// As the engine has just evaluated it, on the very state that `before` is.
std::size_t Coverage::way_on(const Bot& bot, const Conversation& before, const Frame& frame) const {
  const Flow* flow = bot.find_flow(frame.flow);
  const Step* step = step_of(bot, frame);
  const StepItems* own = flow && step ? items_of(*flow, *step) : nullptr;
  if (!own || own->branches.size() != step->next.size()) return npos;
  const ConversationNames names(bot, before, &frame);
  for (std::size_t i = 0; i < step->next.size(); ++i) {
    const auto& condition = step->next[i].condition;
    if (!condition || condition->evaluate(names)) return i;
  }
  return npos;
}

// A frame goes on from its step to `reached`. When its branch leads elsewhere, something else moved
// it: a correction, an error.
void Coverage::left(const Bot& bot, const Frame& frame, std::size_t branch,
                    const std::string& reached) {
  const Flow* flow = bot.find_flow(frame.flow);
  const Step* step = step_of(bot, frame);
  const StepItems* own = flow && step ? items_of(*flow, *step) : nullptr;
  if (!own) return;
  if (const auto* split = std::get_if<Split>(&step->what)) {
    for (std::size_t i = 0; i < split->arms.size() && i < own->arms.size(); ++i) {
      if (end_of(*flow, split->arms[i].target) == reached) return hit(own->arms[i]);
    }
  }
  if (branch >= own->branches.size()) return;
  if (end_of(*flow, step->next[branch].target) == reached) hit(own->branches[branch]);
}

void Coverage::finished(const Bot& bot, const Conversation& before,
                        const event::ActionFinished& action) {
  if (action.outcome == "answered" && action.status >= 200 && action.status < 300) return;
  for (const PendingEffect& pending : before.pending) {
    const Frame* frame =
        pending.effect == action.effect ? frame_of(before, pending.frame) : nullptr;
    if (!frame || frame->step != pending.step) continue;  // It is of data that has changed.
    const Flow* flow = bot.find_flow(frame->flow);
    const Step* step = step_of(bot, *frame);
    const auto* errors = step ? errors_of(*step) : nullptr;
    const StepItems* own = errors ? items_of(*flow, *step) : nullptr;
    if (!own) continue;
    std::size_t best = npos;
    int best_fit = 0;
    for (std::size_t i = 0; i < errors->size() && i < own->on_error.size(); ++i) {
      const int fit = fitness((*errors)[i].on, action);
      if (fit > best_fit) best = own->on_error[i], best_fit = fit;
    }
    hit(best);
  }
}

void Coverage::replied(const Bot& bot, const Conversation& before, const event::Replied& reply) {
  if (const auto found = responses_.find(reply.response); found != responses_.end())
    hit(found->second);
  if (before.stack.empty()) return;
  const Frame& top = before.stack.back();
  const Step* step = step_of(bot, top);
  const auto* collect = step ? std::get_if<Collect>(&step->what) : nullptr;
  const StepItems* own = collect ? items_of(*bot.find_flow(top.flow), *step) : nullptr;
  if (!own) return;
  const ConversationNames names(bot, before, &top);
  for (std::size_t i = 0; i < collect->rejections.size() && i < own->rejections.size(); ++i) {
    const Rejection& one = collect->rejections[i];
    if (!before.slots.count(collect->slot) || !one.condition.evaluate(names)) continue;
    if (one.utter == reply.response) hit(own->rejections[i]);
    return;
  }
}

void Coverage::saw(const Bot& bot, const Conversation& before, const Event& event) {
  const auto* set = std::get_if<event::SlotSet>(&event.body);
  if (set && set->by == "reset") {
    const Frame* frame = ending_ == set->frame ? nullptr : frame_of(before, set->frame);
    if (!frame) return;
    ending_ = frame->id;
    ending_way_ = way_on(bot, before, *frame);
    return;
  }
  count(bot, before, event);
  ending_ = 0;
}

void Coverage::count(const Bot& bot, const Conversation& before, const Event& event) {
  if (const auto* started = std::get_if<event::FlowStarted>(&event.body)) {
    const auto found = patterns_.find(started->flow);
    if (found != patterns_.end()) hit(found->second);
  } else if (const auto* entered = std::get_if<event::StepEntered>(&event.body)) {
    const Frame* frame = frame_of(before, entered->frame);
    if (!frame) return;
    left(bot, *frame, way_on(bot, before, *frame), entered->step);
    const Flow* flow = bot.find_flow(frame->flow);
    const Step* step = flow ? flow->find_step(entered->step) : nullptr;
    if (const StepItems* own = step ? items_of(*flow, *step) : nullptr) hit(own->step);
  } else if (const auto* ended = std::get_if<event::FlowEnded>(&event.body)) {
    const Frame* frame = frame_of(before, ended->frame);
    if (!frame || ended->how != event::FlowEnded::How::completed) return;
    left(bot, *frame, ending_ == frame->id ? ending_way_ : way_on(bot, before, *frame), "");
  } else if (const auto* action = std::get_if<event::ActionFinished>(&event.body)) {
    finished(bot, before, *action);
  } else if (const auto* reply = std::get_if<event::Replied>(&event.body)) {
    replied(bot, before, *reply);
  }
}

void Coverage::add(const Coverage& other) {
  for (std::size_t i = 0; i < items_.size() && i < other.items_.size(); ++i)
    items_[i].hits += other.items_[i].hits;
}

// ---- sums ----

BotCounts Coverage::counts() const {
  BotCounts all;
  for (const auto& [flow, steps] : steps_) {
    FlowCounts& counts = all[flow];
    for (const auto& [step, own] : steps) {
      if (own.step != npos) counts.steps[step] = items_[own.step].hits;
      for (const std::size_t branch : own.branches) {
        counts.branches[step].push_back(items_[branch].hits);
      }
    }
  }
  return all;
}

Coverage::Share Coverage::share() const {
  Share all;
  for (const Item& one : items_) {
    ++all.all;
    all.covered += one.hits > 0 ? 1 : 0;
  }
  return all;
}

Coverage::Share Coverage::share(Item::Kind kind) const {
  Share all;
  for (const Item& one : items_) {
    if (one.kind != kind) continue;
    ++all.all;
    all.covered += one.hits > 0 ? 1 : 0;
  }
  return all;
}

Coverage::Share Coverage::share(Item::Kind kind, const std::string& flow) const {
  Share all;
  for (const Item& one : items_) {
    if (one.kind != kind || one.flow != flow) continue;
    ++all.all;
    all.covered += one.hits > 0 ? 1 : 0;
  }
  return all;
}

}  // namespace dialog

#include "dialog/reading.h"

#include "dialog/respond.h"

namespace dialog {

namespace {

constexpr int call_depth = 8;

}  // namespace

// ---- where the conversation stands ----

Question Reading::question() const {
  if (c_.stack.empty()) return {};
  const Frame& top = c_.stack.back();
  if (top.interrupted) return {};  // It sleeps: which flow goes on was asked last.
  const Flow* flow = bot_.find_flow(top.flow);
  const Step* step = flow ? flow->find_step(top.step) : nullptr;
  const auto* collect = step ? std::get_if<Collect>(&step->what) : nullptr;
  if (!collect) return {};
  return {collect, bot_.find_slot(collect->slot), answer_type(bot_, *collect)};
}

void Reading::add_slots_of(const Flow& flow, int depth) {
  for (const Step& step : flow.steps) {
    const auto* collect = std::get_if<Collect>(&step.what);
    if (collect && !contains(relevant_, collect->slot)) relevant_.push_back(collect->slot);
    const auto* call = std::get_if<Call>(&step.what);
    const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
    if (called) add_slots_of(*called, depth + 1);
  }
}

// Only of the acting flow and its callers: an entity must not leak into a flow that sleeps.
void Reading::find_relevant_slots() {
  std::size_t begin = c_.stack.size();
  while (begin > 0) {
    --begin;
    if (c_.stack[begin].parent == 0 && !c_.stack[begin].flow.starts_with("pattern_")) break;
  }
  for (; begin < c_.stack.size(); ++begin) {
    if (const Flow* flow = bot_.find_flow(c_.stack[begin].flow)) add_slots_of(*flow, 0);
  }
}

// ---- intents ----

const std::string& Reading::best() const {
  static const std::string none;
  return segment_ && !segment_->intents.empty() ? segment_->intents.front().name : none;
}

double Reading::p_of_best() const {
  return segment_ && !segment_->intents.empty() ? segment_->intents.front().p : 0;
}

bool Reading::is_outside() const {
  return best().empty() || best() == bot_.understanding.out_of_scope ||
         p_outside() > bot_.understanding.outside_threshold;
}

double Reading::threshold_of(const Flow& flow, const std::string& intent) const {
  for (const Trigger& trigger : flow.triggers) {
    if (trigger.intent == intent && trigger.threshold > 0) return trigger.threshold;
  }
  return bot_.understanding.intent_threshold;
}

bool Reading::may_start(const Flow& flow) const {
  const ConversationNames names(bot_, c_, nullptr, now_);
  return !flow.is_pattern && (!flow.guard || flow.guard->evaluate(names));
}

// The flow that an intent starts: by its trigger, else the flow of its name.
const Flow* Reading::flow_for(const std::string& intent) const {
  if (intent.empty()) return nullptr;
  for (const auto& [id, flow] : bot_.flows) {
    const bool triggers = std::any_of(flow.triggers.begin(), flow.triggers.end(),
                                      [&](const Trigger& t) { return t.intent == intent; });
    if (triggers && may_start(flow)) return &flow;
  }
  const Flow* named = bot_.find_flow(intent);
  return named && named->triggers.empty() && may_start(*named) ? named : nullptr;
}

// Intents with a meaning of their own, whatever flow is running. One that starts a flow of the
// bot's is that flow's.
std::optional<Command> Reading::steering(const std::string& intent) const {
  const Understanding& u = bot_.understanding;
  if (intent.empty() || flow_for(intent)) return std::nullopt;
  if (intent == u.handover) return command::HumanHandover{};
  if (intent == u.cancel) return command::CancelFlow{};
  if (intent == u.repeat) return command::Repeat{};
  if (intent == u.restart) return command::Restart{};
  if (intent == u.skip) return command::SkipQuestion{};
  if (intent == u.chitchat) return command::ChitChat{};
  return std::nullopt;
}

// Flows that the utterance may mean, likeliest first: the best intent's, and those nearly as
// likely.
std::vector<std::string> Reading::candidates() const {
  std::vector<std::string> flows;
  if (!segment_) return flows;
  const double unsure_below = p_of_best() - bot_.understanding.ambiguity_margin;
  const bool between = segment_->p_between > 0.5;
  for (std::size_t i = 0; i < segment_->intents.size() && flows.size() < 4; ++i) {
    const nlu::ScoredIntent& intent = segment_->intents[i];
    if (i > 0 && intent.p < unsure_below && !(between && i == 1)) break;
    const Flow* flow = flow_for(intent.name);
    if (!flow) {
      if (i == 0) break;
      continue;
    }
    if (!contains(flows, flow->id)) flows.push_back(flow->id);
  }
  return flows;
}

bool Reading::is_of_current_group(const Flow& flow) const {
  for (std::size_t i = c_.stack.size(); i-- > 0;) {
    if (c_.stack[i].flow == flow.id) return true;
    if (c_.stack[i].parent == 0) break;
  }
  return false;
}

bool Reading::was_asked_which() const {
  return !c_.last_replies.empty() && c_.last_replies.back().response == "utter_ask_resume";
}

// The flow that was interrupted last.
std::string Reading::last_asleep() const {
  for (std::size_t i = c_.stack.size(); i-- > 0;) {
    if (c_.stack[i].parent == 0) return c_.stack[i].flow;
  }
  return "";
}

bool Reading::was_offered_person() const {
  return !c_.last_replies.empty() && c_.last_replies.back().response == "utter_offer_person";
}

}  // namespace dialog

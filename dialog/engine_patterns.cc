// What only patterns do, and what happens where a bot has no flow for one.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/engine_turn.h"

namespace dialog {

namespace {

using How = event::FlowEnded::How;

constexpr int call_depth = 8;

std::size_t index_of(const Flow& flow, std::string_view step) {
  const auto found = std::find_if(flow.steps.begin(), flow.steps.end(),
                                  [&](const Step& one) { return one.id == step; });
  return found == flow.steps.end() ? static_cast<std::size_t>(-1)
                                   : static_cast<std::size_t>(found - flow.steps.begin());
}

}  // namespace

void Turn::do_builtin(const std::string& action, const json::object& context) {
  if (action == "action_correct") {
    if (const json::object* slots = nlu::get_object(context, "corrected_slots")) step_back(*slots);
  } else if (action == "action_cancel_flow") {
    if (const std::size_t index = user_frame(); index != npos) {
      end_group(c_.stack[index].id, How::cancelled);
    }
  } else if (action == "action_clarify") {
    clarification(context);
  } else if (action == "action_repeat") {
    repeat();
  } else if (action == "action_record_feedback") {
    record_feedback();
  }
  // action_restart and action_clean_stack are done before their patterns begin, as a pattern could
  // not outlive them.
}

void Turn::builtin_pattern(std::string_view id, const json::object& context) {
  if (id == "pattern_correction") {
    do_builtin("action_correct", context);
    say("utter_correction");
  } else if (id == "pattern_cancel_flow") {
    do_builtin("action_cancel_flow", context);
    say("utter_flow_cancelled");
  } else if (id == "pattern_clarification") {
    clarification(context);
  } else if (id == "pattern_repeat_bot_messages") {
    repeat();
  } else if (id == "pattern_human_handoff") {
    say("utter_handover_requested");
    request_handover(Handover{});
  } else if (id == "pattern_internal_error") {
    say("utter_internal_error");
  } else if (id == "pattern_completed") {
    say("utter_completed");
  } else if (id == "pattern_continue_interrupted") {
    say("utter_continue_interrupted");
  } else if (id == "pattern_skip_question") {
    say("utter_skip_not_possible");
  } else if (id == "pattern_user_silence") {
    say("utter_user_silence");
  } else if (id == "pattern_restart") {
    say("utter_restarted");
  } else if (id == "pattern_code_change") {
    say("utter_code_changed");
  } else if (id == "pattern_cannot_handle" || id == "pattern_chitchat" || id == "pattern_search") {
    const bool again = nlu::get_integer(context, "not_understood").value_or(1) > 1;
    say(again ? "utter_offer_person" : "utter_ask_rephrase");
  }
}

void Turn::record_feedback() {
  const std::uint64_t id = top()->id;
  const auto held = [&](const char* slot) {
    const auto found = c_.slots.find(slot);
    return found == c_.slots.end() ? json::value() : found->second;
  };
  const json::value rating = held("feedback_rating");
  emit(event::FeedbackGiven{fmt::format("f{}", c_.last_event + 1), c_.head_seq,
                            rating.is_number() ? static_cast<int>(rating.to_number<double>()) : 0,
                            to_text(held("feedback_comment"))},
       Actor::system);
  reset_slot("feedback_rating", id);
  reset_slot("feedback_comment", id);
}

// Those that sleep, the last first; none that was named in one message with others and waits for
// its turn.
std::vector<std::size_t> Turn::interrupted_flows() const {
  std::vector<std::size_t> flows;
  for (std::size_t i = c_.stack.size(); i-- > 0;) {
    const Frame& one = c_.stack[i];
    if (one.parent != 0 || is_pattern(one)) continue;
    if (one.step.empty() && one.context.contains("turn")) return {};
    flows.push_back(i);
  }
  return flows;
}

bool Turn::was_asked_which() const {
  return !c_.last_replies.empty() && c_.last_replies.back().response == "utter_ask_resume";
}

bool Turn::ask_which(const std::vector<std::size_t>& flows) {
  auto question = respond(bot_, c_, nullptr, "utter_ask_resume");
  if (!question) return false;
  std::vector<Choice> buttons;
  for (const std::size_t index : flows) {
    const Flow* flow = flow_of(c_.stack[index]);
    if (!flow) continue;
    buttons.push_back({flow_name(*flow, c_.language),
                       "/flow" + json::serialize(json::object{{"name", flow->id}}), ""});
  }
  question->buttons.insert(question->buttons.begin(), buttons.begin(), buttons.end());
  reply(std::move(*question));
  completed_ = nullptr;
  yielded_ = true;
  return true;
}

void Turn::continue_interrupted() {
  const std::vector<std::size_t> sleeping = interrupted_flows();
  if (sleeping.size() > 1 && ask_which(sleeping)) return;
  const std::uint64_t below = top()->id;
  if (top()->step.empty() && top()->context.contains("turn")) {  // It has waited and not begun.
    const bool is_new = is_put_off(*top());  // Named in this very message: no word is needed.
    const Flow* next = flow_of(*top());
    completed_ = nullptr;
    resume(below);
    Frame seen;
    seen.context["next_flows"] = next ? flow_name(*next, c_.language) : "";
    if (!is_new) say("utter_next_flow", &seen);
    return;
  }
  json::object context;
  const Flow* root = flow_of(c_.stack[group_begin(c_.stack.size() - 1)]);
  context["interrupted_flow"] = root ? flow_name(*root, c_.language) : "";
  context["interrupted_flow_id"] = root ? root->id : "";
  if (completed_) context["previous_flow_name"] = flow_name(*completed_, c_.language);
  completed_ = nullptr;
  resume(below);
  run_pattern("pattern_continue_interrupted", std::move(context));
}

void Turn::repeat() {
  const std::vector<event::Replied> again = c_.last_replies;
  if (again.empty()) return say("utter_nothing_to_repeat");
  for (const event::Replied& one : again) reply(one);
}

void Turn::clarification(const json::object& context) {
  Frame seen;
  seen.context = context;
  auto question = respond(bot_, c_, &seen, "utter_clarification");
  if (!question) {
    question.emplace();
    question->response = "utter_clarification";
    question->text = "?";
  }
  if (const json::array* flows = nlu::get_array(context, "flows")) {
    for (const json::value& id : *flows) {
      const Flow* flow = id.is_string() ? bot_.find_flow(to_text(id)) : nullptr;
      if (!flow) continue;
      json::object target;
      target["name"] = flow->id;
      question->buttons.push_back(
          {flow_name(*flow, c_.language), "/flow" + json::serialize(target), ""});
    }
  }
  reply(std::move(*question));
}

std::size_t Turn::first_step_with(const Flow& flow, const std::string& slot, int depth) const {
  for (std::size_t i = 0; i < flow.steps.size(); ++i) {
    if (asks_for(flow.steps[i], slot, depth)) return i;
  }
  return npos;
}

bool Turn::asks_for(const Step& step, const std::string& slot, int depth) const {
  if (const auto* collect = std::get_if<Collect>(&step.what)) return collect->slot == slot;
  const auto* call = std::get_if<Call>(&step.what);
  const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
  return called && first_step_with(*called, slot, depth + 1) != npos;
}

// Of several that ask for the slot, the one on the flow's way; else the first.
std::size_t Turn::step_that_asked(const Flow& flow, const Frame& frame,
                                  const std::string& slot) const {
  for (const std::string& step : frame.way) {
    const std::size_t index = index_of(flow, step);
    if (index != npos && asks_for(flow.steps[index], slot)) return index;
  }
  return first_step_with(flow, slot);
}

std::size_t Turn::first_passed(const Flow& flow, const Frame& frame,
                               const std::set<std::string>& slots) const {
  const auto& kept = flow.persisted_slots;
  // The last of the way is the step it stands at.
  for (std::size_t i = 0; i + 1 < frame.way.size(); ++i) {
    const std::size_t index = index_of(flow, frame.way[i]);
    if (index == npos) continue;
    const bool asked = std::any_of(slots.begin(), slots.end(), [&](const std::string& slot) {
      return std::find(kept.begin(), kept.end(), slot) == kept.end() &&
             asks_for(flow.steps[index], slot);
    });
    if (asked) return index;
  }
  return npos;
}

// Sets the slots and goes back to the earliest step that asked for one.
void Turn::step_back(const json::object& corrected) {
  const std::size_t acting = user_frame();
  if (acting == npos) return;
  const std::size_t begin = group_begin(acting);
  for (const auto& member : corrected) {
    const std::string slot(member.key());
    emit(event::SlotSet{slot, member.value(), "correction", c_.stack[begin].id});
    corrected_.insert(slot);
  }
  for (std::size_t i = begin; i <= acting; ++i) {
    const Flow* flow = flow_of(c_.stack[i]);
    const std::size_t current = flow ? index_of(*flow, c_.stack[i].step) : npos;
    if (current == npos) continue;
    std::size_t earliest = npos;
    for (const auto& member : corrected) {
      earliest = std::min(earliest, step_that_asked(*flow, c_.stack[i], std::string(member.key())));
    }
    if (earliest > current) continue;
    if (earliest == current && i < acting) continue;  // The called flow itself asked for it.
    return go_back(i, acting, earliest);
  }
}

// An interrupted flow goes on. When another flow changed what it had asked, what it did with the
// old value, such as a check, does not pass for the new one: it goes back as after a correction.
void Turn::resume(std::uint64_t id) {
  const std::set<std::string> changed = c_.changed_since_interrupted(id);
  emit(event::FlowResumed{id});
  if (changed.empty() || !frame(id)) return;
  const auto acting = static_cast<std::size_t>(frame(id) - c_.stack.data());
  for (std::size_t i = group_begin(acting); i <= acting; ++i) {
    const Flow* flow = flow_of(c_.stack[i]);
    const std::size_t step = flow ? first_passed(*flow, c_.stack[i], changed) : npos;
    if (step != npos) return go_back(i, acting, step);
  }
}

// From `step` of the frame at `index` on, all is done again, and what it called ends. What is
// filled is not asked again, except confirmations, as they were of other data.
void Turn::go_back(std::size_t index, std::size_t acting, std::size_t step) {
  const std::uint64_t id = c_.stack[index].id;
  const Flow& flow = *flow_of(c_.stack[index]);
  for (std::size_t above = acting; above > index; --above) {
    const Frame& called = c_.stack[above];
    emit(event::FlowEnded{called.id, called.flow, How::cancelled});
  }
  ask_confirmations_again(flow, step, id);
  for (const auto& [loop, item] : std::map(c_.stack[index].loops)) {  // They begin anew.
    if (index_of(flow, loop) >= step) emit(event::LoopAdvanced{id, loop, -1});
  }
  emit(event::StepEntered{id, flow.steps[step].id});
}

void Turn::ask_confirmations_again(const Flow& flow, std::size_t from, std::uint64_t id) {
  for (std::size_t i = from; i < flow.steps.size(); ++i) {
    const auto* collect = std::get_if<Collect>(&flow.steps[i].what);
    if (!collect || answer_type(bot_, *collect) != InputType::confirmation) continue;
    if (corrected_.contains(collect->slot) || !c_.slots.count(collect->slot)) continue;
    emit(event::SlotSet{collect->slot, json::value(), "reset", id});
  }
}

}  // namespace dialog

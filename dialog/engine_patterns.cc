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
  } else if (id == "pattern_restart") {
    say("utter_restarted");
  } else if (id == "pattern_code_change") {
    say("utter_code_changed");
  } else if (id == "pattern_cannot_handle" || id == "pattern_chitchat" || id == "pattern_search") {
    const bool again = nlu::get_integer(context, "not_understood").value_or(1) > 1;
    say(again ? "utter_offer_person" : "utter_ask_rephrase");
  }
}

void Turn::continue_interrupted() {
  const Frame& below = *top();
  json::object context;
  const Flow* root = flow_of(c_.stack[group_begin(c_.stack.size() - 1)]);
  context["interrupted_flow"] = root ? flow_name(*root, c_.language) : "";
  context["interrupted_flow_id"] = root ? root->id : "";
  if (completed_) context["previous_flow_name"] = flow_name(*completed_, c_.language);
  completed_ = nullptr;
  emit(event::FlowResumed{below.id});
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
    if (const auto* collect = std::get_if<Collect>(&flow.steps[i].what)) {
      if (collect->slot == slot) return i;
    }
    const auto* call = std::get_if<Call>(&flow.steps[i].what);
    const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
    if (called && first_step_with(*called, slot, depth + 1) != npos) return i;
  }
  return npos;
}

// Sets the slots and goes back to the earliest step that asked for one. The steps from there are
// done again: what is filled is not asked again, except confirmations, as they were of other data.
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
      earliest = std::min(earliest, first_step_with(*flow, std::string(member.key())));
    }
    if (earliest > current) continue;
    if (earliest == current && i < acting) continue;  // The called flow itself asked for it.
    const std::uint64_t id = c_.stack[i].id;
    for (std::size_t above = acting; above > i; --above) {
      const Frame& called = c_.stack[above];
      emit(event::FlowEnded{called.id, called.flow, How::cancelled});
    }
    ask_confirmations_again(*flow, earliest, id);
    emit(event::StepEntered{id, flow->steps[earliest].id});
    return;
  }
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

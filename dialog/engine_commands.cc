// What commands do to the stack and the slots.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/engine_turn.h"

namespace dialog {

namespace {

using How = event::FlowEnded::How;

constexpr std::size_t commands_limit = 32;
constexpr int call_depth = 8;

template <class Kind>
bool is(const Command& command) {
  return std::holds_alternative<Kind>(command);
}

// Who may set what is the flows' own: whoever wrote the flows. All else comes from customers.
bool is_trusted(const std::string& by) { return by == "script"; }

bool sets(const Command& command, const std::string& slot) {
  if (const auto* set = std::get_if<command::SetSlot>(&command)) return set->slot == slot;
  if (const auto* correct = std::get_if<command::CorrectSlot>(&command))
    return correct->slot == slot;
  return false;
}

bool has_slot(const Command& command) {
  return is<command::SetSlot>(command) || is<command::CorrectSlot>(command);
}

std::string invalid_response(InputType type) {
  static constexpr const char* names[] = {"answer", "text",   "number",       "email",  "phone",
                                          "date",   "choice", "confirmation", "rating", "file"};
  return fmt::format("utter_invalid_{}", names[static_cast<std::size_t>(type)]);
}

}  // namespace

const Collect* Turn::open_collect() const {
  if (c_.stack.empty()) return nullptr;
  const Frame& frame = c_.stack.back();
  if (frame.interrupted) return nullptr;
  const Flow* flow = flow_of(frame);
  const Step* step = flow ? flow->find_step(frame.step) : nullptr;
  return step ? std::get_if<Collect>(&step->what) : nullptr;
}

// Where the intent that calls for a person begins a flow of the bot's.
bool Turn::calls_person(const Command& command) const {
  const auto* start = std::get_if<command::StartFlow>(&command);
  const Flow* flow = start ? bot_.find_flow(start->flow) : nullptr;
  return flow && std::any_of(flow->triggers.begin(), flow->triggers.end(), [&](const Trigger& one) {
           return one.intent == bot_.understanding.handover;
         });
}

// A question with force_slot_filling hears its answer and the call for a person, nothing else.
std::vector<Command> Turn::heard(const std::vector<Command>& commands) {
  std::vector<Command> all(
      commands.begin(),
      commands.begin() + static_cast<std::ptrdiff_t>(std::min(commands.size(), commands_limit)));
  const Collect* open = open_collect();
  if (open && open->force_slot_filling && c_.stack.back().waiting) {
    std::erase_if(all, [&](const Command& one) {
      return !sets(one, open->slot) && !is<command::HumanHandover>(one) && !calls_person(one);
    });
    if (all.empty()) all.emplace_back(command::CannotHandle{"invalid_answer"});
  }
  return all;
}

// Whatever order they came in, what ends comes before what begins. Slots are of the flow named
// before them; those named before any are of what runs or, when nothing does, of the first.
void Turn::obey(const std::vector<Command>& given) {
  std::vector<Command> commands = heard(given);
  for (const Command& one : commands) emit(event::Commanded{one});
  // What was said of a flow that ends goes with it.
  const auto cancel_at = std::find_if(commands.begin(), commands.end(), is<command::CancelFlow>);
  if (cancel_at != commands.end()) {
    commands.erase(std::remove_if(commands.begin(), cancel_at, has_slot), cancel_at);
  }
  const bool restarts = std::any_of(commands.begin(), commands.end(), is<command::Restart>);
  if (restarts) return restart();
  if (std::any_of(commands.begin(), commands.end(), is<command::CancelFlow>)) cancel();
  const std::span<const Command> all(commands);
  const auto leading = static_cast<std::size_t>(
      std::find_if(all.begin(), all.end(), is<command::StartFlow>) - all.begin());
  if (leading == all.size() || user_frame() == npos) {
    start_flows(all, "");
  } else {
    const std::string running = c_.stack[group_begin(user_frame())].flow;
    const auto said = all.first(leading);
    const Collect* open = open_collect();
    const bool answers = open && std::any_of(said.begin(), said.end(), [&](const Command& one) {
                           return sets(one, open->slot);
                         });
    if (answers && open->ask_before_filling) answered_.insert(open->slot);
    take_slots(said);
    const bool tells = std::any_of(said.begin(), said.end(), has_slot);
    start_flows(all.subspan(leading), tells ? running : "");
  }
  for (const Command& one : commands) {
    if (yielded_) return;
    if (const auto* several = std::get_if<command::Clarify>(&one)) clarify(several->flows);
    if (is<command::ChitChat>(one)) run_pattern("pattern_chitchat");
    if (is<command::KnowledgeQuestion>(one)) run_pattern("pattern_search");
    if (is<command::SkipQuestion>(one)) run_pattern("pattern_skip_question");
    if (is<command::Repeat>(one)) {
      run_pattern("pattern_repeat_bot_messages");
      yielded_ = true;
    }
    if (is<command::HumanHandover>(one)) {
      run_pattern("pattern_human_handoff");
      yielded_ = true;
    }
    if (const auto* cannot = std::get_if<command::CannotHandle>(&one))
      cannot_handle(cannot->reason);
  }
}

// Of the frame that acts now.
void Turn::take_slots(std::span<const Command> commands) {
  std::vector<command::CorrectSlot> corrections;
  for (const Command& one : commands) {
    const auto* set = std::get_if<command::SetSlot>(&one);
    if (set && changes_answer(*set)) {
      corrections.push_back({set->slot, set->value, set->by});
    } else if (set) {
      set_slot(*set);
    }
    if (const auto* correction = std::get_if<command::CorrectSlot>(&one)) {
      corrections.push_back(*correction);
    }
  }
  if (!corrections.empty()) correct(corrections);
}

// As they run: first those that ask nothing, then what runs and was told something just now, then
// the others in the order they were named. Nothing said is left open longer than it must.
void Turn::start_flows(std::span<const Command> commands, const std::string& told) {
  struct Named {
    std::string flow;
    std::vector<Command> slots;
  };
  std::vector<Named> named;
  std::vector<Command> before;
  for (const Command& one : commands) {
    if (const auto* start = std::get_if<command::StartFlow>(&one)) {
      named.push_back({start->flow, std::exchange(before, {})});
    } else if (has_slot(one)) {
      (named.empty() ? before : named.back().slots).push_back(one);
    }
  }
  if (named.empty()) return take_slots(before);
  if (named.size() > 1 || !told.empty()) {
    const auto rest = std::stable_partition(named.begin(), named.end(), [&](const Named& one) {
      const Flow* flow = bot_.find_flow(one.flow);
      return flow && asks_nothing(*flow);
    });
    const auto is_told = [&](const Named& one) { return one.flow == told; };
    const auto later = std::find_if(rest, named.end(), is_told);
    if (later != named.end()) {
      std::rotate(rest, later, later + 1);
    } else if (!told.empty() && std::none_of(named.begin(), rest, is_told)) {
      named.insert(rest, Named{told, {}});
    }
  }
  for (std::size_t i = named.size(); i-- > 1;) {
    json::object said;
    for (const Command& one : named[i].slots) {
      const auto* set = std::get_if<command::SetSlot>(&one);
      const Slot* slot = set ? bot_.find_slot(set->slot) : nullptr;
      if (slot && (!slot->is_controlled() || is_trusted(set->by))) said[set->slot] = set->value;
    }
    const bool runs = std::any_of(c_.stack.begin(), c_.stack.end(), [&](const Frame& one) {
      return one.flow == named[i].flow && one.parent == 0;
    });
    start_flow(named[i].flow,
               {{"said", std::move(said)}, {"turn", static_cast<std::int64_t>(c_.turn)}});
    // What runs already takes it as it takes all that it is told.
    if (runs && !c_.stack.empty() &&
        c_.stack[group_begin(c_.stack.size() - 1)].flow == named[i].flow)
      take_slots(named[i].slots);
  }
  start_flow(named.front().flow);
  take_slots(named.front().slots);
}

bool Turn::asks_nothing(const Flow& flow, int depth) const {
  return depth < call_depth &&
         std::none_of(flow.steps.begin(), flow.steps.end(), [&](const Step& step) {
           if (std::holds_alternative<Collect>(step.what)) return true;
           if (std::holds_alternative<Handover>(step.what)) return true;
           if (std::holds_alternative<Wait>(step.what)) return true;
           // What waits for a backend ends the turn, and with it what was answered in it.
           const bool calls_out =
               std::holds_alternative<Http>(step.what) || std::holds_alternative<Action>(step.what);
           if (!answered_.empty() && calls_out) return true;
           const auto* call = std::get_if<Call>(&step.what);
           const auto* link = std::get_if<Link>(&step.what);
           if (!call && !link) return false;
           const Flow* next = bot_.find_flow(call ? call->flow : link->flow);
           return next && !asks_nothing(*next, depth + 1);
         });
}

bool Turn::guard_holds(const Flow& flow) {
  const ConversationNames names(bot_, c_, nullptr);
  if (!trace_) return flow.guard->evaluate(names);
  Judged place;
  place.kind = Judged::Kind::guard;
  place.flow = flow.id;
  return traced(&*flow.guard, names, std::move(place));
}

// `context` of one that waits for its turn (Frame::context).
void Turn::start_flow(const std::string& id, json::object context) {
  const Flow* flow = bot_.find_flow(id);
  const auto running = std::find_if(c_.stack.begin(), c_.stack.end(), [&](const Frame& one) {
    return one.flow == id && one.parent == 0;
  });
  // A guard is about beginning: what runs, by a link for one, goes on.
  const bool may_begin = running != c_.stack.end() || !flow || !flow->guard || guard_holds(*flow);
  if (!flow || flow->is_pattern || !may_begin) return cannot_handle("not_available");
  const auto index = static_cast<std::size_t>(running - c_.stack.begin());
  const bool is_current =
      running != c_.stack.end() && index == group_begin(c_.stack.size() - 1) && !top()->interrupted;
  if (is_current) return;  // The loop asks its question again.
  if (running == c_.stack.end() &&
      c_.stack.size() >= static_cast<std::size_t>(limits_.stack_depth)) {
    return cannot_handle("too_many_flows");
  }
  completed_ = nullptr;
  const std::uint64_t resumed = running == c_.stack.end() ? 0 : running->id;
  if (Frame* current = top(); current && !current->interrupted) {
    emit(event::FlowInterrupted{current->id});
  }
  if (!resumed) {
    push(id, "customer", 0, std::move(context));
    return;
  }
  std::uint64_t highest = resumed;  // The called frame that acts lies above.
  for (std::size_t i = index + 1; i < c_.stack.size() && c_.stack[i].parent; ++i) {
    highest = c_.stack[i].id;
  }
  resume(highest);
}

// Whether a payload or the like gives anew what the acting flow has asked already. That is a
// correction, or what the flow did with the old value, such as a check, would pass for the new one.
bool Turn::changes_answer(const command::SetSlot& set) const {
  const std::size_t acting = user_frame();
  const auto held = c_.slots.find(set.slot);
  const Collect* open = open_collect();
  if (is_trusted(set.by) || acting == npos || held == c_.slots.end() ||
      (open && open->slot == set.slot)) {
    return false;
  }
  for (std::size_t i = group_begin(acting); i <= acting; ++i) {
    const std::vector<std::string>& collected = c_.stack[i].collected;
    if (std::find(collected.begin(), collected.end(), set.slot) != collected.end()) return true;
  }
  return false;
}

void Turn::set_slot(const command::SetSlot& set) {
  const Slot* slot = bot_.find_slot(set.slot);
  if (!slot) return;
  const Collect* open = open_collect();
  const bool answers = open && open->slot == set.slot;
  if (slot->is_controlled() && !answers && !is_trusted(set.by)) return;
  const std::uint64_t holder = c_.stack.empty() ? 0 : c_.stack.back().id;
  if (set.value.is_null()) return reset_slot(set.slot, holder);
  const auto value = answers ? accept_value(bot_, *open, set.value, today_for(*open))
                             : accept_for_slot(*slot, set.value);
  if (value) {
    const auto held = c_.slots.find(set.slot);
    const json::value before = held == c_.slots.end() ? json::value() : held->second;
    emit(event::SlotSet{set.slot, *value, set.by, holder});
    if (answers || is_trusted(set.by) || !is_refused(*slot, before, holder)) return;
    // Nothing may ask for it where it stands, so that is done here.
    const std::string refill = "pattern_validate_" + set.slot;
    const bool asks = std::any_of(c_.stack.begin(), c_.stack.end(),
                                  [&](const Frame& one) { return one.flow == refill; });
    if (before.is_null() && !asks && bot_.find_flow(refill)) push(refill, "pattern", 0);
  } else if (answers) {
    emit(event::Commanded{command::CannotHandle{"invalid_answer"}});
    cannot_handle("invalid_answer");
  }
}

// What its `validation` rejects is told, and the slot is as before.
bool Turn::is_refused(const Slot& slot, const json::value& before, std::uint64_t holder) {
  const Rejection* rejection = rejection_of(slot.rejections);
  if (!rejection) return false;
  say_or(rejection->utter, in_words(rejection->utter), top());
  if (!failing_) emit(event::SlotSet{slot.name, before, "reset", holder});
  return true;
}

// What was said of a flow when it was named and had to wait; it is the one that acts now. What was
// said of it since counts instead.
void Turn::set_said(const json::object& context) {
  const json::object* said = nlu::get_object(context, "said");
  if (!said) return;
  const std::vector<std::string> since = top()->collected;
  for (const auto& member : *said) {
    const Slot* slot = bot_.find_slot(std::string(member.key()));
    if (slot && std::find(since.begin(), since.end(), slot->name) != since.end()) continue;
    const auto value = slot ? accept_for_slot(*slot, member.value()) : std::nullopt;
    if (value) emit(event::SlotSet{slot->name, *value, "entity", top()->id});
  }
}

void Turn::correct(const std::vector<command::CorrectSlot>& corrections) {
  json::object changed;
  for (const command::CorrectSlot& one : corrections) {
    const Slot* slot = bot_.find_slot(one.slot);
    const Collect* open = open_collect();
    const bool is_open = open && open->slot == one.slot;
    const bool is_set = c_.slots.count(one.slot) != 0;
    if (slot && slot->is_controlled() && !is_open && !is_trusted(one.by)) continue;
    if (!slot || user_frame() == npos || is_open || !is_set) {
      set_slot({one.slot, one.value, one.by});
      continue;
    }
    const auto value = accept_for_slot(*slot, one.value);
    const json::value before = c_.slots.at(one.slot);
    if (!value || *value == before) continue;
    if (!slot->rejections.empty()) {
      const std::uint64_t holder = c_.stack.back().id;
      emit(event::SlotSet{one.slot, *value, one.by, holder});
      if (is_refused(*slot, before, holder)) continue;
      emit(event::SlotSet{one.slot, before, "reset", holder});
    }
    changed.emplace(one.slot, *value);
  }
  if (changed.empty()) return;
  json::array names;
  for (const auto& member : changed) names.emplace_back(member.key());
  json::object context;
  context["corrected_slots"] = changed;
  context["corrected_names"] = std::move(names);
  run_pattern("pattern_correction", std::move(context));
}

// An answer of the wrong kind is told what is wanted; the second time in a row, and whatever else
// cannot be used, gets pattern_cannot_handle. After its offer of a person nothing is asked again.
void Turn::cannot_handle(const std::string& reason) {
  const Collect* open = open_collect();
  const int times = std::max(c_.not_understood, 1);
  if (reason == "invalid_answer" && open && times < 2) {
    const std::string specific = invalid_response(answer_type(bot_, *open));
    return say(bot_.find_response(specific) ? specific : "utter_invalid_answer", top());
  }
  json::object context;
  context["reason"] = reason;
  context["not_understood"] = times;
  run_pattern("pattern_cannot_handle", std::move(context));
  if (times >= 2) yielded_ = true;
}

void Turn::clarify(const std::vector<std::string>& flows) {
  json::array names, ids;
  for (const std::string& id : flows) {
    const Flow* flow = bot_.find_flow(id);
    if (!flow || flow->is_pattern) continue;
    if (flow->guard && !flow->guard->evaluate(ConversationNames(bot_, c_, nullptr))) continue;
    names.emplace_back(flow_name(*flow, c_.language));
    ids.emplace_back(id);
  }
  if (ids.empty()) return cannot_handle("unsure");
  json::object context;
  context["names"] = names;
  context["flows"] = std::move(ids);
  context["clarification_options"] = to_text(names);
  run_pattern("pattern_clarification", std::move(context));
  yielded_ = true;
}

void Turn::cancel() {
  if (was_asked_which()) {
    while (!c_.stack.empty()) end_group(c_.stack.back().id, How::cancelled);
    completed_ = nullptr;
    return say("utter_flow_cancelled");
  }
  // A question of a slot's validation belongs to no flow.
  const bool was_validating = !c_.stack.empty() && top()->flow.starts_with("pattern_validate_");
  if (was_validating) end_group(top()->id, How::cancelled);
  const std::size_t index = user_frame();
  if (index == npos && was_validating) return say("utter_flow_cancelled");
  if (index == npos) {
    return say(bot_.find_response("utter_nothing_to_cancel") ? "utter_nothing_to_cancel"
                                                             : "utter_completed");
  }
  const Flow* flow = flow_of(c_.stack[group_begin(index)]);
  json::object context;
  context["canceled_name"] = flow ? flow_name(*flow, c_.language) : "";
  context["canceled_flow"] = flow ? flow->id : "";
  run_pattern("pattern_cancel_flow", std::move(context));
}

void Turn::restart() {
  forget_what_waits();
  end_session("restart");
  start_session("");
  run_pattern("pattern_restart");
  yielded_ = true;
}

}  // namespace dialog

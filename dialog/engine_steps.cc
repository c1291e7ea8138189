// How flows run: the loop, the stack, and what each kind of step does.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/answer.h"
#include "dialog/engine_turn.h"
#include "nlu/base/calendar.h"

namespace dialog {

namespace {

using How = event::FlowEnded::How;

constexpr int call_depth = 8;

template <class... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <class... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

// Of a branch; what came of it is still to be found out.
Judged of_branch(const Flow& flow, const Step& step, const Target& target) {
  Judged place;
  place.flow = flow.id;
  place.step = step.id;
  place.leads_to =
      target.step && *target.step < flow.steps.size() ? flow.steps[*target.step].id : "END";
  return place;
}

}  // namespace

// ---- the stack ----

Frame* Turn::frame(std::uint64_t id) {
  for (Frame& one : c_.stack) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

bool Turn::is_pattern(const Frame& one) const { return one.flow.starts_with("pattern_"); }

std::size_t Turn::group_begin(std::size_t index) const {
  while (index > 0 && c_.stack[index].parent != 0) --index;
  return index;
}

std::size_t Turn::user_frame() const {
  for (std::size_t i = c_.stack.size(); i-- > 0;) {
    if (!is_pattern(c_.stack[group_begin(i)])) return i;
  }
  return npos;
}

std::uint64_t Turn::push(const std::string& flow, std::string by, std::uint64_t parent,
                         json::object context) {
  const std::uint64_t id = c_.last_frame + 1;
  emit(event::FlowStarted{id, flow, std::move(by), parent, std::move(context)});
  return id;
}

bool Turn::is_kept(const std::string& slot, const Flow& flow, int depth) const {
  const auto& persisted = flow.persisted_slots;
  if (std::find(persisted.begin(), persisted.end(), slot) != persisted.end()) return true;
  return std::any_of(flow.steps.begin(), flow.steps.end(), [&](const Step& step) {
    if (const auto* collect = std::get_if<Collect>(&step.what)) {
      return collect->slot == slot && !collect->reset_after_flow_ends;
    }
    const auto* call = std::get_if<Call>(&step.what);
    const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
    return called && is_kept(slot, *called, depth + 1);
  });
}

void Turn::reset_slot(const std::string& name, std::uint64_t holder) {
  const Slot* slot = bot_.find_slot(name);
  const json::value initial = slot ? slot->initial : json::value();
  const auto held = c_.slots.find(name);
  if (held == c_.slots.end() ? initial.is_null() : held->second == initial) return;
  emit(event::SlotSet{name, initial, "reset", holder});
}

bool Turn::is_held(const std::string& name, std::uint64_t but_for) const {
  const auto holds = [&](const Frame& frame) {
    return frame.id != but_for &&
           std::find(frame.collected.begin(), frame.collected.end(), name) != frame.collected.end();
  };
  return std::any_of(c_.stack.begin(), c_.stack.end(), holds) ||
         std::any_of(c_.parked.begin(), c_.parked.end(), [&](const Parked& parked) {
           return std::any_of(parked.frames.begin(), parked.frames.end(), holds);
         });
}

// What a flow asked or set goes with it, HTTP results too, unless it is persisted, shared, or a
// flow that still runs holds it.
void Turn::reset_slots(const Frame& ended) {
  const Flow* flow = flow_of(ended);
  const std::vector<std::string> slots = ended.collected;
  const std::uint64_t id = ended.id;
  for (const std::string& name : slots) {
    const Slot* slot = bot_.find_slot(name);
    if (is_held(name, id) || (slot && slot->shared) || (flow && is_kept(name, *flow))) continue;
    reset_slot(name, id);
  }
}

void Turn::end_frame(std::uint64_t id, How how) {
  const Frame* ended = frame(id);
  if (!ended) return;
  const std::string flow_id = ended->flow;
  const std::uint64_t parent = ended->parent;
  const Frame* caller = parent ? frame(parent) : nullptr;
  if (!caller) reset_slots(*ended);
  emit(event::FlowEnded{id, flow_id, how});
  if (!caller) {
    const Flow* flow = bot_.find_flow(flow_id);
    if (flow && !flow->is_pattern && !flow_id.starts_with("pattern_")) {
      completed_ = how == How::completed && flow->run_pattern_completed ? flow : nullptr;
    }
    return;
  }
  const Frame* resumed = frame(parent);
  const Flow* flow = flow_of(*resumed);
  const Step* step = flow ? flow->find_step(resumed->step) : nullptr;
  if (step) go_on(parent, *flow, *step);
}

// The flow that frame `id` belongs to, with all it called.
void Turn::end_group(std::uint64_t id, How how) {
  const Frame* member = frame(id);
  if (!member) return;
  const std::size_t begin = group_begin(static_cast<std::size_t>(member - c_.stack.data()));
  std::size_t end = begin + 1;
  while (end < c_.stack.size() && c_.stack[end].parent != 0) ++end;
  for (std::size_t i = end; i-- > begin;) {
    if (i == begin) reset_slots(c_.stack[i]);
    const Frame& ended = c_.stack[i];
    emit(event::FlowEnded{ended.id, ended.flow, how});
  }
}

// ---- the loop ----

void Turn::run() {
  while (!yielded_ && !failing_) {
    if (c_.stack.empty()) {
      if (!completed_) return;
      json::object context;
      context["previous_flow_name"] = flow_name(*completed_, c_.language);
      completed_ = nullptr;
      run_pattern("pattern_completed", std::move(context));
      if (c_.stack.empty()) return;
    } else if (top()->interrupted) {
      continue_interrupted();
    } else if (!step_once()) {
      return;
    }
  }
}

// To its end, or to where it waits.
void Turn::run_pattern(const char* id, json::object context) {
  const Flow* flow = bot_.find_flow(id);
  if (!flow) return builtin_pattern(id, context);
  if (flow->steps.empty()) return;
  push(id, "pattern", 0, std::move(context));
  while (!c_.stack.empty() && is_pattern(c_.stack[group_begin(c_.stack.size() - 1)])) {
    if (!step_once()) return;
  }
}

bool Turn::step_once() {
  if (++steps_ > limits_.steps_per_turn) {
    fail("too many steps in one turn");
    return false;
  }
  const std::uint64_t id = top()->id;
  const Flow* flow = flow_of(*top());
  if (!flow) {
    fail(fmt::format("no flow is called '{}'", top()->flow));
    return false;
  }
  if (top()->step.empty()) {
    const json::object context = top()->context;
    set_said(context);
    enter(id, *flow, flow->steps.empty() ? Target{} : Target{0});
    return true;
  }
  for (const PendingEffect& pending : c_.pending) {
    if (pending.frame == id) return false;
  }
  const Step* step = flow->find_step(top()->step);
  if (!step) {
    fail(fmt::format("'{}' has no step '{}'", flow->id, top()->step));
    return false;
  }
  const auto then_go_on = [&] {
    go_on(id, *flow, *step);
    return true;
  };
  return std::visit(
      Overloaded{[&](const Collect& collect) { return do_collect(*flow, *step, collect); },
                 [&](const SetSlots& set) { return do_set_slots(set), then_go_on(); },
                 [&](const Say& one) {
                   say_or(one.response, in_words(one.response), top());
                   return then_go_on();
                 },
                 [&](const Http& http) { return do_http(*step, http); },
                 [&](const Call& call) { return do_call(call); },
                 [&](const Link& link) { return do_link(link.flow), true; },
                 [&](const Noop&) { return then_go_on(); },
                 [&](const Handover& handover) { return do_handover(*flow, *step, handover); },
                 [&](const Action& action) { return call_action(*step, action.name); },
                 [&](const Wait& wait) { return do_wait(wait); },
                 [&](const Remind& remind) { return do_remind(remind), then_go_on(); },
                 [&](const ForEach& loop) { return do_foreach(*flow, *step, loop); },
                 [&](const Split& split) { return do_split(*flow, split), true; },
                 [&](const Builtin& builtin) {
                   const json::object context = top()->context;
                   do_builtin(builtin.action, context);
                   return then_go_on();
                 }},
      step->what);
}

void Turn::enter(std::uint64_t id, const Flow& flow, Target target) {
  if (!frame(id)) return;
  if (!target.step || *target.step >= flow.steps.size()) return end_frame(id, How::completed);
  // A loop that is left by a jump begins anew when it is come to again.
  const auto loops = frame(id)->loops;
  for (const auto& [name, item] : loops) {
    const Step* step = flow.find_step(name);
    const auto* loop = step ? std::get_if<ForEach>(&step->what) : nullptr;
    const auto begin = loop ? static_cast<std::size_t>(step - flow.steps.data()) : 0;
    if (!loop || *target.step < begin || *target.step >= loop->end) {
      emit(event::LoopAdvanced{id, name, -1});
    }
  }
  emit(event::StepEntered{id, flow.steps[*target.step].id});
}

void Turn::go_on(std::uint64_t id, const Flow& flow, const Step& step) {
  const Frame* acting = frame(id);
  if (!acting) return;
  const ConversationNames names(bot_, c_, acting);
  const bool lone = step.next.size() == 1 && !step.next.front().condition;
  for (const Branch& branch : step.next) {
    const Condition* condition = branch.condition ? &*branch.condition : nullptr;
    const bool fits = trace_ && !lone
                          ? traced(condition, names, of_branch(flow, step, branch.target))
                          : !condition || condition->evaluate(names);
    if (fits) return enter(id, flow, branch.target);
  }
  end_frame(id, How::completed);
}

bool Turn::traced(const Condition* condition, const Names& names, Judged place) {
  place.result = !condition || condition->evaluate(names);
  place.before = c_.last_event + 1;
  place.condition = condition ? condition->text() : "else";
  const auto add = [&](std::string name, const json::value* value) {
    place.values.emplace_back(std::move(name), value ? *value : json::value());
  };
  if (condition) {
    for (const std::string& slot : condition->slots()) add("slots." + slot, names.slot(slot));
    for (const std::string& path : condition->contexts()) {
      add("context." + path, names.context(path));
    }
  }
  const bool result = place.result;
  trace_->judged.push_back(std::move(place));
  return result;
}

// ---- questions ----

// Only dates need it, and looking a time zone up takes longer than the rest of a step.
std::string Turn::today_for(const Collect& collect) const {
  return answer_type(bot_, collect) == InputType::date ? nlu::iso_date(now_, bot_.time_zone) : "";
}

bool Turn::do_collect(const Flow& flow, const Step& step, const Collect& collect) {
  const std::uint64_t id = top()->id;
  const bool is_answered =
      top()->waiting || corrected_.contains(collect.slot) || answered_.erase(collect.slot) > 0;
  if (c_.slots.count(collect.slot) && collect.ask_before_filling && !is_answered) {
    emit(event::SlotSet{collect.slot, json::value(), "reset", id});
  }
  if (const auto held = c_.slots.find(collect.slot); held != c_.slots.end()) {
    const auto value = accept_value(bot_, collect, held->second, today_for(collect));
    if (!value) {
      emit(event::SlotSet{collect.slot, json::value(), "reset", id});
    } else if (*value != held->second) {
      emit(event::SlotSet{collect.slot, *value, "flow", id});
    }
  }
  if (c_.slots.count(collect.slot) && !is_rejected(collect)) {
    if (!collect.validate_action.empty() && validated_.insert(collect.slot).second) {
      return call_action(step, collect.validate_action);
    }
    go_on(id, flow, step);
    return true;
  }
  if (failing_) return false;
  if (asked_ == id && top()->waiting) return false;
  if (!collect.ask_action.empty()) return call_action(step, collect.ask_action);
  ask(collect, *top());
  return false;
}

const Rejection* Turn::rejection_of(const std::vector<Rejection>& rejections) {
  const auto found = std::find_if(rejections.begin(), rejections.end(),
                                  [&](const Rejection& one) { return rejects(one); });
  return found == rejections.end() ? nullptr : &*found;
}

bool Turn::rejects(const Rejection& rejection) {
  const ConversationNames names(bot_, c_, top());
  if (!trace_) return rejection.condition.evaluate(names);
  Judged place;
  place.kind = Judged::Kind::rejection;
  if (const Frame* acting = top()) {
    place.flow = acting->flow;
    place.step = acting->step;
  }
  place.leads_to = rejection.utter;
  return traced(&rejection.condition, names, std::move(place));
}

bool Turn::is_rejected(const Collect& collect) {
  const std::uint64_t id = top()->id;
  const Slot* slot = bot_.find_slot(collect.slot);
  const Rejection* rejection = rejection_of(collect.rejections);
  if (!rejection && slot) rejection = rejection_of(slot->rejections);
  if (!rejection) return false;
  // Said first: its wording may name the value.
  say_or(rejection->utter, in_words(rejection->utter), top());
  if (!failing_) emit(event::SlotSet{collect.slot, json::value(), "reset", id});
  return true;
}

// Of several wishes in one message, those that wait for a question to be answered first.
bool Turn::is_put_off(const Frame& one) const {
  return one.step.empty() && one.interrupted &&
         nlu::get_integer(one.context, "turn") == static_cast<std::int64_t>(c_.turn);
}

void Turn::name_put_off() {
  json::array names;
  for (auto one = c_.stack.rbegin(); one != c_.stack.rend(); ++one) {
    const Flow* flow = is_put_off(*one) ? flow_of(*one) : nullptr;
    if (flow) names.emplace_back(flow_name(*flow, c_.language));
  }
  if (names.empty()) return;
  Frame seen;
  seen.context["next_flows"] = to_text(names);
  say("utter_put_off", &seen);
}

void Turn::ask(const Collect& collect, const Frame& acting) {
  const std::uint64_t id = acting.id;
  auto question = respond(bot_, c_, &acting, collect.utter);
  if (!question) {
    question.emplace();
    question->response = collect.utter;
    question->text = in_words(collect.slot) + "?";
  }
  const InputType type = answer_type(bot_, collect);
  if (type == InputType::choice && question->buttons.empty() && question->quick_replies.empty()) {
    for (const std::string& choice : choices_of(bot_, collect)) {
      question->quick_replies.push_back(
          {in_words(choice), fmt::format("/SetSlots({}={})", collect.slot, choice), ""});
    }
  }
  if (type == InputType::file) question->upload = FileRequest{collect.accept, collect.max_bytes};
  name_put_off();
  reply(std::move(*question));
  if (failing_) return;
  emit(event::Asked{id, collect.slot});
  asked_ = id;
  await_answer();
}

// ---- the other kinds ----

void Turn::do_set_slots(const SetSlots& set) {
  const std::uint64_t id = top()->id;
  for (const Assignment& assignment : set.assignments) {
    const Slot* slot = bot_.find_slot(assignment.slot);
    const ConversationNames names(bot_, c_, top());
    const json::value filled = assignment.computed ? assignment.computed->evaluate(names)
                                                   : fill_json(assignment.value, names);
    const json::value value =
        bounded(slot ? accept_for_slot(*slot, filled).value_or(json::value()) : filled);
    emit(event::SlotSet{assignment.slot, value, "flow", id});
  }
}

// What steps ask for, and flows that they call: it is asked anew.
void Turn::forget_answers(const Flow& flow, std::size_t begin, std::size_t end, std::uint64_t id,
                          int depth) {
  for (std::size_t i = begin; i < std::min(end, flow.steps.size()); ++i) {
    if (const auto* collect = std::get_if<Collect>(&flow.steps[i].what)) {
      reset_slot(collect->slot, id);
    }
    const auto* call = std::get_if<Call>(&flow.steps[i].what);
    const Flow* called = call && depth < call_depth ? bot_.find_flow(call->flow) : nullptr;
    if (called) forget_answers(*called, 0, called->steps.size(), id, depth + 1);
  }
}

bool Turn::do_foreach(const Flow& flow, const Step& step, const ForEach& loop) {
  const std::uint64_t id = top()->id;
  const auto at = top()->loops.find(step.id);
  const bool is_first = at == top()->loops.end();
  const std::int64_t index = is_first ? 0 : at->second + 1;
  const auto held = c_.slots.find(loop.list);
  const json::array* items = held == c_.slots.end() ? nullptr : held->second.if_array();
  const bool is_over = !items || index >= limits_.foreach_items ||
                       static_cast<std::size_t>(index) >= items->size() || !loop.body.step;
  // What it asks may be the list itself, so the item is taken first.
  const json::value item =
      is_over ? json::value() : json::value((*items)[static_cast<std::size_t>(index)]);
  if (!is_first) forget_answers(flow, loop.body.step.value_or(0), loop.end, id);
  if (is_over) {
    if (!is_first) emit(event::LoopAdvanced{id, step.id, -1});
    reset_slot(loop.item, id);
    go_on(id, flow, step);
    return true;
  }
  const Slot* slot = bot_.find_slot(loop.item);
  emit(event::LoopAdvanced{id, step.id, index});
  emit(event::SlotSet{loop.item, slot ? accept_for_slot(*slot, item).value_or(json::value()) : item,
                      "flow", id});
  enter(id, flow, loop.body);
  return true;
}

// The same customer goes the same way for ever, also in later conversations where they are known.
void Turn::do_split(const Flow& flow, const Split& split) {
  const std::uint64_t id = top()->id;
  const auto taken = c_.splits.find(split.name);
  const auto is_taken = [&](const Split::Arm& arm) {
    return taken != c_.splits.end() && arm.name == taken->second;
  };
  auto chosen = std::find_if(split.arms.begin(), split.arms.end(), is_taken);
  if (chosen == split.arms.end()) {
    const std::string who = !c_.user.empty() ? c_.user : std::to_string(c_.random_seed);
    double sum = 0;
    for (const Split::Arm& arm : split.arms) sum += arm.share;
    double left = share_of(split.name + '\n' + who) * sum;
    chosen = split.arms.begin();
    while (chosen + 1 != split.arms.end() && left >= chosen->share) left -= (chosen++)->share;
    emit(event::SplitTaken{split.name, chosen->name});
  }
  enter(id, flow, chosen->target);
}

bool Turn::do_http(const Step& step, const Http& http) {
  const std::uint64_t frame_id = top()->id;
  const std::uint64_t id = c_.last_effect + 1;
  HttpRequest request = make_request(http, *top());
  request.idempotency_key = fmt::format("{}-{}", frame_id, id);
  emit(event::ActionStarted{id, frame_id, step.id, http.method, request.path, request.idempotent});
  out_.effects.push_back(effect::CallHttp{id, std::move(request)});
  return false;
}

bool Turn::do_call(const Call& call) {
  if (!bot_.find_flow(call.flow) ||
      c_.stack.size() >= static_cast<std::size_t>(limits_.stack_depth)) {
    fail(fmt::format("'{}' cannot be called", call.flow));
    return false;
  }
  push(call.flow, "call", top()->id);
  return true;
}

// Slots go with the flow that ends; a pattern's context goes on to the pattern it leads to.
void Turn::do_link(const std::string& flow) {
  json::object context = top()->context;
  if (flow == "pattern_cannot_handle" && !context.contains("not_understood")) {
    context["reason"] = in_words(std::string_view(top()->flow).substr(top()->flow.find('_') + 1));
    context["not_understood"] = 1;
  }
  end_group(top()->id, How::linked);
  if (!bot_.find_flow(flow)) return fail(fmt::format("no flow is called '{}'", flow));
  push(flow, "link", 0, flow.starts_with("pattern_") ? std::move(context) : json::object());
}

// The queue's hours, else those of all queues; where none are said, somebody may always be there.
bool Turn::is_desk_open(const std::string& queue) const {
  auto desk = bot_.desks.find(queue);
  if (desk == bot_.desks.end()) desk = bot_.desks.find("");
  if (desk == bot_.desks.end()) return true;
  return ConversationNames(bot_, c_, nullptr).is_open(desk->second).value_or(true);
}

bool Turn::leads_on() const {
  const std::size_t begin = group_begin(c_.stack.size() - 1);
  return std::any_of(
      c_.stack.begin() + static_cast<std::ptrdiff_t>(begin), c_.stack.end(), [&](const Frame& one) {
        const Flow* flow = flow_of(one);
        const Step* step = flow ? flow->find_step(one.step) : nullptr;
        return step && std::any_of(step->next.begin(), step->next.end(), [](const Branch& branch) {
                 return branch.target.step.has_value();
               });
      });
}

bool Turn::is_handed_over(std::string_view flow) const {
  return std::any_of(c_.parked.begin(), c_.parked.end(), [&](const Parked& one) {
    return one.event == person && one.frames.front().flow == flow;
  });
}

// Out of hours, or where no more can wait, nobody is asked for, and the flow goes on.
bool Turn::do_handover(const Flow& flow, const Step& step, const Handover& handover) {
  const std::uint64_t id = top()->id;
  if (!is_desk_open(handover.queue)) {
    say("utter_handover_out_of_hours", top());
    go_on(id, flow, step);
    return true;
  }
  const bool is_waiting = c_.handover == event::HandoverChanged::State::requested;
  if (!is_waiting && limits_.full_queues.count(handover.queue) != 0) {
    say("utter_handover_full", top());
    go_on(id, flow, step);
    return true;
  }
  const bool is_said = has_replied() && (!is_pattern(*top()) || c_.last_replies.back().response ==
                                                                    "utter_handover_requested");
  if (!is_said) say("utter_handover_requested", top());
  if (failing_) return false;
  request_handover(handover);
  const Frame& root = c_.stack[group_begin(c_.stack.size() - 1)];
  if (leads_on() && !is_handed_over(root.flow)) {
    emit(event::FlowParked{root.id, std::string(person)});
  } else {
    end_group(id, How::completed);
  }
  yielded_ = true;
  return false;
}

void Turn::request_handover(const Handover& handover) {
  using State = event::HandoverChanged::State;
  if (c_.handover == State::requested || c_.handover == State::accepted) return;
  std::string about = fill(handover.summary.text, ConversationNames(bot_, c_, top()), Escape::none);
  if (about.empty()) about = summary();
  emit(event::HandoverChanged{State::requested, "", handover.queue, std::move(about),
                              about_handover()},
       Actor::bot);
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(handover.timeout);
  set_timer("handover", now_ + wait.count());
}

json::object Turn::about_handover() const {
  json::object about;
  if (const std::size_t index = user_frame(); index != npos) {
    const std::size_t begin = group_begin(index);
    const Flow* flow = flow_of(c_.stack[begin]);
    about["flow"] = c_.stack[begin].flow;
    about["flow_name"] = flow ? flow_name(*flow, bot_.language) : c_.stack[begin].flow;
    json::object slots;
    for (std::size_t i = begin; i <= index; ++i) {
      for (const std::string& slot : c_.stack[i].collected) {
        const auto held = c_.slots.find(slot);
        if (held != c_.slots.end()) slots[slot] = held->second;
      }
    }
    about["slots"] = std::move(slots);
  }
  if (!c_.tone.empty()) about["tone"] = c_.tone;
  return about;
}

// "return item: order number 10423, return reason broken"
std::string Turn::summary() const {
  const std::size_t index = user_frame();
  if (index == npos) return "";
  std::string text;
  for (std::size_t i = group_begin(index); i <= index; ++i) {
    const Frame& one = c_.stack[i];
    const Flow* flow = flow_of(one);
    if (text.empty()) text = (flow ? flow_name(*flow, bot_.language) : one.flow) + ":";
    for (const std::string& slot : one.collected) {
      const auto held = c_.slots.find(slot);
      if (held == c_.slots.end()) continue;
      text += fmt::format("{} {} {}", text.back() == ':' ? "" : ",", in_words(slot),
                          to_text(held->second));
    }
  }
  if (text.back() == ':') text.pop_back();
  return text;
}

}  // namespace dialog

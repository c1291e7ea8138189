// Flows: triggers, guards and how their steps lead to one another.
#include "dialog/load_flows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dialog {

namespace {

std::string in_words(std::string id) {
  std::replace(id.begin(), id.end(), '_', ' ');
  return id;
}

}  // namespace

// ---- steps in order ----

void FlowReader::lead_on(const Ends& ends, std::size_t step) {
  for (const End& end : ends) flow_.steps[end.step].next[end.branch].target.step = step;
}

std::optional<std::size_t> FlowReader::lay_out_within(const Yaml& list, int depth, Ends& ends) {
  Ends* const outer = std::exchange(nested_ends_, &ends);
  const auto first = lay_out(list, depth + 1, ends);
  nested_ends_ = outer;
  return first;
}

std::optional<std::size_t> FlowReader::lay_out(const Yaml& list, int depth, Ends& ends) {
  if (!expect_sequence(draft_, list, "a list of steps")) return std::nullopt;
  if (depth > limits::nesting) {
    draft_.error(
        "too_deep", list.mark,
        fmt::format("steps nest at most {} deep; lead to a step's id instead", limits::nesting));
    return std::nullopt;
  }
  if (list.items.empty()) {
    draft_.error("no_steps", list.mark, "there is no step here; write END to end the flow");
    return std::nullopt;
  }
  std::optional<std::size_t> first;
  Ends open;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const bool last = i + 1 == list.items.size();
    Ends leading;
    const auto index = lay_out_step(list.items[i], last, depth, leading);
    if (!index) break;
    if (!first) first = index;
    lead_on(open, *index);
    open = std::move(leading);
  }
  ends.insert(ends.end(), open.begin(), open.end());
  return first;
}

std::optional<std::size_t> FlowReader::lay_out_step(const Yaml& node, bool last, int depth,
                                                    Ends& ends) {
  if (flow_.steps.size() >= limits::steps) {
    if (flow_.steps.size() == limits::steps && !is_full_) {
      draft_.error("too_many", node.mark,
                   fmt::format("a flow has at most {} steps", limits::steps));
    }
    is_full_ = true;
    return std::nullopt;
  }
  const std::size_t index = flow_.steps.size();
  flow_.steps.emplace_back();
  flow_.steps[index].mark = node.mark;
  flow_.steps[index].what = Noop{};
  read_step(node, index, last, depth, ends);
  // `try` and `switch` have said already where they lead.
  if (flow_.steps[index].next.empty()) read_what_follows(node, index, depth, ends);
  return index;
}

void FlowReader::read_what_follows(const Yaml& node, std::size_t index, int depth, Ends& ends) {
  const Yaml* next = node.is_map() ? node.find("next") : nullptr;
  if (next != nullptr) read_next(*next, index, depth);
  if (!flow_.steps[index].next.empty()) return;
  flow_.steps[index].next.push_back({std::nullopt, {}, node.mark});
  const bool ends_flow = next != nullptr || std::holds_alternative<Link>(flow_.steps[index].what);
  if (!ends_flow) ends.push_back({index, 0});
}

void FlowReader::read_next(const Yaml& next, std::size_t index, int depth) {
  if (std::holds_alternative<Link>(flow_.steps[index].what)) {
    draft_.error("link_not_last", next.mark, "nothing comes after 'link', which ends this flow");
    return;
  }
  if (next.is_scalar()) {
    add_branch(index, {std::nullopt, {}, next.mark});
    lead_to(next, index, depth);
    return;
  }
  if (!next.is_sequence()) {
    draft_.error("wrong_kind", next.mark,
                 "'next' is a step's id, END, or a list of if, then and else");
    return;
  }
  bool has_else = false;
  for (const Yaml& item : next.items)
    has_else = read_branch(item, index, depth, has_else) || has_else;
  if (!has_else && !next.items.empty()) {
    draft_.error("missing_else", next.mark, "this list has no 'else'; end it with '- else: END'");
    add_branch(index, {std::nullopt, {}, next.mark});
  }
  if (next.items.empty()) draft_.error("wrong_kind", next.mark, "'next' is empty");
}

// True when this is the else.
bool FlowReader::read_branch(const Yaml& item, std::size_t index, int depth, bool after_else) {
  if (!expect_map(draft_, item, "a branch of 'next'")) return false;
  check_keys(draft_, item, branch_keys);
  if (after_else) {
    draft_.error("after_else", item.mark, "nothing comes after 'else'");
    return false;
  }
  if (const Yaml* otherwise = item.find("else")) {
    if (item.find("if") != nullptr || item.find("then") != nullptr) {
      draft_.error("two_kinds", item.mark, "'else' is an item of its own: write '- else: …'");
    }
    add_branch(index, {std::nullopt, {}, otherwise->mark});
    lead_to(*otherwise, index, depth);
    return true;
  }
  const Yaml* condition = item.find("if");
  const Yaml* then = item.find("then");
  if (condition == nullptr || then == nullptr) {
    draft_.error("missing_key", item.mark,
                 fmt::format("this branch has no '{}'", condition == nullptr ? "if" : "then"));
    return false;
  }
  auto parsed = read_condition(draft_, *condition);
  add_branch(index,
             {parsed ? *std::move(parsed) : Condition::constant(false), {}, condition->mark});
  lead_to(*then, index, depth);
  return false;
}

void FlowReader::add_branch(std::size_t index, Branch branch) {
  flow_.steps[index].next.push_back(std::move(branch));
}

// Where the branch added last leads: to a step by its id, to the end, or into steps of its own.
void FlowReader::lead_to(const Yaml& node, std::size_t index, int depth) {
  const std::size_t branch = flow_.steps[index].next.size() - 1;
  if (node.is_sequence()) {
    Ends ends;
    const auto first = lay_out(node, depth + 1, ends);
    flow_.steps[index].next[branch].target.step = first;
    if (nested_ends_ != nullptr)
      nested_ends_->insert(nested_ends_->end(), ends.begin(), ends.end());
    return;
  }
  if (!node.is_scalar()) {
    draft_.error("wrong_kind", node.mark, "this must be a step's id, END, or a list of steps");
    return;
  }
  if (node.text == "END") return;
  pending_.push_back({index, branch, node.text, node.mark});
}

Target* FlowReader::target_of(std::size_t index, std::size_t slot) {
  Step& step = flow_.steps[index];
  if (auto* wait = std::get_if<Wait>(&step.what)) {
    if (!wait->on_timeout) wait->on_timeout.emplace();
    return &*wait->on_timeout;
  }
  auto* split = std::get_if<Split>(&step.what);
  return split != nullptr && slot < split->arms.size() ? &split->arms[slot].target : nullptr;
}

void FlowReader::read_target(const Yaml& node, int depth, std::size_t index, std::size_t slot) {
  if (node.is_sequence()) {
    Ends ends;
    const auto first = lay_out(node, depth + 1, ends);
    if (Target* target = target_of(index, slot)) target->step = first;
    if (nested_ends_ != nullptr)
      nested_ends_->insert(nested_ends_->end(), ends.begin(), ends.end());
  } else if (!node.is_scalar()) {
    draft_.error("wrong_kind", node.mark, "this must be a step's id, END, or a list of steps");
  } else if (node.text == "END") {
    (void)target_of(index, slot);
  } else {
    pending_.push_back({index, slot, node.text, node.mark, false});
  }
}

void FlowReader::resolve_targets() {
  std::map<std::string, std::size_t> by_id;
  for (std::size_t i = 0; i < flow_.steps.size(); ++i) by_id.emplace(flow_.steps[i].id, i);
  std::vector<std::string> known = author_ids();
  known.emplace_back("END");
  for (const Pending& pending : pending_) {
    const auto found = by_id.find(pending.name);
    if (found != by_id.end()) {
      Target* const target = pending.is_branch
                                 ? &flow_.steps[pending.step].next[pending.branch].target
                                 : target_of(pending.step, pending.branch);
      if (target != nullptr) target->step = found->second;
      continue;
    }
    std::string advice = nlu::did_you_mean(pending.name, known);
    if (pending.name == "end" || pending.name == "End") advice = "; did you mean 'END'?";
    draft_.error("unknown_step", pending.mark,
                 fmt::format("no step is called '{}'{}", pending.name, advice));
  }
}

std::vector<std::string> FlowReader::author_ids() const {
  std::vector<std::string> ids;
  for (const Step& step : flow_.steps) {
    if (!step.id.empty() && std::isdigit(static_cast<unsigned char>(step.id.front())) == 0) {
      ids.push_back(step.id);
    }
  }
  return ids;
}

// ---- a flow ----

void FlowReader::read_triggers(const Yaml& node) {
  if (!expect_sequence(draft_, node, "'nlu_trigger'")) return;
  for (const Yaml& item : node.items) {
    if (!expect_map(draft_, item, "a trigger")) continue;
    check_keys(draft_, item, trigger_keys);
    const Yaml* intent = item.find("intent");
    if (intent == nullptr) {
      draft_.error("missing_key", item.mark, "a trigger is written '- intent: name'");
      continue;
    }
    Trigger trigger;
    const Yaml* name = intent;
    if (intent->is_map()) {
      check_keys(draft_, *intent, trigger_intent_keys);
      name = intent->find("name");
      if (name == nullptr) {
        draft_.error("missing_key", intent->mark, "this trigger has no 'name'");
        continue;
      }
      if (const Yaml* threshold = intent->find("confidence_threshold")) {
        trigger.threshold =
            read_number(draft_, *threshold, trigger_intent_keys["confidence_threshold"])
                .value_or(0);
      }
    }
    trigger.intent = read_text(draft_, *name, "an intent").value_or("");
    if (trigger.intent.empty()) continue;
    draft_.refer(Reference::Kind::intent, trigger.intent, name->mark, flow_.id);
    flow_.triggers.push_back(std::move(trigger));
  }
}

void FlowReader::read_heading(const Yaml& node) {
  if (const Yaml* name = node.find("name"))
    flow_.name = read_text(draft_, *name, "'name'").value_or("");
  if (const Yaml* description = node.find("description")) {
    flow_.description = read_text(draft_, *description, "'description'").value_or("");
  } else if (!flow_.is_pattern) {
    draft_.error(
        "missing_key", flow_.mark,
        fmt::format("the flow '{}' has no 'description'; say when a customer needs it", flow_.id));
  }
  if (const Yaml* guard = node.find("if")) flow_.guard = read_condition(draft_, *guard);
  if (const Yaml* triggers = node.find("nlu_trigger")) read_triggers(*triggers);
  if (const Yaml* completed = node.find("run_pattern_completed")) {
    flow_.run_pattern_completed =
        read_bool(draft_, *completed, "'run_pattern_completed'").value_or(true);
  }
  if (const Yaml* persisted = node.find("persisted_slots")) {
    flow_.persisted_slots = read_texts(draft_, *persisted, "'persisted_slots'");
    for (const std::string& slot : flow_.persisted_slots) {
      draft_.refer(Reference::Kind::slot, slot, persisted->mark);
    }
  }
  const Yaml* translation = node.find("translation");
  if (translation == nullptr || !expect_map(draft_, *translation, "'translation'")) return;
  for (const Yaml::Entry& entry : translation->entries) {
    const Yaml* name = entry.value.is_map() ? entry.value.find("name") : &entry.value;
    if (name == nullptr) continue;
    flow_.name_translations[entry.key] = read_text(draft_, *name, "a name").value_or("");
  }
}

void FlowReader::read(const Yaml& node) {
  flow_.is_pattern = flow_.id.rfind("pattern_", 0) == 0;
  if (!expect_map(draft_, node, fmt::format("the flow '{}'", flow_.id))) return;
  check_keys(draft_, node, flow_.is_pattern ? pattern_flow_keys : flow_keys);
  read_heading(node);
  if (flow_.name.empty()) flow_.name = in_words(flow_.id);
  const Yaml* steps = node.find("steps");
  if (steps == nullptr) {
    draft_.error("missing_key", flow_.mark, fmt::format("the flow '{}' has no 'steps'", flow_.id));
    return;
  }
  if (flow_.is_pattern && steps->is_sequence() && steps->items.empty()) return;
  Ends ends;  // They lead to the flow's end.
  lay_out(*steps, 0, ends);
  resolve_targets();
}

void read_flows(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_map(draft, node, "'flows'")) return;
  for (const Yaml::Entry& entry : node.entries) {
    if (!is_name(entry.key)) {
      draft.error(
          "bad_name", entry.key_mark,
          fmt::format("'{}' is no name for a flow; use letters, digits and '_'", entry.key));
      continue;
    }
    if (const Flow* other = draft.bot.find_flow(entry.key)) {
      draft.error("defined_twice", entry.key_mark,
                  fmt::format("the flow '{}' is defined already, at {}", entry.key,
                              Draft::place(other->mark)));
      continue;
    }
    if (draft.bot.flows.size() >= limits::flows) {
      draft.error("too_many", entry.key_mark,
                  fmt::format("a bot has at most {} flows", limits::flows));
      return;
    }
    Flow flow;
    flow.id = entry.key;
    flow.mark = entry.key_mark;
    FlowReader(draft, flow).read(entry.value);
    const auto& patterns = pattern_names();
    if (flow.is_pattern && std::find(patterns.begin(), patterns.end(), flow.id) == patterns.end()) {
      draft.error("unknown_pattern", flow.mark,
                  is_unsupported_pattern(flow.id)
                      ? fmt::format("this version does not have '{}'", flow.id)
                      : fmt::format("no pattern is called '{}'{}", flow.id,
                                    nlu::did_you_mean(flow.id, patterns)));
    }
    draft.bot.flows.emplace(flow.id, std::move(flow));
  }
}

}  // namespace dialog

#include "dialog/convert_rasa_steps.h"

#include <algorithm>

#include <fmt/format.h>

namespace dialog::rasa {

namespace {

constexpr int nesting_limit = 9;  // Below limits::nesting, as a step may add some.

using Kind = Item::Kind;

const std::map<std::string, std::string>& passed_over_actions() {
  static const std::map<std::string, std::string> actions = {
      {"action_listen", ""},  // Every question waits by itself.
      {"action_session_start", ""},
      {"action_extract_slots", ""},
      {"action_validate_slot_mappings", ""},
      {"action_restart", "customers begin anew with the intent 'restart', by themselves"},
      {"action_back", "nothing takes the conversation back by a turn; customers correct an answer"},
      {"action_unlikely_intent", "an unlikely intent is no event here"},
      {"action_revert_fallback_events", "what was not understood leaves no trace to be taken back"},
      {"action_default_ask_affirmation", "where two wishes are near, the bot asks which by itself"},
      {"action_default_ask_rephrase", "pattern_cannot_handle asks to rephrase by itself"},
      {"action_two_stage_fallback",
       "pattern_cannot_handle asks to rephrase, and then offers a person, by itself"},
      {"action_send_text", "an action cannot say what is written to it"}};
  return actions;
}

// A link ends its flow, so what is said behind it comes before.
void put_link_last(Yaml& steps) {
  const auto is_no_link = [](const Yaml& step) { return !step.find("link"); };
  std::stable_partition(steps.items.begin(), steps.items.end(), is_no_link);
  while (steps.items.size() > 1 && !is_no_link(steps.items[steps.items.size() - 2]))
    steps.items.pop_back();
}

std::string kind_in_words(const Item& item) {
  switch (item.kind) {
    case Kind::intent:
      return fmt::format("the customer says '{}'", item.name);
    case Kind::slots:
      return fmt::format("it depends on {}", item.name);
    default:
      return fmt::format("the bot does '{}'", item.name);
  }
}

}  // namespace

Yaml or_end(Yaml steps) { return steps.items.empty() ? text("END") : std::move(steps); }

void StepWriter::lose(const Mark& mark, std::string why) {
  converting_.warn("not_carried_over", mark, std::move(why));
}

void StepWriter::act(const Item& item, Writing& writing, Yaml& steps) {
  const std::string& name = item.name;
  const auto passed = passed_over_actions().find(name);
  if (passed != passed_over_actions().end()) {
    if (!passed->second.empty())
      lose(item.mark, fmt::format("'{}' is left out: {}", name, passed->second));
  } else if (name == "action_deactivate_loop") {
    writing.cancels = true;
    steps.items.push_back(map({{"link", text("pattern_cancel_flow")}}));
  } else if (name == "action_default_fallback") {
    steps.items.push_back(map(
        {{"action",
          text(domain_.has_response("utter_default") ? "utter_default" : "utter_ask_rephrase")}}));
  } else if (is_form(name)) {
    steps.items.push_back(map({{"call", text(name)}}));
  } else if (domain_.has_response("utter_" + name) && !domain_.has_action(name) &&
             !name.starts_with("utter_")) {
    steps.items.push_back(map({{"action", text("utter_" + name)}}));
  } else {
    steps.items.push_back(map({{"action", text(name)}}));
  }
}

Yaml StepWriter::steps_of(const Node& node, Writing& writing, int depth) {
  Yaml steps = list();
  follow(node, writing, depth, steps);
  put_link_last(steps);
  return steps;
}

// Appends what comes below `node`.
void StepWriter::follow(const Node& node, Writing& writing, int depth, Yaml& steps) {
  std::vector<const Node*> conditions, intents, actions;
  for (const auto& child : node.children) {
    (child->item.is(Kind::slots)    ? conditions
     : child->item.is(Kind::intent) ? intents
                                    : actions)
        .push_back(child.get());
  }
  if (depth >= nesting_limit && (!conditions.empty() || !intents.empty())) {
    return lose(node.children.front()->item.mark,
                "this is too deep a tree of branches; what comes here is left out: give a step "
                "an 'id' and lead to it by 'next'");
  }
  if (!conditions.empty())
    return branch_on_slots(conditions, intents, actions, writing, depth, steps);
  if (!intents.empty() && actions.empty()) return branch_on_intents(intents, writing, depth, steps);
  if (!intents.empty()) {
    lose(intents.front()->item.mark,
         fmt::format("here {}, and elsewhere after the same {}; only the latter was carried over",
                     kind_in_words(intents.front()->item), kind_in_words(actions.front()->item)));
  }
  if (actions.empty()) return;
  for (std::size_t i = 1; i < actions.size(); ++i) {
    lose(actions[i]->item.mark,
         fmt::format("here {}, and elsewhere after the same {}; only the latter was carried over: "
                     "tell the two apart by a slot",
                     kind_in_words(actions[i]->item), kind_in_words(actions[0]->item)));
  }
  const Node& next = *actions.front();
  if (next.item.is(Kind::said)) {
    steps.items.push_back(map({{"say", text(next.item.name)}}));
  } else {
    act(next.item, writing, steps);
  }
  follow(next, writing, depth, steps);
}

void StepWriter::branch_on_slots(const std::vector<const Node*>& conditions,
                                 const std::vector<const Node*>& intents,
                                 const std::vector<const Node*>& actions, Writing& writing,
                                 int depth, Yaml& steps) {
  const Node& first = *conditions.front();
  // A story that goes only one way tells what was so, not what has to be.
  if (conditions.size() == 1 && actions.empty() && intents.empty() && !first.is_rule) {
    converting_.report("not_carried_over", first.item.mark,
                       fmt::format("taken as told and not as a condition: {}", first.item.name));
    return follow(first, writing, depth, steps);
  }
  Yaml branches = list();
  for (const Node* one : conditions) {
    branches.items.push_back(
        map({{"if", text(one->item.name)}, {"then", or_end(steps_of(*one, writing, depth + 1))}}));
  }
  Yaml otherwise = list();
  Node rest;
  const bool has_rest = !intents.empty() || !actions.empty();
  if (has_rest) {
    // The same children, without the conditions.
    std::vector<const Node*> some = actions.empty() ? intents : actions;
    if (!actions.empty() && some.size() == 1) {
      if (some.front()->item.is(Kind::said)) {
        otherwise.items.push_back(map({{"say", text(some.front()->item.name)}}));
      } else {
        act(some.front()->item, writing, otherwise);
      }
      follow(*some.front(), writing, depth + 1, otherwise);
    } else if (actions.empty()) {
      branch_on_intents(intents, writing, depth + 1, otherwise);
    } else {
      lose(some[1]->item.mark, "without a condition this goes two ways; neither was carried over");
    }
  }
  branches.items.push_back(map({{"else", or_end(std::move(otherwise))}}));
  steps.items.push_back(question_for(first, conditions, std::move(branches)));
}

// Asks for the slot where there is a response to ask with, and no way is for "not known".
Yaml StepWriter::question_for(const Node& first, const std::vector<const Node*>& conditions,
                              Yaml branches) {
  const bool one_slot = first.item.slots.size() == 1 &&
                        std::all_of(conditions.begin(), conditions.end(), [&](const Node* one) {
                          return one->item.slots == first.item.slots &&
                                 one->item.name.find("is null") == std::string::npos;
                        });
  const std::string slot = first.item.slots.empty() ? "" : *first.item.slots.begin();
  const auto info = domain_.slot_infos.find(slot);
  const bool asks = one_slot && info != domain_.slot_infos.end() && info->second.from_customer &&
                    domain_.has_response("utter_ask_" + slot);
  Yaml step = map({});
  if (asks) {
    flows_.collected.insert(slot);
    put(step, "collect", text(slot));
  } else {
    put(step, "noop", plain("true"));
  }
  put(step, "next", std::move(branches));
  return step;
}

// The customer's next words decide: a question whose answer is an intent.
void StepWriter::branch_on_intents(const std::vector<const Node*>& intents, Writing& writing,
                                   int depth, Yaml& steps) {
  std::vector<std::string> names;
  for (const Node* one : intents) names.push_back(one->item.name);
  const bool is_yes_or_no = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "affirm" || name == "deny";
  });
  const std::string slot = new_slot(writing.flow, is_yes_or_no, names);
  Yaml step = map({{"collect", text(slot)}});
  // What the bot said last is the question.
  const Yaml* last = steps.items.empty() ? nullptr : steps.items.back().find("action");
  if (last && last->text.starts_with("utter_")) {
    put(step, "utter", text(last->text));
    steps.items.pop_back();
  } else {
    const Yaml* said = steps.items.empty() ? nullptr : steps.items.back().find("say");
    put(step, "utter", text(said ? said->text : "How shall we go on?"));
    if (said) steps.items.pop_back();
    if (!said) {
      lose(intents.front()->item.mark,
           fmt::format("the story waits here for the customer, and no response asks for it; write "
                       "the question into the step 'collect: {}'",
                       slot));
    }
  }
  Yaml branches = list();
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const std::string condition =
        is_yes_or_no ? fmt::format("slots.{} is {}", slot, names[i] == "affirm" ? "true" : "false")
                     : fmt::format("slots.{} is \"{}\"", slot, names[i]);
    branches.items.push_back(map(
        {{"if", text(condition)}, {"then", or_end(steps_of(*intents[i], writing, depth + 1))}}));
  }
  branches.items.push_back(map({{"else", text("END")}}));
  put(step, "next", std::move(branches));
  steps.items.push_back(std::move(step));
}

std::string StepWriter::new_slot(const std::string& flow, bool is_yes_or_no,
                                 const std::vector<std::string>& intents) {
  std::string name;
  for (int i = 1;; ++i) {
    name = i == 1 ? flow + "_answer" : fmt::format("{}_answer_{}", flow, i);
    if (!flows_.slots.find(name) && !domain_.slot_infos.count(name)) break;
  }
  Yaml mappings = list();
  for (const std::string& intent : intents) {
    mappings.items.push_back(map(
        {{"type", text("from_intent")},
         {"intent", text(intent)},
         {"value", is_yes_or_no ? plain(intent == "affirm" ? "true" : "false") : text(intent)}}));
  }
  put(flows_.slots, name,
      map({{"type", text(is_yes_or_no ? "bool" : "text")}, {"mappings", std::move(mappings)}}));
  return name;
}

}  // namespace dialog::rasa

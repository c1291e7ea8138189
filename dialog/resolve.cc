#include "dialog/resolve.h"

#include <algorithm>

#include <fmt/format.h>

namespace dialog {

namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

// Names to compare a misspelt one with, listed once.
struct Known {
  std::vector<std::string> slots, responses, flows, intents, entities;
  std::set<std::string> trained_intents;
  std::set<std::string> engine_intents;
  std::set<std::string> found_entities;
};

Known list_known(const Draft& draft) {
  Known known;
  const Bot& bot = draft.bot;
  known.slots = keys_of(bot.slots);
  known.responses = keys_of(bot.responses);
  known.flows = keys_of(bot.flows);
  for (const nlu::Intent& intent : bot.training.intents) {
    known.trained_intents.insert(intent.name);
    const std::size_t slash = intent.name.find('/');
    if (slash != std::string::npos) known.trained_intents.insert(intent.name.substr(0, slash));
  }
  const Understanding& u = bot.understanding;
  known.engine_intents = {u.affirm, u.deny,     u.cancel,       u.repeat,   u.restart,
                          u.skip,   u.handover, u.out_of_scope, u.chitchat, "session_start"};
  std::set<std::string> intents = known.trained_intents;
  intents.insert(known.engine_intents.begin(), known.engine_intents.end());
  for (const auto& [name, mark] : draft.declared_intents) intents.insert(name);
  known.intents.assign(intents.begin(), intents.end());
  known.found_entities = {"number", "ordinal", "percentage", "money",    "quantity",
                          "date",   "time",    "interval",   "duration", "email",
                          "phone",  "url",     "card",       "iban"};
  for (const nlu::Example& example : bot.training.examples) {
    for (const nlu::Entity& entity : example.entities) known.found_entities.insert(entity.type);
  }
  for (const nlu::Lookup& lookup : bot.training.lookups) known.found_entities.insert(lookup.entity);
  for (const nlu::Pattern& pattern : bot.training.patterns)
    known.found_entities.insert(pattern.entity);
  for (const auto& [name, mark] : draft.declared_entities) known.found_entities.insert(name);
  known.entities.assign(known.found_entities.begin(), known.found_entities.end());
  return known;
}

// "; did you mean …?", else what to do about it.
std::string or_else(std::string meant, std::string advice) {
  return meant.empty() ? "; " + std::move(advice) : std::move(meant);
}

void resolve_intent(Draft& draft, const Reference& reference, const Known& known) {
  if (draft.bot.training.examples.empty()) return;  // Nothing is understood; `check` says so.
  const bool is_trigger = !reference.user.empty() && reference.user != "payload";
  const bool is_declared = draft.declared_intents.count(reference.name) != 0;
  if (known.trained_intents.count(reference.name) != 0) return;
  if (!is_trigger && (is_declared || known.engine_intents.count(reference.name) != 0)) return;
  if (is_declared) {
    draft.error(
        "intent_without_examples", reference.mark,
        fmt::format("the intent '{}' has no examples, so nothing starts '{}'; write some in "
                    "nlu/",
                    reference.name, reference.user));
    return;
  }
  draft.error("unknown_intent", reference.mark,
              fmt::format("no intent is called '{}'{}", reference.name,
                          or_else(nlu::did_you_mean(reference.name, known.intents),
                                  "write examples for it in nlu/")));
}

// What is counted apart (dialog/tally.h): flows but the patterns, intents, and three of our own.
void resolve_topic(Draft& draft, const Reference& reference, const Known& known) {
  std::vector<std::string> topics(known.intents);
  for (const auto& [id, flow] : draft.bot.flows) {
    if (!flow.is_pattern) topics.push_back(id);
  }
  for (const std::string_view own : {topic::outside, topic::person, topic::other}) {
    topics.emplace_back(own);
  }
  if (std::find(topics.begin(), topics.end(), reference.name) != topics.end()) return;
  draft.error("unknown_topic", reference.mark,
              fmt::format("no flow or intent is called '{}'{}", reference.name,
                          or_else(nlu::did_you_mean(reference.name, topics),
                                  "a topic is one of those, or outside, person or other")));
}

void resolve_reference(Draft& draft, const Reference& reference, const Known& known) {
  const Bot& bot = draft.bot;
  const std::string& name = reference.name;
  switch (reference.kind) {
    case Reference::Kind::slot:
      if (bot.find_slot(name) != nullptr) return;
      return draft.error("unknown_slot", reference.mark,
                         fmt::format("no slot is called '{}'{}", name,
                                     or_else(nlu::did_you_mean(name, known.slots),
                                             "add it under 'slots:' in domain.yml")));
    case Reference::Kind::response:
      if (bot.find_response(name) != nullptr) return;
      if (!reference.user.empty()) {
        // "utter_ask_x" is not needed where "action_ask_x" asks.
        if (bot.actions.count("action_ask_" + name.substr(10)) != 0) return;
        return draft.error(
            "unknown_response", reference.mark,
            fmt::format("this has no question: no response is called '{}'; add it under "
                        "'responses:' in domain.yml or give this step 'utter'",
                        name));
      }
      return draft.error("unknown_response", reference.mark,
                         fmt::format("no response is called '{}'{}", name,
                                     or_else(nlu::did_you_mean(name, known.responses),
                                             "add it under 'responses:' in domain.yml")));
    case Reference::Kind::flow:
      if (bot.find_flow(name) != nullptr) return;
      return draft.error(
          "unknown_flow", reference.mark,
          fmt::format("no flow is called '{}'{}", name,
                      or_else(nlu::did_you_mean(name, known.flows), "write it under flows/")));
    case Reference::Kind::intent:
      return resolve_intent(draft, reference, known);
    case Reference::Kind::entity:
      if (known.found_entities.count(name) != 0) return;
      return draft.error("unknown_entity", reference.mark,
                         fmt::format("no entity is called '{}'{}", name,
                                     or_else(nlu::did_you_mean(name, known.entities),
                                             "mark it in the examples in nlu/")));
    case Reference::Kind::topic:
      return resolve_topic(draft, reference, known);
  }
}

// Quoted text that turns out to be a response's name.
void resolve_possible_name(Draft& draft, const PossibleName& possible) {
  const std::string name = response_name(possible.text);
  if (draft.bot.find_response(name) == nullptr) return;
  const auto flow = draft.bot.flows.find(possible.flow);
  if (flow == draft.bot.flows.end() || possible.step >= flow->second.steps.size()) return;
  Step& step = flow->second.steps[possible.step];
  if (auto* say = std::get_if<Say>(&step.what)) {
    say->response = name;
  } else if (auto* collect = std::get_if<Collect>(&step.what)) {
    if (possible.rejection < 0) {
      collect->utter = name;
    } else if (static_cast<std::size_t>(possible.rejection) < collect->rejections.size()) {
      collect->rejections[static_cast<std::size_t>(possible.rejection)].utter = name;
    }
  }
  draft.bot.responses.erase(possible.own_name);
}

void resolve_on_error(Draft& draft, const OnErrorName& name, const Known& known) {
  const auto found = draft.bot.flows.find(name.flow);
  if (found == draft.bot.flows.end() || name.step >= found->second.steps.size()) return;
  Flow& flow = found->second;
  Step& failing = flow.steps[name.step];
  auto* http = std::get_if<Http>(&failing.what);
  auto* action = std::get_if<Action>(&failing.what);
  if (http == nullptr && action == nullptr) return;
  std::vector<OnError>& entries = http != nullptr ? http->on_error : action->on_error;
  if (name.entry >= entries.size()) return;
  const Step* step = flow.find_step(name.name);
  if (step != nullptr) {
    entries[name.entry].where = Target{static_cast<std::size_t>(step - flow.steps.data())};
  } else if (draft.bot.find_flow(name.name) != nullptr) {
    entries[name.entry].where = name.name;
  } else {
    std::vector<std::string> names = known.flows;
    for (const Step& other : flow.steps) names.push_back(other.id);
    draft.error("unknown_step", name.mark,
                fmt::format("no step or flow is called '{}'{}", name.name,
                            nlu::did_you_mean(name.name, names)));
  }
}

// ---- what follows from other things ----

void imply_triggers(Draft& draft, const Known& known) {
  for (auto& [id, flow] : draft.bot.flows) {
    if (flow.is_pattern) continue;
    if (flow.triggers.empty() && known.trained_intents.count(id) != 0)
      flow.triggers.push_back({id, 0});
    const bool never_starts = flow.guard && flow.guard->constant_value() == false;
    if (!flow.triggers.empty() || never_starts || draft.reached_flows.count(id) != 0) continue;
    draft.error(
        "unreachable_by_nlu", flow.mark,
        fmt::format("nothing starts the flow '{}'; give it an 'nlu_trigger', or call it from "
                    "another flow",
                    id));
  }
}

const char* type_name(InputType type) {
  switch (type) {
    case InputType::any:
      return "any";
    case InputType::text:
      return "text";
    case InputType::number:
      return "number";
    case InputType::email:
      return "email";
    case InputType::phone:
      return "phone";
    case InputType::date:
      return "date";
    case InputType::choice:
      return "choice";
    case InputType::confirmation:
      return "confirmation";
    case InputType::rating:
      return "rating";
    case InputType::file:
      return "file";
  }
  return "";
}

const char* type_name(SlotType type) {
  switch (type) {
    case SlotType::text:
      return "text";
    case SlotType::boolean:
      return "bool";
    case SlotType::categorical:
      return "categorical";
    case SlotType::number:
      return "float";
    case SlotType::list:
      return "list";
    case SlotType::any:
      return "any";
  }
  return "";
}

bool can_hold(SlotType slot, InputType answer) {
  if (slot == SlotType::any || answer == InputType::any) return true;
  switch (answer) {
    case InputType::number:
    case InputType::rating:
      return slot == SlotType::number;
    case InputType::confirmation:
      return slot == SlotType::boolean;
    case InputType::choice:
      return slot == SlotType::text || slot == SlotType::categorical || slot == SlotType::list;
    default:
      return slot == SlotType::text || slot == SlotType::list;
  }
}

InputType implied_type(SlotType slot) {
  switch (slot) {
    case SlotType::boolean:
      return InputType::confirmation;
    case SlotType::categorical:
      return InputType::choice;
    case SlotType::number:
      return InputType::number;
    default:
      return InputType::any;
  }
}

void check_choices(Draft& draft, const Slot& slot, const Collect& collect, const Mark& mark) {
  if (collect.choices.empty()) {
    draft.error(
        "missing_key", mark,
        fmt::format("this choice has no 'choices', and the slot '{}' has no 'values'", slot.name));
  }
  if (slot.type != SlotType::categorical) return;
  for (const std::string& choice : collect.choices) {
    if (std::find(slot.values.begin(), slot.values.end(), choice) != slot.values.end()) continue;
    draft.error("wrong_value", mark,
                fmt::format("the slot '{}' has no value '{}'{}", slot.name, choice,
                            nlu::did_you_mean(choice, slot.values)));
  }
}

void imply_type(Draft& draft, Collect& collect, const Mark& mark) {
  const Slot* slot = draft.bot.find_slot(collect.slot);
  if (slot == nullptr) return;
  if (!collect.has_type) {
    collect.type = implied_type(slot->type);
  } else if (!can_hold(slot->type, collect.type)) {
    draft.error("type_mismatch", mark,
                fmt::format("an answer of type {} does not fit the slot '{}' of type {}",
                            type_name(collect.type), slot->name, type_name(slot->type)));
    return;
  }
  if (collect.type == InputType::choice && collect.choices.empty()) collect.choices = slot->values;
  if (collect.type == InputType::number) {
    if (!collect.min) collect.min = slot->min;
    if (!collect.max) collect.max = slot->max;
  }
  if (collect.type == InputType::choice) check_choices(draft, *slot, collect, mark);
}

// Slots that a step of the language works with, such as feedback's.
void imply_slots(Draft& draft) {
  for (const std::string& name : draft.implied_slots) {
    Slot slot;
    slot.name = name;
    slot.type = SlotType::any;
    slot.mappings.emplace_back();
    draft.bot.slots.emplace(name, std::move(slot));
  }
}

void resolve_actions(Draft& draft) {
  const std::vector<std::string> known(draft.bot.actions.begin(), draft.bot.actions.end());
  for (const auto& [name, mark] : draft.used_actions) {
    if (draft.bot.action_url.empty() || draft.bot.actions.count(name) != 0) continue;
    draft.error("unknown_action", mark,
                fmt::format("no action is called '{}'{}", name,
                            or_else(nlu::did_you_mean(name, known),
                                    "add it under 'actions:' in domain.yml")));
  }
  if (!draft.bot.action_url.empty()) return;
  for (const auto& [name, mark] : draft.used_actions) {
    draft.error("no_action_server", mark,
                fmt::format("'{}' is an action of your own, and nothing runs it: name your action "
                            "server in bot.yml, 'action_endpoint: {{url: http://…}}', or write "
                            "'http'",
                            name));
  }
}

// Rasa's names for actions that ask for a slot and check it.
void imply_actions(Draft& draft, Collect& collect, const Mark& mark) {
  const auto named = [&](const std::string& action) {
    if (draft.bot.actions.count(action) == 0) return std::string();
    draft.used_actions.emplace_back(action, mark);
    return action;
  };
  collect.ask_action = named("action_ask_" + collect.slot);
  collect.validate_action = named("validate_" + collect.slot);
  if (collect.ask_action.empty() || !draft.bot.find_response("utter_ask_" + collect.slot)) return;
  draft.error("asks_twice", mark,
              fmt::format("both '{}' and 'utter_ask_{}' ask for this; remove one",
                          collect.ask_action, collect.slot));
}

void resolve_hours(Draft& draft) {
  const std::vector<std::string> known = keys_of(draft.bot.hours);
  for (const auto& [name, mark] : draft.named_hours) {
    if (draft.bot.hours.count(name) != 0) continue;
    draft.error("unknown_hours", mark,
                fmt::format("no hours are called '{}'{}", name,
                            or_else(nlu::did_you_mean(name, known),
                                    "add them under 'hours:' in "
                                    "bot.yml")));
  }
}

}  // namespace

void resolve(Draft& draft) {
  imply_slots(draft);
  for (const PossibleName& possible : draft.possible_names) resolve_possible_name(draft, possible);
  const Known known = list_known(draft);
  if (draft.unread_files > 0) return;
  for (auto& [id, flow] : draft.bot.flows) {
    for (Step& step : flow.steps) {
      if (auto* collect = std::get_if<Collect>(&step.what)) {
        imply_actions(draft, *collect, step.mark);
      }
    }
  }
  resolve_actions(draft);
  for (const Reference& reference : draft.references) resolve_reference(draft, reference, known);
  for (const OnErrorName& name : draft.on_error_names) resolve_on_error(draft, name, known);
  resolve_hours(draft);
  imply_triggers(draft, known);
  for (auto& [id, flow] : draft.bot.flows) {
    for (Step& step : flow.steps) {
      if (auto* collect = std::get_if<Collect>(&step.what)) imply_type(draft, *collect, step.mark);
    }
  }
}

}  // namespace dialog

#include "dialog/rasa_domain.h"

#include <algorithm>
#include <set>

namespace dialog {

namespace {

json::array names_in(const auto& names) {
  json::array all;
  for (const auto& name : names) all.emplace_back(name);
  return all;
}

json::object mapping_of(const SlotMapping& mapping) {
  static constexpr const char* kinds[] = {"from_entity", "from_intent", "from_text", "from_llm",
                                          "controlled"};
  json::object one{{"type", kinds[static_cast<std::size_t>(mapping.kind)]}};
  if (!mapping.entity.empty()) one["entity"] = mapping.entity;
  if (!mapping.role.empty()) one["role"] = mapping.role;
  if (!mapping.group.empty()) one["group"] = mapping.group;
  if (!mapping.intents.empty()) one["intent"] = names_in(mapping.intents);
  if (!mapping.not_intents.empty()) one["not_intent"] = names_in(mapping.not_intents);
  if (mapping.kind == SlotMapping::Kind::from_intent) one["value"] = mapping.value;
  return one;
}

json::object slot_of(const Slot& slot) {
  static constexpr const char* types[] = {"text", "bool", "categorical", "float", "list", "any"};
  json::array mappings;
  for (const SlotMapping& mapping : slot.mappings) mappings.push_back(mapping_of(mapping));
  json::object one{{"type", types[static_cast<std::size_t>(slot.type)]},
                   {"initial_value", slot.initial},
                   {"influence_conversation", true},
                   {"mappings", std::move(mappings)}};
  if (!slot.values.empty()) one["values"] = names_in(slot.values);
  if (slot.min) one["min_value"] = *slot.min;
  if (slot.max) one["max_value"] = *slot.max;
  return one;
}

json::array buttons_of(const std::vector<Button>& buttons) {
  json::array all;
  for (const Button& button : buttons) {
    json::object one{{"title", button.title.text}};
    one[button.url.empty() ? "payload" : "url"] = button.url.empty() ? button.payload : button.url;
    all.push_back(std::move(one));
  }
  return all;
}

json::object variation_of(const Variation& variation) {
  json::object one{{"text", variation.text.text}};
  if (variation.condition) one["condition"] = variation.condition->text();
  if (!variation.channel.empty()) one["channel"] = variation.channel;
  if (!variation.buttons.empty()) one["buttons"] = buttons_of(variation.buttons);
  if (!variation.quick_replies.empty()) {
    one["quick_replies"] = buttons_of(variation.quick_replies);
  }
  if (!variation.image_url.empty()) one["image"] = variation.image_url;
  if (!variation.attachment_url.empty()) one["attachment"] = variation.attachment_url;
  if (!variation.custom.is_null()) one["custom"] = variation.custom;
  json::object translation;
  for (const auto& [language, text] : variation.translations) translation[language] = text.text;
  if (!translation.empty()) one["translation"] = std::move(translation);
  return one;
}

// ---- flows ----

json::value duration_s(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000;
}

class Steps {
 public:
  explicit Steps(const Flow& flow) : flow_(flow) {}

  json::array all() const {
    json::array steps;
    for (const Step& step : flow_.steps) {
      json::object one{{"id", step.id}};
      std::visit([&](const auto& what) { describe(what, one); }, step.what);
      one["next"] = next_of(step.next);
      steps.push_back(std::move(one));
    }
    return steps;
  }

 private:
  json::value target(const Target& to) const {
    return json::value(to.step && *to.step < flow_.steps.size() ? flow_.steps[*to.step].id : "END");
  }
  json::value next_of(const std::vector<Branch>& branches) const {
    if (branches.size() == 1 && !branches.front().condition) {
      return target(branches.front().target);
    }
    json::array all;
    for (const Branch& branch : branches) {
      if (branch.condition) {
        all.push_back(
            json::object{{"if", branch.condition->text()}, {"then", target(branch.target)}});
      } else {
        all.push_back(json::object{{"else", target(branch.target)}});
      }
    }
    return all;
  }

  void describe(const Collect& it, json::object& one) const {
    one["collect"] = it.slot;
    one["utter"] = it.utter;
    one["ask_before_filling"] = it.ask_before_filling;
    one["reset_after_flow_ends"] = it.reset_after_flow_ends;
    one["force_slot_filling"] = it.force_slot_filling;
    json::array rejections;
    for (const Rejection& rejection : it.rejections) {
      rejections.push_back(
          json::object{{"if", rejection.condition.text()}, {"utter", rejection.utter}});
    }
    one["rejections"] = std::move(rejections);
  }
  void describe(const SetSlots& it, json::object& one) const {
    json::array values, computed;
    for (const Assignment& assignment : it.assignments) {
      if (assignment.computed) {
        computed.push_back(json::object{{assignment.slot, assignment.computed->text()}});
      } else {
        values.push_back(json::object{{assignment.slot, assignment.value}});
      }
    }
    if (!values.empty()) one["set_slots"] = std::move(values);
    if (!computed.empty()) one["set"] = std::move(computed);
  }
  void describe(const Say& it, json::object& one) const { one["action"] = it.response; }
  void describe(const Http& it, json::object& one) const {
    one["http"] = json::object{{it.method, it.path}};
  }
  void describe(const Call& it, json::object& one) const { one["call"] = it.flow; }
  void describe(const Link& it, json::object& one) const { one["link"] = it.flow; }
  void describe(const Noop&, json::object& one) const { one["noop"] = true; }
  void describe(const Handover& it, json::object& one) const {
    one["handover"] = json::object{{"queue", it.queue}, {"timeout_s", duration_s(it.timeout)}};
  }
  void describe(const Builtin& it, json::object& one) const { one["action"] = it.action; }
  void describe(const Action& it, json::object& one) const { one["action"] = it.name; }
  void describe(const Wait& it, json::object& one) const {
    one["wait"] = json::object{{"event", it.event}, {"timeout_s", duration_s(it.duration)}};
  }
  void describe(const Remind& it, json::object& one) const {
    one["remind"] =
        json::object{{"name", it.name}, {"in_s", duration_s(it.duration)}, {"flow", it.flow}};
  }
  void describe(const ForEach& it, json::object& one) const {
    one["foreach"] = json::object{{"in", it.list}, {"as", it.item}, {"do", target(it.body)}};
  }
  void describe(const Split& it, json::object& one) const {
    json::array arms;
    for (const Split::Arm& arm : it.arms) {
      arms.push_back(
          json::object{{"name", arm.name}, {"share", arm.share}, {"then", target(arm.target)}});
    }
    one["split"] = json::object{{"name", it.name}, {"arms", std::move(arms)}};
  }

  const Flow& flow_;
};

}  // namespace

json::object to_domain(const Bot& bot) {
  json::array intents;
  for (const nlu::Intent& intent : bot.training.intents) intents.emplace_back(intent.name);
  std::set<std::string> entities;
  for (const nlu::Example& example : bot.training.examples) {
    for (const nlu::Entity& entity : example.entities) entities.insert(entity.type);
  }
  json::object slots, responses;
  for (const auto& [name, slot] : bot.slots) {
    slots.emplace(name, slot_of(slot));
    for (const SlotMapping& mapping : slot.mappings) {
      if (!mapping.entity.empty()) entities.insert(mapping.entity);
    }
  }
  for (const auto& [name, response] : bot.responses) {
    json::array variations;
    for (const Variation& variation : response.variations) {
      variations.push_back(variation_of(variation));
    }
    responses.emplace(name, std::move(variations));
  }
  const double idle_min = static_cast<double>(bot.session_timeout.count()) / 60;
  return {{"version", "3.1"},
          {"intents", std::move(intents)},
          {"entities", names_in(entities)},
          {"slots", std::move(slots)},
          {"responses", std::move(responses)},
          {"actions", names_in(bot.actions)},
          {"forms", json::object()},
          {"e2e_actions", json::array()},
          {"session_config",
           {{"session_expiration_time", idle_min},
            {"carry_over_slots_to_new_session", bot.carry_over_slots}}}};
}

json::array to_flows(const Bot& bot) {
  json::array all;
  for (const auto& [id, flow] : bot.flows) {
    if (flow.is_pattern) continue;
    json::object one{{"id", id}, {"name", flow.name}, {"description", flow.description}};
    if (flow.guard) one["if"] = flow.guard->text();
    json::array triggers;
    for (const Trigger& trigger : flow.triggers) {
      json::object intent{{"name", trigger.intent}};
      if (trigger.threshold > 0) intent["confidence_threshold"] = trigger.threshold;
      triggers.push_back(json::object{{"intent", std::move(intent)}});
    }
    if (!triggers.empty()) one["nlu_trigger"] = std::move(triggers);
    if (!flow.persisted_slots.empty()) one["persisted_slots"] = names_in(flow.persisted_slots);
    one["run_pattern_completed"] = flow.run_pattern_completed;
    one["steps"] = Steps(flow).all();
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace dialog

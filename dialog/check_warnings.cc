#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "dialog/check.h"
#include "dialog/draft.h"
#include "nlu/data_check.h"

namespace dialog {

namespace {

// Everything a bot's flows and wording name.
struct Uses {
  std::set<std::string> slots, responses, intents;
};

void add_placeholders(std::string_view text, std::set<std::string>& slots) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return;
    std::string_view name = text.substr(open + 1, close - open - 1);
    if (name.substr(0, 6) == "slots.") name.remove_prefix(6);
    if (is_name(name)) slots.insert(std::string(name));
  }
}

void add_slots(const Expression& expression, Uses& uses) {
  for (const std::string& slot : expression.slots()) uses.slots.insert(slot);
}

void add_condition(const std::optional<Condition>& condition, Uses& uses) {
  if (condition) add_slots(condition->expression(), uses);
}

void add_payload(const std::string& payload, Uses& uses) {
  if (payload.empty() || payload.front() != '/') return;
  uses.intents.insert(payload.substr(1, payload.find('{') - 1));
  std::string word;
  for (const char c :
       payload.substr(std::min<std::size_t>(payload.size(), payload.find('(') + 1))) {
    if (c == '=') uses.slots.insert(word);
    if (c == '=' || c == ',' || c == ' ') {
      word.clear();
    } else {
      word += c;
    }
  }
}

void add_json(const json::value& value, std::set<std::string>& slots) {
  if (const auto* text = value.if_string()) add_placeholders({text->data(), text->size()}, slots);
  if (const auto* array = value.if_array()) {
    for (const json::value& item : *array) add_json(item, slots);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& field : *object) add_json(field.value(), slots);
  }
}

void add_variation(const Variation& variation, Uses& uses) {
  add_condition(variation.condition, uses);
  add_placeholders(variation.text.text, uses.slots);
  for (const auto& [language, text] : variation.translations)
    add_placeholders(text.text, uses.slots);
  for (const auto* buttons : {&variation.buttons, &variation.quick_replies}) {
    for (const Button& button : *buttons) {
      add_placeholders(button.title.text, uses.slots);
      add_placeholders(button.url, uses.slots);
      add_placeholders(button.payload, uses.slots);
      add_payload(button.payload, uses);
    }
  }
  for (const std::string* text :
       {&variation.image_url, &variation.image_alt, &variation.attachment_url}) {
    add_placeholders(*text, uses.slots);
  }
  add_json(variation.custom, uses.slots);
}

struct StepUses {
  Uses& uses;

  void operator()(const Collect& collect) const {
    uses.slots.insert(collect.slot);
    uses.responses.insert(collect.utter);
    for (const Rejection& rejection : collect.rejections) {
      add_condition(rejection.condition, uses);
      uses.responses.insert(rejection.utter);
    }
  }
  void operator()(const SetSlots& set) const {
    for (const Assignment& assignment : set.assignments) {
      uses.slots.insert(assignment.slot);
      add_json(assignment.value, uses.slots);
      if (assignment.computed) add_slots(*assignment.computed, uses);
    }
  }
  void operator()(const Say& say) const { uses.responses.insert(say.response); }
  void operator()(const Http& http) const {
    add_placeholders(http.path, uses.slots);
    add_json(http.body, uses.slots);
    for (const auto& [name, value] : http.headers) add_placeholders(value, uses.slots);
    for (const auto& [slot, path] : http.result) uses.slots.insert(slot);
  }
  void operator()(const Handover& handover) const {
    add_placeholders(handover.summary.text, uses.slots);
  }
  void operator()(const Wait& wait) const {
    for (const auto& [slot, path] : wait.result) uses.slots.insert(slot);
  }
  void operator()(const ForEach& loop) const { uses.slots.insert({loop.list, loop.item}); }
  void operator()(const Remind&) const {}
  void operator()(const Action&) const {}
  void operator()(const Split&) const {}
  void operator()(const Call&) const {}
  void operator()(const Link&) const {}
  void operator()(const Noop&) const {}
  void operator()(const Builtin&) const {}
};

Uses find_uses(const Bot& bot) {
  Uses uses;
  for (const auto& [name, response] : bot.responses) {
    for (const Variation& variation : response.variations) add_variation(variation, uses);
  }
  for (const auto& [id, flow] : bot.flows) {
    add_condition(flow.guard, uses);
    uses.slots.insert(flow.persisted_slots.begin(), flow.persisted_slots.end());
    for (const Trigger& trigger : flow.triggers) uses.intents.insert(trigger.intent);
    for (const Step& step : flow.steps) {
      std::visit(StepUses{uses}, step.what);
      for (const Branch& branch : step.next) add_condition(branch.condition, uses);
    }
  }
  for (const auto& [name, slot] : bot.slots) {
    for (const Rejection& rejection : slot.rejections) {
      add_condition(rejection.condition, uses);
      uses.responses.insert(rejection.utter);
    }
    for (const SlotMapping& mapping : slot.mappings) {
      uses.intents.insert(mapping.intents.begin(), mapping.intents.end());
      uses.intents.insert(mapping.not_intents.begin(), mapping.not_intents.end());
    }
  }
  const Understanding& u = bot.understanding;
  uses.intents.insert({u.affirm, u.deny, u.cancel, u.repeat, u.restart, u.skip, u.handover,
                       u.out_of_scope, u.chitchat});
  return uses;
}

class Checker {
 public:
  Checker(const Bot& bot, nlu::Diagnostics& diagnostics)
      : bot_(bot), diagnostics_(diagnostics), uses_(find_uses(bot)) {}

  void run() {
    unused_names();
    understanding();
    for (const auto& [id, flow] : bot_.flows) {
      if (is_own(flow.mark)) check_flow(flow);
    }
    for (const auto& [name, response] : bot_.responses) {
      if (is_own(response.mark)) check_response(response);
    }
  }

 private:
  static bool is_own(const Mark& mark) { return mark.file != "default patterns"; }

  void warn(std::string code, const Mark& mark, std::string message) {
    diagnostics_.push_back({nlu::Severity::warning, std::move(code), mark, std::move(message)});
  }

  void unused_names() {
    for (const auto& [name, slot] : bot_.slots) {
      if (uses_.slots.count(name) == 0) {
        warn("unused_slot", slot.mark, fmt::format("nothing uses the slot '{}'", name));
      }
    }
    for (const auto& [name, response] : bot_.responses) {
      if (is_own(response.mark) && uses_.responses.count(name) == 0 && !is_default_response(name)) {
        warn("unused_response", response.mark, fmt::format("nothing says '{}'", name));
      }
    }
  }

  void understanding() {
    if (bot_.training.examples.empty()) {
      warn("no_examples", {},
           "this bot has no examples in nlu/, so it understands nothing that is "
           "written to it");
    }
    for (const nlu::Intent& intent : bot_.training.intents) {
      if (uses_.intents.count(intent.name) == 0 &&
          uses_.intents.count(intent.name.substr(0, intent.name.find('/'))) == 0) {
        warn("unused_intent", intent.mark,
             fmt::format("nothing follows from the intent '{}'", intent.name));
      }
    }
    std::map<std::string, const Flow*> by_intent;
    for (const auto& [id, flow] : bot_.flows) {
      for (const Trigger& trigger : flow.triggers) {
        const auto [first, is_new] = by_intent.emplace(trigger.intent, &flow);
        if (!is_new && !flow.guard && !first->second->guard) {
          warn("intent_twice", flow.mark,
               fmt::format("the intent '{}' starts both '{}' and '{}'", trigger.intent,
                           first->second->id, id));
        }
      }
    }
    unused_entities();
  }

  void unused_entities() {
    std::set<std::string> used;
    for (const auto& [name, slot] : bot_.slots) {
      for (const SlotMapping& mapping : slot.mappings) {
        if (mapping.kind == SlotMapping::Kind::from_entity) used.insert(mapping.entity);
        if (mapping.kind == SlotMapping::Kind::from_llm) used.insert(name);
      }
    }
    for (const nlu::Example& example : bot_.training.examples) {
      for (const nlu::Entity& entity : example.entities) {
        if (!used.insert(entity.type).second) continue;
        warn("unused_entity", example.mark,
             fmt::format("the entity '{}' is marked here, and no slot takes it", entity.type));
      }
    }
  }

  // ---- flows ----

  void check_flow(const Flow& flow) {
    if (flow.guard) {
      const bool literal = flow.guard->slots().empty() && flow.guard->contexts().empty() &&
                           flow.guard->text().size() <= 5;  // true and false are ways to say it.
      check_condition(*flow.guard, flow.mark, !literal);
    }
    missing_translations(flow);
    for (const Step& step : flow.steps) {
      for (std::size_t i = 0; i < step.next.size(); ++i) {
        const Branch& branch = step.next[i];
        if (branch.condition) check_condition(*branch.condition, branch.mark, true);
      }
      if (const auto* collect = std::get_if<Collect>(&step.what)) {
        for (const Rejection& rejection : collect->rejections) {
          check_condition(rejection.condition, rejection.mark, true);
        }
      }
    }
    unreachable_steps(flow);
  }

  void unreachable_steps(const Flow& flow) {
    std::vector<char> seen(flow.steps.size(), 0);
    std::vector<std::size_t> todo;
    const auto visit = [&](std::size_t step) {
      if (step >= seen.size() || seen[step] != 0) return;
      seen[step] = 1;
      todo.push_back(step);
    };
    visit(0);
    while (!todo.empty()) {
      const std::size_t index = todo.back();
      todo.pop_back();
      for (const std::size_t next : successors(flow, index)) visit(next);
    }
    // Of steps in a row only the first is named: the others follow from it.
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i] == 0 && (i == 0 || seen[i - 1] != 0)) {
        warn("unreachable_step", flow.steps[i].mark, "nothing leads to this step");
      }
    }
  }

  // ---- conditions ----

  void check_condition(const Condition& condition, const Mark& mark, bool constants_matter) {
    if (const auto constant = condition.constant_value(); constant && constants_matter) {
      warn("constant_condition", mark,
           fmt::format("this condition is always {}", *constant ? "true" : "false"));
    }
    for (const Condition::Comparison& comparison : condition.comparisons()) {
      if (const Slot* slot = bot_.find_slot(comparison.slot))
        check_comparison(*slot, comparison, mark);
    }
  }

  void check_comparison(const Slot& slot, const Condition::Comparison& comparison,
                        const Mark& mark) {
    const std::string& op = comparison.op;
    const bool is_textual = slot.type == SlotType::text || slot.type == SlotType::categorical;
    if (slot.type == SlotType::any) return;
    if (op == "matches" && !is_textual) {
      return warn("type_mismatch", mark,
                  fmt::format("'matches' is for texts, and the slot '{}' holds none", slot.name));
    }
    if (op == "order" && !comparison.value.is_null()) {
      if ((slot.type == SlotType::number) != comparison.value.is_number() ||
          slot.type == SlotType::boolean || slot.type == SlotType::list) {
        warn("type_mismatch", mark,
             fmt::format("the slot '{}' cannot be compared with {}; this is never true", slot.name,
                         json::serialize(comparison.value)));
      }
      return;
    }
    if (op == "equal") return check_value(slot, comparison.value, mark);
    if (op == "in" || (op == "contains" && comparison.flipped)) {
      if (const auto* set = comparison.value.if_array()) {
        for (const json::value& value : *set) check_value(slot, value, mark);
      }
    }
  }

  void check_value(const Slot& slot, const json::value& value, const Mark& mark) {
    if (value.is_null()) return;
    const bool is_text = value.is_string();
    const bool suits = slot.type == SlotType::number    ? value.is_number()
                       : slot.type == SlotType::boolean ? value.is_bool()
                       : slot.type == SlotType::list    ? value.is_array()
                                                        : is_text;
    if (!suits) {
      return warn("type_mismatch", mark,
                  fmt::format("the slot '{}' is never {}", slot.name, json::serialize(value)));
    }
    if (slot.type != SlotType::categorical) return;
    const std::string text(value.get_string().data(), value.get_string().size());
    if (std::find(slot.values.begin(), slot.values.end(), text) != slot.values.end()) return;
    warn("type_mismatch", mark,
         fmt::format("the slot '{}' has no value '{}'{}", slot.name, text,
                     nlu::did_you_mean(text, slot.values)));
  }

  // ---- wording ----

  void check_response(const Response& response) {
    const bool always =
        std::any_of(response.variations.begin(), response.variations.end(),
                    [](const Variation& v) { return !v.condition && v.channel.empty(); });
    if (!always) {
      warn("no_plain_variation", response.mark,
           fmt::format(
               "'{}' may have nothing to say; add a variation without 'condition' or 'channel'",
               response.name));
    }
    for (const Variation& variation : response.variations) {
      if (variation.condition) check_condition(*variation.condition, variation.mark, true);
      missing_translations(variation);
    }
  }

  void missing_translations(const Variation& variation) {
    if (variation.text.text.empty()) return;
    std::string missing;
    for (const std::string& language : bot_.additional_languages) {
      bool whole = variation.translations.count(language) != 0;
      for (const auto* buttons : {&variation.buttons, &variation.quick_replies}) {
        for (const Button& button : *buttons) {
          whole = whole && button.title_translations.count(language) != 0;
        }
      }
      if (!whole) missing += (missing.empty() ? "" : ", ") + language;
    }
    if (missing.empty()) return;
    const bool only_buttons = variation.translations.size() >= bot_.additional_languages.size();
    warn("missing_translation", variation.mark,
         fmt::format("{} no translation into {}",
                     only_buttons ? "a button of this variation has" : "this variation has",
                     missing));
  }

  void missing_translations(const Flow& flow) {
    if (flow.is_pattern) return;
    std::string missing;
    for (const std::string& language : bot_.additional_languages) {
      if (flow.name_translations.count(language) == 0) {
        missing += (missing.empty() ? "" : ", ") + language;
      }
    }
    if (missing.empty()) return;
    warn("missing_translation", flow.mark,
         fmt::format("the name of '{}' has no translation into {}", flow.id, missing));
  }

  const Bot& bot_;
  nlu::Diagnostics& diagnostics_;
  Uses uses_;
};

}  // namespace

void check_warnings(const Bot& bot, nlu::Diagnostics& diagnostics) {
  nlu::check_training_data(bot.training, diagnostics);
  nlu::check_labels(bot.training.examples, diagnostics);
  nlu::check_annotations(bot.training, diagnostics);
  Checker(bot, diagnostics).run();
}

}  // namespace dialog

// The parts of a domain that are neither flows nor wording: slots, intents, entities.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

bool suits(const json::value& value, const Slot& slot) {
  switch (slot.type) {
    case SlotType::text:
      return value.is_string();
    case SlotType::boolean:
      return value.is_bool();
    case SlotType::categorical:
      return std::any_of(slot.values.begin(), slot.values.end(), [&](const std::string& known) {
        return value.is_string() ? value.get_string() == known : json::serialize(value) == known;
      });
    case SlotType::number:
      return value.is_number();
    case SlotType::list:
      return value.is_array();
    case SlotType::any:
      return true;
  }
  return false;
}

void read_intent_list(Draft& draft, const Yaml& node, std::vector<std::string>& out) {
  out = read_texts(draft, node, "'intent'");
  for (const std::string& intent : out) draft.refer(Reference::Kind::intent, intent, node.mark);
}

void read_from_entity(Draft& draft, const Yaml& node, SlotMapping& mapping) {
  const Yaml* entity = node.find("entity");
  if (entity == nullptr) {
    draft.error("missing_key", node.mark, "a mapping from_entity needs 'entity'");
    return;
  }
  mapping.entity = read_text(draft, *entity, "'entity'").value_or("");
  if (!mapping.entity.empty()) draft.refer(Reference::Kind::entity, mapping.entity, entity->mark);
  if (const Yaml* role = node.find("role"))
    mapping.role = read_text(draft, *role, "'role'").value_or("");
  if (const Yaml* group = node.find("group")) {
    mapping.group = read_text(draft, *group, "'group'").value_or("");
  }
}

void read_from_intent(Draft& draft, const Yaml& node, const Slot& slot, SlotMapping& mapping) {
  const Yaml* value = node.find("value");
  if (value == nullptr) {
    draft.error("missing_key", node.mark, "a mapping from_intent needs 'value'");
    return;
  }
  mapping.value = to_json(*value);
  if (!mapping.value.is_null() && !suits(mapping.value, slot)) {
    draft.error("wrong_value", value->mark,
                fmt::format("the slot '{}' cannot hold this value", slot.name));
  }
}

std::optional<SlotMapping> read_mapping(Draft& draft, const Yaml& node, const Slot& slot) {
  if (!expect_map(draft, node, "a mapping")) return std::nullopt;
  check_keys(draft, node, mapping_keys);
  const Yaml* type = node.find("type");
  if (type == nullptr) {
    draft.error("missing_key", node.mark, "a mapping needs 'type', such as from_entity");
    return std::nullopt;
  }
  const std::string name = read_text(draft, *type, "'type'").value_or("");
  const auto kind = find_word(mapping_kinds, name);
  if (!kind) {
    draft.error(
        "unknown_mapping", type->mark,
        name == "from_trigger_intent"
            ? "from_trigger_intent belongs to forms; write from_intent"
            : fmt::format("'{}' is no kind of mapping{}", name, did_you_mean(name, mapping_kinds)));
    return std::nullopt;
  }
  SlotMapping mapping;
  // The last word of the table is another for the one before it.
  mapping.kind = static_cast<SlotMapping::Kind>(
      std::min(*kind, static_cast<std::size_t>(SlotMapping::Kind::controlled)));
  if (const Yaml* conditions = node.find("conditions")) {
    draft.error("unsupported_key", conditions->mark,
                std::string(mapping_keys.find_refused("conditions")->about));
  }
  if (mapping.kind == SlotMapping::Kind::from_entity) read_from_entity(draft, node, mapping);
  if (mapping.kind == SlotMapping::Kind::from_intent) read_from_intent(draft, node, slot, mapping);
  if (const Yaml* intent = node.find("intent")) read_intent_list(draft, *intent, mapping.intents);
  if (const Yaml* intent = node.find("not_intent"))
    read_intent_list(draft, *intent, mapping.not_intents);
  return mapping;
}

void read_values(Draft& draft, const Yaml& node, Slot& slot) {
  const Yaml* values = node.find("values");
  if (slot.type != SlotType::categorical) {
    if (values != nullptr) {
      draft.error(
          "useless_key", values->mark,
          fmt::format("only a categorical slot has 'values'; give '{}' that type", slot.name));
    }
    return;
  }
  if (values == nullptr) {
    draft.error("missing_key", slot.mark,
                fmt::format("the categorical slot '{}' needs 'values'", slot.name));
    return;
  }
  slot.values = read_texts(draft, *values, "'values'");
  if (slot.values.empty()) draft.error("missing_key", values->mark, "'values' is empty");
}

void read_range(Draft& draft, const Yaml& node, Slot& slot) {
  for (const auto& [key, value] :
       {std::pair<std::string, std::optional<double>*>{"min_value", &slot.min},
        {"max_value", &slot.max}}) {
    const Yaml* written = node.find(key);
    if (written == nullptr) continue;
    if (slot.type != SlotType::number) {
      draft.error("useless_key", written->mark, fmt::format("only a float slot has '{}'", key));
      continue;
    }
    *value = read_number(draft, *written, slot_keys[key]);
  }
  if (slot.min && slot.max && *slot.min > *slot.max) {
    draft.error("out_of_range", slot.mark, "'min_value' is greater than 'max_value'");
  }
}

void read_slot_type(Draft& draft, const Yaml& node, Slot& slot) {
  const Yaml* type = node.find("type");
  if (type == nullptr) {
    draft.error(
        "missing_key", slot.mark,
        fmt::format("the slot '{}' needs 'type': text, bool, categorical, float, list or any",
                    slot.name));
    return;
  }
  const auto name = read_text(draft, *type, "'type'");
  if (!name) return;
  const auto found = find_word(slot_types, *name);
  if (found) {
    slot.type = static_cast<SlotType>(*found);
    return;
  }
  const std::string meant = *name == "number" || *name == "int" ? "; did you mean 'float'?"
                            : *name == "boolean"                ? "; did you mean 'bool'?"
                            : *name == "string"                 ? "; did you mean 'text'?"
                                                                : did_you_mean(*name, slot_types);
  draft.error("unknown_slot_type", type->mark,
              fmt::format("'{}' is no type of slot{}", *name, meant));
}

std::string read_response_name(Draft& draft, const Yaml& node) {
  const std::string name = response_name(read_text(draft, node, "a response").value_or(""));
  draft.refer(Reference::Kind::response, name, node.mark);
  return name;
}

// Rejections hold wherever the value comes from. Where nothing asks for the slot, the flow
// pattern_validate_SLOT does, until it has a value that is none of them.
void read_validation(Draft& draft, const Yaml& node, Slot& slot) {
  if (!expect_map(draft, node, "'validation'")) return;
  check_keys(draft, node, validation_keys);
  Collect again;
  again.slot = slot.name;
  again.utter = "utter_ask_" + slot.name;
  const Yaml* const rejections = node.find("rejections");
  if (rejections == nullptr || !expect_sequence(draft, *rejections, "'rejections'")) {
    if (rejections == nullptr) {
      draft.error("missing_key", node.mark, "'validation' needs 'rejections'");
    }
    return;
  }
  if (rejections->items.empty())
    draft.error("missing_key", rejections->mark, "'rejections' is empty");
  for (const Yaml& item : rejections->items) {
    if (!expect_map(draft, item, "a rejection")) continue;
    check_keys(draft, item, slot_rejection_keys);
    const Yaml* const condition = item.find("if");
    const Yaml* const utter = item.find("utter");
    if (condition == nullptr || utter == nullptr) {
      draft.error("missing_key", item.mark,
                  fmt::format("this rejection has no '{}'", condition == nullptr ? "if" : "utter"));
      continue;
    }
    auto parsed = read_condition(draft, *condition);
    slot.rejections.push_back({parsed ? *std::move(parsed) : Condition::constant(false),
                               read_response_name(draft, *utter), condition->mark});
  }
  if (const Yaml* refill = node.find("refill_utter")) {
    again.utter = read_response_name(draft, *refill);
  } else {
    draft.refer(Reference::Kind::response, again.utter, node.mark, "default question");
  }
  Flow flow;
  flow.id = "pattern_validate_" + slot.name;
  flow.name = slot.name;
  flow.is_pattern = true;
  flow.persisted_slots.push_back(slot.name);  // What it has asked is for others.
  flow.mark = node.mark;
  Step& step = flow.steps.emplace_back();
  step.id = "0_collect";
  step.mark = node.mark;
  step.what = std::move(again);
  step.next.push_back({std::nullopt, {}, node.mark});
  draft.bot.flows.emplace(flow.id, std::move(flow));
}

void read_slot(Draft& draft, const Yaml& node, Slot& slot) {
  if (!expect_map(draft, node, fmt::format("the slot '{}'", slot.name))) return;
  check_keys(draft, node, slot_keys);
  read_slot_type(draft, node, slot);
  read_values(draft, node, slot);
  read_range(draft, node, slot);
  if (const Yaml* shared = node.find("shared")) {
    slot.shared = read_bool(draft, *shared, "'shared'").value_or(false);
  }
  if (const Yaml* personal = node.find("personal")) {
    slot.personal = read_bool(draft, *personal, "'personal'").value_or(false);
  }
  if (const Yaml* validation = node.find("validation")) read_validation(draft, *validation, slot);
  if (const Yaml* initial = node.find("initial_value")) {
    slot.initial = to_json(*initial);
    if (!slot.initial.is_null() && !suits(slot.initial, slot)) {
      draft.error("wrong_value", initial->mark,
                  fmt::format("the slot '{}' cannot hold this value", slot.name));
    }
  }
  const Yaml* mappings = node.find("mappings");
  if (mappings == nullptr || mappings->is_null()) return;
  if (!expect_sequence(draft, *mappings, "'mappings'")) return;
  for (const Yaml& item : mappings->items) {
    if (auto mapping = read_mapping(draft, item, slot))
      slot.mappings.push_back(*std::move(mapping));
  }
}

}  // namespace

const std::string* item_name(Draft& draft, const Yaml& item, std::string_view what) {
  if (item.is_scalar()) return &item.text;
  if (item.is_map() && item.entries.size() == 1) return &item.entries.front().key;
  draft.error("wrong_kind", item.mark, fmt::format("{} is written as its name", what));
  return nullptr;
}

void read_slots(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_map(draft, node, "'slots'")) return;
  for (const Yaml::Entry& entry : node.entries) {
    if (!is_name(entry.key)) {
      draft.error(
          "bad_name", entry.key_mark,
          fmt::format("'{}' is no name for a slot; use letters, digits and '_'", entry.key));
      continue;
    }
    if (const Slot* other = draft.bot.find_slot(entry.key)) {
      draft.error("defined_twice", entry.key_mark,
                  fmt::format("the slot '{}' is defined already, at {}", entry.key,
                              Draft::place(other->mark)));
      continue;
    }
    if (draft.bot.slots.size() >= limits::slots) {
      draft.error("too_many", entry.key_mark,
                  fmt::format("a bot has at most {} slots", limits::slots));
      return;
    }
    Slot slot;
    slot.name = entry.key;
    slot.mark = entry.key_mark;
    read_slot(draft, entry.value, slot);
    if (slot.mappings.empty()) slot.mappings.emplace_back();
    draft.bot.slots.emplace(entry.key, std::move(slot));
  }
}

void read_intents(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_sequence(draft, node, "'intents'")) return;
  for (const Yaml& item : node.items) {
    if (const std::string* name = item_name(draft, item, "an intent")) {
      draft.declared_intents.emplace(*name, item.mark);
    }
  }
}

void read_entities(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_sequence(draft, node, "'entities'")) return;
  for (const Yaml& item : node.items) {
    if (const std::string* name = item_name(draft, item, "an entity")) {
      draft.declared_entities.emplace(*name, item.mark);
    }
  }
}

}  // namespace dialog

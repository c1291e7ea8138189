// The domain of a bot of Rasa's: what of it is carried over, and as what.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/convert_rasa.h"
#include "dialog/draft.h"

namespace dialog::rasa {

namespace {

std::string scalar_of(const Yaml* node) { return node && node->is_scalar() ? node->text : ""; }

void add_names(const Yaml& node, std::vector<std::string>& names) {
  for (const Yaml& item : node.items) {
    const std::string name = item.is_scalar()       ? item.text
                             : item.entries.empty() ? ""
                                                    : item.entries.front().key;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
}

// Adds the entries of `from` that `into` does not have; the first of a name wins, and is told.
void merge(Converting& converting, const Yaml& from, Yaml& into, const char* what) {
  for (const Yaml::Entry& entry : from.entries) {
    if (into.find(entry.key)) {
      converting.error("defined_twice", entry.key_mark,
                       fmt::format("the {} '{}' is defined already", what, entry.key));
    } else {
      into.entries.push_back(entry);
    }
  }
}

// ---- slots ----

std::optional<Yaml> mapping_of(Converting& converting, const Yaml& mapping, SlotInfo& info) {
  if (!mapping.is_map()) return std::nullopt;
  Yaml out = mapping;
  std::string type = scalar_of(mapping.find("type"));
  std::erase_if(out.entries, [&](const Yaml::Entry& entry) {
    if (entry.key != "conditions") return false;
    converting.report("file_passed_over", entry.key_mark,
                      "'conditions' of a mapping is left out: a question is only answered where a "
                      "flow asks it");
    return true;
  });
  for (Yaml::Entry& entry : out.entries) {
    if (entry.key == "type" && type == "from_trigger_intent") {
      type = "from_intent";
      entry.value = text("from_intent");
    }
  }
  if (type != "custom" && type != "controlled") info.from_customer = true;
  return out;
}

Yaml slot_of(Converting& converting, const Domain& domain, const Yaml::Entry& entry,
             SlotInfo& info) {
  Yaml out = map({});
  info.mark = entry.key_mark;
  std::string type = scalar_of(entry.value.find("type"));
  if (type == "unfeaturized") type = "text";
  static const std::vector<std::string> types = {"text",  "bool", "categorical",
                                                 "float", "list", "any"};
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    converting.error("unknown_slot_type", entry.key_mark,
                     fmt::format("'{}' is no type of slot here; it was made 'any': write text, "
                                 "bool, categorical, float, list or any",
                                 type));
    type = "any";
  }
  info.type = type;
  put(out, "type", text(type));
  bool has_mappings = false;
  for (const Yaml::Entry& key : entry.value.entries) {
    if (key.key == "type") continue;
    if (key.key == "auto_fill") continue;  // Seen to below.
    if (key.key == "values" && type == "categorical") {
      for (const Yaml& one : key.value.items) info.values.push_back(one.text);
    }
    if (key.key == "mappings") {
      Yaml mappings = list();
      for (const Yaml& one : key.value.items) {
        if (auto mapping = mapping_of(converting, one, info))
          mappings.items.push_back(*std::move(mapping));
      }
      has_mappings = !mappings.items.empty();
      if (has_mappings) put(out, "mappings", std::move(mappings));
      continue;
    }
    static const std::vector<std::string> known = {"values", "min_value", "max_value",
                                                   "initial_value", "influence_conversation"};
    if (std::find(known.begin(), known.end(), key.key) == known.end()) {
      converting.report("file_passed_over", key.key_mark,
                        fmt::format("'{}' of a slot means nothing here", key.key));
      continue;
    }
    put(out, key.key, key.value);
  }
  // Before Rasa 3 an entity of the slot's name filled it.
  const bool has_entity =
      std::find(domain.entities.begin(), domain.entities.end(), entry.key) != domain.entities.end();
  const bool fills = scalar_of(entry.value.find("auto_fill")) != "false";
  if (!has_mappings && has_entity && fills) {
    put(out, "mappings", list({map({{"type", text("from_entity")}, {"entity", text(entry.key)}})}));
    info.from_customer = true;
  }
  return out;
}

// ---- forms ----

Form form_of(Converting& converting, const Yaml::Entry& entry) {
  Form form;
  form.mark = entry.key_mark;
  const Yaml* required = entry.value.find("required_slots");
  // Before Rasa 3 the slots stood directly below the form's name.
  const Yaml& slots = required ? *required : entry.value;
  for (const Yaml& item : slots.items) form.slots.emplace_back(scalar_of(&item), item.mark);
  for (const Yaml::Entry& one : slots.entries) {
    if (one.key == "ignored_intents") continue;
    form.slots.emplace_back(one.key, one.key_mark);
  }
  std::erase_if(form.slots, [](const auto& one) { return one.first.empty(); });
  if (const Yaml* ignored = entry.value.find("ignored_intents")) {
    converting.warn("not_carried_over", ignored->mark,
                    "'ignored_intents' is left out: an answer is tried before anything else, and a "
                    "collect with 'force_slot_filling: true' hears nothing beside it");
  }
  return form;
}

// Mappings of a form's slots, as Rasa 2 wrote them.
void take_mappings(const Yaml& form, Domain& domain) {
  const Yaml* required = form.find("required_slots");
  const Yaml& slots = required ? *required : form;
  for (const Yaml::Entry& one : slots.entries) {
    if (!one.value.is_sequence() || one.value.items.empty()) continue;
    for (Yaml::Entry& slot : domain.slots.entries) {
      if (slot.key == one.key && slot.value.is_map() && !slot.value.find("mappings"))
        slot.value.entries.push_back({"mappings", one.key_mark, one.value});
    }
  }
}

}  // namespace

// ---- trees ----

Yaml text(std::string words) {
  Yaml node;
  node.kind = Yaml::Kind::scalar;
  node.text = std::move(words);
  node.quoted = true;
  return node;
}

Yaml plain(std::string words) {
  Yaml node = text(std::move(words));
  node.quoted = false;
  return node;
}

Yaml list(std::vector<Yaml> items) {
  Yaml node;
  node.kind = Yaml::Kind::sequence;
  node.items = std::move(items);
  return node;
}

Yaml map(std::vector<std::pair<std::string, Yaml>> entries) {
  Yaml node;
  node.kind = Yaml::Kind::map;
  for (auto& [key, value] : entries) node.entries.push_back({key, {}, std::move(value)});
  return node;
}

void put(Yaml& map, const std::string& key, Yaml value) {
  map.entries.push_back({key, {}, std::move(value)});
}

std::string as_id(const std::string& words) {
  std::string id;
  for (const char c : words) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!id.empty() && id.back() != '_') {
      id += '_';
    }
  }
  while (!id.empty() && id.back() == '_') id.pop_back();
  if (id.empty() || std::isdigit(static_cast<unsigned char>(id.front())) != 0)
    id.insert(0, "flow_");
  return id;
}

bool Domain::has_action(const std::string& name) const {
  return std::find(actions.begin(), actions.end(), name) != actions.end();
}

// ---- reading ----

void read_domain(Converting& converting, const Yaml& file, Domain& domain) {
  for (const Yaml::Entry& entry : file.entries) {
    const bool is_map = entry.value.is_map() || entry.value.is_null();
    const bool wants_map = entry.key == "slots" || entry.key == "responses" ||
                           entry.key == "templates" || entry.key == "forms";
    if (wants_map && !is_map && !(entry.key == "forms" && entry.value.is_sequence())) {
      converting.error("wrong_kind", entry.value.mark,
                       fmt::format("'{}' is a map of names", entry.key));
    } else if (entry.key == "intents") {
      add_names(entry.value, domain.intents);
    } else if (entry.key == "entities") {
      add_names(entry.value, domain.entities);
    } else if (entry.key == "actions") {
      add_names(entry.value, domain.actions);
    } else if (entry.key == "slots") {
      merge(converting, entry.value, domain.slots, "slot");
    } else if (entry.key == "responses" || entry.key == "templates") {
      merge(converting, entry.value, domain.responses, "response");
    } else if (entry.key == "forms") {
      merge(converting, entry.value, domain.forms, "form");
    } else if (entry.key == "session_config") {
      domain.session_config = entry.value;
    } else if (entry.key == "e2e_actions") {
      converting.warn("not_carried_over", entry.key_mark,
                      "'e2e_actions' are what stories say in the bot's own words; they are said by "
                      "the flows that were made of these stories");
    } else if (entry.key == "config") {
      converting.report("file_passed_over", entry.key_mark,
                        "'config' of a domain means nothing here");
    } else if (entry.key == "imports") {
      converting.warn("not_carried_over", entry.key_mark,
                      "'imports' is not followed; give the whole project as one folder");
    }
  }
}

void finish_domain(Converting& converting, Domain& domain) {
  for (const Yaml::Entry& entry : domain.forms.entries) {
    domain.form_infos[entry.key] = form_of(converting, entry);
    take_mappings(entry.value, domain);
  }
  Yaml slots = map({});
  for (const Yaml::Entry& entry : domain.slots.entries) {
    if (entry.key == "requested_slot") continue;
    if (!is_name(entry.key) || !entry.value.is_map()) {
      converting.error("wrong_kind", entry.key_mark,
                       fmt::format("the slot '{}' is no map with 'type'", entry.key));
      continue;
    }
    SlotInfo info;
    Yaml slot = slot_of(converting, domain, entry, info);
    put(slots, entry.key, std::move(slot));
    domain.slot_infos[entry.key] = std::move(info);
  }
  domain.slots = std::move(slots);
  for (auto& [name, form] : domain.form_infos) {
    std::erase_if(form.slots, [&, form_name = name](const auto& slot) {
      const auto known = domain.slot_infos.find(slot.first);
      if (known != domain.slot_infos.end()) {
        known->second.is_asked = true;
        return false;
      }
      converting.error("unknown_slot", slot.second,
                       fmt::format("the form '{}' asks for '{}', which is no slot; it was left out",
                                   form_name, slot.first));
      return true;
    });
  }
}

}  // namespace dialog::rasa

// Stories and rules, read as lists of what happens.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/convert_rasa.h"
#include "dialog/yaml_text.h"

namespace dialog::rasa {

namespace {

constexpr std::size_t ways_limit = 64;  // Of one story through its `or`s
constexpr std::size_t paths_limit = 20'000;
constexpr std::size_t items_limit = 300;  // Of one path, with its checkpoints

std::string scalar_of(const Yaml* node) { return node && node->is_scalar() ? node->text : ""; }

// `slots.x is "y"`; a text or a number is only said to be set, as Rasa's own stories mean it.
std::string condition_of(const std::string& slot, const Yaml& value, const Domain& domain) {
  const auto known = domain.slot_infos.find(slot);
  const std::string type = known == domain.slot_infos.end() ? "any" : known->second.type;
  if (value.is_null() ||
      (value.is_scalar() && !value.quoted && (value.text == "null" || value.text == "None"))) {
    return fmt::format("slots.{} is null", slot);
  }
  if (value.is_scalar() && !value.quoted && value.as_bool())
    return fmt::format("slots.{} is {}", slot, *value.as_bool() ? "true" : "false");
  if (value.is_scalar() && type == "categorical")
    return fmt::format("slots.{} is {}", slot, json::serialize(json::value(value.text)));
  return fmt::format("slots.{} is not null", slot);
}

}  // namespace

std::optional<Item> PathReader::read_slots(const Yaml& node) {
  Item item;
  item.kind = Item::Kind::slots;
  item.mark = node.mark;
  const auto add = [&](const std::string& slot, const Yaml& value, const Mark& mark) {
    if (slot == "requested_slot") {
      if (!value.is_null()) {
        converting_.warn("not_carried_over", mark,
                         fmt::format("what is asked last ('{}') is no condition here; a flow's own "
                                     "intent is heard at every question",
                                     value.text));
      }
      return;
    }
    if (!domain_.slot_infos.count(slot)) {
      converting_.warn("not_carried_over", mark,
                       fmt::format("no slot is called '{}', so this condition is left out", slot));
      return;
    }
    item.name += (item.name.empty() ? "" : " and ") + condition_of(slot, value, domain_);
    item.slots.insert(slot);
  };
  for (const Yaml::Entry& entry : node.entries) add(entry.key, entry.value, entry.key_mark);
  for (const Yaml& one : node.items) {
    if (one.is_scalar()) {
      Yaml anything = text("set");
      anything.quoted = true;
      add(one.text, anything, one.mark);
    }
    for (const Yaml::Entry& entry : one.entries) add(entry.key, entry.value, entry.key_mark);
  }
  if (node.is_scalar()) add(node.text, text("set"), node.mark);
  if (item.name.empty()) return std::nullopt;
  return item;
}

std::optional<Item> PathReader::read_intent(const Yaml& step) {
  const Yaml* intent = step.find("intent");
  Item item;
  item.kind = Item::Kind::intent;
  item.mark = step.mark;
  if (intent && intent->is_scalar() && !intent->text.empty()) {
    item.name = intent->text.substr(0, intent->text.find('{'));
    if (item.name.starts_with('/')) item.name.erase(0, 1);
    return item;
  }
  const std::string said = scalar_of(step.find("user"));
  if (said.starts_with('/')) {
    item.name = said.substr(
        1, said.find('{') == std::string::npos ? std::string::npos : said.find('{') - 1);
    return item;
  }
  converting_.warn("not_carried_over", step.mark,
                   "a story has the customer's words without an intent; give the step an 'intent', "
                   "and the words as an example of it in nlu/");
  return std::nullopt;
}

void PathReader::add(std::vector<Written>& ways, const Item& item) const {
  for (Written& way : ways) {
    if (way.path.items.size() < items_limit) way.path.items.push_back(item);
  }
}

void PathReader::read_or(const Yaml& alternatives, std::vector<Written>& ways) {
  std::vector<Written> all;
  for (const Yaml& one : alternatives.items) {
    if (all.size() + ways.size() > ways_limit) {
      converting_.warn("not_carried_over", one.mark,
                       fmt::format("the 'or's of this story make more than {} ways; the others are "
                                   "left out",
                                   ways_limit));
      break;
    }
    std::vector<Written> some = ways;
    if (read_step(one, some)) all.insert(all.end(), some.begin(), some.end());
  }
  if (!all.empty()) ways = std::move(all);
}

// False: what comes behind cannot be told.
bool PathReader::read_step(const Yaml& step, std::vector<Written>& ways) {
  if (!step.is_map()) {
    if (step.is_scalar() && step.text == "...") return true;
    converting_.error("wrong_kind", step.mark, "expected a step, such as 'intent: greet'");
    return false;
  }
  if (step.find("intent") || step.find("user")) {
    const auto item = read_intent(step);
    if (!item) return false;
    add(ways, *item);
    if (const Yaml* then = step.find("slot_was_set")) {
      if (auto set = read_slots(*then)) add(ways, *set);
    }
    return true;
  }
  Item item;
  item.mark = step.mark;
  if (const Yaml* action = step.find("action")) {
    item.name = scalar_of(action);
  } else if (const Yaml* said = step.find("bot")) {
    item.kind = Item::Kind::said;
    item.name = scalar_of(said);
  } else if (const Yaml* set = step.find("slot_was_set")) {
    if (auto slots = read_slots(*set)) add(ways, *slots);
    return true;
  } else if (const Yaml* loop = step.find("active_loop")) {
    item.kind = Item::Kind::loop;
    item.name = loop->is_null() || loop->text == "null" ? "" : loop->text;
    add(ways, item);
    return true;
  } else if (const Yaml* checkpoint = step.find("checkpoint")) {
    for (Written& way : ways) {
      (way.path.items.empty() ? way.begins_at : way.ends_at) = scalar_of(checkpoint);
    }
    return true;
  } else if (const Yaml* alternatives = step.find("or")) {
    read_or(*alternatives, ways);
    return true;
  } else {
    converting_.error("unsupported_key", step.mark,
                      fmt::format("'{}' is no step of a story that can be carried over",
                                  step.entries.empty() ? "" : step.entries.front().key));
    return false;
  }
  if (item.name.empty()) {
    converting_.error("wrong_kind", step.mark, "this step names nothing");
    return false;
  }
  add(ways, item);
  return true;
}

void PathReader::read_one(const Yaml& node, bool is_rule) {
  const Yaml* name = node.find(is_rule ? "rule" : "story");
  const Yaml* steps = node.find("steps");
  if (!name || !steps || !steps->is_sequence()) {
    return converting_.error("missing_key", node.mark,
                             is_rule ? "a rule has 'rule', its name, and 'steps'"
                                     : "a story has 'story', its name, and 'steps'");
  }
  Written written;
  written.path.name = scalar_of(name);
  written.path.mark = node.mark;
  written.path.is_rule = is_rule;
  if (const Yaml* opens = node.find("conversation_start"))
    written.path.opens = opens->as_bool().value_or(false);
  std::vector<Written> ways{written};
  if (const Yaml* conditions = node.find("condition")) {
    const std::vector<Yaml> one{*conditions};
    for (const Yaml& each : conditions->is_sequence() ? conditions->items : one) {
      if (const Yaml* loop = each.find("active_loop")) {
        for (Written& way : ways)
          way.path.loop = loop->is_null() || loop->text == "null" ? "" : loop->text;
      } else if (const Yaml* set = each.find("slot_was_set")) {
        if (auto slots = read_slots(*set)) add(ways, *slots);
      }
    }
  }
  for (const Yaml& step : steps->items) {
    if (!read_step(step, ways)) break;
    const bool is_at_end = std::any_of(ways.begin(), ways.end(),
                                       [](const Written& way) { return !way.ends_at.empty(); });
    if (is_at_end && &step != &steps->items.back()) {
      converting_.warn("not_carried_over", step.mark,
                       "a checkpoint stands in the middle of this story; what comes behind it is "
                       "left out: make it a story of its own that begins with the checkpoint");
      break;
    }
  }
  written_.insert(written_.end(), ways.begin(), ways.end());
}

void PathReader::read(const Yaml& stories, bool are_rules) {
  if (stories.is_null()) return;
  if (!stories.is_sequence()) {
    return converting_.error("wrong_kind", stories.mark,
                             fmt::format("'{}' is a list", are_rules ? "rules" : "stories"));
  }
  for (const Yaml& one : stories.items) read_one(one, are_rules);
}

void PathReader::follow(const Written& written, std::set<std::string>& visited,
                        std::vector<Path>& paths) {
  if (paths.size() >= paths_limit || written.path.items.size() >= items_limit) {
    if (paths.size() == paths_limit) {
      converting_.warn(
          "not_carried_over", written.path.mark,
          fmt::format("checkpoints make more than {} ways; the others are left out", paths_limit));
      paths.push_back(written.path);
    }
    return;
  }
  if (written.ends_at.empty()) return paths.push_back(written.path);
  if (!visited.insert(written.ends_at).second) {
    converting_.warn("not_carried_over", written.path.mark,
                     fmt::format("the checkpoint '{}' leads back to itself; the story ends there: "
                                 "in a flow, write 'next' with the id of the step to go back to",
                                 written.ends_at));
    return paths.push_back(written.path);
  }
  bool is_found = false;
  for (const Written& after : written_) {
    if (after.begins_at != written.ends_at) continue;
    is_found = true;
    Written joined = written;
    joined.ends_at = after.ends_at;
    joined.path.items.insert(joined.path.items.end(), after.path.items.begin(),
                             after.path.items.end());
    follow(joined, visited, paths);
  }
  visited.erase(written.ends_at);
  if (is_found) return;
  converting_.warn("not_carried_over", written.path.mark,
                   fmt::format("no story begins with the checkpoint '{}'", written.ends_at));
  paths.push_back(written.path);
}

std::vector<Path> PathReader::finish() {
  std::vector<Path> paths;
  std::set<std::string> reached;
  for (const Written& one : written_) reached.insert(one.ends_at);
  for (const Written& one : written_) {
    std::set<std::string> visited;
    if (!one.begins_at.empty() && !reached.count(one.begins_at)) {
      converting_.warn("not_carried_over", one.path.mark,
                       fmt::format("no story ends with the checkpoint '{}', at which this one "
                                   "begins",
                                   one.begins_at));
    } else if (one.begins_at.empty()) {
      follow(one, visited, paths);
    }
  }
  return paths;
}

}  // namespace dialog::rasa

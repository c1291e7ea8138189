// migrations.yml: what flows, steps and slots of earlier versions are called now.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

using Kind = Renaming::Kind;

constexpr std::size_t renamings_max = 1000;

// "old: new", as often as there are entries.
void read_renamings(Draft& draft, const Yaml& node, const std::string& what, Kind kind,
                    const std::string& flow, std::map<std::string, std::string>& names) {
  if (!expect_map(draft, node, what)) return;
  for (const Yaml::Entry& entry : node.entries) {
    const auto to = read_text(draft, entry.value, fmt::format("the new name of '{}'", entry.key));
    if (!to) continue;
    if (draft.renamings.size() == renamings_max) {
      draft.error("too_many", entry.key_mark,
                  fmt::format("migrations.yml has at most {} names", renamings_max));
      return;
    }
    names[entry.key] = *to;
    draft.renamings.push_back({kind, flow, entry.key, *to, entry.key_mark, entry.value.mark});
  }
}

const std::map<std::string, std::string>& names_of(const Bot& bot, const Renaming& one) {
  static const std::map<std::string, std::string> none;
  if (one.kind == Kind::flow) return bot.migrations.flows;
  if (one.kind == Kind::slot) return bot.migrations.slots;
  const auto steps = bot.migrations.steps.find(one.flow);
  return steps == bot.migrations.steps.end() ? none : steps->second;
}

std::vector<std::string> known_names(const Bot& bot, const Renaming& one) {
  std::vector<std::string> names;
  if (one.kind == Kind::flow) {
    for (const auto& [name, flow] : bot.flows) names.push_back(name);
  } else if (one.kind == Kind::slot) {
    for (const auto& [name, slot] : bot.slots) names.push_back(name);
  } else if (const Flow* flow = bot.find_flow(one.flow)) {
    for (const Step& step : flow->steps) names.push_back(step.id);
  }
  return names;
}

bool exists(const Bot& bot, const Renaming& one, const std::string& name) {
  if (one.kind == Kind::flow) return bot.find_flow(name) != nullptr;
  if (one.kind == Kind::slot) return bot.find_slot(name) != nullptr;
  const Flow* flow = bot.find_flow(one.flow);
  return flow != nullptr && flow->find_step(name) != nullptr;
}

// Over all renamings, whether the name comes back to itself.
bool is_circle(const std::map<std::string, std::string>& names, const std::string& from) {
  std::string name = from;
  for (std::size_t i = 0; i <= names.size(); ++i) {
    const auto next = names.find(name);
    if (next == names.end()) return false;
    name = next->second;
    if (name == from) return true;
  }
  return false;
}

void check(Draft& draft, const Renaming& one) {
  static constexpr const char* kinds[] = {"flow", "slot", "step"};
  static constexpr const char* codes[] = {"unknown_flow", "unknown_slot", "unknown_step"};
  const auto kind = static_cast<std::size_t>(one.kind);
  const Bot& bot = draft.bot;
  if (one.kind == Kind::step && bot.find_flow(one.flow) == nullptr) return;  // Said already.
  const auto& names = names_of(bot, one);
  if (is_circle(names, one.from)) {
    return draft.error("migration_circle", one.from_mark,
                       fmt::format("'{}' comes back to itself here", one.from));
  }
  if (exists(bot, one, one.from)) {
    draft.warn(
        "needless_migration", one.from_mark,
        fmt::format("there is still a {} '{}', so it keeps its name", kinds[kind], one.from));
  }
  if (exists(bot, one, one.to) || names.count(one.to) != 0) return;
  const std::string what = one.kind == Kind::step
                               ? fmt::format("flow '{}' has no step '{}'", one.flow, one.to)
                               : fmt::format("no {} is called '{}'", kinds[kind], one.to);
  draft.error(codes[kind], one.to_mark, what + nlu::did_you_mean(one.to, known_names(bot, one)));
}

}  // namespace

void read_migrations(Draft& draft, const Yaml& file) {
  if (file.is_null() || !expect_map(draft, file, "this file")) return;
  check_keys(draft, file, migrations_keys);
  Migrations& migrations = draft.bot.migrations;
  if (const Yaml* flows = file.find("flows"))
    read_renamings(draft, *flows, "'flows'", Kind::flow, "", migrations.flows);
  if (const Yaml* slots = file.find("slots"))
    read_renamings(draft, *slots, "'slots'", Kind::slot, "", migrations.slots);
  const Yaml* steps = file.find("steps");
  if (steps != nullptr && expect_map(draft, *steps, "'steps'")) {
    for (const Yaml::Entry& flow : steps->entries) {
      draft.refer(Reference::Kind::flow, flow.key, flow.key_mark);
      read_renamings(draft, flow.value, fmt::format("the steps of '{}'", flow.key), Kind::step,
                     flow.key, migrations.steps[flow.key]);
    }
  }
  if (const Yaml* at_once = file.find("at_once"))
    migrations.at_once = read_bool(draft, *at_once, "'at_once'").value_or(false);
}

void check_migrations(Draft& draft) {
  for (const Renaming& one : draft.renamings) check(draft, one);
}

}  // namespace dialog

// The schemas themselves are played by tests/schema; here is what hangs together over the tables.
#include "dialog/schema.h"

#include <functional>
#include <map>
#include <set>
#include <tuple>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/draft.h"
#include "dialog/load.h"
#include "nlu/training_keys.h"

using dialog::Form;
using dialog::Key;
using dialog::Keys;

namespace {

// Every table that a bot's files lead to.
std::set<const Keys*> tables() {
  std::set<const Keys*> all;
  std::function<void(const Form&)> visit_form;
  const std::function<void(const Keys&)> visit = [&](const Keys& keys) {
    if (!all.insert(&keys).second) return;
    for (const Key& key : keys.own) visit_form(key.form);
    if (keys.also != nullptr) visit(*keys.also);
    if (keys.others != nullptr) visit_form(*keys.others);
    for (const Keys* kind : keys.kinds) visit(*kind);
  };
  visit_form = [&](const Form& form) {
    if (form.keys != nullptr) visit(*form.keys);
    for (const Form* one : form.forms) visit_form(*one);
  };
  for (const dialog::FileKind& kind : dialog::file_kinds()) visit_form(kind.form);
  return all;
}

}  // namespace

TEST_CASE("tables have ids of their own, and no key twice") {
  std::map<std::string_view, const Keys*> ids;
  REQUIRE(tables().size() > 70);
  for (const Keys* keys : tables()) {
    if (keys->id.empty()) continue;  // Keys that two tables share
    INFO(keys->id);
    CHECK(ids.emplace(keys->id, keys).second);
    CHECK_FALSE(keys->what.empty());
    CHECK(keys->about.ends_with('.'));
    std::set<std::string> names;
    for (const std::string& name : keys->names()) CHECK(names.insert(name).second);
  }
}

TEST_CASE("keys say what they are for, and ways name keys") {
  for (const Keys* keys : tables()) {
    for (const Key& key : keys->own) {
      INFO(keys->id << "." << key.name);
      CHECK_FALSE(key.about.empty());
      CHECK_FALSE(key.about.ends_with('.'));
      CHECK(key.form.min <= key.form.max);
    }
    for (const std::string_view way : keys->ways) {
      std::string_view rest = way;
      while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        INFO(keys->id << ": " << way);
        CHECK(keys->find(rest.substr(0, space)) != nullptr);
        rest.remove_prefix(std::min(space + 1, rest.size()));
      }
    }
  }
}

TEST_CASE("a key that is refused is none of those that may be written") {
  CHECK(dialog::step_keys.find("branch") == nullptr);
  REQUIRE(dialog::step_keys.find_refused("branch") != nullptr);
  const auto names = dialog::step_keys.names();
  CHECK(std::find(names.begin(), names.end(), "branch") == names.end());
  // What is refused of a step by itself may belong to a kind of step.
  REQUIRE(dialog::step_keys.find_kind("collect") != nullptr);
  CHECK(dialog::step_keys.find_kind("collect")->find("utter") != nullptr);
  CHECK(dialog::step_keys.find_kind("say")->find_refused("utter") != nullptr);
  CHECK(dialog::step_keys.find_kind("utter") == nullptr);
}

TEST_CASE("what the table says of a key without a value is what holds in bot.yml") {
  const std::string flow =
      "flows:\n  a:\n    description: Try\n    if: false\n    steps: [{say: Hello there}]\n"
      "nlu:\n";
  std::string written, intents = flow;
  const auto write = [&](const Keys& keys, std::string_view name, std::string_view indent = "") {
    const std::string_view standard = keys[name].standard;
    const std::size_t open = standard.find('`');
    REQUIRE(open != standard.npos);
    const auto value = standard.substr(open + 1, standard.find('`', open + 1) - open - 1);
    written += fmt::format("{}{}: {}\n", indent, name, value);
  };
  for (const char* name : {"language", "time_zone", "session_timeout_min"}) {
    write(dialog::bot_keys, name);
  }
  written += "understanding:\n";
  for (const Key& key : dialog::understanding_keys.own) {
    write(dialog::understanding_keys, key.name, "  ");
  }
  written += "backend:\n";
  write(dialog::backend_settings_keys, "timeout_s", "  ");
  written += "action_endpoint:\n  url: http://localhost:5055/webhook\n";
  write(dialog::action_endpoint_keys, "timeout_s", "  ");
  written += "model:\n";
  write(dialog::model_keys, "seed", "  ");
  written += "silence:\n  timeout_s: 60\n";
  write(dialog::silence_keys, "times", "  ");
  for (const char* intent :
       {"affirm", "deny", "cancel", "repeat", "restart", "skip", "talk_to_person", "out_of_scope",
        "chitchat", "greet", "goodbye", "thank", "thanks"}) {
    intents += fmt::format("  - intent: {0}\n    examples: [one {0}, two {0}]\n", intent);
  }
  const auto load = [&](const std::string& settings) {
    const dialog::Loaded loaded =
        dialog::load_bot_from({{"bot.yml", settings}, {"domain.yml", intents}});
    for (const auto& one : loaded.diagnostics) UNSCOPED_INFO(nlu::to_string(one));
    REQUIRE(loaded.bot);
    return loaded.bot;
  };
  const dialog::BotPtr read = load(written), bare = load("");
  CHECK(read->language == bare->language);
  CHECK(read->time_zone == bare->time_zone);
  CHECK(read->session_timeout == bare->session_timeout);
  CHECK(read->backend_timeout == bare->backend_timeout);
  CHECK(read->action_timeout == bare->action_timeout);
  CHECK(read->training_seed == bare->training_seed);
  CHECK(read->silence_times == bare->silence_times);
  const dialog::Understanding &one = read->understanding, &other = bare->understanding;
  CHECK(one.intent_threshold == other.intent_threshold);
  CHECK(one.ambiguity_margin == other.ambiguity_margin);
  CHECK(one.outside_threshold == other.outside_threshold);
  CHECK(one.small_talk == other.small_talk);
  CHECK(std::tie(one.affirm, one.deny, one.cancel, one.repeat, one.restart, one.skip, one.handover,
                 one.out_of_scope, one.chitchat) ==
        std::tie(other.affirm, other.deny, other.cancel, other.repeat, other.restart, other.skip,
                 other.handover, other.out_of_scope, other.chitchat));
}

TEST_CASE("words of the tables are in the order of what they mean") {
  CHECK(dialog::input_types[static_cast<std::size_t>(dialog::InputType::any)] == "any");
  CHECK(dialog::input_types[static_cast<std::size_t>(dialog::InputType::date)] == "date");
  CHECK(dialog::input_types[static_cast<std::size_t>(dialog::InputType::file)] == "file");
  CHECK(dialog::slot_types[static_cast<std::size_t>(dialog::SlotType::boolean)] == "bool");
  CHECK(dialog::slot_types[static_cast<std::size_t>(dialog::SlotType::any)] == "any");
  using Kind = dialog::SlotMapping::Kind;
  CHECK(dialog::mapping_kinds[static_cast<std::size_t>(Kind::from_entity)] == "from_entity");
  CHECK(dialog::mapping_kinds[static_cast<std::size_t>(Kind::controlled)] == "controlled");
  CHECK(dialog::weekdays[6] == "sunday");
}

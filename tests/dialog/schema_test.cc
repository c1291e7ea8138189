// The schemas themselves are played by tests/schema; here is what hangs together over the tables.
#include "dialog/schema.h"

#include <functional>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "dialog/draft.h"
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

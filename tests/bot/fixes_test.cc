#include "bot/fixes.h"

#include <catch2/catch.hpp>

#include "dialog/check.h"
#include "dialog/load_edited.h"
#include "tests/bot/scratch.h"

namespace {

nlu::Diagnostics check(const std::string& folder, const bot::FileTexts& edited = {}) {
  dialog::Loaded loaded = dialog::load_bot_edited(folder, edited);
  if (loaded.bot) dialog::check_warnings(*loaded.bot, loaded.diagnostics);
  dialog::tidy(loaded.diagnostics);
  return loaded.diagnostics;
}

const std::string domain =
    "slots:\n"
    "  city: {type: text}\n"
    "responses:\n"
    "  utter_ask_city: [{text: Which city}]\n"
    "  utter_done: [{text: \"Done with {city}.\"}]\n";

std::string flow(const std::string& steps) {
  return "flows:\n  a:\n    description: Try it\n    nlu_trigger: [{intent: book}]\n    steps:\n" +
         steps;
}

const std::string examples = "nlu:\n  - intent: book\n    examples: |\n      - book it\n";

// The flow's text after all that is safe was corrected; "" when nothing was.
std::string fixed(const std::string& steps, const std::string& slots = domain) {
  const Scratch folder;
  folder.write("domain.yml", slots);
  folder.write("nlu/a.yml", examples);
  folder.write("flows/a.yml", flow(steps));
  const auto files =
      bot::fix(folder.path(), check(folder.path()),
               [&](const bot::FileTexts& edited) { return check(folder.path(), edited); });
  REQUIRE(files);
  CHECK(files->size() <= 1);
  if (files->empty()) return "";
  CHECK(files->begin()->second.before == flow(steps));
  return files->begin()->second.after.substr(flow("").size());
}

}  // namespace

TEST_CASE("a misspelt name with one near candidate is written right; all else stays") {
  CHECK(fixed("      # asks\n      - colect: city   # the town\n") ==
        "      # asks\n      - collect: city   # the town\n");
  CHECK(fixed("      - collect: \"citty\"\n") == "      - collect: \"city\"\n");
  CHECK(fixed("      - collect: city\r\n        next: end\r\n") ==
        "      - collect: city\r\n        next: END\r\n");
  CHECK(fixed("      - collect: city\n      - say: utter_dnoe\n") ==
        "      - collect: city\n      - say: utter_done\n");
  CHECK(fixed("      - collect: city\n      - say: dnoe\n") ==  // Written without its prefix.
        "      - collect: city\n      - say: done\n");
  CHECK(fixed("      - collect: city\n        next:\n          - if: slots.ciyt is \"x\"\n"
              "            then: END\n          - else: END\n")
            .find("if: slots.city is") != std::string::npos);
}

TEST_CASE("one mistake may hide another") {
  CHECK(fixed("      - colect: citty\n") == "      - collect: city\n");
}

TEST_CASE("operators and placeholders of other languages are written in ours") {
  const std::string before = "      - collect: city\n        next:\n          - if: ";
  const std::string after = "\n            then: END\n          - else: END\n";
  CHECK(fixed(before + "slots.city = \"a\" || !slots.city" + after) ==
        before + "slots.city = \"a\" or not slots.city" + after);
  CHECK(fixed(before + "slots.city&&true" + after) == before + "slots.city and true" + after);
  CHECK(fixed("      - collect: city\n      - say: \"{{ slots.city }} or {{city}}!\"\n") ==
        "      - collect: city\n      - say: \"{city} or {city}!\"\n");
}

TEST_CASE("an action that is a response gets its prefix") {
  CHECK(fixed("      - collect: city\n      - action: done\n") ==
        "      - collect: city\n      - action: utter_done\n");
}

TEST_CASE("what could mean two things is left alone") {
  CHECK(fixed("      - collect: cit\n",
              domain.substr(0, 7) + "  cita: {type: text}\n  citb: {type: text}\n"
                                    "responses:\n  utter_done: [{text: Done}]\n  utter_ask_cita: "
                                    "A?\n  utter_ask_citb: B?\n") == "");
  CHECK(fixed("      - collect: town\n") == "");    // No candidate
  CHECK(fixed("      - action: book_it\n") == "");  // No response of that name, either.
  CHECK(fixed("      - say: \"{{ city | upper }}\"\n") == "");
}

TEST_CASE("a misspelt key beside the one it is like is left alone") {
  CHECK(fixed("      - say: utter_done\n        next: END\n        nxt: END\n") == "");
}

TEST_CASE("an edit that does not help is dropped") {
  const Scratch folder;
  folder.write("a.yml", "one: citty\n");
  const nlu::Diagnostic finding{nlu::Severity::error,
                                "unknown_slot",
                                {"a.yml", 1, 6},
                                "no slot is called 'citty'; did you mean 'city'?"};
  int checks = 0;
  const auto stays = bot::fix(folder.path(), {finding}, [&](const bot::FileTexts& edited) {
    ++checks;
    CHECK(edited.at("a.yml") == "one: city\n");
    return nlu::Diagnostics{finding};
  });
  REQUIRE(stays);
  CHECK(stays->empty());
  CHECK(checks == 1);
  const auto worse = bot::fix(folder.path(), {finding}, [&](const bot::FileTexts&) {
    return nlu::Diagnostics{
        {nlu::Severity::error, "type_mismatch", {"a.yml", 1, 1}, "of another type"}};
  });
  REQUIRE(worse);
  CHECK(worse->empty());
}

TEST_CASE("what is corrected is shown as patch reads it") {
  const bot::Fixed file{
      "\xEF\xBB\xBF"
      "a: 1\nb: citty\r\nc\n",
      "\xEF\xBB\xBF"
      "a: 1\nb: city\r\nc\n",
      1};
  CHECK(bot::diff("f/a.yml", file) ==
        "--- f/a.yml\n+++ f/a.yml\n@@ -2 +2 @@\n-b: citty\r\n+b: city\r\n");
}

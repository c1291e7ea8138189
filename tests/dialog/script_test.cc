#include "dialog/script.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "dialog/judge.h"
#include "dialog/load.h"
#include "nlu/base/unicode.h"
#include "nlu/language.h"

using namespace dialog;

namespace {

// Knows a bot's examples by heart, and nothing else; entities by its regexes.
class ByHeart : public nlu::Interpreter {
 public:
  explicit ByHeart(const Bot& bot) : bot_(bot), languages_({bot.language, "zh"}) {}

  std::vector<nlu::Interpretation> interpret(std::span<const nlu::Utterance> all) const override {
    std::vector<nlu::Interpretation> meanings;
    for (const nlu::Utterance& one : all) meanings.push_back(meaning_of(one.text));
    return meanings;
  }
  const std::string& version() const override { return version_; }

 private:
  nlu::Interpretation meaning_of(const std::string& text) const {
    nlu::Interpretation meaning;
    nlu::Segment segment{{0, text.size()}, {{"hours", 0.05}}, 0.9, 0};
    for (const nlu::Example& example : bot_.training.examples) {
      if (nlu::fold(example.text) != nlu::fold(text)) continue;
      segment.intents = {{example.intent, 0.95}};
      segment.p_outside = 0.02;
    }
    meaning.segments.push_back(segment);
    for (const nlu::Pattern& pattern : bot_.training.patterns) {
      const auto regex = nlu::Regex::compile(pattern.regex);
      REQUIRE(regex);
      for (const auto& match : regex->find_all(text)) {
        nlu::Entity entity;
        entity.type = pattern.entity;
        entity.span = {match.begin, match.end};
        entity.value = text.substr(match.begin, match.end - match.begin);
        entity.source = "regex";
        meaning.entities.push_back(entity);
      }
    }
    meaning.language = languages_.identify(text, nlu::split_words(text), meaning.entities);
    return meaning;
  }

  const Bot& bot_;
  nlu::LanguageIdentifier languages_;
  std::string version_ = "by heart";
};

const std::string folder = std::string(USHER_SOURCE_DIR) + "/tests/conversations/parcels";

BotPtr parcels() {
  static const Loaded loaded = load_bot(folder);
  for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
  REQUIRE(loaded.bot);
  return loaded.bot;
}

Script script_of(const std::string& text, nlu::Diagnostics& diagnostics) {
  const auto file = nlu::parse_yaml(text, "tests/x.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  return read_script(std::get<nlu::Yaml>(file), diagnostics);
}

std::string refusal(const std::string& text) {
  nlu::Diagnostics diagnostics;
  (void)script_of(text, diagnostics);
  return diagnostics.empty() ? "fine" : to_string(diagnostics.front());
}

std::string report_of(const std::string& text) {
  nlu::Diagnostics diagnostics;
  const Script script = script_of(text, diagnostics);
  REQUIRE(diagnostics.empty());
  const ByHeart interpreter(*parcels());
  return rehearse(*parcels(), &interpreter, script).value_or("fine");
}

}  // namespace

TEST_CASE("the conversations of the language itself go as written") {
  nlu::Diagnostics diagnostics;
  const std::vector<Script> scripts = read_scripts(folder + "/tests", diagnostics);
  for (const nlu::Diagnostic& one : diagnostics) FAIL_CHECK(to_string(one));
  CHECK(scripts.size() >= 15);
  const ByHeart interpreter(*parcels());
  for (const Script& script : scripts) {
    const auto report = rehearse(*parcels(), &interpreter, script);
    if (report) FAIL_CHECK(*report);
  }
}

TEST_CASE("a turn that goes another way is told with place, meaning and step") {
  const std::string report = report_of(
      "- customer: I want to send it back\n  bot: ask_parcel\n- customer: it is 10423\n"
      "  bot: [ask_sure]\n  slots: {parcel: \"1\"}\n");
  INFO(report);
  CHECK(report.find("tests/x.yml:3: customer \"it is 10423\"\n"
                    "  expected bot: utter_ask_sure\n       got bot: utter_ask_reason\n"
                    "  expected slot parcel: \"1\"\n       got: \"10423\"\n") == 0);
  CHECK(report.find("intents: hours 0.05, outside 0.90") != std::string::npos);
  CHECK(report.find("entities: parcel=10423 (regex)") != std::string::npos);
  CHECK(report.find(R"(commands: {"set_slot":{"parcel":"10423"}})") != std::string::npos);
  CHECK(report.find("last step: flows/parcels.yml:37: give_back, step ") != std::string::npos);
}

TEST_CASE("wording, buttons and events are checked when they are stated") {
  CHECK(report_of("- customer: when are you open\n  bot_says: ten\n")
            .find("expected bot_says: ten") != std::string::npos);
  CHECK(report_of("- customer: when are you open\n  buttons: [a]\n").find("got buttons: nothing") !=
        std::string::npos);
  CHECK(report_of("- customer: when are you open\n  events: [asked]\n")
            .find("expected event: asked") != std::string::npos);
  CHECK(report_of("- customer: when are you open\n  bot: hours\n") == "fine");
}

TEST_CASE("a script's mistakes are found when it is read") {
  CHECK(refusal("- customr: hi\n") ==
        "tests/x.yml:1:3: 'customr' is no key of a turn; did you mean 'customer'?");
  CHECK(refusal("- bot: hi\n") ==
        "tests/x.yml:1:3: a turn needs 'customer', 'payload', 'attachment', 'commands', "
        "'silence_s' or 'opens'");
  CHECK(refusal("{}\n") ==
        "tests/x.yml:1:1: expected a list of turns, each with 'customer' and 'bot'");
  CHECK(refusal("- silence_s: long\n") == "tests/x.yml:1:14: 'silence_s' is a number of seconds");
  CHECK(refusal("- customer: a\n  commands: [fly: 1]\n").find("no command is called 'fly'") !=
        std::string::npos);
  CHECK(refusal("- customer: a\n  bot: {a: b}\n").find("'bot' is a text or a list of texts") !=
        std::string::npos);
  CHECK(refusal("now: soon\nscript:\n  - customer: a\n") ==
        "tests/x.yml:1:6: 'now' is a time like 2026-01-05T10:00");
}

TEST_CASE("no folder is no script") {
  nlu::Diagnostics diagnostics;
  CHECK(read_scripts("/no/such/folder", diagnostics).empty());
  CHECK(diagnostics.empty());
}

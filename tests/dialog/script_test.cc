#include "dialog/script.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "dialog/judge.h"
#include "tests/dialog/by_heart.h"

using namespace dialog;

namespace {

Script script_of(const std::string& text, nlu::Diagnostics& diagnostics) {
  const auto file = nlu::parse_yaml(text, "tests/x.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  const std::vector<Script> scripts = read_script(std::get<nlu::Yaml>(file), diagnostics);
  REQUIRE(scripts.size() == 1);
  return scripts.front();
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
  const auto failure = rehearse(*parcels(), &interpreter, script);
  return failure ? failure->report : "fine";
}

}  // namespace

TEST_CASE("the conversations of the language itself go as written") {
  for (const char* name : {"parcels", "calm"}) {
    const std::string folder = std::string(USHER_SOURCE_DIR "/tests/conversations/") + name;
    const Loaded loaded = load_bot(folder);
    REQUIRE(loaded.bot);
    nlu::Diagnostics diagnostics;
    const std::vector<Script> scripts = read_scripts(folder + "/tests", diagnostics);
    for (const nlu::Diagnostic& one : diagnostics) FAIL_CHECK(to_string(one));
    CHECK(scripts.size() >= 15);
    const ByHeart interpreter(*loaded.bot);
    for (const Script& script : scripts) {
      const auto failure = rehearse(*loaded.bot, &interpreter, script);
      if (failure) FAIL_CHECK(failure->report);
    }
  }
}

TEST_CASE("a turn that goes another way is told with place, meaning and step") {
  const std::string report = report_of(
      "- customer: I want to send it back\n  bot: ask_parcel\n- customer: it is 10423\n"
      "  bot: [ask_sure]\n  slots: {parcel: \"1\"}\n");
  INFO(report);
  CHECK(report.find("tests/x.yml:3: customer \"it is 10423\"\n"
                    "  tests/x.yml:4: expected bot: utter_ask_sure\n"
                    "                      got bot: utter_ask_reason\n"
                    "  tests/x.yml:5: expected slot parcel: \"1\"\n"
                    "                      got slot parcel: \"10423\"\n") == 0);
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
  CHECK(refusal("- customer: a\n  bot: {a: b, c: d}\n") ==
        "tests/x.yml:2:8: 'bot' has names of responses; one in certain words is written as "
        "{ask_date: which day}");
  CHECK(refusal("- customer: a\n  events: {a: b}\n") ==
        "tests/x.yml:2:11: 'events' is a text or a list of texts");
  CHECK(refusal("- customer: a\n  flows: {startd: b}\n") ==
        "tests/x.yml:2:11: 'startd' is no key of 'flows'; did you mean 'started'?");
  CHECK(refusal("now: soon\nscript:\n  - customer: a\n") ==
        "tests/x.yml:1:6: 'now' is a time like 2026-01-05T10:00");
}

TEST_CASE("flows that begin, end, are interrupted and go on can be expected") {
  CHECK(
      report_of("- customer: I want to send it back\n  flows: {started: [give_back, ask_parcel]}\n"
                "- customer: when are you open\n"
                "  flows: {started: hours, completed: hours, interrupted: give_back,"
                " resumed: give_back, not_started: track}\n"
                "- customer: forget it\n  flows: {cancelled: give_back}\n") == "fine");
  const std::string wrong =
      report_of("- customer: when are you open\n  flows:\n    completed: give_back\n");
  INFO(wrong);
  CHECK(wrong.find("  tests/x.yml:3: expected flow completed: give_back\n") != std::string::npos);
  CHECK(wrong.find("got flow completed: hours started, hours completed\n") != std::string::npos);
  CHECK(report_of("- customer: when are you open\n  flows: {not_started: hours}\n")
            .find("expected flow not started: hours") != std::string::npos);
}

TEST_CASE("a reply can be expected in its own words, with its buttons, or not at all") {
  CHECK(report_of("- customer: send 10423 back\n"
                  "  bot: {ask_reason: {says: [Why, '\\?$'], buttons: [wrong size, broken, changed "
                  "mind]}}\n  not_bot: [kept, {ask_reason: Because}]\n"
                  "  not_bot_says: Because\n"
                  "- customer: when are you open\n"
                  "  bot: [{hours: five}, continue_interrupted, {ask_reason: {text: 'Why?'}}]\n") ==
        "fine");
  CHECK(report_of("- customer: when are you open\n  bot: {hours: midnight}\n")
            .find("expected bot: utter_hours /midnight/\n"
                  "                      got bot: utter_hours \"Nine to five.\"\n") !=
        std::string::npos);
  CHECK(report_of("- customer: when are you open\n  not_bot: hours\n")
            .find("expected not bot: utter_hours\n") != std::string::npos);
  CHECK(report_of("- customer: when are you open\n  not_bot_says: Nine\n")
            .find("expected not_bot_says: Nine\n") != std::string::npos);
}

TEST_CASE("what is said not to happen has a name that the bot knows") {
  const auto is_told = [](const std::string& expectation, const std::string& words) {
    const std::string report = report_of("- customer: track 10423\n  " + expectation + "\n");
    INFO(report);
    CHECK(report.find(words) != std::string::npos);
  };
  is_told("not_bot: parcel_stat", "no response is called so");
  is_told("flows: {not_started: trak}", "no flow is called so; did you mean 'track'?");
  is_told("slots: {parcl: null}", "no slot is called so; did you mean 'parcel'?");
}

TEST_CASE("one thing happens in a turn") {
  nlu::Diagnostics diagnostics;
  script_of("- customer: hello\n  silence_s: 60\n", diagnostics);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message == "a turn has 'customer' or 'silence_s'; make it two turns");
}

TEST_CASE("calls to the backend are expected by method, path and body") {
  const std::string book =
      "- customer: send 10423 back\n  calls: []\n- customer: changed mind\n- customer: yes "
      "please\n";
  CHECK(report_of(book + "  calls: [{post: /returns, json: {parcel: \"10423\"}}]\n"
                         "  actions: [utter_booked]\n") == "fine");
  CHECK(report_of("- customer: track 10423\n  calls: get /parcels/{any}\n") == "fine");
  const std::string wrong = report_of(book + "  calls: [{post: /returns, json: {parcel: x}}]\n");
  INFO(wrong);
  CHECK(wrong.find(R"(expected calls: POST /returns {"parcel":"x"})") != std::string::npos);
  CHECK(wrong.find(R"(got calls: POST /returns {"parcel":"10423"})") != std::string::npos);
  CHECK(report_of("- customer: track 10423\n  calls: []\n").find("expected calls: nothing\n") !=
        std::string::npos);
  CHECK(report_of("- customer: track 10423\n  actions: utter_booked\n")
            .find("expected action: utter_booked\n") != std::string::npos);
}

TEST_CASE("a script plays the backend itself, for all of it, for a turn, or as failing") {
  CHECK(report_of(
            "backend:\n  - when: {get: /parcels/10777}\n    reply: {json: {status: stolen}}\n"
            "script:\n  - commands: [StartFlow(track), SetSlot(parcel, 10777)]\n    bot_says: "
            "10777 is stolen\n"
            "  - customer: track 10423\n    bot_says: on its way\n"
            "  - customer: track 10423\n"
            "    backend: [{when: {any: /parcels/*}, reply: {json: {status: lost}}}]\n"
            "    bot_says: 10423 is lost\n"
            "  - customer: track 10423\n    backend_fails: timeout\n    bot: [slow, completed]\n"
            "  - customer: track 10423\n    backend_fails: 503\n    bot: internal_error\n"
            "  - customer: track 10423\n    bot_says: on its way\n") == "fine");
  CHECK(refusal("- customer: a\n  backend_fails: never\n") ==
        "tests/x.yml:2:18: 'backend_fails' is timeout, failed, unknown, refused or a status such "
        "as 503");
}

TEST_CASE("a script begins with slots, at a time, in a zone, in a language") {
  CHECK(report_of("slots: {parcel: 10423}\nlanguage: zh\nseed: 7\nscript:\n"
                  "  - opens: true\n    slots: {parcel: \"10423\"}\n    language: zh\n") == "fine");
  CHECK(report_of("slots: {pracel: 10423}\nscript: [{opens: true}]\n") ==
        "tests/x.yml:1:9: no slot is called 'pracel'; did you mean 'parcel'?\n");
  nlu::Diagnostics diagnostics;
  const auto now = [&](const std::string& head) {
    return script_of(head + "script: [{opens: true}]\n", diagnostics).now;
  };
  CHECK(now("") == rehearsal_begins);
  CHECK(now("now: 2026-01-05T10:00\n") == rehearsal_begins);
  CHECK(now("now: 2026-01-05T11:00\ntime_zone: Europe/Berlin\n") == rehearsal_begins);
  CHECK(now("now: 2026-01-05T12:00+02:00\n") == rehearsal_begins);
  CHECK(diagnostics.empty());
  CHECK(refusal("time_zone: Europe/Berlyn\nscript: [{opens: true}]\n") ==
        "tests/x.yml:1:12: 'Europe/Berlyn' is no time zone; write one such as Europe/Berlin");
}

TEST_CASE("commands are stated as maps, as calls and line by line") {
  const std::string wanted = "  bot: ask_reason\n  slots: {parcel: \"10423\"}\n";
  CHECK(report_of("- commands: [start_flow: give_back, set_slot: {parcel: \"10423\"}]\n" +
                  wanted) == "fine");
  CHECK(report_of("- commands: [StartFlow(give_back), SetSlot(parcel, 10423)]\n" + wanted) ==
        "fine");
  CHECK(report_of("- commands: |\n    start flow give_back\n    set slot parcel 10423\n" +
                  wanted) == "fine");
  CHECK(refusal("- commands: [StratFlow(give_back)]\n") ==
        "tests/x.yml:1:14: no command is called 'StratFlow'; did you mean 'StartFlow'?");
}

TEST_CASE("only words that nobody has given a meaning need a model") {
  nlu::Diagnostics diagnostics;
  CHECK(script_of("- customer: hello\n", diagnostics).needs_model());
  CHECK_FALSE(script_of("- customer: hello\n  commands: [chitchat]\n- customer: /track\n"
                        "- payload: /deny\n- silence_s: 5\n- opens: true\n",
                        diagnostics)
                  .needs_model());
}

TEST_CASE("no folder is no script") {
  nlu::Diagnostics diagnostics;
  CHECK(read_scripts("/no/such/folder", diagnostics).empty());
  CHECK(diagnostics.empty());
}

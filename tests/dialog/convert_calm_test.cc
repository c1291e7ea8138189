#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "dialog/convert.h"
#include "dialog/convert_phrases.h"
#include "nlu/base/diagnostic.h"

namespace {

using namespace dialog;

FolderTexts travel() {
  return {{"config.yml", "recipe: default.v1\nlanguage: en\npolicies:\n  - name: FlowPolicy\n"},
          {"domain.yml", R"(
slots:
  city: {type: text, mappings: [{type: from_llm}]}
  nights: {type: float, mappings: [{type: from_llm}]}
  kind: {type: categorical, values: [single, double_bed], mappings: [{type: from_llm}]}
  sure: {type: bool, mappings: [{type: from_llm}]}
responses:
  utter_ask_city: [{text: "Where?"}]
  utter_ask_nights: [{text: "How long?"}]
  utter_ask_kind:
    - text: "Which?"
      buttons: [{title: Twin beds, payload: /SetSlots(kind=double_bed)}]
  utter_ask_sure: [{text: "Sure?"}]
  utter_booked: [{text: Booked.}]
  utter_hours: [{text: Always.}]
  utter_free_chat: [{text: Let us talk of trips.}]
)"},
          {"data/flows.yml", R"(
flows:
  book_room:
    name: book a room
    description: Book a hotel room for the customer
    steps:
      - collect: city
      - collect: nights
      - collect: kind
      - collect: sure
      - action: utter_booked
  hours:
    description: The customer asks when the desk is open
    steps:
      - action: utter_hours
  called_only:
    description: Only called
    if: False
    steps:
      - action: utter_hours
  pattern_chitchat:
    description: Small talk
    steps:
      - action: utter_free_chat
)"}};
}

void add_test(FolderTexts& source, const std::string& steps) {
  std::string& file = source["e2e_tests/a.yml"];
  if (file.empty()) file = "test_cases:\n";
  file += "  - test_case: one\n    steps:\n" + steps;
}

std::string messages(const nlu::Diagnostics& diagnostics) {
  std::string all;
  for (const nlu::Diagnostic& one : diagnostics) all += to_string(one) + "\n";
  return all;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a flow's name and description become examples of its intent") {
  const Conversion done = convert_calm(travel());
  INFO(messages(done.findings));
  CHECK(done.findings.empty());
  const std::string& flows = done.files.at("nlu/from_flows.yml");
  INFO(flows);
  CHECK(has(flows, "# Made by 'usher convert calm'"));
  CHECK(has(flows, "- intent: book_room\n"));
  CHECK(has(flows, "      - I want to book a room\n"));
  CHECK(has(flows, "      - book a hotel room for me\n"));
  CHECK(has(flows, "      - reserve a room\n"));
  CHECK(has(flows, "      - can you tell me when the desk is open\n"));
  CHECK_FALSE(has(flows, "called_only"));
  CHECK(has(done.files.at("nlu/common.yml"), "- intent: cancel\n"));
  CHECK(done.files.at("domain.yml") == travel().at("domain.yml"));
  CHECK(has(done.files.at("bot.yml"), "language: en\n"));
  CHECK_FALSE(done.files.count("config.yml"));
  CHECK(has(messages(done.information), "config.yml:1:1"));
  CHECK(has(messages(done.information), "'recipe', 'policies' mean nothing here"));
  CHECK(convert_calm(travel()).files == done.files);
}

TEST_CASE("names and values of choices become lookups and synonyms") {
  const Conversion done = convert_calm(travel());
  const std::string& values = done.files.at("nlu/values.yml");
  INFO(values);
  CHECK(has(values, "- lookup: kind\n"));
  CHECK(has(values, "- synonym: double_bed\n"));
  CHECK(has(values, "      - Twin beds\n"));
}

TEST_CASE("a test tells what its words mean, though it only names what the bot says") {
  FolderTexts source = travel();
  add_test(source, R"(
      - user: something nice in Lisbon for us
      - utter: utter_ask_nights
      - user: actually, rather Porto
      - slot_was_set: [city: Porto]
      - user: six nights will do
      - utter: utter_ask_kind
      - user: what a day it has been
      - utter: utter_free_chat
      - user: twin beds I think
      - utter: utter_ask_sure
      - user: let us do that
      - utter: utter_booked
)");
  add_test(source, R"(
      - user: is anybody at the counter
      - utter: utter_hours
      - user: I need a bed tonight
      - utter: utter_ask_city
      - user: oh, leave all that
      - utter: utter_flow_cancelled_rasa
)");
  const Conversion done = convert_calm(source);
  INFO(messages(done.findings));
  REQUIRE(done.findings.empty());
  const std::string& lessons = done.files.at("nlu/from_tests.yml");
  INFO(lessons);
  const auto of = [&](const std::string& intent) {
    const std::size_t at = lessons.find("- intent: " + intent + "\n");
    REQUIRE(at != std::string::npos);
    return lessons.substr(at + 1, lessons.find("- intent:", at + 1) - at);
  };
  CHECK(has(of("book_room"), "- something nice in [Lisbon](city) for us\n"));
  CHECK(has(of("book_room"), "- something nice in [Porto](city) for us\n"));  // With another value
  CHECK(has(of("book_room"), "- actually, rather [Porto](city)\n"));
  CHECK(has(of("book_room"), "- [six](nights) nights will do\n"));
  CHECK(has(of("book_room"), "- [twin beds](kind) I think\n"));
  CHECK(has(of("book_room"), "- I need a bed tonight\n"));
  CHECK(has(of("hours"), "- is anybody at the counter\n"));
  CHECK(has(of("chitchat"), "- what a day it has been\n"));
  CHECK(has(of("affirm"), "- let us do that\n"));
  CHECK(has(of("cancel"), "- oh, leave all that\n"));
  CHECK(std::find(done.summary.begin(), done.summary.end(),
                  "of 9 steps with a customer's text in the tests, 9 could be explained") !=
        done.summary.end());
  CHECK(done.files.count("e2e_tests/a.yml") == 1);
}

TEST_CASE("a step that nothing explains is named with its place") {
  FolderTexts source = travel();
  add_test(source, R"(
      - user: when are you there
      - bot: We are never here.
)");
  add_test(source, R"(
      - user: when are you there
      - utter: utter_no_such_response
)");
  const Conversion done = convert_calm(source);
  const std::string found = messages(done.findings);
  CHECK(has(found,
            "e2e_tests/a.yml:5:9: warning: nothing that a customer could mean by \"when are "
            "you there\" makes this step go as written"));
  CHECK(has(found, "e2e_tests/a.yml:10:9: warning: "));
  CHECK(has(found, "(no response is called 'utter_no_such_response')"));
}

TEST_CASE("what is not supported is an error, and the rest is converted") {
  FolderTexts source = travel();
  source["data/more.yml"] =
      "flows:\n  other:\n    description: x\n    colour: red\n    steps:\n      - action: "
      "utter_hours\n  pattern_collect_information:\n    description: x\n    steps: []\n"
      "rules: []\n";
  source["data/broken.yml"] = "flows:\n  - [\n";
  source["tests/stories.yml"] = "stories:\n  - story: a\n    steps:\n      - intent: hours\n";
  source["credentials.yml"] = "slack:\n  token: xoxb-secret\n";
  source["endpoints.yml"] =
      "tracker_store:\n  password: hunter2\naction_endpoint:\n  url: "
      "http://localhost:5055/webhook\n";
  source["actions/actions.py"] = "";
  add_test(source, "      - user: hello\n      - utter: utter_hours\n");
  const Conversion done = convert_calm(source);
  const std::string found = messages(done.findings);
  INFO(found);
  CHECK(has(found, "data/more.yml:4:5: 'colour' is no key of a flow"));
  CHECK(has(found, "data/more.yml:7:3: this version does not have 'pattern_collect_information'"));
  CHECK(has(found, "data/more.yml:10:1: 'rules' are not read"));
  CHECK(has(found, "data/broken.yml:"));
  CHECK(has(found, "tests/stories.yml:4:9: warning: a test needs the customer's words"));
  CHECK(has(found, "nothing could be learnt from the tests, as the bot has errors"));
  CHECK(has(done.files.at("nlu/from_flows.yml"), "- intent: other\n"));
  const std::string notes = messages(done.information);
  CHECK(has(notes, "credentials.yml"));
  CHECK(has(notes, "actions/actions.py"));
  CHECK(has(notes, "endpoints.yml:1:1"));
  for (const auto& [file, text] : done.files) {
    INFO(file);
    CHECK_FALSE(has(text, "hunter2"));
    CHECK_FALSE(has(text, "xoxb"));
  }
  CHECK(has(done.files.at("endpoints.yml"), "url: \"http://localhost:5055/webhook\""));
}

TEST_CASE("examples that the bot has are kept, and none is given twice") {
  FolderTexts source = travel();
  source["data/nlu.yml"] =
      "nlu:\n  - intent: hours\n    examples: |\n      - never mind\n      - book a room\n";
  source["nlu/from_flows.yml"] = "nlu:\n  - intent: hours\n    examples: |\n      - who is there\n";
  const Conversion done = convert_calm(source);
  INFO(messages(done.findings));
  CHECK(done.findings.empty());
  CHECK(done.files.at("nlu/from_flows.yml") == source.at("nlu/from_flows.yml"));
  CHECK(has(done.files.at("nlu/from_flows_2.yml"), "- intent: book_room\n"));
  CHECK_FALSE(has(done.files.at("nlu/from_flows_2.yml"), "      - book a room\n"));
  CHECK_FALSE(has(done.files.at("nlu/common.yml"), "      - never mind\n"));
}

TEST_CASE("odd folders are no reason to fail") {
  CHECK(has(messages(convert_calm({}).findings), "no_flows") == false);
  CHECK_FALSE(convert_calm({}).findings.empty());
  CHECK_FALSE(convert_calm({{"data/a.yml", ""}}).findings.empty());
  CHECK_FALSE(convert_calm({{"data/a.yml", "flows: [1, 2]"}}).findings.empty());
  CHECK_FALSE(convert_calm({{"data/a.yml", "flows:\n  x: 3\n  y: {steps: 1}\n"}}).findings.empty());
  FolderTexts german = travel();
  german["config.yml"] = "language: de\n";
  CHECK(has(messages(convert_calm(german).findings), "there are no ready examples in 'de'"));
  FolderTexts chinese = travel();
  chinese["config.yml"] = "language: zh\n";
  CHECK(has(convert_calm(chinese).files.at("nlu/from_flows.yml"), "我想book a room"));
}

TEST_CASE("values that a question's description names are used") {
  CHECK(examples_in("the day, for example next Friday or 12 March") ==
        std::vector<std::string>{"next Friday", "12 March"});
  CHECK(examples_in("a number, such as \"A1\", B2, and C3; never D4") ==
        std::vector<std::string>{"A1", "B2", "C3"});
  CHECK(examples_in("the city").empty());
  CHECK(examples_in("").empty());
  FolderTexts source = travel();
  std::string& flows = source["data/flows.yml"];
  flows.replace(flows.find("- collect: city"), 15,
                "- collect: city\n        description: where to, e.g. Lisbon or Rome");
  const Conversion done = convert_calm(source);
  INFO(messages(done.findings));
  CHECK(done.findings.empty());
  CHECK(has(done.files.at("nlu/from_tests.yml"), "- no, [Lisbon](city)\n"));
}

TEST_CASE("phrases are what a customer would say") {
  const auto phrases =
      phrases_for_flow("x", "", "This flow helps users to check their balance", "en");
  CHECK(std::find(phrases.begin(), phrases.end(), "I want to check my balance") != phrases.end());
  const auto asked = phrases_for_flow("transfer_money", "",
                                      "The user wants to transfer money. Never for loans.", "en");
  CHECK(std::find(asked.begin(), asked.end(), "I'd like to transfer money") != asked.end());
  CHECK(std::none_of(asked.begin(), asked.end(),
                     [](const std::string& one) { return has(one, "loans"); }));
  CHECK(likeness("stop it", "please stop it") > likeness("stop it", "go on"));
}

#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/convert.h"
#include "nlu/base/diagnostic.h"

namespace {

using namespace dialog;

std::string messages(const nlu::Diagnostics& diagnostics) {
  std::string all;
  for (const nlu::Diagnostic& one : diagnostics) all += to_string(one) + "\n";
  return all;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string examples(std::initializer_list<const char*> intents) {
  std::string text = "nlu:\n";
  for (const char* one : intents) {
    text += fmt::format(
        "  - intent: {0}\n    examples: |\n      - this is {0}\n      - {0} please\n", one);
  }
  return text;
}

constexpr const char* domain = R"(
intents: [hello, order, yes_please, ask_hours, bye]
entities: [city, size]
slots:
  city: {type: text, mappings: [{type: from_entity, entity: city}]}
  size:
    type: categorical
    values: [small, large]
    mappings: [{type: from_entity, entity: size}]
  vip: {type: bool, mappings: [{type: custom}]}
responses:
  utter_hello: [{text: Hello}]
  utter_hello_vip: [{text: Hello again}]
  utter_ask_order_form_city: [{text: "Where to?"}]
  utter_ask_size: [{text: "Which size?"}]
  utter_done: [{text: Done.}]
  utter_hours: [{text: Always.}]
  utter_bye: [{text: Bye.}]
  utter_small: [{text: A small one.}]
  utter_large: [{text: A large one.}]
actions: [action_order]
)";

FolderTexts bot(const std::string& data) {
  const bool has_form = data.find("order_form") != std::string::npos;
  return {{"domain.yml", domain},
          {"endpoints.yml", "action_endpoint: {url: \"http://localhost:5055/webhook\"}\n"},
          {"data/nlu.yml", examples({"hello", "order", "ask_hours", "bye", "affirm", "deny"})},
          {"data/forms.yml",
           has_form ? "forms: {order_form: {required_slots: [city, size]}}\n" : "forms: {}\n"},
          {"data/paths.yml", data}};
}

}  // namespace

TEST_CASE("a form becomes a flow that collects, with what starts it and what it leads to") {
  const Conversion done = convert_rasa(bot(R"(
rules:
  - rule: begin
    steps:
      - intent: order
      - action: order_form
      - active_loop: order_form
  - rule: end
    condition:
      - active_loop: order_form
    steps:
      - action: order_form
      - active_loop: null
      - slot_was_set: [requested_slot: null]
      - action: action_order
      - action: utter_done
  - rule: hours in between
    condition: [active_loop: order_form]
    steps:
      - intent: ask_hours
      - action: utter_hours
      - action: order_form
      - active_loop: order_form
)"));
  INFO(messages(done.findings));
  CHECK_FALSE(nlu::has_errors(done.findings));
  CHECK(done.files.at("flows/from_forms.yml") ==
        R"(# Made by 'usher convert rasa'.
flows:

  # from form 'order_form' (data/forms.yml:1),
  # rule 'end' (data/paths.yml:8),
  # rule 'begin' (data/paths.yml:3)
  order_form:
    description: Asks what the form order_form asks
    nlu_trigger:
      - intent: order
    run_pattern_completed: false
    steps:
      - collect: city
        utter: utter_ask_order_form_city
      - collect: size
      - action: action_order
      - action: utter_done
)");
  CHECK(has(done.files.at("flows/from_stories.yml"), "  ask_hours:\n"));
  CHECK_FALSE(has(done.files.at("domain.yml"), "forms"));
}

TEST_CASE("a form's validation runs after each answer") {
  FolderTexts source =
      bot("rules:\n  - rule: begin\n    steps:\n      - intent: order\n      - "
          "action: order_form\n      - active_loop: order_form\n");
  std::string& text = source["domain.yml"];
  text.replace(text.find("[action_order]"), 14, "[validate_order_form]");
  const Conversion done = convert_rasa(source);
  INFO(messages(done.findings));
  CHECK_FALSE(nlu::has_errors(done.findings));
  CHECK(has(done.files.at("flows/from_forms.yml"), R"(      - id: ask_city
        collect: city
        utter: utter_ask_order_form_city
      - action: validate_order_form
        next:
          - if: slots.city is null
            then: ask_city
          - else: ask_size
)"));
}

TEST_CASE("rules with conditions are branches, and their slots last") {
  const Conversion done = convert_rasa(bot(R"(
rules:
  - rule: hello
    condition: [slot_was_set: [vip: false]]
    steps: [{intent: hello}, {action: utter_hello}]
  - rule: hello to a vip
    condition: [slot_was_set: [vip: true]]
    steps: [{intent: hello}, {action: utter_hello_vip}]
)"));
  INFO(messages(done.findings));
  CHECK_FALSE(nlu::has_errors(done.findings));
  const std::string& flows = done.files.at("flows/from_stories.yml");
  INFO(flows);
  CHECK(has(flows, R"(          - if: slots.vip is true
            then:
              - action: utter_hello_vip
)"));
  CHECK(has(done.files.at("domain.yml"), "    shared: true\n"));
}

TEST_CASE("stories with the same beginning are one flow that asks") {
  const Conversion done = convert_rasa(bot(R"(
stories:
  - story: small
    steps:
      - intent: hello
      - action: utter_hello
      - intent: affirm
      - slot_was_set: [size: small]
      - action: utter_small
  - story: large
    steps:
      - intent: hello
      - action: utter_hello
      - intent: affirm
      - slot_was_set: [size: large]
      - action: utter_large
  - story: no
    steps:
      - intent: hello
      - action: utter_hello
      - or: [{intent: deny}, {intent: bye}]
      - action: utter_bye
)"));
  INFO(messages(done.findings));
  CHECK_FALSE(nlu::has_errors(done.findings));
  const std::string& flows = done.files.at("flows/from_stories.yml");
  INFO(flows);
  CHECK(has(flows, "      - collect: hello_answer\n        utter: utter_hello\n"));
  CHECK(has(flows, "          - if: \"slots.hello_answer is \\\"affirm\\\"\"\n"));
  CHECK(has(flows, "              - collect: size\n"));
  CHECK(has(flows, "                  - if: \"slots.size is \\\"small\\\"\"\n"));
  CHECK(has(flows, "          - if: \"slots.hello_answer is \\\"bye\\\"\"\n"));
  CHECK(has(done.files.at("domain.yml"), "  hello_answer:\n    type: text\n    mappings:\n"));
}

TEST_CASE("the engine's own intents become patterns") {
  const Conversion done = convert_rasa(bot(R"(
rules:
  - rule: opens
    conversation_start: true
    steps: [{intent: session_start}, {action: utter_hello}]
  - rule: not understood
    steps: [{intent: nlu_fallback}, {action: utter_bye}]
  - rule: outside
    steps: [{intent: out_of_scope}, {action: action_default_fallback}]
  - rule: again
    steps: [{intent: restart}, {action: action_restart}]
)"));
  INFO(messages(done.findings));
  CHECK_FALSE(nlu::has_errors(done.findings));
  const std::string& flows = done.files.at("flows/from_stories.yml");
  INFO(flows);
  CHECK(has(flows, "  pattern_session_start:\n"));
  CHECK(has(flows, "          - if: \"context.reason is \\\"outside\\\"\"\n"));
  CHECK_FALSE(has(flows, "action_restart"));
  CHECK(has(messages(done.information),
            "data/paths.yml:10:5: warning: the intent 'restart' is the "
            "engine's own"));
}

TEST_CASE("nothing is dropped in silence") {
  FolderTexts source = bot(R"(
stories:
  - story: round
    steps: [{intent: hello}, {action: utter_hello}, {checkpoint: round}]
  - story: and round
    steps: [{checkpoint: round}, {intent: affirm}, {action: utter_bye}, {checkpoint: round}]
  - story: nowhere
    steps: [{intent: bye}, {action: utter_bye}, {checkpoint: missing}]
  - story: from nowhere
    steps: [{checkpoint: unknown}, {intent: bye}]
  - story: one way
    steps: [{intent: ask_hours}, {action: utter_hours}]
  - story: another way
    steps: [{intent: ask_hours}, {action: utter_bye}]
  - story: in words
    steps: [{user: what is this}, {bot: A test.}]
  - story: back
    steps: [{intent: unheard_of}, {action: action_back}]
  - story: nobody begins
    steps: [{action: utter_hello}]
  - story: odd
    steps: [{intent: yes_please}, {dance: true}]
  - nothing
rules:
  - rule: none
    condition: [active_loop: no_form]
    steps: [{intent: bye}]
)");
  source["data/old.md"] = "";
  source["data/broken.yml"] = "rules:\n  - rule: [\n";
  source["data/odd.yml"] = "forms: 3\nslotz: {}\ne2e_actions: [hi]\nimports: [../other]\n";
  const Conversion done = convert_rasa(source);
  const std::string found = messages(done.findings);
  INFO(found);
  CHECK(has(found, "data/paths.yml:3:5: warning: the checkpoint 'round' leads back to itself"));
  CHECK(has(found, "no story begins with the checkpoint 'missing'"));
  CHECK(has(found, "no story ends with the checkpoint 'unknown'"));
  CHECK(has(found, "data/paths.yml:14:"));
  CHECK(has(found,
            "here the bot does 'utter_bye', and elsewhere after the same the bot does "
            "'utter_hours'; only the latter was carried over"));
  CHECK(has(found, "a story has the customer's words without an intent"));
  CHECK(has(found, "'action_back' is left out"));
  CHECK(has(found, "the intent 'unheard_of' has no examples"));
  CHECK(has(found, "nothing that a customer says begins this"));
  CHECK(has(found, "'dance' is no step of a story that can be carried over"));
  CHECK(has(found, "a story has 'story', its name, and 'steps'"));
  CHECK(has(found, "no form is called 'no_form'"));
  CHECK(has(found, "this is Rasa 1's format"));
  CHECK(has(found, "data/broken.yml:"));
  CHECK(has(found, "data/odd.yml:1:8: 'forms' is a map of names"));
  CHECK(has(found, "'slotz' is no key of a bot's file; did you mean 'slots'?"));
  CHECK(has(found, "'e2e_actions' are what stories say"));
  CHECK(has(found, "'imports' is not followed"));
}

TEST_CASE("a domain's older and unknown ways are read or told") {
  FolderTexts source = bot("rules: []\n");
  source["domain/more.yml"] = R"(
slots:
  old: {type: unfeaturized}
  own: {type: my.slots.Own}
  held: {type: text, auto_fill: false, mappings: [{type: from_trigger_intent, intent: order, value: x}]}
  city: {type: text}
  3d: {type: text}
templates:
  utter_more: [{text: "More in {held}"}]
forms:
  second_form: {city: [{type: from_entity, entity: city}], nowhere: [{type: from_text}]}
)";
  const Conversion done = convert_rasa(source);
  const std::string found = messages(done.findings);
  INFO(found << done.files.at("domain.yml"));
  CHECK(has(found, "domain/more.yml:4:3: 'my.slots.Own' is no type of slot here"));
  CHECK(has(found, "the slot 'city' is defined already"));
  CHECK(has(found, "the slot '3d' is no map with 'type'"));
  CHECK(has(found, "asks for 'nowhere', which is no slot; it was left out"));
  CHECK(has(found, "nothing asks for 'held', so nothing fills it"));
  CHECK(has(done.files.at("domain.yml"), "type: from_intent"));
  CHECK(has(done.files.at("domain.yml"), "utter_more"));
}

TEST_CASE("very large and very deep projects end with a word about it") {
  std::string stories = "stories:\n";
  for (int i = 0; i < 3000; ++i) {
    stories += fmt::format(
        "  - story: s{0}\n    steps: [{{intent: hello}}, {{action: utter_hello}}, {{checkpoint: "
        "c{1}}}]"
        "\n  - story: t{0}\n    steps: [{{checkpoint: c{1}}}, {{intent: affirm}}, {{action: "
        "utter_bye}}]\n",
        i, i % 3);
  }
  const Conversion many = convert_rasa(bot(stories));
  CHECK(many.findings.size() <= 201);
  CHECK(has(many.files.at("flows/from_stories.yml"), "hello_answer"));

  std::string deep = "stories:\n";
  for (int i = 0; i < 30; ++i) {
    deep += fmt::format("  - story: d{}\n    steps:\n      - intent: hello\n", i);
    for (int k = 0; k < i; ++k) deep += "      - action: utter_hello\n      - intent: affirm\n";
    deep += "      - action: utter_hello\n      - intent: deny\n      - action: utter_bye\n";
  }
  const Conversion nested = convert_rasa(bot(deep));
  INFO(messages(nested.findings));
  CHECK_FALSE(nlu::has_errors(nested.findings));
  CHECK(has(messages(nested.findings), "this is too deep a tree of branches"));

  std::string either = "stories:\n  - story: e\n    steps:\n      - intent: hello\n";
  for (int i = 0; i < 12; ++i)
    either += "      - action: utter_hello\n      - or: [{intent: affirm}, {intent: deny}]\n";
  const Conversion ors = convert_rasa(bot(either));
  CHECK(has(messages(ors.findings), "make more than 64 ways"));
}

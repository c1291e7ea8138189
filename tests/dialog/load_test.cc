#include "dialog/load.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "dialog/check.h"

namespace {

using namespace dialog;

using Files = std::map<std::string, std::string>;

BotPtr load(const Files& files, const LoadOptions& options = {}) {
  const Loaded loaded = load_bot_from(files, options);
  std::string problems;
  for (const nlu::Diagnostic& diagnostic : loaded.diagnostics)
    problems += to_string(diagnostic) + "\n";
  INFO(problems);
  REQUIRE(loaded.bot != nullptr);
  return loaded.bot;
}

constexpr const char* domain = R"(
slots:
  city: {type: text, mappings: [{type: from_entity, entity: city, intent: [book, move]}]}
  total: {type: float, min_value: 0, max_value: 100}
  paid: {type: bool}
  colour: {type: categorical, values: [red, green], initial_value: red}
responses:
  utter_ask_city: [{text: Which city}]
  ask_total: [{text: How much}]
  utter_ask_paid: Did you pay?
  utter_ask_colour: [Which colour, {text: "Red or green?", channel: rest}]
  utter_done: [{text: Done.}]
)";

constexpr const char* examples = R"(
nlu:
  - intent: book
    examples: |
      - book [Paris](city)
      - I want to book
  - intent: move
    examples: |
      - move me
      - I am moving
)";

BotPtr load_steps(const std::string& steps) {
  return load({{"domain.yml", domain},
               {"nlu/a.yml", examples},
               {"flows/a.yml", "flows:\n  book:\n    description: Books\n    steps:\n" + steps}});
}

const Flow& book(const BotPtr& bot) { return *bot->find_flow("book"); }

std::optional<std::size_t> target(const Flow& flow, std::size_t step, std::size_t branch = 0) {
  return flow.steps.at(step).next.at(branch).target.step;
}

}  // namespace

TEST_CASE("steps follow one another, the last ends the flow") {
  const auto bot = load_steps("      - collect: city\n      - id: b\n        say: done\n");
  const Flow& flow = book(bot);
  REQUIRE(flow.steps.size() == 2);
  CHECK(flow.steps[0].id == "0_collect");
  CHECK(flow.steps[1].id == "b");
  CHECK(flow.find_step("b") == &flow.steps[1]);
  CHECK(target(flow, 0) == 1u);
  CHECK(target(flow, 1) == std::nullopt);
  CHECK(std::get<Say>(flow.steps[1].what).response == "utter_done");
}

TEST_CASE("nested steps are laid out flat and end the flow unless they lead on") {
  const auto bot = load_steps(R"(
      - collect: city
        next:
          - if: slots.city is "Rome"
            then:
              - say: One.
              - say: Two.
          - if: slots.paid
            then: last
          - else:
              - noop: true
                next:
                  - if: slots.total > 3
                    then: END
                  - else:
                      - say: Three.
                        next: last
      - say: Four.
      - id: last
        action: utter_done
)");
  const Flow& flow = book(bot);
  REQUIRE(flow.steps.size() == 7);
  CHECK(target(flow, 0, 0) == 1u);
  CHECK(target(flow, 0, 1) == 6u);
  CHECK(target(flow, 0, 2) == 3u);
  CHECK_FALSE(flow.steps[0].next[2].condition.has_value());
  CHECK(target(flow, 1) == 2u);
  CHECK(target(flow, 2) == std::nullopt);
  CHECK(target(flow, 3, 0) == std::nullopt);
  CHECK(target(flow, 3, 1) == 4u);
  CHECK(target(flow, 4) == 6u);
  CHECK(target(flow, 5) == 6u);
}

TEST_CASE("a collect's type follows from its slot") {
  const auto bot = load_steps(
      "      - collect: city\n      - collect: total\n      - collect: paid\n"
      "      - collect: colour\n      - collect: city\n        choices: [Rome, Paris]\n");
  const auto collect = [&](std::size_t i) { return std::get<Collect>(book(bot).steps[i].what); };
  CHECK(collect(0).type == InputType::any);
  CHECK(collect(0).utter == "utter_ask_city");
  CHECK(collect(1).type == InputType::number);
  CHECK(collect(1).max == 100.0);
  CHECK(collect(2).type == InputType::confirmation);
  CHECK(collect(3).type == InputType::choice);
  CHECK(collect(3).choices == std::vector<std::string>{"red", "green"});
  CHECK(collect(4).type == InputType::choice);
}

TEST_CASE("a response's name and wording written in place are told apart") {
  const auto bot = load_steps(R"(
      - say: done
      - say: utter_done
      - say: "done"
      - say: Done
      - say: "never"
      - id: many
        say: [One., {text: Two., translation: {zh: 二}}]
      - collect: city
        utter: What is the name of your city?
        rejections:
          - if: slots.city is "Atlantis"
            utter: No such city.
          - if: slots.city is "x"
            utter: done
)");
  const Flow& flow = book(bot);
  const auto said = [&](std::size_t i) { return std::get<Say>(flow.steps[i].what).response; };
  CHECK(said(0) == "utter_done");
  CHECK(said(1) == "utter_done");
  CHECK(said(2) == "utter_done");
  CHECK(said(3) == "book/3_say");
  CHECK(said(4) == "book/4_say");
  CHECK(said(5) == "book/many");
  CHECK(bot->find_response("book/2_say") == nullptr);
  CHECK(bot->find_response("book/3_say")->variations[0].text.text == "Done");
  REQUIRE(bot->find_response("book/many")->variations.size() == 2);
  CHECK(bot->find_response("book/many")->variations[1].translations.at("zh").text == "二");
  const auto& collect = std::get<Collect>(flow.steps[6].what);
  CHECK(collect.utter == "book/6_collect");
  CHECK(collect.rejections[0].utter == "book/6_collect/rejection_1");
  CHECK(collect.rejections[1].utter == "utter_done");
}

TEST_CASE("an http step with everything") {
  const auto bot = load_steps(R"(
      - http:
          post: /orders/{city}
          json: {total: "{total}", fixed: 3, text: "3"}
          headers: {X-City: "{city}"}
          timeout_s: 1.5
          retries: 2
          idempotent: true
          result: {city: $.order.city, total: "$.items[0].total"}
          on_error: {404: missing, 5xx: END, timeout: talk, else: missing}
        next: END
      - id: missing
        say: done
  talk:
    description: Talks
    if: false
    steps:
      - handover: {queue: sales, summary: "About {city}", timeout_s: 60}
)");
  const auto& http = std::get<Http>(book(bot).steps[0].what);
  CHECK(http.method == "POST");
  CHECK(http.path == "/orders/{city}");
  CHECK(json::serialize(http.body) == R"({"total":"{total}","fixed":3,"text":"3"})");
  CHECK(http.timeout == std::chrono::milliseconds(1500));
  CHECK(http.retries == 2);
  CHECK(http.result.at("total") == "$.items[0].total");
  REQUIRE(http.on_error.size() == 4);
  CHECK(std::get<Target>(http.on_error[0].where).step == 1u);
  CHECK(std::get<Target>(http.on_error[1].where).step == std::nullopt);
  CHECK(std::get<std::string>(http.on_error[2].where) == "talk");
  const auto& handover = std::get<Handover>(bot->find_flow("talk")->steps[0].what);
  CHECK(handover.queue == "sales");
  CHECK(handover.timeout == std::chrono::seconds(60));
}

TEST_CASE("triggers: written, with a threshold, and by the flow's own name") {
  const auto bot = load({{"nlu/a.yml", examples}, {"flows/a.yml", R"(
flows:
  book:
    description: Books
    steps: [{say: Booked.}]
  relocate:
    description: Moves
    nlu_trigger:
      - intent: {name: move, confidence_threshold: 0.8}
    steps: [{say: Moved.}]
)"}});
  REQUIRE(book(bot).triggers.size() == 1);
  CHECK(book(bot).triggers[0].intent == "book");
  CHECK(bot->find_flow("relocate")->triggers[0].threshold == 0.8);
  CHECK(bot->find_flow("relocate")->name == "relocate");
}

TEST_CASE("a bot has the default patterns, and its own in their place") {
  const auto bot =
      load({{"flows/a.yml", R"(
flows:
  pattern_session_start:
    steps:
      - say: Welcome.
  pattern_correction:
    description: As in Rasa
    steps:
      - action: action_correct_flow_slot
      - action: utter_correction
responses:
  utter_flow_cancelled: [{text: Stopped.}]
)"},
            {"nlu/a.yml", "nlu: [{intent: human, examples: \"- a person\\n- someone\\n\"}]"},
            {"bot.yml", "understanding: {handover: human}\n"}});
  CHECK(bot->find_flow("pattern_session_start")->steps.size() == 1);
  CHECK(std::get<Builtin>(bot->find_flow("pattern_correction")->steps[0].what).action ==
        "action_correct");
  CHECK(bot->find_flow("pattern_completed") != nullptr);
  CHECK(bot->find_flow("pattern_completed")->is_pattern);
  CHECK(bot->find_response("utter_flow_cancelled")->variations[0].text.text == "Stopped.");
  const Response* offer = bot->find_response("utter_offer_person");
  REQUIRE(offer != nullptr);
  CHECK(offer->variations[0].buttons[0].payload == "/human");
  CHECK(offer->variations[0].buttons[1].payload == "/deny");
  CHECK(offer->variations[0].translations.count("zh") == 1);
}

TEST_CASE("settings, with values from the environment") {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOST") return "shop.example";
    return std::nullopt;
  };
  const auto bot = load({{"bot.yml", R"(
name: lantern
title: Lantern & Loom
language: en
additional_languages: [zh]
time_zone: Europe/Berlin
backend:
  url: https://${HOST}:${PORT:-8443}/api/
  headers: {Authorization: "Bearer ${TOKEN:-}"}
  timeout_s: 2
understanding: {intent_threshold: 0.7}
session: {idle_timeout_s: 90}
opening_hours: {monday: "08:00-20:00", tuesday: closed}
hours: {desk: {friday: ["09:00-12:00", "13:00-24:00"]}}
holidays: ["12-25", "2027-01-02"]
silence: {timeout_s: 120, times: 1}
model: {seed: 7, encoder: bert, fine_tune: {epochs: 3, learning_rate: 2.0e-5}}
)"},
                         {"flows/a.yml",
                          "flows: {a: {description: x, if: false, steps: "
                          "[{http: {get: /x}}]}}"}},
                        options);
  CHECK(bot->name == "lantern");
  CHECK(bot->hours.at("").days[0] == DayHours{{480, 1200}});
  CHECK(bot->hours.at("").days[1].empty());
  CHECK(bot->hours.at("desk").days[4] == DayHours{{540, 720}, {780, 1440}});
  CHECK(bot->holidays == std::set<std::string>{"12-25", "2027-01-02"});
  CHECK(bot->silence == std::chrono::seconds(120));
  CHECK(bot->silence_times == 1);
  CHECK(bot->training_seed == 7);
  CHECK(bot->encoder == "bert");
  REQUIRE(bot->fine_tuning);
  CHECK(bot->fine_tuning->epochs == 3);
  CHECK(bot->fine_tuning->rate == 2e-5);
  CHECK(bot->backend_url == "https://shop.example:8443/api");
  CHECK(bot->backend_headers.at("Authorization") == "Bearer ");
  CHECK(bot->understanding.intent_threshold == 0.7);
  CHECK_FALSE(bot->understanding.thresholds_from_model);
  CHECK(bot->session_timeout == std::chrono::seconds(90));
  CHECK(std::get<Http>(bot->find_flow("a")->steps[0].what).timeout == std::chrono::seconds(2));
}

TEST_CASE("slots as Rasa writes them") {
  const auto bot = load_steps("      - collect: city\n");
  const Slot* city = bot->find_slot("city");
  REQUIRE(city->mappings.size() == 1);
  CHECK(city->mappings[0].kind == SlotMapping::Kind::from_entity);
  CHECK(city->mappings[0].intents == std::vector<std::string>{"book", "move"});
  CHECK(bot->find_slot("paid")->mappings[0].kind == SlotMapping::Kind::from_llm);
  CHECK(bot->find_slot("colour")->initial == "red");
  CHECK(bot->find_response("utter_ask_total") != nullptr);
  CHECK(bot->find_response("utter_ask_paid")->variations.size() == 1);
  CHECK(bot->find_response("utter_ask_colour")->variations[1].channel == "rest");
}

TEST_CASE("a response's conditions, buttons and pictures") {
  const auto bot = load({{"flows/a.yml", R"(
slots:
  city: {type: text}
flows:
  a: {description: x, if: false, steps: [{say: hello}]}
responses:
  utter_hello:
    - text: Hello, {city}
      condition: [{type: slot, name: city, value: Rome}]
      image: {url: "https://x.example/{city}.png", alt: A view}
    - text: Hello
      translation: {zh: {text: 您好, buttons: [{title: 是}]}}
      buttons:
        - {title: "Yes", payload: '/SetSlots(city=Rome)'}
      quick_replies:
        - {title: Site, url: "https://x.example", translation: {zh: 网站}}
      custom: {any: [1, two]}
)"}});
  const auto& variations = bot->find_response("utter_hello")->variations;
  CHECK(variations[0].condition->text() == "slots.city = \"Rome\"");
  CHECK(variations[0].image_alt == "A view");
  CHECK(variations[1].translations.at("zh").text == "您好");
  CHECK(variations[1].buttons[0].title_translations.at("zh").text == "是");
  CHECK(variations[1].quick_replies[0].title_translations.at("zh").text == "网站");
  CHECK(json::serialize(variations[1].custom) == R"({"any":[1,"two"]})");
}

TEST_CASE("the version depends on what is written, not on how") {
  const auto version = [](const std::string& text) {
    return load({{"flows/a.yml", text}})->version;
  };
  const std::string plain = version("flows: {a: {description: x, if: false, steps: [{say: Hi.}]}}");
  CHECK(plain.size() == 64);
  CHECK(version("# A comment.\nflows:\n  a:\n    description: x\n    if: false\n    steps:\n"
                "      - say: Hi.\n") == plain);
  CHECK(version("flows: {a: {description: x, if: false, steps: [{say: Ho.}]}}") != plain);
  CHECK(load({{"flows/b.yml", "flows: {a: {description: x, if: false, steps: [{say: Hi.}]}}"}})
            ->version != plain);
}

TEST_CASE("files that are none of the bot's are left alone") {
  const auto bot =
      load({{"flows/a.yml", "flows: {a: {description: x, if: false, steps: [{say: Hi.}]}}"},
            {"tests/talk.yml", "- customer: hello\n"},
            {"knowledge/a.md", "# Help"},
            {"elsewhere.yml", "nonsense: ["},
            {"flows/.hidden.yml", "nonsense: ["}});
  CHECK(bot->find_flow("a") != nullptr);
}

TEST_CASE("a folder that is none is said so") {
  const Loaded loaded = load_bot("/nowhere/at/all");
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(to_string(loaded.diagnostics[0]) == "/nowhere/at/all is no folder");
}

TEST_CASE("the sample businesses load without an error") {
  const std::string name = GENERATE(as<std::string>{}, "shop", "bank", "telecom");
  INFO(name);
  const Loaded loaded = load_bot(USHER_SOURCE_DIR "/flows/" + name);
  std::string problems;
  for (const nlu::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == nlu::Severity::error) problems += to_string(diagnostic) + "\n";
  }
  CHECK(problems.empty());
  REQUIRE(loaded.bot != nullptr);
  CHECK(loaded.bot->name == name);
  CHECK_FALSE(loaded.bot->backend.empty());
}

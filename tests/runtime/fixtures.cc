#include "tests/runtime/fixtures.h"

#include <set>
#include <stdexcept>

#include "dialog/load.h"

namespace runtime_tests {
namespace {

constexpr const char* settings = R"yaml(
name: small
language: en
additional_languages: [zh]
backend: {url: "http://backend.test"}
)yaml";

constexpr const char* domain = R"yaml(
slots:
  item: {type: text, mappings: [{type: from_llm}]}
  price: {type: text, mappings: [{type: controlled}]}
responses:
  utter_hello: [{text: Hello there}]
  utter_ask_item: [{text: "Which item?"}]
  utter_price: [{text: "{item} costs {price}."}]
  utter_bought: [{text: "Bought {item}."}]
  utter_booked: [{text: "Booked {item}."}]
  utter_trouble: [{text: "That did not work."}]
)yaml";

constexpr const char* flows = R"yaml(
flows:
  greet:
    description: Says hello
    nlu_trigger: [{intent: greet}]
    steps: [{say: utter_hello}]
  lookup:
    description: What an item costs
    nlu_trigger: [{intent: lookup}]
    steps:
      - collect: item
      - http: {get: "/items/{item}", result: {price: $.price}, on_error: {else: trouble}}
      - say: utter_price
        next: END
      - id: trouble
        say: utter_trouble
  buy:
    description: Buys once
    nlu_trigger: [{intent: buy}]
    steps:
      - collect: item
      - http: {post: /buy, json: {item: "{item}"}, on_error: {else: trouble}}
      - say: utter_bought
        next: END
      - id: trouble
        say: utter_trouble
  book:
    description: Books, however often it is asked
    nlu_trigger: [{intent: book}]
    steps:
      - collect: item
      - http: {post: /book, json: {item: "{item}"}, idempotent: true, retries: 1, on_error: {else: trouble}}
      - say: utter_booked
        next: END
      - id: trouble
        say: utter_trouble
  person:
    description: To a person
    nlu_trigger: [{intent: person}]
    steps: [{handover: {queue: all}}]
)yaml";

constexpr const char* examples = R"yaml(
nlu:
  - intent: greet
    examples: |
      - hello
      - good day
  - intent: lookup
    examples: |
      - what does it cost
      - price please
  - intent: buy
    examples: |
      - I want to buy
      - sell me one
  - intent: book
    examples: |
      - reserve one
      - put one aside
  - intent: person
    examples: |
      - a person please
      - a human
  - intent: cancel
    examples: |
      - stop
      - leave it
)yaml";

dialog::BotPtr load(std::string all_flows) {
  const dialog::Loaded loaded = dialog::load_bot_from({{"bot.yml", settings},
                                                       {"domain.yml", domain},
                                                       {"flows/all.yml", std::move(all_flows)},
                                                       {"nlu/all.yml", examples}});
  std::string problems;
  for (const nlu::Diagnostic& one : loaded.diagnostics) problems += nlu::to_string(one) + "\n";
  if (loaded.bot == nullptr) throw std::runtime_error(problems);
  return loaded.bot;
}

}  // namespace

dialog::BotPtr small_bot() {
  static const dialog::BotPtr bot = load(flows);
  return bot;
}

dialog::BotPtr next_small_bot() {
  static const dialog::BotPtr bot = [] {
    std::string changed = flows;
    const std::string before = "      - collect: item\n      - http: {get";
    changed.insert(changed.find(before), "      - say: utter_hello\n");
    return load(std::move(changed));
  }();
  return bot;
}

nlu::Interpretation interpret(const std::string& text, const std::string& version) {
  static const std::set<std::string> intents = {"greet", "lookup", "buy",
                                                "book",  "person", "cancel"};
  const std::string word = text.substr(0, text.find(' '));
  nlu::Interpretation meaning;
  meaning.language = "en";
  meaning.model_version = version;
  nlu::Segment segment;
  segment.span = {0, text.size()};
  const bool known = intents.count(word) != 0;
  if (known) segment.intents.push_back({word, 0.99});
  segment.p_outside = known ? 0 : 1;
  meaning.segments.push_back(segment);
  return meaning;
}

}  // namespace runtime_tests

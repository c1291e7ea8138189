// Roles and groups of entities, learnt from a few examples.
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "nlu/entity_scores.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

namespace nlu {
namespace {

// "from [Berlin](city#from)": the entity's type, role and group as type#role@group.
Example annotated(const std::string& marked) {
  Example example;
  example.intent = "order";
  for (std::size_t at = 0; at < marked.size(); ++at) {
    if (marked[at] != '[') {
      example.text += marked[at];
      continue;
    }
    const std::size_t close = marked.find("](", at), end = marked.find(')', close);
    Entity entity;
    entity.value = marked.substr(at + 1, close - at - 1);
    entity.span = {example.text.size(), example.text.size() + entity.value.size()};
    std::string label = marked.substr(close + 2, end - close - 2);
    if (const std::size_t group = label.find('@'); group != std::string::npos) {
      entity.group = label.substr(group + 1);
      label.resize(group);
    }
    if (const std::size_t role = label.find('#'); role != std::string::npos) {
      entity.role = label.substr(role + 1);
      label.resize(role);
    }
    entity.type = label;
    example.text += entity.value;
    example.entities.push_back(entity);
    at = end;
  }
  return example;
}

// "Berlin#from Paris#to"
std::string found(const Interpreter& interpreter, const std::string& text) {
  const Utterance utterance{text, "2026-11-23"};
  std::string all;
  for (const Entity& entity : interpreter.interpret({&utterance, 1}).front().entities) {
    if (entity.source == "builtin") continue;
    all += (all.empty() ? "" : " ") + entity.value;
    if (!entity.role.empty()) all += "#" + entity.role;
    if (!entity.group.empty()) all += "@" + entity.group;
  }
  return all;
}

std::string replaced(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at))
      text.replace(at, name.size(), value);
  }
  return text;
}

}  // namespace

TEST_CASE("roles that 32 examples teach are found in other word orders and of other towns") {
  TrainingData data;
  const std::vector<std::string> towns{"Berlin", "Paris",  "Rome",   "Vienna",
                                       "Madrid", "Lisbon", "Dublin", "Warsaw"};
  for (std::size_t i = 0; i < towns.size(); ++i) {
    const std::map<std::string, std::string> two{{"X", "[" + towns[i] + "](city#from)"},
                                                 {"Y", "[" + towns[(i + 3) % 8] + "](city#to)"}};
    for (const char* text : {"a ticket from X to Y", "I want to fly from X to Y tomorrow",
                             "take me to Y please", "we leave from X"}) {
      data.examples.push_back(annotated(replaced(text, two)));
    }
  }
  REQUIRE(data.examples.size() == 32);
  data.lookups.push_back({"city", {"Oslo", "Prague", "Athens", "Berlin", "Paris", "Rome"}, false});
  for (const char* text : {"hello", "hi there", "good morning", "hey"})
    data.examples.push_back(tiny::example("greet", text));
  const tiny::TemporaryFile file("usher-roles-");
  TrainOptions options;
  options.tone = false;
  REQUIRE(train(data, options, file.path));
  const auto loaded = load_interpreter(file.path);
  REQUIRE(loaded);
  CHECK(found(**loaded, "a ticket to Rome from Berlin") == "Rome#to Berlin#from");
  CHECK(found(**loaded, "is there a train to Paris that leaves from Madrid?") ==
        "Paris#to Madrid#from");
  CHECK(found(**loaded, "to Oslo, but from Prague") == "Oslo#to Prague#from");
  CHECK(found(**loaded, "from Athens I want to get to Oslo") == "Athens#from Oslo#to");
}

TEST_CASE("groups that 24 examples teach tell which topping is on which pizza") {
  TrainingData data;
  const std::vector<std::string> toppings{"ham", "olives", "tuna", "onions", "salami", "mushrooms"};
  for (std::size_t i = 0; i < toppings.size(); ++i) {
    const std::map<std::string, std::string> two{
        {"A", "[large](size@1)"},
        {"B", "[small](size@2)"},
        {"X", "[" + toppings[i] + "](topping@1)"},
        {"Y", "[" + toppings[(i + 2) % 6] + "](topping@2)"}};
    for (const char* text :
         {"a A pizza with X and a B one with Y", "one A with X and one B with Y please",
          "a A pizza with X", "I take the A with X, then a B pizza with Y"}) {
      data.examples.push_back(annotated(replaced(text, two)));
    }
  }
  for (const char* text : {"hello", "hi there", "good morning", "hey"})
    data.examples.push_back(tiny::example("greet", text));
  const tiny::TemporaryFile file("usher-groups-");
  TrainOptions options;
  options.tone = false;
  REQUIRE(train(data, options, file.path));
  const auto loaded = load_interpreter(file.path);
  REQUIRE(loaded);
  CHECK(found(**loaded, "large pizza with ham and small one with olives") ==
        "large@1 ham@1 small@2 olives@2");
  CHECK(found(**loaded, "one large pizza with tuna, and a small one with salami please") ==
        "large@1 tuna@1 small@2 salami@2");
}

TEST_CASE("an entity of the wrong role or group is not the right one") {
  const Example row = annotated("from [Berlin](city#from) to [Rome](city#to)");
  Interpretation said;
  said.entities = row.entities;
  for (Entity& entity : said.entities) entity.source = "model";
  CHECK(evaluate_entities({said}, {row}).entities.micro.f1 == 1);
  said.entities[1].role = "from";
  const EntityReport report = evaluate_entities({said}, {row});
  CHECK(report.entities.micro.f1 == 0.5);
  REQUIRE(report.mistakes.size() == 1);
  CHECK(report.mistakes[0].expected.find("city#to") != std::string::npos);
  CHECK(report.mistakes[0].got.find("city#from") != std::string::npos);
}

}  // namespace nlu

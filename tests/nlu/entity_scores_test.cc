#include "nlu/entity_scores.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

Entity entity(const char* type, std::size_t begin, std::size_t end) {
  Entity e;
  e.type = type;
  e.span = {begin, end};
  e.source = "model";
  return e;
}

// "Anna Lee flew to New York": PER 0–8, LOC 17–25.
Example flight() {
  Example row;
  row.text = "Anna Lee flew to New York";
  row.entities = {entity("PER", 0, 8), entity("LOC", 17, 25)};
  row.tokens = {{0, 4}, {5, 8}, {9, 13}, {14, 16}, {17, 20}, {21, 25}};
  return row;
}

Interpretation found(std::vector<Entity> entities) {
  Interpretation interpretation;
  interpretation.entities = std::move(entities);
  return interpretation;
}

}  // namespace

TEST_CASE("an entity counts when its type and both its ends are right") {
  const auto report = evaluate_entities(
      {found({entity("PER", 0, 8), entity("LOC", 21, 25), entity("ORG", 9, 13)})}, {flight()});
  REQUIRE(report.entities.labels.size() == 3);
  const LabelScore& loc = report.entities.labels[0];
  CHECK(loc.label == "LOC");
  CHECK(loc.f1 == 0);
  CHECK(loc.support == 1);
  CHECK(report.entities.labels[2].f1 == 1);
  CHECK(report.entities.micro.precision == Approx(1.0 / 3));
  CHECK(report.entities.micro.recall == Approx(0.5));
  CHECK(report.entities.micro.f1 == Approx(0.4));
  // Over the types that were expected: LOC and PER.
  CHECK(report.entities.macro.f1 == Approx(0.5));
  REQUIRE(report.mistakes.size() == 1);
  CHECK(report.mistakes[0].expected == "[New York](LOC)");
  CHECK(report.mistakes[0].got == "[flew](ORG), [York](LOC)");
}

TEST_CASE("tokens are counted by their IOB2 tags, O last") {
  const auto report =
      evaluate_entities({found({entity("PER", 0, 8), entity("LOC", 21, 25)})}, {flight()});
  std::vector<std::string> names;
  for (const LabelScore& score : report.tokens.labels) names.push_back(score.label);
  CHECK(names == std::vector<std::string>{"B-LOC", "I-LOC", "B-PER", "I-PER", "O"});
  // New: O instead of B-LOC; York: B-LOC instead of I-LOC.
  CHECK(report.tokens.micro.f1 == Approx(4.0 / 6));
  CHECK(report.tokens.labels[4].precision == Approx(2.0 / 3));
  CHECK(report.tokens.micro.support == 6);
  CHECK(report.tokens.macro.f1 == Approx((0 + 0 + 1 + 1 + 0.8) / 5));
}

TEST_CASE("what rules found is not the model's doing") {
  Entity number = entity("number", 0, 4);
  number.source = "builtin";
  const auto report = evaluate_entities({found({number})}, {flight()});
  CHECK(report.entities.micro.precision == 0);
  CHECK(report.entities.labels.size() == 2);
}

TEST_CASE("rows without tokens are cut into words") {
  Example row = flight();
  row.tokens.clear();
  const auto report = evaluate_entities({found(row.entities)}, {row});
  CHECK(report.entities.micro.f1 == 1);
  CHECK(report.tokens.micro.support == 6);
  CHECK(report.mistakes.empty());
}

#include "nlu/entity_resolution.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

RuleEntities shop() {
  TrainingData data;
  data.lookups = {{"color", {"blue", "red", "dark blue", "蓝色", "红色"}},
                  {"product", {"Running Shoes", "shoes"}}};
  data.patterns = {{"order_number", "\\d{5}", {"f.yml", 3, 5}}};
  return *RuleEntities::compile(data);
}

// "type=value", with "-" before negated and "~" before retracted ones; numbers are left out.
std::string found(const std::string& text,
                  const std::map<std::string, std::string>& synonyms = {}) {
  const std::vector<Word> words = split_words(text);
  std::string out;
  for (const Entity& e :
       resolve_entities(text, words, shop().find({text, "2026-11-23"}, words), synonyms)) {
    if (e.type == "number") continue;
    if (!out.empty()) out += ' ';
    out += (e.negated ? "-" : "") + std::string(e.retracted ? "~" : "") + e.type + "=" + e.value;
  }
  return out;
}

Entity entity(const char* type, std::size_t begin, std::size_t end, const char* source,
              double p = 1, const char* role = "") {
  Entity e;
  e.type = type;
  e.span = {begin, end};
  e.source = source;
  e.value = source;
  e.p = p;
  e.role = role;
  return e;
}

std::vector<Entity> resolve(const std::string& text, std::vector<Entity> candidates) {
  return resolve_entities(text, split_words(text), std::move(candidates), {});
}

}  // namespace

TEST_CASE("lookups and regexes are found at boundaries, the longest first") {
  CHECK(found("the DARK  blue running shoes") == "color=DARK  blue product=running shoes");
  CHECK(found("bluebird") == "");
  CHECK(found("我要蓝色的") == "color=蓝色");
  CHECK(found("order 10423, 110423, a10423") == "order_number=10423");
  CHECK(found("订单10423号") == "order_number=10423");
}

TEST_CASE("a lookup that is fuzzy forgives mistakes in its words") {
  TrainingData data;
  data.lookups = {{"city", {"Frankfurt am Main", "Hamburg"}, true}, {"color", {"orange"}}};
  const RuleEntities rules = *RuleEntities::compile(data);
  const auto hear = [&](const std::string& text) {
    const std::vector<Word> words = split_words(text);
    std::string out;
    for (const Entity& e : resolve_entities(text, words, rules.find({text, ""}, words), {}))
      out +=
          e.type + "=" + e.value + "@" + text.substr(e.span.begin, e.span.end - e.span.begin) + " ";
    return out;
  };
  CHECK(hear("to Hambrug please") == "city=Hamburg@Hambrug ");
  CHECK(hear("from frankfrut am main") == "city=Frankfurt am Main@frankfrut am main ");
  CHECK(hear("hamburg") == "city=hamburg@hamburg ");
  CHECK(hear("an ornage one").empty());  // Not asked for there.
  CHECK(hear("hamburger stalls").find("hamburger") == std::string::npos);
}

TEST_CASE("a synonym gives the value, whatever its case") {
  CHECK(found("Blue", {{"blue", "navy"}}) == "color=navy");
}

TEST_CASE("what is denied is negated") {
  CHECK(found("not the blue one") == "-color=blue");
  CHECK(found("not the blue one, the red one") == "-color=blue color=red");
  CHECK(found("I don't want red shoes") == "-color=red -product=shoes");
  CHECK(found("kein blue") == "-color=blue");
  CHECK(found("shoes without red") == "product=shoes -color=red");
  CHECK(found("不要蓝色") == "-color=蓝色");
  CHECK(found("不是10423") == "-order_number=10423");
  CHECK(found("是不是10423") == "order_number=10423");
}

TEST_CASE("a question about an order is no denial of it") {
  CHECK(found("I have not received order 10423") == "order_number=10423");
  CHECK(found("order no 10423") == "order_number=10423");
  CHECK(found("No, the blue one") == "color=blue");
  CHECK(found("10423 has not arrived") == "order_number=10423");
}

TEST_CASE("what is corrected is retracted") {
  CHECK(found("10423, no wait, 10432") == "~order_number=10423 order_number=10432");
  CHECK(found("10423, I mean 10432") == "~order_number=10423 order_number=10432");
  CHECK(found("10423 sorry 10432") == "~order_number=10423 order_number=10432");
  CHECK(found("10423, no, 10432") == "~order_number=10423 order_number=10432");
  CHECK(found("10423不对,应该是10432") == "~order_number=10423 order_number=10432");
  CHECK(found("blue, make that red") == "~color=blue color=red");
  CHECK(found("10423 and 10432") == "order_number=10423 order_number=10432");
}

TEST_CASE("candidates give way by length, source and probability") {
  const auto longest = resolve(
      "new york city", {entity("city", 0, 8, "regex"), entity("city", 0, 13, "model", 0.4, "to")});
  REQUIRE(longest.size() == 1);
  CHECK(longest[0].value == "model");
  const auto source =
      resolve("berlin", {entity("city", 0, 6, "model", 0.9, "to"), entity("city", 0, 6, "lookup"),
                         entity("city", 0, 6, "builtin")});
  REQUIRE(source.size() == 1);
  CHECK(source[0].value == "lookup");
  CHECK(source[0].role == "to");
  CHECK(resolve("berlin", {entity("a", 0, 6, "model"), entity("b", 0, 6, "model")}).size() == 2);
}

TEST_CASE("candidates with senseless spans are dropped") {
  const auto none = resolve("é", {entity("a", 0, 9, "model"), entity("a", 2, 1, "model"),
                                  entity("a", 1, 2, "model"), entity("a", 0, 0, "model")});
  CHECK(none.empty());
}

TEST_CASE("a pattern that is none names its place") {
  TrainingData data;
  data.patterns = {{"x", "(", {"nlu.yml", 3, 5}}};
  CHECK(RuleEntities::compile(data).error().message.find("nlu.yml:3:5: ") == 0);
}

TEST_CASE("without rules only the built-in types are found") {
  const std::vector<Entity> entities = RuleEntities().find({"a@b.de", ""}, split_words("a@b.de"));
  REQUIRE(entities.size() == 1);
  CHECK(entities[0].type == "email");
}

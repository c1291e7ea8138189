#include "dialog/condition.h"

#include <map>

#include <catch2/catch.hpp>

namespace {

namespace json = nlu::json;

class FakeNames : public dialog::Names {
 public:
  std::map<std::string, json::value, std::less<>> slots = {{"city", "Berlin"},
                                                           {"total", 59.9},
                                                           {"count", 3},
                                                           {"paid", true},
                                                           {"open", false},
                                                           {"empty_text", ""},
                                                           {"tags", json::array{"new", "sale"}},
                                                           {"none", json::array{}},
                                                           {"date", "2026-11-23"},
                                                           {"城市", "上海"}};
  std::map<std::string, json::value, std::less<>> contexts = {{"reason", "unsure"},
                                                              {"user.name", "Anna"}};

  const json::value* slot(std::string_view name) const override { return find(slots, name); }
  const json::value* context(std::string_view path) const override { return find(contexts, path); }

 private:
  static const json::value* find(const std::map<std::string, json::value, std::less<>>& map,
                                 std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
  }
};

bool holds(const std::string& text) {
  const auto condition = dialog::Condition::parse(text);
  INFO(text << (condition ? "" : ": " + condition.error().message));
  REQUIRE(condition.has_value());
  return condition->evaluate(FakeNames());
}

std::string problem(const std::string& text) {
  const auto condition = dialog::Condition::parse(text);
  return condition ? "" : condition.error().message;
}

}  // namespace

TEST_CASE("comparisons of slots with values") {
  for (const char* text : {"slots.city is \"Berlin\"",
                           "slots.city = 'Berlin'",
                           "slots.city == \"Berlin\"",
                           "city is \"Berlin\"",
                           "slots.city is not \"Paris\"",
                           "slots.city != 'Paris'",
                           "slots.total > 59",
                           "slots.total >= 59.9",
                           "slots.total < 1e2",
                           "slots.count = 3.0",
                           "slots.count <= 3",
                           "-1 < slots.count",
                           "slots.date < \"2026-12-01\"",
                           "slots.paid",
                           "slots.paid is true",
                           "not slots.open",
                           "slots.open is false",
                           "slots.城市 is \"上海\"",
                           "context.reason is \"unsure\"",
                           "context.user.name = 'Anna'",
                           "slots.city IS NOT null AND NOT slots.open"}) {
    CHECK(holds(text));
  }
  for (const char* text : {"slots.city is \"berlin\"", "slots.total > 60", "slots.open",
                           "slots.city is not \"Berlin\"", "slots.missing"}) {
    CHECK_FALSE(holds(text));
  }
}

TEST_CASE("a name that is nothing is null") {
  CHECK(holds("slots.missing is null"));
  CHECK(holds("slots.missing is undefined"));
  CHECK(holds("slots.missing is empty"));
  CHECK(holds("slots.missing is not \"x\""));
  CHECK(holds("context.missing.path is null"));
  CHECK_FALSE(holds("slots.missing = 0"));
  CHECK_FALSE(holds("slots.missing is false"));
}

TEST_CASE("a comparison of unlike kinds is false") {
  CHECK_FALSE(holds("slots.city > 3"));
  CHECK_FALSE(holds("slots.city < 3"));
  CHECK_FALSE(holds("slots.total = \"59.9\""));
  CHECK_FALSE(holds("slots.paid is \"true\""));
  CHECK_FALSE(holds("slots.paid > false"));
  CHECK_FALSE(holds("slots.missing < 1"));
  CHECK_FALSE(holds("slots.tags matches \"new\""));
}

TEST_CASE("contains, in and matches") {
  CHECK(holds("slots.city contains \"lin\""));
  CHECK(holds("{Berlin, Paris} contains slots.city"));
  CHECK(holds("{\"Berlin\" 'Paris'} contains slots.city"));
  CHECK(holds("slots.count in {1, 2, 3}"));
  CHECK(holds("slots.tags contains \"sale\""));
  CHECK(holds("slots.tags not contains \"old\""));
  CHECK(holds("slots.city not in {Paris}"));
  CHECK(holds("slots.city matches \"^Ber\""));
  CHECK(holds("slots.city matches '[a-z]+\\w$'"));
  CHECK(holds("not (slots.city matches \"^1\")"));
  CHECK(holds("slots.city not matches \"^1\""));
  CHECK_FALSE(holds("slots.missing contains \"x\""));
  CHECK_FALSE(holds("slots.missing in {}"));
}

TEST_CASE("empty is no text, an empty list or nothing") {
  CHECK(holds("slots.empty_text is empty"));
  CHECK(holds("slots.none is empty"));
  CHECK(holds("slots.city is not empty"));
  CHECK(holds("slots.tags is not empty"));
  CHECK_FALSE(holds("slots.count is empty"));
}

TEST_CASE("and binds tighter than or, not tighter than and") {
  CHECK(holds("true or false and false"));
  CHECK_FALSE(holds("(true or false) and false"));
  CHECK(holds("not false and true"));
  CHECK_FALSE(holds("not (false or true)"));
  CHECK(holds("not not true"));
  CHECK(holds("slots.city is \"Paris\" or slots.total > 1 and slots.count = 3"));
}

TEST_CASE("quotes within texts") {
  CHECK(holds("\"a\\\"b\" = 'a\"b'"));
  CHECK(holds("'it\\'s' = \"it's\""));
  CHECK(holds("'\\d' contains \"d\""));
}

TEST_CASE("what cannot be read is named with its column") {
  CHECK(problem("") == "1: a value or a name is missing here");
  CHECK(problem("slots.a is") == "11: a value or a name is missing here");
  CHECK(problem("slots.a is is 3") == "12: a value or a name is missing before 'is'");
  CHECK(problem("slots.a 3") == "9: '3' is not expected here; join conditions with 'and' or 'or'");
  CHECK(problem("slots.a && slots.b") == "9: write 'and' instead of '&&'");
  CHECK(problem("slots.a || slots.b") == "9: write 'or' instead of '||'");
  CHECK(problem("!slots.a") == "1: write 'not' instead of '!'");
  CHECK(problem("slots.a is \"x") == "12: this text has no closing quote");
  CHECK(problem("(slots.a") == "9: a closing ')' is missing here");
  CHECK(problem("slots.a)") == "8: ')' is not expected here; join conditions with 'and' or 'or'");
  CHECK(problem("1 < slots.a < 3") == "13: comparisons cannot be chained; join two with 'and'");
  CHECK(problem("user.name is 'x'") ==
        "1: 'user.name' is no name; names are 'slots.…' and 'context.…'");
  CHECK(problem("slots.a.b") == "1: 'slots.a.b' is no name; a slot's name has no dot");
  CHECK(problem("slots") == "1: write 'slots.' and a name");
  CHECK(problem("slots.") == "1: 'slots.' is not a whole name");
  CHECK(problem("slots.a matches 3") == "17: 'matches' needs a regular expression in quotes");
  CHECK(problem("slots.a > 3x") == "11: this number cannot be read; put a text in quotes");
  CHECK(problem("slots.a ; 1") == "9: ';' has no meaning in a condition");
  CHECK(problem("{a, (b)} contains slots.a") == "5: a set is written {a, b, c}");
  CHECK(problem("'上海' is slots.城市 and") == "21: a value or a name is missing here");
}

TEST_CASE("depth and length are limited") {
  CHECK(problem(std::string(5000, ' ')) == "1: this has at most 4096 characters");
  CHECK(problem(std::string(100, '(') + "1" + std::string(100, ')'))
            .find("this is nested too deeply") != std::string::npos);
  std::string nots;
  for (int i = 0; i < 500; ++i) nots += "not ";
  CHECK(problem(nots + "true").find("this is nested too deeply") != std::string::npos);
}

TEST_CASE("names a condition reads") {
  const auto condition =
      dialog::Condition::parse("slots.b = 1 or a is null and slots.b > 2 and context.x.y");
  REQUIRE(condition.has_value());
  CHECK(condition->slots() == std::vector<std::string>{"b", "a"});
  CHECK(condition->contexts() == std::vector<std::string>{"x.y"});
}

TEST_CASE("conditions that are the same for all names") {
  const auto constant = [](const char* text) {
    return dialog::Condition::parse(text)->constant_value();
  };
  CHECK(constant("true") == true);
  CHECK(constant("1 = 2") == false);
  CHECK(constant("slots.a and 1 = 2") == false);
  CHECK(constant("slots.a or not false") == true);
  CHECK(constant("slots.a or false") == std::nullopt);
  CHECK(constant("not slots.a") == std::nullopt);
  CHECK(dialog::Condition::constant(false).constant_value() == false);
  CHECK(dialog::Condition::constant(true).evaluate(FakeNames()));
}

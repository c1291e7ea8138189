#include "dialog/expression.h"

#include <map>

#include <catch2/catch.hpp>

#include "dialog/expression_functions.h"
#include "dialog/hours.h"

namespace json = nlu::json;

namespace {

class Given : public dialog::Names {
 public:
  const json::value* slot(std::string_view name) const override {
    const auto found = slots.find(std::string(name));
    return found == slots.end() ? nullptr : &found->second;
  }
  const json::value* context(std::string_view) const override { return nullptr; }
  std::string now() const override { return "2026-11-27T18:30"; }
  std::optional<bool> is_open(std::string_view hours) const override {
    return hours == "support" ? std::optional(true) : std::nullopt;
  }

  std::map<std::string, json::value> slots = {{"price", 19.9},
                                              {"count", 3},
                                              {"name", " Zoë "},
                                              {"tags", json::array{"new", "sale"}},
                                              {"sums", json::array{1, 2.5, 3}},
                                              {"order", json::object{{"id", "R-7"}}},
                                              {"due", "2026-12-24"}};
};

std::string value_of(const std::string& text) {
  const auto expression = dialog::Expression::parse(text);
  INFO(text << (expression ? "" : ": " + expression.error().message));
  REQUIRE(expression.has_value());
  return json::serialize(expression->evaluate(Given()));
}

std::string problem(const std::string& text) {
  const auto expression = dialog::Expression::parse(text);
  return expression ? "" : expression.error().message;
}

}  // namespace

TEST_CASE("arithmetic goes from left to right, products first") {
  CHECK(value_of("1 + 2 * 3") == "7");
  CHECK(value_of("(1 + 2) * 3") == "9");
  CHECK(value_of("8 - 2 - 1") == "5");
  CHECK(value_of("8-2") == "6");
  CHECK(value_of("7 / 2") == "3.5E0");
  CHECK(value_of("7 % 4") == "3");
  CHECK(value_of("- slots.count + 5") == "2");
  CHECK(value_of("slots.count -1") == "2");
  CHECK(value_of("0.1 + 0.2") == "3E-1");
  CHECK(value_of("slots.price * slots.count") == "5.97E1");
  CHECK(value_of("slots.price * slots.count > 50 and slots.count < 4") == "true");
}

TEST_CASE("what cannot be computed is null") {
  for (const char* text : {"1 / 0", "1 % 0", "slots.name + 1", "slots.nothing * 2", "1e300 * 1e300",
                           "round(slots.name)", "item(slots.tags, 3)", "add_days(slots.name, 1)",
                           "days_between(1, 2)", "min(slots.tags)", "number(\"12a\")", "is_open()",
                           "add_days(slots.due, 1e12)", "part(slots.name, 0, 1)"}) {
    INFO(text);
    CHECK(value_of(text) == "null");
  }
}

TEST_CASE("functions") {
  const std::pair<const char*, const char*> cases[] = {
      {"round(slots.price * 1.19, 2)", "2.368E1"},
      {"ROUND(2.5)", "3"},
      {"floor(-1.5)", "-2"},
      {"ceil(1.2)", "2"},
      {"abs(-3)", "3"},
      {"min(3, 1, 2)", "1"},
      {"max(slots.sums)", "3"},
      {"sum(slots.sums)", "6.5E0"},
      {"number(\"12.5\")", "1.25E1"},
      {"text(\"a\", 1, true)", "\"a1true\""},
      {"lower(\"ÄB\")", "\"äb\""},
      {"upper(trim(slots.name))", "\"ZOË\""},
      {"length(trim(slots.name))", "3"},
      {"length(slots.tags)", "2"},
      {"length(slots.nothing)", "0"},
      {"replace(\"a-b-c\", \"-\", \"\")", "\"abc\""},
      {"part(\"您好吗\", 2, 1)", "\"好\""},
      {"part(\"abc\", 2)", "\"bc\""},
      {"starts_with(\"10423\", \"1\")", "true"},
      {"ends_with(\"10423\", \"1\")", "false"},
      {"split(\"a, b,c\", \",\")", "[\"a\",\"b\",\"c\"]"},
      {"join(slots.tags, \" and \")", "\"new and sale\""},
      {"first(slots.tags)", "\"new\""},
      {"last(slots.tags)", "\"sale\""},
      {"item(slots.order, \"id\")", "\"R-7\""},
      {"append(slots.tags, 1)", "[\"new\",\"sale\",1]"},
      {"append(slots.nothing, 1)", "[1]"},
      {"today()", "\"2026-11-27\""},
      {"time()", "\"18:30\""},
      {"now()", "\"2026-11-27T18:30\""},
      {"weekday()", "\"friday\""},
      {"weekday(slots.due)", "\"thursday\""},
      {"days_between(today(), slots.due)", "27"},
      {"add_days(\"2028-02-28\", 2)", "\"2028-03-01\""},
      {"if(slots.count > 2, \"many\", \"few\")", "\"many\""},
      {"coalesce(slots.nothing, \"\", slots.count)", "3"},
      {"is_open(\"support\")", "true"},
  };
  for (const auto& [text, value] : cases) {
    INFO(text);
    CHECK(value_of(text) == value);
  }
}

TEST_CASE("every function is found by its name, once, and says how it is written") {
  std::string before;
  for (const dialog::Function& one : dialog::functions()) {
    CHECK(std::string(one.name) > before);
    before = one.name;
    CHECK(dialog::find_function(one.name) == &one);
    CHECK(one.usage.starts_with(one.name));
    CHECK_FALSE(one.what.empty());
  }
}

TEST_CASE("mistakes name their column") {
  CHECK(problem("1 +") == "4: a value or a name is missing here");
  CHECK(problem("rond(1)") == "1: no function is called 'rond'; did you mean 'round'?");
  CHECK(problem("round()") == "1: 'round' is written round(number) or round(number, digits)");
  CHECK(problem("min(1 2)") == "7: a ',' or the closing ')' is missing here");
  CHECK(problem("2 ^ 3") == "3: '^' has no meaning in a condition");
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = "abs(" + deep + ")";
  CHECK(problem(deep).find("nested too deeply") != std::string::npos);
  std::string minus(200, '-');
  CHECK(problem(minus + " 1").find("nested too deeply") != std::string::npos);
}

TEST_CASE("what reads the time is no constant") {
  CHECK_FALSE(dialog::Expression::parse("today() > \"2020-01-01\"")->constant_truth());
  CHECK(dialog::Expression::parse("1 + 1 = 2")->constant_truth() == true);
  CHECK(dialog::Expression::parse("is_open(\"a\") and is_open(\"b\")")->hours() ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("opening hours") {
  dialog::OpeningHours hours;
  hours.days[4] = {*dialog::read_span("08:00-12:00"), *dialog::read_span("13:00-24:00")};
  CHECK(dialog::is_open(hours, {}, "2026-11-27T08:00"));
  CHECK_FALSE(dialog::is_open(hours, {}, "2026-11-27T12:00"));
  CHECK(dialog::is_open(hours, {}, "2026-11-27T23:59"));
  CHECK_FALSE(dialog::is_open(hours, {}, "2026-11-28T10:00"));
  CHECK_FALSE(dialog::is_open(hours, {"2026-11-27"}, "2026-11-27T10:00"));
  CHECK_FALSE(dialog::is_open(hours, {"11-27"}, "2026-11-27T10:00"));
  CHECK(dialog::is_open(hours, {"2025-11-27"}, "2026-11-27T10:00"));
  CHECK_FALSE(dialog::is_open(hours, {}, "soon"));
  for (const char* bad : {"8:00-12:00", "12:00-08:00", "08:00-24:30", "08:00 12:00", ""}) {
    CHECK_FALSE(dialog::read_span(bad));
  }
  CHECK(dialog::is_holiday_date("02-29"));
  for (const char* bad : {"02-30", "2026-02-29", "24.12.", "2026-13-01"}) {
    CHECK_FALSE(dialog::is_holiday_date(bad));
  }
}

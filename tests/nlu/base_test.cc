#include <catch2/catch.hpp>

#include "nlu/base/diagnostic.h"
#include "nlu/base/hash.h"
#include "nlu/base/json.h"
#include "nlu/base/json_as_yaml.h"
#include "nlu/base/regex.h"
#include "nlu/base/yaml.h"

using namespace nlu;

TEST_CASE("a diagnostic is shown as file, line, column and message") {
  CHECK(to_string({Severity::error, "x", {"a.yml", 14, 9}, "no"}) == "a.yml:14:9: no");
  CHECK(to_string({Severity::error, "x", {"a.yml", 14, 0}, "no"}) == "a.yml:14: no");
  CHECK(to_string({Severity::error, "x", {"a.yml", 0, 0}, "no"}) == "a.yml: no");
  CHECK(to_string({Severity::warning, "x", {"a.yml", 1, 2}, "no"}) == "a.yml:1:2: warning: no");
  CHECK(has_errors({{Severity::error, "x", {}, ""}}));
  CHECK_FALSE(has_errors({{Severity::warning, "x", {}, ""}}));
}

TEST_CASE("a near name is suggested, a far one is not") {
  CHECK(did_you_mean("pay_out", {"refund", "payout"}) == "; did you mean 'payout'?");
  CHECK(did_you_mean("refudn", {"refund"}) == "; did you mean 'refund'?");
  CHECK(did_you_mean("Payout", {"payout"}) == "; did you mean 'payout'?");
  CHECK(did_you_mean("订单号", {"订单"}) == "; did you mean '订单'?");
  CHECK(did_you_mean("xyz", {"refund"}).empty());
  CHECK(did_you_mean("", {"a"}).empty());
  CHECK(did_you_mean(std::string(1'000'000, 'a'), {std::string(1'000'000, 'b')}).empty());
}

TEST_CASE("SHA-256 is that of the standard") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("JSON is read within limits") {
  CHECK(parse_json(R"({"a": [1, 2.5, "x"]})").has_value());
  CHECK(parse_json("{\"a\":}").error().message == "not JSON at byte 5: syntax error");
  CHECK(parse_json("[1] x").error().message == "not JSON at byte 4: extra data");
  CHECK(parse_json("").error().code == Errc::invalid);
  CHECK(parse_json("1e999").error().message == "a number in the JSON is too large");
  CHECK(parse_json("\"\xff\"").error().code == Errc::invalid);
  CHECK(parse_json(std::string(100'000, '[')).error().code == Errc::too_large);
  CHECK(parse_json("[[1]]", {100, 1}).error().code == Errc::too_large);
  CHECK(parse_json("[1,2,3]", {3, 9}).error().code == Errc::too_large);
}

TEST_CASE("fields of a JSON object are read by kind") {
  const json::value value =
      *parse_json(R"({"s":"x","n":2,"d":2.5,"w":3.0,"b":true,"o":{},"a":[]})");
  const json::object& object = value.get_object();
  CHECK(get_string(object, "s") == "x");
  CHECK_FALSE(get_string(object, "n"));
  CHECK(get_number(object, "n") == 2.0);
  CHECK(get_integer(object, "w") == 3);
  CHECK_FALSE(get_integer(object, "d"));
  CHECK(get_bool(object, "b") == true);
  CHECK(get_object(object, "o") != nullptr);
  CHECK(get_array(object, "a") != nullptr);
  CHECK(get_array(object, "missing") == nullptr);
}

TEST_CASE("a path selects within a JSON value") {
  const json::value v = *parse_json(R"({"a":{"b":[{"c":7},{"c":8}]},"x y":1,"k-k":2})");
  const auto number = [&](std::string_view path) {
    const json::value* found = select(v, path);
    return found == nullptr || !found->is_int64() ? -1 : found->get_int64();
  };
  CHECK(number("$.a.b[0].c") == 7);
  CHECK(number("$.a.b[-1].c") == 8);
  CHECK(number("$['a'][\"b\"][1].c") == 8);
  CHECK(number("$['x y']") == 1);
  CHECK(number("$.k-k") == 2);
  CHECK(select(v, "$") == &v);
  for (const char* path : {"", "a", "$.", "$.z", "$.a.b[2]", "$.a.b[-3]", "$.a.b[]", "$.a.b[0",
                           "$['a", "$..a", "$.a.b[*]", "$.a.b[99999999999999999999]", "$["}) {
    INFO(path);
    CHECK(select(v, path) == nullptr);
  }
}

TEST_CASE("regular expressions find, and refuse what is none") {
  const Regex order = *Regex::compile("\\d{5}");
  CHECK(order.matches_whole("10423"));
  CHECK_FALSE(order.matches_whole("x10423"));
  CHECK(order.matches_somewhere("x10423"));
  CHECK(order.find_all("10423 and 10432").size() == 2);
  CHECK(order.find_all("10423 and 10432", 1).size() == 1);
  CHECK(Regex::compile("STRASSE", true)->matches_whole("strasse"));
  CHECK(Regex::compile("(a").error().code == Errc::invalid);
  CHECK(Regex::compile("(?=a)").error().code == Errc::invalid);
  CHECK(Regex::compile(std::string(1001, 'a')).error().code == Errc::invalid);
  CHECK_FALSE(Regex::compile("((a{100}){100}){100}").has_value());
  CHECK(Regex::compile("x*")->find_all("ayxé").size() == 1);
  CHECK(Regex::compile("(x.*y)?")->find_all(std::string(100'000, 'x')).empty());
  CHECK(order.pattern() == "\\d{5}");
}

TEST_CASE("JSON is written as YAML that reads as the same") {
  const json::value value = {
      {"plain", "utter_ask city"},
      {"quoted", {"yes", "10423", "a: b", "", " x", "#1", "天气", "two\nlines", "-"}},
      {"number", 59.9},
      {"whole", 3},
      {"none", nullptr},
      {"truth", true},
      {"empty", {{"list", json::array()}, {"map", json::object()}}},
      {"of_lists", json::array{json::array{1, 2}, json::array{json::object{{"a b", 1}, {"c", 2}}}}},
      {"of_maps", json::array{json::object{{"a", 1}, {"b", json::array{"x"}}}}}};
  const std::string text = json_as_yaml(value);
  CHECK(text ==
        "plain: utter_ask city\n"
        "quoted:\n"
        "  - \"yes\"\n"
        "  - \"10423\"\n"
        "  - \"a: b\"\n"
        "  - \"\"\n"
        "  - \" x\"\n"
        "  - \"#1\"\n"
        "  - \"天气\"\n"
        "  - \"two\\nlines\"\n"
        "  - \"-\"\n"
        "number: 59.9\n"
        "whole: 3\n"
        "none: null\n"
        "truth: true\n"
        "empty:\n"
        "  list: []\n"
        "  map: {}\n"
        "of_lists:\n"
        "  - - 1\n"
        "    - 2\n"
        "  - - a b: 1\n"
        "      c: 2\n"
        "of_maps:\n"
        "  - a: 1\n"
        "    b:\n"
        "      - x\n");
  CHECK(json_as_yaml("text") == "text\n");
  CHECK(json_as_yaml(json::array()) == "[]\n");
  const auto read = parse_yaml(text, "x.yml");
  REQUIRE(std::holds_alternative<Yaml>(read));
  const Yaml& tree = std::get<Yaml>(read);
  CHECK(tree.find("quoted")->items[7].text == "two\nlines");
  CHECK(tree.find("quoted")->items[1].quoted);
  CHECK(tree.find("of_lists")->items[1].items[0].find("c")->text == "2");
}

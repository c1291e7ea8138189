#include "nlu/interpretation.h"

#include <catch2/catch.hpp>

using namespace nlu;

TEST_CASE("an interpretation survives JSON") {
  Interpretation before;
  before.segments = {{{0, 5}, {{"greet", 0.123456}, {"bye", 0.1}}, 0.25, 0.5}};
  before.entities = {{"city", "to", "1", {2, 5}, "Berlin", "model", 0.99999, true, true}};
  before.language = "en";
  before.sentiment = -0.5;
  before.model_version = "v";
  const json::object first = to_json(before);
  const Interpretation after = *interpretation_from_json(first);
  CHECK(to_json(after) == first);
  CHECK(after.best()->name == "greet");
  CHECK(after.best()->p == 0.1235);
  CHECK(after.entities[0].span == Span{2, 5});
  CHECK(after.entities[0].p == 1.0);
  CHECK(after.entities[0].retracted);
  CHECK_FALSE(after.urgency);
  CHECK(Interpretation{}.best() == nullptr);
}

TEST_CASE("unknown fields are ignored, wrong kinds are named") {
  const auto read = [](std::string_view text) {
    return interpretation_from_json(parse_json(text)->get_object());
  };
  CHECK(read(R"({"new": 1, "segments": [{"x": 2}], "sentiment": null})").has_value());
  const auto wrong = [&](std::string_view text) {
    const auto result = read(text);
    return result ? std::string() : result.error().message;
  };
  CHECK(wrong(R"({"entities": [{}, {"span": [3, 1]}]})") ==
        "the interpretation's field 'entities[1].span' is not readable");
  CHECK(wrong(R"({"segments": 1})") == "the interpretation's field 'segments' is not readable");
  CHECK(wrong(R"({"segments": [{"intents": [{"p": 2}]}]})") ==
        "the interpretation's field 'segments[0].intents[0].p' is not readable");
  CHECK(wrong(R"({"segments": [1]})") ==
        "the interpretation's field 'segments[0]' is not readable");
  CHECK(wrong(R"({"language": 1})") == "the interpretation's field 'language' is not readable");
}

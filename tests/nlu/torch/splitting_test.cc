// Several intents in one utterance, by trained models.
#include "nlu/torch/splitting.h"

#include <string>

#include <catch2/catch.hpp>

#include "nlu/torch/evaluate.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

namespace nlu {
namespace {

// "order_status 'where is it' / hours 'are you open'"
std::string heard(const Interpreter& interpreter, const std::string& text) {
  const Utterance utterance{text, "2026-11-23"};
  const Interpretation said = interpreter.interpret({&utterance, 1}).front();
  std::string all;
  for (const Segment& segment : said.segments) {
    all += all.empty() ? "" : " / ";
    all += segment.intents.empty() ? "-" : segment.intents.front().name;
    all += " '" + text.substr(segment.span.begin, segment.span.end - segment.span.begin) + "'";
  }
  return all;
}

Interpretation of(std::vector<std::string> intents) {
  Interpretation said;
  for (const std::string& intent : intents) {
    const std::size_t at = said.segments.size() * 10;
    said.segments.push_back({{at, at + 9}, {{intent, 0.9}}, intent == "none" ? 0.9 : 0.1, 0});
  }
  return said;
}

}  // namespace

TEST_CASE("an utterance that says two things is divided, one that says one is not") {
  const tiny::TemporaryFile file("usher-splitting-");
  REQUIRE(train(tiny::bot(), {}, file.path));
  const auto loaded = load_interpreter(file.path, {"en", "zh"});
  REQUIRE(loaded);
  const Interpreter& interpreter = **loaded;
  CHECK(heard(interpreter, "where is order 10423. Also, change my delivery address") ==
        "order_status 'where is order 10423.' / change_address 'change my delivery address'");
  CHECK(heard(interpreter, "包裹什么时候到，另外我要改地址") ==
        "order_status '包裹什么时候到' / change_address '我要改地址'");
  for (const char* text :
       {"where is order 10423", "where is order 10423, when does my order arrive?",
        "where is my parcel, order 10423", "我的订单在哪里，什么时候到"}) {
    CHECK(heard(interpreter, text).find('/') == std::string::npos);
  }
  // However it is batched.
  const std::string two = "track my delivery. Also, the address is wrong";
  const std::vector<Utterance> many{
      {"hello", ""}, {two, ""}, {"where is my parcel", ""}, {two, ""}};
  const std::vector<Interpretation> said = interpreter.interpret(many);
  CHECK(said[1].segments.size() == 2);
  CHECK(to_json(said[1]) == to_json(said[3]));
  CHECK(to_json(said[1]) == to_json(interpreter.interpret({&many[1], 1}).front()));
}

TEST_CASE("an example to the letter is not divided") {
  TrainingData data = tiny::bot();
  const std::string both = "where is my parcel. Also, change my delivery address";
  data.examples.push_back(tiny::example("change_address", both));
  const tiny::TemporaryFile file("usher-splitting-");
  REQUIRE(train(data, {}, file.path));
  const auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  CHECK(heard(**interpreter, both) == "change_address '" + both + "'");
}

TEST_CASE("cases to learn from are the same for the same seed, and of every kind") {
  const Result<RuleEntities> rules = RuleEntities::compile({});
  REQUIRE(rules);
  std::vector<HeldOutText> texts;
  for (const char* end : {"now", "today", "please", "again", "at last"}) {
    texts.push_back({std::string("where is it ") + end, 0});
    texts.push_back({std::string("are you open ") + end, 1});
    texts.push_back({std::string("who won the match ") + end, 2});
  }
  int asked = 0;
  const auto score = [&](const std::vector<Feature>&, std::uint64_t) {
    ++asked;
    return RawScores{{1.0f, 0.0f, -1.0f}, {}, -1};
  };
  const auto cases = split_cases(texts, 2, *rules, score, 7, 100);
  const auto again = split_cases(texts, 2, *rules, score, 7, 100);
  REQUIRE(cases.size() == again.size());
  std::array<int, 4> kinds{};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    ++kinds[static_cast<std::size_t>(cases[i].kind)];
    CHECK(cases[i].cuts.size() == again[i].cuts.size());
    CHECK(cases[i].labels.size() == (cases[i].kind == SplitCase::Kind::pair ? 2 : 0));
    if (cases[i].kind == SplitCase::Kind::pair) CHECK(!cases[i].cuts.empty());
  }
  for (const int count : kinds) CHECK(count > 0);
  CHECK(split_cases(texts, 2, *rules, score, 7, 3).size() < cases.size());
}

TEST_CASE("rows of several intents are right when all are found, in whatever order") {
  std::vector<Example> rows;
  for (const char* intent : {"a+b", "a+b", "a+b", "a", "a"}) {
    Example row;
    row.text = "x";
    row.intent = intent;
    rows.push_back(row);
  }
  const EvalReport report = evaluate(
      {of({"b", "a"}), of({"a"}), of({"a", "b", "c"}), of({"a"}), of({"a", "none"})}, rows);
  CHECK(report.several == 3);
  CHECK(report.several_right == Approx(1.0 / 3));
  CHECK(report.singles_divided == 0.5);
  // 2 + 1 + 2 + 1 + 1 of 2 + 1 + 3 + 1 + 1 got and 2 + 2 + 2 + 1 + 1 expected.
  CHECK(report.set_f1 == Approx(2.0 * 7 / (8 + 8)));
  CHECK(to_text(report).find("Several intents: all right in 33.3 % of 3") != std::string::npos);
}

}  // namespace nlu

#include <algorithm>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "nlu/safetensors.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Interpreter> trained() {
  const tiny::TemporaryFile file("usher-tiny-");
  REQUIRE(train(tiny::bot(), {}, file.path));
  auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  return std::move(*interpreter);
}

Interpretation read(const Interpreter& interpreter, const std::string& text) {
  const Utterance utterance{text, "2026-11-23"};
  return interpreter.interpret({&utterance, 1})[0];
}

std::string intent_of(const Interpreter& interpreter, const std::string& text) {
  const Interpretation i = read(interpreter, text);
  if (i.best() == nullptr || i.segments[0].p_outside > 0.5) return "out_of_scope";
  return i.best()->name;
}

bool has(const Interpretation& i, const std::string& type, const std::string& value) {
  return std::any_of(i.entities.begin(), i.entities.end(),
                     [&](const Entity& e) { return e.type == type && e.value == value; });
}

}  // namespace

TEST_CASE("a few examples teach intents in English and Chinese") {
  const auto interpreter = trained();
  CHECK(intent_of(*interpreter, "where is my order") == "order_status");
  CHECK(intent_of(*interpreter, "please change the address") == "change_address");
  CHECK(intent_of(*interpreter, "hello") == "greet");
  CHECK(intent_of(*interpreter, "我的包裹在哪里") == "order_status");
  CHECK(intent_of(*interpreter, "我想改地址") == "change_address");
}

TEST_CASE("what no intent is about is refused") {
  const auto interpreter = trained();
  CHECK(intent_of(*interpreter, "what is the capital of Australia") == "out_of_scope");
  CHECK(intent_of(*interpreter, "asdfgh jkl") == "out_of_scope");
  CHECK(intent_of(*interpreter, "") == "out_of_scope");
}

TEST_CASE("the words around a number tell what it is") {
  const auto interpreter = trained();
  CHECK(has(read(*interpreter, "where is order 20777"), "order_number", "20777"));
  CHECK(has(read(*interpreter, "my postcode is 20777"), "postcode", "20777"));
}

TEST_CASE("an utterance is understood alike whatever it is batched with") {
  const auto interpreter = trained();
  std::vector<Utterance> utterances;
  for (const char* text : {"where is order 20777", "你好", "", "foo", "my postcode is 10115"}) {
    utterances.push_back({text, "2026-11-23"});
  }
  const auto together = interpreter->interpret(utterances);
  for (std::size_t i = 0; i < utterances.size(); ++i) {
    const auto alone = interpreter->interpret({&utterances[i], 1});
    CHECK(json::serialize(to_json(alone[0])) == json::serialize(to_json(together[i])));
  }
}

TEST_CASE("the same data and seed give the same file") {
  const tiny::TemporaryFile first("usher-first-"), second("usher-second-");
  REQUIRE(train(tiny::bot(), {}, first.path));
  REQUIRE(train(tiny::bot(), {}, second.path));
  CHECK(bytes_of(first.path) == bytes_of(second.path));
  CHECK(is_up_to_date(first.path, tiny::bot(), {}));
  TrainOptions other;
  other.seed = 2;
  CHECK_FALSE(is_up_to_date(first.path, tiny::bot(), other));
}

TEST_CASE("an example to the letter is understood as such, whatever the classifier thinks") {
  TrainingData data = tiny::bot();
  data.examples.push_back(tiny::example("greet", "where is my purple parcel"));
  data.examples.push_back(tiny::example("out_of_scope", "track my delivery van"));
  const tiny::TemporaryFile file("usher-wording-");
  REQUIRE(train(data, {}, file.path));
  const auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  const auto hear = [&](const std::string& text) {
    const Utterance utterance{text, ""};
    return (*interpreter)->interpret({&utterance, 1}).front();
  };
  for (const char* text : {"where is my purple parcel", " Where is my PURPLE parcel?! "}) {
    CHECK(hear(text).best()->name == "greet");
    CHECK(hear(text).best()->p > 0.95);
    CHECK(hear(text).segments[0].p_outside < 0.05);
  }
  CHECK(hear("where is my parcel now").best()->name == "order_status");
  CHECK(hear("track my delivery van").segments[0].p_outside > 0.95);
}

TEST_CASE("many examples train a network, too, that is kept with the model") {
  const tiny::TemporaryFile first("usher-large-"), second("usher-large-again-");
  TrainOptions options;
  options.epochs = 2;
  REQUIRE(train(tiny::large_bot(), options, first.path));
  REQUIRE(train(tiny::large_bot(), options, second.path));
  CHECK(bytes_of(first.path) == bytes_of(second.path));
  const auto file = SafetensorsFile::open(first.path);
  REQUIRE(file);
  REQUIRE(file->find("intent.network.vectors") != nullptr);
  CHECK(file->find("intent.network.vectors")->dtype == Dtype::bf16);
  const auto interpreter = load_interpreter(first.path);
  REQUIRE(interpreter);
  CHECK(intent_of(**interpreter, "where is parcel 17") == "order_status");
  CHECK(intent_of(**interpreter, "move to flat 17") == "change_address");
  std::vector<Utterance> utterances;
  for (int i = 0; i < 70; ++i) {
    utterances.push_back(
        {(i % 3 ? "where is parcel " : "my flat is ") + std::to_string(i), "2026-11-23"});
  }
  const auto together = (*interpreter)->interpret(utterances);
  for (std::size_t i = 0; i < utterances.size(); ++i) {
    const auto alone = (*interpreter)->interpret({&utterances[i], 1});
    CHECK(json::serialize(to_json(alone[0])) == json::serialize(to_json(together[i])));
  }
}

TEST_CASE("examples to choose by are not learnt, and decide the temperature") {
  const tiny::TemporaryFile file("usher-dev-");
  TrainOptions options;
  for (const char* text : {"track the parcel", "is my order sent", "包裹在哪里"})
    options.dev.push_back(tiny::example("order_status", text));
  for (const char* text : {"a new address please", "my address has changed", "改一下地址"})
    options.dev.push_back(tiny::example("change_address", text));
  options.dev.push_back(tiny::example("greet", "zzyzx zzyzx"));
  const auto right = train(tiny::bot(), options, file.path);
  REQUIRE(right);
  CHECK(right->temperature < 1);
  const auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  CHECK(read(**interpreter, "zzyzx zzyzx").best()->p < 0.9);  // Were it learnt, it would be sure.
  CHECK(intent_of(**interpreter, "where is my parcel") == "order_status");

  for (Example& example : options.dev)
    example.intent = example.intent == "greet" ? "order_status" : "greet";  // All wrong.
  const auto wrong = train(tiny::bot(), options, file.path);
  REQUIRE(wrong);
  CHECK(wrong->temperature > 10);

  for (Example& example : options.dev) example.intent = "unheard_of", example.mark.file = "dev.csv";
  const auto none = train(tiny::bot(), options, file.path);
  REQUIRE_FALSE(none);
  CHECK(none.error().message ==
        "dev.csv: no example has an intent that is learnt; there is nothing to choose by");
}

TEST_CASE("training that is stopped leaves the old model as it was") {
  const tiny::TemporaryFile file("usher-stopped-");
  std::ofstream(file.path) << "old";
  const auto report = train(tiny::bot(), {}, file.path, [](const Progress&) { return false; });
  REQUIRE_FALSE(report);
  CHECK(report.error().code == Errc::unavailable);
  CHECK(bytes_of(file.path) == "old");
}

TEST_CASE("one intent is too few to train on") {
  TrainingData data;
  data.examples.push_back(tiny::example("greet", "hello"));
  const tiny::TemporaryFile file("usher-one-");
  const auto report = train(data, {}, file.path);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == Errc::invalid);
  CHECK(report.error().message ==
        "all examples in scope are of 'greet'; a model tells intents apart: give examples of "
        "another one");
}

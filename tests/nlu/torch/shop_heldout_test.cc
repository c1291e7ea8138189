// Twice 200 utterances, written from the intents' descriptions alone by people who had not seen the
// examples: the first set before any model, the second after the last change to it.
#include <catch2/catch.hpp>

#include "nlu/dataset.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/load.h"
#include "nlu/training_folder.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;

TEST_CASE("the shop's bot understands customers it has not heard") {
  TrainingData data;
  Diagnostics diagnostics;
  read_training_folder(USHER_SOURCE_DIR "/flows/shop/nlu", data, diagnostics);
  REQUIRE_FALSE(has_errors(diagnostics));
  const tiny::TemporaryFile file("usher-shop-");
  REQUIRE(train(data, {}, file.path));
  const auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  for (const std::string name : {"shop_heldout.csv", "shop_heldout_2.csv"}) {
    CAPTURE(name);
    const auto rows = read_dataset(USHER_SOURCE_DIR "/tests/nlu/" + name, DataFormat::csv);
    REQUIRE(rows);
    std::vector<Example> examples;
    for (const DataRow& row : *rows) examples.push_back(row.example);
    const EvalReport report = evaluate(**interpreter, examples);
    CHECK(report.in_scope == 160);
    CHECK(report.outside == 40);
    CHECK(report.in_scope_accuracy >= 0.88);
    CHECK(report.outside_recall >= 0.75);
  }
}

// 200 utterances a file, written from the intents' names and descriptions alone by people who had
// not seen the examples: the shop's first before any model, the others after the last change to it.
#include <catch2/catch.hpp>

#include "nlu/dataset.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/load.h"
#include "nlu/training_folder.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;

namespace {

// Trains the bot, and tests it on a file of tests/nlu.
void check(const std::string& bot, const std::vector<std::string>& files, double right,
           double refused) {
  TrainingData data;
  Diagnostics diagnostics;
  read_training_folder(USHER_SOURCE_DIR "/flows/" + bot + "/nlu", data, diagnostics);
  REQUIRE_FALSE(has_errors(diagnostics));
  const tiny::TemporaryFile file("usher-heldout-");
  REQUIRE(train(data, {}, file.path));
  const auto interpreter = load_interpreter(file.path);
  REQUIRE(interpreter);
  for (const std::string& name : files) {
    CAPTURE(name);
    const auto rows = read_dataset(USHER_SOURCE_DIR "/tests/nlu/" + name, DataFormat::csv);
    REQUIRE(rows);
    std::vector<Example> examples;
    for (const DataRow& row : *rows) examples.push_back(row.example);
    const EvalReport report = evaluate(**interpreter, examples);
    CHECK(report.in_scope == 160);
    CHECK(report.outside == 40);
    CHECK(report.in_scope_accuracy >= right);
    CHECK(report.outside_recall >= refused);
  }
}

}  // namespace

TEST_CASE("the shop's bot understands customers it has not heard") {
  check("shop", {"shop_heldout.csv", "shop_heldout_2.csv"}, 0.88, 0.75);
}

TEST_CASE("the bank's bot, and the telecom company's in Chinese") {
  check("bank", {"bank_heldout.csv"}, 0.75, 0.85);
  check("telecom", {"telecom_heldout.csv"}, 0.83, 0.85);
}

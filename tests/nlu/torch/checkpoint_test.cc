#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <catch2/catch.hpp>

#include "nlu/base/json.h"
#include "nlu/torch/model_card.h"
#include "nlu/torch/trainer.h"
#include "nlu/torch/training_log.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("usher-training-" + std::to_string(getpid()));
  ~Folder() { fs::remove_all(path); }
  std::string model() const { return (path / "model.safetensors").string(); }
  TrainOptions options() const {
    TrainOptions options;
    options.checkpoints = (path / "training").string();
    return options;
  }
};

std::string from_nothing(const Folder& folder, const TrainingData& data) {
  const std::string path = (folder.path / "nothing.safetensors").string();
  REQUIRE(train(data, {}, path));
  return content(path);
}

}  // namespace

TEST_CASE("training that was stopped goes on, and gives what it would have given") {
  const Folder folder;
  const TrainingData data = tiny::bot();
  int told = 0;
  const auto stopped =
      train(data, folder.options(), folder.model(), [&](const Progress&) { return ++told < 40; });
  REQUIRE_FALSE(stopped);
  CHECK_FALSE(fs::exists(folder.model()));
  CHECK_FALSE(fs::is_empty(folder.path / "training"));
  REQUIRE(train(data, folder.options(), folder.model()));
  CHECK(content(folder.model()) == from_nothing(folder, data));
}

TEST_CASE("what has not changed is not learnt again") {
  const Folder folder;
  TrainingData data = tiny::bot();
  REQUIRE(train(data, folder.options(), folder.model()));
  std::set<std::string> before, after;
  const auto kept = [&] {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path / "training"))
      names.insert(entry.path().filename().string());
    return names;
  };
  before = kept();
  // An example's new entity is for the tagger alone: the fits of intents stay.
  data.examples.push_back(data.examples.back());
  data.examples.back().intent = "";
  REQUIRE(train(data, folder.options(), folder.model()));
  CHECK(content(folder.model()) == from_nothing(folder, data));
  after = kept();
  CHECK(after.size() == before.size());
}

TEST_CASE("a damaged checkpoint is learnt anew") {
  const Folder folder;
  const TrainingData data = tiny::bot();
  REQUIRE(train(data, folder.options(), folder.model()));
  for (const auto& entry : fs::directory_iterator(folder.path / "training"))
    fs::resize_file(entry.path(), entry.file_size() / 2);
  REQUIRE(train(data, folder.options(), folder.model()));
  CHECK(content(folder.model()) == from_nothing(folder, data));
}

TEST_CASE("a model has a card that says what it was trained from") {
  const Folder folder;
  TrainingData data = tiny::bot();
  data.examples[0].subject = "c-17";
  REQUIRE(train(data, {}, folder.model()));
  const json::object card = boost::json::parse(content(card_path_of(folder.model()))).as_object();
  CHECK(card.at("subjects") == json::array{"c-17"});
  CHECK(card.at("intents").as_array().size() >= 3);
  CHECK(card.at("entities") == json::array{"order_number", "postcode"});
  CHECK(card.at("held_out").as_object().at("in_scope_accuracy").as_double() > 0.5);
  CHECK(std::string(card.at("data_hash").as_string()).starts_with(content_hash(data)));
}

TEST_CASE("a training is logged for TensorBoard") {
  const Folder folder;
  const TrainingData data = tiny::bot();
  TrainingLog log((folder.path / "runs").string());
  const auto report = train(data, {}, folder.model(), [&](const Progress& now) {
    log.add(now);
    return true;
  });
  REQUIRE(report);
  REQUIRE(log.finish(data, *report, folder.model()));
  for (const char* run : {"training", "entities", "fold 1", "fold 5", "model"})
    CHECK(fs::is_directory(folder.path / "runs" / run));
  const std::string metadata = content(folder.path / "runs" / "metadata.tsv");
  CHECK(metadata.find("where is order 10423\torder_status\n") != std::string::npos);
  TrainingLog refused("/proc/none");
  refused.add({"training", 1, 1, 2});
  CHECK_FALSE(refused.finish(data, *report, folder.model()));
}

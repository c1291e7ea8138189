#include "nlu/torch/fit_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "nlu/base/json.h"
#include "nlu/safetensors.h"
#include "nlu/torch/checkpoint.h"
#include "nlu/torch/encoder_folder.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;
namespace fs = std::filesystem;

namespace {

// Written by make.py and tune.py beside it, with other implementations.
const fs::path fixture = USHER_SOURCE_DIR "/tests/nlu/fixtures/bert";

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A folder that is gone when the test is, with the small random BERT in it.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("usher-tuning-" + std::to_string(getpid()));

  Folder() {
    fs::remove_all(path);
    fs::create_directories(path / "bert");
    for (const char* const name : {"config.json", "vocab.txt", "model.safetensors"})
      fs::copy_file(fixture / name, path / "bert" / name);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string bert() const { return (path / "bert").string(); }
  std::string model() const { return (path / "model.safetensors").string(); }

  // Dropout is random, and random numbers are each implementation's own.
  void without_dropout() const {
    std::string text = content(path / "bert" / "config.json");
    text.insert(text.find('{') + 1,
                R"("hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0,)");
    std::ofstream(path / "bert" / "config.json") << text;
  }
  std::size_t tuned_encoders() const {
    std::error_code none;
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path / "encoder", none), fs::directory_iterator()));
  }
};

struct Expected {
  std::vector<TuneExample> examples;
  TuneOptions options;
  std::vector<double> losses;
};

Expected expected() {
  const auto parsed = parse_json(content(fixture / "tuned.json"), {1 << 20, 16});
  REQUIRE(parsed);
  Expected e;
  for (const json::value& one : parsed->at("examples").as_array()) {
    TuneExample example;
    for (const json::value& id : one.at("ids").as_array())
      example.ids.push_back(id.to_number<std::int32_t>());
    example.label = one.at("label").to_number<std::int64_t>();
    example.importance = one.at("importance").to_number<float>();
    for (const json::value& word : one.at("words").as_array())
      example.words.push_back(
          {word.at(0).to_number<std::size_t>(), word.at(1).to_number<std::size_t>()});
    for (const json::value& tag : one.at("tags").as_array())
      example.tags.push_back(tag.to_number<std::int64_t>());
    e.examples.push_back(std::move(example));
  }
  for (const json::value& loss : parsed->at("losses").as_array())
    e.losses.push_back(loss.to_number<double>());
  e.options.labels = parsed->at("labels").to_number<std::size_t>();
  e.options.tags = parsed->at("tags").to_number<std::size_t>();
  e.options.rate = parsed->at("rate").to_number<double>();
  e.options.epochs = static_cast<int>(e.losses.size());  // Of one batch each.
  return e;
}

std::vector<float> floats_of(const SafetensorsFile& file, const std::string& name) {
  const TensorView* const view = file.find(name);
  INFO(name);
  REQUIRE(view != nullptr);
  std::vector<float> values(view->bytes.size() / sizeof(float));
  std::memcpy(values.data(), view->bytes.data(), view->bytes.size());
  return values;
}

float farthest(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

// A head's weights are [width × outputs] here and the other way round there.
std::vector<float> turned(const Linear& head) {
  std::vector<float> values;
  for (std::size_t c = 0; c < head.classes; ++c) {
    for (std::size_t i = 0; i < head.columns; ++i)
      values.push_back(head.weights[i * head.classes + c]);
  }
  return values;
}

// The mean of a text's states, as a row.
SparseRows rows_of(const Bert& bert, const std::vector<TuneExample>& examples) {
  SparseRows rows;
  const std::size_t width = bert.config().width;
  for (const TuneExample& example : examples) {
    const std::vector<float> states = bert.states({example.ids});
    for (std::size_t i = 0; i < width; ++i) {
      float sum = 0;
      for (std::size_t at = i; at < states.size(); at += width) sum += states[at];
      rows.columns.push_back(static_cast<std::int64_t>(i));
      rows.values.push_back(sum / static_cast<float>(example.ids.size()));
    }
    rows.ends.push_back(std::ssize(rows.columns));
  }
  return rows;
}

// Of two labels, by a linear model of what the encoder gives as it is.
double share_right_frozen(const Bert& bert, const std::vector<TuneExample>& learnt,
                          const std::vector<TuneExample>& tested) {
  std::vector<std::int64_t> labels;
  for (const TuneExample& example : learnt) labels.push_back(example.label);
  FitOptions options;
  options.epochs = 100;
  options.dropout = 0;
  const Linear linear =
      fit_linear(rows_of(bert, learnt), labels, std::vector<float>(labels.size(), 1.0f),
                 bert.config().width, 2, options, {});
  const std::vector<float> logits = forward_linear(rows_of(bert, tested), linear);
  std::size_t right = 0;
  for (std::size_t i = 0; i < tested.size(); ++i)
    right += (logits[2 * i + 1] > logits[2 * i]) == (tested[i].label == 1) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(tested.size());
}

bool has(const Interpretation& interpretation, const std::string& type, const std::string& value) {
  return std::any_of(interpretation.entities.begin(), interpretation.entities.end(),
                     [&](const Entity& e) { return e.type == type && e.value == value; });
}

TuneSettings quick() { return {2, 3e-3, 16}; }

}  // namespace

TEST_CASE("three steps of fine-tuning are those of another implementation") {
  const Folder folder;
  folder.without_dropout();
  const auto bert = Bert::open(folder.bert());
  REQUIRE(bert);
  const Expected e = expected();
  const Tuned tuned = tune_encoder(**bert, e.examples, e.options, {});
  REQUIRE(tuned.losses.size() == e.losses.size());
  for (std::size_t i = 0; i < e.losses.size(); ++i)
    CHECK(tuned.losses[i] == Approx(e.losses[i]).margin(1e-4));
  const auto theirs = SafetensorsFile::open((fixture / "tuned.safetensors").string());
  REQUIRE(theirs);
  CHECK(farthest(turned(tuned.intents), floats_of(*theirs, "intents.weight")) < 1e-4f);
  CHECK(farthest(tuned.intents.bias, floats_of(*theirs, "intents.bias")) < 1e-4f);
  CHECK(farthest(turned(tuned.tags), floats_of(*theirs, "tags.weight")) < 1e-4f);
  CHECK(farthest(tuned.tags.bias, floats_of(*theirs, "tags.bias")) < 1e-4f);
  const auto version = save_tuned_encoder(*tuned.network, folder.bert(), folder.model());
  REQUIRE(version);
  const auto ours =
      SafetensorsFile::open(tuned_encoder_path_of(folder.model(), *version) + "/model.safetensors");
  REQUIRE(ours);
  CHECK(ours->metadata().at("format") == "pt");
  const auto before = SafetensorsFile::open((fixture / "model.safetensors").string());
  REQUIRE(before);
  CHECK(ours->tensors().size() == before->tensors().size());
  for (const auto& [name, view] : ours->tensors()) {
    INFO(name);
    CHECK(farthest(floats_of(*ours, name), floats_of(*theirs, name)) < 1e-4f);
    if (name.find("query.weight") != name.npos)
      CHECK(farthest(floats_of(*ours, name), floats_of(*before, "bert." + name)) > 1e-3f);
  }
  // The encoder itself stays as it was.
  CHECK(content(folder.path / "bert" / "model.safetensors") ==
        content(fixture / "model.safetensors"));
}

TEST_CASE("a seed gives the same tuned encoder, to the bit, also when it was interrupted") {
  const Folder folder;
  const auto bert = Bert::open(folder.bert());
  REQUIRE(bert);
  const std::vector<TuneExample> four = expected().examples;
  std::vector<TuneExample> examples;
  for (int i = 0; i < 3; ++i) examples.insert(examples.end(), four.begin(), four.end());
  TuneOptions options = expected().options;
  options.batch = 3;
  const auto version_of = [&](const Tuned& tuned) {
    const auto version = save_tuned_encoder(*tuned.network, folder.bert(), folder.model());
    REQUIRE(version);
    return *version;
  };
  const Tuned tuned = tune_encoder(**bert, examples, options, {});
  for (const double loss : tuned.losses) CHECK(std::isfinite(loss));
  CHECK(tuned.losses.size() == 12);
  const std::string once = version_of(tuned);
  CHECK(version_of(tune_encoder(**bert, examples, options, {})) == once);
  options.seed = 2;
  CHECK(version_of(tune_encoder(**bert, examples, options, {})) != once);
  options.seed = 1;

  Checkpoints checkpoints((folder.path / "training").string());
  const std::string key = tune_key(**bert, examples, options);
  int told = 0;
  Checkpoint first(&checkpoints, key);
  tune_encoder(
      **bert, examples, options, [&](const FitProgress&) { return ++told < 6; }, &first);
  CHECK(told == 6);
  Checkpoint second(&checkpoints, key);
  const Tuned rest = tune_encoder(**bert, examples, options, {}, &second);
  CHECK(rest.losses.size() < 12);
  CHECK(version_of(rest) == once);
  options.rate *= 2;
  CHECK(tune_key(**bert, examples, options) != key);
}

TEST_CASE("texts of every length are learnt from, and nothing is nothing") {
  const Folder folder;
  const auto bert = Bert::open(folder.bert());
  REQUIRE(bert);
  TuneOptions options;
  options.labels = 2;
  options.batch = 1;
  options.epochs = 1;
  CHECK(tune_encoder(**bert, {}, options, {}).losses.empty());
  std::vector<TuneExample> examples(3);
  examples[0] = {{2, 3}, 0, 1, {}, {}};
  examples[1] = {std::vector<std::int32_t>(32, 5), 1, 1, {}, {}};
  examples[2] = {{2, 5, 3}, -1, 1, {}, {}};  // Neither a label nor tags.
  const Tuned tuned = tune_encoder(**bert, examples, options, {});
  CHECK(tuned.losses.size() == 3);
  for (const double loss : tuned.losses) CHECK(std::isfinite(loss));
  CHECK(tuned.tags.classes == 0);
}

TEST_CASE("a fine-tuned encoder learns what frozen random features tell badly") {
  // Which of two words comes first: a text's order is nearly lost in the mean of random states.
  const Folder folder;
  const auto bert = Bert::open(folder.bert());
  REQUIRE(bert);
  std::vector<TuneExample> learnt, tested;
  for (int i = 0; i < 160; ++i) {
    const std::int32_t a = 5 + i % 4, b = 10 + i / 4 % 3, filler = 13 + i / 12 % 12;
    const bool turned_round = i / 2 % 2 == 1;
    TuneExample example{{2, turned_round ? b : a, filler, turned_round ? a : b, 3},
                        turned_round ? 1 : 0,
                        1,
                        {},
                        {}};
    (i % 5 == 0 ? tested : learnt).push_back(std::move(example));
  }
  const TuneOptions options{{12, 5e-3, 16}, 1, 2, 0};
  const Tuned tuned = tune_encoder(**bert, learnt, options, {});
  CHECK(share_right(tuned, (*bert)->tokenizer().padding(), tested) > 0.95);
  CHECK(share_right_frozen(**bert, learnt, tested) < 0.85);
}

TEST_CASE("a model trained with fine-tuning finds its encoder beside it, and tidies up the last") {
  const Folder folder;
  TrainOptions options;
  options.encoder = folder.bert();
  options.tuning = quick();
  options.tone = false;
  options.checkpoints = (folder.path / "training").string();
  std::string phases;
  const auto report = train(tiny::bot(), options, folder.model(), [&](const Progress& now) {
    if (phases.find(now.phase) == phases.npos) phases += std::string(now.phase) + " ";
    return true;
  });
  REQUIRE(report);
  CHECK(phases.find("tuning encoding") == 0);
  CHECK(report->tuned_accuracy > 0.3);
  CHECK(fs::exists(fs::path(report->tuned) / "vocab.txt"));
  CHECK(Bert::open(report->tuned));
  CHECK(is_up_to_date(folder.model(), tiny::bot(), options));
  const auto interpreter = load_interpreter(folder.model());  // Nobody needs to name it.
  REQUIRE(interpreter);
  const std::vector<Utterance> utterances{{"where is order 10499", ""}, {"hello there", ""}};
  const auto batch = (*interpreter)->interpret(utterances);
  CHECK(batch[0].best()->name == "order_status");
  CHECK(has(batch[0], "order_number", "10499"));
  CHECK(batch[1].best()->name == "greet");

  // The same again is the same, to the bit; other settings make another one, and the first goes.
  const std::string first = content(folder.model()), was = report->tuned;
  REQUIRE(train(tiny::bot(), options, folder.model()));
  CHECK(content(folder.model()) == first);
  CHECK(folder.tuned_encoders() == 1);
  fs::create_directories(folder.path / "encoder" / "my-own");
  options.tuning->rate = 1e-3;
  CHECK_FALSE(is_up_to_date(folder.model(), tiny::bot(), options));
  const auto other = train(tiny::bot(), options, folder.model());
  REQUIRE(other);
  CHECK(other->tuned != was);
  CHECK_FALSE(fs::exists(was));
  CHECK(fs::exists(folder.path / "encoder" / "my-own"));
  fs::remove_all(other->tuned);
  CHECK_FALSE(is_up_to_date(folder.model(), tiny::bot(), options));
  CHECK_FALSE(load_interpreter(folder.model()));
}

TEST_CASE(
    "what is left of a tuned encoder is written again, and none goes for a model nobody can read") {
  const Folder folder;
  const auto bert = Bert::open(folder.bert());
  REQUIRE(bert);
  const auto version = save_tuned_encoder((*bert)->network(), folder.bert(), folder.model());
  REQUIRE(version);
  const std::string tuned = tuned_encoder_path_of(folder.model(), *version);
  CHECK(Bert::open(tuned));
  fs::remove(fs::path(tuned) / "config.json");  // Its removal was interrupted.
  CHECK_FALSE(Bert::open(tuned));
  CHECK(*save_tuned_encoder((*bert)->network(), folder.bert(), folder.model()) == *version);
  CHECK(Bert::open(tuned));

  std::ofstream(folder.model()) << "half a model";
  tidy_tuned_encoders(folder.model());
  CHECK(Bert::open(tuned));
  fs::remove(folder.model());
  tidy_tuned_encoders(folder.model());  // No model needs it.
  CHECK_FALSE(fs::exists(tuned));
}

TEST_CASE("an encoder's version is of its configuration and vocabulary, too") {
  const Folder folder;
  const auto version = [&] {
    const auto bert = Bert::open(folder.bert());
    REQUIRE(bert);
    return (*bert)->version();
  };
  const std::string before = version();
  CHECK(before == version());
  std::string words = content(folder.path / "bert" / "vocab.txt");
  words.insert(words.find_last_not_of('\n') + 1, "x");  // Of the last word.
  std::ofstream(folder.path / "bert" / "vocab.txt") << words;
  const std::string other_words = version();
  CHECK(other_words != before);
  folder.without_dropout();
  CHECK(version() != other_words);
}

TEST_CASE("fine-tuning that is stopped leaves the model and its encoder as they were") {
  const Folder folder;
  TrainOptions options;
  options.encoder = folder.bert();
  options.tuning = quick();
  options.tone = false;
  REQUIRE(train(tiny::bot(), options, folder.model()));
  const std::string before = content(folder.model());
  options.seed = 2;
  const auto stopped = train(tiny::bot(), options, folder.model(),
                             [](const Progress& now) { return now.phase != "encoding"; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::unavailable);
  CHECK(content(folder.model()) == before);
  CHECK(load_interpreter(folder.model()));
}

#include "nlu/torch/training_log.h"

#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "nlu/entity_resolution.h"
#include "nlu/torch/model.h"

namespace nlu {
namespace {

constexpr std::size_t projected = 10'000;  // TensorBoard's own limit of what it draws well.

}  // namespace

EventFile* TrainingLog::run(const std::string& name) {
  if (const auto known = runs_.find(name); known != runs_.end()) return &known->second;
  auto made = EventFile::create((std::filesystem::path(folder_) / name).string());
  if (!made) {
    if (!failed_) failed_ = made.error();
    return nullptr;
  }
  return &runs_.emplace(name, *std::move(made)).first->second;
}

void TrainingLog::add(const Progress& now) {
  if (now.epochs == 0) return;
  EventFile* const file =
      run(now.phase == "calibrating" ? fmt::format("fold {}", now.part) : std::string(now.phase));
  if (file == nullptr) return;
  file->add_scalar("loss", now.epoch, now.loss);
  file->add_scalar("accuracy", now.epoch, now.accuracy);
  if (const Result<void> flushed = file->flush(); !flushed && !failed_) failed_ = flushed.error();
}

Result<void> TrainingLog::finish(const TrainingData& data, const TrainReport& report,
                                 const std::string& model_path) {
  if (failed_) return *failed_;
  const auto model = Model::open(model_path);
  if (!model) return model.error();
  const auto rules = RuleEntities::compile(data);
  if (!rules) return rules.error();
  EventFile* const file = run("model");
  if (file == nullptr) return *failed_;
  const ClassifierView& intent = (*model)->intent();
  file->add_scalar("held out/right and not refused", 0, report.held_out_accuracy);
  file->add_scalar("held out/outside refused", 0, report.held_out_refused);
  file->add_histogram("weights/linear", 0, intent.weights.to_floats());
  file->add_histogram("weights/bias", 0, intent.bias);
  file->add_histogram("weights/vectors", 0, intent.network.vectors.to_floats());
  if (const Result<void> flushed = file->flush(); !flushed) return flushed;
  if (!(*model)->encoder().empty()) return {};  // Its vectors are not at hand here.

  std::vector<std::vector<float>> vectors;
  std::vector<std::vector<std::string>> metadata{{"text", "intent"}};
  Featurizer featurizer;
  ClassifierScratch scratch;
  for (const Example& example : data.examples) {
    if (vectors.size() == projected) break;
    const Utterance utterance{example.text, "", example.tokens};
    const std::vector<Word> words = words_of(utterance);
    const std::vector<Entity> found = rules->find(utterance, words);
    featurizer.read(example.text, words, found);
    if (!intent.score(featurizer.intent_features(), scratch)) continue;
    vectors.push_back(scratch.logits);
    metadata.push_back({example.text, example.intent});
  }
  return write_projector(folder_, vectors, metadata);
}

}  // namespace nlu

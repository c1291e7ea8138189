#include "nlu/torch/model_card.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "nlu/torch/features.h"
#include "nlu/torch/model.h"

namespace nlu {

json::object model_card(const TrainingData& data, const TrainOptions& options,
                        const TrainReport& report, const std::string& data_hash) {
  std::map<std::string, std::size_t> examples;
  std::set<std::string> entities, subjects;
  for (const Example& example : data.examples) {
    ++examples[example.intent];
    for (const Entity& entity : example.entities) entities.insert(entity.type);
    if (!example.subject.empty()) subjects.insert(example.subject);
  }
  json::array intents;
  for (const auto& [name, count] : examples)
    intents.push_back(json::object{{"name", name}, {"examples", count}});
  return {{"model", json::object{{"format", model_format},
                                 {"trainer", trainer_version},
                                 {"features", feature_version}}},
          {"trained_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
          {"data_hash", data_hash},
          {"seed", options.seed},
          {"encoder", options.encoder},
          {"tuned_encoder", report.tuned},
          {"intents", std::move(intents)},
          {"entities", json::array(entities.begin(), entities.end())},
          {"held_out", json::object{{"in_scope_accuracy", report.held_out_accuracy},
                                    {"oos_recall", report.held_out_refused},
                                    {"pairs", report.pairs},
                                    {"pairs_right", report.pairs_right},
                                    {"singles_divided", report.singles_divided}}},
          {"temperature", report.temperature},
          {"features", report.features},
          {"train_seconds", report.seconds},
          {"peak_rss_mb", static_cast<double>(report.peak_memory_bytes) / 1e6},
          {"subjects", json::array(subjects.begin(), subjects.end())}};
}

std::string card_path_of(const std::string& model_path) {
  return std::filesystem::path(model_path).replace_extension(".card.json").string();
}

Result<void> save_model_card(const TrainingData& data, const TrainOptions& options,
                             const TrainReport& report, const std::string& data_hash,
                             const std::string& model_path) {
  const std::string path = card_path_of(model_path);
  std::ofstream file(path);
  file << json::serialize(model_card(data, options, report, data_hash)) << '\n';
  if (file.flush()) return {};
  return Error{Errc::unavailable, path + ": cannot be written"};
}

}  // namespace nlu

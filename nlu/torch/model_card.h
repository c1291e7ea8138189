// What a model is, for people and programs: a JSON file beside it (Mitchell et al. 2019).
#pragma once

#include <string>

#include "nlu/base/json.h"
#include "nlu/base/result.h"
#include "nlu/torch/trainer.h"
#include "nlu/training_data.h"

namespace nlu {

// {"model": the versions, "trained_at", "data_hash", "seed", "encoder", "tuned_encoder", "intents":
// [{"name", "examples"}],
//  "entities", "held_out": {"in_scope_accuracy", "oos_recall"}, "temperature", "features",
//  "train_seconds", "peak_rss_mb", "subjects": of whose conversations there are examples}
json::object model_card(const TrainingData& data, const TrainOptions& options,
                        const TrainReport& report, const std::string& data_hash);

// model.safetensors → model.card.json
std::string card_path_of(const std::string& model_path);
Result<void> save_model_card(const TrainingData& data, const TrainOptions& options,
                             const TrainReport& report, const std::string& data_hash,
                             const std::string& model_path);

}  // namespace nlu

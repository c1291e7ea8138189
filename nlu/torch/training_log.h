// What a training looks like in TensorBoard: loss and accuracy as it goes, a run a part of it, and
// at its end histograms of the weights and, for the projector, the examples' scores.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "nlu/base/result.h"
#include "nlu/event_file.h"
#include "nlu/torch/trainer.h"
#include "nlu/training_data.h"

namespace nlu {

class TrainingLog {
 public:
  explicit TrainingLog(std::string folder) : folder_(std::move(folder)) {}

  // To be called with each progress of train(). The first error stays for finish().
  void add(const Progress& progress);
  // Of the model that came of it. Errc::unavailable: something cannot be written.
  Result<void> finish(const TrainingData& data, const TrainReport& report,
                      const std::string& model_path);

 private:
  EventFile* run(const std::string& name);
  const std::string folder_;
  std::map<std::string, EventFile> runs_;
  std::optional<Error> failed_;
};

}  // namespace nlu

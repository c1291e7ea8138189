// From a bot's examples to a model file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/training_data.h"
#include "nlu/tune_settings.h"

namespace nlu {

// Raised when training itself changes, so that older models are trained again.
inline constexpr int trainer_version = 6;

struct TrainOptions {
  std::uint64_t seed = 1;
  int epochs = 0;    // 0: as many as suit the amount of data.
  int folds = 5;     // For calibration; large data (over 4,000 examples) is held out once instead.
  bool tone = true;  // Sentiment and urgency, too.
  // Examples to choose by, and not to learn: the temperature, the threshold, and how much the
  // networks count. Without any, a share of what is learnt is held out for it.
  std::vector<Example> dev;
  std::string encoder;                 // The folder of one (nlu/torch/bert.h); empty: none.
  std::optional<TuneSettings> tuning;  // Of the encoder; none: it stays as it is.
  std::string checkpoints;             // A folder for what is begun and what is done; empty: none.
};

struct Progress {
  std::string_view phase;  // "tuning", "encoding", "calibrating", "training", "entities", "saving"
  int part = 1;            // Of several that have the same phase, such as folds.
  int epoch = 0;
  int epochs = 0;
  double loss = 0;
  double accuracy = 0;  // On the examples just learnt from.
  double done = 0;      // Of everything, 0 to 1.
  double seconds_left = 0;
};

struct TrainReport {
  std::size_t examples = 0;
  std::size_t intents = 0;
  std::size_t entities = 0;  // Kinds the tagger knows.
  std::size_t features = 0;
  std::size_t negatives = 0;     // Examples of what is outside, the bot's own and built-in ones.
  double held_out_accuracy = 0;  // In scope: not refused and right, on examples not learnt from.
  double held_out_refused = 0;   // Outside: refused.
  double temperature = 1;
  // Of held-out examples, and of two of them in a row; 0 pairs: too few to learn from.
  std::size_t pairs = 0;
  double pairs_right = 0;      // Taken for two, and both intents right.
  double singles_divided = 0;  // One that was taken for several.
  double network_share = 0;    // How many times the network's scores count beside the linear ones.
  double tagger_share = 1;     // The same of the tagger; other than 1 only with TrainOptions::dev.
  std::string tuned;           // The tuned encoder's folder; empty: there is none.
  double tuned_accuracy = 0;   // Its own head's, of the held-out labels.
  double seconds = 0;
  std::size_t peak_memory_bytes = 0;  // Of the process.
};

// Trains and writes `path`, whole or not at all. The same data, options and version give the same
// file, byte by byte. `progress` is called by one thread at a time, not always the caller's; when
// it returns false, training stops with Errc::unavailable and the file at `path` stays as it was.
// Beside the model goes its card (nlu/torch/model_card.h). With `checkpoints`, training that was
// stopped or killed goes on where it was, up to half a minute before, and what neither the data nor
// the options have changed is not learnt again; 256 MB of it are kept at most.
// With an encoder its vectors of utterances and its states of words are learnt from beside the
// features, and the model needs it from then on. One that is to be fine-tuned learns first, from
// all examples but the held-out ones; what comes of it lies beside the model
// (nlu/torch/encoder_folder.h) and takes its place. Without any intent, but with entities, the
// model finds entities only. Errc::invalid: one intent, or neither intents nor entities, or a regex
// that RE2 refuses, or nothing in TrainOptions::dev to choose by.
Result<TrainReport> train(const TrainingData& data, const TrainOptions& options,
                          const std::string& path,
                          const std::function<bool(const Progress&)>& progress = {});

// Whether the model at `path` was trained from `data` with this seed and encoder by this version.
bool is_up_to_date(const std::string& path, const TrainingData& data, const TrainOptions& options);

// Where the encoder is that a bot names; "" when it names none.
std::string encoder_path_of(const std::string& bot_folder, const std::string& named);

// BOT/.usher/training
std::string checkpoints_path_of(const std::string& bot_folder);

// BOT/.usher/model.safetensors
std::string model_path_of(const std::string& bot_folder);

}  // namespace nlu

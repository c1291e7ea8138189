// The encoder's part of training: what it makes of the examples, and its fine-tuning to them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/torch/bert.h"
#include "nlu/torch/examples.h"
#include "nlu/torch/trainer.h"
#include "nlu/torch/watch.h"

namespace nlu {

// Of an example, in epochs of the linear fit.
inline constexpr double encoder_work = 50;

// Gives each utterance its vector, and `examples` the states of all sentences' words. False: it was
// told to stop.
bool encode(Examples& examples, const Bert& encoder, Watch& watch);

// Fine-tunes the encoder on what is not held out, and keeps it beside the model. Null: it was told
// to stop.
Result<std::unique_ptr<Bert>> tune(const Bert& encoder, const Examples& examples,
                                   const std::vector<int>& fold_of, const TrainOptions& options,
                                   const std::string& path, Watch& watch, TrainReport& report);

}  // namespace nlu

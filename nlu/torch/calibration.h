// From raw scores to probabilities, by examples that were not learnt from.
#pragma once

#include <cstddef>
#include <vector>

#include "nlu/torch/model.h"

namespace nlu {

struct HeldOut {
  std::size_t label = 0;  // The number of intents: outside.
  std::vector<float> logits;
  double known = 0;
};

// The temperature that makes right intents most probable, and the weights of a logistic regression
// on outside_signals(). Both classes count the same as a whole, so 0.5 is where refusing one
// more outsider begins to cost as much as it wins: the threshold.
Calibration calibrate(const std::vector<HeldOut>& held_out);

struct HeldOutRates {
  double right = 0;    // In scope: not refused, and right.
  double refused = 0;  // Outside: refused.
};
HeldOutRates rates(const Calibration& calibration, const std::vector<HeldOut>& held_out);

}  // namespace nlu

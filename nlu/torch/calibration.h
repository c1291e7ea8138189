// From raw scores to probabilities, by examples that were not learnt from.
#pragma once

#include <cstddef>
#include <vector>

#include "nlu/torch/model.h"

namespace nlu {

struct HeldOut {
  std::size_t label = 0;  // The number of intents: outside.
  std::vector<float> logits;
  std::vector<float> network_logits;  // Empty: there is no network.
};

// How much the network's scores count beside the linear ones, by what makes right intents most
// probable; adds them to the logits so.
double blend(std::vector<HeldOut>& held_out);

// The temperature that makes right intents most probable, and the weights of a logistic regression
// on outside_signals(), by which 0.5 is the threshold. How many of the examples are outside says
// nothing of how many of the customers' words are: for those a fixed share is assumed.
Calibration calibrate(const std::vector<HeldOut>& held_out);

struct HeldOutRates {
  double right = 0;    // In scope: not refused, and right.
  double refused = 0;  // Outside: refused.
};
HeldOutRates rates(const Calibration& calibration, const std::vector<HeldOut>& held_out);

}  // namespace nlu

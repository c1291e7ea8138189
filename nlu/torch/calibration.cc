#include "nlu/torch/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace nlu {
namespace {

// Of what customers write. A refusal of what is in scope is the dearer mistake, as most is.
constexpr double outside_share = 0.17;

double intent_loss(const std::vector<HeldOut>& held_out, double temperature) {
  double loss = 0;
  for (const HeldOut& h : held_out) {
    const std::size_t intents = h.logits.size() - 1;
    if (h.label >= intents) continue;
    double best = -1e30, sum = 0;
    for (std::size_t i = 0; i < intents; ++i)
      best = std::max(best, static_cast<double>(h.logits[i]));
    for (std::size_t i = 0; i < intents; ++i) {
      sum += std::exp((static_cast<double>(h.logits[i]) - best) / temperature);
    }
    loss += std::log(sum) - (static_cast<double>(h.logits[h.label]) - best) / temperature;
  }
  return loss;
}

double best_temperature(const std::vector<HeldOut>& held_out) {
  double low = std::log(0.05), high = std::log(20.0);
  for (int i = 0; i < 40; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    if (intent_loss(held_out, std::exp(a)) < intent_loss(held_out, std::exp(b))) {
      high = b;
    } else {
      low = a;
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace

double blend(std::vector<HeldOut>& held_out) {
  if (held_out.empty() || held_out.front().network_logits.empty()) return 0;
  const auto mixed = [&held_out](double weight) {
    std::vector<HeldOut> all = held_out;
    for (HeldOut& h : all) {
      for (std::size_t i = 0; i < h.logits.size(); ++i) {
        h.logits[i] += static_cast<float>(weight) * h.network_logits[i];
      }
    }
    return all;
  };
  double best = 0, least = 0;
  for (const double weight : {0.0, 0.5, 1.0, 2.0, 4.0, 8.0}) {
    const std::vector<HeldOut> all = mixed(weight);
    const double loss = intent_loss(all, best_temperature(all));
    if (weight == 0 || loss < least) best = weight, least = loss;
  }
  held_out = mixed(best);
  return best;
}

Calibration calibrate(const std::vector<HeldOut>& held_out) {
  Calibration calibration;
  std::vector<Signals> signals;
  std::array<double, 2> counts{};
  for (const HeldOut& h : held_out) {
    signals.push_back(outside_signals(h.logits));
    ++counts[h.label + 1 == h.logits.size() ? 1 : 0];
  }
  calibration.outside_weights[0] = 1;  // Uncalibrated: the classifier's own opinion.
  if (counts[0] < 5 || counts[1] < 5) return calibration;
  calibration.temperature = best_temperature(held_out);

  // Plain gradient descent on standardised signals: a few thousand tiny steps, always the same.
  Signals mean{}, scale{};
  for (const Signals& s : signals) {
    for (std::size_t k = 0; k < signal_count; ++k)
      mean[k] += s[k] / static_cast<double>(signals.size());
  }
  for (const Signals& s : signals) {
    for (std::size_t k = 0; k < signal_count; ++k) {
      scale[k] += (s[k] - mean[k]) * (s[k] - mean[k]) / static_cast<double>(signals.size());
    }
  }
  for (double& s : scale) s = std::sqrt(s) + 1e-6;
  Signals weights{};
  double bias = 0;
  const int steps = signals.size() > 3000 ? 300 : 1000;
  for (int step = 0; step < steps; ++step) {
    Signals gradient{};
    double bias_gradient = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const bool outside = held_out[i].label + 1 == held_out[i].logits.size();
      double score = bias;
      for (std::size_t k = 0; k < signal_count; ++k) {
        score += weights[k] * (signals[i][k] - mean[k]) / scale[k];
      }
      const double error = (1 / (1 + std::exp(-score)) - (outside ? 1 : 0)) *
                           (outside ? outside_share : 1 - outside_share) / counts[outside ? 1 : 0];
      for (std::size_t k = 0; k < signal_count; ++k) {
        gradient[k] += error * (signals[i][k] - mean[k]) / scale[k];
      }
      bias_gradient += error;
    }
    for (std::size_t k = 0; k < signal_count; ++k)
      weights[k] -= 1.0 * (gradient[k] + 1e-3 * weights[k]);
    bias -= bias_gradient;
  }
  calibration.outside_bias = bias;
  for (std::size_t k = 0; k < signal_count; ++k) {
    calibration.outside_weights[k] = weights[k] / scale[k];
    calibration.outside_bias -= weights[k] * mean[k] / scale[k];
  }
  return calibration;
}

HeldOutRates rates(const Calibration& calibration, const std::vector<HeldOut>& held_out) {
  double inside = 0, outside = 0;
  HeldOutRates result;
  for (const HeldOut& h : held_out) {
    const bool refused = outside_probability(calibration, outside_signals(h.logits)) > 0.5;
    const std::size_t intents = h.logits.size() - 1;
    if (h.label == intents) {
      ++outside;
      if (refused) ++result.refused;
      continue;
    }
    ++inside;
    const auto best = std::max_element(h.logits.begin(), h.logits.end() - 1) - h.logits.begin();
    if (!refused && static_cast<std::size_t>(best) == h.label) ++result.right;
  }
  result.right /= std::max(inside, 1.0);
  result.refused /= std::max(outside, 1.0);
  return result;
}

}  // namespace nlu

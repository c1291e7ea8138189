#include "nlu/torch/network.h"

#include <algorithm>
#include <cmath>

#include "nlu/torch/vectors.h"

namespace nlu {
NetworkView::NetworkView(const Network& network)
    : width(network.width),
      hidden(network.hidden),
      vectors(network.vectors),
      gain(network.gain),
      shift(network.shift),
      hidden_weights(network.hidden_weights),
      hidden_bias(network.hidden_bias),
      weights(network.weights),
      bias(network.bias) {}

void add_scores(const NetworkView& n, const std::vector<std::int64_t>& columns,
                const std::vector<float>& values, float weight, NetworkScratch& scratch,
                std::vector<float>& logits) {
  if (n.width == 0 || weight == 0) return;
  std::vector<float>& x = scratch.sum;
  x.assign(n.width, 0.0f);
  for (std::size_t k = 0; k < columns.size(); ++k) {
    add_scaled(x.data(), n.vectors.data() + static_cast<std::size_t>(columns[k]) * n.width,
               values[k], n.width);
  }
  float mean = 0, variance = 0;
  for (const float value : x) mean += value;
  mean /= static_cast<float>(n.width);
  for (const float value : x) variance += (value - mean) * (value - mean);
  const float scale = 1 / std::sqrt(variance / static_cast<float>(n.width) + 1e-5f);
  for (std::size_t i = 0; i < n.width; ++i) {
    x[i] = (x[i] - mean) * scale * n.gain[i] + n.shift[i];
  }
  std::vector<float>& h = scratch.hidden;
  h.assign(n.hidden_bias.begin(), n.hidden_bias.end());
  add_product(x.data(), n.hidden_weights.data(), n.width, n.hidden, h.data());
  for (float& value : h) value = weight * std::max(value, 0.0f);
  add_scaled(logits.data(), n.bias.data(), weight, logits.size());
  add_product(h.data(), n.weights.data(), n.hidden, logits.size(), logits.data());
}

}  // namespace nlu

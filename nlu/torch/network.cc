#include "nlu/torch/network.h"

#include <algorithm>
#include <cmath>

namespace nlu {

NetworkView::NetworkView(const Network& network)
    : width(network.width),
      hidden(network.hidden),
      vectors(std::span(network.vectors)),
      gain(network.gain),
      shift(network.shift),
      hidden_weights(network.hidden_weights),
      hidden_bias(network.hidden_bias),
      weights(network.weights),
      bias(network.bias) {}

void FeatureBatch::clear() {
  columns.clear();
  values.clear();
  ends.clear();
}

void FeatureBatch::add(const std::vector<std::int64_t>& its_columns,
                       const std::vector<float>& its_values) {
  columns.insert(columns.end(), its_columns.begin(), its_columns.end());
  values.insert(values.end(), its_values.begin(), its_values.end());
  ends.push_back(columns.size());
}

namespace {

void normalise(const NetworkView& n, std::span<float> x) {
  float mean = 0, variance = 0;
  for (const float value : x) mean += value;
  mean /= static_cast<float>(n.width);
  for (const float value : x) variance += (value - mean) * (value - mean);
  const float scale = 1 / std::sqrt(variance / static_cast<float>(n.width) + 1e-5f);
  for (std::size_t i = 0; i < n.width; ++i) {
    x[i] = (x[i] - mean) * scale * n.gain[i] + n.shift[i];
  }
}

}  // namespace

void add_scores(const NetworkView& n, const FeatureBatch& batch, float weight,
                NetworkScratch& scratch, std::span<float> logits) {
  if (n.width == 0 || weight == 0) return;
  const std::size_t rows = batch.size(), classes = n.bias.size();
  std::vector<float>& x = scratch.sums;
  std::vector<float>& h = scratch.hidden;
  x.assign(rows * n.width, 0.0f);
  h.resize(rows * n.hidden);
  std::size_t at = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    float* const sum = x.data() + row * n.width;
    const std::size_t count = batch.ends[row] - at;
    n.vectors.add(std::span(batch.columns).subspan(at, count),
                  std::span(batch.values).subspan(at, count), n.width, sum);
    at = batch.ends[row];
    normalise(n, {sum, n.width});
    std::copy(n.hidden_bias.begin(), n.hidden_bias.end(), h.data() + row * n.hidden);
    add_scaled(logits.data() + row * classes, n.bias.data(), weight, classes);
  }
  add_products(x.data(), n.hidden_weights.data(), rows, n.width, n.hidden, h.data());
  for (float& value : h) value = weight * std::max(value, 0.0f);
  add_products(h.data(), n.weights.data(), rows, n.hidden, classes, logits.data());
}

}  // namespace nlu

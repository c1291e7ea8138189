#include "nlu/torch/tag_network.h"

#include <algorithm>
#include <cmath>

#include "nlu/torch/vectors.h"

namespace nlu {
namespace {

// As LibTorch's layer_norm: variance without Bessel's correction, epsilon 1e-5.
void normalise(const float* from, const float* gain, const float* shift, std::size_t width,
               float* to) {
  float mean = 0, variance = 0;
  for (std::size_t i = 0; i < width; ++i) mean += from[i];
  mean /= static_cast<float>(width);
  for (std::size_t i = 0; i < width; ++i) variance += (from[i] - mean) * (from[i] - mean);
  const float scale = 1 / std::sqrt(variance / static_cast<float>(width) + 1e-5f);
  for (std::size_t i = 0; i < width; ++i) to[i] = (from[i] - mean) * scale * gain[i] + shift[i];
}

}  // namespace

TagNetworkView::TagNetworkView(const TagNetwork& n)
    : width(n.width),
      layers(n.layers),
      embedded(n.embedded),
      vectors(n.vectors),
      gain(n.gain),
      shift(n.shift),
      weights(n.weights),
      bias(n.bias),
      output(n.output) {}

void add_tag_scores(const TagNetworkView& n, const TagRows& rows, std::size_t tags,
                    std::vector<double>& scores) {
  if (n.width == 0) return;
  const std::size_t width = n.width, words = rows.ends.size();
  std::vector<float> x(words * width, 0.0f), normal(words * width), y(width), sums(tags);
  std::size_t at = 0;
  for (std::size_t w = 0; w < words; ++w) {
    for (; at < rows.ends[w]; ++at) {
      const auto column = static_cast<std::size_t>(rows.columns[at]);
      if (column >= n.embedded) continue;
      const float* const vector = n.vectors.data() + column * width;
      add_scaled(x.data() + w * width, vector, 1, width);
    }
  }
  for (std::size_t layer = 0; layer <= n.layers; ++layer) {
    const float* const gain = n.gain.data() + layer * width;
    const float* const shift = n.shift.data() + layer * width;
    for (std::size_t w = 0; w < words; ++w) {
      normalise(x.data() + w * width, gain, shift, width, normal.data() + w * width);
    }
    if (layer == n.layers) break;
    const float* const weights = n.weights.data() + layer * 3 * width * width;
    const std::size_t distance = std::size_t{1} << layer;
    for (std::size_t w = 0; w < words; ++w) {
      std::copy_n(n.bias.data() + layer * width, width, y.data());
      if (w >= distance)
        add_product(normal.data() + (w - distance) * width, weights, width, width, y.data());
      add_product(normal.data() + w * width, weights + width * width, width, width, y.data());
      if (w + distance < words)
        add_product(normal.data() + (w + distance) * width, weights + 2 * width * width, width,
                    width, y.data());
      for (std::size_t i = 0; i < width; ++i) x[w * width + i] += std::max(y[i], 0.0f);
    }
  }
  for (std::size_t w = 0; w < words; ++w) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    add_product(normal.data() + w * width, n.output.data(), width, tags, sums.data());
    for (std::size_t t = 0; t < tags; ++t) scores[w * tags + t] += static_cast<double>(sums[t]);
  }
}

}  // namespace nlu

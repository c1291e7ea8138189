// A deep averaging network (Iyyer et al. 2015) over sparse features: their vectors, added up by
// their values and normalised (layer norm), go through one hidden layer of rectified units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nlu {

struct Network {
  std::size_t width = 0, hidden = 0;  // 0: there is none.
  std::vector<float> vectors;         // [columns × width]
  std::vector<float> gain, shift;     // [width], of the layer norm
  std::vector<float> hidden_weights;  // [width × hidden]
  std::vector<float> hidden_bias;
  std::vector<float> weights;  // [hidden × classes]
  std::vector<float> bias;
};

// One that lies elsewhere, such as in a file.
struct NetworkView {
  std::size_t width = 0, hidden = 0;
  std::span<const float> vectors, gain, shift, hidden_weights, hidden_bias, weights, bias;

  NetworkView() = default;
  explicit NetworkView(const Network& network);
};

// Buffers of a forward pass, to be kept from one to the next.
struct NetworkScratch {
  std::vector<float> sum, hidden;
};

// Adds the network's scores, `weight` times, to `logits`. Nothing happens without a network.
void add_scores(const NetworkView& network, const std::vector<std::int64_t>& columns,
                const std::vector<float>& values, float weight, NetworkScratch& scratch,
                std::vector<float>& logits);

}  // namespace nlu

// A deep averaging network (Iyyer et al. 2015) over sparse features: their vectors, added up by
// their values and normalised (layer norm), go through one hidden layer of rectified units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "nlu/torch/vectors.h"

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
  WeightRows vectors;
  std::span<const float> gain, shift, hidden_weights, hidden_bias, weights, bias;

  NetworkView() = default;
  explicit NetworkView(const Network& network);
};

// The features of some utterances, one after the other: those of utterance i end at ends[i].
struct FeatureBatch {
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  std::vector<std::size_t> ends;

  std::size_t size() const { return ends.size(); }
  void clear();
  // Of one more.
  void add(const std::vector<std::int64_t>& its_columns, const std::vector<float>& its_values);
};

// Buffers of a forward pass, to be kept from one to the next.
struct NetworkScratch {
  std::vector<float> sums, hidden;
};

// Adds the network's scores, `weight` times, to `logits`, [utterances × classes]. What an utterance
// gets does not depend on the others, to the bit. Nothing happens without a network.
void add_scores(const NetworkView& network, const FeatureBatch& batch, float weight,
                NetworkScratch& scratch, std::span<float> logits);

}  // namespace nlu

// A residual convolutional network over the words of a sentence, for the tagger (dilated
// convolutions: Strubell et al. 2017). A word goes in as the sum of the vectors of its own features
// (itself, its ends, its shape), so that a word never seen is still read.
//
//   x = sum of vectors
//   x = x + relu(convolution of layer_norm(x) over the words -d, 0, +d), d = 1, 2, 4 …
//   scores = layer_norm(x) × output
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nlu {

struct TagNetwork {
  std::size_t width = 0, layers = 0;  // 0: there is none.
  std::size_t embedded = 0;           // So many of the first columns have vectors.
  std::vector<float> vectors;         // [embedded × width]
  std::vector<float> gain, shift;     // [(layers + 1) × width], of the layer norms
  std::vector<float> weights;         // [layers × 3 × width × width]: before, here, after
  std::vector<float> bias;            // [layers × width]
  std::vector<float> output;          // [width × tags]
};

// One that lies elsewhere, such as in a file.
struct TagNetworkView {
  std::size_t width = 0, layers = 0, embedded = 0;
  std::span<const float> vectors, gain, shift, weights, bias, output;

  TagNetworkView() = default;
  explicit TagNetworkView(const TagNetwork& network);
};

// Columns of a sentence's words, word after word.
struct TagRows {
  std::vector<std::int32_t> columns;
  std::vector<std::size_t> ends;
};

// Adds the network's scores to `scores`, [words × tags]. Nothing happens without a network.
void add_tag_scores(const TagNetworkView& network, const TagRows& rows, std::size_t tags,
                    std::vector<double>& scores);

}  // namespace nlu

// A classifier of sparse features: a linear model, and beside it, where there was much to learn
// from, a network whose scores are added to the linear ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nlu/torch/feature_space.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/network.h"

namespace nlu {

struct Classifier {
  std::vector<std::string> labels;  // None: there is no classifier.
  FeatureTable table;
  Linear linear;
  Network network;
  double network_weight = 0;  // So many times its scores are added.
  double temperature = 1;     // What scores are divided by to be probabilities' logarithms.
};

// Buffers of a classifier's, to be kept from one batch of utterances to the next.
struct ClassifierScratch {
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  FeatureBatch batch;
  std::vector<char> known;    // Of each utterance in `batch`: whether anything of it was ever seen.
  std::vector<float> logits;  // [utterances × classes]
  NetworkScratch network;
};

// One that lies elsewhere, such as in a file.
struct ClassifierView {
  std::vector<std::string> labels;
  FeatureSpace space;
  WeightRows weights;           // [rows × classes]
  std::span<const float> bias;  // [classes]
  NetworkView network;
  float network_weight = 0;
  float temperature = 1;

  ClassifierView() = default;
  explicit ClassifierView(const Classifier& classifier);

  // The scores, in `scratch.logits`; false when nothing of it was ever seen. `vector` is the
  // encoder's, [space.mean.size()].
  bool score(const std::vector<Feature>& features, ClassifierScratch& scratch,
             std::span<const float> vector = {}) const;

  // The same for many at once: first they are begun, then each is added, then all are scored. They
  // get the scores, to the bit, that each would get alone.
  void begin(ClassifierScratch& scratch) const;
  void add(const std::vector<Feature>& features, ClassifierScratch& scratch,
           std::span<const float> vector = {}) const;
  void score(ClassifierScratch& scratch) const;
};

// What logits of `temperature` say, adding up to 1.
std::vector<double> probabilities(std::span<const float> logits, double temperature);

}  // namespace nlu

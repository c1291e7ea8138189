#include "nlu/torch/classifier.h"

#include <algorithm>
#include <cmath>

#include "nlu/torch/vectors.h"

namespace nlu {

ClassifierView::ClassifierView(const Classifier& classifier)
    : labels(classifier.labels),
      space(classifier.table.space()),
      weights(classifier.linear.weights),
      bias(classifier.linear.bias),
      network(classifier.network),
      network_weight(static_cast<float>(classifier.network_weight)),
      temperature(static_cast<float>(classifier.temperature)) {}

bool ClassifierView::score(const std::vector<Feature>& features, ClassifierScratch& s,
                           std::span<const float> vector) const {
  space.weigh(features, s.columns, s.values);
  const bool known = !s.columns.empty();
  if (!space.mean.empty()) space.add_vector(vector, s.columns, s.values);
  s.logits.assign(bias.begin(), bias.end());
  const std::size_t classes = bias.size();
  float* const out = s.logits.data();
  for (std::size_t i = 0; i < s.columns.size(); ++i) {
    const float* const row = weights.data() + static_cast<std::size_t>(s.columns[i]) * classes;
    add_scaled(out, row, s.values[i], classes);
  }
  add_scores(network, s.columns, s.values, network_weight, s.network, s.logits);
  return known || !space.mean.empty();
}

std::vector<double> probabilities(std::span<const float> logits, double temperature) {
  std::vector<double> result;
  if (logits.empty()) return result;
  const float best = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) {
    result.push_back(std::exp(static_cast<double>(logit - best) / temperature));
    sum += result.back();
  }
  for (double& p : result) p /= sum;
  return result;
}

}  // namespace nlu

#include "nlu/torch/classifier.h"

#include <algorithm>
#include <cmath>

namespace nlu {

ClassifierView::ClassifierView(const Classifier& classifier)
    : labels(classifier.labels),
      space(classifier.table.space()),
      weights(std::span(classifier.linear.weights)),
      bias(classifier.linear.bias),
      network(classifier.network),
      network_weight(static_cast<float>(classifier.network_weight)),
      temperature(static_cast<float>(classifier.temperature)) {}

bool ClassifierView::score(const std::vector<Feature>& features, ClassifierScratch& s,
                           std::span<const float> vector) const {
  begin(s);
  add(features, s, vector);
  score(s);
  return s.known.front() != 0;
}

void ClassifierView::begin(ClassifierScratch& s) const {
  s.batch.clear();
  s.known.clear();
}

void ClassifierView::add(const std::vector<Feature>& features, ClassifierScratch& s,
                         std::span<const float> vector) const {
  space.weigh(features, s.columns, s.values);
  s.known.push_back(!s.columns.empty() || !space.mean.empty() ? 1 : 0);
  if (!space.mean.empty()) space.add_vector(vector, s.columns, s.values);
  s.batch.add(s.columns, s.values);
}

void ClassifierView::score(ClassifierScratch& s) const {
  const std::size_t classes = bias.size();
  s.logits.resize(s.batch.size() * classes);
  std::size_t at = 0;
  for (std::size_t row = 0; row < s.batch.size(); ++row) {
    float* const out = s.logits.data() + row * classes;
    std::copy(bias.begin(), bias.end(), out);
    const std::size_t count = s.batch.ends[row] - at;
    weights.add(std::span(s.batch.columns).subspan(at, count),
                std::span(s.batch.values).subspan(at, count), classes, out);
    at = s.batch.ends[row];
  }
  add_scores(network, s.batch, network_weight, s.network, s.logits);
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

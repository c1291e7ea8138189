#include "nlu/torch/grouping.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "nlu/torch/features.h"

namespace nlu {
namespace {

// How much each block of features says of two texts being alike; sequence and colour are not of
// intents.
constexpr std::array<double, block_count> block_weight{1.0, 0.5, 0.7, 0.7, 0, 0};

using Vector = std::vector<std::pair<std::uint64_t, float>>;  // By key; of length 1

class Vectors {
 public:
  explicit Vectors(const TrainingData& examples) {
    for (const Example& example : examples.examples) {
      const auto keys = counts(example.text, {});
      for (const auto& one : keys) ++examples_with_[one.first];
    }
    examples_ = static_cast<double>(examples.examples.size());
  }

  Vector of(const GroupedText& text) {
    std::array<double, block_count> squares{};
    std::vector<std::pair<Block, std::pair<std::uint64_t, double>>> weighted;
    for (const auto& [key, block] : counts(text.text, text.entities)) {
      const auto known = examples_with_.find(key);
      const double with = known == examples_with_.end() ? 0 : known->second;
      const double weight = std::log((examples_ + 2) / (with + 1));
      squares[static_cast<std::size_t>(block)] += weight * weight;
      weighted.push_back({block, {key, weight}});
    }
    double square = 0;
    for (auto& [block, one] : weighted) {
      const auto b = static_cast<std::size_t>(block);
      one.second *= block_weight[b] / std::sqrt(std::max(squares[b], 1e-9));
      square += one.second * one.second;
    }
    Vector vector;
    for (const auto& one : weighted) {
      vector.emplace_back(one.second.first, static_cast<float>(one.second.second /
                                                               std::sqrt(std::max(square, 1e-9))));
    }
    std::sort(vector.begin(), vector.end());
    return vector;
  }

 private:
  // Each feature once.
  std::unordered_map<std::uint64_t, Block> counts(const std::string& text,
                                                  std::span<const Entity> entities) {
    const std::vector<Word> words = split_words(text);
    featurizer_.read(text, words, entities);
    std::unordered_map<std::uint64_t, Block> keys;
    for (const Feature& feature : featurizer_.intent_features()) {
      if (block_weight[static_cast<std::size_t>(feature.block)] > 0)
        keys.emplace(feature.key, feature.block);
    }
    return keys;
  }

  Featurizer featurizer_;
  std::unordered_map<std::uint64_t, int> examples_with_;
  double examples_ = 0;
};

}  // namespace

std::vector<std::vector<std::size_t>> group_similar(std::span<const GroupedText> texts,
                                                    const TrainingData& examples,
                                                    double similarity) {
  Vectors vectors(examples);
  std::vector<std::vector<std::size_t>> groups;
  std::unordered_map<std::uint64_t, std::vector<std::pair<std::size_t, float>>> leaders;
  std::vector<double> like;  // Of each group's leader
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Vector vector = vectors.of(texts[i]);
    like.assign(groups.size(), 0);
    for (const auto& [key, weight] : vector) {
      const auto found = leaders.find(key);
      if (found == leaders.end()) continue;
      for (const auto& [group, other] : found->second)
        like[group] += static_cast<double>(weight) * static_cast<double>(other);
    }
    const auto best = std::max_element(like.begin(), like.end());
    if (best != like.end() && *best >= similarity) {
      groups[static_cast<std::size_t>(best - like.begin())].push_back(i);
      continue;
    }
    for (const auto& [key, weight] : vector) leaders[key].emplace_back(groups.size(), weight);
    groups.push_back({i});
  }
  return groups;
}

}  // namespace nlu

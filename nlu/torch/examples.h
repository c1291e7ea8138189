// Training examples as the models see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nlu/entity_resolution.h"
#include "nlu/torch/features.h"
#include "nlu/torch/model.h"
#include "nlu/training_data.h"

namespace nlu {

struct IntentExample {
  std::size_t label = 0;  // The number of intents: outside.
  float importance = 1;
  bool built_in = false;  // Of the background, not the bot's.
  std::vector<Feature> features;
};

struct TagExample {
  std::vector<std::vector<std::uint64_t>> words;
  std::vector<std::int64_t> tags;
};

struct Examples {
  std::vector<std::string> intents;  // Sorted; without outside_label.
  std::vector<IntentExample> utterances;
  std::vector<TagKind> kinds;  // Sorted.
  std::vector<TagExample> sentences;  // Empty when there are no kinds.
};

// The bot's examples and the built-in background, without what in it is too much like the bot's.
Examples read_examples(const TrainingData& data, const RuleEntities& rules);

// A vocabulary of features with their rarity, and the space they make.
struct FeatureTable {
  VocabularyTable vocabulary;
  std::vector<float> rarity;
  std::array<float, block_count> unseen_rarity{};
  IntentSpace space() const { return {vocabulary.view(), rarity, unseen_rarity}; }
};

// Of the utterances in `chosen` (indices).
FeatureTable make_feature_table(const std::vector<IntentExample>& utterances,
                                const std::vector<std::size_t>& chosen);

}  // namespace nlu

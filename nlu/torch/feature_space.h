// From an utterance's features to the columns and values that classifiers take.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "nlu/torch/features.h"

namespace nlu {

// From feature keys to rows: an open hash table that can lie in a file. `keys` and `rows` have the
// same length, a power of two; an empty place has row -1.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(std::span<const std::int64_t> keys, std::span<const std::int32_t> rows)
      : keys_(keys), rows_(rows) {}
  std::int32_t find(std::uint64_t key) const;  // -1: not there.

 private:
  std::span<const std::int64_t> keys_;
  std::span<const std::int32_t> rows_;
};

struct VocabularyTable {
  std::vector<std::int64_t> keys;
  std::vector<std::int32_t> rows;
  Vocabulary view() const { return {keys, rows}; }
};
VocabularyTable make_vocabulary(std::span<const std::uint64_t> keys);  // keys[i] gets row i.

// Weighs the features of an utterance: rarer ones more, each block to a fixed length. Features
// nobody has seen count for the length, so what is mostly unknown stays near nothing.
struct FeatureSpace {
  Vocabulary vocabulary;
  std::span<const float> rarity;  // A row's weight.
  std::array<float, block_count> unseen_rarity{};
  std::span<const float> mean;  // Of encoders' vectors; empty: there is no encoder.

  // Replaces `columns` and `values`.
  void weigh(const std::vector<Feature>& features, std::vector<std::int64_t>& columns,
             std::vector<float>& values) const;
  // Adds an encoder's vector, [mean.size()], less the mean and of a fixed length, as so many
  // columns behind those of the vocabulary.
  void add_vector(std::span<const float> vector, std::vector<std::int64_t>& columns,
                  std::vector<float>& values) const;
  std::size_t columns() const { return rarity.size() + mean.size(); }
};

// A vocabulary of features with their rarity, and the space they make.
struct FeatureTable {
  VocabularyTable vocabulary;
  std::vector<float> rarity;
  std::array<float, block_count> unseen_rarity{};
  std::vector<float> mean;
  FeatureSpace space() const { return {vocabulary.view(), rarity, unseen_rarity, mean}; }
};

// Of utterances' features. The commonest when they are too many; of many utterances only what more
// than one has.
FeatureTable make_feature_table(const std::vector<const std::vector<Feature>*>& utterances);

}  // namespace nlu

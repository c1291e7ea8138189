#include "nlu/torch/feature_space.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace nlu {

std::int32_t Vocabulary::find(std::uint64_t key) const {
  if (keys_.empty()) return -1;
  const std::size_t mask = keys_.size() - 1;
  for (std::size_t at = key & mask, tries = 0; tries <= mask; at = (at + 1) & mask, ++tries) {
    if (rows_[at] < 0) return -1;
    if (static_cast<std::uint64_t>(keys_[at]) == key) return rows_[at];
  }
  return -1;
}

VocabularyTable make_vocabulary(std::span<const std::uint64_t> keys) {
  VocabularyTable table;
  const std::size_t places = std::bit_ceil(std::max<std::size_t>(keys.size() * 2, 16));
  table.keys.assign(places, 0);
  table.rows.assign(places, -1);
  for (std::size_t row = 0; row < keys.size(); ++row) {
    std::size_t at = keys[row] & (places - 1);
    while (table.rows[at] >= 0) at = (at + 1) & (places - 1);
    table.keys[at] = static_cast<std::int64_t>(keys[row]);
    table.rows[at] = static_cast<std::int32_t>(row);
  }
  return table;
}

namespace {

constexpr std::size_t columns_limit = 40'000;
constexpr float vector_length = 1.5f;
constexpr std::array<float, block_count> block_lengths{1.0f, 0.7f, 1.0f, 1.0f, 0.7f, 1.0f};

}  // namespace

void FeatureSpace::weigh(const std::vector<Feature>& features, std::vector<std::int64_t>& columns,
                         std::vector<float>& values) const {
  columns.clear();
  values.clear();
  std::array<float, block_count> squares{}, scale{};
  // The block is kept in the value's place until its length is known.
  for (const Feature& feature : features) {
    const auto block = static_cast<std::size_t>(feature.block);
    const std::int32_t row = vocabulary.find(feature.key);
    const float weight = row < 0 ? unseen_rarity[block] : rarity[static_cast<std::size_t>(row)];
    squares[block] += weight * weight;
    if (row < 0) continue;
    columns.push_back(row);
    values.push_back(static_cast<float>(block));
  }
  for (std::size_t b = 0; b < block_count; ++b) {
    scale[b] = squares[b] > 0 ? block_lengths[b] / std::sqrt(squares[b]) : 0;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    values[i] =
        scale[static_cast<std::size_t>(values[i])] * rarity[static_cast<std::size_t>(columns[i])];
  }
}

void FeatureSpace::add_vector(std::span<const float> vector, std::vector<std::int64_t>& columns,
                              std::vector<float>& values) const {
  float squares = 0;
  for (std::size_t i = 0; i < mean.size(); ++i)
    squares += (vector[i] - mean[i]) * (vector[i] - mean[i]);
  const float scale = squares > 0 ? vector_length / std::sqrt(squares) : 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    columns.push_back(static_cast<std::int64_t>(rarity.size() + i));
    values.push_back(scale * (vector[i] - mean[i]));
  }
}

FeatureTable make_feature_table(const std::vector<const std::vector<Feature>*>& utterances) {
  struct Count {
    std::uint32_t utterances = 0;
    std::uint32_t last = 0xffffffff;
    Block block = Block::word;
  };
  std::unordered_map<std::uint64_t, Count> counts;
  for (std::uint32_t i = 0; i < utterances.size(); ++i) {
    for (const Feature& feature : *utterances[i]) {
      Count& count = counts[feature.key];
      count.block = feature.block;
      if (count.last != i) ++count.utterances;
      count.last = i;
    }
  }
  const std::uint32_t least = utterances.size() > 4000 ? 2 : 1;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> order;  // Common ones first, then by key.
  for (const auto& [key, count] : counts) {
    if (count.utterances >= least) order.emplace_back(0xffffffff - count.utterances, key);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), columns_limit));
  FeatureTable table;
  std::vector<std::uint64_t> keys;
  const double all = std::log(1.0 + static_cast<double>(utterances.size()));
  const auto rarity = [all](double count) {
    return static_cast<float>((all - std::log(0.5 + count)) / all + 0.1);
  };
  for (const auto& [_, key] : order) {
    keys.push_back(key);
    table.rarity.push_back(rarity(counts[key].utterances));
  }
  table.vocabulary = make_vocabulary(keys);
  table.unseen_rarity.fill(rarity(0.5));
  table.unseen_rarity[static_cast<std::size_t>(Block::pair)] *= 0.5f;  // Most pairs are new.
  table.unseen_rarity[static_cast<std::size_t>(Block::meaning)] *= 0.5f;
  table.unseen_rarity[static_cast<std::size_t>(Block::sequence)] = 0;
  return table;
}

}  // namespace nlu

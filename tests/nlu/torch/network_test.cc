#include "nlu/torch/network.h"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "nlu/torch/fit.h"
#include "nlu/torch/vectors.h"

using namespace nlu;

namespace {

// Four classes by two features of six, as no linear model can tell them: (0 or 1) times (2 or 3),
// the class being their exclusive or; features 4 and 5 are noise.
struct Puzzle {
  SparseRows rows;
  std::vector<std::int64_t> labels;
  std::vector<float> importance;

  Puzzle() {
    for (int i = 0; i < 64; ++i) {
      const int a = i & 1, b = i >> 1 & 1, noise = i >> 2 & 1;
      for (const int column : {a, 2 + b, 4 + noise}) {
        rows.columns.push_back(column);
        rows.values.push_back(1.0f);
      }
      rows.ends.push_back(std::ssize(rows.columns));
      labels.push_back(a ^ b);
      importance.push_back(1.0f);
    }
  }
};

NetworkOptions small() {
  NetworkOptions options;
  options.epochs = 120;
  options.batch = 16;
  options.width = 8;
  options.hidden = 24;
  options.rate = 1e-2;
  options.feature_dropout = 0;
  options.dropout = 0.1;
  return options;
}

std::vector<float> scores_by_hand(const SparseRows& rows, const Network& network,
                                  std::size_t classes) {
  const FeatureBatch batch{rows.columns, rows.values, {rows.ends.begin(), rows.ends.end()}};
  std::vector<float> logits(rows.size() * classes, 0.0f);
  NetworkScratch scratch;
  add_scores(NetworkView(network), batch, 1, scratch, logits);
  return logits;
}

// Numbers from -1 to 1, always the same.
std::vector<float> numbers(std::size_t count) {
  static std::mt19937 random(7);
  std::vector<float> all(count);
  for (float& value : all) value = static_cast<float>(random() % 20001) / 10000.0f - 1.0f;
  return all;
}

}  // namespace

TEST_CASE("an utterance gets the same bits in any batch") {
  // Sizes that no vector of the processor's divides.
  constexpr std::size_t columns = 50, width = 21, hidden = 39, classes = 47;
  const Network network{width,
                        hidden,
                        numbers(columns * width),
                        numbers(width),
                        numbers(width),
                        numbers(width * hidden),
                        numbers(hidden),
                        numbers(hidden * classes),
                        numbers(classes)};
  const NetworkView view(network);
  NetworkScratch scratch;
  for (const std::size_t rows : {1, 3, 4, 7, 32, 33}) {
    FeatureBatch batch;
    std::vector<float> alone;
    for (std::size_t row = 0; row < rows; ++row) {
      FeatureBatch one;
      one.add({static_cast<std::int64_t>(row), static_cast<std::int64_t>(row + 7)}, numbers(2));
      std::vector<float> logits(classes, 0.5f);
      add_scores(view, one, 2, scratch, logits);
      alone.insert(alone.end(), logits.begin(), logits.end());
      batch.add(one.columns, one.values);
    }
    std::vector<float> together(rows * classes, 0.5f);
    add_scores(view, batch, 2, scratch, together);
    CHECK(together == alone);
  }
}

TEST_CASE("products of many rows are those of each, to the bit") {
  for (const std::size_t rows : {4, 5, 9}) {
    for (const std::size_t width : {1, 3, 4, 8, 15, 16, 32, 33, 63, 151}) {
      constexpr std::size_t height = 13;
      const std::vector<float> from = numbers(rows * height), weights = numbers(height * width);
      std::vector<float> many = numbers(rows * width), plain = many;
      add_products(from.data(), weights.data(), rows, height, width, many.data());
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t i = 0; i < height; ++i) {
          for (std::size_t j = 0; j < width; ++j) {
            const float product = from[r * height + i] * weights[i * width + j];
            plain[r * width + j] += product;
          }
        }
      }
      CHECK(many == plain);
    }
  }
}

TEST_CASE("weights in bfloat16 are the nearest, and add up as floats do") {
  CHECK(to_bfloat16(1.0f) == 0x3f80);
  CHECK(to_bfloat16(-2.5f) == 0xc020);
  CHECK(to_bfloat16(1.0f + 0.5f / 128) == 0x3f80);  // A tie: to the even one.
  CHECK(to_bfloat16(1.0f + 1.5f / 128) == 0x3f82);  // A tie: to the even one.
  CHECK(to_bfloat16(1.0f + 0.51f / 128) == 0x3f81);
  std::vector<std::uint16_t> halves;
  for (const float value : numbers(3 * 21)) halves.push_back(to_bfloat16(value));
  const WeightRows rows{std::span<const std::uint16_t>(halves)};
  const std::vector<float> floats = rows.to_floats();
  std::vector<float> a(21, 1.0f), b(21, 1.0f);
  const std::vector<std::int64_t> picked{2, 0, 2, 1, 1, 0, 2, 1, 0};
  const std::vector<float> scales = numbers(picked.size());
  rows.add(picked, scales, 21, a.data());
  WeightRows(std::span<const float>(floats)).add(picked, scales, 21, b.data());
  CHECK(a == b);
  std::vector<float> one_by_one(21, 1.0f);
  for (std::size_t i = 0; i < picked.size(); ++i) {
    add_scaled(one_by_one.data(), floats.data() + picked[i] * 21, scales[i], 21);
  }
  CHECK(b == one_by_one);
}

TEST_CASE("a network learns what a linear model cannot") {
  const Puzzle puzzle;
  double accuracy = 0;
  const Network network = fit_network(puzzle.rows, puzzle.labels, puzzle.importance, 6, 2, small(),
                                      [&](const FitProgress& now) {
                                        accuracy = now.accuracy;
                                        return true;
                                      });
  CHECK(accuracy > 0.95);
  const std::vector<float> scores = scores_by_hand(puzzle.rows, network, 2);
  for (std::size_t i = 0; i < puzzle.labels.size(); ++i) {
    CHECK((scores[2 * i + 1] > scores[2 * i]) == (puzzle.labels[i] == 1));
  }
}

TEST_CASE("the passes by hand give what LibTorch gives") {
  const Puzzle puzzle;
  NetworkOptions options = small();
  options.epochs = 3;
  const Network network =
      fit_network(puzzle.rows, puzzle.labels, puzzle.importance, 6, 2, options, {});
  const std::vector<float> expected = forward_network(puzzle.rows, network);
  const std::vector<float> got = scores_by_hand(puzzle.rows, network, 2);
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).margin(1e-4));

  const Linear linear = fit_linear(puzzle.rows, puzzle.labels, puzzle.importance, 6, 2, {}, {});
  const std::vector<float> scores = forward_linear(puzzle.rows, linear);
  for (std::size_t row = 0; row < puzzle.rows.size(); ++row) {
    for (std::size_t c = 0; c < 2; ++c) {
      float sum = linear.bias[c];
      for (std::size_t k = puzzle.rows.begin_of(row); k < puzzle.rows.end_of(row); ++k) {
        sum += linear.weights[static_cast<std::size_t>(puzzle.rows.columns[k]) * 2 + c];
      }
      CHECK(sum == Approx(scores[2 * row + c]).margin(1e-4));
    }
  }
}

TEST_CASE("a seed gives one network, and a watcher can stop it") {
  const Puzzle puzzle;
  NetworkOptions options = small();
  options.epochs = 2;
  const auto fit = [&] {
    return fit_network(puzzle.rows, puzzle.labels, puzzle.importance, 6, 2, options, {});
  };
  CHECK(fit().vectors == fit().vectors);
  CHECK(fit().weights == fit().weights);
  options.seed = 2;
  const Network other = fit();
  options.seed = 1;
  CHECK(fit().vectors != other.vectors);
  int epochs = 0;
  fit_network(puzzle.rows, puzzle.labels, puzzle.importance, 6, 2, options,
              [&](const FitProgress&) { return ++epochs < 1; });
  CHECK(epochs == 1);
}

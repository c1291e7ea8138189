#include "nlu/torch/network.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "nlu/torch/fit.h"

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
  std::vector<float> all;
  NetworkScratch scratch;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto begin = static_cast<std::ptrdiff_t>(rows.begin_of(row)),
               end = static_cast<std::ptrdiff_t>(rows.end_of(row));
    std::vector<float> logits(classes, 0.0f);
    add_scores(NetworkView(network), {rows.columns.begin() + begin, rows.columns.begin() + end},
               {rows.values.begin() + begin, rows.values.begin() + end}, 1, scratch, logits);
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

}  // namespace

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

// What networks over sparse features are made of: vectors of features, dropout, AdamW. Includes
// LibTorch.
//
// Randomness comes from the caller's generator alone, so that a seed gives the same numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "nlu/torch/checkpoint.h"
#include "nlu/torch/fit.h"

namespace nlu {

// The features of a batch with some dropped, row after row.
struct Bags {
  std::vector<std::size_t> columns;
  std::vector<float> values;
  std::vector<std::size_t> ends;
};

Bags make_bags(const SparseRows& rows, std::span<const std::size_t> chosen, double dropout,
               std::mt19937_64& random);
// Those of the first `columns` columns only.
Bags first_columns(const Bags& bags, std::size_t columns);

// The features' vectors, and AdaGrad for those that a batch touches. LibTorch's embedding_bag would
// touch all of them in every step.
class SparseVectors {
 public:
  // Uniform from -spread to spread. AdaGrad begins with squares of `caution`.
  SparseVectors(std::size_t columns, std::size_t width, float spread, std::mt19937_64& random,
                float caution = 1e-10f);

  // [rows × width], ready to be given a gradient.
  torch::Tensor sum(const Bags& bags) const;
  // `gradient` is that of sum(bags); `decay` pulls the vectors touched towards nothing.
  void step(const Bags& bags, const torch::Tensor& gradient, double rate, double decay = 0);
  void add_to(FitState& state);
  std::vector<float> take() { return std::move(weights_); }

 private:
  struct Touch {
    std::size_t column = 0, row = 0;
    float value = 0;
  };
  const std::size_t width_;
  std::vector<float> weights_, squares_, sum_;
  std::vector<Touch> touched_;
};

// AdamW (Loshchilov and Hutter 2019) with the usual constants.
class DenseOptimizer {
 public:
  explicit DenseOptimizer(std::vector<torch::Tensor> weights);
  void step(double rate);
  void add_to(FitState& state);

 private:
  std::vector<torch::Tensor> weights_, means_, squares_;
  int steps_ = 0;
};

// [height × width], as wide as suits `height` inputs.
torch::Tensor uniform(std::int64_t height, std::int64_t width, std::mt19937_64& random);

// A share of the units set to nothing, the others made larger in turn.
torch::Tensor drop(const torch::Tensor& x, double share, std::mt19937_64& random);

// From 1 to 0 over `steps`, as half a cosine.
double cosine_rate(std::size_t step, std::size_t steps);

}  // namespace nlu

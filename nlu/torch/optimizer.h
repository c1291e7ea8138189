// AdaGrad for weights of sparse features, fused into few passes over memory. Includes LibTorch.
#pragma once

#include <random>
#include <span>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "nlu/torch/checkpoint.h"
#include "nlu/torch/fit.h"

namespace nlu {

inline std::span<float> floats_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

// Features that occur once in a thousand examples want step sizes of their own: AdaGrad's.
class SparseOptimizer {
 public:
  SparseOptimizer(std::vector<torch::Tensor> weights, double learning_rate)
      : weights_(std::move(weights)), learning_rate_(learning_rate) {
    for (const torch::Tensor& weight : weights_) {
      squares_.push_back(torch::full_like(weight, 1e-6, torch::requires_grad(false)));
    }
  }

  // What is learnt, and what the optimizer remembers.
  void add_to(FitState& state) {
    for (const std::vector<torch::Tensor>* tensors : {&weights_, &squares_}) {
      for (const torch::Tensor& tensor : *tensors) state.floats.push_back(floats_of(tensor));
    }
  }

  void step(double rate_now) {
    const torch::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      torch::Tensor& gradient = weights_[i].mutable_grad();
      squares_[i].addcmul_(gradient, gradient);
      weights_[i].addcdiv_(gradient, squares_[i].sqrt(), -learning_rate_ * rate_now);
      gradient = torch::Tensor();
    }
  }

 private:
  std::vector<torch::Tensor> weights_;
  std::vector<torch::Tensor> squares_;
  double learning_rate_;
};

// A shuffle of our own: std::shuffle may differ from one standard library to the next.
inline void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

// Rows `order[from…to)` as embedding_bag() wants them, a share of the features dropped.
struct BagBatch {
  torch::Tensor columns, offsets, values;
};
BagBatch make_batch(const SparseRows& rows, const std::vector<std::size_t>& order, std::size_t from,
                    std::size_t to, double dropout, std::mt19937_64& random);

inline torch::Tensor embed(const torch::Tensor& weights, const BagBatch& batch) {
  return std::get<0>(
      at::embedding_bag(weights, batch.columns, batch.offsets, false, 0, false, batch.values));
}

std::vector<float> to_vector(const torch::Tensor& tensor);

// Keeps LibTorch, and the OpenBLAS below it, to the calling thread: the fits that run beside each
// other need the other cores, and small matrices gain nothing.
void use_one_thread();

}  // namespace nlu

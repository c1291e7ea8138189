#include "nlu/torch/layers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nlu/torch/optimizer.h"
#include "nlu/torch/vectors.h"

namespace nlu {

Bags make_bags(const SparseRows& rows, std::span<const std::size_t> chosen, double dropout,
               std::mt19937_64& random) {
  Bags bags;
  const auto limit = static_cast<std::uint32_t>(dropout * 4294967295.0);
  for (const std::size_t row : chosen) {
    for (std::size_t k = rows.begin_of(row); k < rows.end_of(row); ++k) {
      if (limit > 0 && static_cast<std::uint32_t>(random()) < limit) continue;
      bags.columns.push_back(static_cast<std::size_t>(rows.columns[k]));
      bags.values.push_back(rows.values[k]);
    }
    bags.ends.push_back(bags.columns.size());
  }
  return bags;
}

Bags first_columns(const Bags& bags, std::size_t columns) {
  Bags first;
  std::size_t at = 0;
  for (const std::size_t end : bags.ends) {
    for (; at < end; ++at) {
      if (bags.columns[at] >= columns) continue;
      first.columns.push_back(bags.columns[at]);
      first.values.push_back(bags.values[at]);
    }
    first.ends.push_back(first.columns.size());
  }
  return first;
}

SparseVectors::SparseVectors(std::size_t columns, std::size_t width, float spread,
                             std::mt19937_64& random, float caution)
    : width_(width), weights_(columns * width), squares_(columns * width, caution) {
  if (spread <= 0) return;
  for (float& weight : weights_) {
    weight = (static_cast<float>(random() >> 40) / 8388608.0f - 1.0f) * spread;
  }
}

torch::Tensor SparseVectors::sum(const Bags& bags) const {
  torch::Tensor out = torch::zeros({std::ssize(bags.ends), static_cast<std::int64_t>(width_)});
  float* to = out.data_ptr<float>();
  std::size_t at = 0;
  for (const std::size_t end : bags.ends) {
    for (; at < end; ++at) {
      add_scaled(to, weights_.data() + bags.columns[at] * width_, bags.values[at], width_);
    }
    to += width_;
  }
  return out.requires_grad_();
}

void SparseVectors::step(const Bags& bags, const torch::Tensor& gradient, double rate,
                         double decay) {
  const torch::Tensor contiguous = gradient.contiguous();
  const float* const of_rows = contiguous.data_ptr<float>();
  touched_.clear();
  std::size_t at = 0;
  for (std::size_t row = 0; row < bags.ends.size(); ++row) {
    for (; at < bags.ends[row]; ++at) touched_.push_back({bags.columns[at], row, bags.values[at]});
  }
  std::stable_sort(touched_.begin(), touched_.end(),
                   [](const Touch& a, const Touch& b) { return a.column < b.column; });
  sum_.resize(width_);
  for (std::size_t first = 0; first < touched_.size();) {
    const std::size_t column = touched_[first].column;
    std::fill(sum_.begin(), sum_.end(), 0.0f);
    for (; first < touched_.size() && touched_[first].column == column; ++first) {
      add_scaled(sum_.data(), of_rows + touched_[first].row * width_, touched_[first].value,
                 width_);
    }
    adagrad_step(weights_.data() + column * width_, squares_.data() + column * width_, sum_.data(),
                 static_cast<float>(rate), static_cast<float>(decay), width_);
  }
}

DenseOptimizer::DenseOptimizer(std::vector<torch::Tensor> weights) : weights_(std::move(weights)) {
  for (const torch::Tensor& weight : weights_) {
    means_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
    squares_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
  }
}

void SparseVectors::add_to(FitState& state) {
  state.floats.push_back(weights_);
  state.floats.push_back(squares_);
}

void DenseOptimizer::add_to(FitState& state) {
  for (const std::vector<torch::Tensor>* tensors : {&weights_, &means_, &squares_}) {
    for (const torch::Tensor& tensor : *tensors) state.floats.push_back(floats_of(tensor));
  }
  state.counts.push_back(&steps_);
}

void DenseOptimizer::step(double rate) {
  const torch::NoGradGuard no_gradient;
  ++steps_;
  const double rise = 1 - std::pow(0.9, steps_), fall = std::sqrt(1 - std::pow(0.999, steps_));
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    torch::Tensor& gradient = weights_[i].mutable_grad();
    means_[i].mul_(0.9).add_(gradient, 0.1);
    squares_[i].mul_(0.999).addcmul_(gradient, gradient, 0.001);
    weights_[i].mul_(1 - rate * 0.01);
    weights_[i].addcdiv_(means_[i], (squares_[i].sqrt() / fall).add_(1e-8), -rate / rise);
    gradient = torch::Tensor();
  }
}

torch::Tensor uniform(std::int64_t height, std::int64_t width, std::mt19937_64& random) {
  torch::Tensor made = torch::empty({height, width});
  const float bound = 1.0f / std::sqrt(static_cast<float>(height));
  float* const values = made.data_ptr<float>();
  for (std::int64_t i = 0; i < height * width; ++i) {
    values[i] = (static_cast<float>(random() >> 40) / 8388608.0f - 1.0f) * bound;
  }
  return made.requires_grad_();
}

torch::Tensor drop(const torch::Tensor& x, double share, std::mt19937_64& random) {
  if (share <= 0) return x;
  torch::Tensor mask = torch::empty_like(x, torch::requires_grad(false));
  float* const values = mask.data_ptr<float>();
  const auto limit = static_cast<std::uint32_t>(share * 4294967295.0);
  const auto kept = static_cast<float>(1 / (1 - share));
  for (std::int64_t i = 0; i < mask.numel(); ++i) {
    values[i] = static_cast<std::uint32_t>(random()) < limit ? 0.0f : kept;
  }
  return x * mask;
}

double cosine_rate(std::size_t step, std::size_t steps) {
  constexpr double pi = 3.14159265358979323846;
  return 0.5 * (1 + std::cos(pi * static_cast<double>(step) / static_cast<double>(steps)));
}

}  // namespace nlu

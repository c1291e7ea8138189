#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "nlu/torch/fit.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

constexpr double pi = 3.14159265358979323846;

// The features of a batch with some dropped, row after row.
struct Bags {
  std::vector<std::size_t> columns;
  std::vector<float> values;
  std::vector<std::size_t> ends;
};

Bags make_bags(const SparseRows& rows, const std::vector<std::size_t>& chosen, double dropout,
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

// The features' vectors, and AdaGrad for those that a batch touches. LibTorch's embedding_bag would
// touch all of them in every step.
class Vectors {
 public:
  Vectors(std::size_t columns, std::size_t width, std::mt19937_64& random)
      : width_(width), weights_(columns * width), squares_(columns * width, 1e-10f) {
    // Uniform, with the spread of a normal distribution of 0.1.
    for (float& weight : weights_) {
      weight = (static_cast<float>(random() >> 40) / 8388608.0f - 1.0f) * 0.1732f;
    }
  }

  torch::Tensor sum(const Bags& bags) const {
    torch::Tensor out = torch::zeros({std::ssize(bags.ends), static_cast<std::int64_t>(width_)});
    float* to = out.data_ptr<float>();
    std::size_t at = 0;
    for (const std::size_t end : bags.ends) {
      for (; at < end; ++at) {
        const float value = bags.values[at];
        const float* const from = weights_.data() + bags.columns[at] * width_;
        for (std::size_t i = 0; i < width_; ++i) to[i] += value * from[i];
      }
      to += width_;
    }
    return out.requires_grad_();
  }

  // `gradient` is that of sum(bags).
  void step(const Bags& bags, const torch::Tensor& gradient, double rate) {
    const torch::Tensor contiguous = gradient.contiguous();
    const float* const of_rows = contiguous.data_ptr<float>();
    touched_.clear();
    std::size_t at = 0;
    for (std::size_t row = 0; row < bags.ends.size(); ++row) {
      for (; at < bags.ends[row]; ++at)
        touched_.push_back({bags.columns[at], row, bags.values[at]});
    }
    std::stable_sort(touched_.begin(), touched_.end(),
                     [](const Touch& a, const Touch& b) { return a.column < b.column; });
    sum_.resize(width_);
    for (std::size_t first = 0; first < touched_.size();) {
      const std::size_t column = touched_[first].column;
      std::fill(sum_.begin(), sum_.end(), 0.0f);
      for (; first < touched_.size() && touched_[first].column == column; ++first) {
        const float* const from = of_rows + touched_[first].row * width_;
        const float value = touched_[first].value;
        for (std::size_t i = 0; i < width_; ++i) sum_[i] += value * from[i];
      }
      float* const weights = weights_.data() + column * width_;
      float* const squares = squares_.data() + column * width_;
      const auto step = static_cast<float>(rate);
      for (std::size_t i = 0; i < width_; ++i) {
        squares[i] += sum_[i] * sum_[i];
        weights[i] -= step * sum_[i] / (std::sqrt(squares[i]) + 1e-10f);
      }
    }
  }

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
  explicit DenseOptimizer(std::vector<torch::Tensor> weights) : weights_(std::move(weights)) {
    for (const torch::Tensor& weight : weights_) {
      means_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
      squares_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
    }
  }

  void step(double rate) {
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

 private:
  std::vector<torch::Tensor> weights_, means_, squares_;
  int steps_ = 0;
};

torch::Tensor uniform(std::int64_t height, std::int64_t width, std::mt19937_64& random) {
  torch::Tensor made = torch::empty({height, width});
  const float bound = 1.0f / std::sqrt(static_cast<float>(height));
  float* const values = made.data_ptr<float>();
  for (std::int64_t i = 0; i < height * width; ++i) {
    values[i] = (static_cast<float>(random() >> 40) / 8388608.0f - 1.0f) * bound;
  }
  return made.requires_grad_();
}

// Some set to nothing, the others made larger in turn.
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

struct Layers {
  torch::Tensor gain, shift, hidden_weights, hidden_bias, weights, bias;

  torch::Tensor forward(const torch::Tensor& sums, double dropout, std::mt19937_64& random) const {
    const torch::Tensor x = torch::layer_norm(sums, {sums.size(1)}, gain, shift);
    const torch::Tensor h =
        torch::relu(torch::addmm(hidden_bias, drop(x, dropout, random), hidden_weights));
    return torch::addmm(bias, drop(h, dropout, random), weights);
  }
};

// Some examples, each of them twice when two passes are to agree.
struct Batch {
  std::vector<std::size_t> rows;
  torch::Tensor labels, importance;
};

Batch make_batch(const std::vector<std::int64_t>& labels, const std::vector<float>& importance,
                 std::span<const std::size_t> rows, bool twice) {
  Batch batch;
  for (int pass = 0; pass < (twice ? 2 : 1); ++pass) {
    batch.rows.insert(batch.rows.end(), rows.begin(), rows.end());
  }
  std::vector<std::int64_t> gold;
  std::vector<float> weight;
  for (const std::size_t row : batch.rows) {
    gold.push_back(labels[row]);
    weight.push_back(importance[row]);
  }
  batch.labels = torch::tensor(gold, torch::kLong);
  batch.importance = torch::tensor(weight);
  return batch;
}

// How far the passes over the first half and the second are apart: the mean of the two
// Kullback-Leibler divergences.
torch::Tensor disagreement(const torch::Tensor& logits) {
  const std::int64_t half = logits.size(0) / 2;
  const torch::Tensor p = torch::log_softmax(logits.slice(0, 0, half), 1);
  const torch::Tensor q = torch::log_softmax(logits.slice(0, half), 1);
  return ((p.exp() - q.exp()) * (p - q)).sum(1).mean() / 2;
}

}  // namespace

Network fit_network(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                    const std::vector<float>& importance, std::size_t columns, std::size_t classes,
                    const NetworkOptions& options, const FitWatcher& watcher) {
  use_one_thread();
  std::mt19937_64 random(options.seed);
  const auto width = static_cast<std::int64_t>(options.width);
  const auto hidden = static_cast<std::int64_t>(options.hidden);
  const auto outputs = static_cast<std::int64_t>(classes);
  Vectors vectors(columns, options.width, random);
  const Layers layers{torch::ones({width}, torch::requires_grad()),
                      torch::zeros({width}, torch::requires_grad()),
                      uniform(width, hidden, random),
                      torch::zeros({hidden}, torch::requires_grad()),
                      uniform(hidden, outputs, random),
                      torch::zeros({outputs}, torch::requires_grad())};
  DenseOptimizer optimizer({layers.gain, layers.shift, layers.hidden_weights, layers.hidden_bias,
                            layers.weights, layers.bias});
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto batch = static_cast<std::size_t>(options.batch);
  const std::size_t steps =
      (rows.size() + batch - 1) / batch * static_cast<std::size_t>(options.epochs);
  std::size_t step = 0;
  const bool twice = options.agreement > 0;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    shuffle(order, random);
    double loss_sum = 0, right = 0;
    for (std::size_t from = 0; from < order.size(); from += batch) {
      const std::size_t to = std::min(from + batch, order.size());
      const Batch now =
          make_batch(labels, importance, std::span(order).subspan(from, to - from), twice);
      const Bags bags = make_bags(rows, now.rows, options.feature_dropout, random);
      torch::Tensor sums = vectors.sum(bags);
      const torch::Tensor logits = layers.forward(sums, options.dropout, random);
      const torch::Tensor losses = at::cross_entropy_loss(
          logits, now.labels, {}, at::Reduction::None, -100, options.smoothing);
      torch::Tensor loss = (losses * now.importance).mean();
      loss_sum += loss.item<double>() * static_cast<double>(to - from);
      right += (logits.argmax(1) == now.labels).sum().item<double>() / (twice ? 2 : 1);
      if (twice) loss = loss + options.agreement * disagreement(logits);
      loss.backward();
      const double rate =
          0.5 * (1 + std::cos(pi * static_cast<double>(step++) / static_cast<double>(steps)));
      vectors.step(bags, sums.grad(), options.vector_rate * rate);
      optimizer.step(options.rate * rate);
    }
    const auto count = static_cast<double>(std::max<std::size_t>(order.size(), 1));
    if (watcher && !watcher({epoch, loss_sum / count, right / count})) break;
  }
  return {options.width,
          options.hidden,
          vectors.take(),
          to_vector(layers.gain),
          to_vector(layers.shift),
          to_vector(layers.hidden_weights),
          to_vector(layers.hidden_bias),
          to_vector(layers.weights),
          to_vector(layers.bias)};
}

std::vector<float> forward_network(const SparseRows& rows, const Network& network) {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  const auto width = static_cast<std::int64_t>(network.width);
  const auto hidden = static_cast<std::int64_t>(network.hidden);
  const torch::Tensor vectors = torch::tensor(network.vectors).reshape({-1, width});
  const Layers layers{torch::tensor(network.gain),
                      torch::tensor(network.shift),
                      torch::tensor(network.hidden_weights).reshape({width, hidden}),
                      torch::tensor(network.hidden_bias),
                      torch::tensor(network.weights).reshape({hidden, -1}),
                      torch::tensor(network.bias)};
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 unused;
  const BagBatch input = make_batch(rows, order, 0, order.size(), 0, unused);
  return to_vector(layers.forward(embed(vectors, input), 0, unused));
}

}  // namespace nlu

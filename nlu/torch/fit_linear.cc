#include <numeric>
#include <optional>
#include <span>

#include "nlu/torch/fit.h"
#include "nlu/torch/layers.h"
#include "nlu/torch/optimizer.h"

// Of OpenBLAS, which LibTorch does not tell; with another BLAS there is none.
extern "C" void openblas_set_num_threads(int count) __attribute__((weak));

namespace nlu {

void use_one_thread() {
  at::set_num_threads(1);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
}

BagBatch make_batch(const SparseRows& rows, const std::vector<std::size_t>& order, std::size_t from,
                    std::size_t to, double dropout, std::mt19937_64& random) {
  std::vector<std::int64_t> columns, offsets;
  std::vector<float> values;
  const auto limit = static_cast<std::uint32_t>(dropout * 4294967295.0);
  const float scale = static_cast<float>(1.0 / (1.0 - dropout));
  for (std::size_t i = from; i < to; ++i) {
    offsets.push_back(std::ssize(columns));
    for (std::size_t k = rows.begin_of(order[i]); k < rows.end_of(order[i]); ++k) {
      if (limit > 0 && static_cast<std::uint32_t>(random()) < limit) continue;
      columns.push_back(rows.columns[k]);
      values.push_back(rows.values[k] * scale);
    }
  }
  return {torch::tensor(columns, torch::kLong), torch::tensor(offsets, torch::kLong),
          torch::tensor(values, torch::kFloat)};
}

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

namespace {

torch::Tensor take(const std::vector<std::int64_t>& values, const std::vector<std::size_t>& order,
                   std::size_t from, std::size_t to) {
  std::vector<std::int64_t> taken;
  for (std::size_t i = from; i < to; ++i) taken.push_back(values[order[i]]);
  return torch::tensor(taken, torch::kLong);
}

torch::Tensor take(const std::vector<float>& values, const std::vector<std::size_t>& order,
                   std::size_t from, std::size_t to) {
  std::vector<float> taken;
  for (std::size_t i = from; i < to; ++i) taken.push_back(values[order[i]]);
  return torch::tensor(taken, torch::kFloat);
}

// The weights and what they learn by. Without l2 a batch changes those of its features only, and is
// done in time that depends on these alone.
class LinearWeights {
 public:
  LinearWeights(std::size_t columns, std::size_t classes, const FitOptions& options)
      : options_(options), sparse_(options.l2 == 0) {
    const auto height = static_cast<std::int64_t>(columns),
               width = static_cast<std::int64_t>(classes);
    bias_ = torch::zeros({width}, torch::requires_grad());
    std::vector<torch::Tensor> dense{bias_};
    if (sparse_) {
      std::mt19937_64 unused;
      vectors_.emplace(columns, classes, 0.0f, unused, 1e-6f);
    } else {
      weights_ = torch::zeros({height, width}, torch::requires_grad());
      dense.insert(dense.begin(), weights_);
    }
    optimizer_.emplace(dense, options.learning_rate);
  }

  void add_to(FitState& state) {
    optimizer_->add_to(state);
    if (vectors_) vectors_->add_to(state);
  }

  torch::Tensor logits(const SparseRows& rows, const std::vector<std::size_t>& order,
                       std::size_t from, std::size_t to, std::mt19937_64& random) {
    if (!sparse_)
      return embed(weights_, make_batch(rows, order, from, to, options_.dropout, random)) + bias_;
    bags_ = make_bags(rows, std::span(order).subspan(from, to - from), options_.dropout, random);
    const auto scale = static_cast<float>(1 / (1 - options_.dropout));
    for (float& value : bags_.values) value *= scale;
    sums_ = vectors_->sum(bags_);
    return sums_ + bias_;
  }

  // After the gradients of the last logits().
  void step(double rate) {
    if (sparse_) {
      vectors_->step(bags_, sums_.grad(), options_.learning_rate * rate);
    } else {
      weights_.mutable_grad().add_(weights_.detach(), options_.l2);
    }
    optimizer_->step(rate);
  }

  Linear take(std::size_t columns, std::size_t classes) {
    return {columns, classes, sparse_ ? vectors_->take() : to_vector(weights_), to_vector(bias_)};
  }

 private:
  const FitOptions options_;
  const bool sparse_;
  std::optional<SparseVectors> vectors_;
  torch::Tensor weights_, bias_, sums_;
  Bags bags_;
  std::optional<SparseOptimizer> optimizer_;
};

}  // namespace

Linear fit_linear(const SparseRows& rows, const std::vector<std::int64_t>& labels,
                  const std::vector<float>& importance, std::size_t columns, std::size_t classes,
                  const FitOptions& options, const FitWatcher& watcher, Checkpoint* checkpoint) {
  Checkpoint none;
  if (checkpoint == nullptr) checkpoint = &none;
  use_one_thread();
  std::mt19937_64 random(options.seed);
  LinearWeights weights(columns, classes, options);
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});

  const auto batch = static_cast<std::size_t>(options.batch);
  const std::size_t steps =
      (rows.size() + batch - 1) / batch * static_cast<std::size_t>(options.epochs);
  FitState state{{}, {}, &random, &order, {}};
  weights.add_to(state);
  const bool goes_on = checkpoint->restore(state, watcher);
  std::size_t step = steps_done(state, steps, options.epochs);
  for (int epoch = state.progress.epoch + 1; goes_on && epoch <= options.epochs; ++epoch) {
    shuffle(order, random);
    double loss_sum = 0, right = 0;
    for (std::size_t from = 0; from < order.size(); from += batch) {
      const std::size_t to = std::min(from + batch, order.size());
      const torch::Tensor target = take(labels, order, from, to);
      const torch::Tensor logits = weights.logits(rows, order, from, to, random);
      const torch::Tensor losses =
          at::cross_entropy_loss(logits, target, {}, at::Reduction::None, -100, 0.0);
      const torch::Tensor loss = (losses * take(importance, order, from, to)).mean();
      loss.backward();
      weights.step(1.0 - 0.9 * static_cast<double>(step++) / static_cast<double>(steps));
      loss_sum += loss.item<double>() * static_cast<double>(to - from);
      right += (logits.argmax(1) == target).sum().item<double>();
    }
    const auto count = static_cast<double>(std::max<std::size_t>(order.size(), 1));
    if (!checkpoint->keep(state, {epoch, loss_sum / count, right / count}, options.epochs, watcher))
      break;
  }
  return weights.take(columns, classes);
}

std::vector<float> forward_linear(const SparseRows& rows, const Linear& linear) {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  const auto height = static_cast<std::int64_t>(linear.columns);
  const auto width = static_cast<std::int64_t>(linear.classes);
  const torch::Tensor weights =
      torch::from_blob(const_cast<float*>(linear.weights.data()), {height, width});
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 unused;
  const BagBatch input = make_batch(rows, order, 0, order.size(), 0, unused);
  return to_vector(embed(weights, input) + torch::tensor(linear.bias));
}

}  // namespace nlu

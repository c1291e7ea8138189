#include <numeric>
#include <span>

#include "nlu/torch/fit.h"
#include "nlu/torch/layers.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

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
                    const NetworkOptions& options, const FitWatcher& watcher,
                    Checkpoint* checkpoint) {
  Checkpoint none;
  if (checkpoint == nullptr) checkpoint = &none;
  use_one_thread();
  std::mt19937_64 random(options.seed);
  const auto width = static_cast<std::int64_t>(options.width);
  const auto hidden = static_cast<std::int64_t>(options.hidden);
  const auto outputs = static_cast<std::int64_t>(classes);
  // The spread is that of a normal distribution of 0.1.
  SparseVectors vectors(columns, options.width, 0.1732f, random);
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
  const bool twice = options.agreement > 0;
  FitState state{{}, {}, &random, &order, {}};
  vectors.add_to(state);
  optimizer.add_to(state);
  const bool goes_on = checkpoint->restore(state, watcher);
  std::size_t step = steps_done(state, steps, options.epochs);
  for (int epoch = state.progress.epoch + 1; goes_on && epoch <= options.epochs; ++epoch) {
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
      const double rate = cosine_rate(step++, steps);
      vectors.step(bags, sums.grad(), options.vector_rate * rate);
      optimizer.step(options.rate * rate);
    }
    const auto count = static_cast<double>(std::max<std::size_t>(order.size(), 1));
    if (!checkpoint->keep(state, {epoch, loss_sum / count, right / count}, options.epochs, watcher))
      break;
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

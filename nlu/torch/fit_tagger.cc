#include <algorithm>
#include <numeric>

#include "nlu/torch/fit.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

struct Weights {
  torch::Tensor emissions, bias, first, transitions;
};

// Sentences of one length go together: no padding, and every step is one small matrix.
struct Group {
  std::vector<std::size_t> tokens;  // Row numbers, sentence after sentence.
  std::int64_t sentences = 0;
  std::int64_t length = 0;
};

// -log p(tags | tokens), summed over the group's sentences.
torch::Tensor loss_of(const Weights& w, const torch::Tensor& scores, const torch::Tensor& tags) {
  const std::int64_t length = scores.size(1);
  torch::Tensor alpha = scores.select(1, 0) + w.first;
  torch::Tensor gold =
      w.first.index_select(0, tags.select(1, 0)).sum() + scores.gather(2, tags.unsqueeze(2)).sum();
  for (std::int64_t t = 1; t < length; ++t) {
    alpha = torch::logsumexp(alpha.unsqueeze(2) + w.transitions, 1) + scores.select(1, t);
  }
  if (length > 1) {
    const std::int64_t width = w.transitions.size(0);
    const torch::Tensor pairs =
        tags.slice(1, 0, length - 1).reshape({-1}) * width + tags.slice(1, 1, length).reshape({-1});
    gold = gold + w.transitions.reshape({-1}).index_select(0, pairs).sum();
  }
  return torch::logsumexp(alpha, 1).sum() - gold;
}

std::vector<Group> make_groups(const std::vector<std::size_t>& sentence_ends, std::size_t batch,
                               std::mt19937_64& random) {
  std::vector<std::size_t> order(sentence_ends.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(order, random);
  const auto begin = [&](std::size_t i) { return i == 0 ? 0 : sentence_ends[i - 1]; };
  const auto length = [&](std::size_t i) { return sentence_ends[i] - begin(i); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length(a) < length(b); });
  std::vector<Group> groups;
  for (const std::size_t sentence : order) {
    const auto tokens = static_cast<std::int64_t>(length(sentence));
    if (tokens == 0) continue;
    if (groups.empty() || groups.back().length != tokens ||
        groups.back().sentences == static_cast<std::int64_t>(batch)) {
      groups.push_back({{}, 0, tokens});
    }
    for (std::size_t i = begin(sentence); i < sentence_ends[sentence]; ++i) {
      groups.back().tokens.push_back(i);
    }
    ++groups.back().sentences;
  }
  for (std::size_t i = groups.size(); i > 1; --i) std::swap(groups[i - 1], groups[random() % i]);
  return groups;
}

}  // namespace

Crf fit_crf(const SparseRows& tokens, const std::vector<std::int64_t>& tags,
            const std::vector<std::size_t>& sentence_ends, std::size_t columns,
            std::size_t tag_count, const FitOptions& options, const FitWatcher& watcher) {
  use_one_thread();
  std::mt19937_64 random(options.seed);
  const auto height = static_cast<std::int64_t>(columns);
  const auto width = static_cast<std::int64_t>(tag_count);
  const Weights w{torch::zeros({height, width}, torch::requires_grad()),
                  torch::zeros({width}, torch::requires_grad()),
                  torch::zeros({width}, torch::requires_grad()),
                  torch::zeros({width, width}, torch::requires_grad())};
  SparseOptimizer optimizer({w.emissions, w.bias, w.first, w.transitions}, options.learning_rate);
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    double loss_sum = 0, right = 0;
    const double rate = 1.0 - 0.9 * (epoch - 1) / options.epochs;
    for (const Group& group :
         make_groups(sentence_ends, static_cast<std::size_t>(options.batch), random)) {
      const BagBatch input =
          make_batch(tokens, group.tokens, 0, group.tokens.size(), options.dropout, random);
      std::vector<std::int64_t> gold;
      for (const std::size_t token : group.tokens) gold.push_back(tags[token]);
      const std::vector<std::int64_t> shape{group.sentences, group.length};
      const torch::Tensor target = torch::tensor(gold, torch::kLong).reshape(shape);
      const torch::Tensor scores =
          (embed(w.emissions, input) + w.bias).reshape({group.sentences, group.length, width});
      torch::Tensor loss = loss_of(w, scores, target) / static_cast<double>(group.sentences);
      loss_sum += loss.item<double>() * static_cast<double>(group.sentences);
      right += (scores.argmax(2) == target).sum().item<double>();
      loss = loss + options.l2 * w.transitions.square().sum();
      loss.backward();
      for (const torch::Tensor& weight : {w.first, w.transitions}) {
        if (!weight.grad().defined()) weight.mutable_grad() = torch::zeros_like(weight);
      }
      if (options.l2 > 0) w.emissions.mutable_grad().add_(w.emissions.detach(), options.l2);
      optimizer.step(rate);
    }
    const auto sentences = static_cast<double>(std::max<std::size_t>(sentence_ends.size(), 1));
    const auto count = static_cast<double>(std::max<std::size_t>(tokens.size(), 1));
    if (watcher && !watcher({epoch, loss_sum / sentences, right / count})) break;
  }
  return {columns,           tag_count,          to_vector(w.emissions),
          to_vector(w.bias), to_vector(w.first), to_vector(w.transitions)};
}

}  // namespace nlu

#include "nlu/torch/fit_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

#include "nlu/base/hash.h"
#include "nlu/torch/bert_network.h"
#include "nlu/torch/checkpoint.h"
#include "nlu/torch/layers.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

constexpr double warm_up = 0.1;  // Of the steps.
constexpr double head_dropout = 0.1;
constexpr double decay = 0.01;
constexpr double longest_gradient = 1;
constexpr std::size_t like_lengths = 16;  // So many batches are sorted by length together.
constexpr int parts_of_epoch = 10;
constexpr std::size_t judged_at_once = 32;

struct Heads {
  torch::Tensor intents, intent_bias, tags, tag_bias;
};

// A half of a batch, and what to divide its sums by: how much there is of both halves.
struct Half {
  std::span<const std::size_t> chosen;
  double labels = 0, words = 0;
};

struct Learnt {
  double loss = 0;
  double right = 0, judged = 0;  // Labels, or words when there are no labels.
  std::vector<torch::Tensor> gradients;
};

struct Words {
  std::vector<std::int64_t> pieces, begins, tags;
};

// Those of a text that have pieces, in a matrix of states whose rows for this text begin at `row`.
void add_words(const TuneExample& example, std::int64_t row, Words& words) {
  for (std::size_t w = 0; w < example.tags.size(); ++w) {
    const auto [first, last] = example.words[w];
    const std::size_t end = std::min(last, example.ids.size());
    if (first >= end) continue;
    words.begins.push_back(std::ssize(words.pieces));
    for (std::size_t piece = first; piece < end; ++piece)
      words.pieces.push_back(row + static_cast<std::int64_t>(piece));
    words.tags.push_back(example.tags[w]);
  }
}

torch::Tensor means(const torch::Tensor& states, const BertBatch& batch) {
  return states.sum(1) / batch.present.sum(1, true);
}

BertBatch batch_of(const std::vector<TuneExample>& examples, std::span<const std::size_t> chosen,
                   std::int32_t padding) {
  std::vector<std::vector<std::int32_t>> ids;
  for (const std::size_t i : chosen) ids.push_back(examples[i].ids);
  return make_batch(ids, padding);
}

class Tuner {
 public:
  Tuner(const Bert& encoder, const std::vector<TuneExample>& examples, const TuneOptions& options)
      : examples_(examples),
        padding_(encoder.tokenizer().padding()),
        network_(std::make_shared<BertNetwork>(encoder.network())) {
    network_->for_each(
        [&](const std::string&, torch::Tensor& tensor, const std::vector<std::int64_t>&) {
          weights_.push_back(tensor = tensor.detach().clone().requires_grad_());
        });
    const auto width = static_cast<std::int64_t>(network_->config.width);
    const auto head = [&](std::size_t outputs, torch::Tensor& weight, torch::Tensor& bias) {
      const auto columns = static_cast<std::int64_t>(outputs);
      weights_.push_back(weight = torch::zeros({width, columns}, torch::requires_grad()));
      weights_.push_back(bias = torch::zeros({columns}, torch::requires_grad()));
    };
    if (options.labels > 0) head(options.labels, heads_.intents, heads_.intent_bias);
    if (options.tags > 0) head(options.tags, heads_.tags, heads_.tag_bias);
    for (const torch::Tensor& weight : weights_) {
      means_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
      squares_.push_back(torch::zeros_like(weight, torch::requires_grad(false)));
    }
  }

  void add_to(FitState& state) {
    for (const std::vector<torch::Tensor>* tensors : {&weights_, &means_, &squares_}) {
      for (const torch::Tensor& tensor : *tensors) state.floats.push_back(floats_of(tensor));
    }
  }

  // One step; `rate` is that of now.
  Learnt step(std::span<const std::size_t> chosen, std::size_t number, double rate,
              std::mt19937_64& random) {
    double labels = 0, words = 0;
    for (const std::size_t i : chosen) {
      labels += examples_[i].label >= 0 ? 1 : 0;
      words += static_cast<double>(examples_[i].tags.size());
    }
    const std::size_t middle = chosen.size() / 2;
    const std::array<Half, 2> halves{Half{chosen.subspan(0, middle), labels, words},
                                     Half{chosen.subspan(middle), labels, words}};
    const std::array<std::uint64_t, 2> seeds{random(), random()};
    std::array<Learnt, 2> learnt;
    std::thread other([&] { learnt[0] = learn(halves[0], seeds[0]); });
    learnt[1] = learn(halves[1], seeds[1]);
    other.join();
    const torch::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      torch::Tensor& sum = learnt[1].gradients[i];
      const torch::Tensor& more = learnt[0].gradients[i];
      if (!sum.defined())
        sum = more;
      else if (more.defined())
        sum = sum + more;
    }
    update(learnt[1].gradients, number, rate);
    learnt[1].loss += learnt[0].loss;
    learnt[1].right += learnt[0].right;
    learnt[1].judged += learnt[0].judged;
    return std::move(learnt[1]);
  }

  Tuned take(std::vector<double> losses) {
    const auto linear = [&](const torch::Tensor& weight, const torch::Tensor& bias) {
      if (!weight.defined()) return Linear{};
      return Linear{network_->config.width, static_cast<std::size_t>(bias.size(0)),
                    to_vector(weight), to_vector(bias)};
    };
    network_->for_each([](const std::string&, torch::Tensor& tensor,
                          const std::vector<std::int64_t>&) { tensor = tensor.detach(); });
    return {network_, linear(heads_.intents, heads_.intent_bias),
            linear(heads_.tags, heads_.tag_bias), std::move(losses)};
  }

 private:
  // The loss of one half, and its slopes; undefined where there is none.
  Learnt learn(const Half& half, std::uint64_t seed) const {
    use_one_thread();
    Learnt result;
    result.gradients.resize(weights_.size());
    if (half.chosen.empty()) return result;
    std::mt19937_64 random(seed);
    const BertBatch batch = batch_of(examples_, half.chosen, padding_);
    const torch::Tensor states = network_->forward(batch, &random);
    torch::Tensor loss = states.sum() * 0;
    if (heads_.intents.defined()) loss = loss + loss_of_labels(half, batch, states, random, result);
    if (heads_.tags.defined()) loss = loss + loss_of_tags(half, states, random, result);
    result.loss = loss.item<double>();
    result.gradients = torch::autograd::grad({loss}, weights_, {}, c10::nullopt, false, true);
    return result;
  }

  double dropout() const { return network_->config.dropout > 0 ? head_dropout : 0; }

  torch::Tensor loss_of_labels(const Half& half, const BertBatch& batch,
                               const torch::Tensor& states, std::mt19937_64& random,
                               Learnt& result) const {
    std::vector<std::int64_t> rows, labels;
    std::vector<float> importance;
    for (std::size_t i = 0; i < half.chosen.size(); ++i) {
      const TuneExample& example = examples_[half.chosen[i]];
      if (example.label < 0) continue;
      rows.push_back(static_cast<std::int64_t>(i));
      labels.push_back(example.label);
      importance.push_back(example.importance);
    }
    if (rows.empty()) return torch::zeros({});
    const torch::Tensor vectors = means(states, batch).index_select(0, torch::tensor(rows));
    const torch::Tensor logits =
        torch::addmm(heads_.intent_bias, drop(vectors, dropout(), random), heads_.intents);
    const torch::Tensor target = torch::tensor(labels);
    result.right += (logits.argmax(1) == target).sum().item<double>();
    result.judged += static_cast<double>(rows.size());
    const torch::Tensor losses =
        at::cross_entropy_loss(logits, target, {}, at::Reduction::None, -100, 0.0);
    return (losses * torch::tensor(importance)).sum() / half.labels;
  }

  torch::Tensor loss_of_tags(const Half& half, const torch::Tensor& states, std::mt19937_64& random,
                             Learnt& result) const {
    Words words;
    for (std::size_t i = 0; i < half.chosen.size(); ++i) {
      add_words(examples_[half.chosen[i]], static_cast<std::int64_t>(i) * states.size(1), words);
    }
    if (words.tags.empty()) return torch::zeros({});
    constexpr std::int64_t mean = 1;
    const torch::Tensor vectors = std::get<0>(
        at::embedding_bag(states.reshape({-1, states.size(2)}), torch::tensor(words.pieces),
                          torch::tensor(words.begins), false, mean));
    const torch::Tensor logits =
        torch::addmm(heads_.tag_bias, drop(vectors, dropout(), random), heads_.tags);
    const torch::Tensor target = torch::tensor(words.tags);
    if (!heads_.intents.defined()) {
      result.right += (logits.argmax(1) == target).sum().item<double>();
      result.judged += static_cast<double>(words.tags.size());
    }
    return at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum, -100, 0.0) / half.words;
  }

  // AdamW, `number` steps having been done before.
  void update(const std::vector<torch::Tensor>& gradients, std::size_t number, double rate) {
    double squares = 0;
    for (const torch::Tensor& gradient : gradients) {
      if (!gradient.defined()) continue;
      squares += gradient.to(torch::kDouble).square().sum().item<double>();
    }
    const double length = std::sqrt(squares);
    const double clip = length > longest_gradient ? longest_gradient / length : 1;
    const auto steps = static_cast<double>(number + 1);
    const double rise = 1 - std::pow(0.9, steps), fall = std::sqrt(1 - std::pow(0.999, steps));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      means_[i].mul_(0.9);
      squares_[i].mul_(0.999);
      if (gradients[i].defined()) {
        const torch::Tensor gradient = gradients[i] * clip;
        means_[i].add_(gradient, 0.1);
        squares_[i].addcmul_(gradient, gradient, 0.001);
      }
      // A norm and a bias have one dimension.
      if (weights_[i].dim() > 1) weights_[i].mul_(1 - rate * decay);
      // 1e-6 as in BERT's own training: a slope that is nothing but rounding moves nothing.
      weights_[i].addcdiv_(means_[i], (squares_[i].sqrt() / fall).add_(1e-6), -rate / rise);
    }
  }

  const std::vector<TuneExample>& examples_;
  const std::int32_t padding_;
  std::shared_ptr<BertNetwork> network_;
  Heads heads_;
  std::vector<torch::Tensor> weights_, means_, squares_;
};

// Shuffles, and then puts texts of like length beside each other, so that a batch has little
// padding. What does not fill a batch comes last.
void arrange(const std::vector<TuneExample>& examples, std::size_t batch,
             std::vector<std::size_t>& order, std::mt19937_64& random) {
  shuffle(order, random);
  const std::size_t window = batch * like_lengths;
  for (std::size_t from = 0; from < order.size(); from += window) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last =
        order.begin() + static_cast<std::ptrdiff_t>(std::min(from + window, order.size()));
    std::stable_sort(first, last, [&](std::size_t a, std::size_t b) {
      return examples[a].ids.size() < examples[b].ids.size();
    });
  }
  for (std::size_t full = order.size() / batch; full > 1; --full) {
    const std::size_t a = (full - 1) * batch, b = random() % full * batch;
    for (std::size_t i = 0; i < batch && a != b; ++i) std::swap(order[a + i], order[b + i]);
  }
}

double rate_at(std::size_t step, std::size_t steps) {
  const auto all = static_cast<double>(steps), now = static_cast<double>(step);
  const double rising = std::max(1.0, std::round(warm_up * all));
  return now < rising ? (now + 1) / rising : (all - now) / (all - rising);
}

std::size_t batches_of(std::size_t examples, const TuneSettings& settings) {
  const auto batch = static_cast<std::size_t>(settings.batch);
  return (examples + batch - 1) / batch;
}

}  // namespace

int tune_parts(std::size_t examples, const TuneSettings& settings) {
  const std::size_t batches = batches_of(examples, settings);
  return settings.epochs * std::min(static_cast<int>(batches), parts_of_epoch);
}

std::string tune_key(const Bert& encoder, const std::vector<TuneExample>& examples,
                     const TuneOptions& options) {
  std::string all;
  for (const TuneExample& example : examples) {
    fmt::format_to(std::back_inserter(all), "{} {} {} {}\n", fmt::join(example.ids, " "),
                   example.label, example.importance, fmt::join(example.tags, " "));
    for (const PieceRange& word : example.words)
      fmt::format_to(std::back_inserter(all), "{}-{} ", word.first, word.last);
  }
  return sha256_hex(fmt::format("tuning 1 {} {} {} {} {} {} {} {}", encoder.version(),
                                sha256_hex(all), options.seed, options.epochs, options.rate,
                                options.batch, options.labels, options.tags));
}

Tuned tune_encoder(const Bert& encoder, const std::vector<TuneExample>& examples,
                   const TuneOptions& options, const FitWatcher& watcher, Checkpoint* checkpoint) {
  Checkpoint none;
  if (checkpoint == nullptr) checkpoint = &none;
  use_one_thread();
  std::mt19937_64 random(options.seed);
  Tuner tuner(encoder, examples, options);
  std::vector<std::size_t> order(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto batch = static_cast<std::size_t>(options.batch);
  const std::size_t batches = batches_of(examples.size(), options);
  const std::size_t steps = batches * static_cast<std::size_t>(options.epochs);
  const int parts = tune_parts(examples.size(), options);
  const auto end_of = [&](int part) {
    return steps * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts);
  };
  FitState state{{}, {}, &random, &order, {}};
  tuner.add_to(state);
  bool goes_on = checkpoint->restore(state, watcher);
  std::vector<double> losses;
  for (int part = state.progress.epoch + 1; goes_on && part <= parts; ++part) {
    double loss = 0, right = 0, judged = 0, done = 0;
    for (std::size_t step = end_of(part - 1); step < end_of(part); ++step) {
      if (step % batches == 0) arrange(examples, batch, order, random);
      const std::size_t from = step % batches * batch;
      const std::size_t count = std::min(batch, order.size() - from);
      const Learnt learnt = tuner.step(std::span(order).subspan(from, count), step,
                                       options.rate * rate_at(step, steps), random);
      losses.push_back(learnt.loss);
      loss += learnt.loss;
      right += learnt.right;
      judged += learnt.judged;
      ++done;
    }
    goes_on = checkpoint->keep(
        state, {part, loss / std::max(done, 1.0), right / std::max(judged, 1.0)}, parts, watcher);
  }
  return tuner.take(std::move(losses));
}

double share_right(const Tuned& tuned, std::int32_t padding,
                   const std::vector<TuneExample>& examples) {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  std::vector<std::size_t> labelled;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (examples[i].label >= 0) labelled.push_back(i);
  }
  if (labelled.empty() || tuned.intents.classes == 0) return 0;
  const torch::Tensor weights =
      torch::tensor(tuned.intents.weights)
          .reshape({-1, static_cast<std::int64_t>(tuned.intents.classes)});
  const torch::Tensor bias = torch::tensor(tuned.intents.bias);
  std::int64_t right = 0;
  for (std::size_t from = 0; from < labelled.size(); from += judged_at_once) {
    const auto chosen =
        std::span(labelled).subspan(from, std::min(judged_at_once, labelled.size() - from));
    const BertBatch batch = batch_of(examples, chosen, padding);
    const torch::Tensor logits =
        torch::addmm(bias, means(tuned.network->forward(batch), batch), weights);
    const torch::Tensor best = logits.argmax(1);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      right += best[static_cast<std::int64_t>(i)].item<std::int64_t>() == examples[chosen[i]].label;
  }
  return static_cast<double>(right) / static_cast<double>(labelled.size());
}

}  // namespace nlu

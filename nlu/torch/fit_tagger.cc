#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "nlu/torch/fit.h"
#include "nlu/torch/layers.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

struct Weights {
  torch::Tensor bias, first, transitions;
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

struct Convolutions {
  std::vector<torch::Tensor> gain, shift, weights, bias;
  torch::Tensor output;

  // `sums` has a row a token, sentence after sentence, each of `length`.
  torch::Tensor forward(const torch::Tensor& sums, std::int64_t length, double dropout,
                        std::mt19937_64& random) const {
    const std::int64_t width = sums.size(1), tokens = sums.size(0);
    torch::Tensor x = drop(sums, dropout, random).reshape({-1, length, width});
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::int64_t distance = std::int64_t{1} << i;
      const torch::Tensor n = drop(norm(x, i), dropout / 2, random);
      const torch::Tensor before = torch::constant_pad_nd(n, {0, 0, distance, 0});
      const torch::Tensor after = torch::constant_pad_nd(n, {0, 0, 0, distance});
      const torch::Tensor window = torch::cat(
          {before.slice(1, 0, length), n, after.slice(1, distance, length + distance)}, 2);
      const torch::Tensor y =
          torch::relu(torch::addmm(bias[i], window.reshape({tokens, 3 * width}), weights[i]));
      x = x + drop(y, dropout / 2, random).reshape({-1, length, width});
    }
    const torch::Tensor last = norm(x, weights.size()).reshape({tokens, width});
    return drop(last, dropout, random).matmul(output);
  }

  std::vector<torch::Tensor> all() const {
    std::vector<torch::Tensor> tensors{output};
    for (const auto* group : {&gain, &shift, &weights, &bias})
      tensors.insert(tensors.end(), group->begin(), group->end());
    return tensors;
  }

 private:
  torch::Tensor norm(const torch::Tensor& x, std::size_t i) const {
    return torch::layer_norm(x, {x.size(2)}, gain[i], shift[i]);
  }
};

Convolutions make_network(const TaggerOptions& options, std::int64_t tags,
                          std::mt19937_64& random) {
  Convolutions network;
  const auto width = static_cast<std::int64_t>(options.width);
  for (std::size_t i = 0; i <= options.layers; ++i) {
    network.gain.push_back(torch::ones({width}, torch::requires_grad()));
    network.shift.push_back(torch::zeros({width}, torch::requires_grad()));
    if (i == options.layers) break;
    network.weights.push_back(uniform(3 * width, width, random));
    network.bias.push_back(torch::zeros({width}, torch::requires_grad()));
  }
  network.output = uniform(width, tags, random);
  return network;
}

std::vector<float> joined(const std::vector<torch::Tensor>& tensors) {
  std::vector<float> all;
  for (const torch::Tensor& tensor : tensors) {
    const std::vector<float> values = to_vector(tensor);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// Which of the two a batch is scored by.
struct Parts {
  bool emissions = true, network = false;
};

// Rows of a matrix that lies elsewhere.
torch::Tensor rows_of(std::span<const float> values, std::size_t width,
                      const std::vector<std::size_t>& chosen) {
  torch::Tensor rows =
      torch::empty({std::ssize(chosen), static_cast<std::int64_t>(width)}, torch::kFloat);
  float* to = rows.data_ptr<float>();
  for (const std::size_t row : chosen) {
    to = std::copy_n(values.data() + row * width, width, to);
  }
  return rows;
}

Parts deal_parts(const TaggerOptions& options, std::mt19937_64& random) {
  if (options.width == 0) return {true, false};
  const double draw = static_cast<double>(random() >> 11) / 9007199254740992.0;
  if (draw < options.alone) return {true, false};
  return {draw >= 2 * options.alone, true};
}

}  // namespace

Crf fit_crf(const SparseRows& tokens, const std::vector<std::int64_t>& tags,
            const std::vector<std::size_t>& sentence_ends, std::size_t columns,
            std::size_t tag_count, const TaggerOptions& options, const FitWatcher& watcher,
            Checkpoint* checkpoint, std::span<const float> states) {
  Checkpoint none;
  if (checkpoint == nullptr) checkpoint = &none;
  use_one_thread();
  std::mt19937_64 random(options.seed);
  const auto width = static_cast<std::int64_t>(tag_count);
  const Weights w{torch::zeros({width}, torch::requires_grad()),
                  torch::zeros({width}, torch::requires_grad()),
                  torch::zeros({width, width}, torch::requires_grad())};
  std::vector<torch::Tensor> weights{w.bias, w.first, w.transitions};
  const std::size_t state_width = states.size() / std::max<std::size_t>(tokens.size(), 1);
  if (!states.empty()) {
    weights.push_back(
        torch::zeros({static_cast<std::int64_t>(state_width), width}, torch::requires_grad()));
  }
  SparseOptimizer optimizer(weights, options.learning_rate);
  SparseVectors emissions(columns, tag_count, 0, random);
  SparseVectors vectors(options.width > 0 ? options.embedded : 0, options.width, 0.1f, random);
  const Convolutions network =
      options.width > 0 ? make_network(options, width, random) : Convolutions{};
  DenseOptimizer dense(options.width > 0 ? network.all() : std::vector<torch::Tensor>{});
  FitState state{{}, {}, &random, nullptr, {}};
  optimizer.add_to(state);
  emissions.add_to(state);
  vectors.add_to(state);
  dense.add_to(state);
  const bool goes_on = checkpoint->restore(state, watcher);
  for (int epoch = state.progress.epoch + 1; goes_on && epoch <= options.epochs; ++epoch) {
    double loss_sum = 0, right = 0;
    const std::vector<Group> groups =
        make_groups(sentence_ends, static_cast<std::size_t>(options.batch), random);
    std::size_t step = groups.size() * static_cast<std::size_t>(epoch - 1);
    const std::size_t steps = groups.size() * static_cast<std::size_t>(options.epochs);
    for (const Group& group : groups) {
      const Bags all = make_bags(tokens, group.tokens, options.feature_dropout, random);
      const Parts parts = deal_parts(options, random);
      std::vector<std::int64_t> gold;
      for (const std::size_t token : group.tokens) gold.push_back(tags[token]);
      const torch::Tensor target =
          torch::tensor(gold, torch::kLong).reshape({group.sentences, group.length});
      torch::Tensor scores = w.bias, linear, sums;
      Bags own;
      if (parts.emissions) scores = scores + (linear = emissions.sum(all));
      if (parts.network) {
        own = first_columns(all, options.embedded);
        sums = vectors.sum(own);
        scores = scores + network.forward(sums, group.length, options.dropout, random);
      }
      if (!states.empty()) {
        const torch::Tensor seen = rows_of(states, state_width, group.tokens);
        scores = scores + drop(seen, options.feature_dropout, random).matmul(weights.back());
      }
      scores = scores.reshape({group.sentences, group.length, width});
      torch::Tensor loss = loss_of(w, scores, target) / static_cast<double>(group.sentences);
      loss_sum += loss.item<double>() * static_cast<double>(group.sentences);
      right += (scores.argmax(2) == target).sum().item<double>();
      loss = loss + options.l2 * w.transitions.square().sum();
      loss.backward();
      for (const torch::Tensor& weight : {w.first, w.transitions}) {
        if (!weight.grad().defined()) weight.mutable_grad() = torch::zeros_like(weight);
      }
      const double rate = 0.05 + 0.95 * cosine_rate(step++, steps);
      optimizer.step(rate);
      if (parts.emissions)
        emissions.step(all, linear.grad(), options.learning_rate * rate, options.l2);
      if (parts.network) {
        vectors.step(own, sums.grad(), options.vector_rate * rate);
        dense.step(options.rate * rate);
      }
    }
    const auto sentences = static_cast<double>(std::max<std::size_t>(sentence_ends.size(), 1));
    const auto count = static_cast<double>(std::max<std::size_t>(tokens.size(), 1));
    if (!checkpoint->keep(state, {epoch, loss_sum / sentences, right / count}, options.epochs,
                          watcher))
      break;
  }
  Crf crf{columns,
          tag_count,
          emissions.take(),
          to_vector(w.bias),
          to_vector(w.first),
          to_vector(w.transitions),
          {},
          {},
          {}};
  if (!states.empty()) crf.state_weights = to_vector(weights.back());
  if (options.width > 0) {
    crf.networks.push_back({options.width, options.layers, options.embedded, vectors.take(),
                            joined(network.gain), joined(network.shift), joined(network.weights),
                            joined(network.bias), to_vector(network.output)});
  }
  return crf;
}

Crf average(std::vector<Crf> members) {
  const float share = 1 / static_cast<float>(members.size());
  const auto scale = [&](std::vector<float>& values) {
    for (float& value : values) value *= share;
  };
  constexpr std::array linear{&Crf::emissions, &Crf::bias, &Crf::first, &Crf::transitions,
                              &Crf::state_weights};
  Crf result = std::move(members.front());
  members.erase(members.begin());
  for (Crf& member : members) {
    for (const auto part : linear) {
      std::vector<float>& sums = result.*part;
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += (member.*part)[i];
    }
    std::move(member.networks.begin(), member.networks.end(), std::back_inserter(result.networks));
  }
  for (const auto part : linear) scale(result.*part);
  for (TagNetwork& network : result.networks) scale(network.output);
  return result;
}

std::vector<float> forward_tagger(const SparseRows& tokens, std::size_t length, const Crf& crf,
                                  std::span<const float> states) {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  std::mt19937_64 unused;
  std::vector<std::size_t> order(tokens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const BagBatch input = make_batch(tokens, order, 0, order.size(), 0, unused);
  const torch::Tensor emissions =
      torch::tensor(crf.emissions).reshape({-1, static_cast<std::int64_t>(crf.tags)});
  torch::Tensor scores = embed(emissions, input) + torch::tensor(crf.bias);
  if (!states.empty()) {
    const torch::Tensor map =
        torch::tensor(crf.state_weights).reshape({-1, static_cast<std::int64_t>(crf.tags)});
    scores = scores + rows_of(states, static_cast<std::size_t>(map.size(0)), order).matmul(map);
  }
  const auto rows = [](const std::vector<float>& values, std::vector<std::int64_t> shape) {
    return torch::unbind(torch::tensor(values).reshape(shape), 0);
  };
  for (const TagNetwork& n : crf.networks) {
    const auto width = static_cast<std::int64_t>(n.width);
    const auto layers = static_cast<std::int64_t>(n.layers);
    const Convolutions network{
        rows(n.gain, {layers + 1, width}), rows(n.shift, {layers + 1, width}),
        rows(n.weights, {layers, 3 * width, width}), rows(n.bias, {layers, width}),
        torch::tensor(n.output).reshape({width, -1})};
    // Columns without a vector count as nothing.
    const auto columns = static_cast<std::int64_t>(crf.columns);
    const torch::Tensor vectors =
        torch::constant_pad_nd(torch::tensor(n.vectors).reshape({-1, width}),
                               {0, 0, 0, columns - static_cast<std::int64_t>(n.embedded)});
    scores = scores +
             network.forward(embed(vectors, input), static_cast<std::int64_t>(length), 0, unused);
  }
  return to_vector(scores);
}

}  // namespace nlu

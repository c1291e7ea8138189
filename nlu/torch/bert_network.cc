#include "nlu/torch/bert_network.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "nlu/torch/layers.h"

namespace nlu {
namespace {

torch::Tensor apply(const BertNetwork::Affine& a, const torch::Tensor& x) {
  return torch::linear(x, a.weight, a.bias);
}

torch::Tensor dropped(const torch::Tensor& x, double share, std::mt19937_64* random) {
  return random == nullptr ? x : drop(x, share, *random);
}

}  // namespace

BertBatch make_batch(const std::vector<std::vector<std::int32_t>>& texts, std::int32_t padding) {
  std::size_t longest = 1;
  for (const auto& text : texts) longest = std::max(longest, text.size());
  const auto rows = static_cast<std::int64_t>(texts.size()),
             columns = static_cast<std::int64_t>(longest);
  BertBatch batch{torch::full({rows, columns}, padding, torch::kLong),
                  torch::zeros({rows, columns})};
  auto* const id = batch.ids.data_ptr<std::int64_t>();
  auto* const there = batch.present.data_ptr<float>();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t k = 0; k < texts[i].size(); ++k) {
      id[i * longest + k] = texts[i][k];
      there[i * longest + k] = 1;
    }
  }
  return batch;
}

void BertNetwork::for_each(const Visit& visit) {
  const auto size = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  const std::int64_t width = size(config.width), inner = size(config.inner);
  const auto visit_norm = [&](const std::string& name, Affine& a) {
    visit(name + ".weight", a.weight, {width});
    visit(name + ".bias", a.bias, {width});
  };
  const auto visit_affine = [&](const std::string& name, Affine& a, std::int64_t outputs,
                                std::int64_t inputs) {
    visit(name + ".weight", a.weight, {outputs, inputs});
    visit(name + ".bias", a.bias, {outputs});
  };
  visit("embeddings.word_embeddings.weight", words, {size(config.vocabulary), width});
  visit("embeddings.position_embeddings.weight", positions, {size(config.positions), width});
  visit("embeddings.token_type_embeddings.weight", types, {size(config.types), width});
  visit_norm("embeddings.LayerNorm", norm);
  layers.resize(config.layers);
  for (std::size_t i = 0; i < config.layers; ++i) {
    const std::string at = fmt::format("encoder.layer.{}.", i);
    Layer& layer = layers[i];
    visit_affine(at + "attention.self.query", layer.query, width, width);
    visit_affine(at + "attention.self.key", layer.key, width, width);
    visit_affine(at + "attention.self.value", layer.value, width, width);
    visit_affine(at + "attention.output.dense", layer.mixed, width, width);
    visit_norm(at + "attention.output.LayerNorm", layer.mixed_norm);
    visit_affine(at + "intermediate.dense", layer.inner, inner, width);
    visit_affine(at + "output.dense", layer.outer, width, inner);
    visit_norm(at + "output.LayerNorm", layer.outer_norm);
  }
}

torch::Tensor BertNetwork::normalised(const torch::Tensor& x, const Affine& a) const {
  return torch::layer_norm(x, {static_cast<std::int64_t>(config.width)}, a.weight, a.bias,
                           config.epsilon, false);
}

torch::Tensor BertNetwork::activated(const torch::Tensor& x) const {
  if (config.activation == Activation::relu) return torch::relu(x);
  return torch::gelu(x, config.activation == Activation::gelu ? "none" : "tanh");
}

// [texts × tokens × width] to the same; `mask` is 0 where attention may look, else far below.
torch::Tensor BertNetwork::attend(const Layer& layer, const torch::Tensor& x,
                                  const torch::Tensor& mask, std::mt19937_64* random) const {
  const std::int64_t texts = x.size(0), tokens = x.size(1);
  const auto heads = static_cast<std::int64_t>(config.heads);
  const auto by_head = [&](const Affine& a) {
    return apply(a, x).view({texts, tokens, heads, -1}).transpose(1, 2);
  };
  const torch::Tensor q = by_head(layer.query);
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const torch::Tensor scores = torch::matmul(q * scale, by_head(layer.key).transpose(2, 3)) + mask;
  const torch::Tensor shares = dropped(torch::softmax(scores, 3), config.attention_dropout, random);
  const torch::Tensor mixed = torch::matmul(shares, by_head(layer.value)).transpose(1, 2);
  return apply(layer.mixed, mixed.reshape({texts, tokens, -1}));
}

torch::Tensor BertNetwork::forward(const BertBatch& batch, std::mt19937_64* random) const {
  const torch::Tensor mask = ((1 - batch.present) * -1e9).unsqueeze(1).unsqueeze(1);
  torch::Tensor x =
      torch::embedding(words, batch.ids) + positions.slice(0, 0, batch.ids.size(1)) + types[0];
  x = dropped(normalised(x, norm), config.dropout, random);
  for (const Layer& layer : layers) {
    const torch::Tensor seen = dropped(attend(layer, x, mask, random), config.dropout, random);
    x = normalised(x + seen, layer.mixed_norm);
    const torch::Tensor y = apply(layer.outer, activated(apply(layer.inner, x)));
    x = normalised(x + dropped(y, config.dropout, random), layer.outer_norm);
  }
  return x * batch.present.unsqueeze(2);
}

}  // namespace nlu

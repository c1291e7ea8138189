// A BERT's weights and its forward pass as LibTorch has them: what the encoder computes with and
// what fine-tuning learns. Includes LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "nlu/torch/bert.h"

namespace nlu {

// Texts' ids behind each other's end filled up, and 1 where there is a piece; [texts × longest].
struct BertBatch {
  torch::Tensor ids, present;
};
BertBatch make_batch(const std::vector<std::vector<std::int32_t>>& texts, std::int32_t padding);

struct BertNetwork {
  struct Affine {  // Also a layer norm.
    torch::Tensor weight, bias;
  };
  struct Layer {
    Affine query, key, value, mixed, mixed_norm, inner, outer, outer_norm;
  };
  using Visit = std::function<void(const std::string& name, torch::Tensor& tensor,
                                   const std::vector<std::int64_t>& shape)>;

  BertConfig config;
  torch::Tensor words, positions, types;
  Affine norm;
  std::vector<Layer> layers;

  // Every tensor in a fixed order, by its name in Hugging Face's layout, without "bert.".
  void for_each(const Visit& visit);

  // The last layer's states, [texts × longest × width]; those behind a text's end are 0. With
  // `random` a share of the units is dropped, as the configuration says.
  torch::Tensor forward(const BertBatch& batch, std::mt19937_64* random = nullptr) const;

 private:
  torch::Tensor attend(const Layer& layer, const torch::Tensor& x, const torch::Tensor& mask,
                       std::mt19937_64* random) const;
  torch::Tensor normalised(const torch::Tensor& x, const Affine& a) const;
  torch::Tensor activated(const torch::Tensor& x) const;
};

}  // namespace nlu

// An encoder of the BERT family (Devlin et al. 2019) in Hugging Face's layout: FOLDER/config.json,
// model.safetensors, and the vocabulary of nlu/wordpiece.h.
//
// Usher has none: it is what a business brings. The weights are used where the file is mapped when
// they are F32; F16 and BF16 are copied to F32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/wordpiece.h"

namespace nlu {

enum class Activation { gelu, gelu_tanh, relu };

struct BertConfig {
  std::size_t vocabulary = 0, width = 0, layers = 0, heads = 0, inner = 0, positions = 0, types = 0;
  double epsilon = 1e-12;                         // Of the layer norms.
  double dropout = 0.1, attention_dropout = 0.1;  // Of units, when it learns.
  Activation activation = Activation::gelu;
};

// What an encoder makes of a text.
struct Encoding {
  std::vector<float> vector;  // [width]: the mean of its pieces' states, to a length of 1.
  std::vector<Span> spans;    // Of its pieces in the text; those of [CLS] and [SEP] are empty.
  std::vector<float> states;  // [spans × width]
};

struct BertNetwork;  // nlu/torch/bert_network.h, which includes LibTorch.

// Const members may be called from any thread; each call works on its own thread alone.
class Bert {
 public:
  // Errc::not_found; Errc::invalid: an architecture, an activation or sizes that are not supported,
  // or weights that are not as config.json says; Errc::corrupt. The message names the file.
  static Result<std::unique_ptr<Bert>> open(const std::string& folder);
  ~Bert();
  Bert(const Bert&) = delete;
  Bert& operator=(const Bert&) = delete;

  const BertConfig& config() const;
  const WordPiece& tokenizer() const;
  // SHA-256 of the weights, the configuration and the tokenizer; hex, 32 digits.
  const std::string& version() const;
  const std::string& folder() const;
  const BertNetwork& network() const;

  // The last layer's states, [texts × longest × width]; those behind a text's end are 0. Ids as
  // tokenizer() gives them, at most config().positions of a text, none out of the vocabulary.
  std::vector<float> states(const std::vector<std::vector<std::int32_t>>& ids) const;

  // One for each text, of as much of it as config().positions pieces hold.
  std::vector<Encoding> read(const std::vector<std::string>& texts) const;

 private:
  struct Impl;
  explicit Bert(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nlu

#include "nlu/torch/bert.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

#include "nlu/base/hash.h"
#include "nlu/base/json.h"
#include "nlu/safetensors.h"
#include "nlu/torch/bert_network.h"
#include "nlu/torch/optimizer.h"

namespace nlu {
namespace {

constexpr std::size_t config_bytes = 1 << 20;
constexpr std::size_t read_batch = 32;        // Texts, which bounds the memory.
constexpr std::int64_t size_limit = 1 << 20;  // Of anything config.json gives a size of.

Result<std::string> read_config(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Errc::not_found, path.string() + ": there is no such file"};
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (text.size() > config_bytes)
    return Error{Errc::too_large, path.string() + ": is too long for a config.json"};
  return text;
}

Result<BertConfig> parse_config(std::string_view text) {
  const auto parsed = parse_json(text, {config_bytes, 32});
  if (!parsed) return invalid(parsed.error().message);
  const json::object* const root = parsed->if_object();
  if (root == nullptr) return invalid("is no JSON object");
  const auto type = get_string(*root, "model_type").value_or("");
  if (type != "bert")
    return invalid(fmt::format("the model_type is '{}'; only 'bert' is supported", type));
  const auto positions = get_string(*root, "position_embedding_type").value_or("absolute");
  if (positions != "absolute") {
    return invalid(fmt::format("the position_embedding_type is '{}'; only 'absolute' is supported",
                               positions));
  }
  BertConfig config;
  for (const auto& [name, into] : {std::pair{"vocab_size", &config.vocabulary},
                                   {"hidden_size", &config.width},
                                   {"num_hidden_layers", &config.layers},
                                   {"num_attention_heads", &config.heads},
                                   {"intermediate_size", &config.inner},
                                   {"max_position_embeddings", &config.positions},
                                   {"type_vocab_size", &config.types}}) {
    const auto value = get_integer(*root, name);
    if (!value || *value < 1 || *value > size_limit)
      return invalid(fmt::format("{} must be a number from 1 to {}", name, size_limit));
    *into = static_cast<std::size_t>(*value);
  }
  if (config.width % config.heads != 0)
    return invalid("hidden_size must be a multiple of num_attention_heads");
  for (const auto& [name, into] : {std::pair{"hidden_dropout_prob", &config.dropout},
                                   {"attention_probs_dropout_prob", &config.attention_dropout}}) {
    *into = get_number(*root, name).value_or(0.1);
    if (!(*into >= 0 && *into < 1)) return invalid(fmt::format("{} is out of range", name));
  }
  config.epsilon = get_number(*root, "layer_norm_eps").value_or(1e-12);
  if (!(config.epsilon >= 0 && config.epsilon < 1))
    return invalid("layer_norm_eps is out of range");
  const auto activation = get_string(*root, "hidden_act").value_or("gelu");
  if (activation == "gelu_new" || activation == "gelu_pytorch_tanh") {
    config.activation = Activation::gelu_tanh;
  } else if (activation == "relu") {
    config.activation = Activation::relu;
  } else if (activation != "gelu") {
    return invalid(fmt::format(
        "the hidden_act is '{}'; gelu, gelu_new, gelu_pytorch_tanh and relu are supported",
        activation));
  }
  return config;
}

// Takes tensors out of a file and remembers the first thing that is wrong.
class Weights {
 public:
  explicit Weights(const SafetensorsFile& file) : file_(file) {
    prefix_ = file.find("bert.embeddings.word_embeddings.weight") != nullptr ? "bert." : "";
  }

  torch::Tensor take(const std::string& name, std::vector<std::int64_t> shape) {
    const TensorView* view = file_.find(prefix_ + name);
    // As TensorFlow named a layer norm's weights, which old files have.
    if (view == nullptr && name.find("LayerNorm.") != name.npos) {
      const bool is_bias = name.ends_with("bias");
      const std::string stem = name.substr(0, name.rfind('.') + 1);
      view = file_.find(prefix_ + stem + (is_bias ? "beta" : "gamma"));
    }
    if (view == nullptr) return fail(fmt::format("tensor {}{} is missing", prefix_, name), shape);
    if (view->shape != shape) {
      return fail(fmt::format("tensor {}{} is [{}], not [{}] as config.json says", prefix_, name,
                              fmt::join(view->shape, " × "), fmt::join(shape, " × ")),
                  shape);
    }
    const auto kind = view->dtype == Dtype::f32    ? torch::kFloat
                      : view->dtype == Dtype::f16  ? torch::kHalf
                      : view->dtype == Dtype::bf16 ? torch::kBFloat16
                                                   : torch::kUInt8;
    if (kind == torch::kUInt8) {
      return fail(fmt::format("tensor {}{} is of {}; F32, F16 and BF16 are supported", prefix_,
                              name, dtype_name(view->dtype)),
                  shape);
    }
    void* const data = const_cast<std::byte*>(view->bytes.data());
    const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0;
    if (kind == torch::kFloat && aligned) return torch::from_blob(data, shape, kind);
    torch::Tensor copy = torch::empty(shape, kind);
    std::memcpy(copy.data_ptr(), data, view->bytes.size());
    return copy.to(torch::kFloat);
  }

  const std::string& wrong() const { return wrong_; }

 private:
  torch::Tensor fail(std::string what, const std::vector<std::int64_t>& shape) {
    if (wrong_.empty()) wrong_ = std::move(what);
    (void)shape;
    return {};
  }

  const SafetensorsFile& file_;
  std::string prefix_, wrong_;
};

}  // namespace

struct Bert::Impl {
  std::string folder;
  WordPiece tokenizer;
  std::string version;
  SafetensorsFile file;  // Which the tensors lie in.
  BertNetwork network;

  // [texts × longest × width]
  torch::Tensor states(const std::vector<std::vector<std::int32_t>>& ids,
                       torch::Tensor& present) const {
    const BertBatch batch = make_batch(ids, tokenizer.padding());
    present = batch.present;
    return network.forward(batch);
  }
};

Bert::Bert(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Bert::~Bert() = default;
const BertConfig& Bert::config() const { return impl_->network.config; }
const WordPiece& Bert::tokenizer() const { return impl_->tokenizer; }
const std::string& Bert::version() const { return impl_->version; }
const std::string& Bert::folder() const { return impl_->folder; }
const BertNetwork& Bert::network() const { return impl_->network; }

Result<std::unique_ptr<Bert>> Bert::open(const std::string& folder) {
  const std::filesystem::path root(folder);
  const std::string config_path = (root / "config.json").string(),
                    weights_path = (root / "model.safetensors").string();
  const auto text = read_config(config_path);
  if (!text) return text.error();
  const auto config = parse_config(*text);
  if (!config) {
    return Error{config.error().code, fmt::format("{}: {}", config_path, config.error().message)};
  }
  auto tokenizer = WordPiece::open(folder);
  if (!tokenizer) return tokenizer.error();
  if (tokenizer->size() > config->vocabulary) {
    return invalid(fmt::format("{}: the vocabulary has {} pieces, config.json says {}", folder,
                               tokenizer->size(), config->vocabulary));
  }
  auto file = SafetensorsFile::open(weights_path);
  if (!file) return file.error();
  const auto bytes = file->bytes();
  // All that its vectors depend on.
  std::string parts =
      sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) + *text;
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "vocab.txt"}) {
    std::ifstream in(root / name, std::ios::binary);
    parts.append(std::istreambuf_iterator<char>(in), {});
  }
  std::string version = sha256_hex(parts).substr(0, 32);
  auto impl = std::make_unique<Impl>(Impl{folder,
                                          *std::move(tokenizer),
                                          std::move(version),
                                          *std::move(file),
                                          {*config, {}, {}, {}, {}, {}}});
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  Weights weights(impl->file);
  impl->network.for_each(
      [&](const std::string& name, torch::Tensor& tensor, const std::vector<std::int64_t>& shape) {
        if (weights.wrong().empty()) tensor = weights.take(name, shape);
      });
  if (!weights.wrong().empty())
    return invalid(fmt::format("{}: {}", weights_path, weights.wrong()));
  return std::unique_ptr<Bert>(new Bert(std::move(impl)));
}

std::vector<float> Bert::states(const std::vector<std::vector<std::int32_t>>& ids) const {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  torch::Tensor present;
  return to_vector(impl_->states(ids, present));
}

std::vector<Encoding> Bert::read(const std::vector<std::string>& texts) const {
  use_one_thread();
  const torch::NoGradGuard no_gradient;
  std::vector<Encoding> all(texts.size());
  const std::size_t width = config().width;
  for (std::size_t from = 0; from < texts.size(); from += read_batch) {
    const std::size_t to = std::min(from + read_batch, texts.size());
    std::vector<std::vector<std::int32_t>> ids;
    for (std::size_t i = from; i < to; ++i) {
      WordPieces pieces = impl_->tokenizer.encode(texts[i], config().positions);
      ids.push_back(std::move(pieces.ids));
      all[i].spans = std::move(pieces.spans);
    }
    torch::Tensor present;
    const torch::Tensor states = impl_->states(ids, present);
    const torch::Tensor means = states.sum(1) / present.sum(1, true);
    const std::vector<float> vectors = to_vector(means / means.norm(2, 1, true).clamp_min(1e-12));
    const std::span<const float> rows = floats_of(states);
    const std::size_t row = static_cast<std::size_t>(states.size(1)) * width;
    for (std::size_t i = from; i < to; ++i) {
      const auto vector = std::span(vectors).subspan((i - from) * width, width);
      const auto own = rows.subspan((i - from) * row, all[i].spans.size() * width);
      all[i].vector.assign(vector.begin(), vector.end());
      all[i].states.assign(own.begin(), own.end());
    }
  }
  return all;
}

}  // namespace nlu

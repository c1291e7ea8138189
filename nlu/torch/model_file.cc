// How a model lies in its file: tensors by name, everything else as JSON in the metadata.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <list>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/hash.h"
#include "nlu/base/json.h"
#include "nlu/torch/model.h"
#include "nlu/torch/tone.h"

namespace nlu {
namespace {

constexpr std::size_t names_limit = 100'000;

template <class T>
TensorView view_of(const std::vector<T>& values, Dtype dtype, std::vector<std::int64_t> shape) {
  return {dtype, std::move(shape), std::as_bytes(std::span(values))};
}

template <class T>
TensorView view_of(const std::vector<T>& values, Dtype dtype) {
  return view_of(values, dtype, {std::ssize(values)});
}

json::object rules_to_json(const TrainingData& rules) {
  json::array lookups, patterns, annotations;
  for (const Lookup& lookup : rules.lookups) {
    json::array words;
    for (const std::string& word : lookup.words) words.emplace_back(word);
    lookups.push_back(json::object{
        {"entity", lookup.entity}, {"words", std::move(words)}, {"fuzzy", lookup.fuzzy}});
  }
  for (const Pattern& pattern : rules.patterns) {
    patterns.push_back(json::object{{"entity", pattern.entity},
                                    {"regex", pattern.regex},
                                    {"file", pattern.mark.file},
                                    {"line", pattern.mark.line}});
  }
  for (const Example& example : rules.examples) {
    const Entity& entity = example.entities.front();
    annotations.push_back(
        json::array{example.text, entity.type, entity.role, entity.group, entity.value});
  }
  json::object synonyms;
  for (const auto& [word, value] : rules.synonyms) synonyms[word] = value;
  return {{"lookups", std::move(lookups)},
          {"patterns", std::move(patterns)},
          {"annotations", std::move(annotations)},
          {"synonyms", std::move(synonyms)}};
}

json::array to_array(std::span<const double> values) {
  json::array array;
  for (const double value : values) array.emplace_back(value);
  return array;
}

Error damaged(std::string_view what) {
  return {Errc::corrupt, fmt::format("the model file is damaged: {}", what)};
}

std::string tag_network_name(std::size_t i) { return fmt::format("tag_network.{}", i); }

std::int64_t rows_of(const auto& weights) { return static_cast<std::int64_t>(weights.columns); }

// What tensors are made of, beside the model itself.
using Halves = std::list<std::vector<std::uint16_t>>;

TensorView view_in_halves(const std::vector<float>& values, std::vector<std::int64_t> shape,
                          Halves& halves) {
  std::vector<std::uint16_t>& all = halves.emplace_back();
  all.reserve(values.size());
  for (const float value : values) all.push_back(to_bfloat16(value));
  return view_of(all, Dtype::bf16, std::move(shape));
}

// Large tables, those beside a network, are kept in bfloat16.
void add_classifier(const std::string& prefix, const Classifier& c,
                    std::map<std::string, std::string>& metadata,
                    std::map<std::string, TensorView>& tensors, Halves& halves) {
  json::array labels, unseen;
  for (const std::string& label : c.labels) labels.emplace_back(label);
  for (const float value : c.table.unseen_rarity) unseen.emplace_back(static_cast<double>(value));
  metadata[prefix] = json::serialize(json::object{{"labels", std::move(labels)},
                                                  {"unseen_rarity", std::move(unseen)},
                                                  {"network_weight", c.network_weight},
                                                  {"temperature", c.temperature}});
  const auto classes = static_cast<std::int64_t>(c.linear.classes);
  const auto add = [&](const char* name, TensorView view) {
    tensors[prefix + "." + name] = std::move(view);
  };
  add("bias", view_of(c.linear.bias, Dtype::f32));
  const bool large = c.network.width > 0;
  const auto add_rows = [&](const char* name, const std::vector<float>& rows, std::int64_t width) {
    std::vector<std::int64_t> shape{rows_of(c.linear), width};
    add(name, large ? view_in_halves(rows, std::move(shape), halves)
                    : view_of(rows, Dtype::f32, std::move(shape)));
  };
  add_rows("weights", c.linear.weights, classes);
  add("rarity", view_of(c.table.rarity, Dtype::f32));
  if (!c.table.mean.empty()) add("mean", view_of(c.table.mean, Dtype::f32));
  add("keys", view_of(c.table.vocabulary.keys, Dtype::i64));
  add("rows", view_of(c.table.vocabulary.rows, Dtype::i32));
  const Network& n = c.network;
  if (!large) return;
  const auto width = static_cast<std::int64_t>(n.width),
             hidden = static_cast<std::int64_t>(n.hidden);
  add_rows("network.vectors", n.vectors, width);
  add("network.gain", view_of(n.gain, Dtype::f32));
  add("network.shift", view_of(n.shift, Dtype::f32));
  add("network.hidden_weights", view_of(n.hidden_weights, Dtype::f32, {width, hidden}));
  add("network.hidden_bias", view_of(n.hidden_bias, Dtype::f32));
  add("network.weights", view_of(n.weights, Dtype::f32, {hidden, classes}));
  add("network.bias", view_of(n.bias, Dtype::f32));
}

// Of a bfloat16: a number of at most a million, in size.
bool is_small(std::uint16_t half) {
  return std::abs(std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16)) <= 1e6f;
}

double number_of(const json::value& value) {
  const bool is_number = value.is_double() || value.is_int64() || value.is_uint64();
  const double d = is_number ? value.to_number<double>() : NAN;
  return std::abs(d) <= 1e6 ? d : NAN;
}

// false: there are not as many finite numbers.
template <std::size_t N>
bool read_array(const json::object& object, std::string_view name, std::array<double, N>& into) {
  const json::array* const values = get_array(object, name);
  if (values == nullptr || values->size() != N) return false;
  for (std::size_t i = 0; i < N; ++i) into[i] = number_of((*values)[i]);
  return std::none_of(into.begin(), into.end(), [](double value) { return std::isnan(value); });
}

std::string text_at(const json::array& array, std::size_t at) {
  if (at >= array.size() || !array[at].is_string()) return {};
  return std::string(array[at].as_string());
}

}  // namespace

Result<void> save_model(const ModelParts& parts, const std::string& path) {
  json::array kinds;
  for (const TagKind& kind : parts.kinds) {
    kinds.push_back(json::array{kind.type, kind.role, kind.group});
  }
  json::object calibration{{"temperature", parts.calibration.temperature},
                           {"outside_bias", parts.calibration.outside_bias},
                           {"outside_weights", to_array(parts.calibration.outside_weights)},
                           {"splitting_bias", parts.splitting.bias},
                           {"splitting_weights", to_array(parts.splitting.weights)}};
  std::map<std::string, std::string> metadata{
      {"format", "usher-nlu"},
      {"format_version", std::to_string(model_format)},
      {"feature_version", std::to_string(feature_version)},
      {"data_hash", parts.data_hash},
      {"seed", std::to_string(parts.seed)},
      {"entities", json::serialize(kinds)},
      {"calibration", json::serialize(calibration)},
      {"rules", json::serialize(rules_to_json(parts.rules))},
  };
  const auto tags = static_cast<std::int64_t>(parts.tagger.tags);
  std::map<std::string, TensorView> tensors{
      {"tag.bias", view_of(parts.tagger.bias, Dtype::f32)},
      {"tag.emissions", view_of(parts.tagger.emissions, Dtype::f32, {rows_of(parts.tagger), tags})},
      {"tag.first", view_of(parts.tagger.first, Dtype::f32)},
      {"tag.transitions", view_of(parts.tagger.transitions, Dtype::f32, {tags, tags})},
      {"tag.keys", view_of(parts.tag_vocabulary.keys, Dtype::i64)},
      {"tag.rows", view_of(parts.tag_vocabulary.rows, Dtype::i32)},
  };
  if (!parts.encoder.empty()) metadata["encoder"] = parts.encoder;
  if (parts.encoder_is_tuned) metadata["encoder_tuned"] = "true";
  Halves halves;
  add_classifier("intent", parts.intent, metadata, tensors, halves);
  tensors["wording.keys"] = view_of(parts.wordings.keys, Dtype::i64);
  tensors["wording.rows"] = view_of(parts.wordings.rows, Dtype::i32);
  if (!parts.sentiment.labels.empty())
    add_classifier("sentiment", parts.sentiment, metadata, tensors, halves);
  if (!parts.urgency.labels.empty())
    add_classifier("urgency", parts.urgency, metadata, tensors, halves);
  for (std::size_t i = 0; i < parts.tagger.networks.size(); ++i) {
    const TagNetwork& n = parts.tagger.networks[i];
    const std::string name = tag_network_name(i);
    const auto width = static_cast<std::int64_t>(n.width),
               layers = static_cast<std::int64_t>(n.layers);
    tensors[name + ".vectors"] =
        view_of(n.vectors, Dtype::f32, {static_cast<std::int64_t>(n.embedded), width});
    tensors[name + ".gain"] = view_of(n.gain, Dtype::f32, {layers + 1, width});
    tensors[name + ".shift"] = view_of(n.shift, Dtype::f32, {layers + 1, width});
    tensors[name + ".weights"] = view_of(n.weights, Dtype::f32, {layers, 3, width, width});
    tensors[name + ".bias"] = view_of(n.bias, Dtype::f32, {layers, width});
    tensors[name + ".output"] = view_of(n.output, Dtype::f32, {width, tags});
  }
  if (!parts.tagger.state_mean.empty()) {
    const std::int64_t width = std::ssize(parts.tagger.state_mean);
    tensors["tag_encoder.mean"] = view_of(parts.tagger.state_mean, Dtype::f32);
    tensors["tag_encoder.weights"] = view_of(parts.tagger.state_weights, Dtype::f32, {width, tags});
  }
  return save_safetensors(path, tensors, metadata);
}

Result<std::unique_ptr<Model>> Model::open(const std::string& path) {
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file) return file.error();
  std::unique_ptr<Model> model(new Model(std::move(*file)));
  if (const Result<void> read = model->read(); !read) {
    return Error{read.error().code, fmt::format("{}: {}", path, read.error().message)};
  }
  const auto bytes = model->file_.bytes();
  model->version_ =
      sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).substr(0, 32);
  return model;
}

template <class T>
Result<std::span<const T>> Model::tensor(const std::string& name, Dtype dtype,
                                         std::vector<std::size_t> shape,
                                         std::vector<std::vector<T>>& copies) {
  const TensorView* const view = file_.find(name);
  if (view == nullptr) return damaged(fmt::format("tensor {} is missing", name));
  bool fits = view->dtype == dtype && view->shape.size() == shape.size();
  std::size_t count = 1;
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    // A length of npos is for the caller to check.
    fits = shape[i] == std::string::npos || std::cmp_equal(view->shape[i], shape[i]);
    count *= static_cast<std::size_t>(view->shape[i]);
  }
  if (!fits || count * sizeof(T) != view->bytes.size()) {
    return damaged(fmt::format("tensor {} has another type or shape", name));
  }
  const void* data = view->bytes.data();
  if (reinterpret_cast<std::uintptr_t>(data) % alignof(T) != 0) {
    copies.emplace_back(count);
    std::memcpy(copies.back().data(), data, view->bytes.size());
    data = copies.back().data();
  }
  const std::span<const T> values(static_cast<const T*>(data), count);
  // Also keeps sums of a few thousand of them finite.
  bool finite = true;
  if constexpr (std::is_same_v<T, float>) {
    for (const float value : values) finite = finite && std::abs(value) <= 1e6f;
  } else if constexpr (std::is_same_v<T, std::uint16_t>) {
    for (const std::uint16_t half : values) finite = finite && is_small(half);
  }
  if (!finite) return damaged(fmt::format("tensor {} has no finite numbers", name));
  return values;
}

Result<Vocabulary> Model::read_vocabulary(const std::string& prefix, std::size_t rows) {
  const auto keys =
      tensor<std::int64_t>(prefix + ".keys", Dtype::i64, {std::string::npos}, key_copies_);
  if (!keys) return keys.error();
  const auto places =
      tensor<std::int32_t>(prefix + ".rows", Dtype::i32, {keys->size()}, row_copies_);
  if (!places) return places.error();
  if (keys->size() == 0 || (keys->size() & (keys->size() - 1)) != 0) {
    return damaged("the size of a vocabulary is no power of two");
  }
  for (const std::int32_t row : *places) {
    if (row >= 0 && std::cmp_greater_equal(row, rows))
      return damaged("a vocabulary's row is out of range");
  }
  return Vocabulary(*keys, *places);
}

Result<void> Model::read_floats(std::span<const float>& into, const std::string& name,
                                std::vector<std::size_t> shape) {
  const auto values = tensor<float>(name, Dtype::f32, std::move(shape), float_copies_);
  if (!values) return values.error();
  into = *values;
  return {};
}

Result<void> Model::read_rows(WeightRows& into, const std::string& name,
                              std::vector<std::size_t> shape) {
  const TensorView* const view = file_.find(name);
  if (view == nullptr || view->dtype != Dtype::bf16)
    return read_floats(into.floats, name, std::move(shape));
  const auto halves = tensor<std::uint16_t>(name, Dtype::bf16, std::move(shape), half_copies_);
  if (!halves) return halves.error();
  into.halves = *halves;
  return {};
}

// `more_classes` than there are labels.
Result<void> Model::read_classifier(const std::string& prefix, std::size_t more_classes,
                                    ClassifierView& c) {
  constexpr std::size_t any = std::string::npos;
  const auto metadata = file_.metadata().find(prefix);
  if (metadata == file_.metadata().end()) return damaged("its metadata cannot be read");
  const auto parsed = parse_json(metadata->second, {16 << 20, 8});
  if (!parsed || !parsed->is_object()) return damaged("its metadata cannot be read");
  const json::array* const labels = get_array(parsed->as_object(), "labels");
  const json::array* const unseen = get_array(parsed->as_object(), "unseen_rarity");
  if (labels == nullptr || unseen == nullptr || unseen->size() != block_count)
    return damaged("its metadata cannot be read");
  if (labels->size() > names_limit) return damaged("too many labels");
  for (const json::value& name : *labels) {
    if (!name.is_string()) return damaged("an intent has no name");
    c.labels.emplace_back(name.as_string());
  }
  for (std::size_t i = 0; i < block_count; ++i) {
    c.space.unseen_rarity[i] = static_cast<float>(number_of((*unseen)[i]));
    if (std::isnan(c.space.unseen_rarity[i])) return damaged("its metadata has no finite numbers");
  }
  const double weight = get_number(parsed->as_object(), "network_weight").value_or(NAN);
  const double temperature = get_number(parsed->as_object(), "temperature").value_or(NAN);
  if (!(std::abs(weight) <= 1e6) || !(temperature > 1e-3 && temperature < 1e3))
    return damaged("its metadata has no finite numbers");
  c.network_weight = static_cast<float>(weight);
  c.temperature = static_cast<float>(temperature);

  const std::size_t classes = c.labels.size() + more_classes;
  const auto floats = [&](std::span<const float>& into, const char* name,
                          std::vector<std::size_t> shape) {
    return read_floats(into, prefix + "." + name, std::move(shape));
  };
  if (auto r = floats(c.space.rarity, "rarity", {any}); !r) return r;
  if (file_.find(prefix + ".mean") != nullptr) {
    if (auto r = floats(c.space.mean, "mean", {any}); !r) return r;
  }
  const std::size_t rows = c.space.columns();
  if (auto r = read_rows(c.weights, prefix + ".weights", {rows, classes}); !r) return r;
  if (auto r = floats(c.bias, "bias", {classes}); !r) return r;
  if (file_.find(prefix + ".network.gain") != nullptr) {
    NetworkView& n = c.network;
    if (auto r = floats(n.gain, "network.gain", {any}); !r) return r;
    if (auto r = floats(n.hidden_bias, "network.hidden_bias", {any}); !r) return r;
    const std::size_t width = n.gain.size(), hidden = n.hidden_bias.size();
    if (auto r = read_rows(n.vectors, prefix + ".network.vectors", {rows, width}); !r) return r;
    if (auto r = floats(n.shift, "network.shift", {width}); !r) return r;
    if (auto r = floats(n.hidden_weights, "network.hidden_weights", {width, hidden}); !r) return r;
    if (auto r = floats(n.weights, "network.weights", {hidden, classes}); !r) return r;
    if (auto r = floats(n.bias, "network.bias", {classes}); !r) return r;
    n.width = width;
    n.hidden = hidden;
  }
  const auto vocabulary = read_vocabulary(prefix, c.space.rarity.size());
  if (!vocabulary) return vocabulary.error();
  c.space.vocabulary = *vocabulary;
  return {};
}

Result<void> Model::read() {
  if (const Result<void> read = read_metadata(); !read) return read.error();
  if (auto r = read_classifier("intent", 1, intent_); !r) return r;
  const auto wordings = read_vocabulary("wording", intent_.labels.size() + 1);
  if (!wordings) return wordings.error();
  wordings_ = *wordings;
  for (const auto& [name, view, count] : {std::tuple{"sentiment", &sentiment_, sentiments.size()},
                                          std::tuple{"urgency", &urgency_, urgencies.size()}}) {
    if (file_.metadata().find(name) == file_.metadata().end()) continue;
    if (auto r = read_classifier(name, 0, *view); !r) return r;
    if (view->labels.size() != count || !view->space.mean.empty())
      return damaged(fmt::format("{} has other labels or vectors", name));
  }
  if (auto r = read_tagger(); !r) return r;
  if (encoder_.empty() != (encoder_width() == 0))
    return damaged("it has an encoder's name without what it needs of it, or the other way round");
  const std::size_t of_intents = intent_.space.mean.size(), of_tags = state_mean_.size();
  if (of_intents > 0 && of_tags > 0 && of_intents != of_tags)
    return damaged("its intents and its entities need encoders of different widths");
  return {};
}

Result<void> Model::read_tagger() {
  constexpr std::size_t any = std::string::npos;
  const std::size_t tags = kinds_.empty() ? 0 : 2 * kinds_.size() + 1;
  if (auto r = read_floats(emissions_, "tag.emissions", {any, tags}); !r) return r;
  if (auto r = read_floats(tag_bias_, "tag.bias", {tags}); !r) return r;
  if (auto r = read_floats(first_, "tag.first", {tags}); !r) return r;
  if (auto r = read_floats(transitions_, "tag.transitions", {tags, tags}); !r) return r;
  for (std::size_t i = 0;; ++i) {
    const std::string name = tag_network_name(i);
    const TensorView* const bias = file_.find(name + ".bias");
    if (bias == nullptr) break;
    if (bias->shape.size() != 2 || bias->shape[0] < 1 || bias->shape[0] > 16)
      return damaged(fmt::format("tensor {}.bias has another type or shape", name));
    TagNetworkView n;
    n.layers = static_cast<std::size_t>(bias->shape[0]);
    if (auto r = read_floats(n.bias, name + ".bias", {n.layers, any}); !r) return r;
    const std::size_t width = n.bias.size() / n.layers;
    if (auto r = read_floats(n.vectors, name + ".vectors", {any, width}); !r) return r;
    if (auto r = read_floats(n.gain, name + ".gain", {n.layers + 1, width}); !r) return r;
    if (auto r = read_floats(n.shift, name + ".shift", {n.layers + 1, width}); !r) return r;
    if (auto r = read_floats(n.weights, name + ".weights", {n.layers, 3, width, width}); !r)
      return r;
    if (auto r = read_floats(n.output, name + ".output", {width, tags}); !r) return r;
    n.width = width;
    n.embedded = width == 0 ? 0 : n.vectors.size() / width;
    tag_networks_.push_back(n);
  }
  if (file_.find("tag_encoder.mean") != nullptr) {
    if (auto r = read_floats(state_mean_, "tag_encoder.mean", {any}); !r) return r;
    if (auto r = read_floats(state_weights_, "tag_encoder.weights", {state_mean_.size(), tags}); !r)
      return r;
  }
  const auto words = read_vocabulary("tag", tags == 0 ? 0 : emissions_.size() / tags);
  if (!words) return words.error();
  tag_vocabulary_ = *words;
  return {};
}

Result<void> Model::read_metadata() {
  const auto text = [this](std::string_view name) -> std::string_view {
    const auto at = file_.metadata().find(name);
    return at == file_.metadata().end() ? std::string_view() : std::string_view(at->second);
  };
  if (text("format") != "usher-nlu") return invalid("this is no model of Usher's");
  if (text("format_version") != std::to_string(model_format) ||
      text("feature_version") != std::to_string(feature_version)) {
    return invalid("this model is of another version of Usher; run 'usher train' again");
  }
  data_hash_ = text("data_hash");
  encoder_ = text("encoder");
  encoder_is_tuned_ = text("encoder_tuned") == "true";
  const JsonLimits limits{16 << 20, 8};
  const auto kinds = parse_json(text("entities"), limits);
  const auto calibration = parse_json(text("calibration"), limits);
  if (!kinds || !kinds->is_array() || !calibration || !calibration->is_object())
    return damaged("its metadata cannot be read");
  if (kinds->as_array().size() > names_limit) return damaged("too many labels");
  for (const json::value& kind : kinds->as_array()) {
    if (!kind.is_array() || text_at(kind.as_array(), 0).empty())
      return damaged("an entity has no type");
    const json::array& names = kind.as_array();
    kinds_.push_back({text_at(names, 0), text_at(names, 1), text_at(names, 2)});
  }
  const json::object& numbers = calibration->as_object();
  calibration_.temperature = get_number(numbers, "temperature").value_or(NAN);
  calibration_.outside_bias = get_number(numbers, "outside_bias").value_or(NAN);
  splitting_.bias = get_number(numbers, "splitting_bias").value_or(NAN);
  const bool finite = calibration_.temperature > 1e-3 && calibration_.temperature < 1e3 &&
                      std::abs(calibration_.outside_bias) <= 1e6 &&
                      std::abs(splitting_.bias) <= 1e6 &&
                      read_array(numbers, "outside_weights", calibration_.outside_weights) &&
                      read_array(numbers, "splitting_weights", splitting_.weights);
  if (!finite) return damaged("its calibration cannot be read");
  return read_rules(text("rules"));
}

Result<void> Model::read_rules(std::string_view text) {
  const auto parsed = parse_json(text, {16 << 20, 8});
  if (!parsed || !parsed->is_object()) return damaged("its rules cannot be read");
  const json::object& rules = parsed->as_object();
  const json::array none;
  const auto array = [&](const char* name) -> const json::array& {
    const json::array* const found = get_array(rules, name);
    return found != nullptr ? *found : none;
  };
  for (const json::value& value : array("lookups")) {
    if (!value.is_object()) return damaged("a lookup cannot be read");
    Lookup lookup;
    lookup.entity = std::string(get_string(value.as_object(), "entity").value_or(""));
    lookup.fuzzy = get_bool(value.as_object(), "fuzzy").value_or(false);
    if (const json::array* const words = get_array(value.as_object(), "words")) {
      for (std::size_t i = 0; i < words->size(); ++i) lookup.words.push_back(text_at(*words, i));
    }
    rules_.lookups.push_back(std::move(lookup));
  }
  for (const json::value& value : array("patterns")) {
    if (!value.is_object()) return damaged("a regex cannot be read");
    const json::object& object = value.as_object();
    Pattern pattern;
    pattern.entity = std::string(get_string(object, "entity").value_or(""));
    pattern.regex = std::string(get_string(object, "regex").value_or(""));
    pattern.mark.file = std::string(get_string(object, "file").value_or(""));
    rules_.patterns.push_back(std::move(pattern));
  }
  for (const json::value& value : array("annotations")) {
    if (!value.is_array()) return damaged("an annotation cannot be read");
    const json::array& fields = value.as_array();
    Example example;
    example.text = text_at(fields, 0);
    Entity entity;
    entity.type = text_at(fields, 1);
    entity.role = text_at(fields, 2);
    entity.group = text_at(fields, 3);
    entity.value = text_at(fields, 4);
    entity.span = {0, example.text.size()};
    example.entities.push_back(std::move(entity));
    rules_.examples.push_back(std::move(example));
  }
  if (const json::object* const synonyms = get_object(rules, "synonyms")) {
    for (const auto& entry : *synonyms) {
      if (entry.value().is_string())
        rules_.synonyms.emplace(std::string(entry.key()), std::string(entry.value().as_string()));
    }
  }
  return {};
}

}  // namespace nlu

#include "nlu/torch/bert.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "nlu/base/json.h"
#include "nlu/safetensors.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/load.h"
#include "nlu/torch/model.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;

namespace {

// Written by make.py beside it, with another implementation.
const std::filesystem::path fixture = USHER_SOURCE_DIR "/tests/nlu/fixtures/bert";

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Expected {
  std::string text;
  std::vector<std::int32_t> ids;
  std::map<std::string, std::vector<float>> states;  // By activation: [ids × width]
};

std::vector<Expected> expected() {
  const auto parsed = parse_json(read_all(fixture / "expected.json"), {1 << 22, 16});
  REQUIRE(parsed);
  std::vector<Expected> result;
  for (const json::value& one : parsed->at("texts").as_array()) {
    Expected e;
    e.text = std::string(one.at("text").as_string());
    for (const json::value& id : one.at("ids").as_array())
      e.ids.push_back(id.to_number<std::int32_t>());
    for (const auto& [name, rows] : one.at("states").as_object()) {
      for (const json::value& row : rows.as_array()) {
        for (const json::value& v : row.as_array())
          e.states[std::string(name)].push_back(v.to_number<float>());
      }
    }
    result.push_back(std::move(e));
  }
  return result;
}

// A copy of the fixture that a test may change.
struct Copy {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("usher-bert-" + std::to_string(getpid()));
  Copy() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (const char* name : {"config.json", "vocab.txt", "model.safetensors"})
      std::filesystem::copy_file(fixture / name, folder / name);
  }
  ~Copy() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  void replace(const char* name, const std::string& from, const std::string& to) const {
    std::string text = read_all(folder / name);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(folder / name, std::ios::binary) << text.replace(at, from.size(), to);
  }
  std::string error() const {
    const auto bert = Bert::open(folder.string());
    return bert ? "fine" : bert.error().message;
  }
};

float farthest(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

// F32 to BF16 (rounded to nearest) or F16, by hand.
std::uint16_t to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
std::uint16_t to_f16(float value) {  // Of normal numbers, which the fixture has.
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const auto exponent = static_cast<std::int32_t>((bits >> 23) & 0xff) - 112;
  if (exponent <= 0) return static_cast<std::uint16_t>(sign);
  const std::uint32_t rounded =
      ((static_cast<std::uint32_t>(exponent) << 10) | ((bits >> 13) & 0x3ff)) + ((bits >> 12) & 1);
  return static_cast<std::uint16_t>(sign | rounded);
}

}  // namespace

TEST_CASE("BERT computes what another implementation computed") {
  const auto bert = Bert::open(fixture.string());
  REQUIRE(bert);
  CHECK((*bert)->config().layers == 2);
  CHECK((*bert)->version().size() == 32);
  for (const Expected& e : expected()) {
    INFO(e.text);
    CHECK((*bert)->tokenizer().encode(e.text).ids == e.ids);
    CHECK(farthest((*bert)->states({e.ids}), e.states.at("gelu")) < 1e-4f);
  }
}

TEST_CASE("texts of a batch do not see each other's padding") {
  const auto bert = Bert::open(fixture.string());
  REQUIRE(bert);
  const std::vector<Expected> all = expected();
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::string> texts;
  std::size_t longest = 0;
  for (const Expected& e : all) {
    ids.push_back(e.ids);
    texts.push_back(e.text);
    longest = std::max(longest, e.ids.size());
  }
  const std::vector<float> states = (*bert)->states(ids);
  const std::size_t width = (*bert)->config().width;
  REQUIRE(states.size() == all.size() * longest * width);
  const std::vector<Encoding> read = (*bert)->read(texts);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto first = states.begin() + static_cast<std::ptrdiff_t>(i * longest * width);
    const std::size_t count = all[i].ids.size() * width;
    const std::vector<float> own(first, first + static_cast<std::ptrdiff_t>(count));
    CHECK(farthest(own, all[i].states.at("gelu")) < 1e-4f);
    const auto rest = first + static_cast<std::ptrdiff_t>(count);
    CHECK(std::all_of(rest, first + static_cast<std::ptrdiff_t>(longest * width),
                      [](float v) { return v == 0; }));
    const Encoding alone = (*bert)->read({all[i].text}).front();
    CHECK(farthest(alone.vector, read[i].vector) < 1e-5f);
    CHECK(farthest(alone.states, all[i].states.at("gelu")) < 1e-4f);
    CHECK(farthest(read[i].states, alone.states) < 1e-5f);
    CHECK(alone.spans.size() == all[i].ids.size());
    float length = 0;
    for (const float v : alone.vector) length += v * v;
    CHECK(length == Approx(1));
  }
  CHECK((*bert)->read({}).empty());
}

TEST_CASE("the activation is the one config.json names") {
  const Expected e = expected().front();
  for (const auto& [name, states] : e.states) {
    INFO(name);
    const Copy copy;
    copy.replace("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"" + name + "\"");
    const auto bert = Bert::open(copy.folder.string());
    REQUIRE(bert);
    CHECK(farthest((*bert)->states({e.ids}), states) < 1e-4f);
  }
  CHECK(e.states.size() == 3);
}

TEST_CASE("weights of half the precision are nearly the same, and names may lack 'bert.'") {
  const Copy copy;
  const Expected e = expected().front();
  const auto file = SafetensorsFile::open((fixture / "model.safetensors").string());
  REQUIRE(file);
  for (const Dtype dtype : {Dtype::f16, Dtype::bf16}) {
    std::map<std::string, std::vector<std::uint16_t>> halves;
    std::map<std::string, TensorView> tensors;
    for (const auto& [name, view] : file->tensors()) {
      std::vector<float> values(view.bytes.size() / 4);
      std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
      const std::string plain = name.substr(5);
      for (const float v : values)
        halves[plain].push_back(dtype == Dtype::f16 ? to_f16(v) : to_bf16(v));
      tensors[plain] = {dtype, view.shape, std::as_bytes(std::span(halves[plain]))};
    }
    REQUIRE(save_safetensors((copy.folder / "model.safetensors").string(), tensors, {}));
    const auto bert = Bert::open(copy.folder.string());
    REQUIRE(bert);
    CHECK(farthest((*bert)->states({e.ids}), e.states.at("gelu")) <
          (dtype == Dtype::f16 ? 0.01f : 0.1f));
  }
}

TEST_CASE("an encoder that cannot be used says what is wrong, and where") {
  const auto said = [](const char* file, const std::string& from, const std::string& to) {
    const Copy copy;
    copy.replace(file, from, to);
    return copy.error();
  };
  const auto has = [](const std::string& text, const char* part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(has(said("config.json", "\"bert\"", "\"gpt2\""), "config.json: the model_type is 'gpt2'"));
  CHECK(has(said("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 3"),
            "hidden_size must be a multiple of num_attention_heads"));
  CHECK(has(said("config.json", "\"hidden_size\": 16", "\"hidden_size\": \"x\""),
            "hidden_size must be a number from 1"));
  CHECK(has(said("config.json", "\"hidden_size\": 16", "\"hidden_size\": 32"),
            "is [32 × 16], not [32 × 32] as config.json says"));
  CHECK(has(said("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"),
            "tensor bert.encoder.layer.2.attention.self.query.weight is missing"));
  CHECK(has(said("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"swish\""),
            "the hidden_act is 'swish'"));
  CHECK(has(said("vocab.txt", "[SEP]\n", "[sep]\n"), "vocab.txt: the vocabulary has no piece"));
  CHECK(has(said("vocab.txt", "where\n", "where\nmore\nand\nmore\n"), "config.json says 32"));
  const Copy copy;
  std::filesystem::remove(copy.folder / "config.json");
  CHECK(has(copy.error(), "config.json: there is no such file"));
  CHECK_FALSE(Bert::open("/nowhere"));
}

TEST_CASE("a model may learn from an encoder's vectors, and needs that encoder from then on") {
  const Copy copy;
  const tiny::TemporaryFile file("usher-encoded-"), plain("usher-plain-");
  TrainOptions options;
  options.encoder = fixture.string();
  std::string phases;
  REQUIRE(train(tiny::bot(), options, file.path, [&](const Progress& now) {
    phases += std::string(now.phase) + " ";
    return true;
  }));
  CHECK(phases.find("encoding") == 0);
  CHECK(is_up_to_date(file.path, tiny::bot(), options));
  CHECK_FALSE(is_up_to_date(file.path, tiny::bot(), {}));
  const auto interpreter = load_interpreter(file.path, {}, fixture.string());
  REQUIRE(interpreter);
  const std::vector<Utterance> utterances{
      {"where is my parcel now", ""}, {"hello there", ""}, {"", ""}};
  const auto batch = (*interpreter)->interpret(utterances);
  CHECK(batch[0].best()->name == "order_status");
  CHECK(batch[1].best()->name == "greet");
  for (std::size_t i = 0; i < utterances.size(); ++i) {
    const auto alone = (*interpreter)->interpret({&utterances[i], 1}).front();
    CHECK(json::serialize(to_json(alone)) == json::serialize(to_json(batch[i])));
  }
  // The vectors change what is understood.
  REQUIRE(train(tiny::bot(), {}, plain.path));
  const auto without = load_interpreter(plain.path, {}, fixture.string());
  REQUIRE(without);
  CHECK((*without)->interpret({&utterances[0], 1})[0].best()->p != batch[0].best()->p);

  const auto none = load_interpreter(file.path);
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("was trained with an encoder") != std::string::npos);
  std::string weights = read_all(copy.folder / "model.safetensors");
  weights.back() = static_cast<char>(weights.back() ^ 1);
  std::ofstream(copy.folder / "model.safetensors", std::ios::binary) << weights;
  const auto other = load_interpreter(file.path, {}, copy.folder.string());
  REQUIRE_FALSE(other);
  CHECK(other.error().message.find("another encoder") != std::string::npos);
  options.encoder = "/nowhere";
  const auto lost = train(tiny::bot(), options, plain.path);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().message.find("config.json") != std::string::npos);
  options.encoder = fixture.string();
  CHECK_FALSE(train(tiny::bot(), options, plain.path, [](const Progress&) { return false; }));
}

TEST_CASE("entities may learn from an encoder's states, too, and need it from then on") {
  const tiny::TemporaryFile file("usher-states-"), plain("usher-stateless-");
  TrainingData data = tiny::bot();
  for (Example& example : data.examples) example.intent.clear();  // Entities alone.
  TrainOptions options;
  options.encoder = fixture.string();
  REQUIRE(train(data, options, file.path));
  const auto model = Model::open(file.path);
  REQUIRE(model);
  CHECK((*model)->encoder_width() == 16);
  CHECK_FALSE(load_interpreter(file.path));
  const auto interpreter = load_interpreter(file.path, {}, fixture.string());
  REQUIRE(interpreter);
  const Utterance asked{"where is order 10499 now", ""};
  const auto got = (*interpreter)->interpret({&asked, 1}).front();
  CHECK(std::any_of(got.entities.begin(), got.entities.end(), [](const Entity& entity) {
    return entity.type == "order_number" && entity.value == "10499";
  }));

  // The states are learnt from: the weights of them are not nothing. Without an encoder there is
  // no trace of one in the file.
  const auto with = SafetensorsFile::open(file.path);
  REQUIRE(with);
  REQUIRE(with->find("tag_encoder.weights") != nullptr);
  const auto bytes = with->find("tag_encoder.weights")->bytes;
  CHECK(std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; }));
  REQUIRE(train(data, {}, plain.path));
  const auto without = SafetensorsFile::open(plain.path);
  REQUIRE(without);
  for (const auto& [name, view] : without->tensors()) {
    INFO(name);
    CHECK_FALSE(name.starts_with("tag_encoder"));
  }
  for (const auto& [name, value] : without->metadata()) {
    INFO(name);
    CHECK_FALSE(name.starts_with("encoder"));
  }
}

TEST_CASE("the tagger scores an encoder's states as LibTorch does") {
  // Two sentences of two tokens of one column; the tag is in the states alone.
  SparseRows tokens;
  const std::vector<std::int64_t> tags{0, 1, 1, 0};
  const std::vector<float> states{1, 0, 0, 1, 0, 1, 1, 0};
  for (int i = 0; i < 4; ++i) {
    tokens.columns.push_back(0);
    tokens.values.push_back(1);
    tokens.ends.push_back(i + 1);
  }
  TaggerOptions options;
  options.feature_dropout = 0;
  const Crf crf = fit_crf(tokens, tags, {2, 4}, 1, 3, options, {}, nullptr, states);
  REQUIRE(crf.state_weights.size() == 6);
  const std::vector<float> theirs = forward_tagger(tokens, 2, crf, states);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t t = 0; t < 3; ++t) {
      const float ours = crf.bias[t] + crf.emissions[t] + states[2 * i] * crf.state_weights[t] +
                         states[2 * i + 1] * crf.state_weights[3 + t];
      CHECK(ours == Approx(theirs[3 * i + t]).margin(1e-5));
    }
    CHECK((theirs[3 * i + 1] > theirs[3 * i]) == (tags[i] == 1));
  }
}

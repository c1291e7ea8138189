#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "nlu/safetensors.h"
#include "nlu/torch/load.h"
#include "tests/nlu/torch/tiny_bot.h"

using namespace nlu;

namespace {

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string model_bytes() {
  const tiny::TemporaryFile file("usher-good-");
  REQUIRE(train(tiny::bot(), {}, file.path));
  std::ifstream in(file.path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a model that is cut short is refused") {
  const std::string good = model_bytes();
  const tiny::TemporaryFile file("usher-cut-");
  for (std::size_t part = 0; part < 40; ++part) {
    write(file.path, good.substr(0, good.size() * part / 40));
    CHECK_FALSE(load_interpreter(file.path));
  }
}

TEST_CASE("a model with flipped bits in its header is refused or still works") {
  const std::string good = model_bytes();
  const tiny::TemporaryFile file("usher-flipped-");
  std::size_t header = 0;
  for (int i = 7; i >= 0; --i)
    header = header << 8 | static_cast<unsigned char>(good[static_cast<std::size_t>(i)]);
  const Utterance utterance{"where is order 10423", "2026-11-23"};
  const std::size_t step = (header + 8) / 300 + 1;
  for (std::size_t at = 0; at < header + 8; at += step) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 7)));
    write(file.path, bad);
    const auto interpreter = load_interpreter(file.path);
    if (interpreter) CHECK((*interpreter)->interpret({&utterance, 1}).size() == 1);
  }
}

TEST_CASE("a tensor of another shape is refused by its name") {
  const tiny::TemporaryFile good("usher-shape-"), bad("usher-bad-shape-");
  TrainOptions options;
  options.epochs = 1;
  REQUIRE(train(tiny::large_bot(), options, good.path));
  const auto file = SafetensorsFile::open(good.path);
  REQUIRE(file);
  CHECK(file->tensors().size() == 48);
  for (const auto& [name, view] : file->tensors()) {
    std::map<std::string, TensorView> tensors(file->tensors().begin(), file->tensors().end());
    tensors[name].shape.push_back(1);
    const std::map<std::string, std::string> metadata(file->metadata().begin(),
                                                      file->metadata().end());
    REQUIRE(save_safetensors(bad.path, tensors, metadata));
    const auto interpreter = load_interpreter(bad.path);
    REQUIRE_FALSE(interpreter);
    CHECK(interpreter.error().message.find(name) != std::string::npos);
  }
}

TEST_CASE("a model that is not there says so") {
  const auto interpreter = load_interpreter("/nowhere/model.safetensors");
  REQUIRE_FALSE(interpreter);
  CHECK(interpreter.error().code == Errc::not_found);
}

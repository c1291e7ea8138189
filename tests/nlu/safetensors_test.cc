#include "nlu/safetensors.h"

#include <filesystem>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string file_of(const std::string& header, const std::string& data) {
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) out += static_cast<char>((header.size() >> (8 * i)) & 0xFFU);
  return out + header + data;
}

std::string refused(const std::string& header, const std::string& data) {
  const std::string file = file_of(header, data);
  const auto view = SafetensorsView::parse(bytes_of(file));
  if (view) return "";
  CHECK(view.error().code == Errc::corrupt);
  return view.error().message;
}

const std::string a4 = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";

}  // namespace

TEST_CASE("tensors are written and mapped again") {
  const std::string floats(24, 'f');
  const std::string small(3, 's');
  const std::map<std::string, TensorView> tensors = {
      {"b.small", {Dtype::i8, {3}, bytes_of(small)}},
      {"c.weight", {Dtype::f32, {2, 3}, bytes_of(floats)}},
      {"d.none", {Dtype::f32, {0, 5}, {}}}};
  const auto path = (std::filesystem::temp_directory_path() / "usher_test.safetensors").string();
  REQUIRE(save_safetensors(path, tensors, {{"format", "usher"}}));
  {
    const SafetensorsFile file = *SafetensorsFile::open(path);
    CHECK(file.metadata().at("format") == "usher");
    CHECK(file.tensors().size() == 3);
    const TensorView* weight = file.find("c.weight");
    REQUIRE(weight != nullptr);
    CHECK(weight->shape == std::vector<std::int64_t>{2, 3});
    CHECK(weight->bytes.size() == 24);
    CHECK(reinterpret_cast<std::uintptr_t>(weight->bytes.data()) % 64 == 0);
    CHECK(file.find("b.small")->bytes[0] == std::byte{'s'});
    CHECK(file.find("nothing") == nullptr);
    SafetensorsFile copy = file;
    CHECK(copy.find("c.weight")->bytes.data() == weight->bytes.data());
  }
  CHECK(*serialize_safetensors(tensors, {}) == *serialize_safetensors(tensors, {}));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK(SafetensorsFile::open(path).error().code == Errc::corrupt);
  std::filesystem::remove(path);
  CHECK(SafetensorsFile::open(path).error().code == Errc::not_found);
  CHECK(SafetensorsFile::open("/tmp").error().code == Errc::unavailable);
  CHECK_FALSE(save_safetensors("/nowhere/x", tensors, {}));
  CHECK_FALSE(serialize_safetensors({{"x", {Dtype::f32, {2}, bytes_of(small)}}}, {}));
}

TEST_CASE("a safetensors file that lies is refused") {
  CHECK(refused(a4, "1234").empty());
  CHECK(refused(a4 + "   ", "1234").empty());
  CHECK(refused(a4, "123") == "tensor 'a' lies outside of the file");
  CHECK(refused(a4, "12345") == "its tensors overlap or leave bytes unused");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234") ==
        "tensor 'a' does not have as many bytes as its shape says");
  CHECK(refused(R"({"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", "1234") ==
        "tensor 'a' has a dtype that is not supported");
  CHECK(refused(R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})", "1234") ==
        "tensor 'a' has a dimension that is no size");
  CHECK(refused(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
                "") == "tensor 'a' does not have as many bytes as its shape says");
  CHECK(refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})", "1234") ==
        "tensor 'a' lies outside of the file");
  CHECK(refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
                "1234") == "its header has a name twice");
  CHECK(refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                R"("b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})",
                "1234") == "its tensors overlap or leave bytes unused");
  CHECK(refused(R"({"__metadata__":{"a":1}})", "") ==
        "its metadata hold something that is no text");
  CHECK(refused("[]", "") == "its header is no object");
  CHECK(refused("{", "").find("its header: not JSON") == 0);
  CHECK(refused(std::string(1000, '['), "").find("its header: ") == 0);
  CHECK_FALSE(SafetensorsView::parse(bytes_of("1234")));
  CHECK_FALSE(SafetensorsView::parse(bytes_of(std::string(16, '\xff'))));
  CHECK_FALSE(SafetensorsView::parse(bytes_of(std::string("\x10\0\0\0\0\0\0\0{}", 10))));
}

TEST_CASE("a damaged safetensors file never crashes the reader") {
  const std::string whole = file_of(a4, "1234");
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged.resize(random() % 4 == 0 ? random() % damaged.size() : damaged.size());
    (void)SafetensorsView::parse(bytes_of(damaged)).has_value();
  }
}

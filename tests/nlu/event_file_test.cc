#include "nlu/event_file.h"

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace nlu;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("usher-events-" + std::to_string(getpid()));
  ~Folder() { fs::remove_all(path); }
};

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// CRC-32C, bit by bit, and TensorFlow's mask.
std::uint32_t masked(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

template <class T>
T little(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::vector<std::string> records_of(const std::string& file) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at < file.size();) {
    const std::string_view rest = std::string_view(file).substr(at);
    const auto length = little<std::uint64_t>(rest);
    REQUIRE(little<std::uint32_t>(rest.substr(8)) == masked(rest.substr(0, 8)));
    REQUIRE(rest.size() >= length + 16);
    REQUIRE(little<std::uint32_t>(rest.substr(12 + length)) == masked(rest.substr(12, length)));
    records.emplace_back(rest.substr(12, length));
    at += length + 16;
  }
  return records;
}

}  // namespace

TEST_CASE("an event file has TensorBoard's records") {
  REQUIRE(masked("123456789") == ((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xa282ead8u);
  const Folder folder;
  auto file = EventFile::create((folder.path / "run").string());
  REQUIRE(file);
  file->add_scalar("loss", 300, 0.5);
  const std::vector<float> values{-1, 0, 0, 3};
  file->add_histogram("w", 1, values);
  file->add_histogram("none", 1, {});
  REQUIRE(file->flush());
  const fs::path path = fs::directory_iterator(folder.path / "run")->path();
  CHECK(path.filename().string().starts_with("events.out.tfevents."));
  const std::vector<std::string> records = records_of(content(path));
  REQUIRE(records.size() == 3);
  CHECK(records[0].substr(9) ==
        "\x1a\x0d"
        "brain.Event:2");
  // Step 300, then a summary of one value: the tag and 0.5 as a float.
  CHECK(records[1].substr(9) ==
        std::string("\x10\xac\x02\x2a\x0d\x0a\x0b\x0a\x04loss\x15\x00\x00\x00\x3f", 18));
  const std::string& histogram = records[2];
  CHECK(histogram.find(std::string("\x0a\x01w\x2a", 4)) != std::string::npos);
  const std::size_t least = histogram.find(std::string("\x09\x00\x00\x00\x00\x00\x00\xf0\xbf", 9));
  REQUIRE(least != std::string::npos);
  CHECK(little<double>(std::string_view(histogram).substr(least + 10)) == 3);   // Most.
  CHECK(little<double>(std::string_view(histogram).substr(least + 19)) == 4);   // Count.
  CHECK(little<double>(std::string_view(histogram).substr(least + 28)) == 2);   // Sum.
  CHECK(little<double>(std::string_view(histogram).substr(least + 37)) == 10);  // Of squares.
}

TEST_CASE("the projector's rows stay rows") {
  const Folder folder;
  REQUIRE(write_projector(folder.path.string(), {{1, 0.5}, {2, -1}},
                          {{"text", "intent"}, {"a\tb\nc", "x"}, {"d", "y"}}));
  CHECK(content(folder.path / "tensors.tsv") == "1\t0.5\n2\t-1\n");
  CHECK(content(folder.path / "metadata.tsv") == "text\tintent\na b c\tx\nd\ty\n");
}

TEST_CASE("a folder that cannot be written is an error") {
  CHECK_FALSE(EventFile::create("/proc/none"));
  CHECK_FALSE(write_projector("/proc/none", {}, {}));
}

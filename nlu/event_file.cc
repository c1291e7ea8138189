#include "nlu/event_file.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iterator>

#include <boost/crc.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace nlu {
namespace {

namespace fs = std::filesystem;

// ---- protocol buffers ----

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

template <class T>
void put_little(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

void put_key(std::string& out, std::uint32_t field, std::uint32_t wire_type) {
  put_varint(out, field << 3 | wire_type);
}

void put_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  put_key(out, field, 2);
  put_varint(out, bytes.size());
  out += bytes;
}

void put_double(std::string& out, std::uint32_t field, double value) {
  put_key(out, field, 1);
  put_little(out, std::bit_cast<std::uint64_t>(value));
}

void put_doubles(std::string& out, std::uint32_t field, const std::vector<double>& values) {
  std::string packed;
  for (const double value : values) put_little(packed, std::bit_cast<std::uint64_t>(value));
  put_bytes(out, field, packed);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string event_of(std::int64_t step, std::string_view summary_value) {
  std::string event, summary;
  put_double(event, 1, now());
  put_key(event, 2, 0);
  put_varint(event, static_cast<std::uint64_t>(step));
  put_bytes(summary, 1, summary_value);
  put_bytes(event, 5, summary);
  return event;
}

// ---- records ----

std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t value = crc.checksum();
  return ((value >> 15) | (value << 17)) + 0xa282ead8u;
}

}  // namespace

Result<EventFile> EventFile::create(const std::string& folder) {
  static int files = 0;
  std::error_code failed;
  fs::create_directories(folder, failed);
  const std::string path =
      (fs::path(folder) / fmt::format("events.out.tfevents.{:010}.usher.{}.{}",
                                      static_cast<std::int64_t>(now()), getpid(), files++))
          .string();
  EventFile file(path, std::ofstream(path, std::ios::binary));
  std::string event;
  put_double(event, 1, now());
  put_bytes(event, 3, "brain.Event:2");
  file.write(event);
  if (const Result<void> flushed = file.flush(); !flushed) return flushed.error();
  return file;
}

void EventFile::write(std::string_view event) {
  std::string length;
  put_little(length, static_cast<std::uint64_t>(event.size()));
  std::string record = length;
  put_little(record, masked_crc(length));
  record += event;
  put_little(record, masked_crc(event));
  out_ << record;
}

void EventFile::add_scalar(std::string_view tag, std::int64_t step, double value) {
  std::string one;
  put_bytes(one, 1, tag);
  put_key(one, 2, 5);
  put_little(one, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  write(event_of(step, one));
}

void EventFile::add_histogram(std::string_view tag, std::int64_t step,
                              std::span<const float> values) {
  constexpr std::size_t buckets = 40;
  if (values.empty()) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const auto low = static_cast<double>(*least), high = static_cast<double>(*most);
  const double width = (high - low) / buckets;
  std::vector<double> limits, counts(buckets, 0.0);
  for (std::size_t i = 1; i <= buckets; ++i)
    limits.push_back(i == buckets ? high : low + width * static_cast<double>(i));
  double sum = 0, squares = 0;
  for (const float value : values) {
    const auto v = static_cast<double>(value);
    sum += v;
    squares += v * v;
    const double at = width > 0 ? (v - low) / width : 0;
    ++counts[std::min(static_cast<std::size_t>(at), buckets - 1)];
  }
  std::string histogram, one;
  put_double(histogram, 1, low);
  put_double(histogram, 2, high);
  put_double(histogram, 3, static_cast<double>(values.size()));
  put_double(histogram, 4, sum);
  put_double(histogram, 5, squares);
  put_doubles(histogram, 6, limits);
  put_doubles(histogram, 7, counts);
  put_bytes(one, 1, tag);
  put_bytes(one, 5, histogram);
  write(event_of(step, one));
}

Result<void> EventFile::flush() {
  if (out_.flush()) return {};
  return Error{Errc::unavailable, path_ + ": cannot be written"};
}

Result<void> write_projector(const std::string& folder,
                             const std::vector<std::vector<float>>& vectors,
                             const std::vector<std::vector<std::string>>& metadata) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  std::ofstream tensors(fs::path(folder) / "tensors.tsv"), names(fs::path(folder) / "metadata.tsv"),
      config(fs::path(folder) / "projector_config.pbtxt");
  for (const std::vector<float>& vector : vectors)
    tensors << fmt::format("{:.5g}\n", fmt::join(vector, "\t"));
  for (std::vector<std::string> row : metadata) {
    for (std::string& field : row)
      std::replace_if(
          field.begin(), field.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; },
          ' ');
    names << fmt::format("{}\n", fmt::join(row, "\t"));
  }
  config << "embeddings {\n  tensor_name: \"examples\"\n  tensor_path: \"tensors.tsv\"\n"
            "  metadata_path: \"metadata.tsv\"\n}\n";
  if (tensors.flush() && names.flush() && config.flush()) return {};
  return Error{Errc::unavailable, folder + ": cannot be written"};
}

}  // namespace nlu

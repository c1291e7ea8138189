#include "bot/wal_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace bot {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t block_size = 32 << 10;
constexpr std::size_t header_size = 7;              // crc, length, type
constexpr std::size_t recyclable_header_size = 11;  // and the log's number

enum Type : std::uint8_t {
  zero,
  full,
  first,
  middle,
  last,
  recyclable_full,
  recyclable_first,
  recyclable_middle,
  recyclable_last
};
constexpr std::uint8_t set_compression = 9;
constexpr std::uint8_t highest_type = 12;

std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t slice = 1; slice < 8; ++slice) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[slice - 1][i];
      tables[slice][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

std::uint32_t read_u32(Bytes bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

struct Fragment {
  std::uint8_t type = 0;
  std::size_t size = 0;  // With its header
};

// The fragment that `bytes` (the rest of a block) begins with, if it is a whole and sound one.
std::optional<Fragment> read_fragment(Bytes bytes) {
  if (bytes.size() < header_size) return std::nullopt;
  const std::uint8_t type = bytes[6];
  const std::size_t length = static_cast<std::size_t>(bytes[4]) | static_cast<std::size_t>(bytes[5])
                                                                      << 8;
  if (type == zero || type > highest_type) return std::nullopt;
  const bool recyclable = type >= recyclable_full && type <= recyclable_last;
  const std::size_t header = recyclable ? recyclable_header_size : header_size;
  if (header + length > bytes.size()) return std::nullopt;
  const std::size_t covered = header - 6 + length;  // From the type on
  if (masked(crc32c(bytes.data() + 6, covered)) != read_u32(bytes)) return std::nullopt;
  return Fragment{type, header + length};
}

bool begins_record(std::uint8_t type) {
  return type == full || type == first || type == recyclable_full || type == recyclable_first;
}

// Whether a sound record begins anywhere behind `offset`. Inside the damaged block every position
// may be one; later blocks begin with a fragment.
bool has_record_after(Bytes log, std::size_t offset) {
  const std::size_t block_end = std::min(log.size(), (offset / block_size + 1) * block_size);
  for (std::size_t at = offset + 1; at + header_size <= block_end; ++at) {
    const auto fragment = read_fragment(log.subspan(at, block_end - at));
    if (fragment && begins_record(fragment->type)) return true;
  }
  for (std::size_t block = block_end; block < log.size(); block += block_size) {
    const std::size_t end = std::min(log.size(), block + block_size);
    for (std::size_t at = block; at < end;) {
      const auto fragment = read_fragment(log.subspan(at, end - at));
      if (!fragment) break;
      if (begins_record(fragment->type)) return true;
      at += fragment->size;
    }
  }
  return false;
}

struct Log {
  std::uint64_t number = 0;
  std::filesystem::path path;
};

std::vector<Log> logs_in(const std::string& folder) {
  std::vector<Log> logs;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != ".log") continue;
    const std::string stem = entry.path().stem().string();
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (failure == std::errc{} && end == stem.data() + stem.size()) {
      logs.push_back({number, entry.path()});
    }
  }
  std::sort(logs.begin(), logs.end(),
            [](const Log& a, const Log& b) { return a.number < b.number; });
  return logs;
}

}  // namespace

std::uint32_t crc32c(const std::uint8_t* bytes, std::size_t count) {
  static const auto tables = make_tables();
  std::uint32_t crc = 0xffffffffU;
  for (; count >= 8; bytes += 8, count -= 8) {
    std::uint32_t low = 0, high = 0;
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + 4, 4);
    low ^= crc;
    crc = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
          tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][(high >> 8) & 0xff] ^
          tables[1][(high >> 16) & 0xff] ^ tables[0][high >> 24];
  }
  for (; count > 0; ++bytes, --count) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xff];
  return ~crc;
}

std::optional<BadSpot> find_bad_spot(const std::vector<std::uint8_t>& log) {
  const Bytes bytes{log};
  bool in_record = false;  // A first fragment was read, its last one not yet.
  std::size_t record_begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t block_end = std::min(bytes.size(), (at / block_size + 1) * block_size);
    const bool whole_block = block_end % block_size == 0;
    if (block_end - at < header_size && whole_block) {  // The filler at a block's end
      at = block_end;
      continue;
    }
    const auto fragment = read_fragment(bytes.subspan(at, block_end - at));
    const bool starts =
        fragment && (begins_record(fragment->type) || fragment->type >= set_compression);
    if (!fragment || starts == in_record) {
      const std::size_t bad = in_record ? record_begin : at;
      return BadSpot{bad, has_record_after(bytes, in_record && !fragment ? at : bad)};
    }
    if (starts) record_begin = at;
    in_record = fragment->type == first || fragment->type == middle ||
                fragment->type == recyclable_first || fragment->type == recyclable_middle;
    at += fragment->size;
  }
  if (in_record) return BadSpot{record_begin, false};
  return std::nullopt;
}

nlu::Result<WalVerdict> check_wal(const std::string& folder) {
  const std::vector<Log> logs = logs_in(folder);
  for (const Log& log : logs) {
    std::ifstream file(log.path, std::ios::binary);
    std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
    if (!file.is_open() || file.bad()) {
      return nlu::Error{nlu::Errc::unavailable, fmt::format("cannot read {}", log.path.string())};
    }
    const auto bad = find_bad_spot(bytes);
    if (!bad) continue;
    const bool is_last = log.number == logs.back().number;
    const auto kind =
        is_last && !bad->record_after ? WalVerdict::Kind::torn_tail : WalVerdict::Kind::damaged;
    return WalVerdict{kind, log.path.string(), bad->offset};
  }
  return WalVerdict{};
}

nlu::Result<void> cut_torn_tail(const WalVerdict& verdict) {
  const nlu::Error failed{nlu::Errc::unavailable, fmt::format("cannot cut {}", verdict.file)};
  std::ifstream log(verdict.file, std::ios::binary);
  log.seekg(static_cast<std::streamoff>(verdict.offset));
  std::ofstream torn(verdict.file + ".torn", std::ios::binary | std::ios::trunc);
  torn << log.rdbuf();
  torn.flush();
  const int file = ::open(verdict.file.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return failed;
  const bool cut = ::ftruncate(file, static_cast<off_t>(verdict.offset)) == 0 && ::fsync(file) == 0;
  ::close(file);
  if (!cut) return failed;
  return {};
}

}  // namespace bot

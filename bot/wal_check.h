// Reads RocksDB's write-ahead logs before RocksDB does, to tell a power cut from damage.
//
// A power cut may leave the last synced group's successor half on disk: any of its pages may be
// missing. That group was never acknowledged, and every record before it was synced first, so a bad
// spot in the last log with no whole record after it is a torn tail: safe to cut. A bad spot with a
// record after it, or in an older log, is damage to acknowledged data. RocksDB's own modes cannot
// tell: one drops acknowledged records in silence, the other refuses to start after a power cut.
//
// Format: RocksDB wiki, "Write Ahead Log File Format" (32 KiB blocks of CRC-32C framed fragments).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nlu/base/result.h"

namespace bot {

struct WalVerdict {
  enum class Kind { clean, torn_tail, damaged } kind = Kind::clean;
  std::string file;          // The log with the first bad spot
  std::uint64_t offset = 0;  // Of the bad spot
};

// Reads all *.log files of `folder` in order of their numbers. Errc::unavailable: cannot read.
nlu::Result<WalVerdict> check_wal(const std::string& folder);

// Cuts a torn tail off at its offset and keeps what was cut beside the log, as `<log>.torn`.
nlu::Result<void> cut_torn_tail(const WalVerdict& verdict);

// The same for one log's bytes; `offset` of the first bad spot and whether a record follows it.
struct BadSpot {
  std::uint64_t offset = 0;
  bool record_after = false;
};
std::optional<BadSpot> find_bad_spot(const std::vector<std::uint8_t>& log);

std::uint32_t crc32c(const std::uint8_t* bytes, std::size_t count);

}  // namespace bot

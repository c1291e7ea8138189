#include "bot/wal_check.h"

#include <string>

#include <catch2/catch.hpp>

namespace {

using Log = std::vector<std::uint8_t>;

// Writes one record as RocksDB's log writer does: fragments that do not cross a block.
void add_record(Log& log, const std::string& payload) {
  std::size_t at = 0;
  bool begun = false;
  do {
    const std::size_t left = (32 << 10) - log.size() % (32 << 10);
    if (left < 7) {
      log.insert(log.end(), left, 0);
      continue;
    }
    const std::size_t take = std::min(payload.size() - at, left - 7);
    const bool ends = at + take == payload.size();
    const std::uint8_t type = begun ? (ends ? 4 : 3) : (ends ? 1 : 2);
    Log covered{type};
    covered.insert(covered.end(), payload.begin() + static_cast<long>(at),
                   payload.begin() + static_cast<long>(at + take));
    const std::uint32_t plain = bot::crc32c(covered.data(), covered.size());
    const std::uint32_t crc = ((plain >> 15) | (plain << 17)) + 0xa282ead8U;
    for (int shift = 0; shift < 32; shift += 8)
      log.push_back(static_cast<std::uint8_t>(crc >> shift));
    log.push_back(static_cast<std::uint8_t>(take));
    log.push_back(static_cast<std::uint8_t>(take >> 8));
    log.insert(log.end(), covered.begin(), covered.end());
    at += take;
    begun = true;
  } while (at < payload.size());
}

Log some_records() {
  Log log;
  add_record(log, "one");
  add_record(log, std::string(100'000, 'b'));
  add_record(log, "three");
  return log;
}

}  // namespace

TEST_CASE("crc32c agrees with RFC 3720's examples") {
  const std::string digits = "123456789";
  CHECK(bot::crc32c(reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()) ==
        0xe3069283U);
  const Log zeros(32, 0);
  CHECK(bot::crc32c(zeros.data(), zeros.size()) == 0x8a9136aaU);
}

TEST_CASE("a whole log has no bad spot") {
  CHECK_FALSE(bot::find_bad_spot(some_records()));
  CHECK_FALSE(bot::find_bad_spot({}));
}

TEST_CASE("a log cut off anywhere is a torn tail") {
  const Log whole = some_records();
  for (std::size_t size = whole.size() - 1; size > whole.size() - 200; --size) {
    const auto bad =
        bot::find_bad_spot(Log(whole.begin(), whole.begin() + static_cast<long>(size)));
    if (bad) CHECK_FALSE(bad->record_after);
  }
  const auto middle = bot::find_bad_spot(Log(whole.begin(), whole.begin() + 50'000));
  REQUIRE(middle);
  CHECK(middle->offset == 10);  // Where the second record begins: behind "one" and its header.
  CHECK_FALSE(middle->record_after);
}

TEST_CASE("a page lost inside the last record is a torn tail, however much of it follows") {
  Log log;
  add_record(log, "one");
  add_record(log, std::string(100'000, 'b'));
  for (const std::size_t lost : {std::size_t{4096}, std::size_t{36'864}, std::size_t{65'536}}) {
    Log damaged = log;
    std::fill_n(damaged.begin() + static_cast<long>(lost), 4096, std::uint8_t{0});
    const auto bad = bot::find_bad_spot(damaged);
    REQUIRE(bad);
    CHECK(bad->offset == 10);
    CHECK_FALSE(bad->record_after);
  }
}

TEST_CASE("a flipped bit before a sound record is damage") {
  const Log whole = some_records();
  for (const std::size_t at :
       {std::size_t{8}, std::size_t{20}, std::size_t{40'000}, std::size_t{99'000}}) {
    Log damaged = whole;
    damaged[at] ^= 0x10;
    const auto bad = bot::find_bad_spot(damaged);
    REQUIRE(bad);
    CHECK(bad->record_after);
  }
}

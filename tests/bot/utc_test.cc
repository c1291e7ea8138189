#include "bot/utc.h"

#include <catch2/catch.hpp>

TEST_CASE("a moment is written in UTC and read again") {
  CHECK(bot::utc_text(0) == "1970-01-01T00:00:00Z");
  CHECK(bot::utc_text(1'795'791'600'000) == "2026-11-27T15:00:00Z");
  CHECK(bot::utc_text(-5) == "1970-01-01T00:00:00Z");
  CHECK(bot::parse_utc("2026-11-27T15:00:00Z") == 1'795'791'600'000);
  CHECK(bot::parse_utc("2026-11-27T15:00Z") == 1'795'791'600'000);
  CHECK(bot::parse_utc("1795791600000") == 1'795'791'600'000);
  CHECK(bot::parse_utc("1970-01-02") == 86'400'000);
  CHECK(bot::utc_text(*bot::parse_utc("2024-02-29")) == "2024-02-29T00:00:00Z");
}

TEST_CASE("what is no moment is none") {
  for (const char* text : {"", "today", "2026-13-01", "2025-02-29", "2026-11-27T24:00Z",
                           "1969-12-31", "2026-11-27T15:00", "2026-11-27 15:00Z", "-1", "1e9", "+5",
                           "99999999999999999999", "2026-1a-01"}) {
    INFO(text);
    CHECK_FALSE(bot::parse_utc(text));
  }
}

#include "nlu/base/calendar.h"

#include <catch2/catch.hpp>

using namespace nlu;

TEST_CASE("a moment is read in its offset, or in the zone it is said to be in") {
  constexpr std::int64_t ten = 1'767'607'200'000;  // 2026-01-05T10:00:00Z
  CHECK(parse_iso_time("2026-01-05T10:00", "UTC") == ten);
  CHECK(parse_iso_time("2026-01-05 10:00:00", "UTC") == ten);
  CHECK(parse_iso_time("2026-01-05T10:00:00Z", "Europe/Berlin") == ten);
  CHECK(parse_iso_time("2026-01-05T11:00", "Europe/Berlin") == ten);
  CHECK(parse_iso_time("2026-01-05T15:30+05:30", "UTC") == ten);
  CHECK(parse_iso_time("2026-01-05T05:00-0500", "UTC") == ten);
  CHECK(parse_iso_time("2026-01-05T10:00:00.250Z", "UTC") == ten + 250);
  CHECK(parse_iso_time("2026-01-05", "UTC") == ten - 10 * 3'600'000);
  CHECK(parse_iso_time("2026-07-05T12:00", "Europe/Berlin") ==
        parse_iso_time("2026-07-05T10:00Z", "UTC"));
  // The clocks go from two to three that night.
  CHECK(parse_iso_time("2026-03-29T02:30", "Europe/Berlin") ==
        parse_iso_time("2026-03-29T03:30", "Europe/Berlin"));
  for (const char* text : {"", "soon", "2026-02-30", "2026-01-05T", "2026-01-05T24:00",
                           "2026-01-05T10:60", "2026-01-05T10:00:00.Z", "2026-01-05T10:00+25:00",
                           "2026-01-05T10:00 ", "26-01-05", "2026-01-05T10:00+"}) {
    INFO(text);
    CHECK_FALSE(parse_iso_time(text, "UTC"));
  }
}

TEST_CASE("a moment is written so that it is read as it was") {
  CHECK(iso_time(1'767'607'200'000) == "2026-01-05T10:00:00Z");
  CHECK(iso_time(1'767'607'200'250) == "2026-01-05T10:00:00.250Z");
  CHECK(iso_time(-1) == "1969-12-31T23:59:59.999Z");
  for (const std::int64_t moment : {0LL, 951'782'399'999LL, -86'400'001LL, 4'102'444'800'000LL})
    CHECK(parse_iso_time(iso_time(moment), "UTC") == moment);
}

TEST_CASE("a time zone is one of IANA's") {
  CHECK(is_time_zone("UTC"));
  CHECK(is_time_zone("Europe/Berlin"));
  CHECK_FALSE(is_time_zone("Europe/Berlyn"));
  CHECK_FALSE(is_time_zone(""));
}

// Days as people in a time zone count them. ICU is named in calendar.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nlu {

// The ISO date of a moment (milliseconds since the Unix epoch) in an IANA time zone; one that is
// not known reads as UTC.
std::string iso_date(std::int64_t millis, const std::string& zone);
// The same with the time: "2026-11-27T18:30".
std::string iso_minute(std::int64_t millis, const std::string& zone);

// "2026-01-05T10:00:00Z"; with milliseconds where there are any.
std::string iso_time(std::int64_t millis);

// A moment as ISO 8601 has it: "2026-01-05", "2026-01-05T10:00", with seconds, with ".250", with
// "Z" or "+02:00", with a space for the "T". Without an offset it is the time in `zone`. nullopt:
// it is no such text, or no such day. A time that a clock change leaves out reads as an hour later.
std::optional<std::int64_t> parse_iso_time(std::string_view text, const std::string& zone);

// Whether `zone` is one of the IANA data base's.
bool is_time_zone(const std::string& zone);

}  // namespace nlu

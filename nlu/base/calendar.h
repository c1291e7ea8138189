// Days as people in a time zone count them. ICU is named in calendar.cc only.
#pragma once

#include <cstdint>
#include <string>

namespace nlu {

// The ISO date of a moment (milliseconds since the Unix epoch) in an IANA time zone; one that is
// not known reads as UTC.
std::string iso_date(std::int64_t millis, const std::string& zone);
// The same with the time: "2026-11-27T18:30".
std::string iso_minute(std::int64_t millis, const std::string& zone);

}  // namespace nlu

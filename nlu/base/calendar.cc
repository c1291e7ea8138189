#include "nlu/base/calendar.h"

#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <unicode/timezone.h>

namespace nlu {

namespace {

std::chrono::milliseconds local_time(std::int64_t millis, const std::string& zone) {
  std::int32_t raw = 0, daylight = 0;
  if (zone != "UTC") {
    const std::unique_ptr<icu::TimeZone> rules(
        icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone)));
    UErrorCode status = U_ZERO_ERROR;
    rules->getOffset(static_cast<UDate>(millis), false, raw, daylight, status);
    if (U_FAILURE(status)) raw = daylight = 0;
  }
  return std::chrono::milliseconds(millis + raw + daylight);
}

std::string date_of(std::chrono::milliseconds local) {
  const auto days = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

std::string iso_date(std::int64_t millis, const std::string& zone) {
  return date_of(local_time(millis, zone));
}

std::string iso_minute(std::int64_t millis, const std::string& zone) {
  const std::chrono::milliseconds local = local_time(millis, zone);
  const auto of_day = local - std::chrono::floor<std::chrono::days>(local);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(of_day).count();
  return fmt::format("{}T{:02}:{:02}", date_of(local), minutes / 60, minutes % 60);
}

}  // namespace nlu

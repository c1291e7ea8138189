#include "nlu/base/calendar.h"

#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <unicode/timezone.h>

namespace nlu {

std::string iso_date(std::int64_t millis, const std::string& zone) {
  std::int32_t raw = 0, daylight = 0;
  if (zone != "UTC") {
    const std::unique_ptr<icu::TimeZone> rules(
        icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone)));
    UErrorCode status = U_ZERO_ERROR;
    rules->getOffset(static_cast<UDate>(millis), false, raw, daylight, status);
    if (U_FAILURE(status)) raw = daylight = 0;
  }
  const std::chrono::milliseconds local(millis + raw + daylight);
  const auto days = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace nlu

#include "nlu/base/calendar.h"

#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <unicode/timezone.h>

namespace nlu {

namespace {

namespace ch = std::chrono;

// Takes `digits` digits off the front; nullopt: there are fewer.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<ch::milliseconds> take_day(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const ch::year_month_day date(ch::year(*year), ch::month(static_cast<unsigned>(*month)),
                                ch::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return ch::sys_days(date).time_since_epoch();
}

// "10:00", "10:00:30", "10:00:30.250"
std::optional<ch::milliseconds> take_clock(std::string_view& text) {
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  ch::milliseconds clock = ch::hours(*hours) + ch::minutes(*minutes);
  if (!take(text, ":")) return clock;
  const auto seconds = take_number(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  clock += ch::seconds(*seconds);
  if (!take(text, ".")) return clock;
  std::int64_t scale = 100;
  std::size_t digits = 0;
  for (auto digit = take_number(text, 1); digit; digit = take_number(text, 1), ++digits) {
    clock += ch::milliseconds(*digit * scale);  // Finer than a millisecond counts for nothing.
    scale /= 10;
  }
  return digits > 0 ? std::optional(clock) : std::nullopt;
}

// What a zone's clocks are ahead by, at a moment that they show.
ch::milliseconds offset_at(ch::milliseconds local, const std::string& zone) {
  if (zone == "UTC") return ch::milliseconds{0};
  std::int32_t raw = 0, daylight = 0;
  const std::unique_ptr<icu::TimeZone> rules(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone)));
  UErrorCode status = U_ZERO_ERROR;
  rules->getOffset(static_cast<UDate>(local.count()), true, raw, daylight, status);
  return ch::milliseconds(U_FAILURE(status) ? 0 : raw + daylight);
}

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

std::string iso_time(std::int64_t millis) {
  const ch::milliseconds moment(millis);
  const auto days = ch::floor<ch::days>(moment);
  const ch::year_month_day date{ch::sys_days(days)};
  const ch::hh_mm_ss clock(moment - days);
  const std::int64_t rest = clock.subseconds().count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     rest == 0 ? "" : fmt::format(".{:03}", rest));
}

std::optional<std::int64_t> parse_iso_time(std::string_view text, const std::string& zone) {
  auto moment = take_day(text);
  if (!moment) return std::nullopt;
  if (text.empty()) return (*moment - offset_at(*moment, zone)).count();
  if (!take(text, "T ")) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  *moment += *clock;
  if (text.empty()) return (*moment - offset_at(*moment, zone)).count();
  if (text == "Z") return moment->count();
  const bool is_behind = text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  take(text, ":");
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) return std::nullopt;
  const ch::milliseconds offset = ch::hours(*hours) + ch::minutes(*minutes);
  return (is_behind ? *moment + offset : *moment - offset).count();
}

bool is_time_zone(const std::string& zone) {
  const std::unique_ptr<icu::TimeZone> rules(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone)));
  return *rules != icu::TimeZone::getUnknown();
}

}  // namespace nlu

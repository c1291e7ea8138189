#include "dialog/hours.h"

#include <algorithm>
#include <chrono>

namespace dialog {

namespace {

// `count` digits at `at`; -1 when there are other things.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "18:30" at `at`, in minutes.
int minutes(std::string_view text, std::size_t at) {
  const int hour = digits(text, at, 2);
  const int minute = digits(text, at + 3, 2);
  if (hour < 0 || minute < 0 || minute > 59 || text[at + 2] != ':') return -1;
  const int all = hour * 60 + minute;
  return all <= 24 * 60 ? all : -1;
}

std::optional<std::chrono::year_month_day> date_of(int year, int month, int day) {
  if (year < 0 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

}  // namespace

std::optional<std::pair<int, int>> read_span(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const int begin = minutes(text, 0);
  const int end = minutes(text, 6);
  if (begin < 0 || end <= begin) return std::nullopt;
  return std::pair(begin, end);
}

bool is_holiday_date(std::string_view text) {
  constexpr int leap_year = 2024;
  if (text.size() == 5 && text[2] == '-') {
    return date_of(leap_year, digits(text, 0, 2), digits(text, 3, 2)).has_value();
  }
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         date_of(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)).has_value();
}

bool is_open(const OpeningHours& hours, const std::set<std::string>& holidays,
             std::string_view now) {
  if (now.size() < 16) return false;
  const auto date = date_of(digits(now, 0, 4), digits(now, 5, 2), digits(now, 8, 2));
  const int minute = minutes(now, 11);
  if (!date || minute < 0) return false;
  if (holidays.count(std::string(now.substr(0, 10))) != 0 ||
      holidays.count(std::string(now.substr(5, 5))) != 0) {
    return false;
  }
  const unsigned day = std::chrono::weekday(std::chrono::sys_days(*date)).iso_encoding() - 1;
  return std::any_of(hours.days[day].begin(), hours.days[day].end(), [&](const auto& span) {
    return minute >= span.first && minute < span.second;
  });
}

}  // namespace dialog

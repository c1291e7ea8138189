#include "bot/utc.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace bot {

namespace {

constexpr dialog::Millis last_moment = 253'402'300'799'999;  // Of 9999

// The digits of `text` that stand where `shape` has the letter; nullopt: none, or no digits.
std::optional<int> field(std::string_view text, std::string_view shape, char letter) {
  const std::size_t begin = shape.find(letter);
  if (begin == shape.npos) return 0;
  int value = 0;
  for (std::size_t i = begin; i < shape.size() && shape[i] == letter; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<dialog::Millis> parse_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_mark = std::string_view("-:TZ").find(shape[i]) != std::string_view::npos;
    if (is_mark && text[i] != shape[i]) return std::nullopt;
  }
  const auto year = field(text, shape, 'y'), month = field(text, shape, 'm'),
             day = field(text, shape, 'd'), hour = field(text, shape, 'h'),
             minute = field(text, shape, 'n'), second = field(text, shape, 's');
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970 || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((dialog::Millis{days} * 24 + *hour) * 60 + *minute) * 60'000 + *second * 1000;
}

}  // namespace

std::string utc_text(dialog::Millis moment) {
  const auto at = std::chrono::sys_time<std::chrono::milliseconds>{
      std::chrono::milliseconds{std::clamp<dialog::Millis>(moment, 0, last_moment)}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::optional<dialog::Millis> parse_utc(std::string_view text) {
  for (const std::string_view shape : {"yyyy-mm-dd", "yyyy-mm-ddThh:nnZ", "yyyy-mm-ddThh:nn:ssZ"}) {
    if (const auto moment = parse_shape(text, shape)) return moment;
  }
  dialog::Millis moment = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), moment);
  const bool is_whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  if (text.empty() || !is_whole || moment < 0 || moment > last_moment) return std::nullopt;
  return moment;
}

}  // namespace bot

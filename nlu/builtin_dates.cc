#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "nlu/builtin_scan.h"

namespace nlu {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

struct Term {
  std::string_view word;
  int value;
};

constexpr std::array<Term, 40> months{
    {{"january", 1},  {"jan", 1},       {"januar", 1},    {"jänner", 1},    {"february", 2},
     {"feb", 2},      {"februar", 2},   {"march", 3},     {"mar", 3},       {"märz", 3},
     {"april", 4},    {"apr", 4},       {"may", 5},       {"mai", 5},       {"june", 6},
     {"jun", 6},      {"juni", 6},      {"july", 7},      {"jul", 7},       {"juli", 7},
     {"august", 8},   {"aug", 8},       {"september", 9}, {"sep", 9},       {"sept", 9},
     {"october", 10}, {"oct", 10},      {"oktober", 10},  {"okt", 10},      {"november", 11},
     {"nov", 11},     {"december", 12}, {"dec", 12},      {"dezember", 12}, {"dez", 12}}};

constexpr std::array<Term, 14> weekdays{{{"monday", 1},
                                         {"tuesday", 2},
                                         {"wednesday", 3},
                                         {"thursday", 4},
                                         {"friday", 5},
                                         {"saturday", 6},
                                         {"sunday", 7},
                                         {"montag", 1},
                                         {"dienstag", 2},
                                         {"mittwoch", 3},
                                         {"donnerstag", 4},
                                         {"freitag", 5},
                                         {"samstag", 6},
                                         {"sonntag", 7}}};

constexpr std::array<Term, 19> relative_days{{{"the day after tomorrow", 2},
                                              {"day after tomorrow", 2},
                                              {"the day before yesterday", -2},
                                              {"day before yesterday", -2},
                                              {"tomorrow", 1},
                                              {"today", 0},
                                              {"yesterday", -1},
                                              {"heute", 0},
                                              {"übermorgen", 2},
                                              {"vorgestern", -2},
                                              {"gestern", -1},
                                              {"今天", 0},
                                              {"今日", 0},
                                              {"明天", 1},
                                              {"明日", 1},
                                              {"昨天", -1},
                                              {"大后天", 3},
                                              {"后天", 2},
                                              {"前天", -2}}};

constexpr std::array<Term, 7> han_weekdays{
    {{"一", 1}, {"二", 2}, {"三", 3}, {"四", 4}, {"五", 5}, {"六", 6}, {"日", 7}}};

template <std::size_t size>
std::optional<int> lookup(const std::array<Term, size>& terms, std::string_view word) {
  if (word.empty()) return std::nullopt;
  for (const Term& term : terms) {
    if (term.word == word) return term.value;
  }
  return std::nullopt;
}

bool has_article_in_han(const ScanText& text, std::size_t i) {
  return i >= 3 && (text.has(i - 3, "下") || text.has(i - 3, "上") || text.has(i - 3, "这"));
}

std::optional<year_month_day> parse_iso(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int y = 0;
  unsigned m = 0;
  unsigned d = 0;
  const char* p = text.data();
  if (std::from_chars(p, p + 4, y).ptr != p + 4) return std::nullopt;
  if (std::from_chars(p + 5, p + 7, m).ptr != p + 7) return std::nullopt;
  if (std::from_chars(p + 8, p + 10, d).ptr != p + 10) return std::nullopt;
  const year_month_day date{year{y}, month{m}, day{d}};
  return date.ok() ? std::optional(date) : std::nullopt;
}

// Reads one date at a place; all its tries are of bounded length.
class DateReader {
 public:
  DateReader(const ScanText& text, std::string_view today, bool eager)
      : text_(text), today_(parse_iso(today)), eager_(eager) {}

  std::optional<Found> read(std::size_t begin) {
    std::optional<year_month_day> date;
    end_ = begin;
    if (is_ascii_digit(text_.at(begin))) {
      if (text_.is_boundary(begin) && !is_inside_number(begin)) date = from_digits(begin);
    } else if (text_.is_boundary(begin)) {
      date = from_words(begin);
      if (!date) date = from_han(begin);
    }
    if (!date || !date->ok()) return std::nullopt;
    std::string value =
        fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date->year()),
                    static_cast<unsigned>(date->month()), static_cast<unsigned>(date->day()));
    value += time_of_day();
    return Found{begin, end_, std::move(value)};
  }

 private:
  bool is_inside_number(std::size_t i) const {
    if (i == 0) return false;
    const char c = text_.at(i - 1);
    return (c == '.' || c == '/' || c == '-' || c == ',') && i > 1 &&
           is_ascii_digit(text_.at(i - 2));
  }

  // Up to `most` digits at `i`, which moves behind them; nullopt when there are none or more.
  std::optional<int> digits(std::size_t& i, std::size_t most) const {
    int value = 0;
    std::size_t at = i;
    for (; is_ascii_digit(text_.at(at)); ++at) {
      if (at - i >= most) return std::nullopt;
      value = value * 10 + (text_.at(at) - '0');
    }
    if (at == i) return std::nullopt;
    i = at;
    return value;
  }

  std::optional<year_month_day> made(int y, int m, int d, std::size_t end) {
    if (m < 1 || m > 12 || d < 1 || d > 31) return std::nullopt;
    if (y < 100) y += 2000;
    if (y < 1900 || y > 2199) return std::nullopt;
    end_ = end;
    return year_month_day{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  }

  // Of the years around today's the one that brings the date nearest to today.
  std::optional<year_month_day> nearest(int m, int d, std::size_t end) {
    if (!today_) return std::nullopt;
    const int this_year = static_cast<int>(today_->year());
    std::optional<year_month_day> best;
    for (const int y : {this_year, this_year + 1, this_year - 1}) {
      const auto date = made(y, m, d, end);
      if (!date || !date->ok()) continue;
      const auto away = [&](const year_month_day& a) {
        const auto gap = (sys_days(a) - sys_days(*today_)).count();
        return gap < 0 ? -gap : gap;
      };
      if (!best || away(*date) < away(*best)) best = date;
    }
    return best;
  }

  std::optional<year_month_day> shifted(int by, std::size_t end) {
    if (!today_) return std::nullopt;
    end_ = end;
    return year_month_day{sys_days(*today_) + days{by}};
  }

  std::optional<year_month_day> from_digits(std::size_t i) {
    const std::size_t begin = i;
    const auto first = digits(i, 4);
    if (!first) return std::nullopt;
    const std::size_t width = i - begin;
    if (const auto date = han_date(*first, i)) return date;
    if (const auto date = day_then_month(*first, width, i)) return date;
    if (const auto date = days_away(*first, begin, i)) return date;
    const char separator = text_.at(i);
    if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
    const auto second = digits(++i, 2);
    if (!second || width == 3) return std::nullopt;
    if (text_.at(i) != separator) return without_year(*first, *second, width, separator, i);
    const std::size_t dot = i + 1;
    const auto third = digits(++i, width == 4 ? 2 : 4);
    if (!third) {
      return separator == '.' && width <= 2 ? nearest(*second, *first, dot) : std::nullopt;
    }
    if (!text_.is_boundary(i) && text_.at(i) != 't') return std::nullopt;
    if (width == 4) return made(*first, *second, *third, i);
    if (i - dot == 3 || i - dot == 1) return std::nullopt;
    if (*second > 12) return made(*third, *first, *second, i);  // 11/23/2026, as Americans write.
    return made(*third, *second, *first, i);
  }

  // "23/11" is a fraction or a size as well, so it is a date only as an answer.
  std::optional<year_month_day> without_year(int first, int second, std::size_t width,
                                             char separator, std::size_t end) {
    if (!eager_ || width > 2 || separator == '-' || !text_.is_boundary(end)) return std::nullopt;
    return second > 12 ? nearest(first, second, end) : nearest(second, first, end);
  }

  // "23 Nov 2026", "23rd of November", "23. November".
  std::optional<year_month_day> day_then_month(int d, std::size_t width, std::size_t i) {
    if (width > 2) return std::nullopt;
    for (const std::string_view suffix : {"st", "nd", "rd", "th", "."}) {
      if (text_.has(i, suffix)) {
        i += suffix.size();
        break;
      }
    }
    i = text_.skip_spaces(i);
    if (text_.has(i, "of ")) i = text_.skip_spaces(i + 3);
    const std::string_view word = text_.word_at(i);
    const auto m = lookup(months, word);
    if (!m) return std::nullopt;
    i += word.size();
    if (text_.at(i) == '.') ++i;
    return with_year(*m, d, i);
  }

  std::optional<year_month_day> with_year(int m, int d, std::size_t end) {
    std::size_t i = text_.skip_spaces(text_.at(end) == ',' ? end + 1 : end);
    const std::size_t begin = i;
    const auto y = digits(i, 4);
    if (y && i - begin == 4 && text_.is_boundary(i)) return made(*y, m, d, i);
    return nearest(m, d, end);
  }

  // "in 3 days", "3 days ago", 3天后; the digits are read, `i` is behind them.
  std::optional<year_month_day> days_away(int count, std::size_t begin, std::size_t i) {
    if (count > 366) return std::nullopt;
    if (text_.has(i, "天后")) return shifted(count, i + std::string_view("天后").size());
    if (text_.has(i, "天前")) return shifted(-count, i + std::string_view("天前").size());
    i = text_.skip_spaces(i);
    const std::string_view unit = text_.word_at(i);
    const bool is_week = unit == "week" || unit == "weeks";
    if (!is_week && unit != "day" && unit != "days") return std::nullopt;
    i += unit.size();
    const int by = is_week ? 7 * count : count;
    const std::size_t after = text_.skip_spaces(i);
    if (text_.word_at(after) == "ago") return shifted(-by, after + 3);
    if (text_.word_at(after) == "from" && text_.has(after, "from now"))
      return shifted(by, after + 8);
    if (begin >= 3 && text_.has(begin - 3, "in ") && text_.is_boundary(begin - 3)) {
      return shifted(by, i);
    }
    return std::nullopt;
  }

  // 11月23日 after its first number, or 2026年11月23日.
  std::optional<year_month_day> han_date(int first, std::size_t i) {
    constexpr std::size_t wide = 3;  // Bytes of a Chinese character.
    std::optional<int> y;
    int m = first;
    if (text_.has(i, "年")) {
      y = first;
      i += wide;
      const auto second = digits(i, 2);
      if (!second) return std::nullopt;
      m = *second;
    }
    if (!text_.has(i, "月")) return std::nullopt;
    i += wide;
    const auto d = digits(i, 2);
    if (!d || !(text_.has(i, "日") || text_.has(i, "号"))) return std::nullopt;
    return y ? made(*y, m, *d, i + wide) : nearest(m, *d, i + wide);
  }

  std::optional<year_month_day> from_words(std::size_t i) {
    for (const Term& term : relative_days) {
      if (!text_.has(i, term.word) || !text_.is_boundary(i + term.word.size())) continue;
      return shifted(term.value, i + term.word.size());
    }
    const std::string_view word = text_.word_at(i);
    if (const auto weekday = lookup(weekdays, word)) return on_weekday(*weekday, i, word.size());
    if (const auto m = lookup(months, word)) return month_then_day(*m, i + word.size());
    return std::nullopt;
  }

  // The next such day after today; the one before it after "last".
  std::optional<year_month_day> on_weekday(int weekday, std::size_t i, std::size_t length) {
    if (!today_) return std::nullopt;
    const auto now = static_cast<int>(std::chrono::weekday{sys_days(*today_)}.iso_encoding());
    const bool last = i >= 5 && text_.has(i - 5, "last ") && text_.is_boundary(i - 5);
    if (last) return shifted(-((now - weekday + 6) % 7 + 1), i + length);
    return shifted((weekday - now + 6) % 7 + 1, i + length);
  }

  std::optional<year_month_day> month_then_day(int m, std::size_t i) {
    if (text_.at(i) == '.') ++i;
    i = text_.skip_spaces(i);
    if (text_.has(i, "the ")) i = text_.skip_spaces(i + 4);
    const auto d = digits(i, 2);
    if (!d) return std::nullopt;
    for (const std::string_view suffix : {"st", "nd", "rd", "th"}) {
      if (text_.has(i, suffix)) {
        i += suffix.size();
        break;
      }
    }
    if (!text_.is_boundary(i)) return std::nullopt;
    return with_year(m, *d, i);
  }

  // 周三, 下周三, 上星期日.
  std::optional<year_month_day> from_han(std::size_t i) {
    if (static_cast<unsigned char>(text_.at(i)) < 0xE0 || !today_) return std::nullopt;
    int week = 0;
    std::size_t at = i;
    bool says_week = false;
    if (text_.has(at, "下")) week = 1;
    if (text_.has(at, "上")) week = -1;
    if (week != 0 || text_.has(at, "这")) {
      at += 3;
      says_week = true;
    } else if (has_article_in_han(text_, i)) {
      return std::nullopt;
    }
    std::size_t name = 0;
    for (const std::string_view term : {"星期", "礼拜", "周"}) {
      if (text_.has(at, term)) name = term.size();
    }
    if (name == 0) return std::nullopt;
    at += name;
    if (text_.has(at, "天")) return in_week(7, week, says_week, at + 3);
    for (const Term& term : han_weekdays) {
      if (text_.has(at, term.word)) return in_week(term.value, week, says_week, at + 3);
    }
    return std::nullopt;
  }

  std::optional<year_month_day> in_week(int weekday, int week, bool says_week, std::size_t end) {
    const auto now = static_cast<int>(std::chrono::weekday{sys_days(*today_)}.iso_encoding());
    if (says_week) return shifted(weekday - now + 7 * week, end);
    return shifted((weekday - now + 6) % 7 + 1, end);
  }

  // " at 14:30", "T14:30", " 2pm", 下午3点: "" when no time follows.
  std::string time_of_day() {
    std::size_t i = text_.skip_spaces(end_);
    if (text_.at(i) == 't' && i == end_) ++i;
    if (text_.at(i) == ',') i = text_.skip_spaces(i + 1);
    for (const std::string_view word : {"at ", "um "}) {
      if (text_.has(i, word)) i = text_.skip_spaces(i + word.size());
    }
    bool afternoon = false;
    for (const std::string_view word : {"下午", "晚上", "上午", "早上"}) {
      if (!text_.has(i, word)) continue;
      afternoon = word == "下午" || word == "晚上";
      i += word.size();
      break;
    }
    auto hour = digits(i, 2);
    if (!hour) return "";
    std::optional<int> minute;
    if (text_.at(i) == ':') {
      minute = digits(++i, 2);
      if (!minute) return "";
    } else if (text_.has(i, "点")) {
      i += 3;
      std::size_t after = i;
      minute = digits(after, 2).value_or(0);
      if (after != i) i = text_.has(after, "分") ? after + 3 : after;
      if (after == i && text_.has(i, "半")) minute = 30, i += 3;
    }
    const std::size_t half = text_.skip_spaces(i);
    if (text_.word_at(half) == "pm" || text_.has(half, "pm")) afternoon = true;
    const bool says_half = text_.has(half, "pm") || text_.has(half, "am");
    if (!minute && !says_half) return "";
    if (text_.has(half, "am") && *hour == 12) hour = 0;
    if (afternoon && *hour < 12) *hour += 12;
    if (says_half) i = half + 2;
    if (*hour > 23 || minute.value_or(0) > 59 || !text_.is_boundary(i)) return "";
    end_ = i;
    return fmt::format("T{:02}:{:02}", *hour, minute.value_or(0));
  }

  const ScanText& text_;
  std::optional<year_month_day> today_;
  bool eager_;
  std::size_t end_ = 0;
};

}  // namespace

std::vector<Found> find_dates(const ScanText& text, std::string_view today, bool eager) {
  std::vector<Found> found;
  DateReader reader(text, today, eager);
  for (std::size_t i = 0; i < text.size();) {
    if ((static_cast<unsigned char>(text.at(i)) & 0xC0U) == 0x80U) {
      ++i;
      continue;
    }
    std::optional<Found> date = reader.read(i);
    if (!date) {
      ++i;
      continue;
    }
    i = date->end;
    found.push_back(*std::move(date));
  }
  return found;
}

}  // namespace nlu

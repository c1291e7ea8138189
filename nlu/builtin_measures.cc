// Times of day, durations, quantities, percentages, ordinals, intervals, card numbers and IBANs.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "nlu/builtin_scan.h"

namespace nlu {
namespace {

using std::string_view_literals::operator""sv;

// The first of `words` that stands at `i`; an English one must end there.
template <class Words>
const typename Words::value_type* word_among(const ScanText& text, std::size_t i,
                                             const Words& words) {
  for (const auto& one : words) {
    const std::string_view word = one.word;
    if (!text.has(i, word)) continue;
    const bool is_english = is_ascii_letter(word.back());
    if (!is_english || !is_ascii_letter(text.at(i + word.size()))) return &one;
  }
  return nullptr;
}

// Calls `read` at each place where a word or number may begin. It returns where to go on, or 0.
template <class Read>
void scan(const ScanText& text, Read read) {
  for (std::size_t i = 0; i < text.size();) {
    const bool inside = (static_cast<unsigned char>(text.at(i)) & 0xC0U) == 0x80U;
    const std::size_t next = inside || !text.is_boundary(i) ? 0 : read(i);
    i = std::max(next, i + 1);
  }
}

std::string decimal(double value) {
  std::string text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::optional<double> to_double(const std::string& digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// ---- times of day ----

struct Hour {
  std::string_view word;
  int hour;  // 0: morning as said, 12: afternoon
};
constexpr std::array<Hour, 8> han_parts{{{"上午", 0},
                                         {"早上", 0},
                                         {"凌晨", 0},
                                         {"中午", 12},
                                         {"下午", 12},
                                         {"晚上", 12},
                                         {"傍晚", 12},
                                         {"晚间", 12}}};

// Two digits at most, at `i`, which moves behind them.
std::optional<int> short_number(const ScanText& text, std::size_t& i) {
  int value = 0;
  std::size_t at = i;
  for (; is_ascii_digit(text.at(at)); ++at) {
    if (at - i >= 2) return std::nullopt;
    value = value * 10 + (text.at(at) - '0');
  }
  if (at == i) return std::nullopt;
  i = at;
  return value;
}

// In digits, English or Chinese, below 60.
std::optional<int> spoken_number(const ScanText& text, std::size_t& i) {
  if (is_ascii_digit(text.at(i))) return short_number(text, i);
  const Found* const read = text.number_at(i);
  if (!read || read->value.size() > 2) return std::nullopt;
  const auto value = to_double(read->value);
  if (!value || *value > 59) return std::nullopt;
  i = read->end;
  return static_cast<int>(*value);
}

class TimeReader {
 public:
  explicit TimeReader(const ScanText& text) : text_(text) {}

  std::optional<Found> read(std::size_t begin) {
    end_ = begin;
    std::optional<int> minutes = digital(begin);
    if (!minutes) minutes = in_words(begin);
    if (!minutes) minutes = in_chinese(begin);
    if (!minutes || *minutes >= 24 * 60) return std::nullopt;
    return Found{begin, end_, fmt::format("{:02}:{:02}", *minutes / 60, *minutes % 60)};
  }

 private:
  // "14:30", "2:30 pm", "2pm"
  std::optional<int> digital(std::size_t begin) {
    if (!is_ascii_digit(text_.at(begin))) return std::nullopt;
    if (begin > 0 && std::string_view(":.,/").find(text_.at(begin - 1)) != std::string_view::npos)
      return std::nullopt;
    std::size_t i = begin;
    const auto hour = short_number(text_, i);
    if (!hour) return std::nullopt;
    std::optional<int> minute;
    if (text_.at(i) == ':') {
      const std::size_t first = ++i;
      minute = short_number(text_, i);
      if (!minute || *minute > 59 || i - first != 2) return std::nullopt;
      if (text_.at(i) == ':' && is_ascii_digit(text_.at(i + 1))) {
        const std::size_t seconds = ++i;
        if (!short_number(text_, i) || i - seconds != 2) return std::nullopt;
      }
    }
    const int half = half_of_day(i);
    if (!minute && half == 0) return std::nullopt;
    if (half != 0 && (*hour < 1 || *hour > 12)) return std::nullopt;
    if (is_ascii_digit(text_.at(i)) || (text_.at(i) == ':' && is_ascii_digit(text_.at(i + 1))) ||
        !text_.is_boundary(i)) {
      return std::nullopt;
    }
    end_ = i;
    return of_clock(*hour, half) * 60 + minute.value_or(0);
  }

  // 1 am, 2 pm, 0 neither; `i` moves behind it.
  int half_of_day(std::size_t& i) const {
    const std::size_t at = text_.skip_spaces(i);
    for (const auto& [word, half] :
         {std::pair{"am"sv, 1}, {"a.m."sv, 1}, {"pm"sv, 2}, {"p.m."sv, 2}}) {
      if (!text_.has(at, word) || !text_.is_boundary(at + word.size())) continue;
      i = at + word.size();
      return half;
    }
    return 0;
  }

  static int of_clock(int hour, int half) {
    if (half == 1) return hour % 12;
    if (half == 2) return hour % 12 + 12;
    return hour;
  }

  // "noon", "half past two", "quarter to five pm", "seven o'clock"
  std::optional<int> in_words(std::size_t begin) {
    const std::string_view word = text_.word_at(begin);
    if (word == "noon" || word == "midnight" || word == "midday") {
      end_ = begin + word.size();
      return word == "midnight" ? 0 : 12 * 60;
    }
    for (const auto& [phrase, shift] :
         {std::pair{"half past "sv, 30}, {"quarter past "sv, 15}, {"quarter to "sv, -15}}) {
      if (!text_.has(begin, phrase)) continue;
      std::size_t i = begin + phrase.size();
      const auto hour = spoken_number(text_, i);
      if (!hour || *hour < 1 || *hour > 23) return std::nullopt;
      const int half = half_of_day(i);
      end_ = i;
      return (of_clock(*hour, half) * 60 + shift + 24 * 60) % (24 * 60);
    }
    std::size_t i = begin;
    const auto hour = spoken_number(text_, i);
    if (!hour || *hour > 23) return std::nullopt;
    i = text_.skip_spaces(i);
    for (const std::string_view clock : {"o'clock"sv, "o\u2019clock"sv, "oclock"sv}) {
      if (!text_.has(i, clock)) continue;
      i += clock.size();
      const int half = half_of_day(i);
      end_ = i;
      return of_clock(*hour, half) * 60;
    }
    return std::nullopt;
  }

  // 下午三点半, 14点20分, 九点一刻
  std::optional<int> in_chinese(std::size_t begin) {
    std::size_t i = begin;
    const Hour* const part = word_among(text_, i, han_parts);
    if (part != nullptr) i += part->word.size();
    auto hour = spoken_number(text_, i);
    if (!hour || *hour > 24 || !(text_.has(i, "点") || text_.has(i, "點"))) return std::nullopt;
    i += "点"sv.size();
    int minute = 0;
    if (text_.has(i, "半")) {
      minute = 30, i += "半"sv.size();
    } else if (text_.has(i, "一刻") || text_.has(i, "三刻")) {
      minute = text_.has(i, "一刻") ? 15 : 45, i += "一刻"sv.size();
    } else if (text_.has(i, "钟")) {
      i += "钟"sv.size();
    } else {
      std::size_t after = i;
      if (const auto said = spoken_number(text_, after); said && text_.has(after, "分"))
        minute = *said, i = after + "分"sv.size();
      // 三点 of a lecture, 一点也不: without a part of the day only what cannot be "points".
      else if (part == nullptr && *hour < 5)
        return std::nullopt;
    }
    if (part != nullptr && part->hour == 12 && *hour < 12) *hour += 12;
    end_ = i;
    return (*hour % 24) * 60 + minute;
  }

  const ScanText& text_;
  std::size_t end_ = 0;
};

// ---- durations ----

struct Unit {
  std::string_view word;
  char unit;  // Y, M (months), W, D, H, m (minutes), S
};
constexpr std::array<Unit, 45> duration_units{
    {{"years", 'Y'},   {"year", 'Y'},   {"yrs", 'Y'},     {"months", 'M'},  {"month", 'M'},
     {"weeks", 'W'},   {"week", 'W'},   {"days", 'D'},    {"day", 'D'},     {"hours", 'H'},
     {"hour", 'H'},    {"hrs", 'H'},    {"hr", 'H'},      {"h", 'H'},       {"minutes", 'm'},
     {"minute", 'm'},  {"mins", 'm'},   {"min", 'm'},     {"seconds", 'S'}, {"second", 'S'},
     {"secs", 'S'},    {"sec", 'S'},    {"jahre", 'Y'},   {"jahr", 'Y'},    {"monate", 'M'},
     {"monat", 'M'},   {"wochen", 'W'}, {"woche", 'W'},   {"tage", 'D'},    {"tag", 'D'},
     {"stunden", 'H'}, {"stunde", 'H'}, {"minuten", 'm'}, {"个小时", 'H'},  {"小时", 'H'},
     {"个钟头", 'H'},  {"钟头", 'H'},   {"分钟", 'm'},    {"秒钟", 'S'},    {"秒", 'S'},
     {"个月", 'M'},    {"个星期", 'W'}, {"星期", 'W'},    {"周", 'W'},      {"天", 'D'}}};

// Parts of a duration, each a number of its own unit.
struct Parts {
  double years = 0, months = 0, weeks = 0, days = 0, seconds = 0;

  void add(double amount, char unit) {
    if (unit == 'Y') years += amount;
    if (unit == 'M') months += amount;
    if (unit == 'W') weeks += amount;
    if (unit == 'D') days += amount;
    if (unit == 'H') seconds += amount * 3600;
    if (unit == 'm') seconds += amount * 60;
    if (unit == 'S') seconds += amount;
  }

  // ISO 8601; weeks stand alone or count as days.
  std::string iso() const {
    const bool only_weeks = weeks > 0 && weeks == std::floor(weeks) && years == 0 && months == 0 &&
                            days == 0 && seconds == 0;
    if (only_weeks) return "P" + decimal(weeks) + "W";
    const double all_days = days + 7 * weeks;
    double rest = seconds + (all_days - std::floor(all_days)) * 86'400;
    std::string text = "P";
    if (years > 0) text += decimal(years) + "Y";
    if (months > 0) text += decimal(months) + "M";
    if (all_days >= 1) text += decimal(std::floor(all_days)) + "D";
    if (rest <= 0) return text.size() > 1 ? text : "PT0S";
    text += 'T';
    const double hours = std::floor(rest / 3600);
    rest -= hours * 3600;
    const double minutes = std::floor(rest / 60);
    rest -= minutes * 60;
    if (hours > 0) text += decimal(hours) + "H";
    if (minutes > 0) text += decimal(minutes) + "M";
    if (rest > 0) text += decimal(rest) + "S";
    return text;
  }
};

constexpr double amount_limit = 1e6;

class DurationReader {
 public:
  explicit DurationReader(const ScanText& text) : text_(text) {}

  // "two and a half hours", "2 h 30 min", "half an hour", 一个半小时
  std::optional<Found> read(std::size_t begin, std::size_t& next) {
    Parts parts;
    std::size_t end = 0;
    for (std::size_t i = begin; end == 0 || i < text_.size();) {
      const std::size_t after = read_part(i, parts, next);
      if (after == 0) break;
      end = after;
      i = text_.skip_spaces(after);
      for (const std::string_view joint : {"and "sv, "und "sv, ","sv, "零"sv, "又"sv}) {
        if (text_.has(i, joint)) i = text_.skip_spaces(i + joint.size());
      }
    }
    if (end == 0) return std::nullopt;
    next = end;
    return Found{begin, end, parts.iso()};
  }

 private:
  // Where the part at `i` ends; 0: there is none.
  std::size_t read_part(std::size_t i, Parts& parts, std::size_t& next) {
    for (const std::string_view half : {"half an "sv, "half a "sv, "半个"sv, "半"sv}) {
      if (!text_.has(i, half)) continue;
      if (const std::size_t end = unit_at(i + half.size(), 0.5, parts)) return end;
    }
    double amount = 1;
    std::size_t at = i;
    if (text_.has(i, "an ") || text_.has(i, "a ")) {
      at = i + (text_.at(i + 1) == 'n' ? 3 : 2);
    } else {
      const Found* const number = text_.number_at(i);
      if (!number) return 0;
      next = std::max(next, number->end);
      const auto value = to_double(number->value);
      if (!value || *value < 0 || *value > amount_limit) return 0;
      amount = *value;
      at = text_.skip_spaces(number->end);
    }
    if (text_.has(at, "and a half ")) {
      return unit_at(at + "and a half "sv.size(), amount + 0.5, parts);
    }
    if (text_.has(at, "个半")) return unit_at(at + "个半"sv.size(), amount + 0.5, parts);
    const std::size_t end = unit_at(at, amount, parts);
    if (end == 0) return 0;
    if (text_.has(end, " and a half")) {  // "an hour and a half"
      parts.add(0.5, last_);
      return end + " and a half"sv.size();
    }
    if (last_ == 'D' && text_.has(end, "半")) {  // 一天半
      parts.add(0.5, last_);
      return end + "半"sv.size();
    }
    return end;
  }

  std::size_t unit_at(std::size_t i, double amount, Parts& parts) {
    const Unit* const unit = word_among(text_, i, duration_units);
    if (unit != nullptr) {
      last_ = unit->unit;
      parts.add(amount, unit->unit);
      return i + unit->word.size();
    }
    if (!text_.has(i, "年") && !text_.has(i, "月")) return 0;
    if (text_.has(i, "月") && amount != 0.5) return 0;  // 半个月; 三月 is March.
    if (text_.has(i, "年") && amount > 100) return 0;   // 2026年 is a date's.
    last_ = text_.has(i, "年") ? 'Y' : 'M';
    parts.add(amount, last_);
    return i + "年"sv.size();
  }

  const ScanText& text_;
  char last_ = 0;
};

// ---- quantities and percentages ----

struct Measure {
  std::string_view word, unit;
  double times = 1;
  bool digits_only = false;  // "five m" is no length.
};
constexpr std::array<Measure, 62> measures{{{"kilograms", "kg"},   {"kilogram", "kg"},
                                            {"kilos", "kg"},       {"kilo", "kg"},
                                            {"kg", "kg"},          {"grams", "g"},
                                            {"gram", "g"},         {"mg", "mg"},
                                            {"g", "g", 1, true},   {"tonnes", "t"},
                                            {"tons", "t"},         {"lbs", "lb"},
                                            {"lb", "lb"},          {"ounces", "oz"},
                                            {"ounce", "oz"},       {"oz", "oz"},
                                            {"kilometres", "km"},  {"kilometers", "km"},
                                            {"kilometre", "km"},   {"kilometer", "km"},
                                            {"km", "km"},          {"metres", "m"},
                                            {"meters", "m"},       {"metre", "m"},
                                            {"meter", "m"},        {"centimetres", "cm"},
                                            {"centimeters", "cm"}, {"cm", "cm"},
                                            {"millimetres", "mm"}, {"millimeters", "mm"},
                                            {"mm", "mm"},          {"m", "m", 1, true},
                                            {"miles", "mi"},       {"mile", "mi"},
                                            {"feet", "ft"},        {"foot", "ft"},
                                            {"ft", "ft"},          {"inches", "in"},
                                            {"inch", "in"},        {"litres", "l"},
                                            {"liters", "l"},       {"litre", "l"},
                                            {"liter", "l"},        {"ml", "ml"},
                                            {"l", "l", 1, true},   {"kwh", "kWh"},
                                            {"gb", "GB"},          {"mb", "MB"},
                                            {"tb", "TB"},          {"degrees", "°"},
                                            {"°c", "°C"},          {"公斤", "kg"},
                                            {"千克", "kg"},        {"毫克", "mg"},
                                            {"克", "g"},           {"斤", "kg", 0.5},
                                            {"公里", "km"},        {"千米", "km"},
                                            {"厘米", "cm"},        {"毫米", "mm"},
                                            {"毫升", "ml"},        {"米", "m"}}};

struct Percent {
  std::string_view word;
};
constexpr std::array<Percent, 5> percents{{{"%"}, {"％"}, {"percent"}, {"per cent"}, {"pct"}}};

// ---- ordinals ----

struct Ordinal {
  std::string_view word;
  int value;
};
constexpr std::array<Ordinal, 27> ordinals{
    {{"first", 1},        {"second", 2},      {"third", 3},       {"fourth", 4},
     {"fifth", 5},        {"sixth", 6},       {"seventh", 7},     {"eighth", 8},
     {"ninth", 9},        {"tenth", 10},      {"eleventh", 11},   {"twelfth", 12},
     {"thirteenth", 13},  {"fourteenth", 14}, {"fifteenth", 15},  {"sixteenth", 16},
     {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
     {"thirtieth", 30},   {"fortieth", 40},   {"fiftieth", 50},   {"sixtieth", 60},
     {"seventieth", 70},  {"eightieth", 80},  {"ninetieth", 90}}};

std::optional<int> ordinal_value(std::string_view word) {
  for (const Ordinal& ordinal : ordinals) {
    if (ordinal.word == word) return ordinal.value;
  }
  return std::nullopt;
}

std::string_view suffix_of(int number) {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  constexpr std::array<std::string_view, 4> ends{"th", "st", "nd", "rd"};
  return number % 10 < 4 ? ends[static_cast<std::size_t>(number % 10)] : "th";
}

// "wait a second", "per second": of time.
bool is_second_of_time(const ScanText& text, std::size_t i) {
  for (const std::string_view before : {"a "sv, "one "sv, "per "sv, "split "sv}) {
    if (i >= before.size() && text.has(i - before.size(), before)) return true;
  }
  return false;
}

std::optional<Found> read_ordinal(const ScanText& text, std::size_t i) {
  if (text.has(i, "第")) {
    const std::size_t at = i + "第"sv.size();
    const Found* const number = text.number_at(at);
    if (!number || number->value.find('.') != std::string::npos) return std::nullopt;
    return Found{i, number->end, number->value};
  }
  if (is_ascii_digit(text.at(i))) {
    std::size_t at = i;
    int value = 0;
    for (; is_ascii_digit(text.at(at)) && at - i < 5; ++at) value = value * 10 + text.at(at) - '0';
    if (value == 0 || !text.has(at, suffix_of(value)) || !text.is_boundary(at + 2))
      return std::nullopt;
    return Found{i, at + 2, std::to_string(value)};
  }
  const std::string_view word = text.word_at(i);
  if (const auto value = ordinal_value(word)) {
    if (word == "second" && is_second_of_time(text, i)) return std::nullopt;
    return Found{i, i + word.size(), std::to_string(*value)};
  }
  const Found* const tens = text.number_at(i);  // "twenty-first"
  if (!tens || tens->value.size() != 2 || tens->value[1] != '0' || word.empty())
    return std::nullopt;
  const char joint = text.at(tens->end);
  const std::string_view ones = joint == '-' || joint == ' ' ? text.word_at(tens->end + 1) : ""sv;
  const auto value = ordinal_value(ones);
  if (!value || *value > 9) return std::nullopt;
  return Found{i, tens->end + 1 + ones.size(), std::to_string(std::stoi(tens->value) + *value)};
}

// ---- card numbers and IBANs ----

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

struct Country {
  std::string_view word;
  std::size_t length;
};
// The IBAN registry of SWIFT, release 96.
constexpr std::array<Country, 79> iban_countries{
    {{"ad", 24}, {"ae", 23}, {"al", 28}, {"at", 20}, {"az", 28}, {"ba", 20}, {"be", 16}, {"bg", 22},
     {"bh", 22}, {"br", 29}, {"by", 28}, {"ch", 21}, {"cr", 22}, {"cy", 28}, {"cz", 24}, {"de", 22},
     {"dk", 18}, {"do", 28}, {"ee", 20}, {"eg", 29}, {"es", 24}, {"fi", 18}, {"fo", 18}, {"fr", 27},
     {"gb", 22}, {"ge", 22}, {"gi", 23}, {"gl", 18}, {"gr", 27}, {"gt", 28}, {"hr", 21}, {"hu", 28},
     {"ie", 22}, {"il", 23}, {"iq", 23}, {"is", 26}, {"it", 27}, {"jo", 30}, {"kw", 30}, {"kz", 20},
     {"lb", 28}, {"lc", 32}, {"li", 21}, {"lt", 20}, {"lu", 20}, {"lv", 21}, {"ly", 25}, {"mc", 27},
     {"md", 24}, {"me", 22}, {"mk", 19}, {"mr", 27}, {"mt", 31}, {"mu", 30}, {"nl", 18}, {"no", 15},
     {"pk", 24}, {"pl", 28}, {"ps", 29}, {"pt", 25}, {"qa", 29}, {"ro", 24}, {"rs", 22}, {"sa", 24},
     {"sc", 31}, {"sd", 18}, {"se", 24}, {"si", 19}, {"sk", 24}, {"sm", 27}, {"st", 25}, {"sv", 28},
     {"tl", 23}, {"tn", 24}, {"tr", 26}, {"ua", 29}, {"va", 22}, {"vg", 24}, {"xk", 20}}};

// ISO 7064: the first four behind the rest, letters as 10 … 35, modulo 97 is 1.
bool passes_mod97(const std::string& iban) {
  int rest = 0;
  for (std::size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    const int value = is_ascii_digit(c) ? c - '0' : c - 'A' + 10;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest == 1;
}

std::optional<Found> read_iban(const ScanText& text, std::size_t begin) {
  const auto country = std::find_if(iban_countries.begin(), iban_countries.end(),
                                    [&](const Country& one) { return text.has(begin, one.word); });
  if (country == iban_countries.end()) return std::nullopt;
  std::string iban;
  std::size_t i = begin;
  for (; iban.size() < country->length; ++i) {
    const char c = text.at(i);
    if ((c == ' ' || c == '-') && text.at(i - 1) != c) continue;
    if (!is_ascii_digit(c) && !is_ascii_letter(c)) return std::nullopt;
    iban += is_ascii_letter(c) ? static_cast<char>(c - 32) : c;
  }
  if (!text.is_boundary(i) || !passes_mod97(iban)) return std::nullopt;
  return Found{begin, i, std::move(iban)};
}

// ---- intervals ----

// What stands between the two ends of an interval.
bool joins_interval(const ScanText& text, const Found& first, const Found& second) {
  if (second.begin < first.end || second.begin - first.end > 8) return false;
  const std::string_view between =
      std::string_view(text.lower()).substr(first.end, second.begin - first.end);
  for (const std::string_view joint : {" to "sv, " - "sv, "-"sv, "–"sv, " – "sv, " until "sv,
                                       " till "sv, " bis "sv, "到"sv, "至"sv, "~"sv}) {
    if (between == joint) return true;
  }
  const std::string_view before = "between "sv;
  return between == " and " && first.begin >= before.size() &&
         text.has(first.begin - before.size(), before);
}

// "3" of "3 to 5pm", as a time in the same half of the day.
std::optional<Found> bare_hour_before(const ScanText& text, const Found& time) {
  for (const std::string_view joint : {" to "sv, " - "sv, "-"sv, " and "sv, " until "sv}) {
    if (time.begin < joint.size() + 1 || !text.has(time.begin - joint.size(), joint)) continue;
    const std::size_t end = time.begin - joint.size();
    std::size_t begin = end;
    while (begin > 0 && end - begin < 2 && is_ascii_digit(text.at(begin - 1))) --begin;
    if (begin == end || !text.is_boundary(begin)) continue;
    const int hour = std::stoi(std::string(text.original().substr(begin, end - begin)));
    const int until = std::stoi(time.value.substr(0, 2));
    if (hour < 1 || hour > 12 || text.lower()[time.end - 1] != 'm') continue;  // "pm", "am"
    const int same_half = hour % 12 + (until >= 12 ? 12 : 0);
    const int here = same_half <= until ? same_half : hour % 12;
    return Found{begin, end, fmt::format("{:02}:00", here)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Found> find_times(const ScanText& text) {
  std::vector<Found> found;
  TimeReader reader(text);
  scan(text, [&](std::size_t i) -> std::size_t {
    if (auto time = reader.read(i)) {
      found.push_back(*std::move(time));
      return found.back().end;
    }
    const Found* const number = text.number_at(i);  // Not again from within it.
    return number ? number->end : skip_number(text, i);
  });
  return found;
}

std::vector<Found> find_durations(const ScanText& text) {
  std::vector<Found> found;
  DurationReader reader(text);
  scan(text, [&](std::size_t i) -> std::size_t {
    std::size_t next = skip_number(text, i);
    if (auto duration = reader.read(i, next)) found.push_back(*std::move(duration));
    return next;
  });
  return found;
}

std::vector<Found> find_quantities(const ScanText& text) {
  std::vector<Found> found;
  scan(text, [&](std::size_t i) -> std::size_t {
    const Found* const number = text.number_at(i);
    if (!number) return skip_number(text, i);
    const Measure* const measure = word_among(text, text.skip_spaces(number->end), measures);
    const auto value = to_double(number->value);
    const bool fits =
        measure != nullptr && value && (!measure->digits_only || is_ascii_digit(text.at(i)));
    if (!fits) return number->end;
    const std::size_t end = text.skip_spaces(number->end) + measure->word.size();
    if (!text.is_boundary(end)) return number->end;
    found.push_back({i, end, decimal(*value * measure->times) + " " + std::string(measure->unit)});
    return end;
  });
  return found;
}

std::vector<Found> find_percentages(const ScanText& text) {
  std::vector<Found> found;
  scan(text, [&](std::size_t i) -> std::size_t {
    constexpr std::string_view han = "百分之";
    const bool is_han = text.has(i, han);
    const Found* const number = text.number_at(is_han ? i + han.size() : i);
    if (!number) return is_han ? i + han.size() : skip_number(text, i);
    const Percent* const sign =
        is_han ? nullptr : word_among(text, text.skip_spaces(number->end), percents);
    if (!is_han && sign == nullptr) return number->end;
    const std::size_t end =
        is_han ? number->end : text.skip_spaces(number->end) + sign->word.size();
    const bool minus =
        !is_han && i > 0 && text.at(i - 1) == '-' && (i == 1 || text.at(i - 2) == ' ');
    found.push_back({minus ? i - 1 : i, end, (minus ? "-" : "") + number->value});
    return end;
  });
  return found;
}

std::vector<Found> find_ordinals(const ScanText& text) {
  std::vector<Found> found;
  scan(text, [&](std::size_t i) -> std::size_t {
    if (auto ordinal = read_ordinal(text, i)) {
      found.push_back(*std::move(ordinal));
      return found.back().end;
    }
    return skip_number(text, i);
  });
  return found;
}

std::vector<Found> find_cards(const ScanText& text) {
  std::vector<Found> found;
  scan(text, [&](std::size_t begin) -> std::size_t {
    if (!is_ascii_digit(text.at(begin))) return 0;
    std::string digits;
    std::size_t end = begin;
    for (std::size_t i = begin; i < text.size() && digits.size() <= 19; ++i) {
      const char c = text.at(i);
      if (is_ascii_digit(c)) {
        digits += c;
        end = i + 1;
      } else if ((c != ' ' && c != '-') || !is_ascii_digit(text.at(i + 1))) {
        break;
      }
    }
    const bool is_card = digits.size() >= 13 && digits.size() <= 19 && digits[0] >= '2' &&
                         digits[0] <= '6' && text.is_boundary(end) && passes_luhn(digits);
    if (is_card) {
      found.push_back({begin, end, "**** " + digits.substr(digits.size() - 4)});
      return end;
    }
    std::size_t next = begin;  // The next group may begin one.
    while (is_ascii_digit(text.at(next))) ++next;
    return next;
  });
  return found;
}

std::vector<Found> find_ibans(const ScanText& text) {
  std::vector<Found> found;
  scan(text, [&](std::size_t i) -> std::size_t {
    auto iban = is_ascii_letter(text.at(i)) ? read_iban(text, i) : std::nullopt;
    if (!iban) return 0;
    found.push_back(*std::move(iban));
    return found.back().end;
  });
  return found;
}

std::vector<Found> find_intervals(const ScanText& text, const std::vector<Found>& dates,
                                  const std::vector<Found>& times) {
  std::vector<Found> found;
  for (const std::vector<Found>* ends : {&dates, &times}) {
    for (std::size_t i = 0; i + 1 < ends->size(); ++i) {
      const Found &first = (*ends)[i], &second = (*ends)[i + 1];
      if (!joins_interval(text, first, second)) continue;
      found.push_back({first.begin, second.end, first.value + "/" + second.value});
      ++i;
    }
  }
  for (const Found& time : times) {
    const auto hour = bare_hour_before(text, time);
    if (hour) found.push_back({hour->begin, time.end, hour->value + "/" + time.value});
  }
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.begin < b.begin; });
  return found;
}

}  // namespace nlu

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "nlu/base/unicode.h"
#include "nlu/builtin_scan.h"

namespace nlu {
namespace {

using std::string_view_literals::operator""sv;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Is the character that begins at `i` a letter or digit of an alphabet?
bool is_wordy(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c < 0x80) return is_ascii_digit(text[i]) || is_ascii_letter(text[i]);
  // Two bytes: Latin with accents, Greek, Cyrillic, Hebrew, Arabic; but not U+0080 to U+00BF.
  return c >= 0xC3 && c <= 0xDF;
}

struct NumberWord {
  std::string_view word;
  int value;
};

constexpr std::array<NumberWord, 28> small_numbers{
    {{"zero", 0},     {"one", 1},      {"two", 2},        {"three", 3},     {"four", 4},
     {"five", 5},     {"six", 6},      {"seven", 7},      {"eight", 8},     {"nine", 9},
     {"ten", 10},     {"eleven", 11},  {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},
     {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},
     {"twenty", 20},  {"thirty", 30},  {"forty", 40},     {"fifty", 50},    {"sixty", 60},
     {"seventy", 70}, {"eighty", 80},  {"ninety", 90}}};

std::optional<int> small_number(std::string_view word) {
  for (const NumberWord& number : small_numbers) {
    if (number.word == word) return number.value;
  }
  return std::nullopt;
}

// "two hundred and fifty-one" at a word's beginning, word by word.
class EnglishNumber {
 public:
  explicit EnglishNumber(const ScanText& text) : text_(text) {}

  std::optional<Found> read(std::size_t begin) {
    std::size_t at = begin;
    end_ = 0;
    for (std::string_view word = text_.word_at(at); !word.empty(); word = text_.word_at(at)) {
      if (!take(word, at)) break;
      at = text_.skip_spaces(at + word.size() + (text_.at(at + word.size()) == '-' ? 1 : 0));
    }
    if (end_ == 0) return std::nullopt;
    return Found{begin, end_, std::to_string(total_ + current_)};
  }

 private:
  bool take(std::string_view word, std::size_t at) {
    if (const auto small = small_number(word)) {
      if (last_ == 1 || (last_ == 10 && (*small >= 10 || *small == 0)) || *small + current_ > 999) {
        return false;
      }
      current_ += *small;
      last_ = *small >= 20 ? 10 : 1;
    } else if (word == "hundred" && current_ < 10 && last_ != 10) {
      if (last_ == 0 && !article_) return false;
      current_ = std::max(current_, 1) * 100;
      last_ = 100;
    } else if (word == "thousand" && total_ == 0 && (last_ != 0 || article_)) {
      total_ = std::max(current_, 1) * 1000;
      current_ = 0;
      last_ = 1000;
    } else if (word == "and" && last_ >= 100) {
      return true;  // The end stays before it, unless a number follows.
    } else if (word == "a" && last_ == 0 && !article_) {
      article_ = true;
      return true;
    } else {
      return false;
    }
    end_ = at + word.size();
    return true;
  }

  const ScanText& text_;
  std::size_t end_ = 0;
  int total_ = 0;
  int current_ = 0;
  int last_ = 0;  // Size of the last word: 1, 10, 100, 1000.
  bool article_ = false;
};

struct HanNumber {
  std::string_view character;
  std::int64_t value;
};

constexpr std::array<HanNumber, 17> han_numbers{{{"零", 0},
                                                 {"〇", 0},
                                                 {"一", 1},
                                                 {"二", 2},
                                                 {"两", 2},
                                                 {"三", 3},
                                                 {"四", 4},
                                                 {"五", 5},
                                                 {"六", 6},
                                                 {"七", 7},
                                                 {"八", 8},
                                                 {"九", 9},
                                                 {"十", 10},
                                                 {"百", 100},
                                                 {"千", 1000},
                                                 {"万", 10000},
                                                 {"亿", 100000000}}};

std::optional<std::int64_t> han_number(const ScanText& text, std::size_t i) {
  for (const HanNumber& number : han_numbers) {
    if (text.has(i, number.character)) return number.value;
  }
  return std::nullopt;
}

// 二十三, 一百零五, 两万三千; without units digit by digit: 一〇四二三.
std::optional<std::string> han_value(const std::vector<std::int64_t>& parts) {
  if (parts.size() > 16) return std::nullopt;
  if (std::all_of(parts.begin(), parts.end(), [](std::int64_t p) { return p < 10; })) {
    std::string digits;
    for (const std::int64_t part : parts) digits += static_cast<char>('0' + part);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return digits;
  }
  std::int64_t total = 0;
  std::int64_t section = 0;
  std::int64_t digit = -1;
  for (const std::int64_t part : parts) {
    if (part < 10) {
      if (digit > 0) return std::nullopt;  // 二三十 is "twenty or thirty".
      digit = part;
    } else if (part < 10000) {
      if (digit < 0 && part != 10) return std::nullopt;
      section += (digit < 0 ? 1 : digit) * part;
      digit = -1;
    } else {
      total = (total + section + std::max<std::int64_t>(digit, 0)) * part;
      if (total == 0 || total > 1'000'000'000'000'000) return std::nullopt;
      section = 0;
      digit = -1;
    }
  }
  return std::to_string(total + section + std::max<std::int64_t>(digit, 0));
}

// Does what follows count things, so that a lone numeral is meant as one?
bool is_counted(const ScanText& text, std::size_t end) {
  for (const std::string_view word :
       {"个"sv, "件"sv, "号"sv, "天"sv, "块"sv, "元"sv, "次"sv, "双"sv, "本"sv,
        "张"sv, "台"sv, "部"sv, "只"sv, "条"sv, "份"sv, "盒"sv, "瓶"sv, "套"sv,
        "位"sv, "款"sv, "周"sv, "年"sv, "月"sv, "点"sv, "包"sv, "箱"sv}) {
    if (text.has(end, word)) return true;
  }
  return false;
}

std::optional<Found> read_han(const ScanText& text, std::size_t begin, bool eager,
                              std::size_t& next) {
  std::vector<std::int64_t> parts;
  std::size_t at = begin;
  for (auto part = han_number(text, at); part; part = han_number(text, at)) {
    parts.push_back(*part);
    at += 3;
  }
  if (parts.empty()) return std::nullopt;
  next = at;
  if (parts.size() == 1 && !eager && !is_counted(text, at)) return std::nullopt;
  for (const std::string_view idiom : {"一一"sv, "十分"sv, "万一"sv, "千万"sv}) {
    if (text.has(begin, idiom) && !eager) return std::nullopt;
  }
  const auto value = han_value(parts);
  if (!value) return std::nullopt;
  return Found{begin, at, *value};
}

// Is there one group of up to three digits, and then only groups of exactly three?
bool is_grouped(const std::vector<std::string>& groups) {
  if (groups[0].size() > 3 || groups[0] == "0") return false;
  return std::all_of(groups.begin() + 1, groups.end(),
                     [](const std::string& group) { return group.size() == 3; });
}

std::string joined(const std::vector<std::string>& groups) {
  std::string all;
  for (const std::string& group : groups) all += group;
  return all;
}

std::string without_zeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

// What groups of digits with these separators between them mean.
std::optional<Digits> digits_value(std::vector<std::string> groups, const std::string& separators) {
  Digits out;
  if (separators.empty()) {
    out.value = without_zeros(groups[0]);
    return out;
  }
  const char last = separators.back();
  const auto times = std::count(separators.begin(), separators.end(), last);
  const bool one_kind = times == static_cast<std::ptrdiff_t>(separators.size());
  const bool grouped = is_grouped(groups);
  const bool is_fraction = one_kind ? times == 1 && !(last == ',' && grouped) : times == 1;
  if (!is_fraction) {
    if (!one_kind || !grouped) return std::nullopt;
    out.value = without_zeros(joined(groups));
    return out;
  }
  out.maybe_grouped = one_kind && grouped;
  const std::string fraction = groups.back();
  groups.pop_back();
  if (groups.size() > 1 && !is_grouped(groups)) return std::nullopt;
  out.value = without_zeros(joined(groups)) + "." + fraction;
  return out;
}

}  // namespace

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

ScanText::ScanText(std::string_view text) : original_(text), lower_(text) {
  for (char& c : lower_) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
}

bool ScanText::is_boundary(std::size_t i) const {
  if (i == 0 || i >= lower_.size()) return true;
  std::size_t before = i - 1;
  while (before > 0 && i - before < 4 && is_continuation(lower_[before])) --before;
  return !is_wordy(lower_, before) || !is_wordy(lower_, i);
}

std::size_t ScanText::skip_spaces(std::size_t i) const {
  while (i < lower_.size() && (lower_[i] == ' ' || has(i, "\xC2\xA0"))) {
    i += lower_[i] == ' ' ? 1 : 2;
  }
  return std::min(i, lower_.size());
}

std::string_view ScanText::word_at(std::size_t i) const {
  if (i >= lower_.size() || !is_boundary(i)) return {};
  std::size_t end = i;
  while (end < lower_.size() && is_wordy(lower_, end) && !is_ascii_digit(lower_[end])) {
    end += static_cast<unsigned char>(lower_[end]) < 0x80 ? 1 : 2;
  }
  return std::string_view(lower_).substr(i, end - i);
}

std::optional<Digits> read_digits(const ScanText& text, std::size_t i) {
  std::vector<std::string> groups;
  std::string separators;
  std::size_t total = 0;
  for (;;) {
    std::string& group = groups.emplace_back();
    while (is_ascii_digit(text.at(i))) group += text.at(i++);
    total += group.size();
    const char c = text.at(i);
    if ((c != '.' && c != ',' && c != '\'') || !is_ascii_digit(text.at(i + 1))) break;
    separators += c;
    ++i;
  }
  if (groups[0].empty() || total > 18) return std::nullopt;
  auto digits = digits_value(std::move(groups), separators);
  if (digits) digits->end = i;
  return digits;
}

namespace {

std::optional<Found> read_number(const ScanText& text, std::size_t i) {
  if (is_ascii_digit(text.at(i))) {
    auto digits = read_digits(text, i);
    if (!digits) return std::nullopt;
    return Found{i, digits->end, std::move(digits->value)};
  }
  if (is_ascii_letter(text.at(i))) return EnglishNumber(text).read(i);
  std::size_t next = i;
  return read_han(text, i, true, next);
}

}  // namespace

const Found* ScanText::number_at(std::size_t i) const {
  if (i >= lower_.size()) return nullptr;
  if (number_places_.empty()) number_places_.assign(lower_.size(), -2);
  std::int32_t& place = number_places_[i];
  if (place == -2) {
    place = -1;
    if (auto number = read_number(*this, i)) {
      place = static_cast<std::int32_t>(numbers_.size());
      numbers_.push_back(*std::move(number));
    }
  }
  return place < 0 ? nullptr : &numbers_[static_cast<std::size_t>(place)];
}

std::size_t skip_number(const ScanText& text, std::size_t i) {
  while (is_ascii_digit(text.at(i)) ||
         (i > 0 && is_ascii_digit(text.at(i - 1)) && is_ascii_digit(text.at(i + 1)) &&
          (text.at(i) == '.' || text.at(i) == ',' || text.at(i) == '\''))) {
    ++i;
  }
  while (han_number(text, i)) i += 3;
  return i;
}

std::vector<Found> find_numbers(const ScanText& text, bool eager) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < text.size();) {
    std::optional<Found> one;
    std::size_t next = i + 1;
    if (is_ascii_digit(text.at(i))) {
      const auto digits = read_digits(text, i);
      while (is_ascii_digit(text.at(next)) || ((text.at(next) == '.' || text.at(next) == ',') &&
                                               is_ascii_digit(text.at(next + 1)))) {
        ++next;  // Also what is no number is behind us then.
      }
      const bool minus = i > 0 && text.at(i - 1) == '-' &&
                         (i == 1 || text.at(i - 2) == ' ' || text.at(i - 2) == '(');
      const bool glued = i > 0 && !minus && (text.at(i - 1) == '-' || text.at(i - 1) == '_');
      if (digits && text.is_boundary(i) && text.is_boundary(digits->end) && !glued) {
        one = Found{minus ? i - 1 : i, digits->end, (minus ? "-" : "") + digits->value};
        next = digits->end;
      }
    } else if (is_ascii_letter(text.at(i))) {
      const std::string_view word = text.word_at(i);
      one = EnglishNumber(text).read(i);
      if (one && !eager && text.has(i, "one") && one->end == i + 3) one.reset();  // "the blue one"
      next = one ? one->end : i + std::max<std::size_t>(word.size(), 1);
    } else {
      one = read_han(text, i, eager, next);
    }
    if (one) found.push_back(*std::move(one));
    i = next;
  }
  return found;
}

}  // namespace nlu

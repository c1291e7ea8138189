// The scanners behind builtin_entities.h: each looks through a whole text once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nlu {

struct Found {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string value;
};

// A text, its ASCII letters made small (so offsets stay), and where its words are. All scanners
// share it.
class ScanText {
 public:
  explicit ScanText(std::string_view text);

  const std::string& lower() const { return lower_; }
  std::string_view original() const { return original_; }
  std::size_t size() const { return lower_.size(); }
  char at(std::size_t i) const { return i < lower_.size() ? lower_[i] : '\0'; }
  bool has(std::size_t i, std::string_view what) const {
    // Most are asked about in vain: the first byte tells.
    return !what.empty() && at(i) == what[0] &&
           std::string_view(lower_).substr(i, what.size()) == what;
  }
  // No letter or digit of an alphabet (Chinese characters are none) goes on across `i`.
  bool is_boundary(std::size_t i) const;
  std::size_t skip_spaces(std::size_t i) const;
  // The letters (of any alphabet but Chinese) that begin at `i`; empty in the middle of a word.
  std::string_view word_at(std::size_t i) const;
  // The number that begins at `i`, in digits, English or Chinese; what follows may be glued to it
  // ("5kg"). Each place is read once, however many scanners ask; hence not for several threads.
  const Found* number_at(std::size_t i) const;

 private:
  std::string_view original_;
  std::string lower_;
  mutable std::vector<std::int32_t> number_places_;  // In numbers_; -1 none, -2 not read yet
  mutable std::vector<Found> numbers_;
};

bool is_ascii_digit(char c);
bool is_ascii_letter(char c);

// A number in digits at `i`, with separators: "1,234.50", "1.234,50", "59,90".
struct Digits {
  std::size_t end = 0;
  std::string value;           // "1234.50"
  bool maybe_grouped = false;  // "1.234": 1234 in Germany.
};
std::optional<Digits> read_digits(const ScanText& text, std::size_t i);

// Where the digits or numerals at `i` end, whether they are a number or not; `i` without any.
std::size_t skip_number(const ScanText& text, std::size_t i);

// `eager`: the text answers a question for one, so that "one" and 一 are numbers, too.
std::vector<Found> find_numbers(const ScanText& text, bool eager);
std::vector<Found> find_dates(const ScanText& text, std::string_view today, bool eager);
std::vector<Found> find_times(const ScanText& text);
std::vector<Found> find_durations(const ScanText& text);
std::vector<Found> find_quantities(const ScanText& text);
std::vector<Found> find_percentages(const ScanText& text);
std::vector<Found> find_ordinals(const ScanText& text);
std::vector<Found> find_cards(const ScanText& text);
std::vector<Found> find_ibans(const ScanText& text);
// From one of `dates` or `times`, which are in the text's order, to the next.
std::vector<Found> find_intervals(const ScanText& text, const std::vector<Found>& dates,
                                  const std::vector<Found>& times);

}  // namespace nlu

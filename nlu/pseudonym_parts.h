// What nlu/pseudonyms.cc is made of; for it alone.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/pseudonyms.h"

namespace nlu::pseudonym {

enum class Kind {
  email,
  url,
  card,
  iban,
  phone,
  date,         // With a year
  code,         // Letters and digits mixed: both change
  number,       // Digits, marks between them
  name,         // One word
  han_name,     // Surname first
  place,        // One word: a town
  address,      // House number, street and what stands with them
  han_address,  // The same in Chinese
};
std::string_view kind_name(Kind kind);

struct Finding {
  Span span;
  Kind kind = Kind::number;
};

// What is personal in the text, by place, without overlaps.
std::vector<Finding> find_personal(std::string_view text, std::span<const Entity> entities,
                                   std::span<const std::string> names, const PseudonymRules& rules);

// ---- characters ----

// The value of a decimal digit (ASCII, full-width, Arabic, Persian, Devanagari); -1: none.
int digit_value(char32_t code);
int spoken_digit(char32_t code);  // Of 〇, 零, 一 … 九, 幺
// The digit of that value in the same script.
char32_t same_digit(char32_t of, int value);
bool is_upper(std::string_view letter);

// A stretch of letters with ' and - inside; Chinese characters are none.
struct LetterWord {
  std::size_t begin = 0, end = 0;
  bool capital = false;      // The first letter
  bool all_capital = false;  // Every letter, of two at least
  bool starts = false;       // A sentence
  std::string folded;
};
std::vector<LetterWord> letter_words(std::string_view text);

// ---- word lists ----

std::span<const std::string_view> given_names();  // Made up or common; nobody's.
std::span<const std::string_view> family_names();
std::span<const std::string_view> towns();
std::span<const std::string_view> streets();       // Without "Street"
std::span<const std::string_view> han_surnames();  // Those written by most people
std::span<const std::string_view> han_given();     // One character each
std::span<const std::string_view> han_places();    // Two characters each
bool is_street_word(std::string_view folded);      // "street", "avenue", "road", …
// Written with a capital and no name: days, months, countries, languages, ways to pay.
bool is_capitalised_word(std::string_view folded);
bool is_common_word(std::string_view folded);  // "the", "angry", "waiting", …

}  // namespace nlu::pseudonym

// Text as people write it: normal forms, words, scripts. ICU is named in unicode.cc only.
//
// Positions are byte offsets into UTF-8. Functions take any bytes; what is not UTF-8 reads as
// U+FFFD. All are pure and may be called from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nlu {

bool is_utf8(std::string_view text);
std::size_t count_characters(std::string_view text);                  // Code points.
std::string truncate(std::string_view text, std::size_t characters);  // Never cuts a character.

// NFKC, case-folded, spaces collapsed: what two spellings of one word have in common.
std::string fold(std::string_view text);

// A word and where it stands in the text it was taken from.
struct Word {
  std::string folded;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Words by ICU's break iterator (UAX #29, dictionaries for Chinese, Japanese and Thai); punctuation
// marks are words of their own, spaces are none. At most `limit` words.
std::vector<Word> split_words(std::string_view text, std::size_t limit = 512);

bool has_han(std::string_view text);

// What BERT's basic tokenizer tells apart.
enum class CharacterKind {
  other,
  space,
  control,      // Of Unicode's categories C…, but for tab and line ends, which are spaces
  punctuation,  // Of the categories P…, and all of ASCII's marks
  chinese,      // CJK ideographs
};
struct Character {
  char32_t code = 0;    // U+FFFD for bytes that are not UTF-8.
  std::size_t end = 0;  // The byte after it.
  CharacterKind kind = CharacterKind::other;
};
Character character_at(std::string_view text, std::size_t at);  // `at` is less than its size.

// Appends the character in lower case and without what is above or below its letters (NFD, less
// nonspacing marks), as asked.
void append_simplified(char32_t character, bool strip_accents, bool lowercase, std::string& out);

// The script of the first letter, by ISO 15924: "Latn", "Hani", "Hira", "Cyrl". "" when there is
// none, or only letters of all scripts, such as the prolonged sound mark of Japanese.
std::string_view script_of(std::string_view text);

}  // namespace nlu

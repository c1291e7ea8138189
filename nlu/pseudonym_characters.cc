// Letters, digits and words as nlu/pseudonyms.cc sees them.
#include "nlu/pseudonym_parts.h"

namespace nlu::pseudonym {
namespace {

constexpr std::u32string_view han_digits = U"零一二三四五六七八九";  // And 〇, 幺
constexpr char32_t digit_zeros[] = {U'0', U'\uff10', U'\u0660', U'\u06f0', U'\u0966'};

bool is_letter(const Character& character) {
  const char32_t code = character.code;
  if (code < 0x80) return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  if (code < 0xc0 || code == 0xd7 || code == 0xf7 || code == 0xfffd) return false;
  return character.kind == CharacterKind::other && digit_value(code) < 0 && code < 0x2000;
}

}  // namespace

int digit_value(char32_t code) {
  for (const char32_t zero : digit_zeros) {
    if (code >= zero && code < zero + 10) return static_cast<int>(code - zero);
  }
  return -1;
}

int spoken_digit(char32_t code) {
  if (code == U'〇') return 0;
  if (code == U'幺') return 1;
  const std::size_t at = han_digits.find(code);
  return at == han_digits.npos ? -1 : static_cast<int>(at);
}

char32_t same_digit(char32_t of, int value) {
  for (const char32_t zero : digit_zeros) {
    if (of >= zero && of < zero + 10) return zero + static_cast<char32_t>(value);
  }
  return han_digits[static_cast<std::size_t>(value)];
}

std::vector<LetterWord> letter_words(std::string_view text) {
  std::vector<LetterWord> words;
  bool starts = true;
  for (std::size_t at = 0; at < text.size();) {
    Character one = character_at(text, at);
    if (!is_letter(one)) {
      if (one.code == '.' || one.code == '!' || one.code == '?' || one.code == '\n' ||
          one.code == U'。' || one.code == U'！' || one.code == U'？' || one.code == ':') {
        starts = true;
      } else if (one.kind == CharacterKind::other || one.kind == CharacterKind::chinese) {
        starts = false;  // A digit or a Chinese character begins the sentence as well as a word.
      }
      at = one.end;
      continue;
    }
    LetterWord word{at, at, false, true, starts, ""};
    std::size_t letters = 0;
    while (at < text.size()) {
      one = character_at(text, at);
      const bool joins = one.code == '\'' || one.code == U'’' || one.code == '-';
      if (joins && (one.end >= text.size() || !is_letter(character_at(text, one.end)))) break;
      if (!joins && !is_letter(one)) break;
      if (!joins) {
        const bool upper = is_upper(text.substr(at, one.end - at));
        if (letters == 0) word.capital = upper;
        word.all_capital = word.all_capital && upper;
        ++letters;
      }
      at = one.end;
    }
    word.end = at;
    word.all_capital = word.all_capital && letters >= 2;
    word.folded = fold(text.substr(word.begin, word.end - word.begin));
    words.push_back(std::move(word));
    starts = false;
  }
  return words;
}

bool is_upper(std::string_view letter) {
  if (letter.size() == 1) return letter[0] >= 'A' && letter[0] <= 'Z';
  return letter != "ß" && fold(letter) != letter;
}

}  // namespace nlu::pseudonym

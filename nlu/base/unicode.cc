#include "nlu/base/unicode.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

namespace nlu {
namespace {

// ICU counts in int32_t. Nothing this long comes through our limits; the rest would be ignored.
constexpr std::size_t icu_limit = std::numeric_limits<std::int32_t>::max() / 4;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The character at `i`, which moves behind it; negative when the bytes there are not UTF-8.
UChar32 next_character(std::string_view text, std::int32_t& i) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  UChar32 c = 0;
  U8_NEXT(bytes, i, size, c);
  return c;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
// ICU 72 counts @ among the letters, so that "anna@example.org" is one word.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '@' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_wordy(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string collapse_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += lower(c);
  }
  return out;
}

std::string collapse(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t begin = i;
    const UChar32 c = next_character(text, i);
    if (u_isUWhiteSpace(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out.append(text, static_cast<std::size_t>(begin), static_cast<std::size_t>(i - begin));
  }
  return out;
}

// The bytes, with U+FFFD for what is not UTF-8.
std::string repaired(std::string_view text) {
  std::string out;
  const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
  icu::UnicodeString::fromUTF8(piece).toUTF8String(out);
  return out;
}

const icu::Normalizer2& nfkc_casefold() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status)) throw std::runtime_error("ICU's data for NFKC are missing");
  return *normalizer;
}

// May `text[i]` join the word letters on its left and right, as in "don't" or "59.90"?
bool joins(std::string_view text, std::size_t i) {
  if (i == 0 || i + 1 >= text.size()) return false;
  const char c = text[i];
  const char left = text[i - 1];
  const char right = text[i + 1];
  if (is_letter(left) && is_letter(right)) return c == '.' || c == '\'';
  if (is_digit(left) && is_digit(right)) return c == '.' || c == '\'' || c == ',' || c == ';';
  return false;
}

// What ICU would say of ASCII text (UAX #29), without the cost of asking it.
std::vector<Word> split_ascii(std::string_view text, std::size_t limit) {
  std::vector<Word> words;
  std::size_t i = 0;
  while (i < text.size() && words.size() < limit) {
    const std::size_t begin = i++;
    if (is_wordy(text[begin])) {
      while (i < text.size() && (is_wordy(text[i]) || joins(text, i))) ++i;
    } else if (is_space(text[begin]) || text[begin] < ' ' || text[begin] == 0x7F) {
      continue;
    }
    words.push_back({collapse_ascii(text.substr(begin, i - begin)), begin, i});
  }
  return words;
}

// A break iterator is not safe to share, and costs too much to make for every utterance.
icu::BreakIterator& break_iterator() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) throw std::runtime_error("ICU's data for word breaks are missing");
    return made;
  }();
  return *iterator;
}

bool is_blank(std::string_view segment) {
  const auto size = static_cast<std::int32_t>(segment.size());
  for (std::int32_t i = 0; i < size;) {
    const UChar32 c = next_character(segment, i);
    if (c < 0 || !(u_isUWhiteSpace(c) || u_iscntrl(c))) return false;
  }
  return true;
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

}  // namespace

bool is_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      ++at;
      continue;
    }
    const auto left = static_cast<std::size_t>(std::min<std::ptrdiff_t>(end - at, 4));
    std::int32_t i = 0;
    if (next_character({at, left}, i) < 0) return false;
    at += i;
  }
  return true;
}

std::size_t count_characters(std::string_view text) {
  text = text.substr(0, icu_limit);
  const auto size = static_cast<std::int32_t>(text.size());
  std::size_t count = 0;
  for (std::int32_t i = 0; i < size; ++count) {
    U8_FWD_1(text.data(), i, size);
  }
  return count;
}

std::string truncate(std::string_view text, std::size_t characters) {
  text = text.substr(0, icu_limit);
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t i = 0;
  for (std::size_t count = 0; i < size && count < characters; ++count) {
    U8_FWD_1(text.data(), i, size);
  }
  return std::string(text.substr(0, static_cast<std::size_t>(i)));
}

std::string fold(std::string_view text) {
  if (is_ascii(text)) return collapse_ascii(text);
  text = text.substr(0, icu_limit);
  std::string valid;
  if (!is_utf8(text)) text = valid = repaired(text);
  UErrorCode status = U_ZERO_ERROR;
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded);
  const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
  nfkc_casefold().normalizeUTF8(0, piece, sink, nullptr, status);
  if (U_FAILURE(status)) throw std::runtime_error("ICU cannot normalise");
  return collapse(folded);
}

std::vector<Word> split_words(std::string_view text, std::size_t limit) {
  if (is_ascii(text)) return split_ascii(text, limit);
  text = text.substr(0, icu_limit);
  std::vector<Word> words;
  UErrorCode status = U_ZERO_ERROR;
  UText storage = UTEXT_INITIALIZER;
  const std::unique_ptr<UText, CloseText> source(
      utext_openUTF8(&storage, text.data(), static_cast<std::int64_t>(text.size()), &status));
  icu::BreakIterator& iterator = break_iterator();
  iterator.setText(source.get(), status);
  if (U_FAILURE(status)) throw std::runtime_error("ICU cannot split into words");
  std::int32_t begin = iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE && words.size() < limit;
       begin = end, end = iterator.next()) {
    const auto from = static_cast<std::size_t>(begin);
    const auto to = static_cast<std::size_t>(end);
    const std::string_view segment = text.substr(from, to - from);
    if (is_blank(segment)) continue;
    std::string folded = fold(segment);
    if (!folded.empty()) words.push_back({std::move(folded), from, to});
  }
  return words;
}

bool has_han(std::string_view text) {
  text = text.substr(0, icu_limit);
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const UChar32 c = next_character(text, i);
    if (c < 0x2E80) continue;
    UErrorCode status = U_ZERO_ERROR;
    if (uscript_getScript(c, &status) == USCRIPT_HAN) return true;
  }
  return false;
}

std::string_view script_of(std::string_view text) {
  text = text.substr(0, icu_limit);
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const UChar32 c = next_character(text, i);
    if (c < 0) continue;
    if (c < 0x80) {
      if (u_isalpha(c)) return "Latn";
      continue;
    }
    if (!u_isalpha(c)) continue;
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    if (script == USCRIPT_COMMON || script == USCRIPT_INHERITED) continue;
    return uscript_getShortName(script);
  }
  return "";
}

namespace {

CharacterKind kind_of(UChar32 c) {
  if (c == '\t' || c == '\n' || c == '\r') return CharacterKind::space;
  const auto category = U_GET_GC_MASK(c);
  if ((category & U_GC_C_MASK) != 0) return CharacterKind::control;
  if (u_isUWhiteSpace(c)) return CharacterKind::space;
  const bool ascii_mark = c < 0x80 && c > ' ' && !u_isalnum(c);
  if (ascii_mark || (category & U_GC_P_MASK) != 0) return CharacterKind::punctuation;
  const bool ideograph = (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
                         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2ceaf) ||
                         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
  return ideograph ? CharacterKind::chinese : CharacterKind::other;
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  // ICU counts in int32_t: it is shown no more than a character can have.
  const std::string_view here = text.substr(at, 4);
  std::int32_t i = 0;
  const UChar32 c = next_character(here, i);
  const UChar32 code = c < 0 ? 0xfffd : c;
  return {static_cast<char32_t>(code), at + static_cast<std::size_t>(i), kind_of(code)};
}

void append_simplified(char32_t character, bool strip_accents, bool lowercase, std::string& out) {
  const auto c = static_cast<UChar32>(character);
  if (c < 0x80) {
    out += static_cast<char>(lowercase ? u_tolower(c) : c);
    return;
  }
  icu::UnicodeString text(c);
  if (strip_accents) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* const nfd = icu::Normalizer2::getNFDInstance(status);
    if (U_FAILURE(status)) throw std::runtime_error("ICU has no data for NFD");
    const icu::UnicodeString parts = nfd->normalize(text, status);
    text.remove();
    for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
      const UChar32 part = parts.char32At(i);
      if (u_charType(part) != U_NON_SPACING_MARK) text.append(part);
    }
  }
  if (lowercase) text.toLower(icu::Locale::getRoot());
  text.toUTF8String(out);
}

}  // namespace nlu

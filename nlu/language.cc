#include "nlu/language.h"

#include <algorithm>
#include <cstdio>  // CLD2's header forgets it.
#include <utility>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace nlu {
namespace {

constexpr std::size_t expected_limit = 32;
constexpr std::size_t code_limit = 35;         // Bytes, as BCP 47 suggests.
constexpr std::size_t bytes_looked_at = 1000;  // A beginning of that length tells all.
constexpr std::size_t words_of_expected = 2;
constexpr std::size_t words_of_others = 4;
constexpr std::size_t letters_of_a_long_word = 3;

// Scripts that one language writes, as far as customers go.
constexpr std::pair<std::string_view, std::string_view> only_language_of[] = {
    {"Armn", "hy"}, {"Beng", "bn"}, {"Ethi", "am"}, {"Geor", "ka"}, {"Grek", "el"}, {"Gujr", "gu"},
    {"Guru", "pa"}, {"Hebr", "he"}, {"Khmr", "km"}, {"Knda", "kn"}, {"Laoo", "lo"}, {"Mlym", "ml"},
    {"Mymr", "my"}, {"Orya", "or"}, {"Sinh", "si"}, {"Taml", "ta"}, {"Telu", "te"}, {"Thai", "th"},
};

// The other languages that are not written in Latin letters.
constexpr std::pair<std::string_view, std::string_view> script_written[] = {
    {"ar", "Arab"}, {"be", "Cyrl"}, {"bg", "Cyrl"}, {"fa", "Arab"}, {"hi", "Deva"}, {"ja", "Jpan"},
    {"kk", "Cyrl"}, {"ko", "Kore"}, {"ky", "Cyrl"}, {"mk", "Cyrl"}, {"mn", "Cyrl"}, {"mr", "Deva"},
    {"ne", "Deva"}, {"ps", "Arab"}, {"ru", "Cyrl"}, {"sd", "Arab"}, {"sr", "Cyrl"}, {"tg", "Cyrl"},
    {"ug", "Arab"}, {"uk", "Cyrl"}, {"ur", "Arab"}, {"yi", "Hebr"}, {"zh", "Hani"},
};

std::string_view only_language(std::string_view script) {
  for (const auto& [known, language] : only_language_of) {
    if (known == script) return language;
  }
  return "";
}

bool is_kana(std::string_view script) { return script == "Hira" || script == "Kana"; }

// A character of these is as good as a word.
bool is_of_characters(std::string_view script) {
  return script == "Hani" || script == "Hang" || is_kana(script);
}

bool is_covered(const Word& word, std::span<const Entity> entities) {
  return std::any_of(entities.begin(), entities.end(), [&](const Entity& entity) {
    return entity.span.begin < word.end && word.begin < entity.span.end;
  });
}

bool carries_language(std::string_view folded) {
  return folded.find_first_of("0123456789@_") == folded.npos;
}

// What an utterance has in one script.
struct Part {
  std::string_view script;
  std::size_t count = 0;  // Words; characters where they are as good.
  std::string text;       // The words with spaces between.
};

// CLD2 keeps codes that ISO has given up.
std::string_view modern(std::string_view code) {
  if (code == "iw") return "he";
  if (code == "jw") return "jv";
  if (code == "zh-Hant") return "zh";
  return code;
}

struct Guess {
  std::string_view language;  // "": none
  bool reliable = false;
};

Guess ask_cld2(std::string_view text, const std::string& hint) {
  const CLD2::CLDHints hints{hint.empty() ? nullptr : hint.c_str(), nullptr, CLD2::UNKNOWN_ENCODING,
                             CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language best[3];
  int percent[3], bytes = 0, valid = 0;
  double scores[3];
  bool reliable = false;
  const CLD2::Language language = CLD2::ExtDetectLanguageSummaryCheckUTF8(
      text.data(), static_cast<int>(text.size()), true, &hints, CLD2::kCLDFlagBestEffort, best,
      percent, scores, nullptr, &bytes, &reliable, &valid);
  if (language == CLD2::UNKNOWN_LANGUAGE) return {};
  return {modern(CLD2::LanguageCode(language)), reliable};
}

}  // namespace

std::string_view primary_language(std::string_view code) {
  return code.substr(0, code.find_first_of("-_"));
}

std::string_view script_of_language(std::string_view code) {
  const std::string_view language = primary_language(code);
  for (const auto& [script, only] : only_language_of) {
    if (only == language) return script;
  }
  for (const auto& [known, script] : script_written) {
    if (known == language) return script;
  }
  return language.empty() ? "" : "Latn";
}

LanguageIdentifier::LanguageIdentifier(std::vector<std::string> expected)
    : expected_(std::move(expected)) {
  std::erase_if(expected_, [](const std::string& code) { return code.size() > code_limit; });
  expected_.resize(std::min(expected_.size(), expected_limit));
  for (const std::string& code : expected_) {
    hint_ += (hint_.empty() ? "" : ",") + std::string(primary_language(code));
  }
}

bool LanguageIdentifier::expects(std::string_view language) const {
  return std::any_of(expected_.begin(), expected_.end(), [&](const std::string& code) {
    return primary_language(code) == primary_language(language);
  });
}

std::string LanguageIdentifier::named(std::string_view language) const {
  for (const std::string& code : expected_) {
    if (primary_language(code) == primary_language(language)) return code;
  }
  return std::string(language);
}

std::string LanguageIdentifier::identify(std::string_view text) const {
  return identify(text, split_words(text));
}

std::string LanguageIdentifier::identify(std::string_view text, const std::vector<Word>& words,
                                         std::span<const Entity> entities) const {
  std::vector<Part> parts;
  std::size_t kana = 0;
  for (const Word& word : words) {
    if (word.begin >= bytes_looked_at) break;
    const std::string_view script = script_of(word.folded);
    if (script.empty() || !carries_language(word.folded) || is_covered(word, entities)) continue;
    const std::string_view written = text.substr(word.begin, word.end - word.begin);
    // Japanese is written in three scripts, and counts as one.
    const std::string_view family = is_kana(script) ? std::string_view("Hani") : script;
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&](const Part& known) { return known.script == family; });
    if (part == parts.end()) part = parts.insert(parts.end(), {family, 0, {}});
    part->count += is_of_characters(script) ? count_characters(written) : 1;
    if (!part->text.empty()) part->text += ' ';
    part->text += written;
    // Of all kana, Chinese people write this one, as an ornament.
    if (is_kana(script) && written != "の") kana += count_characters(written);
  }
  const auto most = std::max_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::pair(a.count, is_of_characters(a.script)) <
           std::pair(b.count, is_of_characters(b.script));
  });
  if (most == parts.end()) return "";
  if (most->script == "Hang") return named("ko");
  if (most->script == "Hani") return kana > 0 ? named("ja") : of_han(most->text);
  if (const std::string_view only = only_language(most->script); !only.empty()) return named(only);
  return of_letters(most->text, most->script, most->count);
}

// Japanese can do without kana for a word or two.
std::string LanguageIdentifier::of_han(const std::string& characters) const {
  if (!expects("ja")) return named("zh");
  if (!expects("zh")) return named("ja");
  const Guess guess = ask_cld2(characters, hint_);
  const bool fits = guess.language == "zh" || guess.language == "ja";
  return fits && guess.reliable ? named(guess.language) : "";
}

std::string LanguageIdentifier::of_letters(const std::string& words, std::string_view script,
                                           std::size_t count) const {
  if (count < words_of_expected) return "";
  bool has_long_word = false;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string_view word = std::string_view(words).substr(at, end - at);
    has_long_word = has_long_word || count_characters(word) >= letters_of_a_long_word;
    at = end + 1;
  }
  if (!has_long_word) return "";
  const Guess guess = ask_cld2(words, hint_);
  if (!guess.reliable || guess.language.empty()) return "";
  if (script_of_language(guess.language) != script) return "";
  if (!expects(guess.language) && count < words_of_others) return "";
  return named(guess.language);
}

}  // namespace nlu

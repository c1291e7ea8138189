// Which language an utterance is in: by its script where that tells, else by CLD2 (quadgrams and
// whole words over 80 languages), which is named in language.cc only.
//
// Short texts get no answer rather than a wrong one. What carries no language is not looked at:
// entities, numbers, addresses of the net, and words with digits in them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/interpretation.h"

namespace nlu {

class LanguageIdentifier {
 public:
  // `expected` are BCP 47 codes ("en", "pt-BR") of what customers are likely to write: of two
  // languages that a text may be in, such a one is taken, and under the name it has here. More than
  // 32 are cut off.
  LanguageIdentifier() = default;
  explicit LanguageIdentifier(std::vector<std::string> expected);

  // A BCP 47 code, "" when the text is too short or between languages. A script that one language
  // writes is enough by itself; else an expected language needs two words and another one four
  // (three letters or more in one of them, in both cases), and CLD2 must call its answer reliable.
  // Text in two scripts is in the language of the one with more words, a Chinese, Japanese or
  // Korean character counting as a word.
  //
  // `words` are split_words(text), `entities` what was found in it. Takes any bytes; safe to call
  // from any thread; about 20 us for a sentence in Latin letters.
  std::string identify(std::string_view text, const std::vector<Word>& words,
                       std::span<const Entity> entities = {}) const;
  std::string identify(std::string_view text) const;

 private:
  std::string named(std::string_view language) const;
  bool expects(std::string_view language) const;
  std::string of_letters(const std::string& words, std::string_view script,
                         std::size_t count) const;
  std::string of_han(const std::string& characters) const;

  std::vector<std::string> expected_;
  std::string hint_;  // As CLD2 wants it: "en,zh".
};

// "pt-BR" → "pt".
std::string_view primary_language(std::string_view code);

// The script a language is written in, by ISO 15924: "Latn", "Hani", "Jpan", "Cyrl"; "" for one
// this does not know. Chinese, Japanese and Korean have one each, though they share characters.
std::string_view script_of_language(std::string_view code);

}  // namespace nlu

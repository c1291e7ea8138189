#include "dialog/language.h"

#include <algorithm>

#include "nlu/base/unicode.h"
#include "nlu/language.h"

namespace dialog {

namespace {

constexpr std::size_t words_to_change = 3;

// A name, "ok" or a number is nobody's change of mind.
bool has_words(std::string_view text, std::size_t least) {
  const std::vector<nlu::Word> words = nlu::split_words(text);
  const auto count = std::count_if(words.begin(), words.end(), [](const nlu::Word& word) {
    return !nlu::script_of(word.folded).empty();
  });
  return static_cast<std::size_t>(count) >= least;
}

}  // namespace

std::string match_language(const Bot& bot, std::string_view code) {
  const auto speaks = [&](std::string_view language) {
    return bot.language == language ||
           std::find(bot.additional_languages.begin(), bot.additional_languages.end(), language) !=
               bot.additional_languages.end();
  };
  while (!code.empty()) {  // "zh-Hant-TW", then "zh-Hant", then "zh"
    if (speaks(code)) return std::string(code);
    const std::size_t dash = code.rfind('-');
    code = dash == std::string_view::npos ? std::string_view() : code.substr(0, dash);
  }
  return "";
}

std::string language_after(const Bot& bot, const Conversation& conversation, std::string_view text,
                           std::string_view payload, const nlu::Interpretation& interpretation) {
  if (!payload.empty() || text.substr(0, 1) == "/") return "";
  std::string said = match_language(bot, interpretation.language);
  const std::string_view now = conversation.language;
  if (said.empty() || nlu::primary_language(said) == nlu::primary_language(now)) return "";
  const std::string_view script = nlu::script_of_language(said);
  const bool tells = script != "Latn" && script != nlu::script_of_language(now);
  return tells || has_words(text, words_to_change) ? said : "";
}

}  // namespace dialog

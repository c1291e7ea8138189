#include "nlu/interpreter.h"

namespace nlu {

std::vector<Word> words_of(const Utterance& utterance) {
  if (utterance.tokens.empty()) return split_words(utterance.text);
  std::vector<Word> words;
  for (const Span& token : utterance.tokens) {
    const std::size_t after = words.empty() ? 0 : words.back().end;
    if (token.begin < after || token.begin >= token.end || token.end > utterance.text.size())
      continue;
    std::string folded =
        fold(std::string_view(utterance.text).substr(token.begin, token.end - token.begin));
    if (!folded.empty()) words.push_back({std::move(folded), token.begin, token.end});
  }
  return words;
}

}  // namespace nlu

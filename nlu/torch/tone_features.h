// What the classifiers of sentiment and urgency see of an utterance: the features of intents, and
// beside them what colours it: polar words with what turns, strengthens and outweighs them, what
// rises or falls, longer word sequences, words under a negation, marks and capitals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/torch/features.h"
#include "nlu/torch/tone_words.h"

namespace nlu {

// Any change to what is made here makes older models useless: raise this.
inline constexpr int tone_version = 1;

// Reads one utterance after the other, keeping its buffers. Not for several threads at once.
class ToneFeaturizer {
 public:
  // `words` are split_words(text), `intent_features` what Featurizer makes of them. A feature that
  // occurs twice comes twice. Valid until the next call.
  const std::vector<Feature>& read(std::string_view text, const std::vector<Word>& words,
                                   const std::vector<Feature>& intent_features);

  // What the words alone say, of the utterance read last: below 0 bad, above good; about 1 a word.
  double word_score() const { return score_; }

  // Polar words, good less bad, and nothing else: what a plain list of words tells.
  int plain_score() const { return plain_; }

 private:
  struct Token {
    std::uint64_t stem = 0;
    Colour colour = Colour::none;
    bool han = false;
    bool ends_clause = false;  // After it.
    bool ends_sentence = false;
    bool negated = false;
    double number = 0;  // 0: none
    bool percent = false;
  };

  void add(Block block, std::uint64_t key) { features_.push_back({key, block}); }
  void read_words(const std::vector<Word>& words);
  void add_word(std::string_view folded);
  void add_han_run();
  void colour_tokens();
  void add_sequences();
  void add_polar();
  void add_movements();
  void add_comparisons();
  void add_marks(std::string_view text, const std::vector<Word>& words);
  void add_totals();
  Colour thing_near(std::size_t at, std::size_t reach) const;
  Colour thing_before(std::size_t at) const;
  void moved(double value) { score_ += value; }

  std::vector<Token> tokens_;
  std::vector<Feature> features_;
  std::string run_;
  double score_ = 0;
  int plain_ = 0, good_ = 0, bad_ = 0, urgent_ = 0;
};

}  // namespace nlu

// Words that colour what is said, in English and Chinese: what is good or bad, what turns or
// strengthens it, what rises and falls, what cannot wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace nlu {

enum class Colour : std::uint8_t {
  none,
  very_good,
  good,
  bad,
  very_bad,
  negation,    // "not", 不
  intensity,   // "very", 非常
  moderation,  // "slightly", 有点
  rise,        // "increased", 增长
  fall,        // "dropped", 下降
  asset,       // Of what more is better: "profit", 利润
  burden,      // Of what more is worse: "loss", 亏损
  contrast,    // "but", 但是
  urgency,     // "immediately", 马上
};

class ToneWords {
 public:
  // The only one, made at the first call; safe from any thread.
  static const ToneWords& instance();

  // The colour of an English word by hash_text(its stem), of several in a row by hash_pair() of the
  // ones before and the last; of a Chinese one by hash_text(its characters).
  Colour find(std::uint64_t words) const;

  static constexpr std::size_t words_in_a_row = 4;
  static constexpr std::size_t han_characters = 6;

 private:
  ToneWords();
  std::unordered_map<std::uint64_t, Colour> colours_;
};

}  // namespace nlu

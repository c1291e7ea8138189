// Words of customer service that mean much the same, so that an example with "refund" also teaches
// "money back": a bot with twenty examples an intent has no other way to know. English and Chinese.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace nlu {

class Lexicon {
 public:
  // The only one, made at the first call; safe from any thread.
  static const Lexicon& instance();

  // Meanings of an English word by hash_text(its stem), of two in a row by hash_pair() of theirs,
  // of a Chinese one by hash_text(its characters).
  std::span<const int> find(std::uint64_t words) const;

 private:
  Lexicon();
  std::unordered_map<std::uint64_t, std::vector<int>> meanings_;
};

}  // namespace nlu

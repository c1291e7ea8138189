// The words of a small list that a misspelt one is meant to be.
//
// By deletion neighbourhoods (SymSpell, Garbe 2012): the list is indexed by what its words become
// when letters are left out, so a look-up costs the same for any list.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nlu {

class FuzzyWords {
 public:
  static constexpr std::size_t word_limit = 5'000;  // Of all words added; more are left out.

  // Folded, as split_words() has it. Words of fewer than 5 letters, of more than 40, and those with
  // digits are known only as they are.
  void add(const std::string& word);

  // The word of the list that `word` is, or is nearest to: the first letter the same, and at most
  // one letter wrong, missing, too many or swapped with the next (two for words of 9 letters and
  // more). nullptr: there is none, or two are equally near.
  const std::string* find(std::string_view word) const;

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::vector<std::size_t>> shortened_;
};

// Letters to change, add, leave out or swap with their neighbour to make one word of the other
// (optimal string alignment); over `limit`: limit + 1. Letters are code points.
std::size_t edit_distance(std::u32string_view a, std::u32string_view b, std::size_t limit);

}  // namespace nlu

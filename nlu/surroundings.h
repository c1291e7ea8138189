// What else is said in the same document: "Blackburn" alone may be a town or a man, but not where
// "Peter Blackburn" stands two sentences before (context aggregation: Ratinov and Roth 2009).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nlu/base/unicode.h"

namespace nlu {

struct Example;

// A word somewhere else.
struct Occurrence {
  std::string written;        // With its capitals
  std::string before, after;  // Its neighbours, folded; empty at the edge of a sentence.
  bool capital_before = false, capital_after = false;  // Whether these begin with a capital.
};

// Filled by one thread; const members may then be called from any.
class Surroundings {
 public:
  static constexpr std::size_t words_max = 100'000;  // Sentences beyond them are not taken in.

  // Takes in a sentence; its number, from 0.
  std::size_t add(std::string_view text, std::span<const Word> words);

  // Where the word stands in other sentences than this one, the nearest first, at most `limit`.
  std::vector<const Occurrence*> elsewhere(const std::string& folded, std::size_t sentence,
                                           std::size_t limit) const;

 private:
  struct Found {
    std::size_t sentence = 0;
    Occurrence occurrence;
  };
  std::unordered_map<std::string, std::vector<Found>> words_;  // By the word, in order.
  std::size_t sentences_ = 0, count_ = 0;
};

// Where a sentence stands in its document; `surroundings` is null when it stands alone.
struct DocumentPlace {
  std::shared_ptr<const Surroundings> surroundings;
  std::size_t sentence = 0;
};

// Of each example, by Example::document: those of one document stand one after the other.
std::vector<DocumentPlace> places_of(std::span<const Example> examples);

}  // namespace nlu

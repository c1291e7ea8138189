// Where an utterance may be cut into parts that each say one thing, and which of those cuts to
// make: "I want to return the lamp, and where is my other order?"
//
// Candidates are ends of sentences, commas and the like, and words that connect ("and", "also",
// 另外), in English, German and Chinese. What the classifier makes of the parts decides.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/interpretation.h"

namespace nlu {

// Of more candidates the strongest are kept; so many cuts make (n + 1) * (n + 2) / 2 parts to look
// at.
inline constexpr std::size_t cut_limit = 4;

// What stands between two parts: marks and connecting words that belong to neither.
struct Cut {
  std::size_t end = 0;    // The first word that is not the left part's.
  std::size_t begin = 0;  // The first word of the right part.
  int strength = 0;       // 3: a sentence ends; 2: a mark and a connecting word; 1: one of both.
};

// In order. Never within an entity, nor between a value and the one that corrects it; each side
// has a word with a letter or digit. `entities` are those resolve_entities() found.
std::vector<Cut> find_cuts(std::string_view text, const std::vector<Word>& words,
                           std::span<const Entity> entities);

// Some of the utterance's words in a row, from one cut or the beginning to another or the end.
struct Stretch {
  std::size_t begin = 0, end = 0;
  double length = 0;      // Words; a Chinese character counts as half of one.
  bool says_more = true;  // Than values and what they are called ("order number 10423").
  bool refers = false;    // "it", "them", 它: to what was said before.
};

// Of `words` from cut number `from` to cut number `to`; 0 is the beginning, cuts.size() + 1 the
// end.
Stretch stretch_of(std::string_view text, const std::vector<Word>& words,
                   std::span<const Entity> entities, const std::vector<Cut>& cuts, std::size_t from,
                   std::size_t to);

// What a classifier says of a stretch, and what divide() needs of it.
struct PartScore {
  std::size_t intent = 0;  // The best one.
  double p = 0;            // Of it, and of not being outside.
  double p_outside = 1, p_between = 0;
  double length = 0;
  bool says_more = true, refers = false;
};

// What tells a division that is meant from one that is not.
inline constexpr std::size_t division_signals = 9;

// The best division: parts from one of `at` to the next, the first from 0, the last to the end.
struct Division {
  std::vector<std::size_t> at;  // Numbers of cuts, as in stretch_of().
  std::array<double, division_signals> signals{};
};

// Neighbours are of different intents, and each is heard (p of 0.5 and more) and says more than
// values. The surer its least sure part, the better. nullopt: there is none, or the whole is
// outside (p_outside over 0.5) and stays so. `score(from, to)` is asked for each stretch at most
// once.
std::optional<Division> divide(const std::vector<Cut>& cuts,
                               const std::function<PartScore(std::size_t, std::size_t)>& score);

// A logistic regression on the signals, learnt by the trainer; above 0 the utterance is divided.
struct Splitting {
  std::array<double, division_signals> weights{};
  double bias = -1;
  double score(const Division& division) const;
};

// The longest segment, of several the first: what the utterance is about, for who wants to know but
// one thing. nullptr: there is none.
const Segment* main_segment(const Interpretation& interpretation);

}  // namespace nlu

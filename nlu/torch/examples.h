// Training examples as the models see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nlu/entity_resolution.h"
#include "nlu/torch/features.h"
#include "nlu/torch/model.h"
#include "nlu/training_data.h"

namespace nlu {

// An example of the bot's or the background that is like a common phrase.
struct Neighbour {
  std::size_t example = 0;
  float likeness = 0;  // The cosine.
};

struct IntentExample {
  std::size_t label = 0;  // The number of intents: outside.
  float importance = 1;
  bool built_in = false;  // Of the background, not the bot's.
  int group = -1;         // Of the common phrases: their label is for adopt_phrases() to find.
  std::vector<Feature> features;
  std::vector<Neighbour> neighbours;  // Of a phrase.
  std::string text;
  std::uint64_t wording = 0;  // Of the bot's own examples (wording_of).
  std::vector<float> vector;  // The encoder's, if there is one.
};

struct TagExample {
  std::vector<TagFeatures> words;
  std::vector<std::int64_t> tags;
  std::string text;
  std::vector<Piece> pieces;  // Where the words are.
};

struct Examples {
  std::vector<std::string> intents;       // Sorted; without outside_label.
  std::vector<IntentExample> utterances;  // The bot's own, the background, the common phrases.
  std::size_t labelled = 0;               // The first so many have labels: all but the phrases.
  std::vector<TagKind> kinds;             // Sorted.
  std::vector<TagExample> sentences;      // Empty when there are no kinds.
  std::vector<float> states;  // The encoder's of all sentences' words, [words × width].
};

// The bot's examples and the built-in background, without what in it is too much like the bot's.
Examples read_examples(const TrainingData& data, const RuleEntities& rules);

// A common phrase that a bot's intent makes its own.
struct Adopted {
  std::size_t utterance = 0;
  std::size_t label = 0;
};
// A group of common phrases goes, as a whole, to the intent whose examples are most like it, if
// most of those in `learnt` (indices) that are like it agree; else to none.
std::vector<Adopted> adopt_phrases(const Examples& examples,
                                   const std::vector<std::size_t>& learnt);

}  // namespace nlu

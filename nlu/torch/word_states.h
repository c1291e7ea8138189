// What an encoder says of a text's words, as the tagger takes it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nlu/torch/bert.h"
#include "nlu/torch/features.h"

namespace nlu {

// A word's pieces: a WordPiece tokenizer may cut it into several, and what it leaves out or what
// lies behind the encoder's last position has none.
struct PieceRange {
  std::size_t first = 0, last = 0;  // Before `last`.
};
std::vector<PieceRange> pieces_of(std::span<const Span> pieces, std::span<const Piece> words);

// The mean of each word's pieces' states, [words × width]; 0 where it has none.
std::vector<float> word_states(const Encoding& encoding, std::span<const Piece> words);

// The mean of the rows that are not 0.
std::vector<float> mean_state(std::span<const float> states, std::size_t width);

// Takes the mean off the rows that are not 0, and brings them to one length.
void centre_states(std::span<const float> mean, std::span<float> states);

}  // namespace nlu

#include "nlu/torch/word_states.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

std::vector<std::pair<std::size_t, std::size_t>> ranges(std::vector<Span> pieces,
                                                        std::vector<Piece> words) {
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (const PieceRange& range : pieces_of(pieces, words))
    result.emplace_back(range.first, range.last);
  return result;
}

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

}  // namespace

TEST_CASE("a word has the pieces that lie in it") {
  // [CLS] par ##cel s . [SEP], with "parcels" a word, and "." one.
  const std::vector<Span> pieces{{0, 0}, {0, 3}, {3, 6}, {6, 7}, {7, 8}, {8, 8}};
  CHECK(ranges(pieces, {{0, 7, 0}, {7, 8, 1}}) == Ranges{{1, 4}, {4, 5}});
  // One that the tokenizer left out, and ones behind the last piece, have none.
  CHECK(ranges(pieces, {{8, 9, 0}, {12, 15, 1}}) == Ranges{{6, 6}, {6, 6}});
  // A piece over two words is both's.
  CHECK(ranges({{0, 0}, {0, 6}, {0, 0}}, {{0, 3, 0}, {3, 6, 1}}) == Ranges{{1, 2}, {1, 2}});
  CHECK(ranges({}, {{0, 3, 0}}) == Ranges{{0, 0}});
  CHECK(ranges(pieces, {}).empty());
}

TEST_CASE("a word's state is the mean of its pieces', or nothing") {
  Encoding encoding;
  encoding.vector = {0, 0};
  encoding.spans = {{0, 0}, {0, 3}, {3, 6}, {6, 6}};
  encoding.states = {9, 9, 1, 2, 3, 6, 9, 9};
  const std::vector<Piece> words{{0, 6, 0}, {7, 9, 1}};
  CHECK(word_states(encoding, words) == std::vector<float>{2, 4, 0, 0});
}

TEST_CASE("states are centred and of one length; what is nothing stays nothing") {
  std::vector<float> states{4, 0, 0, 0, 0, 2};
  const std::vector<float> mean = mean_state(states, 2);
  CHECK(mean == std::vector<float>{2, 1});
  centre_states(mean, states);
  CHECK(states[2] == 0);
  CHECK(states[3] == 0);
  CHECK(states[0] * states[0] + states[1] * states[1] == Approx(2.25));
  CHECK(states[0] > 0);
  CHECK(states[4] < 0);
  CHECK(mean_state({}, 2) == std::vector<float>{0, 0});
}

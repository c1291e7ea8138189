#include "nlu/torch/word_states.h"

#include <algorithm>
#include <cmath>

#include "nlu/torch/vectors.h"

namespace nlu {
namespace {

constexpr float state_length = 1.5f;  // As that of an utterance's vector beside its features.

bool is_nothing(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float value) { return value == 0; });
}

}  // namespace

std::vector<PieceRange> pieces_of(std::span<const Span> pieces, std::span<const Piece> words) {
  std::vector<PieceRange> ranges;
  std::size_t at = 0;
  for (const Piece& word : words) {
    while (at < pieces.size() && pieces[at].end <= word.begin) ++at;
    std::size_t last = at;
    while (last < pieces.size() && pieces[last].begin < word.end &&
           pieces[last].begin < pieces[last].end)
      ++last;
    ranges.push_back({at, last});
  }
  return ranges;
}

std::vector<float> word_states(const Encoding& encoding, std::span<const Piece> words) {
  const std::size_t width = encoding.vector.size();
  std::vector<float> states(words.size() * width, 0.0f);
  const std::vector<PieceRange> ranges = pieces_of(encoding.spans, words);
  for (std::size_t w = 0; w < words.size(); ++w) {
    const float share = 1 / static_cast<float>(ranges[w].last - ranges[w].first);
    for (std::size_t piece = ranges[w].first; piece < ranges[w].last; ++piece)
      add_scaled(states.data() + w * width, encoding.states.data() + piece * width, share, width);
  }
  return states;
}

std::vector<float> mean_state(std::span<const float> states, std::size_t width) {
  std::vector<double> sum(width, 0.0);
  double count = 0;
  for (std::size_t from = 0; from < states.size(); from += width) {
    const auto row = states.subspan(from, width);
    if (is_nothing(row)) continue;
    for (std::size_t i = 0; i < width; ++i) sum[i] += static_cast<double>(row[i]);
    ++count;
  }
  std::vector<float> mean;
  for (const double value : sum) mean.push_back(static_cast<float>(value / std::max(count, 1.0)));
  return mean;
}

void centre_states(std::span<const float> mean, std::span<float> states) {
  const std::size_t width = mean.size();
  for (std::size_t from = 0; from < states.size(); from += width) {
    const auto row = states.subspan(from, width);
    if (is_nothing(row)) continue;
    float squares = 0;
    for (std::size_t i = 0; i < width; ++i) {
      row[i] -= mean[i];
      squares += row[i] * row[i];
    }
    const float scale = squares > 0 ? state_length / std::sqrt(squares) : 0;
    for (float& value : row) value *= scale;
  }
}

}  // namespace nlu

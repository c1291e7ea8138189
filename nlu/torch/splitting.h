// When an utterance is taken for several: learnt from examples that were held out, one by one and
// two in a row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "nlu/entity_resolution.h"
#include "nlu/segmentation.h"
#include "nlu/torch/features.h"
#include "nlu/torch/model.h"

namespace nlu {

// Raw scores of an utterance or a part of it.
struct RawScores {
  std::vector<float> logits, network_logits;  // As HeldOut has them; none: nothing of it is known.
  std::int32_t wording = -1;                  // The label whose example it is, to the letter.
};

// One of the held-out utterances, with the scores of whatever it may be divided into.
struct SplitCase {
  // single: an example of the bot's; outside: of what is outside, by itself or two in a row; same:
  // two in a row that mean the same, and are one wish; pair: two that do not.
  enum class Kind { single, outside, same, pair };
  Kind kind = Kind::single;
  std::vector<std::size_t> labels;  // Of a pair.
  std::vector<Cut> cuts;
  std::vector<Stretch> stretches;  // From each cut to each later one: [(cuts + 1) * from + to - 1].
  std::vector<RawScores> scores;   // Of the same.
};

struct HeldOutText {
  std::string text;
  std::size_t label = 0;
};
using ScoreText = std::function<RawScores(const std::vector<Feature>&, std::uint64_t wording)>;

// Each of `texts` by itself, and each with another behind it, joined as people do it; at most about
// `limit` of each kind. Labels below `intents` are in scope. The same seed gives the same cases.
std::vector<SplitCase> split_cases(const std::vector<HeldOutText>& texts, std::size_t intents,
                                   const RuleEntities& rules, const ScoreText& score,
                                   std::uint64_t seed, std::size_t limit);

struct SplitReport {
  std::array<std::size_t, 4> cases{};  // By kind.
  std::array<double, 4> divided{};     // The share of each.
  double pairs_right = 0;              // Both intents, and nothing else.
  bool learnt = false;
};

// What keeps 199 of 200 whole that say one thing, of each kind of these. Too few cases that could
// be divided: what was learnt from the sample shop.
Splitting learn_splitting(const std::vector<SplitCase>& cases, double network_weight,
                          const Calibration& calibration, SplitReport& report);

// What the calibrated classifier makes of the scores.
PartScore part_score(const Calibration& calibration, const RawScores& raw, double network_weight,
                     const Stretch& stretch);

// Those of `found`, in order of where they begin, that begin among `words`, some in a row.
std::span<const Entity> entities_in(std::span<const Entity> found, std::span<const Word> words);

}  // namespace nlu

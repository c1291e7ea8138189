// Sentiment and urgency: classifiers of what nlu/torch/tone_features.h makes of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/torch/classifier.h"

namespace nlu {

// What the classifiers of tone tell apart, in the order of their scores.
inline constexpr std::array<std::string_view, 3> sentiments{"negative", "neutral", "positive"};
inline constexpr std::array<std::string_view, 2> urgencies{"low", "high"};

struct LabelledText {
  std::string text;
  std::size_t label = 0;  // In `labels`.
};

// Learns to tell `labels` apart; rare ones count more. The temperature, and how much the network
// counts, are chosen by `dev`, which is not learnt; without any, by two tenths of the texts, held
// out first, then all are learnt. The same texts and seed give the same classifier. Every label
// needs two texts at least.
Classifier fit_tone(const std::vector<LabelledText>& texts, std::vector<std::string> labels,
                    std::uint64_t seed, const FitWatcher& watcher = {},
                    const std::vector<LabelledText>& dev = {});

// Reads texts and scores them with a classifier; keeps its buffers. Not for several threads at
// once.
class ToneReader {
 public:
  ToneReader();
  ~ToneReader();
  ToneReader(const ToneReader&) = delete;
  ToneReader& operator=(const ToneReader&) = delete;

  // The probability of each label.
  std::vector<double> classify(const std::string& text, const ClassifierView& classifier);

  // The words of a plain list that are good, less those that are bad: what there is without a
  // classifier.
  int plain_score(const std::string& text);

 private:
  struct Buffers;
  const std::vector<Feature>& read(const std::string& text);
  const std::unique_ptr<Buffers> buffers_;
};

}  // namespace nlu

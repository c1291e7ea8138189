// The tagger's part of training: sentences as rows of columns, and the CRFs that are fitted to
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nlu/torch/examples.h"
#include "nlu/torch/feature_space.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/trainer.h"
#include "nlu/torch/watch.h"

namespace nlu {

// The tagger's sentences as rows of columns, and what is fitted to them.
struct TaggerFit {
  VocabularyTable vocabulary;
  std::size_t columns = 0;
  std::size_t own = 0;  // So many of the first are of the words themselves.
  SparseRows tokens;
  std::vector<std::int64_t> tags;
  std::vector<std::size_t> ends;
  std::vector<float> states,
      state_mean;            // Of an encoder, if there is one; [tokens × width], [width]
  std::vector<Crf> members;  // To be fitted, each by a call of its own, and then averaged.
};

// `states`: the encoder's of all words, in order; empty without one.
TaggerFit tagger_rows(const Examples& examples, std::vector<float> states);

// Fits members[member]. Different members may be fitted at the same time.
void fit_tagger(TaggerFit& fit, std::size_t member, std::size_t kinds, const TrainOptions& options,
                Watch& watch);

// What fitting all members will tell the watch, in sentences times epochs.
double tagger_work(const TrainOptions& options, std::size_t sentences);

}  // namespace nlu

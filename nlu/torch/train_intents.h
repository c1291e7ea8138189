// The intents' part of training: the classifier, and what it makes of examples it has not seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "nlu/entity_resolution.h"
#include "nlu/torch/calibration.h"
#include "nlu/torch/classifier.h"
#include "nlu/torch/examples.h"
#include "nlu/torch/splitting.h"
#include "nlu/torch/trainer.h"
#include "nlu/torch/watch.h"

namespace nlu {

// With more examples there is a network beside the linear model, and one part alone is held out.
inline constexpr std::size_t large_data = 4000;

// What fitting tells the watch of an example, in epochs of the linear fit.
double intent_work(const TrainOptions& options, std::size_t examples);

// From `learnt`, indices of utterances, and the common phrases that they make their own.
Classifier fit_intents(const Examples& examples, const std::vector<std::size_t>& learnt,
                       const TrainOptions& options, std::string_view phase, int part, Watch& watch);

// Which of `folds` each labelled utterance is held out in, of `share` equal parts; -1: in none.
// They are dealt out label by label, so that each fold has some of all.
std::vector<int> deal_folds(const Examples& examples, int folds, int share);

// What `fit` makes of the utterances `chosen`.
std::vector<HeldOut> held_out_by(const Classifier& fit, const Examples& examples,
                                 const std::vector<std::size_t>& chosen);

// What `fit` makes of the utterances `tested`, divided wherever they may be.
std::vector<SplitCase> split_cases_of(const Classifier& fit, const Examples& examples,
                                      const std::vector<std::size_t>& learnt,
                                      const std::vector<std::size_t>& tested,
                                      const RuleEntities& rules, std::uint64_t seed);

// From wordings to labels; what has the same wording in two intents belongs to none.
VocabularyTable wordings_of(const Examples& examples);

}  // namespace nlu

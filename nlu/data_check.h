// What is doubtful in a bot's examples: nothing here is an error, for their author knows better.
#pragma once

#include <string>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/training_data.h"

namespace nlu {

// Annotations that disagree with the others, as warnings, but for examples out of scope: what most
// examples annotate and this one does not (`missing_annotation`), or annotates as something else
// (`annotation_disagrees`).
void check_annotations(const TrainingData& data, Diagnostics& diagnostics);

// Labels of examples that may come from anywhere, as warnings: nearly all examples having one label
// (`lopsided_labels`), and, after that, texts that are equal but for case with different labels, at
// each that differs from the first (`conflicting_label`).
void check_labels(const std::vector<Example>& examples, Diagnostics& diagnostics);

// What a model that had not seen the example took it for.
struct Unseen {
  std::string intent;  // Or outside_label.
  double p = 0;        // Of `intent`.
  double p_own = 0;    // Of the example's own intent.
};

// What cross-validation says of the examples' intents, as warnings: examples that look like another
// intent's, with the one they are most like (`mislabelled_example`), pairs of intents taken for
// each other (`overlapping_intents`), and intents with fewer than ten examples that are mostly
// missed
// (`too_small_intent`). `unseen` has one an example, in order.
void check_intents(const TrainingData& data, const std::vector<Unseen>& unseen,
                   Diagnostics& diagnostics);

}  // namespace nlu

// What training data may have (nlu/base/keys.h).
#pragma once

#include "nlu/base/keys.h"

namespace nlu {

extern const Keys training_item_keys;  // `kinds` has what each kind of item may have.
extern const Keys example_keys;
extern const Keys item_metadata_keys;

// Labels of `sentiment` and `urgency`.
extern const std::span<const std::string_view> sentiment_labels, urgency_labels;

}  // namespace nlu

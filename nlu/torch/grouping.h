// Texts that say much the same, put together.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "nlu/interpretation.h"
#include "nlu/training_data.h"

namespace nlu {

struct GroupedText {
  std::string text;
  std::vector<Entity> entities;  // What a lookup or a regex names counts as its type only.
};

// Texts with a cosine of at least this are put together.
inline constexpr double group_similarity = 0.3;

// Groups of indices into `texts`, in order of their first members, which are their leaders: each
// text, in order, joins the leader it is most like (cosine over the intent model's own features,
// words, pairs, characters and meanings, each weighted by how rare it is among the bot's examples),
// or leads a group of its own when it is less than `similarity` like every one. Deterministic. Time
// grows with the texts and with the features their leaders share.
std::vector<std::vector<std::size_t>> group_similar(std::span<const GroupedText> texts,
                                                    const TrainingData& examples,
                                                    double similarity = group_similarity);

}  // namespace nlu

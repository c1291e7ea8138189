// How well entities are found: by entity, as CoNLL's conlleval counts (type and both ends right),
// and by token, over IOB2 tags.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/interpretation.h"
#include "nlu/scores.h"
#include "nlu/training_data.h"

namespace nlu {

struct EntityMistake {
  std::string text, expected, got;  // "[Paris](city)"; "" for none.
  int line = 0;
};

struct EntityReport {
  ScoreTable entities;  // A label is a type, with "#role" and "@group" where there are any.
  ScoreTable tokens;    // B-TYPE, I-TYPE …, and O last; micro is the share of right tokens.
  std::vector<EntityMistake> mistakes;  // In the rows' order.
};

// Of what the model found (source "model"), one interpretation a row. Tokens are the row's own,
// else split_words(its text).
EntityReport evaluate_entities(const std::vector<Interpretation>& interpretations,
                               const std::vector<Example>& rows);

// Adds "entity_f1" (micro), "token_macro_f1", "token_weighted_f1", "token_accuracy", and both
// tables as "entity_labels" …, "token_labels" ….
void add_to_json(const EntityReport& report, json::object& object);
std::string to_text(const EntityReport& report, std::size_t mistakes_shown = 10);

}  // namespace nlu

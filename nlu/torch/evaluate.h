// How well an interpreter understands labelled utterances.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/interpreter.h"
#include "nlu/scores.h"
#include "nlu/training_data.h"

namespace nlu {

struct Mistake {
  std::string text, expected, got;
  double p = 0;  // Of what it got.
  int line = 0;
};

struct EvalReport {
  ScoreTable scores;                  // "out_of_scope" is a label like the others.
  std::vector<Confusion> confusions;  // Of what was mistaken, most frequent first.
  std::vector<Mistake> mistakes;      // Surest first.
  std::size_t in_scope = 0, outside = 0;
  double accuracy = 0;           // All labels, refusal counted as the label out_of_scope.
  double intent_accuracy = 0;    // In scope: the best intent is right, refused or not.
  double in_scope_accuracy = 0;  // In scope: right and not refused.
  double outside_recall = 0;     // Outside: refused.
  double auroc = 0;  // p_outside of one outside against one in scope; 0 when there are not both.
  double calibration_error = 0;  // Expected (ECE), ten bins, of the best intent in scope.
  std::size_t several = 0;       // Rows of several intents ("a+b").
  double several_right = 0;    // Of these: all intents and no others, each in a segment of its own.
  double set_f1 = 0;           // Over the intents of all rows.
  double singles_divided = 0;  // Of the other rows: divided all the same.
};

// The best intent of the main segment, or outside_label when its p_outside > 0.5.
std::string label_got(const Interpretation& interpretation);

// A row is refused when p_outside > 0.5; the intent of what should be is outside_label.
EvalReport evaluate(const Interpreter& interpreter, const std::vector<Example>& rows);
// The same from interpretations made elsewhere, one a row.
EvalReport evaluate(const std::vector<Interpretation>& interpretations,
                    const std::vector<Example>& rows);

json::object to_json(const EvalReport& report);
std::string mistakes_to_text(const EvalReport& report, std::size_t limit = 10);  // The surest.
std::string to_text(const EvalReport& report, std::size_t mistakes_shown = 10);

}  // namespace nlu

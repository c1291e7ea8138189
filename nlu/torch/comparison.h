// Whether one model understands better than another, or was only lucky with these utterances.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/interpretation.h"
#include "nlu/training_data.h"

namespace nlu {

struct Difference {
  std::string text, expected, first, second;  // What each took it for.
  int line = 0;
};

struct Comparison {
  std::size_t both_right = 0, only_first = 0, only_second = 0, both_wrong = 0;
  // McNemar's exact test, two-sided (McNemar 1947): how probable so great a difference is when the
  // two are equally good. Below 0.05 it is taken to be real.
  double p = 1;
  std::vector<Difference> differences;  // Where one is right and the other is not; in file order.
};

// Right is as evaluate() counts it: refusal is the label outside_label. One interpretation a row.
Comparison compare(const std::vector<Interpretation>& first,
                   const std::vector<Interpretation>& second, const std::vector<Example>& rows);

json::object to_json(const Comparison& comparison);
std::string to_text(const Comparison& comparison, std::size_t differences_shown = 10);

}  // namespace nlu

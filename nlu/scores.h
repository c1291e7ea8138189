// Precision, recall and F1 a label, and their averages, as everybody counts them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/json.h"

namespace nlu {

struct LabelCounts {
  std::size_t right = 0, expected = 0, got = 0;
};

struct LabelScore {
  std::string label;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::size_t support = 0;  // How often it was expected.
};

// The averages are over labels that were expected at all; micro is over all decisions.
struct ScoreTable {
  std::vector<LabelScore> labels;  // By name.
  LabelScore micro, macro, weighted;
};

struct Confusion {
  std::string expected, got;
  std::size_t count = 0;
};

ScoreTable score_labels(const std::map<std::string, LabelCounts>& counts);

json::object to_json(const LabelScore& score);
// Adds "labels", "micro", "macro" and "weighted", each name after `prefix`.
void add_to_json(const ScoreTable& table, std::string_view prefix, json::object& object);
std::string to_text(const ScoreTable& table, std::string_view heading);

}  // namespace nlu

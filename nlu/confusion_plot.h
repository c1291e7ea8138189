// A confusion matrix as a picture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nlu/scores.h"

namespace nlu {

inline constexpr std::size_t labels_plotted = 60;

// SVG: a row for what was expected, a column for what was got, the darker the greater a share of
// its row a cell has; every cell says its count when pointed at. Of more than `labels_plotted`
// labels those with the most mistakes are shown, and the picture says so. `confusions` are mistakes
// only.
std::string confusion_svg(const ScoreTable& scores, const std::vector<Confusion>& confusions,
                          const std::string& title);

}  // namespace nlu

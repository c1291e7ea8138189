#include "nlu/confusion_plot.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace nlu;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ScoreTable table(const std::vector<std::string>& labels) {
  std::map<std::string, LabelCounts> counts;
  for (const std::string& label : labels) counts[label] = {3, 4, 4};
  return score_labels(counts);
}

}  // namespace

TEST_CASE("a confusion matrix shows what is right and what is taken for what") {
  const std::string svg = confusion_svg(table({"a<b", "track \"order\""}),
                                        {{"a<b", "track \"order\"", 1}}, "shop & co");
  CHECK(says(svg, "<title>a&lt;b taken for a&lt;b: 3 of 4</title>"));
  CHECK(says(svg, "<title>a&lt;b taken for track &quot;order&quot;: 1 of 4</title>"));
  CHECK(says(svg, "<title>shop &amp; co</title>"));
  CHECK_FALSE(says(svg, "taken for a&lt;b: 1"));
  CHECK_FALSE(says(svg, "left out"));
}

TEST_CASE("of many labels the confused ones are drawn") {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < labels_plotted + 5; ++i) labels.push_back(fmt::format("l{:03}", i));
  const std::string svg = confusion_svg(table(labels), {{"l063", "l064", 1}}, "many");
  CHECK(says(svg, "5 labels with fewer mistakes are left out"));
  CHECK(says(svg, "l063 taken for l064: 1 of 4"));
  CHECK_FALSE(says(svg, ">l062<"));
}

TEST_CASE("a matrix of nothing is still a picture") {
  CHECK(says(confusion_svg({}, {}, ""), "</svg>"));
}

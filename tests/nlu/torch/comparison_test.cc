#include "nlu/torch/comparison.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

Interpretation understood(const std::string& intent, double p_outside = 0.1) {
  Interpretation interpretation;
  interpretation.segments.push_back({{0, 1}, {{intent, 0.8}}, p_outside, 0});
  return interpretation;
}

Example row(const std::string& intent) { return {"x", intent, {}, {"f.csv", 2, 1}}; }

}  // namespace

TEST_CASE("two models are compared row by row") {
  const std::vector<Example> rows{row("a"), row("a"), row("out_of_scope"), row("b")};
  const Comparison c =
      compare({understood("a"), understood("a"), understood("a", 0.9), Interpretation{}},
              {understood("a"), understood("b"), understood("a"), understood("a")}, rows);
  CHECK(c.both_right == 1);
  CHECK(c.only_first == 2);
  CHECK(c.only_second == 0);
  CHECK(c.both_wrong == 1);
  REQUIRE(c.differences.size() == 2);
  CHECK(c.differences[1].first == "out_of_scope");
  CHECK(c.p == Approx(0.5));
}

TEST_CASE("McNemar's exact test counts only what differs") {
  std::vector<Example> rows(16, row("a"));
  std::vector<Interpretation> first(16, understood("a")), second(16, understood("b"));
  for (std::size_t i = 0; i < 4; ++i) first[i] = understood("b"), second[i] = understood("a");
  for (std::size_t i = 12; i < 16; ++i) second[i] = understood("a");
  // 8 against 4: twice the chance of at most 4 heads in 12.
  CHECK(compare(first, second, rows).p == Approx(2 * 794.0 / 4096));
  CHECK(compare(first, first, rows).p == 1);
  CHECK(to_text(compare(first, second, rows)).find("may be luck") != std::string::npos);
}

#include "nlu/base/suggestion.h"

#include <catch2/catch.hpp>

#include "nlu/base/diagnostic.h"
#include "nlu/base/display_width.h"

using nlu::did_you_mean;
using nlu::meant;

TEST_CASE("what was suggested alone can be read back") {
  CHECK(meant("no step is called 'pay_out'" + did_you_mean("pay_out", {"payout", "ship"})) ==
        "payout");
  CHECK(meant("no slot" + did_you_mean("zhongguo", {"x"})) == std::nullopt);
  CHECK(meant("; did you mean '") == std::nullopt);
  CHECK(meant("") == std::nullopt);
}

TEST_CASE("of two that are equally near both are named, and none is meant") {
  const std::string two = did_you_mean("colour1", {"colour2", "colour3", "number"});
  CHECK(two == "; did you mean 'colour2' or 'colour3'?");
  CHECK(meant("no slot is called 'colour1'" + two) == std::nullopt);
  CHECK(did_you_mean("colour1", {"colour22", "colour2"}) == "; did you mean 'colour2'?");
}

TEST_CASE("a character is as wide as a terminal shows it") {
  CHECK(nlu::display_width(U'a') == 1);
  CHECK(nlu::display_width(U'é') == 1);
  CHECK(nlu::display_width(U'退') == 2);
  CHECK(nlu::display_width(U'ー') == 2);
  CHECK(nlu::display_width(U'한') == 2);
  CHECK(nlu::display_width(U'\u0301') == 0);  // An accent of its own
  CHECK(nlu::display_width(U'\u200D') == 0);
  CHECK(nlu::display_width(U'\x1b') == 0);
}

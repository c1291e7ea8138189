#include "nlu/fuzzy_words.h"

#include <string>

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

FuzzyWords cities() {
  FuzzyWords words;
  for (const char* word : {"berlin", "hamburg", "münchen", "frankfurt", "rome", "saarbrücken",
                           "marburg", "warburg", "harburg", "b2b12"}) {
    words.add(word);
  }
  return words;
}

std::string meant(const std::string& word) {
  const FuzzyWords words = cities();
  const std::string* const found = words.find(word);
  return found == nullptr ? "" : *found;
}

}  // namespace

TEST_CASE("a letter wrong, missing, too many or swapped is forgiven") {
  CHECK(meant("berlin") == "berlin");
  CHECK(meant("berlln") == "berlin");
  CHECK(meant("berln") == "berlin");
  CHECK(meant("berrlin") == "berlin");
  CHECK(meant("beriln") == "berlin");
  CHECK(meant("munchen") == "münchen");
  CHECK(meant("frnakfrut") == "frankfurt");  // Two, as it is long.
  CHECK(meant("saarbruken") == "saarbrücken");
}

TEST_CASE("what is too far, too short or could be two is not guessed") {
  CHECK(meant("bxrlxn").empty());
  CHECK(meant("perlin").empty());  // Another first letter.
  CHECK(meant("rame").empty());
  CHECK(meant("rome") == "rome");
  CHECK(meant("b2b13").empty());
  CHECK(meant("b2b12") == "b2b12");
  CHECK(meant("").empty());
  CHECK(meant(std::string(5000, 'b')).empty());
  FuzzyWords words;
  words.add("cable");
  words.add("camle");
  CHECK(words.find("caxle") == nullptr);
  CHECK(*words.find("cable") == "cable");
}

TEST_CASE("the distance between two words is that of optimal string alignment") {
  CHECK(edit_distance(U"ca", U"abc", 9) == 3);
  CHECK(edit_distance(U"kitten", U"sitting", 9) == 3);
  CHECK(edit_distance(U"ab", U"ba", 9) == 1);
  CHECK(edit_distance(U"", U"abc", 9) == 3);
  CHECK(edit_distance(U"kitten", U"sitting", 1) == 2);
}

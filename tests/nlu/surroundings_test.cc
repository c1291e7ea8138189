#include "nlu/surroundings.h"

#include <catch2/catch.hpp>

#include "nlu/training_data.h"

using namespace nlu;

namespace {

std::size_t add(Surroundings& document, const std::string& text) {
  return document.add(text, split_words(text));
}

std::vector<std::string> before(const Surroundings& document, const std::string& word,
                                std::size_t sentence, std::size_t limit = 10) {
  std::vector<std::string> result;
  for (const Occurrence* one : document.elsewhere(word, sentence, limit))
    result.push_back(one->before);
  return result;
}

}  // namespace

TEST_CASE("a word is found in the other sentences of its document, the nearest first") {
  Surroundings document;
  add(document, "alpha Blackburn won");
  add(document, "beta blackburn lost");
  const std::size_t here = add(document, "gamma Blackburn drew");
  add(document, "delta BLACKBURN won");
  add(document, "epsilon Leeds won");
  CHECK(before(document, "blackburn", here) == std::vector<std::string>{"beta", "delta", "alpha"});
  CHECK(before(document, "blackburn", here, 2) == std::vector<std::string>{"beta", "delta"});
  CHECK(before(document, "blackburn", 4) ==
        std::vector<std::string>{"delta", "gamma", "beta", "alpha"});
  CHECK(before(document, "york", here).empty());
}

TEST_CASE("an occurrence tells its neighbours and their capitals") {
  Surroundings document;
  add(document, "Peter Blackburn of Élan spoke");
  const auto found = document.elsewhere("blackburn", 1, 5);
  REQUIRE(found.size() == 1);
  CHECK(found[0]->written == "Blackburn");
  CHECK(found[0]->before == "peter");
  CHECK(found[0]->capital_before);
  CHECK(found[0]->after == "of");
  CHECK_FALSE(found[0]->capital_after);
  CHECK(document.elsewhere("of", 1, 5)[0]->capital_after);
  CHECK(document.elsewhere("peter", 1, 5)[0]->before.empty());
}

TEST_CASE("a document that never ends is not taken in whole") {
  Surroundings document;
  const std::string text = "word word word word word word word word";
  const std::vector<Word> words = split_words(text);
  for (std::size_t i = 0; i <= Surroundings::words_max / words.size(); ++i)
    document.add(text, words);
  CHECK(document.elsewhere("word", 1'000'000, 1'000'000).size() == Surroundings::words_max);
}

TEST_CASE("sentences share a document while its number stays") {
  std::vector<Example> examples(5);
  for (Example& example : examples) example.text = "Blackburn won";
  examples[0].document = examples[1].document = 1;
  examples[2].document = examples[4].document = 2;
  const std::vector<DocumentPlace> places = places_of(examples);
  CHECK(places[0].surroundings == places[1].surroundings);
  CHECK(places[1].sentence == 1);
  CHECK(places[2].surroundings != places[1].surroundings);
  CHECK(places[2].sentence == 0);
  CHECK(places[3].surroundings == nullptr);
  CHECK(places[4].surroundings != places[2].surroundings);  // Another stood between them.
  CHECK(places[1].surroundings->elsewhere("blackburn", 1, 5).size() == 1);
}

#include "nlu/torch/features.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

std::vector<std::uint64_t> keys_of(Featurizer& featurizer, const std::string& text,
                                   const std::vector<Entity>& found) {
  const std::vector<Word> words = split_words(text);
  featurizer.read(text, words, found);
  std::vector<std::uint64_t> keys;
  for (const Feature& feature : featurizer.intent_features()) keys.push_back(feature.key);
  return keys;
}

}  // namespace

TEST_CASE("a text has the same features whatever was read before it") {
  Entity product;
  product.type = "product";
  product.span = {4, 12};
  product.source = "lookup";
  Featurizer used, fresh;
  keys_of(used, "the wool rug has a hole", {product});
  CHECK(keys_of(used, "my order has not arrived", {}) ==
        keys_of(fresh, "my order has not arrived", {}));
}

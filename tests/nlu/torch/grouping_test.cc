#include "nlu/torch/grouping.h"

#include <set>

#include <catch2/catch.hpp>

#include "nlu/training_folder.h"

using namespace nlu;

namespace {

TrainingData shop() {
  TrainingData data;
  Diagnostics diagnostics;
  read_training_folder(std::string(USHER_SOURCE_DIR) + "/flows/shop/nlu", data, diagnostics);
  REQUIRE_FALSE(has_errors(diagnostics));
  return data;
}

std::vector<std::set<std::string>> grouped(const std::vector<std::string>& texts,
                                           double similarity = group_similarity) {
  static const TrainingData data = shop();
  std::vector<GroupedText> all;
  for (const std::string& text : texts) all.push_back({text, {}});
  std::vector<std::set<std::string>> groups;
  for (const auto& members : group_similar(all, data, similarity)) {
    std::set<std::string>& group = groups.emplace_back();
    for (const std::size_t member : members) group.insert(texts[member]);
  }
  return groups;
}

using Groups = std::vector<std::set<std::string>>;

}  // namespace

TEST_CASE("texts that say much the same are put together, in English and Chinese") {
  CHECK(grouped({"can I pay in instalments", "is it possible to pay by instalments",
                 "paying in instalments", "do you have a shop in Leeds", "is there a shop in York",
                 "可以分期付款吗", "能分期付款吗", "你们有实体店吗"}) ==
        Groups{{"can I pay in instalments", "is it possible to pay by instalments",
                "paying in instalments"},
               {"do you have a shop in Leeds", "is there a shop in York"},
               {"可以分期付款吗", "能分期付款吗"},
               {"你们有实体店吗"}});
}

TEST_CASE("numbers do not part texts, and a threshold that nothing reaches parts all") {
  CHECK(grouped({"block card 1234", "block card 98765"}).size() == 1);
  CHECK(grouped({"block card 1234", "block card 98765"}, 2).size() == 2);
  CHECK(grouped({}).empty());
  CHECK(grouped({"", "…", "?!"}).size() >= 1);
}

#include "nlu/segmentation.h"

#include <map>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

namespace nlu {
namespace {

Entity entity_of(const std::string& text, const std::string& type, const std::string& value) {
  Entity entity;
  entity.type = type;
  entity.value = value;
  entity.span.begin = text.find(value);
  entity.span.end = entity.span.begin + value.size();
  return entity;
}

// The text with a bar at each cut, what belongs to neither side left out.
std::string cut(const std::string& text, const std::vector<Entity>& entities = {}) {
  const std::vector<Word> words = split_words(text);
  const std::vector<Cut> cuts = find_cuts(text, words, entities);
  std::string all;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const Stretch part = stretch_of(text, words, entities, cuts, i, i + 1);
    if (part.begin >= part.end) continue;
    const std::size_t begin = words[part.begin].begin;
    all += (all.empty() ? "" : "|") + text.substr(begin, words[part.end - 1].end - begin);
  }
  return all;
}

Stretch whole(const std::string& text, const std::vector<Entity>& entities) {
  return stretch_of(text, split_words(text), entities, {}, 0, 1);
}

}  // namespace

TEST_CASE("an utterance may be cut at marks and connecting words") {
  CHECK(cut("send it back and where is my order") == "send it back|where is my order");
  CHECK(cut("Send it back. Also, where is my order?") == "Send it back.|where is my order?");
  CHECK(cut("cancel it! how long does it take?") == "cancel it!|how long does it take?");
  CHECK(cut("cancel it; by the way, are you open") == "cancel it|are you open");
  CHECK(cut("cancel it - are you open") == "cancel it|are you open");
  CHECK(cut("cancel it\nare you open") == "cancel it|are you open");
  CHECK(cut("storniere das und wann habt ihr offen") == "storniere das|wann habt ihr offen");
  CHECK(cut("我要退货，另外我的订单到哪了") == "我要退货|我的订单到哪了");
  CHECK(cut("我要退货。还有你们几点开门？") == "我要退货。|你们几点开门？");
  CHECK(cut("one, two and three. four") == "one|two|three.|four");
}

TEST_CASE("what has nothing on one side, or is a mark of another kind, is no cut") {
  for (const char* text :
       {"", " ", "where is my order", "where is my order?", "And where is my order?!", "...", "and",
        "a T-shirt", "order no. 10423", "59.90", "it costs 1,234.50", "…and"}) {
    CHECK(cut(text).find('|') == std::string::npos);
  }
}

TEST_CASE("no cut divides an entity, nor a value from its correction") {
  const std::string range = "between 3 and 5 pm and where is it";
  CHECK(cut(range, {entity_of(range, "interval", "between 3 and 5 pm")}) ==
        "between 3 and 5 pm|where is it");
  const std::string corrected = "10423, no wait, 10432, and are you open";
  std::vector<Entity> both{entity_of(corrected, "order_number", "10423"),
                           entity_of(corrected, "order_number", "10432")};
  CHECK(cut(corrected, both) == "10423|no wait|10432|are you open");
  both[0].retracted = true;
  CHECK(cut(corrected, both) == "10423, no wait, 10432|are you open");
}

TEST_CASE("of many cuts the strongest are kept, in order") {
  CHECK(cut("a, b, c. d, e. f and g, h. i") == "a|b, c.|d, e.|f and g, h.|i");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word, ";
  CHECK(find_cuts(text, split_words(text), {}).size() == cut_limit);
}

TEST_CASE("a stretch says more than a value and what that is called, or not") {
  const auto number = [](const std::string& text) {
    return whole(text, {entity_of(text, "order_number", "10423")});
  };
  CHECK_FALSE(number("order 10423").says_more);
  CHECK_FALSE(number("my order number is 10423, please").says_more);
  CHECK(number("where is 10423").says_more);
  CHECK(number("cancel order 10423").says_more);
  CHECK(whole("no", {}).says_more);
  CHECK(whole("yes", {}).says_more);
  CHECK(whole("send it back", {}).refers);
  CHECK(whole("把它退了", {}).refers);
  CHECK_FALSE(whole("send the lamp back", {}).refers);
  CHECK(whole("send the lamp back", {}).length == 4);
}

TEST_CASE("the division whose least sure part is surest is chosen") {
  const std::vector<Cut> cuts{{1, 2, 1}, {3, 4, 3}};
  std::map<std::pair<std::size_t, std::size_t>, PartScore> scores;
  int asked = 0;
  const auto score = [&](std::size_t from, std::size_t to) {
    ++asked;
    PartScore part = scores[{from, to}];
    part.length = 2;
    return part;
  };
  scores[{0, 1}] = {0, 0.9, 0.1};
  scores[{1, 3}] = {1, 0.8, 0.1};
  scores[{0, 2}] = {0, 0.95, 0.1};
  scores[{2, 3}] = {1, 0.9, 0.1};
  scores[{0, 3}] = {1, 0.6, 0.2};
  scores[{1, 2}] = {2, 0.4, 0.2};
  auto best = divide(cuts, score);
  REQUIRE(best);
  CHECK(best->at == std::vector<std::size_t>{0, 2});
  CHECK(best->signals[5] == 1.5);  // The strength of the cut.
  CHECK(best->signals[7] == 1);    // The whole's intent is a part's.
  CHECK(asked <= 6);

  scores[{0, 2}].intent = 1;  // Neighbours that mean the same are one.
  best = divide(cuts, score);
  REQUIRE(best);
  CHECK(best->at == std::vector<std::size_t>{0, 1});
  scores[{1, 3}].says_more = false;
  CHECK_FALSE(divide(cuts, score));
  scores[{1, 2}].p = 0.9;
  best = divide(cuts, score);
  REQUIRE(best);
  CHECK(best->at == std::vector<std::size_t>{0, 1, 2});
  CHECK_FALSE(divide({}, score));
  scores[{0, 3}].p_outside = 0.6;
  CHECK_FALSE(divide(cuts, score));
}

TEST_CASE("the main segment is the longest") {
  Interpretation said;
  CHECK(main_segment(said) == nullptr);
  said.segments = {{{0, 2}, {{"greet", 1}}, 0, 0},
                   {{4, 12}, {{"order_status", 0.9}}, 0, 0},
                   {{14, 22}, {{"hours", 0.9}}, 0, 0}};
  CHECK(main_segment(said) == &said.segments[1]);
  CHECK(said.best()->name == "order_status");
}

}  // namespace nlu

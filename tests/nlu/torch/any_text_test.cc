// Whatever customers write: nothing is thrown, and what is said about a text lies within it.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "nlu/base/unicode.h"
#include "nlu/segmentation.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

namespace nlu {
namespace {

const std::vector<std::string> scraps = {"",
                                         " ",
                                         "order 10423",
                                         "where is my parcel",
                                         "postcode 10115",
                                         "我的订单",
                                         "在哪里",
                                         "明天下午三点半",
                                         "第三",
                                         "百分之五",
                                         "👩‍👩‍👧‍👦",
                                         "🇩🇪",
                                         "👍🏽",
                                         "e\u0301",
                                         "\u200b",
                                         "\u200d",
                                         "\u202e",
                                         "\u2066",
                                         "مرحبا",
                                         "שלום",
                                         "привет",
                                         "ﬁ",
                                         "Ⅻ",
                                         "２３",
                                         "ß",
                                         "İ",
                                         "\ufeff",
                                         "\u0000x",
                                         "\xff",
                                         "\xc3",
                                         "\xe4\xb8",
                                         "\xf0\x9f",
                                         "\xed\xa0\x80",
                                         "\xc0\x80",
                                         "\xf8\x88\x80\x80\x80",
                                         "4111 1111 1111 1111",
                                         "DE89370400440532013000",
                                         "a@b.de",
                                         "https://x.de/?q=我",
                                         "[x](y)",
                                         "{\"a\":1}",
                                         "/greet",
                                         "half past two",
                                         "in 3 days",
                                         "\t",
                                         "\r\n",
                                         "'",
                                         "\"",
                                         "\\",
                                         "not the blue one",
                                         "10423, no wait, 10432",
                                         "+49 30 123456",
                                         "2.5 kg",
                                         "€59,90",
                                         ", and ",
                                         ". ",
                                         "，另外",
                                         "hello",
                                         "change my delivery address"};

int divided = 0;  // Texts that were.

bool at_boundary(const std::string& text, std::size_t at) {
  return at <= text.size() &&
         (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80);
}

void check(const Interpreter& interpreter, const std::string& text) {
  const Utterance utterance{text, "2026-11-23"};
  const Interpretation said = interpreter.interpret({&utterance, 1}).front();
  const bool whole = is_utf8(text);
  INFO(text);
  REQUIRE(!said.segments.empty());
  REQUIRE(said.segments.size() <= cut_limit + 1);
  if (said.segments.size() == 1) CHECK(said.segments[0].span == Span{0, text.size()});
  std::size_t after = 0;
  for (const Segment& segment : said.segments) {
    INFO("segment " << segment.span.begin << " " << segment.span.end);
    REQUIRE(segment.span.begin >= after);
    REQUIRE(segment.span.end <= text.size());
    CHECK((said.segments.size() == 1 || segment.span.begin < segment.span.end));
    after = segment.span.end;
    if (!whole) continue;
    CHECK(at_boundary(text, segment.span.begin));
    CHECK(at_boundary(text, segment.span.end));
  }
  divided += said.segments.size() > 1 ? 1 : 0;
  for (const Entity& entity : said.entities) {
    INFO(entity.type << " " << entity.span.begin << " " << entity.span.end);
    REQUIRE(entity.span.begin < entity.span.end);
    REQUIRE(entity.span.end <= text.size());
    CHECK(std::any_of(said.segments.begin(), said.segments.end(), [&](const Segment& segment) {
      return segment.span.begin <= entity.span.begin && entity.span.end <= segment.span.end;
    }));
    if (whole) {
      CHECK(at_boundary(text, entity.span.begin));
      CHECK(at_boundary(text, entity.span.end));
      CHECK(is_utf8(entity.value));
    }
  }
  for (const Segment& segment : said.segments) {
    for (const ScoredIntent& intent : segment.intents) CHECK((intent.p >= 0 && intent.p <= 1));
  }
  CHECK((!said.sentiment || (*said.sentiment >= -1 && *said.sentiment <= 1)));
  CHECK((!said.urgency || (*said.urgency >= 0 && *said.urgency <= 1)));
  const auto again = interpretation_from_json(to_json(said));
  REQUIRE(again);
}

}  // namespace

TEST_CASE("any text can be interpreted, and entities cut it where characters begin") {
  const tiny::TemporaryFile file("usher-any-");
  TrainingData data = tiny::bot();
  data.lookups.push_back({"city", {"Köln", "上海", "Saint-Étienne"}});
  data.synonyms["köln"] = "Cologne";
  data.patterns.push_back({"code", "[A-ZÄ]{2}\\d{3}|订单", {}});
  REQUIRE(train(data, {}, file.path));
  const auto interpreter = load_interpreter(file.path, {"en", "zh", "de"});
  REQUIRE(interpreter);
  for (const std::string& scrap : scraps) check(**interpreter, scrap);
  std::mt19937 random(20261124);
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n) {
      text += scraps[random() % scraps.size()];
      if (random() % 3 == 0) text += ' ';
      if (random() % 20 == 0) text += "Köln上海ÄB123";
    }
    check(**interpreter, text);
  }
  for (const char* unit : {"a", "1 ", "我", "👍🏽", "\u200b", "שלום ", "where is order 10423 ",
                           "\xff", "and ", "where is my parcel. change my address, "}) {
    std::string text;
    while (text.size() < 10'000) text += unit;
    check(**interpreter, text);
  }
  CHECK(divided > 0);
}

}  // namespace nlu

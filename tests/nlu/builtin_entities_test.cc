#include "nlu/builtin_entities.h"

#include <random>

#include <catch2/catch.hpp>

#include "nlu/base/unicode.h"

using namespace nlu;

namespace {

constexpr const char* monday = "2026-11-23";

// "type=value@covered …" of all that is found.
std::string found(const std::string& text) {
  std::vector<Entity> entities;
  find_builtin_entities({text, monday}, entities);
  std::string out;
  for (const Entity& e : entities) {
    if (!out.empty()) out += ' ';
    out += e.type + "=" + e.value;
  }
  return out;
}

std::string parsed(std::string_view type, std::string_view text) {
  return parse_value(type, text, monday).value_or("-");
}

}  // namespace

TEST_CASE("numbers are found in digits, words and Chinese") {
  CHECK(found("order 10423 please") == "number=10423");
  CHECK(found("-3 or 1,234.50 or 1.234.567") == "number=-3 number=1234.50 number=1234567");
  CHECK(found("twenty-one, one hundred and five, two thousand") ==
        "number=21 number=105 number=2000");
  CHECK(found("the blue one") == "");
  CHECK(found("我要三件 二十一 一百零五 一下") == "number=3 number=21 number=105");
  CHECK(found("A10423 10423b 3rd x_5") == "ordinal=3");
  CHECK(found("1.2.3.4") == "");
}

TEST_CASE("money has a currency") {
  CHECK(found("59,90 € and $20 and EUR 5 and 20 dollars") ==
        "money=59.90 EUR money=20 USD money=5 EUR money=20 USD");
  CHECK(found("1.234,5 euro") == "money=1234.50 EUR");
  CHECK(found("20eur") == "money=20 EUR");
  CHECK(found("五十块") == "money=50 CNY");
  CHECK(parsed("money", "about 59.9") == "59.90");
  CHECK(parsed("money", "£12") == "12 GBP");
}

TEST_CASE("addresses on the net are found") {
  CHECK(found("write to Anna.B@Example.ORG.") == "email=Anna.B@example.org");
  CHECK(found("see https://a.example/x?y=1, or www.shop.example!") ==
        "url=https://a.example/x?y=1 url=https://www.shop.example");
  CHECK(found("a@b a@@b.de @x.de a@b..de") == "");
  CHECK(parsed("url", "shop.example/x") == "https://shop.example/x");
  CHECK(parsed("email", "it's a@b.de, a@b.de") == "a@b.de");
  CHECK(parsed("email", "a@b.de or c@b.de") == "-");
}

TEST_CASE("phone numbers are found") {
  CHECK(found("+49 30 123456-7") == "phone=+49301234567");
  CHECK(found("0049 30 1234567") == "phone=+49301234567");
  CHECK(found("(030) 1234 5678") == "phone=03012345678");
  CHECK(found("13812345678") == "phone=13812345678");
  CHECK(found("10423") == "number=10423");
  CHECK(parsed("phone", "call 123456") == "123456");
  CHECK(parsed("phone", "12") == "-");
}

TEST_CASE("dates become ISO dates") {
  CHECK(found("2026-11-23") == "date=2026-11-23");
  CHECK(found("23/11/2026 or 23.11.2026 or 11/23/2026") ==
        "date=2026-11-23 date=2026-11-23 date=2026-11-23");
  CHECK(found("Nov 23") == "date=2026-11-23");
  CHECK(found("January 2nd") == "date=2027-01-02");
  CHECK(found("23rd of November 2025") == "date=2025-11-23");
  CHECK(found("today tomorrow yesterday") == "date=2026-11-23 date=2026-11-24 date=2026-11-22");
  CHECK(found("the day after tomorrow") == "date=2026-11-25");
  CHECK(found("on friday") == "date=2026-11-27");
  CHECK(found("last friday") == "date=2026-11-20");
  CHECK(found("next monday") == "date=2026-11-30");
  CHECK(found("明天") == "date=2026-11-24");
  CHECK(found("11月23日") == "date=2026-11-23");
  CHECK(found("2027年1月5号") == "date=2027-01-05");
  CHECK(found("下周三") == "date=2026-12-02");
  CHECK(found("in 3 days") == "date=2026-11-26");
  CHECK(found("3天后") == "date=2026-11-26");
  CHECK(found("tomorrow at 14:30") == "date=2026-11-24T14:30");
  CHECK(found("tomorrow 2 pm") == "date=2026-11-24T14:00");
  CHECK(found("明天下午3点") == "date=2026-11-24T15:00");
  CHECK(found("31.02.2026").find("date") == std::string::npos);
  CHECK(parsed("date", "23.11.") == "2026-11-23");
  CHECK(parsed("date", "24/12") == "2026-12-24");
  CHECK(parse_value("date", "tomorrow", "") == std::nullopt);
  CHECK(parse_value("date", "tomorrow", "2026-99-99") == std::nullopt);
}

TEST_CASE("a value is the answer only if there is one") {
  CHECK(parsed("number", "it's 21, I think") == "21");
  CHECK(parsed("number", "one") == "1");
  CHECK(parsed("number", "2 or 3") == "-");
  CHECK(parsed("number", "") == "-");
  CHECK(parsed("colour", "2") == "-");
}

TEST_CASE("any bytes give spans inside the text") {
  std::mt19937 random(5);
  const std::string alphabet = "09.,/-: @+()aeinoprtw\xe4\xe5\x85\x83\xc3\xa9";
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (int i = 0; i < 20; ++i) text += alphabet[random() % alphabet.size()];
    std::vector<Entity> entities;
    find_builtin_entities({text, monday}, entities);
    for (const Entity& e : entities) {
      REQUIRE(e.span.begin < e.span.end);
      REQUIRE(e.span.end <= text.size());
    }
  }
  for (const char* part :
       {"1", "1,", "@", "a@", "+", "(", "twenty ", "百", "www.", "1 ", "monday ", "a "}) {
    std::string text;
    while (text.size() < 20'000) text += part;
    std::vector<Entity> entities;
    find_builtin_entities({text, monday}, entities);
    for (const Entity& e : entities) REQUIRE(e.span.end <= text.size());
    (void)parsed("money", text);
  }
}

TEST_CASE("times of day are found") {
  CHECK(found("at 14:30 or 2:05 pm or 7am") == "time=14:30 time=14:05 time=07:00");
  CHECK(found("half past two, quarter to five pm, noon, seven o'clock") ==
        "time=02:30 time=16:45 time=12:00 time=07:00");
  CHECK(found("下午三点半") == "time=15:30");
  CHECK(found("晚上8点20分") == "time=20:20");
  CHECK(found("九点一刻") == "time=09:15");
  CHECK(found("25:00 1:2 12:60 1:2:3").find("time") == std::string::npos);
  CHECK(found("13pm").find("time") == std::string::npos);
  CHECK(parsed("time", "let's say 9:15") == "09:15");
}

TEST_CASE("durations are ISO 8601, and keep their number") {
  CHECK(found("3 days") == "duration=P3D number=3");
  CHECK(parsed("duration", "two and a half hours") == "PT2H30M");
  CHECK(parsed("duration", "2 h 30 min") == "PT2H30M");
  CHECK(parsed("duration", "half an hour") == "PT30M");
  CHECK(parsed("duration", "an hour and a half") == "PT1H30M");
  CHECK(parsed("duration", "1.5 days") == "P1DT12H");
  CHECK(parsed("duration", "2 weeks") == "P2W");
  CHECK(parsed("duration", "1 year, 2 months and 3 days") == "P1Y2M3D");
  CHECK(parsed("duration", "三天") == "P3D");
  CHECK(parsed("duration", "一个半小时") == "PT1H30M");
  CHECK(parsed("duration", "半个月") == "P0.5M");
  CHECK(parsed("duration", "两年三个月") == "P2Y3M");
  CHECK(found("in 3 days") == "date=2026-11-26");
  CHECK(parsed("duration", "2026年") == "-");
}

TEST_CASE("quantities and percentages have a unit") {
  CHECK(parsed("quantity", "2.5 kg") == "2.5 kg");
  CHECK(parsed("quantity", "5kg please") == "5 kg");
  CHECK(parsed("quantity", "three kilometres") == "3 km");
  CHECK(parsed("quantity", "三斤") == "1.5 kg");
  CHECK(parsed("quantity", "五百毫升") == "500 ml");
  CHECK(parsed("quantity", "five m") == "-");
  CHECK(parsed("quantity", "5 gulls") == "-");
  CHECK(parsed("percentage", "12,5 %") == "12.5");
  CHECK(parsed("percentage", "twenty per cent") == "20");
  CHECK(parsed("percentage", "百分之五") == "5");
  CHECK(found("20 %") == "percentage=20 number=20");
}

TEST_CASE("ordinals are found") {
  CHECK(found("the 3rd and the twenty-first") == "ordinal=3 ordinal=21 number=20");
  CHECK(found("第三个") == "ordinal=3 number=3");
  CHECK(parsed("ordinal", "the second one") == "2");
  CHECK(parsed("ordinal", "wait a second") == "-");
  CHECK(parsed("ordinal", "3th") == "-");
  CHECK(parsed("ordinal", "11th") == "11");
}

TEST_CASE("intervals go from one date or time to another") {
  CHECK(parsed("interval", "from 3 May 2027 to 9 May 2027") == "2027-05-03/2027-05-09");
  CHECK(parsed("interval", "between 3 and 5pm") == "15:00/17:00");
  CHECK(parsed("interval", "11 to 2pm") == "11:00/14:00");
  CHECK(parsed("interval", "14:00-16:30") == "14:00/16:30");
  CHECK(parsed("interval", "下午三点到下午五点") == "15:00/17:00");
  CHECK(parsed("interval", "3 May 2027 and 9 May 2027") == "-");
}

TEST_CASE("card and account numbers are those that pass their check") {
  CHECK(found("4111 1111 1111 1111") == "card=**** 1111");
  CHECK(found("my card is 4111111111111111.") == "card=**** 1111");
  CHECK(found("4111 1111 1111 1112").find("card") == std::string::npos);
  CHECK(found("DE89 3704 0044 0532 0130 00 please") == "iban=DE89370400440532013000");
  CHECK(found("gb82west12345698765432") == "iban=GB82WEST12345698765432");
  CHECK(found("DE88 3704 0044 0532 0130 00").find("iban") == std::string::npos);
}

TEST_CASE("built-in entities stay linear in what is hostile") {
  // Each would take minutes if a scanner began anew at each of its places.
  for (const char* unit : {"1 ", "1", "一", "twenty ", "a@", "((", "1:", "第", "DE8", "半", "4 ",
                           "1-", "half past ", "two and a half "}) {
    std::string text;
    while (text.size() < 60'000) text += unit;
    std::vector<Entity> entities;
    find_builtin_entities({text, monday}, entities);
    CHECK(entities.size() <= 400);
  }
}

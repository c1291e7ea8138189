#include "nlu/csv.h"

#include <catch2/catch.hpp>

using namespace nlu;

TEST_CASE("CSV is read as spreadsheets write it") {
  const auto rows = *parse_csv("\xEF\xBB\xBFtext,label\r\n\"a, \"\"b\"\"\nc\",x\n\nd,\n");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].fields[0] == "text");
  CHECK(rows[1].fields[0] == "a, \"b\"\nc");
  CHECK(rows[2].line == 5);
  CHECK(rows[2].fields[1] == "");
  CHECK(parse_csv("")->empty());
}

TEST_CASE("broken CSV is refused with its line") {
  CHECK(parse_csv("a,b\nc\n").error().message == "line 2: 1 fields, but the first row has 2");
  CHECK(parse_csv("a\n\"b").error().message == "line 2: a quote is never closed");
  CHECK(parse_csv("\"a\"b\n").error().message == "line 1: text after a closing quote");
  CHECK(parse_csv("a\n\xff\n").error().message == "line 2: this is not UTF-8");
}

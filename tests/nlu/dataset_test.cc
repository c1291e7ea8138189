#include "nlu/dataset.h"

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

std::vector<DataRow> parse(std::string_view text, DataFormat format) {
  auto rows = parse_dataset(text, "data", format);
  INFO((rows ? "" : rows.error().message));
  REQUIRE(rows);
  return *std::move(rows);
}

std::string mistake(std::string_view text, DataFormat format) {
  const auto rows = parse_dataset(text, "data", format);
  return rows ? "" : rows.error().message;
}

// "B-LOC O I-PER"
std::string tags(const DataRow& row) {
  std::string all;
  for (const std::string& tag : iob2_tags(row.tokens, row.example.entities)) {
    all += (all.empty() ? "" : " ") + tag;
  }
  return all;
}

std::string only_tags(std::string_view text) {
  const std::vector<DataRow> rows = parse(text, DataFormat::conll);
  REQUIRE(rows.size() == 1);
  return tags(rows[0]);
}

}  // namespace

TEST_CASE("a file's name tells its format") {
  CHECK(format_of("a/b.csv") == DataFormat::csv);
  CHECK(format_of("b.ndjson") == DataFormat::jsonl);
  CHECK(format_of("nlu.yml") == DataFormat::rasa);
  CHECK(format_of("x.conll") == DataFormat::conll);
  CHECK_FALSE(format_of("some.csv/eng.train"));
  CHECK(format_named("conll") == DataFormat::conll);
  CHECK_FALSE(format_named("xml"));
}

TEST_CASE("all tag schemes of CoNLL files say the same") {
  const std::string same = "B-LOC I-LOC B-LOC O B-PER";
  CHECK(only_tags("a I-LOC\nb I-LOC\nc B-LOC\nd O\ne I-PER\n") == same);               // IOB1
  CHECK(only_tags("a B-LOC\nb I-LOC\nc B-LOC\nd O\ne B-PER\n") == same);               // IOB2
  CHECK(only_tags("a B-LOC\nb E-LOC\nc S-LOC\nd O\ne S-PER\n") == same);               // IOBES
  CHECK(only_tags("a B-LOC\nb L-LOC\nc U-LOC\nd O\ne U-PER\n") == same);               // BILOU
  CHECK(only_tags("a x B-LOC\r\nb\ty\tI-LOC\nc B-LOC\nd O\ne B-PER \n\n\n") == same);  // Columns
  CHECK(only_tags("a I-LOC\nb I-PER\nc E-PER\nd I-PER") == "B-LOC B-PER I-PER B-PER");
}

TEST_CASE("tokens become a text, sentences rows") {
  const auto rows = parse(
      "\xEF\xBB\xBF-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects O\n\n\n北 B-LOC\n京 "
      "I-LOC\nok O\n",
      DataFormat::conll);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].example.text == "EU rejects");
  CHECK(rows[0].example.mark == Mark{"data", 3, 1});
  CHECK(rows[0].example.entities[0].value == "EU");
  CHECK(rows[1].example.text == "北京ok");
  CHECK(rows[1].example.entities[0].value == "北京");
  CHECK(rows[1].tokens[2] == Span{6, 8});
}

TEST_CASE("documents stay apart when they are written and read again") {
  const auto rows = parse("alone O\n\n-DOCSTART- -X- O\n\na O\n\nb O\n\n-DOCSTART- -X- O\n\nc O\n",
                          DataFormat::conll);
  const auto documents = [](const std::vector<DataRow>& all) {
    std::vector<int> numbers;
    for (const DataRow& row : all) numbers.push_back(row.example.document);
    return numbers;
  };
  CHECK(documents(rows) == std::vector<int>{0, 1, 1, 2});
  CHECK(documents(parse(*write_dataset(rows, DataFormat::conll), DataFormat::conll)) ==
        documents(rows));
}

TEST_CASE("a table's columns are found by their names") {
  const auto rows = parse("id,Intent,text\n1,greet,\"hi, you\"\n", DataFormat::csv);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].example.text == "hi, you");
  CHECK(rows[0].example.intent == "greet");
  CHECK(rows[0].example.mark.line == 2);
  CHECK(mistake("id\n1\n", DataFormat::csv) ==
        "data:1: the first line must name the columns 'text' and 'label'");
}

TEST_CASE("tabs and semicolons part columns, too") {
  for (const char separator : {'\t', ';'}) {
    std::string table = "text,label\n\"hi, you; there\",greet\n";
    table[4] = separator;
    table[table.rfind(",greet")] = separator;
    const auto rows = parse(table, DataFormat::csv);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].example.text == "hi, you; there");
    CHECK(rows[0].example.intent == "greet");
  }
}

TEST_CASE("JSON lines count characters") {
  const auto rows = parse(
      "{\"text\": \"去北京\", \"intent\": \"travel\", \"entities\": [{\"start\": 1, \"end\": 3, "
      "\"entity\": \"city\", \"role\": \"to\"}]}\n\n{\"text\": \"hi\", \"label\": \"greet\"}",
      DataFormat::jsonl);
  REQUIRE(rows.size() == 2);
  const Entity& entity = rows[0].example.entities.at(0);
  CHECK(entity.span == Span{3, 9});
  CHECK(entity.value == "北京");
  CHECK(entity.role == "to");
  CHECK(rows[1].example.intent == "greet");
  CHECK(rows[1].example.mark.line == 3);
}

TEST_CASE("what was written reads the same") {
  const auto rows = parse(
      "{\"text\": \"fly to São Paulo, now\", \"intent\": \"fly\", \"entities\": [{\"start\": 7, "
      "\"end\": 16, \"entity\": \"city\", \"role\": \"to\", \"value\": \"SAO\"}]}\n"
      "{\"text\": \"say \\\"hi\\\"\", \"intent\": \"greet\"}\n",
      DataFormat::jsonl);
  for (const DataFormat format : {DataFormat::jsonl, DataFormat::rasa, DataFormat::csv}) {
    const auto written = write_dataset(rows, format);
    REQUIRE(written);
    INFO(*written);
    const auto again = parse(*written, format);
    REQUIRE(again.size() == 2);
    CHECK(again[0].example.text == rows[0].example.text);
    CHECK(again[0].example.intent == "fly");
    CHECK(again[1].example.text == "say \"hi\"");
    if (format == DataFormat::csv) continue;
    REQUIRE(again[0].example.entities.size() == 1);
    CHECK(again[0].example.entities[0].span == rows[0].example.entities[0].span);
    CHECK(again[0].example.entities[0].role == "to");
    CHECK(again[0].example.entities[0].value == "SAO");
  }
  CHECK(*write_dataset(rows, DataFormat::conll) ==
        "fly\tO\nto\tO\nSão\tB-city\nPaulo\tI-city\n,\tO\nnow\tO\n\n"
        "say\tO\n\"\tO\nhi\tO\n\"\tO\n\n");
}

TEST_CASE("what a format cannot hold is refused, not lost") {
  DataRow row;
  row.example.text = "see [1](a)";
  row.example.intent = "cite";
  row.example.mark = {"data", 4, 1};
  CHECK(write_dataset({row}, DataFormat::rasa).error().message.substr(0, 7) == "data:4:");
  row.example.text = "fine";
  row.example.intent = "";
  CHECK_FALSE(write_dataset({row}, DataFormat::rasa));
}

TEST_CASE("mistakes in data name file and line") {
  CHECK(
      mistake("EU B-ORG\nrejects\n", DataFormat::conll) ==
      "data:2: 'rejects' has no tag; a line is a token, a space or tab, and its tag (O, B-LOC, …)");
  CHECK(mistake("EU B-\n", DataFormat::conll) ==
        "data:1: 'B-' is no tag; write O, or B-, I-, E- or S- and a type");
  CHECK(mistake("{\"text\": \"a\"}\n{\"txt\": 1}\n", DataFormat::jsonl) ==
        "data:2: 'text' is missing");
  CHECK(mistake("{\"text\": \"ab\", \"entities\": [{\"start\": 1, \"end\": 3, \"entity\": \"x\"}]}",
                DataFormat::jsonl) ==
        "data:1: the entity from 1 to 3 is outside its text of 2 characters");
  CHECK(mistake("{\"text\": \"ab\", \"entities\": [{\"start\": 0, \"end\": 1}]}",
                DataFormat::jsonl) == "data:1: an entity needs a type, as 'entity' or 'label'");
  CHECK(mistake("[1]", DataFormat::jsonl) == "data:1: a line must be a JSON object");
  CHECK(mistake("text,label\nd\xe9j\xe0,x\n", DataFormat::csv) ==
        "data:2: this is not UTF-8; it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t "
        "UTF-8 OLD > NEW");
  CHECK(mistake("text,label\nhello,greet\n \t ,greet\n", DataFormat::csv) ==
        "data:3: the text is empty; write one, or delete the row");
  CHECK(mistake("{\"text\": \"\"}", DataFormat::jsonl) ==
        "data:1: the text is empty; write one, or delete the row");
  CHECK(mistake("nlu: [", DataFormat::rasa).substr(0, 5) == "data:");
  CHECK(read_dataset("/nonexistent", DataFormat::csv).error().code == Errc::not_found);
  CHECK_FALSE(read_dataset("/", DataFormat::csv));
}

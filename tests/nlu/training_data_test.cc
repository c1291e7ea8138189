#include "nlu/training_data.h"

#include <catch2/catch.hpp>

#include "nlu/annotation.h"

using namespace nlu;

namespace {

struct ReadResult {
  TrainingData data;
  std::vector<std::string> said;
};

ReadResult read(const std::string& text) {
  ReadResult result;
  Diagnostics diagnostics;
  const std::variant<Yaml, Diagnostic> yaml = parse_yaml(text, "nlu.yml");
  if (const auto* bad = std::get_if<Diagnostic>(&yaml)) {
    diagnostics.push_back(*bad);
  } else {
    read_training_data(std::get<Yaml>(yaml), result.data, diagnostics);
    check_training_data(result.data, diagnostics);
  }
  for (const Diagnostic& d : diagnostics) result.said.push_back(to_string(d));
  return result;
}

std::vector<std::string> said(const std::string& text) { return read(text).said; }

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("Rasa's training data are read") {
  const ReadResult r = read(R"(version: "3.1"
nlu:
- intent: order_status
  metadata:
    description: Where is my order
  examples: |
    - where is [10423](order_number)
    - from [NYC]{"entity": "city", "role": "from", "value": "New York"} [x] to [b](city:Berlin)
- intent: faq/hours
  examples:
  - text: |
      when are you open
    metadata: {sentiment: neutral}
  - are you open
- synonym: credit
  examples: |
    - Credit Card
- lookup: color
  examples: |
    - blue
- regex: order_number
  examples: |
    - \d{5}
)");
  CHECK(r.said == Said{});
  REQUIRE(r.data.examples.size() == 4);
  CHECK(r.data.examples[0].text == "where is 10423");
  CHECK(r.data.examples[0].entities[0].span == Span{9, 14});
  CHECK(r.data.examples[0].mark == Mark{"nlu.yml", 7, 7});
  CHECK(r.data.examples[1].text == "from NYC [x] to b");
  CHECK(r.data.examples[1].entities[0].role == "from");
  CHECK(r.data.examples[1].entities[0].value == "New York");
  CHECK(r.data.examples[2].text == "when are you open");
  CHECK(r.data.examples[2].mark.line == 12);
  CHECK(r.data.synonyms.at("nyc") == "New York");
  CHECK(r.data.synonyms.at("credit card") == "credit");
  CHECK(r.data.lookups[0].words == Said{"blue"});
  CHECK(r.data.patterns[0].regex == "\\d{5}");
  CHECK(r.data.intents[0].description == "Where is my order");
}

TEST_CASE("an author is told what is wrong with the training data, and where") {
  CHECK(said("nlu:\n- intent: a\n  examples: |\n    - one\n    two\n    - é [x](\n    - three\n") ==
        Said{"nlu.yml:5:5: an example begins with '- '",
             "nlu.yml:6:12: '(' is opened and never closed"});
  CHECK(
      said("nlu:\n- intent: a\n  exmples: |\n    - one\n") ==
      Said{"nlu.yml:3:3: 'exmples' is unknown here; did you mean 'examples'?",
           "nlu.yml:2:11: warning: the intent 'a' has no examples; give at least two, better ten"});
  CHECK(said("nul:\n- x\n") == Said{"nlu.yml:1:1: 'nul' is unknown here; did you mean 'nlu'?"});
  CHECK(said("stories: []\n") ==
        Said{"nlu.yml:1:1: 'stories' are not supported; write flows instead"});
  CHECK(said("intents: [a]\nslots: {}\nresponses: {}\n").empty());
  CHECK(said("nlu:\n- regex: r\n  examples: |\n    - (\n") ==
        Said{"nlu.yml:4:7: this is no regular expression: missing ): ("});
  CHECK(said("nlu:\n- intent: a\n  lookup: b\n") ==
        Said{"nlu.yml:3:3: an item is either 'intent' or 'lookup'; begin a new item with '- '"});
  CHECK(said("nlu:\n- examples: x\n") ==
        Said{"nlu.yml:2:3: expected 'intent:', 'synonym:', 'lookup:', 'regex:', 'sentiment:' or "
             "'urgency:'"});
  CHECK(said("nlu:\n- intent: a\n  examples: >\n    - x\n    - y\n").at(0) ==
        "nlu.yml:3:13: expected 'examples: |' and below it lines that begin with '- '");
  CHECK(said("- x\n") == Said{"nlu.yml:1:1: expected 'nlu:' and below it a list of intents"});
}

TEST_CASE("a lookup may forgive mistakes") {
  const std::string lookup =
      "nlu:\n- lookup: city\n  metadata: {fuzzy: true}\n  examples: |\n    - Hamburg\n";
  const ReadResult r = read(lookup);
  REQUIRE(r.data.lookups.size() == 1);
  CHECK(r.data.lookups[0].fuzzy);
  CHECK_FALSE(read("nlu:\n- lookup: city\n  examples: |\n    - Hamburg\n").data.lookups[0].fuzzy);
  CHECK(said("nlu:\n- lookup: city\n  metadata: {fuzzy: maybe}\n  examples: |\n    - x\n") ==
        Said{"nlu.yml:3:21: 'fuzzy' is true or false"});
}

TEST_CASE("texts whose tone is known are read, by labels that exist") {
  const ReadResult r = read(
      "nlu:\n- sentiment: negative\n  examples: |\n    - a [sic](b) mess\n- urgency: high\n"
      "  examples: |\n    - now\n    - at once\n");
  REQUIRE(r.data.sentiments.size() == 1);
  CHECK(r.data.sentiments[0].text == "a [sic](b) mess");
  CHECK(r.data.sentiments[0].label == "negative");
  CHECK(r.data.urgencies.size() == 2);
  CHECK(r.data.examples.empty());
  CHECK(said("nlu:\n- sentiment: negativ\n  examples: |\n    - x\n") ==
        Said{"nlu.yml:2:14: 'negativ' is no sentiment; there are negative, neutral, positive; did "
             "you mean 'negative'?"});
  CHECK(said("nlu:\n- urgency: higher\n  examples: |\n    - x\n").at(0).find("low, high") !=
        std::string::npos);
}

TEST_CASE("examples that are given twice are noticed") {
  CHECK(said("nlu:\n- intent: a\n  examples: |\n    - hi\n    - Hi\n    - ho\n- intent: b\n  "
             "examples: |\n"
             "    - HO\n    - x\n    - y\n") ==
        Said{"nlu.yml:5:7: warning: this example was already given at nlu.yml:4",
             "nlu.yml:9:7: this example of 'b' is also one of 'a' at nlu.yml:6; keep one of them"});
}

TEST_CASE("malformed annotations stay in the text and are reported") {
  for (const char* line :
       {"[", "[a", "[a](", "[a](b", "[a]()", "[](b)", "[a]{", "[a]{}", "[a]{\"entity\": 1}",
        "[a]{\"entiti\": \"x\"}", "[a] (b)", "[a](b:)", "[a]{\"entity\": {}}", "[a]{1}"}) {
    std::vector<AnnotationProblem> problems;
    const AnnotatedText text = parse_annotations(line, problems);
    INFO(line);
    CHECK(problems.size() == 1);
    CHECK(text.text == line);
    CHECK(text.entities.empty());
  }
  std::vector<AnnotationProblem> problems;
  CHECK(parse_annotations("  press [x] now  ", problems).text == "press [x] now");
  CHECK(problems.empty());
}

TEST_CASE("a hash of the training data does not depend on their order") {
  const auto hash = [](const std::string& text) { return content_hash(read(text).data); };
  const std::string a = "- intent: a\n  examples: |\n    - one\n    - two\n";
  const std::string b = "- intent: b\n  examples: |\n    - three\n    - four\n";
  CHECK(hash("nlu:\n" + a + b) == hash("nlu:\n" + b + a));
  CHECK(hash("nlu:\n" + a) != hash("nlu:\n" + b));
  CHECK(hash("nlu:\n" + a).size() == 64);
}

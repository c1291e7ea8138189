#include "nlu/taken_examples.h"

#include <catch2/catch.hpp>

#include "nlu/base/diagnostic.h"
#include "nlu/training_data.h"

using namespace nlu;

namespace {

const std::string anna = "3f0c1111111111111111111111111111";
const std::string bob = "77e02222222222222222222222222222";

TrainingData loaded(const std::string& text) {
  TrainingData data;
  Diagnostics diagnostics;
  const auto yaml = parse_yaml(text, "nlu/inbox.yml");
  REQUIRE(std::holds_alternative<Yaml>(yaml));
  read_training_data(std::get<Yaml>(yaml), data, diagnostics);
  for (const Diagnostic& one : diagnostics) INFO(to_string(one));
  REQUIRE_FALSE(has_errors(diagnostics));
  return data;
}

std::string added(const std::string& file, const std::vector<TakenExample>& examples) {
  const auto text = add_examples(file, "nlu/inbox.yml", examples);
  if (!text) FAIL(text.error().message);
  return *text;
}

// What an author made of the file.
const std::string written =
    "version: \"3.1\"\n"
    "# Ours.\n"
    "nlu:\n"
    "  - intent: greet   # a comment\n"
    "    examples: |\n"
    "      - hello\n"
    "      - hi   there\n"
    "\n"
    "  # About orders.\n"
    "  - intent: order_status\n"
    "    examples:\n"
    "      # said by a friend\n"
    "      - where is it\n"
    "      - text: |\n"
    "          any news of [48213](order_number)\n"
    "        metadata:\n"
    "          subject: " +
    anna +
    "\n"
    "          utterance: u1\n"
    "\n"
    "      # the last one\n"
    "      - 'it''s late'\n"
    "  # The end.\n";

}  // namespace

TEST_CASE("examples taken from conversations are added to a file, and read by the loader") {
  const std::string text =
      added("", {{"order_status", "where is order [48213](order_number)", anna, "u1"},
                 {"faq/hours", "你们几点开门？", bob, "u2"},
                 {"order_status", "# no: comment", "1e5", "u3"}});
  const TrainingData data = loaded(text);
  REQUIRE(data.examples.size() == 3);
  CHECK(data.examples[0].text == "where is order 48213");
  CHECK(data.examples[0].intent == "order_status");
  CHECK(data.examples[0].subject == anna);
  REQUIRE(data.examples[0].entities.size() == 1);
  CHECK(data.examples[0].entities[0].type == "order_number");
  CHECK(data.examples[1].intent == "faq/hours");
  CHECK(data.examples[1].text == "你们几点开门？");
  CHECK(data.examples[1].subject == bob);
  CHECK(data.examples[2].text == "# no: comment");
  CHECK(data.examples[2].subject == "1e5");
  const auto yaml = parse_yaml(text, "x");
  const auto taken = taken_examples(std::get<Yaml>(yaml));
  REQUIRE(taken.size() == 3);
  CHECK(taken[1].utterance == "u2");
}

TEST_CASE("what a file says already stays to the byte when examples are added") {
  const std::string text = added(written, {{"greet", "good day", bob, "u9"}});
  CHECK(text.starts_with(written));
  CHECK(loaded(text).examples.size() == loaded(written).examples.size() + 1);
  std::string windows;
  for (const char c : written) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::string longer = added(windows, {{"greet", "good day", bob, "u9"}});
  CHECK(longer.starts_with(windows));
  CHECK(longer.find("good day\r\n") != std::string::npos);
  const std::string unfinished = "nlu:\n- intent: a\n  examples: |\n    - x\n    - y";
  const std::string finished = added(unfinished, {{"a", "z", bob, "u"}});
  CHECK(finished.starts_with(unfinished + "\n- intent: a\n"));
  CHECK(loaded(finished).examples.back().text == "z");
  CHECK(loaded(added("nlu:\n", {{"a", "z", bob, "u"}})).examples.size() == 1);
}

TEST_CASE("a file that examples cannot be added to is refused with advice") {
  const std::vector<TakenExample> one = {{"a", "z", bob, "u"}};
  for (const char* text : {"nlu:\n  - intent: a\n    examples: |\n      - x\nintents: [a]\n",
                           "nlu: [{intent: a, examples: [x]}]\n", "- a\n", "intents: [a]\n"}) {
    INFO(text);
    const auto refused = add_examples(text, "nlu/inbox.yml", one);
    REQUIRE_FALSE(refused);
    CHECK(
        refused.error().message ==
        "nlu/inbox.yml: 'nlu:' with a list of '- intent:' must be the last of this file; move what "
        "follows it, or what is in it, to another file");
  }
  const auto broken = add_examples("nlu: [\n", "nlu/inbox.yml", one);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.starts_with("nlu/inbox.yml:"));
  CHECK_FALSE(add_examples("nlu:\n  - intent: a\n...\n", "nlu/inbox.yml", one));
}

TEST_CASE("what was taken from a conversation is removed, and all else stays to the byte") {
  const auto removal = remove_subject(written, "nlu/x.yml", anna);
  REQUIRE(removal);
  REQUIRE(removal->removed.size() == 1);
  CHECK(removal->removed[0].text == "any news of [48213](order_number)");
  std::string expected = written;
  const std::size_t begin = expected.find("      - text: |");
  expected.erase(begin, expected.find("\n      # the last one") - begin);
  CHECK(removal->file == expected);
  CHECK(remove_subject(written, "nlu/x.yml", bob)->file == written);
  CHECK(remove_subject(written, "nlu/x.yml", bob)->removed.empty());
  CHECK_FALSE(remove_subject(written, "nlu/x.yml", ""));  // Nobody's are all others.
}

TEST_CASE("adding and then forgetting leaves the file as it was") {
  const std::string text = added(
      written, {{"greet", "good day", bob, "u9"}, {"order_status", "still nothing", bob, "u10"}});
  const auto removal = remove_subject(text, "nlu/inbox.yml", bob);
  REQUIRE(removal);
  CHECK(removal->removed.size() == 2);
  CHECK(removal->file == written);
}

TEST_CASE("an item that is one conversation's as a whole is removed as a whole") {
  const std::string text =
      "nlu:\n"
      "  - intent: greet\n"
      "    examples: |\n"
      "      - hello\n"
      "  - intent: order_status\n"
      "    metadata: {subject: " +
      anna +
      "}\n"
      "    examples: |\n"
      "      - where\n"
      "      - when\n";
  CHECK(loaded(text).examples[2].subject == anna);
  const auto removal = remove_subject(text, "nlu/x.yml", anna);
  REQUIRE(removal);
  CHECK(removal->removed.size() == 2);
  CHECK(removal->file == text.substr(0, text.find("  - intent: order_status")));
}

TEST_CASE("an intent keeps its description when all its examples are forgotten") {
  const std::string text =
      "nlu:\n"
      "  - intent: order_status\n"
      "    metadata: {description: where it is}\n"
      "    examples:\n"
      "      - {text: where, metadata: {subject: " +
      anna + "}}\n";
  const auto removal = remove_subject(text, "nlu/x.yml", anna);
  REQUIRE(removal);
  CHECK(removal->removed.size() == 1);
  CHECK(loaded(removal->file).intents.at(0).description == "where it is");
  CHECK(loaded(removal->file).examples.empty());
}

TEST_CASE("an example that cannot be cut out is named, and nothing is removed") {
  const std::string text =
      "nlu:\n"
      "  - intent: order_status\n"
      "    examples: [when, {text: where, metadata: {subject: " +
      anna + "}}]\n";
  const auto removal = remove_subject(text, "nlu/x.yml", anna);
  REQUIRE_FALSE(removal);
  CHECK(removal.error().message == "nlu/x.yml:3: this was taken from " + anna +
                                       ", and is not written as a list item of its own lines; "
                                       "delete it by hand");
}

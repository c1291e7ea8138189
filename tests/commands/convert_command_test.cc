// usher convert calm and usher convert rasa: whole bots, converted, checked, trained and played.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/commands/run.h"

namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("usher-convert-{}", ::getpid())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Per cent of the steps with a customer's text that went as written.
double as_written(const std::string& bot, const std::string& filter = "") {
  const Ran ran = run(fmt::format("test {} {} --json", bot, filter));
  INFO(ran.output);
  std::smatch steps;
  const std::regex shape(R"re("steps":\{"all":([0-9]+),"as_written":([0-9]+))re");
  REQUIRE(std::regex_search(ran.output, steps, shape));
  REQUIRE(std::stod(steps[1]) > 0);
  return 100 * std::stod(steps[2]) / std::stod(steps[1]);
}

}  // namespace

TEST_CASE("a bot of CALM's understands its tests without a language model") {
  const Folder folder;
  const std::string out = folder / "travel";
  const Ran converted = run("convert calm tests/conversations/rasa_calm " + out);
  INFO(converted.output);
  REQUIRE(converted.code == 0);
  CHECK(says(converted, "of 75 steps with a customer's text in the tests, 75 could be explained"));
  CHECK(
      says(converted, "config.yml:1: information: 'recipe', 'pipeline', 'policies' mean nothing"));
  CHECK(says(converted, ": information: channels are the operator's"));
  CHECK(says(converted, "0 errors"));
  CHECK(text_of(out + "/data/bookings.yml") ==
        text_of("tests/conversations/rasa_calm/data/bookings.yml"));
  const Ran checked = run("check " + out);
  INFO(checked.output);
  CHECK(checked.code == 0);
  CHECK(as_written(out) >= 80);
  // What it has not seen: no bar, but it is not nothing.
  fs::create_directories(out + "/e2e_tests/unseen");
  fs::copy("tests/conversations/rasa_calm_unseen", out + "/e2e_tests/unseen");
  CHECK(as_written(out, "unseen") >= 40);
}

TEST_CASE("a bot of rules, stories and retrieval intents is converted and played") {
  const Folder folder;
  const std::string out = folder / "moodbot";
  const Ran converted = run("convert rasa tests/conversations/rasa_moodbot " + out);
  INFO(converted.output);
  CHECK(converted.code == 0);
  const Ran checked = run("check " + out);
  INFO(checked.output);
  CHECK(checked.code == 0);
  const Ran tested = run("test " + out);
  INFO(tested.output);
  CHECK(says(tested, "5 conversations, 0 failed"));
}

TEST_CASE("a bot with a form is converted and played") {
  const Folder folder;
  const std::string out = folder / "formbot";
  const Ran converted = run("convert rasa tests/conversations/rasa_formbot " + out);
  INFO(converted.output);
  CHECK(converted.code == 0);
  const Ran checked = run("check " + out);
  INFO(checked.output);
  CHECK(checked.code == 0);
  const Ran tested = run("test " + out);
  INFO(tested.output);
  CHECK(says(tested, "4 conversations, 0 failed"));
  // What ended the form in Rasa ends the flow here.
  fs::create_directories(out + "/e2e_tests");
  std::ofstream(out + "/e2e_tests/stop.yml")
      << "test_cases:\n  - test_case: stop\n    steps:\n"
         "      - user: find me a place to eat\n      - user: you can't help me\n"
         "      - utter: utter_ask_continue\n      - user: \"no\"\n        assertions:\n"
         "          - flow_cancelled: {flow_id: restaurant_form}\n"
         "  - test_case: go on\n    steps:\n      - user: find me a place to eat\n"
         "      - user: you can't help me\n      - user: \"yes\"\n"
         "      - utter: utter_ask_cuisine\n";
  const Ran stopped = run("test " + out + " e2e_tests");
  INFO(stopped.output);
  CHECK(says(stopped, "2 conversations, 0 failed"));
}

TEST_CASE("folders are never written over unasked, nor into one another") {
  const Folder folder;
  const std::string out = folder / "bot", bot = "tests/conversations/rasa_moodbot";
  fs::create_directories(out);
  std::ofstream(out + "/notes.txt") << "mine";
  const Ran refused = run(fmt::format("convert rasa {} {}", bot, out));
  CHECK(refused.code == 2);
  CHECK(says(refused, "is not empty; name a new folder, or say --overwrite"));
  CHECK(run(fmt::format("convert rasa {} {} --overwrite", bot, out)).code == 0);
  CHECK(text_of(out + "/notes.txt") == "mine");
  CHECK(fs::exists(out + "/domain.yml"));
  CHECK(run(fmt::format("convert rasa {0} {0}/out", out)).code == 2);
  CHECK(run(fmt::format("convert rasa {0} {0}", out)).code == 2);
  CHECK(run(fmt::format("convert rasa {} {}", folder / "nothing", folder / "new")).code == 2);
  fs::create_directories(folder / "empty");
  CHECK(run(fmt::format("convert calm {} {}", folder / "empty", folder / "new")).code == 1);
  const Ran json = run(fmt::format("convert rasa {} {} --json", bot, folder / "json"));
  CHECK(json.code == 0);
  CHECK(says(json, "\"ok\":true,\"errors\":0"));
  CHECK(says(json, "\"severity\":\"information\""));
}

TEST_CASE("a finding shows its line, in the old folder or in what was made") {
  const Folder folder;
  const std::string bot = folder / "bot";
  fs::create_directories(bot + "/data");
  std::ofstream(bot + "/domain.yml") << "intents: [hello]\nresponses:\n  utter_a: [{text: a}]\n";
  std::ofstream(bot + "/data/all.yml")
      << "nlu:\n  - intent: hello\n    examples: |\n      - hello\n      - hi\n"
         "rules:\n  - rule: hello\n    steps: [{intent: hello}, {action: utter_missing}]\n"
         "  - rule: odd\n    steps: [{intent: hello}, {action: action_back}]\n";
  const Ran ran = run(fmt::format("convert rasa {} {}", bot, folder / "out"));
  INFO(ran.output);
  CHECK(ran.code == 1);
  CHECK(says(ran, "data/all.yml:10:"));
  CHECK(says(ran, "    steps: [{intent: hello}, {action: action_back}]"));
  CHECK(says(ran, "flows/from_stories.yml:"));
  CHECK(says(ran, "      - action: utter_missing\n"));
  CHECK(says(ran, "Next: correct the errors in"));
}

TEST_CASE("labelled texts are converted as before, and a folder is told where to go") {
  const Folder folder;
  std::ofstream(folder / "a.csv") << "text,intent\nhello,greet\n";
  const Ran texts = run(fmt::format("convert {} {}", folder / "a.csv", folder / "a.yml"));
  INFO(texts.output);
  CHECK(texts.code == 0);
  CHECK(says(texts, "1 rows"));
  CHECK(text_of(folder / "a.yml").find("greet") != std::string::npos);
  CHECK(run("convert").code == 2);
  const Ran wrong = run(fmt::format("convert tests/conversations/rasa_moodbot {}", folder / "b"));
  CHECK(wrong.code == 2);
  CHECK(says(wrong, "for a whole bot, write usher convert calm or usher convert rasa before it"));
}

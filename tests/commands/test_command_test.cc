// usher test by its output and exit codes.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/commands/business.h"

namespace {

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// The parcels bot without its own tests and without a model.
class Bot {
 public:
  Bot() : folder_(fs::temp_directory_path() / fmt::format("usher-test-{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy("tests/conversations/parcels", folder_, fs::copy_options::recursive);
    fs::remove_all(folder_ / ".usher");
    fs::remove_all(folder_ / "tests");
  }
  ~Bot() { fs::remove_all(folder_); }
  std::string folder() const { return folder_.string(); }
  std::string operator/(const std::string& file) const { return (folder_ / file).string(); }

 private:
  fs::path folder_;
};

constexpr const char* tracks =
    "- commands: [StartFlow(track), SetSlot(parcel, 10423)]\n  bot: [status, completed]\n";
constexpr const char* fails = "- commands: [StartFlow(track)]\n  bot: hours\n";

}  // namespace

TEST_CASE("tests that state commands, ours and Rasa's, are played without a model") {
  const Bot bot;
  write(bot / "tests/deep/a.yml", tracks);
  write(bot / "e2e_tests/b.yml",
        "test_cases:\n  - test_case: by a button\n    steps:\n      - user: /track\n"
        "      - utter: utter_ask_parcel\n  - test_case: opening hours\n    steps:\n"
        "      - user: /hours\n        assertions: [flow_started: hours]\n");
  const Ran all = run("test " + bot.folder());
  INFO(all.output);
  CHECK(all.code == 0);
  CHECK(says(all, "3 conversations, 0 failed"));
  CHECK_FALSE(fs::exists(bot / ".usher"));
  CHECK_FALSE(says(all, "\r"));  // Progress is for terminals.
  CHECK(says(run("test " + bot.folder() + " button"), "1 conversation, 0 failed"));
  CHECK(run("test " + bot.folder() + " nothing_like_it").code == 1);
  write(bot / "e2e_tests/b.yml", "test_cases:\n  - test_case: a\n    stpes: []\n");
  const Ran wrong = run("test " + bot.folder());
  CHECK(wrong.code == 1);
  CHECK(
      says(wrong, "e2e_tests/b.yml:3:5: 'stpes' is no key of a test case; did you mean 'steps'?"));
}

TEST_CASE("failures are told to people, programs and build servers") {
  const Bot bot;
  write(bot / "tests/a.yml", fails);
  write(bot / "tests/b.yml", tracks);
  const Ran ran = run(fmt::format("test {} --json --junit {}", bot.folder(), bot / "junit.xml"));
  INFO(ran.output);
  CHECK(ran.code == 1);
  CHECK(says(ran, "\"conversations\":2,\"failed\":1"));
  CHECK(says(ran, "\"what\":\"bot\",\"expected\":\"utter_hours\",\"got\":\"utter_ask_parcel\""));
  const std::string junit = text_of(bot / "junit.xml");
  INFO(junit);
  CHECK(junit.find("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"") != std::string::npos);
  CHECK(junit.find("message=\"line 2: expected bot: utter_hours; got: utter_ask_parcel\"") !=
        std::string::npos);
  // Of what customers write, all behind the first failure is not as written.
  write(bot / "tests/c.yml",
        "- customer: where is it\n  commands: [StartFlow(track)]\n  bot: ask_parcel\n"
        "- customer: it is 10423\n  commands: [SetSlot(parcel, 10423)]\n  bot: hours\n"
        "- customer: and now\n  commands: [StartFlow(track)]\n");
  CHECK(says(run(fmt::format("test {} --json", bot.folder())),
             "\"steps\":{\"all\":3,\"as_written\":1,\"percent\":"));
  CHECK(says(run("test " + bot.folder()),
             "1 of 3 steps with a customer's text went as written (33.3 %)"));
  fs::remove(bot / "tests/c.yml");
  const Ran first = run("test " + bot.folder() + " --fail-fast");
  CHECK(first.code == 1);
  CHECK(says(first, "1 failed"));
}

TEST_CASE("coverage is printed, written and held to a floor") {
  const Bot bot;
  write(bot / "tests/a.yml", tracks);
  const std::string json = bot / "coverage.json";
  const Ran ran = run(fmt::format("test {} --coverage --coverage-json {}", bot.folder(), json));
  INFO(ran.output);
  CHECK(ran.code == 0);
  CHECK(std::regex_search(ran.output, std::regex("track +3/4 +0/1")));
  CHECK(says(ran, "flows/parcels.yml:29: flow track: step slow"));
  CHECK(says(ran, "response utter_booked"));
  CHECK(text_of(json).find("\"kind\":\"step\",\"file\":\"flows/parcels.yml\"") !=
        std::string::npos);
  const Ran drawn =
      run(fmt::format("graph {} --coverage {} --out {}", bot.folder(), json, bot / "drawn"));
  INFO(drawn.output);
  CHECK(drawn.code == 0);
  CHECK(text_of(bot / "drawn/track.svg").find("missed\"") != std::string::npos);
  CHECK(run("test " + bot.folder() + " --coverage-min 5").code == 0);
  const Ran low = run("test " + bot.folder() + " --coverage-min 90");
  CHECK(low.code == 1);
  CHECK(says(low, "is below --coverage-min 90; --coverage shows what no test comes by"));
  CHECK(run("test " + bot.folder() + " --coverage-min 101").code == 2);
}

TEST_CASE("a recorded talk and a kept conversation become tests that pass") {
  Business business;
  const std::string bot = business.bot(), state = " --state " + business.state();
  business.say("anna", "where is my parcel");
  business.say("anna", "it is 10423");
  std::smatch id;
  const std::string listed = business.conversations().body;
  REQUIRE(std::regex_search(listed, id, std::regex("[0-9a-f]{32}")));
  const Ran kept = run(fmt::format("test {} --from {}{}", bot, id[0].str(), state));
  INFO(kept.output);
  CHECK(kept.code == 0);
  CHECK(says(kept, "# Of the conversation " + id[0].str()));
  CHECK(says(kept, "customer: where is my parcel"));
  CHECK(says(kept, "when: {get: \"/parcels/10423\"}"));
  const std::string file = bot + "/tests/kept.yml";
  CHECK(run(fmt::format("test {} --from {}{} --record {}", bot, id[0].str(), state, file)).code ==
        0);
  const Ran twice =
      run(fmt::format("test {} --from {}{} --record {}", bot, id[0].str(), state, file));
  CHECK(twice.code == 1);
  CHECK(says(run("test " + bot + " kept.yml"), "1 conversation, 0 failed"));
  CHECK(says(run("test " + bot + " --from 1" + state), "is no conversation's id"));
  CHECK(says(run("test " + bot + " --from 00000000000000000000000000000000" + state),
             "'parcels' has no conversation"));

  const std::string talk = bot + "/tests/talk.yml";
  write(bot + "/talk", "send 10423 back\n2\n/file a.png image/png\nyes please\n/silence 90\n");
  const Ran recorded = run(fmt::format("test {0} --record {1} < {0}/talk", bot, talk));
  INFO(recorded.output << text_of(talk));
  CHECK(recorded.code == 0);
  CHECK(says(recorded, "bot: Booked as R-77."));
  CHECK(text_of(talk).find("customer: broken\n    payload: ") != std::string::npos);
  CHECK(says(run("test " + bot + " talk.yml"), "1 conversation, 0 failed"));
  CHECK(says(run(fmt::format("test {} --record {} < /dev/null", bot, talk)), "is there already"));
}

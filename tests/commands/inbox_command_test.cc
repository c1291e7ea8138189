// usher inbox by its output and exit codes, over what a real server kept: two trained languages.
#include <fstream>
#include <regex>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/commands/business.h"

namespace {

// The first of its kind, as listed before words that match.
std::string id_before(const Ran& ran, const std::string& words) {
  std::smatch found;
  const std::regex line("(u[0-9a-f]{10}) +[0-9]+ × +[^\n]*" + words);
  REQUIRE(std::regex_search(ran.output, found, line));
  return found[1];
}
std::string first_group(const Ran& ran) {
  std::smatch found;
  REQUIRE(std::regex_search(ran.output, found, std::regex("(g[0-9a-f]{10})  ")));
  return found[1];
}

}  // namespace

TEST_CASE("usher inbox lists, labels, dismisses and forgets, beside the server and without it") {
  Business business;
  const std::string bot = business.bot(), state = " --state " + business.state();
  business.say("anna", "can you recommend a good film");
  business.say("ben", "Can you recommend a good FILM?");
  business.say("chen", "今天天气怎么样，适合出门吗");
  business.say("dora", "my name is Zaphod Beeblebrox and I want a good film about 20423");

  const Ran listed = run("inbox " + bot + state);
  INFO(listed.output);
  CHECK(listed.code == 0);
  CHECK(says(listed, "of 30 days"));
  CHECK(says(listed, "2 ×  Can you recommend a good FILM?"));
  CHECK(says(listed, "unhandled"));
  CHECK(says(listed, "then: "));
  CHECK(says(listed, "now:  "));
  CHECK(says(listed, "今天天气怎么样"));

  const std::string chinese = id_before(listed, "今天天气");
  const Ran asked =
      run(fmt::format("inbox {} --server http://127.0.0.1:{}{}", bot, business.port(), state));
  INFO(asked.output);
  CHECK(asked.output == listed.output);
  const Ran json = run("inbox " + bot + state + " --json --limit 1");
  CHECK(says(json, "\"groups\":[{\"id\":\"g"));
  CHECK(says(json, "\"text\":\"Can you recommend a good FILM?\""));

  const Ran unknown = run(fmt::format("inbox label {} {} out_of_scop{}", bot, chinese, state));
  CHECK(unknown.code == 1);
  CHECK(says(unknown, "did you mean 'out_of_scope'?"));
  CHECK_FALSE(fs::exists(bot + "/nlu/inbox.yml"));
  const Ran nothing = run(fmt::format("inbox label {} g0000000000 track{}", bot, state));
  CHECK(nothing.code == 1);
  CHECK(says(nothing, "nothing in the inbox has the id 'g0000000000' now"));

  const std::string dora = id_before(listed, "Zaphod");
  const Ran tried =
      run(fmt::format("inbox label {} {} out_of_scope --dry-run{}", bot, dora, state));
  CHECK(tried.code == 0);
  CHECK(says(tried, "as it would be written"));
  CHECK_FALSE(fs::exists(bot + "/nlu/inbox.yml"));
  const Ran labelled = run(fmt::format("inbox label {} {} out_of_scope{}", bot, dora, state));
  INFO(labelled.output);
  CHECK(labelled.code == 0);
  CHECK(says(labelled, "usher train"));
  const std::string written = text_of(bot + "/nlu/inbox.yml");
  CHECK(written.find("and I want a good film about") != std::string::npos);
  CHECK(written.find("Zaphod") == std::string::npos);
  CHECK(written.find("Beeblebrox") == std::string::npos);
  CHECK(written.find("20423") == std::string::npos);
  CHECK(run("inbox dismiss " + bot + " " + chinese + state).code == 0);

  const Ran less = run("inbox " + bot + state);
  INFO(less.output);
  CHECK_FALSE(says(less, "Zaphod"));
  CHECK_FALSE(says(less, "今天天气"));
  CHECK(says(less, "2 that are done"));
  CHECK(run("check " + bot).code == 0);

  business.stop();
  std::smatch subject;
  REQUIRE(std::regex_search(written, subject, std::regex("subject: \"([0-9a-f]{32})\"")));
  const std::string before = text_of(bot + "/nlu/inbox.yml");
  for (const char* wrong : {"''", "0", "9C0B7D2E51F84F0C8A6D3B1E7F20C4A5"}) {
    const Ran refused = run(fmt::format("inbox forget {} {}", bot, wrong));
    CHECK(refused.code == 1);
    CHECK(says(refused, "is no conversation's id: it has 32 hex digits"));
    CHECK(text_of(bot + "/nlu/inbox.yml") == before);
  }
  const Ran forgotten = run(fmt::format("inbox forget {} {}", bot, subject[1].str()));
  INFO(forgotten.output);
  CHECK(forgotten.code == 0);
  CHECK(says(forgotten, "nlu/inbox.yml: out_of_scope: "));
  CHECK(says(forgotten, "1 examples and 1 remembered wordings"));
  CHECK(says(forgotten, "must be trained again"));
  CHECK(text_of(bot + "/nlu/inbox.yml").find("film") == std::string::npos);
  const Ran again = run(fmt::format("inbox forget {} {}", bot, subject[1].str()));
  CHECK(says(again, "0 examples"));
  CHECK_FALSE(says(again, "must be trained again"));
  std::ofstream(bot + "/.usher/model.card.json")
      << fmt::format(R"({{"subjects": ["{}"]}})", subject[1].str());
  CHECK(says(run(fmt::format("inbox forget {} {}", bot, subject[1].str())),
             "must be trained again"));  // The model that is there has learnt from it.

  std::ofstream(bot + "/answers") << "out\n\nq\n";
  const Ran by_hand = run(fmt::format("inbox {}{} --ask < {}/answers", bot, state, bot));
  INFO(by_hand.output);
  CHECK(by_hand.code == 0);
  CHECK(says(by_hand, "as it will be written"));
  CHECK(says(by_hand, "examples written"));
  CHECK(text_of(bot + "/nlu/inbox.yml").find("good FILM?") != std::string::npos);
}

TEST_CASE("usher inbox called wrongly, or without a store, says what to do") {
  CHECK(run("inbox").code == 2);
  CHECK(run("inbox label").code == 2);
  CHECK(run("inbox /nonexistent").code == 2);
  CHECK(run("inbox tests/conversations/parcels --reason bored").code == 2);
  for (const char* command : {"inbox", "inbox label", "inbox dismiss", "inbox forget"}) {
    const Ran help = run(std::string(command) + " --help");
    INFO(command);
    CHECK(help.code == 0);
    CHECK(says(help, "Example"));
  }
  const Ran none = run("inbox tests/conversations/parcels --state /nonexistent");
  INFO(none.output);
  CHECK(none.code == 1);
  CHECK(
      says(none, "/nonexistent/store holds no store: name the server's state folder with --state"));
  CHECK(run("inbox tests/conversations/parcels --server http://127.0.0.1:1 --state /nonexistent")
            .code == 1);
}

// usher check's reports and corrections, explain, replay and graph, by their output and exit codes.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "nlu/base/json.h"
#include "tests/bot/scratch.h"
#include "tests/commands/business.h"
#include "tests/commands/run.h"

namespace {

namespace fs = std::filesystem;

void replace(const fs::path& file, const std::string& from, const std::string& to) {
  std::string text = text_of(file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(file, std::ios::binary) << text;
}

// The id of the only conversation there is, as the server lists it.
std::string conversation_of(const Business& business) {
  const auto listed = plain_request(business.port(), "GET", "/v1/conversations",
                                    business.token("operator.key"), "");
  std::smatch found;
  REQUIRE(std::regex_search(listed.body, found, std::regex("\"id\":\"([0-9a-f]{32})\"")));
  return found[1];
}

}  // namespace

TEST_CASE("usher check shows, reports and corrects what is misspelt") {
  const Scratch folder;
  const fs::path shop = folder.path("shop");
  fs::copy("flows/shop", shop, fs::copy_options::recursive);
  const fs::path flow = shop / "flows/order_status.yml";
  const std::string right = text_of(flow);
  replace(flow, "collect: order_number", "collect: order_numbr");
  const std::string wrong = text_of(flow);

  const Ran shown = run("check " + shop.string());
  INFO(shown.output);
  CHECK(shown.code == 1);
  CHECK(says(shown, "did you mean 'order_number'? [unknown_slot]\n"));
  CHECK(says(shown, "      - collect: order_numbr\n"));
  CHECK(says(shown, "                 ^\n"));
  CHECK(says(shown, "  = Correct the name, or add it under 'slots:' in domain.yml.\n"));
  CHECK_FALSE(says(shown, "\x1b["));  // No terminal, no colours.

  const std::string report = folder.path("check.sarif");
  CHECK(run(fmt::format("check {} --sarif {}", shop.string(), report)).code == 1);
  const auto sarif = nlu::parse_json(text_of(report), {1 << 20, 32});
  REQUIRE(sarif);
  CHECK(sarif->at("runs").as_array().at(0).at("results").as_array().at(0).at("ruleId") ==
        "unknown_slot");

  const Ran tried = run("check " + shop.string() + " --dry-run");
  CHECK(says(tried, "-      - collect: order_numbr\n+      - collect: order_number\n"));
  CHECK(says(tried, "would correct"));
  CHECK(text_of(flow) == wrong);
  const Ran corrected = run("check " + shop.string() + " --fix");
  INFO(corrected.output);
  CHECK(corrected.code == 0);
  CHECK(says(corrected, "corrected "));
  CHECK(says(corrected, ": fine: "));
  CHECK(text_of(flow) == right);
  CHECK(says(run("check " + shop.string() + " --fix"), "there is none that is safe"));
}

TEST_CASE("usher explain, replay and graph read a running server's conversations") {
  Business business;
  business.say("anna", "where is my parcel 10423");
  const std::string bot = business.bot(), state = " --state " + business.state();
  const std::string id = conversation_of(business);

  const Ran why = run(fmt::format("explain {} --bot {}{}", id, bot, state));
  INFO(why.output);
  CHECK(why.code == 0);
  CHECK(says(why, ": \"where is my parcel 10423\"\n"));
  CHECK(says(why, "  understood  track "));
  CHECK(says(why,
             "  condition   rejection not (slots.parcel matches \"^10\") → no   "
             "[slots.parcel = \"10423\"]\n"));
  CHECK(says(why, "  call        GET /parcels/10423\n"));
  CHECK(says(why, "  answer      answered 200 after "));
  CHECK(says(why, "  reply       utter_status \""));
  const Ran asked =
      run(fmt::format("explain {} 1 --server http://127.0.0.1:{}{}", id, business.port(), state));
  INFO(asked.output);
  CHECK(asked.code == 0);
  CHECK(says(asked, "  reply       utter_status \""));
  CHECK(says(asked, "(conditions are not shown, "));
  CHECK(says(run(fmt::format("explain {} --json{}", id, state)), "\"turns\":[{\"turn\":0"));
  CHECK(run("explain zz" + state).code == 2);
  CHECK(run("explain " + std::string(32, 'f') + state).code == 1);

  const Ran same = run("replay " + bot + state);
  INFO(same.output);
  CHECK(same.code == 0);
  CHECK(says(same, "1 conversation, 2 turns: 2 the same, 0 otherwise\n"));
  CHECK(run("replay " + bot + " --sample 1 --seed x" + state).output == same.output);

  const std::string out = business.bot() + "-drawn";
  const Ran drawn = run(fmt::format("graph {} --out {} --traffic {}", bot, out, business.state()));
  INFO(drawn.output);
  CHECK(drawn.code == 0);
  CHECK(text_of(out + "/track.svg").find(">1×</text>") != std::string::npos);
  CHECK(text_of(out + "/track.mmd").starts_with("flowchart TD\n"));
  CHECK(text_of(out + "/index.html").find("<section id=\"track\">") != std::string::npos);

  replace(bot + "/flows/parcels.yml", "- say: utter_status", "- say: utter_slow");
  const Ran other = run("replay " + bot + state);
  INFO(other.output);
  CHECK(other.code == 1);
  CHECK(says(other, "reply changed, 1 turn in 1 conversation\n"));
  CHECK(says(other, "  now: utter_slow"));
  business.stop();
  CHECK(run("replay " + bot + state).output == other.output);
}

TEST_CASE("usher versions lists what was served, compares, loads anew and goes back") {
  const Business business;
  business.say("ann", "hello");
  const std::string from = fmt::format("--state {}", business.state());
  const std::string server = fmt::format("--server http://localhost:{} {}", business.port(), from);
  Ran ran = run("versions " + from);
  INFO(ran.output);
  CHECK(ran.code == 0);
  CHECK(says(ran, "current"));
  const std::string first = ran.output.substr(ran.output.find('\n') + 1, 12);

  const fs::path settings = fs::path(business.bot()) / "bot.yml";
  const std::string before = text_of(settings);
  std::ofstream(settings) << before << "title: Parcels, faster\n";
  CHECK(run(fmt::format("versions parcels {} --compare current {}", from, business.bot())).output ==
        "added    setting    title\n");
  ran = run("versions --reload " + server);
  CHECK(ran.code == 0);
  CHECK(says(ran, " current"));
  CHECK_FALSE(says(ran, first));
  CHECK(run(fmt::format("versions {} --compare {}", from, first)).output ==
        "added    setting    title\n");

  std::ofstream(settings) << before << "titel: Parcels\n";
  ran = run("versions --reload " + server);
  CHECK(ran.code == 1);
  CHECK(says(ran, "refused"));
  CHECK(says(ran, "'titel' is no key"));

  ran = run("versions parcels --use previous " + server);
  CHECK(ran.code == 0);
  CHECK(says(ran, first + " used_again"));
  ran = run("versions parcels --json " + server);
  CHECK(ran.code == 0);
  CHECK(says(ran, "\"current\":\"" + first));
  CHECK(run("versions other " + server).code == 1);
  CHECK(run("versions --state " + business.bot()).code == 1);
  CHECK(run("versions --use previous " + from).code == 1);  // No server
  CHECK(run("versions --use previous --reload " + server).code == 2);
}

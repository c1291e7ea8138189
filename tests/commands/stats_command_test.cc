// usher stats, by its output and exit codes, beside a running server and over its API.
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/commands/business.h"
#include "tests/commands/run.h"

TEST_CASE("usher stats counts what the server held, from its store, its API and its events") {
  Business business;
  business.say("anna", "where is my parcel 10423");
  business.say("ben", "where is my parcel");
  const std::string bot = business.bot(), state = " --state " + business.state();
  const Ran sum = run("stats " + bot + state);
  INFO(sum.output);
  CHECK(sum.code == 0);
  CHECK(says(sum, "parcels, 20"));
  CHECK(says(sum, "\nconversations            2\n"));
  CHECK(says(sum, "\nsatisfaction             -\n"));
  for (const char* by :
       {"", " --by flow", " --by step --flow track", " --by day,channel,version"}) {
    const std::string asked = "stats " + bot + by + state;
    const Ran read = run(asked + " --json");
    INFO(read.output);
    CHECK(read.code == 0);
    CHECK(says(read, "\"rows\":[{"));
    CHECK(run(asked + " --json --recount").output == read.output);
    CHECK(
        run(fmt::format("{} --json --server http://127.0.0.1:{}", asked, business.port())).output ==
        read.output);
  }
  const Ran csv = run("stats " + bot + state + " --by flow --csv");
  INFO(csv.output);
  CHECK(csv.output.rfind("flow,conversations,open,resolved,", 0) == 0);
  CHECK(says(csv, "\ntrack,2,"));
  CHECK(says(run("stats " + bot + state + " --since 2020-01-01 --until 2020-01-31"),
             "nothing was counted in these days"));
  const auto wrong = [&](const std::string& options, int code, const std::string& words) {
    const Ran ran = run("stats " + bot + options);
    INFO(ran.output);
    CHECK(ran.code == code);
    CHECK(says(ran, words));
  };
  wrong(state + " --by flw", 2, "not 'flw'; did you mean 'flow'?");
  wrong(state + " --since soon", 2, "--since: 'soon' is no day such as 2026-11-27, and no number");
  wrong(state + " --since 2026-02-01 --until 2026-01-01", 2, "--since is after --until");
  wrong(" --state /nowhere", 1, "holds no store");
}

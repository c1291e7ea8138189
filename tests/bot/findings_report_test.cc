#include "bot/findings_report.h"

#include <catch2/catch.hpp>

#include "dialog/findings.h"
#include "nlu/base/json.h"
#include "tests/bot/scratch.h"

namespace {

using nlu::json::array;
using nlu::json::object;
using nlu::json::value;

const nlu::Diagnostic misspelt{nlu::Severity::error,
                               "unknown_step",
                               {"flows/a b.yml", 2, 9},
                               "no step is called 'pay_out'; did you mean 'payout'?"};

}  // namespace

TEST_CASE("the caret stands below the character, whatever is before it") {
  CHECK(bot::underline("  next: pay", 9, false) == "    next: pay\n          ^\n");
  CHECK(bot::underline("\t\tnext: x", 3, false) == "  \t\tnext: x\n  \t\t^\n");  // Tabs stay tabs.
  CHECK(bot::underline("退货: x", 5, false) == "  退货: x\n        ^\n");  // Two columns each.
  CHECK(bot::underline("é: x", 4, false) == "  é: x\n     ^\n");
  CHECK(bot::underline("e\xCC\x81: x", 5, false) == "  e\xCC\x81: x\n     ^\n");  // e and an accent
  CHECK(bot::underline("a", 2, false) == "  a\n   ^\n");                          // Behind the end
  CHECK(bot::underline("a", 0, false) == "  a\n");
}

TEST_CASE("a line steers no terminal, and a long one is cut around the caret") {
  CHECK(bot::underline("\x1b[2Jx", 5, false) == "  �[2Jx\n      ^\n");
  const std::string shown =
      bot::underline(std::string(500, 'a') + "bc" + std::string(500, 'd'), 501, false);
  CHECK(shown == "  …" + std::string(70, 'a') + "bc" + std::string(48, 'd') + "…\n  " +
                     std::string(71, ' ') + "^\n");
}

TEST_CASE("a finding has place, code, line, caret, and advice where its code comes first") {
  bot::FindingsText text(false);
  CHECK(text(misspelt, "  next: pay_out") ==
        "flows/a b.yml:2:9: no step is called 'pay_out'; did you mean 'payout'? [unknown_step]\n"
        "    next: pay_out\n"
        "          ^\n"
        "  = Correct it, or give a step of this flow that 'id'.\n");
  CHECK(text(misspelt, "") ==
        "flows/a b.yml:2:9: no step is called 'pay_out'; did you mean 'payout'? [unknown_step]\n");
  bot::FindingsText colours(true);
  CHECK(colours(misspelt, "  next: pay_out").find("\x1b[1;32m^\x1b[0m") != std::string::npos);
}

TEST_CASE("a finding as JSON has all of it, and what would correct it") {
  const object json = bot::finding_json(misspelt, "  next: pay_out");
  CHECK(json.at("code") == "unknown_step");
  CHECK(json.at("severity") == "error");
  CHECK(json.at("line") == 2);
  CHECK(json.at("column") == 9);
  CHECK(json.at("text") == "  next: pay_out");
  CHECK(json.at("advice").as_string().ends_with("'id'."));
  CHECK(json.at("edits") == value(array{{{"column", 9}, {"from", "pay_out"}, {"to", "payout"}}}));
  CHECK_FALSE(bot::finding_json(misspelt, "").contains("edits"));
}

TEST_CASE("SARIF has what its schema asks for") {
  const Scratch folder;
  folder.write("flows/a b.yml", "flows:\n  next: pay_out\n");
  bot::SourceLines lines(folder.path());
  const nlu::Diagnostic whole{nlu::Severity::warning, "no_examples", {}, "no examples"};
  const object log = bot::sarif({misspelt, whole}, folder.path(), lines);
  CHECK(log.at("version") == "2.1.0");
  CHECK(log.at("$schema").as_string().ends_with("sarif-schema-2.1.0.json"));
  REQUIRE(log.at("runs").as_array().size() == 1);
  const object& run = log.at("runs").as_array().at(0).as_object();
  CHECK(run.at("columnKind") == "unicodeCodePoints");
  const object& driver = run.at("tool").as_object().at("driver").as_object();
  CHECK(driver.at("name") == "usher");
  const array& rules = driver.at("rules").as_array();
  REQUIRE(rules.size() == dialog::findings().size());
  for (const value& rule : rules) {
    CHECK_FALSE(rule.at("id").as_string().empty());
    CHECK_FALSE(rule.at("shortDescription").at("text").as_string().empty());
    CHECK_FALSE(rule.at("help").at("text").as_string().empty());
  }
  const array& results = run.at("results").as_array();
  REQUIRE(results.size() == 2);
  for (const value& result : results) {
    const auto index = static_cast<std::size_t>(result.at("ruleIndex").as_int64());
    CHECK(rules.at(index).at("id") == result.at("ruleId"));
    CHECK_FALSE(result.at("message").at("text").as_string().empty());
    CHECK(result.at("locations").as_array().size() == 1);
  }
  CHECK(results[0].at("level") == "error");
  CHECK(results[1].at("level") == "warning");
  const value& place = results[0].at("locations").as_array().at(0).at("physicalLocation");
  CHECK(place.at("artifactLocation").at("uri").as_string().ends_with("/flows/a%20b.yml"));
  CHECK(place.at("artifactLocation").at("uri").as_string().starts_with("file:///"));
  CHECK(place.at("region").at("startLine") == 2);
  CHECK(place.at("region").at("startColumn") == 9);
  CHECK(place.at("region").at("snippet").at("text") == "  next: pay_out");
  const value& change = results[0].at("fixes").as_array().at(0).at("artifactChanges").as_array()[0];
  const value& edit = change.at("replacements").as_array().at(0);
  CHECK(edit.at("deletedRegion") == value{{"startLine", 2}, {"startColumn", 9}, {"endColumn", 16}});
  CHECK(edit.at("insertedContent").at("text") == "payout");
  CHECK_FALSE(results[1]
                  .at("locations")
                  .as_array()[0]
                  .at("physicalLocation")
                  .as_object()
                  .contains("region"));
  bot::SourceLines shop("flows/shop");
  const object near = bot::sarif({misspelt}, "flows/shop", shop);
  CHECK(nlu::json::serialize(near).find("\"uri\":\"flows/shop/flows/a%20b.yml\"") !=
        std::string::npos);
}

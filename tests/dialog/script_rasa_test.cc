#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "dialog/judge.h"
#include "tests/dialog/by_heart.h"

using namespace dialog;

namespace {

std::vector<Script> cases_of(const std::string& text, nlu::Diagnostics& diagnostics) {
  const auto file = nlu::parse_yaml(text, "e2e_tests/x.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  return read_script(std::get<nlu::Yaml>(file), diagnostics);
}

std::string refusal(const std::string& text) {
  nlu::Diagnostics diagnostics;
  (void)cases_of(text, diagnostics);
  return diagnostics.empty() ? "fine" : to_string(diagnostics.front());
}

// Of the first case that fails.
std::string report_of(const std::string& text) {
  nlu::Diagnostics diagnostics;
  const std::vector<Script> scripts = cases_of(text, diagnostics);
  for (const nlu::Diagnostic& one : diagnostics) FAIL(to_string(one));
  REQUIRE_FALSE(scripts.empty());
  const ByHeart interpreter(*parcels());
  for (const Script& script : scripts) {
    if (const auto failure = rehearse(*parcels(), &interpreter, script)) return failure->report;
  }
  return "fine";
}

std::string one_case(const std::string& steps) {
  return "test_cases:\n  - test_case: one\n    steps:\n" + steps;
}
std::string asserted(const std::string& assertions, const std::string& user = "track 10423") {
  return one_case("      - user: " + user + "\n        assertions:\n" + assertions);
}

}  // namespace

TEST_CASE("an end-to-end test in steps goes as in Rasa: replies in order, others between") {
  CHECK(report_of(
            one_case("      - utter: utter_session_start\n"
                     "      - user: where is my parcel\n"
                     "      - bot: Which  parcel?\n"
                     "      - user: it is 10423\n"
                     "      - slot_was_set:\n          - parcel: \"10423\"\n          - status\n"
                     "      - utter: utter_status\n"
                     "      - slot_was_not_set:\n          - reason\n"
                     "          - parcel: \"10432\"\n")) == "fine");
  // utter_completed comes, too; Rasa's name for it will do.
  CHECK(report_of(one_case("      - user: track 10423\n"
                           "      - utter: utter_can_do_something_else\n")) == "fine");
  const std::string wrong = report_of(one_case(
      "      - user: track 10423\n      - utter: utter_completed\n      - utter: utter_status\n"));
  INFO(wrong);
  CHECK(wrong.find("e2e_tests/x.yml:4: customer \"track 10423\"\n"
                   "  e2e_tests/x.yml:5: expected bot: utter_completed, utter_status\n"
                   "                          got bot: utter_status, utter_completed\n") == 0);
  CHECK(report_of(one_case("      - user: track 10423\n      - slot_was_set: [{parcel: \"1\"}]\n"))
            .find("expected slot parcel: \"1\"") != std::string::npos);
  CHECK(report_of(one_case("      - user: track 10423\n      - slot_was_not_set: [parcel]\n"))
            .find("expected slot not set: parcel: any value") != std::string::npos);
}

TEST_CASE("an end-to-end test's assertions are checked") {
  CHECK(report_of(asserted(R"(
          - flow_started: track
          - flow_completed: {flow_id: track, flow_step_id: 2_say}
          - slot_was_set: [{name: parcel, value: "10423"}, {name: status}]
          - slot_was_not_set: [{name: reason}, {name: parcel, value: "1"}]
          - action_executed: utter_status
          - bot_uttered: {utter_name: utter_status, text_matches: "is on (its|their) way"}
          - bot_did_not_utter: {utter_name: utter_slow}
)")) == "fine");
  CHECK(report_of(asserted(R"(
          - flow_started: {operator: any, flow_ids: [track, hours]}
          - flow_cancelled: {flow_id: give_back}
)",
                           "track 10423"))
            .find("expected flow cancelled: give_back\n") != std::string::npos);
  CHECK(report_of(asserted("          - flow_started: {operator: all, flow_ids: [track, hours]}\n"))
            .find("expected flow started: track, hours\n") != std::string::npos);
  CHECK(report_of(asserted("          - flow_completed: {flow_id: track, flow_step_id: slow}\n"))
            .find("expected flow completed: track at step slow\n") != std::string::npos);
  CHECK(report_of(asserted("          - bot_did_not_utter: {text_matches: on its way}\n"))
            .find("expected not bot: /on its way/\n") != std::string::npos);
  CHECK(report_of(asserted(R"(
          - bot_uttered:
              buttons: [{title: wrong size, payload: /SetSlots(reason=wrong_size)},
                        {title: broken}, {title: changed mind}]
)",
                           "send 10423 back")) == "fine");
  CHECK(report_of(
            asserted("          - bot_uttered: {buttons: [{title: broken}]}\n", "send 10423 back"))
            .find("expected bot: with buttons: broken\n") != std::string::npos);
  CHECK(report_of(asserted("          - action_executed: utter_booked\n"))
            .find("expected action: utter_booked\n") != std::string::npos);
}

TEST_CASE("assertions in order are met one after the other") {
  const std::string either = R"(
          - bot_uttered: {utter_name: utter_completed}
          - flow_started: track
)";
  CHECK(report_of(asserted(either)) == "fine");
  const std::string ordered = "        assertion_order_enabled: true\n";
  const auto in_order = [&](const std::string& assertions) {
    return report_of(
        one_case("      - user: track 10423\n" + ordered + "        assertions:\n" + assertions));
  };
  CHECK(in_order(either).find("expected flow started: track") != std::string::npos);
  CHECK(in_order(R"(
          - flow_started: track
          - slot_was_set: [{name: parcel}]
          - bot_uttered: {utter_name: utter_status}
          - flow_completed: {flow_id: track}
          - bot_uttered: {utter_name: utter_completed}
)") == "fine");
}

TEST_CASE("fixtures, times and stubs come from the file and from conftest.yml above it") {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / fmt::format("usher-e2e-{}", ::getpid());
  std::filesystem::create_directories(root / "deep");
  const auto put = [&](const char* name, const char* text) { std::ofstream(root / name) << text; };
  put("conftest.yml",
      "fixtures:\n  - known: [{parcel: \"10423\"}, {status: old}]\n"
      "stub_custom_actions:\n  action_a: {events: [{event: slot, name: status}]}\n");
  put("deep/conftest.yml", "fixtures:\n  - known: [{parcel: \"10432\"}]\n");
  put("deep/a.yml",
      "metadata:\n  - then: {mocked_datetime: \"2026-03-01T08:00:00+01:00\"}\n"
      "stub_custom_actions:\n  two::action_a: {responses: [{text: hi}]}\n"
      "test_cases:\n  - test_case: two\n    fixtures: [known]\n    metadata: then\n"
      "    steps:\n      - user: /track\n      - slot_was_set: [{parcel: \"10432\"}]\n");
  put("b.yml",
      "test_cases:\n  - test_case: three\n    fixtures: [known]\n"
      "    steps:\n      - user: /track\n      - slot_was_set: [{parcel: \"10423\"}]\n");
  nlu::Diagnostics diagnostics;
  const std::vector<Script> scripts = read_scripts(root.string(), diagnostics);
  std::filesystem::remove_all(root);
  for (const nlu::Diagnostic& one : diagnostics) FAIL_CHECK(to_string(one));
  REQUIRE(scripts.size() == 2);
  CHECK(scripts[0].name == "three");
  CHECK(scripts[0].slots.size() == 2);
  CHECK(scripts[1].slots.size() == 1);
  CHECK(scripts[1].now == 1'772'348'400'000);  // 07:00 UTC
  REQUIRE(scripts[1].backend.size() == 2);     // The case's own first.
  CHECK(json::serialize(scripts[1].backend[0].reply) ==
        R"({"events":[],"responses":[{"text":"hi"}]})");
  CHECK(json::serialize(scripts[1].backend[0].body) == R"({"next_action":"action_a"})");
  for (const Script& script : scripts) {
    const auto failure = rehearse(*parcels(), nullptr, script);
    if (failure) FAIL_CHECK(failure->report);
  }
}

TEST_CASE("an end-to-end test's mistakes are found when it is read") {
  CHECK(refusal(one_case("      - usr: hi\n")) ==
        "e2e_tests/x.yml:4:9: 'usr' is no key of a step; did you mean 'user'?");
  CHECK(refusal("test_case: a\ntest_cases: []\n") ==
        "e2e_tests/x.yml:1:1: 'test_case' is no key of a file of end-to-end tests; did you mean "
        "'test_cases'?");
  CHECK(refusal("test_cases:\n  - test_case: a\n    fixtures: [premum]\n    steps: [{user: a}]\n"
                "fixtures:\n  - premium: [{a: b}]\n") ==
        "e2e_tests/x.yml:3:16: no fixture is called 'premum'; did you mean 'premium'?");
  CHECK(refusal("test_cases:\n  - test_case: a\n") ==
        "e2e_tests/x.yml:2:5: a test case needs 'steps', a list that begins with 'user: …'");
  CHECK(refusal(asserted("          - flow_strated: track\n")) ==
        "e2e_tests/x.yml:6:13: 'flow_strated' is no assertion; did you mean 'flow_started'?");
  CHECK(refusal(asserted("          - generative_response_is_grounded: {threshold: 0.9}\n")) ==
        "e2e_tests/x.yml:6:13: warning: 'generative_response_is_grounded' is not checked here, as "
        "only a language model could judge it; state the wording with 'bot_uttered: "
        "{text_matches: …}'");
  CHECK(refusal(asserted("          - bot_uttered: {text: hi}\n")).find("'text' is no key of") !=
        std::string::npos);
  CHECK(refusal(one_case("      - bot: hi\n        assertions: []\n")) ==
        "e2e_tests/x.yml:5:21: 'assertions' belongs in a step with 'user'");
  CHECK(refusal("stories:\n  - story: a\n").find("'stories' are not played") != std::string::npos);
}

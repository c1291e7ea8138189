// Actions of the business's own, over Rasa's action server protocol.
#include "dialog/action_server.h"

#include <catch2/catch.hpp>

#include "tests/dialog/talk.h"

using namespace dialog;
using Replies = Talk::Replies;

namespace {

constexpr const char* settings = R"yaml(
name: small
language: en
action_endpoint: {url: "http://127.0.0.1:5055/webhook", headers: {X-Key: k}}
)yaml";

constexpr const char* domain = R"yaml(
actions: [action_look_up, action_ask_size, validate_city, action_other: {send_domain: true}]
slots:
  city: {type: text}
  size: {type: text}
  found: {type: float}
responses:
  utter_ask_city: [{text: "Where?"}]
  utter_found: [{text: "{found} in {city}"}]
  utter_after: [{text: "after"}]
  utter_sorry: [{text: "sorry"}]
  utter_other: [{text: "other"}]
)yaml";

Talk talk_of(const std::string& steps) {
  const Loaded loaded = load_bot_from({{"bot.yml", settings},
                                       {"domain.yml", domain},
                                       {"flows/all.yml",
                                        "flows:\n  look:\n    description: d\n    nlu_trigger: "
                                        "[intent: look]\n    run_pattern_completed: false\n"
                                        "    steps:\n" +
                                            steps}});
  for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
  REQUIRE(loaded.bot);
  return Talk(loaded.bot);
}

json::object sent(const Talk& talk) {
  REQUIRE_FALSE(talk.calls.empty());
  return nlu::parse_json(talk.calls.front().request.body)->get_object();
}

constexpr const char* plain = R"(
      - action: action_look_up
        on_error: {rejected: refused, 503: refused}
      - say: utter_after
        next: END
      - id: refused
        say: utter_other
)";

}  // namespace

TEST_CASE("the action server is asked as Rasa asks it") {
  Talk talk = talk_of(plain);
  input::Said said;
  said.text = "look";
  said.commands = {command::StartFlow{"look"}, command::SetSlot{"city", "Bonn", "entity"}};
  said.interpretation.segments = {{{0, 4}, {{"look", 0.9}}, 0, 0}};
  said.interpretation.entities = {{"city", "", "", {0, 4}, "Bonn", "model"}};
  CHECK(talk.give(said).empty());
  const effect::CallHttp& call = talk.calls.front();
  CHECK(call.request.method == "POST");
  CHECK(call.request.url == "http://127.0.0.1:5055/webhook");
  CHECK(call.request.path == "/webhook");
  CHECK(call.request.headers.front().first == "X-Key");
  CHECK_FALSE(call.request.idempotent);
  const json::object body = sent(talk);
  CHECK(body.at("next_action") == "action_look_up");
  const json::object& tracker = body.at("tracker").get_object();
  CHECK(tracker.at("slots").at("city") == "Bonn");
  CHECK(tracker.at("slots").at("size").is_null());
  CHECK(tracker.at("latest_message").at("text") == "look");
  CHECK(tracker.at("latest_message").at("intent").at("name") == "look");
  CHECK(tracker.at("latest_message").at("entities").at(0).at("value") == "Bonn");
  CHECK(tracker.at("events").at(0).at("event") == "user");
  CHECK(body.at("domain").at("slots").at("found").at("type") == "float");
  CHECK(body.at("domain").at("actions").get_array().size() == 4);
}

TEST_CASE("what an action sets stays, and what it says is said") {
  Talk talk = talk_of(plain);
  talk.start("look");
  CHECK(talk.returns(200, R"({
    "events": [{"event": "slot", "name": "found", "value": 3},
               {"event": "slot", "name": "nothing", "value": 1},
               {"event": "reminder", "name": "x"}],
    "responses": [{"text": "Three.", "buttons": [{"title": "A", "payload": "/a"}]},
                  {"response": "utter_found", "city": "Bonn", "found": 3},
                  {"custom": {"kind": "map"}}]})") ==
        Replies{"action_look_up", "utter_found", "action_look_up", "utter_after"});
  CHECK(talk.slot("found") == "3");  // The flow has ended.
  const auto said = [&](std::size_t n) {
    for (const Event& one : talk.log) {
      const auto* reply = std::get_if<event::Replied>(&one.body);
      if (reply && n-- == 0) return *reply;
    }
    return event::Replied();
  };
  CHECK(said(0).text == "Three.");
  CHECK(said(0).buttons.front().payload == "/a");
  CHECK(said(1).text == "3 in Bonn");
  CHECK(said(2).custom.at("kind") == "map");
}

TEST_CASE("an action that rejects or fails leads where its step says") {
  for (const int status : {400, 503}) {
    Talk talk = talk_of(plain);
    talk.start("look");
    CHECK(talk.returns(status, R"({"action_name": "action_look_up", "error": "no"})") ==
          Replies{"utter_other"});
  }
  for (const char* answer : {"[]", "{", R"({"events": 1})", R"({"responses": ["x"]})"}) {
    INFO(answer);
    Talk talk = talk_of(plain);
    talk.start("look");
    CHECK(talk.returns(200, answer) == Replies{"utter_internal_error"});
    CHECK(talk.count("failed") == 1);
  }
  Talk quiet = talk_of(plain);  // Nothing to say is fine.
  quiet.start("look");
  CHECK(quiet.returns(200, "") == Replies{"utter_after"});
}

TEST_CASE("an action asks, and another has the last word on an answer") {
  Talk talk = talk_of(R"(
      - collect: size
      - collect: city
      - say: utter_after
)");
  CHECK(talk.start("look").empty());
  CHECK(sent(talk).at("next_action") == "action_ask_size");
  CHECK(talk.returns(200, R"({"responses": [{"text": "Which size?"}]})") ==
        Replies{"action_ask_size"});
  CHECK(talk.conversation.stack.back().waiting);
  CHECK(talk.set("size", "M") == Replies{"utter_ask_city"});
  CHECK(talk.set("city", "Atlantis").empty());
  CHECK(sent(talk).at("next_action") == "validate_city");
  CHECK(talk.returns(200, R"({"events": [{"event": "slot", "name": "city", "value": null}],
                              "responses": [{"text": "It sank."}]})") ==
        Replies{"validate_city", "utter_ask_city"});
  talk.set("city", "bonn");
  CHECK(talk.returns(200, R"({"events": [{"event": "slot", "name": "city", "value": "Bonn"}]})") ==
        Replies{"utter_after"});
}

TEST_CASE("an action that asks without a word leaves the question to the bot") {
  Talk talk = talk_of(R"(
      - collect: size
      - say: utter_after
)");
  talk.start("look");
  CHECK(talk.returns(200, "{}") == Replies{"utter_ask_size"});
}

TEST_CASE("what was changed and is validated is not asked again") {
  Talk talk = talk_of(R"(
      - collect: city
        ask_before_filling: true
      - collect: found
        utter: utter_found
      - say: utter_after
)");
  talk.start("look");
  talk.set("city", "Bonn");
  CHECK(talk.returns(200, "{}") == Replies{"utter_found"});
  talk.say({command::CorrectSlot{"city", "Ulm", "text"}});
  CHECK(talk.returns(200, "{}") == Replies{"utter_found"});
  CHECK(talk.slot("city") == "\"Ulm\"");
}

TEST_CASE("an action without a server is an error with advice") {
  const Loaded loaded = load_bot_from(
      {{"domain.yml", domain},
       {"flows/all.yml",
        "flows:\n  look:\n    description: d\n    nlu_trigger: [intent: look]\n    steps:\n      - "
        "action: action_look_up\n"}});
  REQUIRE_FALSE(loaded.bot);
  CHECK(loaded.diagnostics.front().code == "no_action_server");
  CHECK(loaded.diagnostics.front().mark.line == 6);
}

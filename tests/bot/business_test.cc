// What the business's own systems do in a conversation: events that flows wait for, flows that they
// begin, and actions that their action server runs. Real server, store and sockets; the action
// server is a Node.js one that speaks Rasa's protocol.
#include <cstdio>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nlu/base/json.h"
#include "nlu/interpreter.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/served_bot.h"

namespace {

namespace json = nlu::json;

// Understands words that are the names of flows, and everything as a city.
class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      for (const char* flow : {"parcel", "weather"}) {
        if (utterance.text.find(flow) != std::string::npos) {
          segment.intents.push_back({flow, 0.99});
        }
      }
      segment.p_outside = segment.intents.empty() ? 0.9 : 0.01;
      nlu::Interpretation one;
      one.segments.push_back(std::move(segment));
      one.model_version = version_;
      all.push_back(std::move(one));
    }
    return all;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "words";
};

// `node tests/bot/action_server.mjs`, as long as the test.
class ActionServer {
 public:
  ActionServer() {
    int in[2], out[2];
    REQUIRE(::pipe(in) == 0);
    REQUIRE(::pipe(out) == 0);
    const std::string script = std::string(USHER_SOURCE_DIR) + "/tests/bot/action_server.mjs";
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      for (const int end : {in[0], in[1], out[0], out[1]}) ::close(end);
      ::execlp("node", "node", script.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    std::string line;
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(out[0]);
    REQUIRE_FALSE(line.empty());
    port = std::stoi(line);
  }
  ~ActionServer() {
    ::close(input_);  // It ends with its input.
    ::waitpid(process_, nullptr, 0);
  }
  ActionServer(const ActionServer&) = delete;
  ActionServer& operator=(const ActionServer&) = delete;

  int port = 0;

 private:
  pid_t process_ = 0;
  int input_ = 0;
};

class Shop final : public ServedBot {
 public:
  explicit Shop(int action_port = 1) : ServedBot("bot", std::make_shared<Words>()) {
    scratch().write("bot/bot.yml", fmt::format("name: bot\naction_endpoint: {{url: "
                                               "\"http://127.0.0.1:{}/webhook\"}}\n",
                                               action_port));
    scratch().write("bot/domain.yml", R"(
actions: [action_weather, validate_city]
slots:
  city: {type: text}
  degrees: {type: float}
  place: {type: text}
responses:
  utter_ask_city: Which city?
  utter_degrees: "{degrees} degrees."
  utter_wait: You will hear from me.
  utter_there: "It is there: {place}."
  utter_lost: It is lost.
  utter_no_weather: No weather.
)");
    scratch().write("bot/flows/all.yml", R"(
flows:
  parcel:
    description: Tells when the parcel comes
    nlu_trigger: [intent: parcel]
    run_pattern_completed: false
    steps:
      - say: utter_wait
      - wait: {event: delivered, timeout: 14d, on_timeout: lost, result: {place: $.at}}
      - say: utter_there
        next: END
      - id: lost
        say: utter_lost
  weather:
    description: Tells the weather
    nlu_trigger: [intent: weather]
    run_pattern_completed: false
    steps:
      - collect: city
      - action: action_weather
        on_error: {rejected: none, else: none}
      - say: utter_degrees
        next: END
      - id: none
        say: utter_no_weather
  news:
    description: The business tells something
    if: false
    run_pattern_completed: false
    steps:
      - say: utter_there
)");
    scratch().write("bot/nlu/all.yml",
                    "nlu:\n  - intent: parcel\n    examples: |\n      - parcel\n      - my "
                    "parcel\n  - intent: weather\n    examples: |\n      - weather\n      - the "
                    "weather\n");
    config.allow_private_action_hosts = true;
  }

  std::vector<std::string> say(const std::string& text) {
    const json::object message{{"sender", "anna"}, {"message", text}};
    const auto answer =
        plain_request(port, "POST", "/webhooks/rest/webhook", rest_token, json::serialize(message));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    std::vector<std::string> texts;
    const auto replies = nlu::parse_json(answer.body);
    REQUIRE(replies);
    for (const json::value& reply : replies->get_array()) {
      texts.emplace_back(nlu::get_string(reply.get_object(), "text").value_or("?"));
    }
    return texts;
  }
  PlainResponse happens(const std::string& conversation, const json::object& what) {
    return plain_request(port, "POST", "/v1/conversations/" + conversation + "/events",
                         operator_key, json::serialize(what));
  }
  std::string only_conversation() {
    const auto all = plain_request(port, "GET", "/v1/conversations", operator_key);
    const json::value list = *nlu::parse_json(all.body);
    const json::array& ids = list.get_object().at("conversations").get_array();
    REQUIRE(ids.size() == 1);
    return std::string(ids[0].get_object().at("id").get_string());
  }
  bool was_told(const std::string& conversation, const std::string& words) {
    const auto events =
        plain_request(port, "GET", "/v1/conversations/" + conversation + "/events", operator_key);
    return events.body.find(words) != std::string::npos;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an event wakes the flow that waits for it, also after a restart of the server") {
  Shop shop;
  shop.start();
  CHECK(shop.say("my parcel") == Texts{"You will hear from me."});
  const std::string id = shop.only_conversation();
  shop.stop();
  shop.start();
  CHECK(shop.happens(id, {{"event", "something_else"}}).status == 200);
  CHECK_FALSE(shop.was_told(id, "It is there"));
  const auto answer = shop.happens(id, {{"event", "delivered"}, {"data", {{"at", "the porch"}}}});
  CHECK(answer.status == 200);
  CHECK(answer.body.find("\"seqs\":[3]") != std::string::npos);
  CHECK(shop.was_told(id, "It is there: the porch."));
  shop.stop();
}

TEST_CASE("the business begins a flow, and is told what it got wrong") {
  Shop shop;
  shop.start();
  shop.say("my parcel");
  const std::string id = shop.only_conversation();
  CHECK(shop.happens(id, {{"start_flow", "news"}, {"slots", {{"place", "here"}}}}).status == 200);
  CHECK(shop.was_told(id, "It is there: here."));
  const auto refused = [&](const json::object& what, int status, const std::string& words) {
    const auto answer = shop.happens(id, what);
    INFO(answer.body);
    CHECK(answer.status == status);
    CHECK(answer.body.find(words) != std::string::npos);
  };
  refused({}, 400, "`event` names what happened, or `start_flow` a flow");
  refused({{"start_flow", "nws"}}, 404, "no flow of that name");
  refused({{"start_flow", "pattern_restart"}}, 404, "no flow of that name");
  refused({{"start_flow", "news"}, {"slots", {{"plce", "x"}}}}, 400, "no slot 'plce'");
  refused({{"event", std::string(70'000, 'x')}}, 400, "at most 65536 bytes");
  shop.stop();
}

TEST_CASE("actions are run by the business's action server") {
  const ActionServer actions;
  Shop shop(actions.port);
  shop.start();
  CHECK(shop.say("weather") == Texts{"Which city?"});
  CHECK(shop.say("Atlantis") == Texts{"Which city?"});
  CHECK(shop.say("Bonn") == Texts{"Looked at Bonn for “Bonn”.", "12 degrees."});
  shop.stop();
}

TEST_CASE("an action server that is not there leads where the step says") {
  Shop shop;  // Nothing listens on port 1.
  shop.start();
  CHECK(shop.say("weather") == Texts{"Which city?"});
  CHECK(shop.say("Bonn").size() == 1);
  shop.stop();
}

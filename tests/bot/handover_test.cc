// Handovers to people, as the business's systems see them: queues, capacity, webhook,
// /v1/handovers. Real server, store and sockets, a receiver on loopback.
#include <cstdlib>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/tokens.h"
#include "nlu/base/json.h"
#include "nlu/interpreter.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/plain_receiver.h"
#include "tests/bot/served_bot.h"

namespace {

namespace json = nlu::json;
using Texts = std::vector<std::string>;

const std::string secret = "what only the desk and its receiver know";

// Understands words that are the names of flows, and how they sound.
class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      if (utterance.text.find("complain") != std::string::npos) {
        segment.intents.push_back({"complain", 0.99});
      }
      segment.p_outside = segment.intents.empty() ? 0.9 : 0.01;
      nlu::Interpretation one;
      one.segments.push_back(std::move(segment));
      one.sentiment = -0.5;
      one.model_version = version_;
      all.push_back(std::move(one));
    }
    return all;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "words";
};

class Desk final : public ServedBot {
 public:
  explicit Desk(const std::string& url = "", const std::string& more = "", int timeout_s = 300)
      : ServedBot("bot", std::make_shared<Words>()) {
    ::setenv("HANDOVER_URL", url.c_str(), 1);
    ::setenv("HANDOVER_SECRET", secret.c_str(), 1);
    scratch().write(
        "bot/bot.yml",
        "name: mini\nhandover:\n  queues: {complaints: {capacity: 1}}\n  webhook: {url: "
        "\"${HANDOVER_URL}\", secret: \"${HANDOVER_SECRET}\"" +
            more + "}\n");
    scratch().write("bot/domain.yml", R"(
slots:
  order: {type: text}
  iban: {type: text, personal: true}
responses:
  utter_ask_order: Which order?
  utter_ask_iban: Which account?
  utter_after: Then I note it.
)");
    scratch().write("bot/flows/all.yml", fmt::format(R"(
flows:
  complain:
    name: Complain
    description: Complains
    nlu_trigger: [intent: complain]
    run_pattern_completed: false
    steps:
      - collect: order
      - collect: iban
      - handover: {{queue: complaints, timeout_s: {}}}
      - say: utter_after
)",
                                                     timeout_s));
    scratch().write(
        "bot/nlu/all.yml",
        "nlu:\n  - intent: complain\n    examples: |\n      - complain\n      - a complaint\n");
  }

  Texts say(const std::string& sender, const std::string& text) {
    const json::object message{{"sender", sender}, {"message", text}};
    const auto answer =
        plain_request(port, "POST", "/webhooks/rest/webhook", rest_token, json::serialize(message));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    Texts texts;
    const auto replies = nlu::parse_json(answer.body);
    REQUIRE(replies);
    for (const json::value& reply : replies->get_array()) {
      texts.emplace_back(nlu::get_string(reply.get_object(), "text").value_or("?"));
    }
    return texts;
  }
  // What the bot says in the end.
  Texts complain(const std::string& sender, const std::string& iban = "DE44500105175407324931") {
    say(sender, "I complain");
    say(sender, "10423");
    return say(sender, iban);
  }
  json::object get(const std::string& target) {
    const auto answer = plain_request(port, "GET", target, operator_key);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    const auto read = nlu::parse_json(answer.body);
    REQUIRE(read);
    return read->get_object();
  }
  json::array handovers(const std::string& query = "") {
    return get("/v1/handovers" + query).at("handovers").get_array();
  }
  std::string only() {
    const json::array all = handovers();
    REQUIRE(all.size() == 1);
    return std::string(all[0].at("conversation").get_string());
  }
  int act(const std::string& id, const json::object& what) {
    return plain_request(port, "POST", "/v1/conversations/" + id + "/handover", operator_key,
                         json::serialize(what))
        .status;
  }
  bool was_told(const std::string& id, const std::string& words) {
    return plain_request(port, "GET", "/v1/conversations/" + id + "/events", operator_key)
               .body.find(words) != std::string::npos;
  }
  bool counts(const std::string& words) {
    return plain_request(port, "GET", "/metrics", operator_key).body.find(words) !=
           std::string::npos;
  }
};

const Texts asked{"I am passing you on to a colleague. Please wait a moment."};
const Texts full{"All my colleagues are busy just now, I am sorry.", "Then I note it."};

json::object body_of(const ReceivedPost& post) {
  const auto read = nlu::parse_json(post.body);
  REQUIRE(read);
  return read->get_object();
}

}  // namespace

TEST_CASE("each change of a handover is posted, signed, in order and without what is personal") {
  PlainReceiver receiver;
  Desk desk(receiver.url());
  desk.start();
  CHECK(desk.complain("anna") == asked);
  const ReceivedPost first = receiver.post(0);
  const json::object requested = body_of(first);
  CHECK(requested.at("event") == "handover");
  CHECK(requested.at("state") == "requested");
  CHECK(requested.at("bot") == "mini");
  CHECK(requested.at("queue") == "complaints");
  CHECK(requested.at("summary") == "Complain: order 10423, iban ***");
  CHECK(requested.at("about").at("flow") == "complain");
  CHECK(requested.at("about").at("slots") == json::object{{"order", "10423"}, {"iban", "***"}});
  CHECK(requested.at("about").at("tone").at("sentiment") == -0.5);
  CHECK(first.body.find("DE44") == std::string::npos);
  CHECK(first.header("Usher-Delivery").find(desk.only()) == 0);
  const std::string signature = first.header("Usher-Signature");
  const std::int64_t time = std::stoll(signature.substr(2));
  CHECK(signature == bot::webhook_signature(first.body, time, secret));

  const std::string id = desk.only();
  CHECK(requested.at("conversation").get_string() == id);
  CHECK(desk.act(id, {{"action", "accept"}, {"by", "Mia"}}) == 200);
  CHECK(desk.act(id, {{"action", "write"}, {"by", "Mia"}, {"text", "Hello"}}) == 200);
  CHECK(desk.say("anna", "complain again").empty());  // The bot is silent.
  CHECK(desk.act(id, {{"action", "release"}, {"by", "Mia"}}) == 200);
  const json::object accepted = body_of(receiver.post(1)), released = body_of(receiver.post(2));
  CHECK(accepted.at("state") == "accepted");
  CHECK(accepted.at("by") == "Mia");
  CHECK(released.at("state") == "released");
  CHECK(requested.at("number").as_int64() < accepted.at("number").as_int64());
  CHECK(eventually([&] { return desk.counts("usher_handover_posts_pending 0"); }));
  CHECK(receiver.count() == 3);
  CHECK(desk.handovers().empty());
  CHECK_FALSE(desk.was_told(id, "Then I note it."));  // It was settled between people.
  CHECK(desk.say("anna", "I complain") == Texts{"Which order?"});
}

TEST_CASE("what is personal is posted where that is wanted") {
  PlainReceiver receiver;
  Desk desk(receiver.url(), ", personal: true");
  desk.start();
  desk.complain("anna");
  const json::object requested = body_of(receiver.post(0));
  CHECK(requested.at("about").at("slots").at("iban") == "DE44500105175407324931");
  CHECK(requested.at("summary") == "Complain: order 10423, iban DE44500105175407324931");
}

TEST_CASE("nobody comes: that is posted, and the flow goes on where it asked") {
  PlainReceiver receiver;
  Desk desk(receiver.url(), "", 1);
  desk.start();
  CHECK(desk.complain("anna") == asked);
  const std::string id = desk.only();
  CHECK(body_of(receiver.post(1)).at("state") == "timed_out");
  CHECK(eventually([&] { return desk.was_told(id, "Then I note it."); }));
  CHECK(desk.handovers().empty());
}

TEST_CASE("what a receiver did not take is posted again, after a restart, too") {
  PlainReceiver receiver;
  receiver.answer(500);
  Desk desk(receiver.url());
  desk.start();
  CHECK(desk.complain("anna") == asked);
  const std::string delivery = receiver.post(0).header("Usher-Delivery");
  CHECK(
      eventually([&] { return desk.counts("usher_handover_posts_total{outcome=\"failed\"} 1"); }));
  const std::string id = desk.only();
  CHECK(desk.act(id, {{"action", "accept"}, {"by", "Mia"}}) == 200);
  CHECK(desk.counts("usher_handover_posts_pending 2"));
  desk.stop();
  receiver.answer(204);
  desk.start();
  const ReceivedPost again = receiver.post(1);
  CHECK(again.header("Usher-Delivery") == delivery);
  CHECK(body_of(again).at("state") == "requested");
  CHECK(body_of(receiver.post(2)).at("state") == "accepted");  // In order
  CHECK(eventually([&] { return desk.counts("usher_handover_posts_pending 0"); }));
  desk.stop();
  desk.start();  // Nothing is left.
  CHECK(eventually([&] { return desk.get("/v1/handovers").at("total") == 1; }));
  CHECK(receiver.count() == 3);
}

TEST_CASE("a post is given up in the end") {
  PlainReceiver receiver;
  receiver.answer(500);
  Desk desk(receiver.url());
  desk.config.limits.handover_delivery = std::chrono::milliseconds{0};
  desk.start();
  desk.complain("anna");
  CHECK(eventually(
      [&] { return desk.counts("usher_handover_posts_total{outcome=\"given_up\"} 1"); }));
  CHECK(desk.counts("usher_handover_posts_pending 0"));
}

TEST_CASE("a receiver that does not answer holds up no turn") {
  PlainReceiver receiver;
  receiver.answer(0);
  Desk desk(receiver.url());
  desk.start();
  CHECK(desk.complain("anna") == asked);
  receiver.post(0);
  CHECK(desk.complain("ben") == full);
}

TEST_CASE("nothing is posted of a conversation that was erased") {
  PlainReceiver receiver;
  receiver.answer(500);
  Desk desk(receiver.url());
  desk.start();
  desk.complain("anna");
  receiver.post(0);
  const std::string id = desk.only();
  CHECK(plain_request(desk.port, "DELETE", "/v1/conversations/" + id, desk.operator_key).status ==
        204);
  CHECK(desk.counts("usher_handover_posts_pending 0"));
  desk.stop();
  receiver.answer(204);
  desk.start();
  CHECK(desk.complain("ben") == asked);
  CHECK(
      eventually([&] { return desk.counts("usher_handover_posts_total{outcome=\"posted\"} 1"); }));
  CHECK(receiver.post(receiver.count() - 1).body.find(id) == std::string::npos);
}

TEST_CASE("a queue takes as many as it has room for") {
  Desk desk;
  desk.start();
  CHECK(desk.complain("anna") == asked);
  CHECK(desk.complain("ben") == full);
  const std::string id = desk.only();
  desk.stop();
  desk.start();
  CHECK(eventually([&] { return desk.get("/v1/handovers").at("total") == 1; }));
  CHECK(desk.complain("carl") == full);
  CHECK(desk.act(id, {{"action", "accept"}, {"by", "Mia"}}) == 200);  // Nobody waits any more.
  CHECK(desk.complain("dora") == asked);
  CHECK(desk.complain("ben") == full);
}

TEST_CASE("who takes over sees what it is about") {
  Desk desk;
  desk.start();
  desk.complain("anna");
  const std::string id = desk.only();
  const auto check = [&](const json::object& one) {
    CHECK(one.at("state") == "requested");
    CHECK(one.at("queue") == "complaints");
    CHECK(one.at("summary") == "Complain: order 10423, iban DE44500105175407324931");
    CHECK(one.at("about").at("flow_name") == "Complain");
    CHECK(one.at("about").at("slots").at("iban") == "DE44500105175407324931");
    CHECK(one.at("about").at("tone").at("sentiment") == -0.5);
    CHECK(one.at("since").as_int64() > 1'700'000'000'000);
    const json::array& messages = one.at("messages").get_array();
    REQUIRE(messages.size() == 6);
    CHECK(messages[0].at("from") == "customer");
    CHECK(messages[0].at("text") == "I complain");
    CHECK(messages[5].at("from") == "bot");
  };
  check(desk.handovers()[0].get_object());
  desk.stop();
  desk.start();
  CHECK(eventually([&] { return desk.get("/v1/handovers").at("total") == 1; }));
  check(desk.handovers("?queue=complaints&state=requested")[0].get_object());
  check(desk.get("/v1/conversations/" + id + "/handover"));
  CHECK(desk.handovers("?messages=2")[0].at("messages").get_array().size() == 2);
  CHECK_FALSE(desk.handovers("?messages=0")[0].get_object().contains("messages"));
  CHECK(desk.handovers("?queue=service").empty());
  CHECK(desk.handovers("?state=accepted").empty());
  CHECK(plain_request(desk.port, "GET", "/v1/handovers?state=x", desk.operator_key).status == 400);
  CHECK(plain_request(desk.port, "GET", "/v1/conversations/" + std::string(32, '0') + "/handover",
                      desk.operator_key)
            .status == 404);
}

// Rasa's HTTP API over a served bot: real server, store and sockets.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/tokens.h"
#include "nlu/base/json.h"
#include "nlu/base/yaml.h"
#include "nlu/interpreter.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/served_bot.h"

namespace {

namespace json = nlu::json;

const std::string api_token(32, 'r');
const std::string jwt_key(32, 'j');

// Understands "weather", and a word behind "in" as a city.
class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      const std::string& text = utterance.text;
      nlu::Interpretation one;
      one.model_version = version_;
      nlu::Segment segment;
      segment.span = {0, text.size()};
      if (text.find("weather") != std::string::npos) {
        segment.intents = {{"weather", 0.97}, {"greet", 0.02}};
      }
      segment.p_outside = segment.intents.empty() ? 0.9 : 0.01;
      one.segments.push_back(segment);
      if (const std::size_t in = text.find("in "); in != std::string::npos) {
        one.entities.push_back(
            {"city", "", "", {in + 3, text.size()}, text.substr(in + 3), "model", 0.9});
      }
      all.push_back(std::move(one));
    }
    return all;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "words";
};

class Served final : public ServedBot {
 public:
  explicit Served(bot::InterpreterPtr interpreter = std::make_shared<Words>())
      : ServedBot("bot", std::move(interpreter)) {
    scratch().write("bot/bot.yml", "name: bot\n");
    scratch().write("bot/domain.yml", R"(
slots:
  city: {type: text}
  degrees: {type: float, min_value: -90, max_value: 60}
  plan: {type: categorical, values: [basic, gold], initial_value: basic}
responses:
  utter_ask_city: Which city?
  utter_degrees:
    - text: "In {city}: {degrees} degrees."
      buttons: [{title: Again, payload: /weather}]
  utter_greet: "Good day: yes"
  utter_restarted: From the beginning.
)");
    scratch().write("bot/flows/all.yml", R"(
flows:
  weather:
    description: Tells the weather
    nlu_trigger: [intent: {name: weather, confidence_threshold: 0.4}]
    run_pattern_completed: false
    steps:
      - collect: city
      - say: utter_degrees
        next:
          - if: slots.degrees > 30
            then: END
          - else: END
)");
    scratch().write("bot/nlu/all.yml",
                    "nlu:\n  - intent: weather\n    examples: |\n      - weather\n      - the "
                    "weather in [Bonn](city)\n");
    config.rasa_api.on = true;
    config.rasa_api.token = api_token;
    config.rasa_api.jwt_key = jwt_key;
  }

  PlainResponse ask(const std::string& method, const std::string& target,
                    const std::string& body = "", const std::string& headers = "") {
    return plain_request(port, method, target, api_token, body, headers);
  }
  json::object get(const std::string& target) { return object(ask("GET", target)); }
  json::object post(const std::string& target, const json::value& body) {
    return object(ask("POST", target, json::serialize(body)));
  }
  json::object object(const PlainResponse& answer) {
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    const auto read = nlu::parse_json(answer.body);
    REQUIRE(read);
    return read->get_object();
  }
  // As an error of Rasa's, with its message.
  std::string refused(const PlainResponse& answer, int status, const std::string& reason) {
    INFO(answer.body);
    CHECK(answer.status == status);
    const auto read = nlu::parse_json(answer.body);
    REQUIRE(read);
    const json::object& body = read->get_object();
    CHECK(body.at("status") == "failure");
    CHECK(body.at("code") == status);
    CHECK(body.at("reason").get_string() == reason);
    for (const char* key : {"version", "details", "help"}) CHECK(body.contains(key));
    return std::string(body.at("message").get_string());
  }
};

std::string names(const json::object& tracker) {
  std::string all;
  for (const json::value& event : tracker.at("events").get_array()) {
    const json::object& one = event.get_object();
    const std::string what(one.at("event").get_string());
    if (!all.empty()) all += ' ';
    all += what == "action" ? std::string(one.at("name").get_string()) : what;
  }
  return all;
}

const json::object& first(const json::object& tracker, std::string_view kind) {
  for (const json::value& event : tracker.at("events").get_array()) {
    if (event.get_object().at("event").get_string() == kind) return event.get_object();
  }
  FAIL("no such event");
  throw 0;
}

std::string jwt(const std::string& user, const std::string& more = "") {
  return bot::sign_user_token(fmt::format("{{\"user\":{}{}}}", user, more), jwt_key);
}

}  // namespace

TEST_CASE("a conversation's tracker is told as Rasa tells it") {
  Served bot;
  bot.start();
  const json::object fresh = bot.get("/conversations/anna/tracker");
  CHECK(fresh.at("sender_id") == "anna");
  CHECK(fresh.at("slots").at("plan") == "basic");
  CHECK(fresh.at("events").get_array().empty());

  const json::object asked =
      bot.post("/conversations/anna/messages", {{"text", "the weather"}, {"sender", "user"}});
  CHECK(names(asked) ==
        "action_session_start session_started slot action_listen user flow_started utter_ask_city "
        "bot action_listen");
  const json::object told = bot.post("/conversations/anna/messages", {{"text", "in Köln"}});
  CHECK(told.at("slots").at("city").is_null());  // The flow is over.
  CHECK(json::serialize(told).find(R"("name":"city","value":"Köln")") != std::string::npos);
  CHECK(told.at("latest_message").at("text") == "in Köln");
  CHECK(told.at("latest_input_channel") == "rest");
  CHECK(told.at("latest_action_name") == "action_listen");
  CHECK(told.at("paused") == false);
  const json::object& user = first(told, "user");
  CHECK(user.at("parse_data").at("intent").at("name") == "weather");
  CHECK(user.at("parse_data").at("commands").at(0).at("command") == "start flow");
  const json::object& said = first(told, "bot");
  CHECK(said.at("text") == "Which city?");
  CHECK(said.at("metadata").at("utter_action") == "utter_ask_city");

  CHECK(bot.get("/conversations/anna/tracker?include_events=NONE").at("events").is_null());
  const json::array& all = told.at("events").get_array();
  CHECK(bot.get("/conversations/anna/tracker?include_events=ALL").at("events").get_array().size() ==
        all.size());
  // As it was when the customer first wrote.
  const std::string then = fmt::format("{:.3f}", user.at("timestamp").to_number<double>() - 0.001);
  const json::object before = bot.get("/conversations/anna/tracker?until=" + then);
  CHECK(before.at("slots").at("city").is_null());
  CHECK(before.at("events").get_array().size() < all.size());
  bot.refused(bot.ask("GET", "/conversations/anna/tracker?until=soon"), 400, "BadRequest");
  bot.refused(bot.ask("GET", "/conversations/anna/tracker?include_events=SOME"), 400, "BadRequest");
}

TEST_CASE("the newest events of a long conversation are told, and its state is whole") {
  Served bot;
  bot.config.rasa_api.events = 6;
  bot.start();
  bot.post("/conversations/anna/tracker/events",
           {{"event", "slot"}, {"name", "degrees"}, {"value", 7}});
  bot.post("/conversations/anna/messages", {{"text", "the weather"}});
  const json::object told = bot.post("/conversations/anna/messages", {{"text", "Bonn"}});
  CHECK(told.at("slots").at("degrees") == 7);
  CHECK(told.at("events").get_array().size() < 8);
  const std::string later = bot.ask("GET", "/conversations/anna/tracker?until=99999999999").body;
  CHECK(nlu::parse_json(later)->at("slots").at("degrees") == 7);
}

TEST_CASE("events are appended, all or none") {
  Served bot;
  bot.start();
  // Before the customer has written: the conversation begins.
  const json::object set =
      bot.post("/conversations/anna/tracker/events",
               json::array{{{"event", "slot"}, {"name", "degrees"}, {"value", 21.5}},
                           {{"event", "slot"}, {"name", "plan"}, {"value", "gold"}},
                           {{"event", "bot"}, {"text", "Welcome back."}}});
  CHECK(set.at("slots").at("degrees") == 21.5);
  CHECK(set.at("slots").at("plan") == "gold");
  CHECK(first(set, "bot").at("text") == "Welcome back.");

  // What a flow does with it, after a restart of the server.
  bot.stop();
  bot.start();
  bot.post("/conversations/anna/messages", {{"text", "the weather"}});
  const json::object told = bot.post("/conversations/anna/messages", {{"text", "Bonn"}});
  CHECK(told.at("events").get_array().back().at("name") == "action_listen");
  CHECK(json::serialize(told).find("In Bonn: 21.5 degrees.") != std::string::npos);

  const json::object again = bot.post(
      "/conversations/anna/tracker/events",
      json::array{{{"event", "restart"}}, {{"event", "slot"}, {"name", "city"}, {"value", "Ulm"}}});
  CHECK(again.at("slots").at("degrees").is_null());
  CHECK(again.at("slots").at("plan") == "basic");
  CHECK(again.at("slots").at("city") == "Ulm");  // It came after.
  CHECK(names(again).find("user") == std::string::npos);
  CHECK(names(bot.get("/conversations/anna/tracker?include_events=ALL")).find("user") !=
        std::string::npos);
  CHECK(bot.post("/conversations/anna/tracker/events", {{"event", "reset_slots"}})
            .at("slots")
            .at("city")
            .is_null());
  CHECK(json::serialize(bot.post("/conversations/anna/tracker/events",
                                 {{"event", "followup"}, {"name", "utter_greet"}}))
            .find("Good day: yes") != std::string::npos);
}

TEST_CASE("events that cannot be appended are refused with what to do instead") {
  Served bot;
  bot.start();
  const auto why = [&](const json::value& body) {
    return bot.refused(bot.ask("POST", "/conversations/anna/tracker/events", json::serialize(body)),
                       400, "BadRequest");
  };
  CHECK(why({{"event", "slot"}, {"name", "cty"}}) == "the bot has no slot 'cty'");
  CHECK(why({{"event", "slot"}, {"name", "degrees"}, {"value", "warm"}}) ==
        "slot 'degrees' cannot hold \"warm\"");
  CHECK(why({{"event", "user"}, {"text", "hello"}}) ==
        "events of kind 'user' cannot be appended: a message takes a turn: POST "
        "/conversations/ID/messages");
  CHECK(why({{"event", "followup"}, {"name", "action_x"}}) ==
        "'action_x' is no utter_ response of the bot");
  CHECK(why({{"event", "bot"}}) == "a bot event has 'text' or 'data'");
  CHECK(why({{"event", "stack"}}) ==
        "events of kind 'stack' cannot be appended: slot, reset_slots, restart, bot and followup "
        "(an utter_ response) can be");
  CHECK(why(json::array{}) == "the body is an event, or a list of 1 to 100 events");
  CHECK(why(json::array{1}) == "an event is an object");
  // One that is wrong: none is kept.
  why(json::array{{{"event", "slot"}, {"name", "city"}, {"value", "Bonn"}}, {{"event", "undo"}}});
  CHECK(bot.get("/conversations/anna/tracker").at("slots").at("city").is_null());
  const auto put = bot.ask("PUT", "/conversations/anna/tracker/events", "[]");
  CHECK(bot.refused(put, 501, "NotOffered").find("POST appends") != std::string::npos);
  bot.refused(bot.ask("POST", "/conversations/anna/tracker/events", "{"), 400, "BadRequest");
}

TEST_CASE("an intent is triggered from outside") {
  Served bot;
  bot.start();
  const json::object answer = bot.post("/conversations/anna/trigger_intent?output_channel=latest",
                                       {{"name", "weather"}, {"entities", {{"city", "Bonn"}}}});
  CHECK(answer.at("messages").at(0).at("text") == "In Bonn:  degrees.");
  CHECK(answer.at("messages").at(0).at("recipient_id") == "anna");
  CHECK(answer.at("tracker").at("sender_id") == "anna");
  const json::object list = bot.post(
      "/conversations/ben/trigger_intent",
      {{"name", "weather"}, {"entities", json::array{{{"entity", "city"}, {"value", "Ulm"}}}}});
  CHECK(list.at("messages").at(0).at("text") == "In Ulm:  degrees.");
  CHECK(bot.refused(bot.ask("POST", "/conversations/anna/trigger_intent", R"({"name":"wether"})"),
                    404, "NotFound") == "The intent 'wether' does not exist in the domain.");
  bot.refused(bot.ask("POST", "/conversations/anna/trigger_intent", "{}"), 400, "BadRequest");
  // Usher's own id of a conversation will do, too.
  const auto all = plain_request(bot.port, "GET", "/v1/conversations", bot.operator_key);
  const json::value ids = *nlu::parse_json(all.body);
  const std::string id(ids.at("conversations").at(0).at("id").get_string());
  const json::object same = bot.get("/conversations/" + id + "/tracker");
  CHECK((same.at("sender_id") == "anna" || same.at("sender_id") == "ben"));
  CHECK(bot.post("/conversations/" + id + "/messages", {{"text", "the weather"}}).at("sender_id") ==
        same.at("sender_id"));
}

TEST_CASE("a conversation is told as a story") {
  Served bot;
  bot.start();
  bot.post("/conversations/anna/messages", {{"text", "the weather in Bonn"}});
  const auto answer = bot.ask("GET", "/conversations/anna/story");
  CHECK(answer.head.find("Content-Type: text/plain") != std::string::npos);
  CHECK(answer.body ==
        "version: \"3.1\"\n"
        "stories:\n"
        "  - story: anna\n"
        "    steps:\n"
        "      - action: action_session_start\n"
        "      - slot_was_set:\n"
        "          - plan: basic\n"
        "      - intent: weather\n"
        "        user: the weather in Bonn\n"
        "        entities:\n"
        "          - city: Bonn\n"
        "      - slot_was_set:\n"
        "          - city: Bonn\n"
        "      - action: utter_degrees\n"
        "      - slot_was_set:\n"
        "          - city: null\n");
  const auto read = nlu::parse_yaml(answer.body, "story.yml");
  CHECK(std::holds_alternative<nlu::Yaml>(read));
}

TEST_CASE("a text is parsed as Rasa parses it, with places in characters") {
  Served bot;
  bot.start();
  const json::object parsed =
      bot.post("/model/parse", {{"text", "天气 weather in Bonn"}, {"message_id", "m-1"}});
  CHECK(parsed.at("text") == "天气 weather in Bonn");
  CHECK(parsed.at("message_id") == "m-1");
  CHECK(parsed.at("intent").at("name") == "weather");
  CHECK(parsed.at("intent").at("confidence") == 0.97);
  CHECK(parsed.at("intent_ranking").get_array().size() == 2);
  const json::object& entity = parsed.at("entities").at(0).get_object();
  CHECK(entity.at("entity") == "city");
  CHECK(entity.at("value") == "Bonn");
  CHECK(entity.at("start") == 14);
  CHECK(entity.at("end") == 18);
  CHECK(entity.at("extractor") == "model");
  CHECK(entity.at("confidence_entity") == 0.9);
  CHECK(parsed.at("text_tokens").get_array().back() == json::array{14, 18});
  CHECK(parsed.at("commands").at(0) ==
        json::object{{"command", "start flow"}, {"flow", "weather"}});
  CHECK(parsed.at("commands").at(1).at("command") == "set slot");
  const json::object nothing = bot.post("/model/parse", {{"text", "qwertz"}});
  CHECK(nothing.at("intent").at("name").is_null());
  CHECK(nothing.at("commands").at(0).at("command") == "cannot handle");
  bot.refused(bot.ask("POST", "/model/parse", R"({"text":""})"), 400, "BadRequest");
  bot.refused(bot.ask("POST", "/model/parse?emulation_mode=LUIS", R"({"text":"x"})"), 400,
              "BadRequest");
  bot.refused(bot.ask("GET", "/model/parse"), 405, "MethodNotAllowed");
}

TEST_CASE("without a model it is a conflict") {
  Served bot(nullptr);
  bot.start();
  bot.refused(bot.ask("POST", "/model/parse", R"({"text":"weather"})"), 409, "Conflict");
  bot.refused(bot.ask("GET", "/status"), 409, "Conflict");
  bot.refused(bot.ask("GET", "/domain?bot=other"), 409, "Conflict");
}

TEST_CASE("what the bot has comes as JSON or YAML") {
  Served bot;
  bot.start();
  const json::object domain = bot.get("/domain");
  CHECK(domain.at("intents") == json::array{"weather"});
  CHECK(domain.at("entities") == json::array{"city"});
  CHECK(domain.at("slots").at("plan").at("values") == json::array{"basic", "gold"});
  CHECK(domain.at("slots").at("degrees").at("max_value") == 60.0);
  CHECK(domain.at("slots").at("city").at("mappings").at(0).at("type") == "from_llm");
  CHECK(domain.at("responses").at("utter_degrees").at(0).at("buttons").at(0).at("title") ==
        "Again");
  const auto yaml = bot.ask("GET", "/domain", "", "Accept: application/yaml\r\n");
  CHECK(yaml.head.find("Content-Type: application/yaml") != std::string::npos);
  const auto read = nlu::parse_yaml(yaml.body, "domain.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(read));
  const nlu::Yaml& tree = std::get<nlu::Yaml>(read);
  CHECK(tree.find("responses")->find("utter_greet")->items[0].find("text")->text ==
        "Good day: yes");
  bot.refused(bot.ask("GET", "/domain", "", "Accept: image/png\r\n"), 406, "NotAcceptable");

  const auto flows = nlu::parse_json(bot.ask("GET", "/flows").body);
  REQUIRE(flows);
  REQUIRE(flows->get_array().size() == 1);  // No patterns
  const json::object& flow = flows->at(0).get_object();
  CHECK(flow.at("id") == "weather");
  CHECK(flow.at("nlu_trigger").at(0).at("intent").at("name") == "weather");
  CHECK(flow.at("steps").at(0).at("collect") == "city");
  CHECK(flow.at("steps").at(0).at("next") == flow.at("steps").at(1).at("id"));
  CHECK(flow.at("steps").at(1).at("next").at(0).at("if") == "slots.degrees > 30");
  CHECK(bot.get("/status").at("model_id") == "words");
}

TEST_CASE("who may do what") {
  Served bot;
  bot.start();
  const auto as = [&](const std::string& token, const std::string& method,
                      const std::string& target, const std::string& body = "") {
    return plain_request(bot.port, method, target, token, body);
  };
  CHECK(as("", "GET", "/").body == "Hello from Usher: " USHER_VERSION);
  CHECK(as("", "GET", "/version").status == 200);
  const auto page = plain_request(bot.port, "GET", "/", "", "", "Accept: text/html\r\n");
  CHECK(page.body.find("<html") != std::string::npos);

  CHECK(as("", "GET", "/status?token=" + api_token).status == 200);
  CHECK(as(api_token, "GET", "/status").status == 200);
  CHECK(as(bot.operator_key, "GET", "/status").status == 200);
  const auto none = as("", "GET", "/status");
  CHECK(bot.refused(none, 401, "NotAuthenticated") == "User is not authenticated.");
  CHECK(none.head.find("WWW-Authenticate: Bearer") != std::string::npos);
  bot.refused(as(bot.rest_token, "GET", "/status"), 401, "NotAuthenticated");
  bot.refused(as("", "GET", "/status?token=" + std::string(32, 'x')), 401, "NotAuthenticated");

  const std::string admin = jwt(R"({"username":"boss","role":"admin"})");
  CHECK(as(admin, "GET", "/domain").status == 200);
  CHECK(as(admin, "GET", "/conversations/anna/tracker").status == 200);
  const std::string anna = jwt(R"({"username":"anna","role":"user"})");
  CHECK(as(anna, "GET", "/conversations/anna/tracker").status == 200);
  CHECK(as(anna, "POST", "/conversations/anna/messages", R"({"text":"weather"})").status == 200);
  bot.refused(as(anna, "GET", "/conversations/ben/tracker"), 403, "NotAuthorized");
  bot.refused(as(anna, "GET", "/domain"), 403, "NotAuthorized");
  bot.refused(as(anna, "POST", "/conversations/anna/tracker/events",
                 R"({"event":"slot","name":"plan","value":"gold"})"),
              403, "NotAuthorized");
  CHECK(bot.refused(as(jwt(R"({"username":"anna","role":"user"})", R"(,"exp":1000)"), "GET",
                       "/conversations/anna/tracker"),
                    401, "NotAuthenticated") == "user token: it has expired");
  CHECK(bot.refused(
            as(jwt(R"({"username":"anna","role":"king"})"), "GET", "/conversations/anna/tracker"),
            401, "NotAuthenticated") == "user token: `user.role` is neither admin nor user");
  const std::string forged =
      bot::sign_user_token(R"({"user":{"username":"a","role":"admin"}})", std::string(32, 'x'));
  bot.refused(as(forged, "GET", "/domain"), 401, "NotAuthenticated");
  const std::string unsigned_token = bot::sign_user_token(
      R"({"user":{"username":"a","role":"admin"}})", jwt_key, R"({"alg":"none"})");
  bot.refused(as(unsigned_token, "GET", "/domain"), 401, "NotAuthenticated");
}

TEST_CASE("what is not offered says what to use, and a path that is none is not found") {
  Served bot;
  bot.start();
  for (const char* target :
       {"/model/train", "/model/test/stories", "/model/test/intents", "/model/predict",
        "/conversations/anna/execute", "/conversations/anna/predict"}) {
    INFO(target);
    bot.refused(bot.ask("POST", target, "{}"), 501, "NotOffered");
  }
  bot.refused(bot.ask("PUT", "/model", "{}"), 501, "NotOffered");
  bot.refused(bot.ask("DELETE", "/model"), 501, "NotOffered");
  bot.refused(bot.ask("GET", "/conversations/anna/trakcer"), 404, "NotFound");
  bot.refused(bot.ask("GET", "/conversations"), 404, "NotFound");
  bot.refused(bot.ask("GET", "/conversations/" + std::string(257, 'a') + "/tracker"), 400,
              "BadRequest");
  bot.refused(bot.ask("DELETE", "/conversations/anna/tracker"), 405, "MethodNotAllowed");
}

TEST_CASE("the API is off unless it was asked for") {
  Served bot;
  bot.config.rasa_api = {};
  bot.start();
  for (const char* target : {"/version", "/status", "/domain", "/conversations/anna/tracker"}) {
    INFO(target);
    CHECK(plain_request(bot.port, "GET", target, bot.operator_key).status == 404);
  }
}

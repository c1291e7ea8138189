// The operator's numbers, sessions, flows and explanations, and the console's page, over a real
// server and its store.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/conversation_source.h"
#include "nlu/base/json.h"
#include "nlu/interpreter.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/served_bot.h"

namespace {

namespace json = nlu::json;

// Understands words that are the names of flows.
class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      for (const char* flow : {"paint", "greet", "person"}) {
        if (utterance.text.find(flow) != std::string::npos) segment.intents.push_back({flow, 0.99});
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

class Painters final : public ServedBot {
 public:
  Painters() : ServedBot("bot", std::make_shared<Words>()) {
    scratch().write("bot/bot.yml", "name: bot\n");
    scratch().write("bot/domain.yml", R"(
slots:
  colour: {type: text, mappings: [{type: from_text}]}
responses:
  utter_ask_colour: Which colour?
  utter_hello: Hello.
  utter_painted: "Painted {colour}."
)");
    scratch().write("bot/flows/all.yml", R"(
flows:
  paint:
    description: Paints <b>a door</b>
    nlu_trigger: [intent: paint]
    run_pattern_completed: false
    steps:
      - {id: which, collect: colour}
      - {id: tell, say: utter_painted}
  greet:
    description: Greets
    nlu_trigger: [intent: greet]
    run_pattern_completed: false
    steps: [{say: utter_hello}]
  person:
    description: Brings one
    nlu_trigger: [intent: person]
    run_pattern_completed: false
    steps: [{handover: {queue: all}}]
)");
    scratch().write(
        "bot/nlu/all.yml",
        "nlu:\n  - intent: paint\n    examples: |\n      - paint\n      - paint it\n  "
        "- intent: greet\n    examples: |\n      - greet\n      - greet me\n  - intent: "
        "person\n    examples: |\n      - person\n      - a person\n");
  }

  void say(const std::string& sender, const std::string& text) {
    const json::object message{{"sender", sender}, {"message", text}};
    const auto answer =
        plain_request(port, "POST", "/webhooks/rest/webhook", rest_token, json::serialize(message));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
  }
  PlainResponse get(const std::string& target) const {
    return plain_request(port, "GET", target, operator_key);
  }
  json::object object(const std::string& target) const {
    const auto answer = get(target);
    INFO(target << ": " << answer.body);
    REQUIRE(answer.status == 200);
    const auto value = nlu::parse_json(answer.body);
    REQUIRE(value);
    return value->get_object();
  }
  // Its rows' fields, with spaces between them.
  std::vector<std::string> rows(const std::string& target, const char* list,
                                const std::vector<std::string>& fields) const {
    std::vector<std::string> all;
    const json::object found = object(target);
    for (const json::value& row : found.at(list).get_array()) {
      std::string line;
      for (const std::string& name : fields) {
        if (!line.empty()) line += ' ';
        line += json::serialize(row.get_object().at(name));
      }
      all.push_back(line);
    }
    return all;
  }
};

using Rows = std::vector<std::string>;

// Anna is asked and does not answer yet; Ben paints; Cleo is not understood; Dora wants a person.
void talk(Painters& bot) {
  bot.say("anna", "paint my door");
  bot.say("ben", "paint mine");
  bot.say("ben", "blue");
  bot.say("cleo", "greet me");
  bot.say("cleo", "<img src=x onerror=alert(1)>");
  bot.say("dora", "a person");
}

}  // namespace

TEST_CASE("an operator reads what was counted, by what they ask for") {
  Painters bot;
  bot.start();
  talk(bot);
  CHECK(bot.rows("/v1/stats", "rows", {"conversations", "open", "messages", "fallbacks"}) ==
        Rows{"4 4 6 1"});
  CHECK(bot.rows("/v1/stats?by=channel", "rows", {"channel", "conversations"}) ==
        Rows{"\"rest\" 4"});
  CHECK(bot.rows("/v1/stats?by=flow", "rows", {"flow", "started", "completed", "handovers"}) ==
        Rows{"\"greet\" 1 1 0", "\"paint\" 2 1 0", "\"person\" 1 1 1"});
  CHECK(bot.rows("/v1/stats?by=step&flow=paint", "rows", {"step", "entered"}) ==
        Rows{"\"tell\" 1", "\"which\" 2"});
  CHECK(bot.rows("/v1/stats?by=day&since=2020-01-01&until=2020-02-01", "rows", {}).empty());
  // They are there after a restart, and what is said then counts, too.
  bot.stop();
  bot.start();
  bot.say("anna", "red");
  CHECK(bot.rows("/v1/stats?flow=paint", "rows", {"conversations", "completed"}) == Rows{"2 2"});
  const auto wrong = [&](const std::string& query, const std::string& words) {
    const auto answer = bot.get("/v1/stats?" + query);
    INFO(answer.body);
    CHECK(answer.status == 400);
    CHECK(answer.body.find(words) != std::string::npos);
  };
  wrong("by=flw", "not 'flw'; did you mean 'flow'?");
  wrong("since=yesterday", "`since`: 'yesterday' is no day such as 2026-11-27");
  wrong("since=2026-11-02&until=2026-11-01", "`since` is after `until`");
  CHECK(bot.get("/v1/stats?bot=other").status == 404);
  CHECK(plain_request(bot.port, "POST", "/v1/stats", bot.operator_key).status == 405);
}

TEST_CASE("the numbers are read beside the running server, too, and are the server's") {
  Painters bot;
  bot.start();
  talk(bot);
  dialog::StatQuery query;
  query.until = 100'000;
  query.flow = true;
  const auto store = bot::read_store(bot.config.state_folder + "/store");
  REQUIRE(store);
  const auto server =
      bot::read_server(fmt::format("http://127.0.0.1:{}", bot.port), bot.operator_key);
  REQUIRE(server);
  const auto read = (*store)->stats("bot", query);
  const auto asked = (*server)->stats("bot", query);
  REQUIRE(read);
  REQUIRE(asked);
  CHECK(read->at("rows").get_array().size() == 3);
  CHECK(json::serialize(*read) == json::serialize(*asked));
  CHECK((*store)->stats("other", query).error().code == nlu::Errc::not_found);
  CHECK((*server)->stats("other", query).error().code == nlu::Errc::not_found);
}

TEST_CASE("sessions are listed, searched and paged") {
  Painters bot;
  bot.start();
  talk(bot);
  const auto words = [&](const std::string& query) {
    return bot.rows("/v1/sessions" + query, "sessions", {"first_words"});
  };
  CHECK(words("") == Rows{"\"a person\"", "\"greet me\"", "\"paint mine\"", "\"paint my door\""});
  CHECK(words("?flow=paint") == Rows{"\"paint mine\"", "\"paint my door\""});
  CHECK(words("?text=BLUE") == Rows{"\"paint mine\""});
  CHECK(words("?text=painted") == Rows{"\"paint mine\""});  // The bot said it.
  CHECK(words("?text=%3Cimg") == Rows{"\"greet me\""});
  CHECK(words("?state=resolved").empty());
  CHECK(words("?state=open&channel=rest").size() == 4);
  CHECK(words("?channel=web").empty());
  CHECK(words("?until=2020-01-01").empty());
  const json::object page = bot.object("/v1/sessions?limit=3");
  CHECK(page.at("sessions").get_array().size() == 3);
  const std::string next(page.at("next").get_string());
  CHECK(words("?limit=3&after=" + next) == Rows{"\"paint my door\""});
  CHECK(bot.object("/v1/sessions?limit=3&after=" + next).at("next").is_null());
  CHECK(bot.get("/v1/sessions?state=lost").status == 400);
  CHECK(bot.get("/v1/sessions?after=here").status == 400);
  CHECK(bot.get("/v1/sessions?text=" + std::string(300, 'x')).status == 400);
  const json::object first = page.at("sessions").get_array()[0].get_object();
  CHECK(bot.get("/v1/conversations/" + std::string(first.at("conversation").get_string())).status ==
        200);
}

TEST_CASE("a turn is explained with its conditions and places") {
  Painters bot;
  bot.start();
  talk(bot);
  const json::object found = bot.object("/v1/sessions?text=blue");
  const std::string id(
      found.at("sessions").get_array()[0].get_object().at("conversation").get_string());
  const auto why = bot.get("/v1/conversations/" + id + "/explain?turn=2");
  INFO(why.body);
  CHECK(why.status == 200);
  CHECK(why.body.find("\"said\":\"blue\"") != std::string::npos);
  CHECK(why.body.find("\"step\":\"tell\",\"at\":\"flows/all.yml:") != std::string::npos);
  CHECK(why.body.find("no_conditions") == std::string::npos);
  CHECK(why.body.find("\"turn\":1") == std::string::npos);
  CHECK(bot.get("/v1/conversations/" + id + "/explain").body.find("\"turn\":1") !=
        std::string::npos);
  CHECK(bot.get("/v1/conversations/" + id + "/explain?turn=9").status == 404);
  CHECK(bot.get("/v1/conversations/" + id + "/explain?turn=x").status == 400);
  CHECK(bot.get("/v1/conversations/" + std::string(32, 'a') + "/explain").status == 404);
}

TEST_CASE("flows are listed, and drawn with the way that customers took") {
  Painters bot;
  bot.start();
  talk(bot);
  CHECK(bot.rows("/v1/flows", "flows", {"id", "steps"}) == Rows{"\"greet\" [\"0_say\"]",
                                                                "\"paint\" [\"which\",\"tell\"]",
                                                                "\"person\" [\"0_handover\"]"});
  const auto drawn = bot.get("/v1/flows/paint.svg");
  CHECK(drawn.status == 200);
  CHECK(drawn.body.find(">2×</text>") != std::string::npos);
  CHECK(bot.get("/v1/flows/paint.svg?until=2020-01-01").body.find(">2×</text>") ==
        std::string::npos);
  for (const char* none : {"paint", "pant.svg", ".svg", "pattern_restart.svg"})
    CHECK(bot.get(fmt::format("/v1/flows/{}", none)).status == 404);
  CHECK(bot.get("/v1/flows/paint.svg/x").status == 404);
}

TEST_CASE("without the operator's key nothing is told, and the console's page has no data") {
  Painters bot;
  bot.start();
  talk(bot);
  for (const char* target :
       {"/v1/stats", "/v1/sessions", "/v1/flows", "/v1/flows/paint.svg",
        "/v1/conversations/00000000000000000000000000000000/explain", "/v1/stats?bot=other"}) {
    INFO(target);
    for (const std::string& key : {std::string(), std::string("wrong"), bot.rest_token}) {
      const auto answer = plain_request(bot.port, "GET", target, key);
      CHECK(answer.status == 401);
      CHECK(answer.body.find("paint") == std::string::npos);
    }
    const char join = std::string(target).find('?') == std::string::npos ? '?' : '&';
    const auto in_url = plain_request(
        bot.port, "GET",
        fmt::format("{}{}token={}&key={}", target, join, bot.operator_key, bot.operator_key), "");
    CHECK(in_url.status == 401);
  }
  const auto page = plain_request(bot.port, "GET", "/console", "");
  CHECK(page.status == 200);
  CHECK(page.body.find("/console/app.js") != std::string::npos);
  CHECK(plain_request(bot.port, "GET", "/console/app.js", "").status == 200);
  CHECK(plain_request(bot.port, "GET", "/console/app.css", "").status == 200);
  CHECK(plain_request(bot.port, "GET", "/console/other.js", "").status == 404);
  CHECK(plain_request(bot.port, "POST", "/console", "").status == 405);
}

// How customers sound, from what they say over a socket to what a business's own server is told:
// real server, real store, a receiver on loopback.
#include "bot/alert_watch.h"

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "nlu/base/json.h"
#include "tests/bot/served_bot.h"

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = nlu::json;
using net::ip::tcp;
using Response = http::response<http::string_body>;
using Request = http::request<http::string_body>;

const char* const secret = "what only the shop and its receiver know";

// Understands whether something is about returns, and how it sounds.
class Ears final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      const auto has = [&](const char* word) {
        return utterance.text.find(word) != std::string::npos;
      };
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      if (has("return")) segment.intents.push_back({"returns", 0.99});
      segment.p_outside = segment.intents.empty() ? 0.9 : 0.01;
      nlu::Interpretation one;
      one.segments.push_back(std::move(segment));
      one.sentiment = has("awful") ? -0.9 : has("lovely") ? 0.9 : 0;
      one.urgency = has("now") ? 0.9 : 0.1;
      one.model_version = version_;
      all.push_back(std::move(one));
    }
    return all;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "ears";
};

// A business's own server: keeps what is posted, and answers with the status it is told to.
class Receiver {
 public:
  Receiver()
      : acceptor_(io_, {net::ip::make_address("127.0.0.1"), 0}), thread_([this] { run(); }) {}
  ~Receiver() {
    stopping_ = true;
    tcp::socket knock{io_};
    beast::error_code ignored;
    knock.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url() const {
    return fmt::format("http://127.0.0.1:{}/alerts?of=shop", acceptor_.local_endpoint().port());
  }
  void answer(unsigned status) { status_ = status; }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return posts_.size();
  }
  Request post(std::size_t number) {  // Waits for it.
    std::unique_lock lock{mutex_};
    REQUIRE(come_.wait_for(lock, std::chrono::seconds{10}, [&] { return posts_.size() > number; }));
    return posts_[number];
  }

 private:
  void run() {
    for (;;) {
      tcp::socket socket = acceptor_.accept();
      if (stopping_) return;
      beast::flat_buffer buffer;
      Request request;
      beast::error_code error;
      http::read(socket, buffer, request, error);
      if (error) continue;
      Response response{static_cast<http::status>(status_.load()), 11};
      response.prepare_payload();
      {
        const std::lock_guard lock{mutex_};
        posts_.push_back(std::move(request));
      }
      http::write(socket, response, error);
      come_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable come_;
  std::vector<Request> posts_;
  std::atomic<unsigned> status_{204};
  std::atomic<bool> stopping_{false};
  net::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

// A bot that watches itself.
class Process final : public ServedBot {
 public:
  explicit Process(const std::string& webhook) : ServedBot("bot", std::make_shared<Ears>()) {
    ::setenv("ALERTS_URL", webhook.c_str(), 1);
    ::setenv("ALERTS_SECRET", secret, 1);
    scratch().write("bot/bot.yml", "name: mini\n");
    scratch().write("bot/flows/flows.yml",
                    "flows:\n  returns:\n    description: Takes things back\n"
                    "    nlu_trigger: [{intent: returns}]\n    steps: [{say: Send it.}]\n");
    scratch().write(
        "bot/nlu/nlu.yml",
        "nlu:\n  - intent: returns\n    examples: |\n      - return it\n      - a return\n");
    write_alerts(
        "alerts:\n  unhappy:\n    description: Many are unhappy\n    min_utterances: 3\n"
        "    topics: [returns]\n    if: negative_share >= 0.5\n    resolve_after_min: 0\n"
        "    cooldown_min: 0\n");
    config.limits.alert_interval = std::chrono::milliseconds{50};
  }

  void write_alerts(const std::string& rules) {
    scratch().write("bot/alerts.yml",
                    "webhook: {url: \"${ALERTS_URL}\", secret: \"${ALERTS_SECRET}\"}\n" + rules);
  }

  Response ask(http::verb verb, const std::string& target, const std::string& token,
               const std::string& body = "") {
    net::io_context io;
    tcp::socket socket{io};
    socket.connect({net::ip::make_address("127.0.0.1"), port});
    Request out{verb, target, 11};
    out.set(http::field::host, "localhost");
    out.set(http::field::authorization, "Bearer " + token);
    out.body() = body;
    out.prepare_payload();
    http::write(socket, out);
    beast::flat_buffer buffer;
    Response in;
    http::read(socket, buffer, in);
    return in;
  }
  void say(const std::string& text, const std::string& id = "") {
    json::object body{{"sender", "anna"}, {"message", text}};
    if (!id.empty()) body["metadata"] = {{"message_id", id}};
    const Response said =
        ask(http::verb::post, "/webhooks/rest/webhook", rest_token, json::serialize(body));
    REQUIRE(said.result_int() == 200);
  }
  Response get(const std::string& target) { return ask(http::verb::get, target, operator_key); }
  json::value read(const std::string& target) {
    const Response response = get(target);
    INFO(response.body());
    REQUIRE(response.result_int() == 200);
    return json::parse(response.body());
  }
  // How the only rule stands.
  std::string state() {
    const json::value alerts = read("/v1/alerts");
    return std::string(alerts.at("alerts").at(0).at("state").as_string());
  }
};

std::string hex_hmac(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// Whether the post is signed as docs/mood.md tells its receivers.
bool is_signed(const Request& post) {
  const std::string signature(post["Usher-Signature"]);
  const std::size_t comma = signature.find(',');
  if (signature.substr(0, 2) != "t=" || comma == std::string::npos) return false;
  const std::string time = signature.substr(2, comma - 2);
  return signature.substr(comma) == ",v1=" + hex_hmac(secret, time + "." + post.body());
}

}  // namespace

TEST_CASE("an alert fires once, is posted and signed, and is over when customers are content") {
  Receiver receiver;
  Process process{receiver.url()};
  process.start();
  process.say("an awful return");
  process.say("an awful return");
  CHECK(eventually([&] { return process.state() == "quiet"; }));
  process.say("an awful return now");
  const Request fired = receiver.post(0);
  CHECK(fired.method() == http::verb::post);
  CHECK(fired.target() == "/alerts?of=shop");
  CHECK(fired[http::field::content_type] == "application/json");
  CHECK(is_signed(fired));
  const json::value body = json::parse(fired.body());
  CHECK(body.at("bot") == "mini");
  CHECK(body.at("rule") == "unhappy");
  CHECK(body.at("state") == "firing");
  CHECK(body.at("condition") == "negative_share >= 0.5");
  CHECK(body.at("numbers").at("utterances") == 3);
  CHECK(body.at("numbers").at("negative_share") == 1.0);
  CHECK(fired["Usher-Delivery"] == std::string(body.at("id").as_string()));
  CHECK(body.at("text") ==
        "mini: unhappy fires: Many are unhappy (3 utterances, 100 % negative, usually unknown)");
  CHECK(process.state() == "firing");
  const std::string metrics = process.get("/metrics").body();
  CHECK(metrics.find("usher_alert_firing{bot=\"mini\",rule=\"unhappy\"} 1") != std::string::npos);
  CHECK(metrics.find("usher_utterances_total{mood=\"negative\"} 3") != std::string::npos);
  CHECK(metrics.find("usher_urgent_utterances_total 1") != std::string::npos);

  process.stop();  // Nothing fires again because the process begins again.
  process.start();
  CHECK(eventually([&] { return process.state() == "firing"; }));
  for (int i = 0; i < 4; ++i) process.say("a lovely return");
  const Request resolved = receiver.post(1);
  CHECK(is_signed(resolved));
  CHECK(json::parse(resolved.body()).at("state") == "resolved");
  CHECK(json::parse(resolved.body()).at("since") == body.at("at"));
  CHECK(json::parse(resolved.body()).at("id") != body.at("id"));
  CHECK(process.state() == "quiet");
  CHECK(eventually([&] { return process.read("/v1/alerts").at("posts_pending") == 0; }));
  CHECK(receiver.count() == 2);

  const json::value alerts = process.read("/v1/alerts?limit=1");
  REQUIRE(alerts.at("history").as_array().size() == 1);
  CHECK(alerts.at("history").at(0).at("state") == "resolved");
  const json::value rest = process.read(
      fmt::format("/v1/alerts?before={}", alerts.at("next").to_number<std::int64_t>()));
  REQUIRE(rest.at("history").as_array().size() == 1);
  CHECK(rest.at("history").at(0) == body);
}

TEST_CASE("a receiver that is not there is tried again with the same id, after a restart too") {
  Receiver receiver;
  receiver.answer(503);
  Process process{receiver.url()};
  process.start();
  for (int i = 0; i < 3; ++i) process.say("an awful return");
  const Request first = receiver.post(0);
  CHECK(eventually([&] {
    return process.get("/metrics").body().find("usher_alert_posts_total{outcome=\"failed\"} 1") !=
           std::string::npos;
  }));
  CHECK(process.read("/v1/alerts").at("posts_pending") == 1);
  process.stop();
  receiver.answer(200);
  process.start();
  const Request again = receiver.post(1);
  CHECK(again.body() == first.body());
  CHECK(again["Usher-Delivery"] == first["Usher-Delivery"]);
  CHECK(is_signed(again));
  CHECK(eventually([&] { return process.read("/v1/alerts").at("posts_pending") == 0; }));
  process.stop();
  process.start();
  CHECK(eventually(
      [&] { return !process.read("/v1/alerts").at("alerts").at(0).at("judged_at").is_null(); }));
  CHECK(receiver.count() == 2);
}

TEST_CASE("a post that nobody takes is given up in time") {
  Receiver receiver;
  receiver.answer(500);
  Process process{receiver.url()};
  process.config.limits.alert_delivery = std::chrono::milliseconds{0};
  process.start();
  for (int i = 0; i < 3; ++i) process.say("an awful return");
  receiver.post(0);
  CHECK(eventually([&] { return process.read("/v1/alerts").at("posts_pending") == 0; }));
  CHECK(process.get("/metrics").body().find("usher_alert_posts_total{outcome=\"given_up\"} 1") !=
        std::string::npos);
}

TEST_CASE("with --demo nothing is posted") {
  Receiver receiver;
  Process process{receiver.url()};
  process.config.demo = true;
  process.start();
  for (int i = 0; i < 3; ++i) process.say("an awful return");
  CHECK(eventually([&] { return process.state() == "firing"; }));
  CHECK(eventually([&] { return process.read("/v1/alerts").at("posts_pending") == 0; }));
  CHECK(receiver.count() == 0);
}

TEST_CASE("an alert whose rule is taken out of the file while it fires is over") {
  Process process{""};
  process.start();
  for (int i = 0; i < 3; ++i) process.say("an awful return");
  CHECK(eventually([&] { return process.state() == "firing"; }));
  process.stop();
  process.write_alerts("alerts: {}\n");
  process.start();
  CHECK(
      eventually([&] { return process.read("/v1/alerts").at("history").as_array().size() == 2; }));
  const json::value last = process.read("/v1/alerts").at("history").at(0);
  CHECK(last.at("state") == "resolved");
  CHECK(last.at("reason") == "removed");
  CHECK(process.get("/metrics").body().find("usher_alert_firing{") == std::string::npos);
}

TEST_CASE("how customers sound is added up by time, channel and topic") {
  Process process{""};
  process.start();
  process.say("an awful return now", "m-1");
  process.say("an awful return now", "m-1");  // The same message again
  process.say("a lovely return", "m-2");
  process.say("what a day", "m-3");
  const json::value all = process.read("/v1/mood");
  REQUIRE(all.at("rows").as_array().size() == 1);
  const json::value& sum = all.at("rows").at(0);
  CHECK(sum.at("utterances") == 3);
  CHECK(sum.at("rated") == 3);
  CHECK(sum.at("negative") == 1);
  CHECK(sum.at("positive") == 1);
  CHECK(sum.at("urgent") == 1);
  CHECK(sum.at("fallbacks") == 1);
  CHECK(sum.at("mean_sentiment") == 0.0);
  CHECK(sum.at("negative_share") == 0.3333);

  const json::value apart = process.read("/v1/mood?bot=mini&by=day,channel,topic");
  REQUIRE(apart.at("rows").as_array().size() == 2);
  CHECK(apart.at("rows").at(0).at("topic") == "outside");
  CHECK(apart.at("rows").at(1).at("topic") == "returns");
  CHECK(apart.at("rows").at(1).at("channel") == "rest");
  CHECK(apart.at("rows").at(1).at("utterances") == 2);
  CHECK(apart.at("rows").at(1).at("day").as_string().size() == 10);
  CHECK(process.read("/v1/mood?topic=returns").at("rows").at(0).at("utterances") == 2);
  CHECK(process.read("/v1/mood?to=2026-01-01").at("rows").as_array().empty());

  const json::value found = process.read("/v1/conversations");
  const std::string id(found.at("conversations").at(0).at("id").as_string());
  CHECK(process.ask(http::verb::delete_, "/v1/conversations/" + id, process.operator_key)
            .result_int() == 204);
  CHECK(process.get("/v1/conversations/" + id).result_int() == 404);
  CHECK(process.read("/v1/mood").at("rows").at(0) == sum);  // It has nobody in it.
  process.stop();
  process.start();
  CHECK(process.read("/v1/mood").at("rows").at(0) == sum);
}

TEST_CASE("what cannot be asked for is told") {
  Process process{""};
  process.start();
  const auto refusal = [&](const std::string& target) {
    const Response response = process.get(target);
    CHECK(response.result_int() == 400);
    return std::string(json::parse(response.body()).at("error").at("message").as_string());
  };
  CHECK(refusal("/v1/mood?by=hours") ==
        "`by` is hour or day, channel and topic, and not 'hours'; did you mean 'hour'?");
  CHECK(refusal("/v1/mood?by=hour,day") == "`by` has hour or day, not both");
  CHECK(refusal("/v1/mood?from=yesterday") ==
        "`from` is a UTC time such as 2026-11-27 or 2026-11-27T14:00:00Z, or milliseconds since "
        "the epoch");
  CHECK(refusal("/v1/mood?from=2026-11-28&to=2026-11-27") == "`from` is not before `to`");
  CHECK(process.get("/v1/mood?bot=nobody").result_int() == 404);
  CHECK(process.ask(http::verb::get, "/v1/mood", "wrong").result_int() == 401);
  CHECK(process.ask(http::verb::post, "/v1/alerts", process.operator_key).result_int() == 405);
  CHECK(process.ask(http::verb::get, "/v1/alerts", "wrong").result_int() == 401);
}

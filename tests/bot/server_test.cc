// The server over real sockets: real runtime, real store, a model that knows a few words.
#include "bot/server.h"

#include <csignal>
#include <filesystem>
#include <mutex>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <catch2/catch.hpp>

#include "dialog/load.h"
#include "nlu/base/json.h"
#include "tests/bot/served_bot.h"

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace json = nlu::json;
using net::ip::tcp;
using Response = http::response<http::string_body>;

const char* const settings = "name: mini\nlanguage: en\n";
const char* const domain =
    "responses:\n"
    "  utter_hello:\n    - text: Hello from the bot\n"
    "  utter_ask_colour:\n    - text: Which colour?\n"
    "  utter_thanks:\n    - text: \"Noted: {colour}\"\n"
    "slots:\n"
    "  colour:\n    type: text\n    mappings:\n      - type: from_text\n";
const char* const flows =
    "flows:\n"
    "  greet:\n    description: says hello\n    nlu_trigger:\n      - intent: greet\n"
    "    steps:\n      - action: utter_hello\n"
    "  person:\n    description: brings a person\n    nlu_trigger:\n      - intent: person\n"
    "    steps:\n      - handover:\n          queue: paints\n          summary: wants a person\n"
    "  paint:\n    description: asks for a colour\n    nlu_trigger:\n      - intent: paint\n"
    "    steps:\n      - collect: colour\n      - action: utter_thanks\n";
const char* const examples =
    "version: \"3.1\"\nnlu:\n"
    "  - intent: greet\n    examples: |\n      - hello\n      - hi there\n      - good day\n"
    "  - intent: person\n    examples: |\n      - a person please\n      - is there a person\n"
    "  - intent: paint\n    examples: |\n      - paint it\n      - paint my door\n      - a new "
    "colour\n";

class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      const bool greets = utterance.text.find("hello") != std::string::npos;
      const bool paints = utterance.text.find("paint") != std::string::npos;
      const bool asks_person = utterance.text.find("person") != std::string::npos;
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      if (greets) segment.intents.push_back({"greet", 0.99});
      if (paints) segment.intents.push_back({"paint", 0.99});
      if (asks_person) segment.intents.push_back({"person", 0.99});
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

// A bot of three flows.
class Process final : public ServedBot {
 public:
  Process() : ServedBot("bot", std::make_shared<Words>()) {
    write("bot/bot.yml", settings);
    write("bot/domain.yml", domain);
    write("bot/flows/flows.yml", flows);
    write("bot/nlu/nlu.yml", examples);
    config.site_key = "the site's key, thirty-two bytes or more";
    config.upload_types = {"image/png"};
    config.limits.upload_bytes = 2000;
  }
  std::string write(const std::string& name, const std::string& text) const {
    return scratch().write(name, text);
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

Response request(const Process& process, http::verb verb, const std::string& target,
                 const Headers& headers = {}, const std::string& body = "") {
  net::io_context io;
  tcp::socket socket{io};
  socket.connect({net::ip::make_address("127.0.0.1"), process.port});
  http::request<http::string_body> out{verb, target, 11};
  out.set(http::field::host, "localhost:" + std::to_string(process.port));
  for (const auto& header : headers) out.set(header.first, header.second);
  out.body() = body;
  out.prepare_payload();
  http::write(socket, out);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> in;
  if (verb == http::verb::head) in.skip(true);
  http::read(socket, buffer, in);
  return in.release();
}

Headers bearing(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

unsigned status(const Response& response) { return response.result_int(); }

// Stands for a disk that hangs: takes appends and never answers.
class HungStore final : public dialog::StateStore {
 public:
  explicit HungStore(dialog::StateStore& store) : store_(store) {}
  void append(dialog::ConversationId, dialog::EventNumber, dialog::Epoch, dialog::Batch,
              Done) override {}
  void load(dialog::ConversationId id,
            std::function<void(nlu::Result<std::optional<dialog::Kept>>)> done) override {
    store_.load(id, std::move(done));
  }
  void find_message(
      dialog::ConversationId id, std::string client, std::string message_id,
      std::function<void(nlu::Result<std::optional<dialog::MessageRecord>>)> done) override {
    store_.find_message(id, std::move(client), std::move(message_id), std::move(done));
  }
  void find_client(
      dialog::ConversationId id, std::string client,
      std::function<void(nlu::Result<std::optional<dialog::ClientRecord>>)> done) override {
    store_.find_client(id, std::move(client), std::move(done));
  }
  void read_visible(dialog::ConversationId id, dialog::Seq after, std::size_t count,
                    std::function<void(nlu::Result<std::vector<dialog::Event>>)> done) override {
    store_.read_visible(id, after, count, std::move(done));
  }
  void read_events(dialog::ConversationId id, dialog::EventNumber from, std::size_t count,
                   std::function<void(nlu::Result<std::vector<dialog::Event>>)> done) override {
    store_.read_events(id, from, count, std::move(done));
  }
  void due_timers(dialog::Millis until, std::size_t count,
                  std::function<void(nlu::Result<std::vector<dialog::DueTimer>>)> done) override {
    store_.due_timers(until, count, std::move(done));
  }
  void unfinished(
      std::function<void(nlu::Result<std::vector<dialog::ConversationId>>)> done) override {
    store_.unfinished(std::move(done));
  }
  void scan(dialog::Tenant tenant, std::optional<dialog::ConversationId> after, std::size_t count,
            std::function<void(nlu::Result<std::vector<dialog::ConversationId>>)> done) override {
    store_.scan(tenant, after, count, std::move(done));
  }
  void erase(dialog::ConversationId id, Done done) override { store_.erase(id, std::move(done)); }

 private:
  dialog::StateStore& store_;
};

std::string text_of(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : "";
}

class Widget {
 public:
  explicit Widget(const Process& process, const Headers& headers = {},
                  const std::string& target = "/chat")
      : socket_(io_) {
    beast::get_lowest_layer(socket_).connect({net::ip::make_address("127.0.0.1"), process.port});
    socket_.set_option(websocket::stream_base::decorator([headers](websocket::request_type& out) {
      for (const auto& header : headers) out.set(header.first, header.second);
    }));
    socket_.handshake("localhost:" + std::to_string(process.port), target);
  }

  void say(const std::string& text) { socket_.write(net::buffer(text)); }
  void hello(const std::string& more = "") {
    say(R"({"type":"hello","client":"tab-00001","epoch":)" + std::to_string(epoch_) +
        R"(,"last_seq":0,"last_cseq":0,"locale":"en")" + more + "}");
  }
  void message(int cseq, const std::string& text) {
    say(fmt::format(R"({{"type":"message","id":"message-{}","cseq":{},"text":"{}"}})", cseq, cseq,
                    text));
  }

  // The next frame; null: the socket was closed.
  json::value hear() {
    beast::flat_buffer buffer;
    beast::error_code error;
    beast::get_lowest_layer(socket_).socket().non_blocking(false);
    socket_.read(buffer, error);
    if (error) return nullptr;
    return json::parse(beast::buffers_to_string(buffer.data()));
  }
  // The next frame of the type, others left out.
  json::object await(const std::string& type) {
    for (int i = 0; i < 200; ++i) {
      const json::value frame = hear();
      if (frame.is_null()) break;
      if (frame.at("type").as_string() == type.c_str()) return frame.as_object();
    }
    FAIL("no frame of type " << type << ", close code " << socket_.reason().code);
    return {};
  }
  // The next reply with this text, others left out.
  void await_reply(const std::string& text) {
    while (text_of(await("reply"), "text") != text) {
    }
  }
  int close_code() {
    while (!hear().is_null()) {
    }
    return socket_.reason().code;
  }
  void epoch(int number) { epoch_ = number; }

 private:
  net::io_context io_;
  websocket::stream<beast::tcp_stream> socket_;
  int epoch_ = 1;
};

}  // namespace

TEST_CASE("pages, health and unknown paths are answered") {
  Process process;
  process.start();
  CHECK(status(request(process, http::verb::get, "/health/live")) == 200);
  CHECK(status(request(process, http::verb::get, "/health/ready")) == 200);
  const Response page = request(process, http::verb::get, "/");
  CHECK(status(page) == 200);
  CHECK(page.body().find("/widget.js") != std::string::npos);
  CHECK(page["X-Content-Type-Options"] == "nosniff");
  CHECK(page["Content-Security-Policy"].find("default-src 'none'") != beast::string_view::npos);
  const Response widget = request(process, http::verb::get, "/widget.js");
  CHECK(status(widget) == 200);
  const std::string tag{widget[http::field::etag]};
  CHECK(status(request(process, http::verb::get, "/widget.js", {{"If-None-Match", tag}})) == 304);
  const Response head = request(process, http::verb::head, "/widget.js");
  CHECK(head[http::field::content_length] == std::to_string(widget.body().size()));
  CHECK(status(request(process, http::verb::get, "/nothing")) == 404);
  CHECK(status(request(process, http::verb::post, "/widget.js")) == 405);
  CHECK(status(request(process, http::verb::get, "/chat")) == 426);
  CHECK(status(request(process, http::verb::get, "/%zz")) == 400);
}

TEST_CASE("what is the operator's needs the operator's key") {
  Process process;
  process.start();
  for (const char* target : {"/metrics", "/v1/bots", "/v1/conversations", "/v1/handovers"}) {
    INFO(target);
    CHECK(status(request(process, http::verb::get, target)) == 401);
    CHECK(status(request(process, http::verb::get, target, bearing("wrong"))) == 401);
    CHECK(status(request(process, http::verb::get, target, bearing(process.rest_token))) == 401);
    CHECK(status(request(process, http::verb::get, target, bearing(process.operator_key))) == 200);
  }
}

TEST_CASE("the REST channel needs its token, and answers as Rasa does") {
  Process process;
  process.start();
  const std::string hook = "/webhooks/rest/webhook";
  const std::string body = R"({"sender":"a","message":"hello"})";
  CHECK(status(request(process, http::verb::post, hook, {}, body)) == 401);
  const Response answer =
      request(process, http::verb::post, hook, bearing(process.rest_token), body);
  REQUIRE(status(answer) == 200);
  const json::array replies = json::parse(answer.body()).as_array();
  REQUIRE(!replies.empty());
  CHECK(replies[0].at("recipient_id").as_string() == "a");
  CHECK(answer.body().find("Hello from the bot") != std::string::npos);
  CHECK(status(request(process, http::verb::post, hook + "?token=" + process.rest_token, {},
                       body)) == 200);
  CHECK(status(request(process, http::verb::post, hook, bearing(process.rest_token), "{")) == 400);
  CHECK(status(request(process, http::verb::post, hook + "?bot=none", bearing(process.rest_token),
                       body)) == 404);
  CHECK(status(request(process, http::verb::get, hook, bearing(process.rest_token))) == 405);
}

TEST_CASE("a customer talks, and the conversation survives a restart") {
  Process process;
  process.start();
  std::string conversation, token;
  {
    Widget widget{process};
    widget.hello();
    const json::object welcome = widget.await("welcome");
    conversation = text_of(welcome, "conversation");
    token = text_of(welcome, "token");
    REQUIRE(token.size() >= 32);
    widget.message(1, "paint it");
    CHECK(text_of(widget.await("ack"), "id") == "message-1");
    CHECK(text_of(widget.await("reply"), "text") == "Which colour?");
    widget.say(R"({"type":"ping","n":5})");
    CHECK(widget.await("pong").at("n").as_int64() == 5);
  }
  process.stop();
  CHECK(process.exit_code == 0);
  process.start();
  Widget widget{process};
  widget.epoch(2);
  widget.hello(fmt::format(R"(,"conversation":"{}","token":"{}")", conversation, token));
  const json::object welcome = widget.await("welcome");
  CHECK(welcome.at("resumed").as_bool());
  CHECK(welcome.at("last_cseq").to_number<int>() == 1);
  CHECK(text_of(widget.await("echo"), "text") == "paint it");
  CHECK(text_of(widget.await("reply"), "text") == "Which colour?");
  widget.message(2, "red");
  CHECK(text_of(widget.await("reply"), "text") == "Noted: red");
}

TEST_CASE("nobody opens another's conversation") {
  Process process;
  process.start();
  Widget first{process};
  first.hello();
  const std::string conversation = text_of(first.await("welcome"), "conversation");
  Widget thief{process};
  thief.hello(
      fmt::format(R"(,"conversation":"{}","token":"{}")", conversation, std::string(64, '0')));
  CHECK(thief.close_code() == 4401);
  Widget forger{process};
  forger.hello(R"(,"user":"a.b.c")");
  CHECK(forger.close_code() == 4401);
}

TEST_CASE("sockets that break the protocol are closed with the code that says why") {
  Process process;
  process.start();
  Widget rubbish{process};
  rubbish.say("rubbish");
  CHECK(rubbish.close_code() == 4400);
  Widget giant{process};
  giant.hello();
  giant.await("welcome");
  giant.say(std::string(70'000, 'x'));
  CHECK(giant.close_code() == 4413);
  Widget stranger{process, {{"Origin", "https://evil.example"}}};
  CHECK(stranger.close_code() == 4403);
  Widget same{process, {{"Origin", "http://localhost:" + std::to_string(process.port)}}};
  same.hello();
  same.await("welcome");
  CHECK_THROWS(Widget{process, {}, "/chat?bot=none"});
}

TEST_CASE("a drain tells the widgets and ends well") {
  Process process;
  process.start();
  Widget widget{process};
  widget.hello();
  widget.await("welcome");
  process.server().stop();
  widget.await("error");
  CHECK(widget.close_code() == 1001);
  process.stop();
  CHECK(process.exit_code == 0);
}

TEST_CASE("a file goes up and comes back as a download, for its owner only") {
  Process process;
  process.start();
  Widget widget{process};
  widget.hello();
  const json::object welcome = widget.await("welcome");
  const std::string place = "/v1/uploads?conversation=" + text_of(welcome, "conversation");
  const std::string png{"\x89PNG\r\n\x1a\n rest", 13};
  Headers headers = bearing(text_of(welcome, "token"));
  headers.emplace_back("Content-Type", "image/png");
  headers.emplace_back("X-Filename", "my%20photo.png");
  const Response made = request(process, http::verb::post, place, headers, png);
  REQUIRE(status(made) == 201);
  const std::string upload = text_of(json::parse(made.body()).as_object(), "upload");
  const std::string back =
      "/v1/uploads/" + upload + "?conversation=" + text_of(welcome, "conversation");
  const Response got = request(process, http::verb::get, back, headers);
  CHECK(status(got) == 200);
  CHECK(got.body() == png);
  CHECK(got[http::field::content_disposition] == "attachment; filename*=UTF-8''my%20photo.png");
  CHECK(got["Content-Security-Policy"] == "default-src 'none'; sandbox");
  CHECK(status(request(process, http::verb::get, back)) == 401);
  CHECK(status(request(process, http::verb::get, back, bearing(std::string(64, 'a')))) == 401);
  CHECK(status(request(process, http::verb::post, place, headers, "no png")) == 415);
  CHECK(status(request(process, http::verb::post, place, headers, std::string(3000, 'x'))) == 413);
  widget.say(R"({"type":"message","id":"message-1","cseq":1,"attachment":{"upload":")" + upload +
             R"("}})");
  CHECK(text_of(widget.await("ack"), "id") == "message-1");
  widget.say(R"({"type":"message","id":"message-2","cseq":2,"attachment":{"upload":")" +
             std::string(32, '0') + R"("}})");
  CHECK(text_of(widget.await("error"), "code") == "unknown_upload");
}

TEST_CASE("the operator reads conversations and erases them") {
  Process process;
  process.start();
  std::string conversation;
  {
    Widget widget{process};
    widget.hello();
    conversation = text_of(widget.await("welcome"), "conversation");
    widget.message(1, "hello");
    widget.await("reply");
  }
  const Headers key = bearing(process.operator_key);
  const Response all = request(process, http::verb::get, "/v1/conversations", key);
  CHECK(all.body().find(conversation) != std::string::npos);
  const std::string one = "/v1/conversations/" + conversation;
  const json::value summary = json::parse(request(process, http::verb::get, one, key).body());
  CHECK(summary.at("bot").as_string() == "mini");
  const Response events = request(process, http::verb::get, one + "/events?limit=1000", key);
  CHECK(events.body().find("\"uttered\"") != std::string::npos);
  CHECK(json::parse(events.body()).at("events").as_array().size() > 3);
  const Response parsed =
      request(process, http::verb::post, "/v1/parse", key, R"({"text":"hello"})");
  CHECK(parsed.body().find("greet") != std::string::npos);
  CHECK(status(request(process, http::verb::delete_, one, key)) == 204);
  CHECK(status(request(process, http::verb::get, one, key)) == 404);
}

TEST_CASE("a person takes over, writes, and gives the conversation back") {
  Process process;
  process.start();
  const Headers key = bearing(process.operator_key);
  Widget widget{process};
  widget.hello();
  const std::string conversation = text_of(widget.await("welcome"), "conversation");
  widget.message(1, "a person please");
  CHECK(text_of(widget.await("handover"), "state") == "requested");
  const json::value waiting =
      json::parse(request(process, http::verb::get, "/v1/handovers", key).body());
  REQUIRE(waiting.at("handovers").as_array().size() == 1);
  const json::object& entry = waiting.at("handovers").as_array()[0].as_object();
  CHECK(text_of(entry, "conversation") == conversation);
  CHECK(text_of(entry, "queue") == "paints");
  CHECK(text_of(entry, "summary") == "wants a person");

  const auto act = [&](const std::string& body) {
    return status(request(process, http::verb::post,
                          "/v1/conversations/" + conversation + "/handover", key, body));
  };
  CHECK(act(R"({"action":"accept","by":"Mia"})") == 200);
  json::object accepted = widget.await("handover");
  CHECK(text_of(accepted, "state") == "accepted");
  CHECK(text_of(accepted, "by") == "Mia");
  CHECK(act(R"({"action":"accept","by":"Tom"})") == 409);
  widget.message(2, "hello");  // Kept and acknowledged; the bot is silent.
  CHECK(text_of(widget.await("ack"), "id") == "message-2");
  CHECK(act(R"({"action":"write","by":"Mia","text":"Mia here."})") == 200);
  const json::object written = widget.await("reply");
  CHECK(text_of(written, "text") == "Mia here.");
  CHECK(text_of(written.at("from").as_object(), "kind") == "person");
  CHECK(text_of(written.at("from").as_object(), "name") == "Mia");
  CHECK(act(R"({"action":"release","by":"Mia"})") == 200);
  CHECK(text_of(widget.await("handover"), "state") == "released");
  widget.message(3, "hello");
  widget.await_reply("Hello from the bot");
  const Response after = request(process, http::verb::get, "/v1/handovers", key);
  CHECK(json::parse(after.body()).at("handovers").as_array().empty());
}

TEST_CASE("SIGHUP loads a changed bot, and keeps the old one when the new is broken") {
  Process process;
  process.signals = true;
  process.start();
  const Headers key = bearing(process.operator_key);
  const auto version = [&] {
    const Response bots = request(process, http::verb::get, "/v1/bots", key);
    return text_of(json::parse(bots.body()).at("bots").as_array()[0].as_object(), "version");
  };
  const std::string before = version();
  Widget widget{process};
  widget.hello();
  widget.await("welcome");
  widget.message(1, "hello");
  CHECK(text_of(widget.await("reply"), "text") == "Hello from the bot");

  std::string changed = domain;
  changed.replace(changed.find("Hello from the bot"), 18, "Hello from a new one");
  process.write("bot/domain.yml", changed);
  std::raise(SIGHUP);
  REQUIRE(eventually([&] { return version() != before; }));
  const std::string after = version();
  widget.message(2, "hello");
  widget.await_reply("Hello from a new one");

  process.write("bot/domain.yml", "responses: [broken");
  std::raise(SIGHUP);
  CHECK(eventually([&] { return process.says("is not loaded anew"); }));
  CHECK(version() == after);
  widget.message(3, "hello");
  widget.await_reply("Hello from a new one");
}

TEST_CASE("an erased conversation's tabs begin anew") {
  Process process;
  process.start();
  Widget widget{process};
  widget.hello();
  const json::object welcome = widget.await("welcome");
  widget.message(1, "paint it");
  widget.await("reply");
  const std::string id = text_of(welcome, "conversation");
  const Headers key = bearing(process.operator_key);
  CHECK(status(request(process, http::verb::delete_, "/v1/conversations/" + id, key)) == 204);
  CHECK(widget.close_code() == 4401);
  const std::string named =
      R"(,"conversation":")" + id + R"(","token":")" + text_of(welcome, "token") + R"(")";
  Widget again{process};
  again.epoch(2);
  again.hello(named);
  CHECK(again.close_code() == 4401);
  Widget anew{process};
  anew.hello();
  CHECK(text_of(anew.await("welcome"), "conversation") != id);
}

TEST_CASE("a disk that hangs ends the process with 1, and the widgets are told") {
  Process process;
  process.config.runtime.store_timeout = std::chrono::milliseconds{200};
  process.wrap = [](dialog::StateStore& store) { return std::make_unique<HungStore>(store); };
  process.start();
  Widget widget{process};
  widget.hello();  // Its conversation cannot be kept.
  CHECK(text_of(widget.await("error"), "code") == "unavailable");
  CHECK(widget.close_code() == 1001);
  process.wait();
  CHECK(process.exit_code == 1);
}

TEST_CASE("what the state folder holds is its owner's alone") {
  Process process;
  process.start();
  using std::filesystem::perms;
  for (const char* folder : {"", "/store", "/keys", "/uploads"}) {
    INFO(folder);
    const auto status = std::filesystem::status(process.config.state_folder + folder);
    CHECK((status.permissions() & perms::mask) == perms::owner_all);
  }
}

TEST_CASE("the page's widget talks to the bot that the page was asked for") {
  Process process;
  process.start();
  const std::string tag = "<script src=\"/widget.js\" data-bot=\"mini\"";
  CHECK(request(process, http::verb::get, "/").body().find(tag) != std::string::npos);
  CHECK(request(process, http::verb::get, "/?bot=mini").body().find(tag) != std::string::npos);
  CHECK(status(request(process, http::verb::get, "/?bot=%22%3E%3Cscript%3E")) == 404);
}

TEST_CASE("a second server on the same port or state folder is refused with advice") {
  Process process;
  process.start();
  Process other;
  other.config.state_folder = process.config.state_folder;
  bot::Log log{"off"};
  const auto refused = bot::Server::open(
      other.config, {}, {}, [](const std::string&) {}, log);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == nlu::Errc::conflict);
  Process third;
  third.config.port = process.port;
  const auto taken = bot::Server::open(
      third.config, {}, {}, [](const std::string&) {}, log);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("choose another one with --port") != std::string::npos);
}

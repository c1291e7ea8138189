// New versions of a bot, beside the traffic and over restarts: who stays with which, trials, and
// back again. Real server, store and sockets.
#include <atomic>
#include <filesystem>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/version_store.h"
#include "nlu/base/json.h"
#include "nlu/interpreter.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/served_bot.h"

namespace {

namespace json = nlu::json;

// Understands the names of flows, and says by which version it did.
class Words final : public nlu::Interpreter {
 public:
  explicit Words(std::string version) : version_(std::move(version)) {}
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      for (const char* flow : {"order", "which"}) {
        if (utterance.text == flow) segment.intents.push_back({flow, 0.99});
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
  const std::string version_;
};

json::value body_of(const PlainResponse& answer) {
  const auto body = nlu::parse_json(answer.body);
  return body ? *body : json::value();
}

std::string text(const json::value& object, std::string_view key) {
  const json::object* found = object.if_object();
  return found ? std::string(nlu::get_string(*found, key).value_or("")) : "";
}

// A shop whose version says its name, and asks two things in `order`.
class Shop {
 public:
  Shop() : served("shop", std::make_shared<Words>("none")) {
    served.make_interpreter = [](const std::string&, const dialog::Bot& bot, const bot::Say&) {
      return nlu::Result<bot::InterpreterPtr>(std::make_shared<Words>(bot.version));
    };
    served.config.runtime.messages_per_s = 1e6;
    served.config.runtime.message_burst = 1e6;
    served.config.limits.connects_per_address_s = 1e6;
    write("one");
  }

  void write(const std::string& name, const std::string& migrations = "",
             const std::string& before = "") {
    served.scratch().write("shop/bot.yml", "name: shop\n");
    served.scratch().write("shop/migrations.yml", migrations);
    served.scratch().write("shop/flows/all.yml", fmt::format(R"(
slots:
  size: {{type: text, mappings: [{{type: from_text}}]}}
  color: {{type: text, mappings: [{{type: from_text}}]}}
responses:
  utter_ask_size: [{{text: "{0}: which size?"}}]
  utter_ask_color: [{{text: "{0}: which color?"}}]
  utter_ordered: [{{text: "{0}: ordered."}}]
  utter_which: [{{text: "{0} is here."}}]
  utter_completed: [{{text: "{0}: more?"}}]
flows:
  order:
    description: d
    nlu_trigger: [intent: order]
    steps:
{1}      - collect: size
      - collect: color
      - action: utter_ordered
  which:
    description: d
    nlu_trigger: [intent: which]
    steps:
      - action: utter_which
)",
                                                             name, before));
  }

  // The last thing that is answered.
  std::string say(const std::string& who, const std::string& what) {
    const PlainResponse answer =
        plain_request(served.port, "POST", "/webhooks/rest/webhook", served.rest_token,
                      json::serialize(json::object{{"sender", who}, {"message", what}}));
    const json::value replies = body_of(answer);
    if (answer.status != 200 || !replies.is_array() || replies.get_array().empty()) {
      return fmt::format("{}: {}", answer.status, answer.body);
    }
    return text(replies.get_array().front(), "text");
  }

  json::value operate(const std::string& method, const std::string& path,
                      const std::string& body = "", int status = 200) {
    const PlainResponse answer =
        plain_request(served.port, method, path, served.operator_key, body);
    INFO(answer.body);
    CHECK(answer.status == status);
    return body_of(answer);
  }
  // What became of the bot.
  std::string reload(int status = 200) {
    const json::value answer = operate("POST", "/v1/reload", "", status);
    return text(answer.at("bots").at(0), "outcome");
  }
  std::string current() { return text(operate("GET", "/v1/versions"), "current"); }

  ServedBot served;
};

}  // namespace

TEST_CASE("who is in a flow finishes with the version it began with, over a restart, too") {
  Shop shop;
  shop.served.start();
  CHECK(shop.say("ann", "order") == "one: which size?");
  const std::string first = shop.current();
  shop.write("two");
  CHECK(shop.reload() == "current");
  CHECK(shop.reload() == "unchanged");
  CHECK(shop.current() != first);
  CHECK(shop.say("ann", "M") == "one: which color?");
  CHECK(shop.say("ben", "order") == "two: which size?");
  shop.served.stop();
  shop.served.start();
  CHECK(shop.say("ann", "red") == "one: ordered.");
  CHECK(shop.say("ann", "which") == "two is here.");
  CHECK(shop.say("ben", "L") == "two: which color?");
}

TEST_CASE("a version with mistakes is refused with its findings, and the old one goes on") {
  Shop shop;
  shop.served.start();
  shop.served.scratch().write("shop/flows/more.yml", "flows:\n  more:\n    stepps: []\n");
  const json::value refused = shop.operate("POST", "/v1/reload", "", 422);
  CHECK(text(refused.at("bots").at(0), "outcome") == "refused");
  CHECK(text(refused.at("bots").at(0), "why").find("flows/more.yml:3:5: 'stepps'") !=
        std::string::npos);
  CHECK(shop.say("ann", "which") == "one is here.");
  std::filesystem::remove(shop.served.scratch().path("shop/flows/more.yml"));
  shop.served.scratch().write("shop/bot.yml", "name: other\n");
  CHECK(shop.reload(422) == "refused");
  CHECK(shop.say("ann", "which") == "one is here.");
}

TEST_CASE("with at_once a conversation moves in the middle of its flow") {
  Shop shop;
  shop.served.start();
  CHECK(shop.say("ann", "order") == "one: which size?");
  shop.write("two", "at_once: true\n", "      - action: utter_which\n");
  CHECK(shop.reload() == "current");
  CHECK(shop.say("ann", "M") == "two: which color?");
  CHECK(shop.say("ann", "red") == "two: ordered.");
}

TEST_CASE("the one before can be used again, and what was left is not taken up by itself") {
  Shop shop;
  shop.served.start();
  const std::string first = shop.current();
  shop.operate("POST", "/v1/versions", R"({"use": "previous"})", 404);
  shop.write("two");
  CHECK(shop.reload() == "current");
  const std::string second = shop.current();
  CHECK(shop.say("ann", "which") == "two is here.");
  const json::value used = shop.operate("POST", "/v1/versions", R"({"use": "previous"})");
  CHECK(text(used.at("bots").at(0), "outcome") == "used_again");
  CHECK(shop.current() == first);
  CHECK(shop.say("ann", "which") == "one is here.");
  CHECK(shop.reload() == "withdrawn");
  shop.served.stop();
  shop.served.start();
  CHECK(shop.served.says("was withdrawn"));
  CHECK(shop.say("ann", "which") == "one is here.");
  shop.operate("POST", "/v1/versions", fmt::format(R"({{"use": "{}"}})", second.substr(0, 8)));
  CHECK(shop.say("ann", "which") == "two is here.");
  shop.operate("POST", "/v1/versions", R"({"use": "12345"})", 404);
  shop.operate("POST", "/v1/versions", "{}", 400);
  shop.operate("GET", "/v1/reload", "", 405);
}

TEST_CASE("a new version on trial has its share, for each conversation the same one") {
  Shop shop;
  shop.served.config.rollout.share = 0.5;
  shop.served.start();
  shop.write("two");
  CHECK(shop.reload() == "trial");
  CHECK(shop.reload() == "unchanged");
  int with_new = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string who = fmt::format("c{}", i);
    const std::string first = shop.say(who, "which");
    CHECK(shop.say(who, "which") == first);
    with_new += first == "two is here." ? 1 : 0;
  }
  CHECK(with_new > 15);
  CHECK(with_new < 45);
  const json::value list = shop.operate("GET", "/v1/versions");
  CHECK(text(list.at("trial"), "version") != text(list, "current"));
  // The folder has the current version again: the trial is over.
  shop.write("one");
  CHECK(shop.reload() == "current");
  CHECK(shop.say("c0", "which") == "one is here.");
  // Its author has called it off, not we: it may come again.
  shop.write("two");
  CHECK(shop.reload() == "trial");
}

TEST_CASE("what is kept is what was loaded, though the files change meanwhile") {
  const Scratch scratch;
  Shop shop;
  const auto bot = bot::load_for_reading(shop.served.folder());
  REQUIRE(bot);
  shop.write("two");
  bot::VersionStore store(scratch.path("versions"), 5);
  const auto kept = store.keep("shop", (*bot)->version, shop.served.folder(), "");
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == nlu::Errc::conflict);
  CHECK_FALSE(std::filesystem::exists(store.folder_of("shop", (*bot)->version)));
  shop.write("one");
  CHECK(store.keep("shop", (*bot)->version, shop.served.folder(), ""));
  CHECK(store.keep("shop", (*bot)->version, shop.served.folder(), ""));
  CHECK(std::filesystem::exists(store.folder_of("shop", (*bot)->version)));
}

TEST_CASE("a trial that understands less than the current version is withdrawn by itself") {
  Shop shop;
  shop.served.config.rollout.share = 0.5;
  shop.served.config.rollout.turns = 10;
  shop.served.make_interpreter = [first = std::string()](const std::string&, const dialog::Bot& bot,
                                                         const bot::Say&) mutable {
    if (first.empty()) first = bot.version;
    class Deaf final : public nlu::Interpreter {
     public:
      std::vector<nlu::Interpretation> interpret(
          std::span<const nlu::Utterance> all) const override {
        std::vector<nlu::Interpretation> none(all.size());
        for (nlu::Interpretation& one : none) {
          one.segments.push_back({{0, 1}, {}, 0.99, 0});
          one.model_version = version_;
        }
        return none;
      }
      const std::string& version() const override { return version_; }

     private:
      const std::string version_ = "deaf";
    };
    if (bot.version == first) {
      return nlu::Result<bot::InterpreterPtr>(std::make_shared<Words>(first));
    }
    return nlu::Result<bot::InterpreterPtr>(std::make_shared<Deaf>());
  };
  shop.served.start();
  shop.write("two");
  CHECK(shop.reload() == "trial");
  std::atomic<bool> over = false;
  std::thread traffic([&] {
    for (int i = 0; !over; ++i) shop.say(fmt::format("c{}", i % 60), "which");
  });
  CHECK(eventually([&] { return shop.served.says("is withdrawn"); }));
  over = true;
  traffic.join();
  for (int i = 0; i < 60; ++i) CHECK(shop.say(fmt::format("c{}", i), "which") == "one is here.");
  CHECK(shop.reload() == "withdrawn");
}

TEST_CASE("a trial that goes well becomes the current version by itself") {
  Shop shop;
  shop.served.config.rollout.share = 0.5;
  shop.served.config.rollout.turns = 10;
  shop.served.config.rollout.until_current = std::chrono::milliseconds{1};
  shop.served.start();
  shop.write("two");
  CHECK(shop.reload() == "trial");
  std::atomic<bool> over = false;
  std::thread traffic([&] {
    for (int i = 0; !over; ++i) shop.say(fmt::format("c{}", i % 60), "which");
  });
  CHECK(eventually([&] {
    const json::value list = shop.operate("GET", "/v1/versions");
    return list.get_object().if_contains("trial") == nullptr;
  }));
  over = true;
  traffic.join();
  for (int i = 0; i < 20; ++i) CHECK(shop.say(fmt::format("c{}", i), "which") == "two is here.");
}

TEST_CASE("with watch, a bot is loaded anew when its files have changed") {
  Shop shop;
  shop.served.config.watch = true;
  shop.served.start();
  CHECK(shop.say("ann", "which") == "one is here.");
  std::this_thread::sleep_for(std::chrono::milliseconds{1200});  // It has looked once.
  shop.write("two");
  CHECK(eventually([&] { return shop.say("ann", "which") == "two is here."; }));
}

TEST_CASE("versions that learnt from an erased conversation go when it does") {
  Shop shop;
  shop.served.config.limits.versions_kept = 3;
  shop.served.start();
  CHECK(shop.say("ann", "which") == "one is here.");
  const json::value ids = shop.operate("GET", "/v1/conversations");
  const std::string id = text(ids.at("conversations").at(0), "id");
  shop.served.scratch().write(
      "shop/nlu/learnt.yml",
      fmt::format("nlu:\n  - intent: which\n    examples:\n      - text: which one is it\n        "
                  "metadata: {{subject: {}}}\n      - text: which\n  - intent: order\n    "
                  "examples: |\n      - order\n",
                  id));
  CHECK(shop.reload() == "current");
  const std::string learnt = shop.current();
  const std::string folder = shop.served.scratch().path("state/versions/shop/" + learnt);
  CHECK(std::filesystem::exists(folder));
  shop.operate("DELETE", "/v1/conversations/" + id);
  CHECK(std::filesystem::exists(folder));  // It is the current one, and said so.
  std::filesystem::remove(shop.served.scratch().path("shop/nlu/learnt.yml"));
  CHECK(shop.reload() == "current");
  CHECK(eventually([&] { return !std::filesystem::exists(folder); }));
  for (int i = 0; i < 5; ++i) {
    shop.write(fmt::format("v{}", i));
    CHECK(shop.reload() == "current");
  }
  CHECK(eventually(
      [&] { return shop.operate("GET", "/v1/versions").at("versions").as_array().size() == 3; }));
}

TEST_CASE("while versions change, no turn is lost and none answered by half a version") {
  constexpr int senders = 4, reloads = 30;
  Shop shop;
  shop.served.start();
  std::atomic<bool> over = false;
  std::atomic<int> turns = 0;
  std::vector<std::string> wrong(senders);
  std::vector<std::thread> traffic;
  for (int sender = 0; sender < senders; ++sender) {
    traffic.emplace_back([&, sender] {
      for (int round = 0; !over; ++round) {
        const std::string who = fmt::format("s{}-{}", sender, round % 7);
        // A flow is asked, answered and ended by one version, whatever changes meanwhile.
        const std::string asked = shop.say(who, "order");
        const std::string version = asked.substr(0, asked.find(':'));
        const std::string next = shop.say(who, "M");
        const std::string last = shop.say(who, "red");
        turns += 3;
        if (asked != version + ": which size?" || next != version + ": which color?" ||
            last != version + ": ordered.") {
          wrong[static_cast<std::size_t>(sender)] += asked + " | " + next + " | " + last + "\n";
        }
      }
    });
  }
  for (int i = 0; i < reloads; ++i) {
    shop.write(fmt::format("v{}", i));
    CHECK(shop.reload() == "current");
  }
  over = true;
  for (std::thread& one : traffic) one.join();
  for (const std::string& one : wrong) CHECK(one == "");
  CHECK(turns > reloads);
  // What understood a turn is what answered it.
  const json::value ids = shop.operate("GET", "/v1/conversations");
  for (const json::value& one : ids.at("conversations").as_array()) {
    const json::value page =
        shop.operate("GET", "/v1/conversations/" + text(one, "id") + "/events?limit=1000");
    std::string version;
    for (const json::value& event : page.at("events").as_array()) {
      const json::object& body = event.at("event").as_object();
      const std::string type(nlu::get_string(body, "type").value_or(""));
      const json::object* open = nlu::get_object(body, "public");
      if (type == "session_started") version = text(*open, "bot_version");
      if (type == "version_changed") version = text(*open, "to");
      if (type == "interpreted") CHECK(text(*open, "model_version") == version);
      CHECK(type != "failed");
    }
  }
}

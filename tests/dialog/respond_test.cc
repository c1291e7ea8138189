#include "dialog/respond.h"

#include <set>

#include <catch2/catch.hpp>

using namespace dialog;

namespace {

Variation saying(std::string text, std::string channel = "", std::string condition = "") {
  Variation variation;
  variation.text.text = std::move(text);
  variation.channel = std::move(channel);
  if (!condition.empty()) variation.condition = *Condition::parse(condition);
  return variation;
}

struct Said {
  Bot bot;
  Conversation conversation;

  explicit Said(std::vector<Variation> variations) {
    bot.responses["utter_x"] = {"utter_x", std::move(variations), {}};
    conversation.channel = "web";
  }
  std::string text() {
    const auto reply = respond(bot, conversation, nullptr, "utter_x");
    return reply ? reply->text : "nothing";
  }
};

}  // namespace

TEST_CASE("names in a text are filled and remembered") {
  Said said({saying("{name} paid {total} for {items}, {nobody}!{not a name}")});
  said.conversation.slots = {{"name", "Anna"}, {"total", 59.9}, {"items", json::array{"a", 2}}};
  CHECK(said.text() == "Anna paid 59.9 for a, 2, !{not a name}");
  const auto reply = respond(said.bot, said.conversation, nullptr, "utter_x");
  CHECK(json::serialize(reply->arguments) == R"({"name":"Anna","total":5.99E1,"items":["a",2]})");
}

TEST_CASE("a pattern's context and the known customer can be named") {
  Said said({saying("{context.flow.name}: {context.user.name}")});
  Frame frame;
  frame.context = {{"flow", {{"name", "Returns"}}}};
  said.conversation.user_name = "Ben";
  CHECK(respond(said.bot, said.conversation, &frame, "utter_x")->text == "Returns: Ben");
}

TEST_CASE("a value never becomes markup") {
  Said said({saying("Hello {name}")});
  said.conversation.slots["name"] = "[me](http://evil.example) *x* `y` <b>";
  CHECK(said.text() == R"(Hello \[me\](http://evil.example) \*x\* \`y\` \<b>)");
  said.conversation.slots["name"] = "anna_berg@example.org";
  CHECK(said.text() == "Hello anna_berg@example.org");
  said.conversation.slots["name"] = "https://example.org/a_b_?x=1";
  CHECK(said.text() == "Hello https://example.org/a_b_?x=1");
  said.conversation.slots["name"] = "a\n# b";
  CHECK(said.text() == "Hello a # b");
  said.conversation.slots["name"] = "_x_";
  said.conversation.channel = "rest";
  CHECK(said.text() == "Hello _x_");
}

TEST_CASE("a value at the beginning of a line begins no heading or list") {
  Said said({saying("{name} it is")});
  said.conversation.slots["name"] = "# 1";
  CHECK(said.text() == "\\# 1 it is");
  said.conversation.slots["name"] = -5;
  CHECK(said.text() == "-5 it is");
}

TEST_CASE("the variation that fits best is chosen") {
  Said said({saying("plain"), saying("condition", "", "slots.vip"), saying("channel", "web"),
             saying("both", "web", "slots.vip")});
  CHECK(said.text() == "channel");
  said.conversation.slots["vip"] = true;
  CHECK(said.text() == "both");
  said.conversation.channel = "rest";
  CHECK(said.text() == "condition");
  said.conversation.slots.clear();
  CHECK(said.text() == "plain");
}

TEST_CASE("a variation may be for customers who sound angry") {
  Said said({saying("plain"), saying("sorry", "", "context.sentiment < -0.5")});
  CHECK(said.text() == "plain");
  said.conversation.tone["sentiment"] = -0.4;
  CHECK(said.text() == "plain");
  said.conversation.tone["sentiment"] = -0.9;
  CHECK(said.text() == "sorry");
}

TEST_CASE("equally fitting variations vary, and the same place in a conversation repeats") {
  Said said({saying("a"), saying("b"), saying("c")});
  said.conversation.random_seed = 99;
  std::set<std::string> seen;
  for (Seq seq = 0; seq < 40; ++seq) {
    said.conversation.head_seq = seq;
    const std::string text = said.text();
    CHECK(text == said.text());
    seen.insert(text);
  }
  CHECK(seen.size() == 3);
}

TEST_CASE("the customer's language is spoken where there is a translation") {
  Variation variation = saying("Hello");
  variation.translations["de"].text = "Hallo";
  variation.translations["de-AT"].text = "Servus";
  Said said({variation});
  const std::pair<const char*, const char*> all[] = {
      {"en", "Hello"}, {"de", "Hallo"}, {"de-AT", "Servus"}, {"de-CH", "Hallo"}, {"", "Hello"}};
  for (const auto& [language, text] : all) {
    said.conversation.language = language;
    CHECK(said.text() == text);
  }
}

TEST_CASE("a response that does not exist, or does not fit, is none") {
  Said said({saying("x", "sms")});
  CHECK(said.text() == "nothing");
  CHECK_FALSE(respond(said.bot, said.conversation, nullptr, "utter_y"));
}

TEST_CASE("JSON is filled as a tree") {
  Conversation conversation;
  conversation.slots = {{"n", 5}, {"s", "a\"b"}};
  const Bot bot;
  const ConversationNames names(bot, conversation, nullptr);
  const auto filled =
      fill_json(*nlu::parse_json(R"({"a":"{n}","b":"n={n}","c":["{s}"],"d":"{no}"})"), names);
  CHECK(json::serialize(filled) == R"({"a":5,"b":"n=5","c":["a\"b"],"d":null})");
}

TEST_CASE("what goes into a URL is percent-encoded") {
  Conversation conversation;
  conversation.slots = {{"s", "a/b?c=1&d ü"}};
  const Bot bot;
  CHECK(fill("/x/{s}", ConversationNames(bot, conversation, nullptr), Escape::url) ==
        "/x/a%2Fb%3Fc%3D1%26d%20%C3%BC");
}

TEST_CASE("buttons have their titles in the customer's language") {
  Variation variation = saying("Sure?");
  variation.buttons = {{{"Yes"}, {{"zh", {"是"}}}, "/affirm", ""}};
  variation.quick_replies = {{{"No"}, {}, "/deny", ""}};
  Said said({variation});
  said.conversation.language = "zh-CN";
  const auto reply = respond(said.bot, said.conversation, nullptr, "utter_x");
  REQUIRE(reply);
  CHECK(reply->buttons.at(0).title == "是");
  CHECK(reply->quick_replies.at(0).title == "No");
}

#include "connectors/rest.h"

#include <catch2/catch.hpp>

using namespace connectors;

TEST_CASE("a REST message is read in Rasa's shape", "[rest]") {
  const auto message = rest::parse(
      R"({"sender":"a","message":"hi","input_channel":"x","metadata":{"message_id":"7"}})");
  REQUIRE(message.has_value());
  REQUIRE(message->sender == "a");
  REQUIRE(message->text == "hi");
  REQUIRE(message->message_id == "7");
  REQUIRE(rest::parse(R"({"sender":"a","message":"hi"})")->message_id.empty());
}

TEST_CASE("a REST message that is none names the field", "[rest]") {
  REQUIRE(rest::parse(R"({"message":"hi"})").error().message == "sender must be a text");
  REQUIRE(rest::parse(R"({"sender":"a"})").error().message == "message must be a text");
  REQUIRE(rest::parse(R"({"sender":"a","message":5})").error().message == "message must be a text");
  REQUIRE(
      rest::parse(R"({"sender":"a","message":"b","metadata":{"message_id":1}})").error().message ==
      "metadata.message_id must be a text");
  REQUIRE_FALSE(rest::parse("[1]").has_value());
  REQUIRE_FALSE(rest::parse("").has_value());
}

TEST_CASE("replies are one item each for text, image and the like", "[rest]") {
  dialog::Event event;
  event.seq = 1;
  dialog::event::Replied reply;
  reply.text = "Which?";
  reply.buttons = {{"One", "/one", ""}};
  reply.image_url = "https://a.test/i.png";
  event.body = reply;
  dialog::Event handover;
  handover.body = dialog::event::HandoverChanged{};
  REQUIRE(rest::render("a", {event, handover}) ==
          R"([{"recipient_id":"a","text":"Which?","buttons":[{"title":"One","payload":"/one"}]},)"
          R"({"recipient_id":"a","image":"https://a.test/i.png"}])");
  REQUIRE(rest::render("a", {}) == "[]");
}

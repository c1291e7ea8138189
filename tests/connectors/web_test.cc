#include "connectors/web.h"

#include <catch2/catch.hpp>

#include "nlu/base/json.h"

using namespace connectors::web;

namespace {

Refusal refused(std::string_view text) {
  const auto frame = parse(text);
  const auto* refusal = std::get_if<Refusal>(&frame);
  INFO(text);
  REQUIRE(refusal != nullptr);
  return *refusal;
}

template <class T>
T taken(std::string_view text) {
  const auto frame = parse(text);
  INFO(text);
  if (const auto* refusal = std::get_if<Refusal>(&frame)) FAIL(refusal->message);
  return std::get<T>(std::get<ClientFrame>(frame));
}

dialog::Event visible(dialog::EventBody body) {
  dialog::Event event;
  event.number = 9;
  event.seq = 4;
  event.ts = 1700;
  event.body = std::move(body);
  return event;
}

}  // namespace

TEST_CASE("a hello is read with its defaults", "[web]") {
  const auto hello = taken<Hello>(R"({"type":"hello","client":"tab_0001","epoch":3,"last_seq":7,
                                      "last_cseq":2,"locale":"zh-CN","later":[1]})");
  REQUIRE(hello.client == "tab_0001");
  REQUIRE(hello.epoch == 3);
  REQUIRE(hello.last_seq == 7);
  REQUIRE(hello.last_cseq == 2);
  REQUIRE(hello.locale == "zh-CN");
  REQUIRE(hello.conversation.empty());
}

TEST_CASE("a message carries exactly one of text, payload and attachment", "[web]") {
  REQUIRE(taken<Message>(R"({"type":"message","id":"m-000001","cseq":1,"text":"hi"})").text ==
          "hi");
  const auto button =
      taken<Message>(R"({"type":"message","id":"m-000001","cseq":1,"payload":"/a","text":"A"})");
  REQUIRE(button.payload == "/a");
  REQUIRE(button.text == "A");
  REQUIRE(taken<Message>(R"({"type":"message","id":"m-000001","cseq":1,
                             "attachment":{"upload":"u-000001"}})")
              .upload == "u-000001");
  REQUIRE(refused(R"({"type":"message","id":"m-000001","cseq":1})").code == "bad_field");
  REQUIRE(refused(R"({"type":"message","id":"m-000001","cseq":1,"text":""})").code == "bad_field");
  REQUIRE(refused(R"({"type":"message","id":"m-000001","cseq":1,"text":"a",
                      "attachment":{"upload":"u-000001"}})")
              .code == "bad_field");
}

TEST_CASE("what is no frame closes the socket", "[web]") {
  for (const char* text :
       {"", "{", "[]", "1", R"({"type":1})", R"({})", "\xff",
        R"({"type":"message","id":7,"cseq":1,"text":"a"})",
        R"({"type":"message","id":"m-000001","cseq":"1","text":"a"})",
        R"({"type":"message","id":"m-000001","cseq":1,"attachment":"u"})",
        R"({"type":"message","id":"m-000001","cseq":1,"attachment":{"upload":1}})"}) {
    INFO(text);
    REQUIRE(refused(text).closes);
  }
}

TEST_CASE("a wrong value is an error about the frame and the socket stays", "[web]") {
  const Refusal unknown = refused(R"({"type":"dance","id":"m-000001"})");
  REQUIRE(unknown.code == "unknown_type");
  REQUIRE(unknown.id == "m-000001");
  REQUIRE_FALSE(unknown.closes);
  for (const char* text : {R"({"type":"message","id":"short","cseq":1,"text":"a"})",
                           R"({"type":"message","id":"has space","cseq":1,"text":"a"})",
                           R"({"type":"message","id":"m-000001","cseq":0,"text":"a"})",
                           R"({"type":"message","id":"m-000001","cseq":-1,"text":"a"})",
                           R"({"type":"message","id":"m-000001","cseq":1.5,"text":"a"})",
                           R"({"type":"message","id":"m-000001","cseq":1e300,"text":"a"})",
                           R"({"type":"message","id":"m-000001","text":"a"})",
                           R"({"type":"feedback","id":"f-000001","seq":1,"rating":6})"}) {
    INFO(text);
    REQUIRE(refused(text).code == "bad_field");
    REQUIRE_FALSE(refused(text).closes);
  }
}

TEST_CASE("lengths count characters, not bytes", "[web]") {
  std::string fits, over;
  for (int i = 0; i < 4000; ++i) fits += "订";
  over = fits + "单";
  const auto frame = [](const std::string& text) {
    return R"({"type":"message","id":"m-000001","cseq":1,"text":")" + text + "\"}";
  };
  REQUIRE(taken<Message>(frame(fits)).text == fits);
  REQUIRE(refused(frame(over)).code == "too_long");
  REQUIRE(refused(frame(over)).id == "m-000001");
}

TEST_CASE("frames to the client read as the protocol says", "[web]") {
  REQUIRE(render(Ack{"m-000001", 4}) == R"({"type":"ack","id":"m-000001","seq":4})");
  REQUIRE(render(Nack{"m-000001", 2}) == R"({"type":"nack","id":"m-000001","expected":2})");
  REQUIRE(render(Pong{}) == R"({"type":"pong"})");
  REQUIRE(render(Pong{5}) == R"({"type":"pong","n":5})");
  REQUIRE(render(ShowTyping{true}) == R"({"type":"typing","on":true})");
  REQUIRE(render(Problem{"busy", "later", "", 700}) ==
          R"({"type":"error","code":"busy","message":"later","retry_after_ms":700})");
  REQUIRE(render(Welcome{"c", "", true, 4, 2, "en", "Ada"}) ==
          R"({"type":"welcome","conversation":"c","resumed":true,"head_seq":4,"last_cseq":2,)"
          R"("language":"en","user":{"name":"Ada"}})");
}

TEST_CASE("visible events become echo, reply and handover", "[web]") {
  dialog::event::Uttered said;
  said.message_id = "m-000001";
  said.payload = "/a";
  said.text = "A";
  REQUIRE(render(Visible{visible(said)}) ==
          R"({"type":"echo","seq":4,"id":"m-000001","ts":1700,"text":"A"})");
  dialog::event::Replied reply;
  reply.turn = 2;
  reply.id = "2-1";
  reply.text = "Which?";
  reply.buttons = {{"One", "/one", ""}, {"Site", "", "https://a.test"}};
  REQUIRE(render(Visible{visible(reply)}) ==
          R"({"type":"reply","seq":4,"id":"2-1","turn":2,"ts":1700,"from":{"kind":"bot"},)"
          R"("text":"Which?","format":"markdown","buttons":[{"title":"One","payload":"/one"},)"
          R"({"title":"Site","url":"https://a.test"}]})");
  REQUIRE(render(Visible{visible(dialog::event::PersonWrote{"p1", "Grace", "Hi"})}) ==
          R"({"type":"reply","seq":4,"id":"p1","ts":1700,"from":{"kind":"person","name":"Grace"},)"
          R"("text":"Hi","format":"plain"})");
  dialog::event::HandoverChanged change;
  change.state = dialog::event::HandoverChanged::State::accepted;
  change.by = "Grace";
  REQUIRE(render(Visible{visible(change)}) ==
          R"({"type":"handover","seq":4,"ts":1700,"state":"accepted","by":"Grace"})");
}

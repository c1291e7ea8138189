#include "dialog/event.h"

#include <catch2/catch.hpp>

using namespace dialog;
namespace json = nlu::json;

namespace {

Event sample(EventBody body) {
  Event event;
  event.number = 7;
  event.seq = 3;
  event.ts = 1'700'000'000'123;
  event.actor = Actor::bot;
  event.body = std::move(body);
  return event;
}

// One of each kind, with every field filled.
std::vector<EventBody> one_of_each() {
  nlu::Interpretation meaning;
  meaning.segments.push_back({{0, 5}, {{"greet", 0.9}, {"bye", 0.05}}, 0.1, 0.2});
  nlu::Entity number;
  number.type = "order_number";
  number.value = "10423";
  number.span = {0, 5};
  number.source = "regex";
  number.retracted = true;
  meaning.entities.push_back(number);
  meaning.language = "en";
  meaning.model_version = "m1";

  event::Uttered uttered{2, "msg-1", "tab-1", 4, "say \"hi\"\n\x01 ü", "/greet", Attachment{}};
  uttered.attachment = Attachment{"up1", "photo.jpg", 1234, "image/jpeg"};
  event::Replied replied;
  replied.turn = 2;
  replied.id = "2-1";
  replied.response = "utter_hi";
  replied.arguments = {{"name", "Anna"}};
  replied.text = "Hi Anna";
  replied.buttons = {{"Yes", "/affirm", ""}, {"Site", "", "https://example.org"}};
  replied.quick_replies = {{"No", "/deny", ""}};
  replied.image_url = "https://example.org/a.png";
  replied.image_alt = "a";
  replied.attachment_url = "https://example.org/a.pdf";
  replied.upload = FileRequest{{"image/*"}, 1000};
  replied.custom = {{"x", 1}};
  return {event::ConversationStarted{"shop", "web", "en", ~0ull, "abc", "s1"},
          event::UserIdentified{"u1", "Anna"},
          event::SessionStarted{1, "v1", "m1"},
          event::SessionEnded{"idle"},
          uttered,
          event::Interpreted{meaning},
          event::Commanded{command::SetSlot{"size", 42, "entity"}},
          event::Commanded{command::Clarify{{"a", "b"}}},
          event::Commanded{command::CannotHandle{"outside"}},
          event::LanguageChanged{"zh"},
          event::FlowStarted{3, "return_item", "customer", 1, {{"reason", "x"}}},
          event::FlowInterrupted{3},
          event::FlowResumed{3},
          event::FlowEnded{3, "return_item", event::FlowEnded::How::cancelled},
          event::StepEntered{3, "ask"},
          event::Asked{3, "size"},
          event::SlotSet{"size", json::array{1, "a", nullptr}, "flow", 3},
          event::ActionStarted{1, 3, "book", "POST", "/returns", true},
          event::ActionFinished{1, "answered", 201, "none", 40},
          replied,
          event::PersonWrote{"p-1", "Ben", "hello"},
          event::HandoverChanged{event::HandoverChanged::State::accepted, "Ben", "desk", "sum"},
          event::FeedbackGiven{"f1", 3, 5, "great"},
          event::TimerSet{1, "idle", -5},
          event::TimerEnded{1, true},
          event::Failed{"steps"},
          event::VersionChanged{"v1",
                                "v2",
                                {{"return_item", "send_back"}},
                                {{"size", "clothes_size"}},
                                {{"3", {{"ask", "ask_size"}}}}}};
}

std::string refusal(std::string_view bytes) {
  const auto event = decode_event(1, bytes);
  if (event) return "accepted";
  CHECK(event.error().code == nlu::Errc::corrupt);
  return event.error().message;
}

}  // namespace

TEST_CASE("every kind of event survives being written and read") {
  for (const EventBody& body : one_of_each()) {
    const std::string written = encode(sample(body));
    INFO(written);
    const auto read = decode_event(7, written);
    REQUIRE(read);
    CHECK(read->body.index() == body.index());
    CHECK(read->number == 7);
    CHECK(read->seq == 3);
    CHECK(read->ts == 1'700'000'000'123);
    CHECK(read->actor == Actor::bot);
    CHECK(encode(*read) == written);
    CHECK(read->unknown_open.empty());
  }
}

TEST_CASE("what is personal stands apart from what is not") {
  for (const EventBody& body : one_of_each()) {
    const auto json = nlu::parse_json(encode(sample(body)));
    REQUIRE(json);
    const std::string open = json::serialize(*nlu::get_object(json->as_object(), "public"));
    INFO(open);
    for (const char* secret :
         {"Anna", "10423", "hi\\\"", "photo.jpg", "great", "hello", "/returns"}) {
      CHECK(open.find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("an event's text is pinned to the letter") {
  CHECK(encode(sample(event::SlotSet{"size", "L", "text", 2})) ==
        R"({"schema":1,"type":"slot_set","ts":1700000000123,"actor":"bot","seq":3,)"
        R"("public":{"slot":"size","by":"text","frame":2},"personal":{"value":"L"}})");
}

TEST_CASE("fields of a later release are kept") {
  const std::string text =
      R"({"schema":1,"type":"asked","ts":1,"actor":"bot","public":{"frame":1,"slot":"a",)"
      R"("later":[1,{"x":null}]},"personal":{"mood":"good"}})";
  const auto event = decode_event(1, text);
  REQUIRE(event);
  CHECK(std::get<event::Asked>(event->body).slot == "a");
  CHECK(encode(*event) == text);
}

TEST_CASE("a kind of event that nobody knows is kept as it is") {
  const std::string text = R"({"schema":1,"type":"payment_taken","ts":1,"actor":"system","seq":9,)"
                           R"("public":{"by":"card"},"personal":{"iban":"DE"}})";
  const auto event = decode_event(1, text);
  REQUIRE(event);
  CHECK(type_name(event->body) == "payment_taken");
  CHECK(encode(*event) == text);
}

TEST_CASE("an event that cannot be read names the field") {
  CHECK(refusal(R"({"schema":2,"type":"asked"})") == "event: schema: 2");
  CHECK(refusal(R"({"type":"asked"})") == "event: schema: 0");
  CHECK(refusal(R"({"schema":1})") == "event: type");
  CHECK(refusal(R"({"schema":1,"type":"asked","ts":"now"})") == "event: ts");
  CHECK(refusal(R"({"schema":1,"type":"asked","actor":"ghost"})") == "event: actor");
  CHECK(refusal(R"({"schema":1,"type":"asked","public":[]})") == "event: public");
  CHECK(refusal(R"({"schema":1,"type":"asked","public":{"frame":-1}})") == "event: public.frame");
  CHECK(refusal(R"({"schema":1,"type":"replied","personal":{"buttons":[{"title":1}]}})") ==
        "event: personal.buttons.title");
  CHECK(refusal(R"({"schema":1,"type":"commanded","public":{"command":"fly"}})") ==
        "event: public.command");
  CHECK(refusal("[]") == "event: not an object");
  CHECK(refusal("") != "accepted");
  CHECK(refusal(std::string(1000, '[')) != "accepted");
}

TEST_CASE("bytes that are no UTF-8 are written as something that can be read") {
  const auto event = decode_event(1, encode(sample(event::Failed{"a\xff\xfe"})));
  REQUIRE(event);
}

TEST_CASE("commands survive JSON") {
  const char* all[] = {R"({"start_flow":"a"})",
                       R"({"set_slot":{"size":5}})",
                       R"({"correct_slot":{"a":null}})",
                       R"({"cancel_flow":null})",
                       R"({"clarify":["a","b"]})",
                       R"({"chitchat":null})",
                       R"({"knowledge_question":null})",
                       R"({"human_handover":null})",
                       R"({"skip_question":null})",
                       R"({"repeat":null})",
                       R"({"restart":null})",
                       R"({"cannot_handle":"unsure"})"};
  for (const char* text : all) {
    const auto command = command_from_json(*nlu::parse_json(text));
    INFO(text);
    REQUIRE(command);
    CHECK(json::serialize(to_json(*command)) == text);
  }
  for (const char* text : {R"({"fly":1})", R"({"start_flow":1})", R"({"set_slot":{}})", "[]", "1",
                           R"({"clarify":[]})", R"({"a":1,"b":2})"}) {
    CHECK_FALSE(command_from_json(*nlu::parse_json(text)));
  }
  CHECK(command_from_json("cancel_flow"));
}

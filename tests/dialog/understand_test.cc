#include "dialog/understand.h"

#include <tuple>

#include <catch2/catch.hpp>

#include "tests/dialog/talk.h"

using namespace dialog;

namespace {

constexpr const char* domain = R"yaml(
intents: [return_item, order_status, hours, affirm, deny, cancel, talk_to_person, repeat, gift, insist, guarded]
entities: [order_number, postcode]
slots:
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  postcode: {type: text, mappings: [{type: from_entity, entity: postcode}]}
  reason: {type: categorical, values: [wrong_size, broken]}
  sure: {type: bool}
  comment: {type: text}
  gift: {type: bool, mappings: [{type: from_intent, intent: gift, value: true}]}
  count: {type: float}
  tries: {type: float, initial_value: 0}
  verified: {type: bool, mappings: [{type: controlled}]}
responses:
  utter_ask_order_number: [{text: "Which order?"}]
  utter_ask_postcode: [{text: "Which postcode?"}]
  utter_ask_reason: [{text: "Why?"}]
  utter_ask_sure:
    - text: Sure?
      buttons:
        - {title: Send it back, payload: /affirm}
        - {title: Keep it, payload: /SetSlots(sure=false)}
  utter_ask_comment: [{text: "Why so?"}]
  utter_ask_gift: [{text: "A gift?"}]
  utter_ask_count: [{text: "How many?"}]
  utter_status: [{text: "On its way."}]
  utter_hours: [{text: "Nine to five."}]
)yaml";

constexpr const char* flows = R"yaml(
flows:
  return_item:
    description: Sends something back
    nlu_trigger: [intent: return_item]
    steps:
      - collect: order_number
        type: text
        matches: '\d{5}'
      - collect: postcode
      - collect: reason
        type: choice
      - collect: comment
      - collect: gift
      - collect: count
      - collect: sure
        type: confirmation
  order_status:
    description: Where an order is
    nlu_trigger: [{intent: order_status}]
    steps:
      - collect: order_number
      - say: utter_status
  insist:
    description: Asks for words
    nlu_trigger: [intent: insist]
    steps:
      - collect: comment
        force_slot_filling: true
  guarded:
    description: Only so often
    if: slots.tries < 3
    nlu_trigger: [intent: guarded]
    steps:
      - say: utter_hours
  hours:
    description: Opening hours
    nlu_trigger: [intent: hours]
    steps:
      - say: utter_hours
)yaml";

nlu::Interpretation meaning(std::vector<nlu::ScoredIntent> intents, double outside = 0.05) {
  nlu::Interpretation one;
  one.segments.push_back({{0, 0}, std::move(intents), outside, 0});
  return one;
}

nlu::Interpretation nothing() { return meaning({{"hours", 0.2}}, 0.9); }

// An utterance, and its entities by where they stand.
struct Asking {
  BotPtr bot = bot_of(domain, flows);
  Talk talk{bot};

  // Up to the question for `slot`.
  explicit Asking(const std::string& slot = "") {
    if (slot.empty()) return;
    talk.start("return_item");
    const std::pair<const char*, json::value> answers[] = {
        {"order_number", "10423"}, {"postcode", "10115"}, {"reason", "broken"},
        {"comment", "it broke"},   {"gift", true},        {"count", 2}};
    for (const auto& [name, value] : answers) {
      if (name == slot) return;
      talk.set(name, value);
    }
  }
  std::string hear(const std::string& text, nlu::Interpretation interpretation,
                   const std::string& payload = "") {
    std::string all;
    for (const Command& one : understand(*bot, talk.conversation, text, payload, std::nullopt,
                                         interpretation, "2026-11-23")) {
      all += (all.empty() ? "" : " ") + json::serialize(to_json(one));
    }
    return all;
  }
  static nlu::Interpretation with(nlu::Interpretation one, const std::string& text,
                                  const std::string& type, const std::string& value) {
    nlu::Entity entity;
    entity.type = type;
    entity.value = value;
    entity.span.begin = text.find(value);
    entity.span.end = entity.span.begin + value.size();
    entity.source = "regex";
    one.entities.push_back(entity);
    return one;
  }
};

}  // namespace

TEST_CASE("payloads are read as they are written") {
  Asking a;
  CHECK(a.hear("x", {}, "/return_item") == R"({"start_flow":"return_item"})");
  CHECK(a.hear("x", {}, R"(/order_status{"order_number":"10423"})") ==
        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}})");
  CHECK(a.hear("x", {}, R"(/flow{"name":"hours"})") == R"({"start_flow":"hours"})");
  CHECK(
      a.hear("x", {}, R"(/SetSlots(reason=broken, sure=true, comment="a, b", nobody=1))") ==
      R"({"set_slot":{"reason":"broken"}} {"set_slot":{"sure":true}} {"set_slot":{"comment":"a, b"}})");
  CHECK(a.hear("/cancel", {}) == R"({"cancel_flow":null})");
  CHECK(a.hear("x", {}, "/no_such_intent") == R"({"cannot_handle":"unsure"})");
  CHECK(a.hear("x", nothing(), "/{}[") != "");
}

TEST_CASE("a payload fills nothing that is the flows' own, unless it is asked for") {
  Asking a;
  const std::string forged = R"(/order_status{"order_number":"10423","verified":true})";
  CHECK(a.hear("x", {}, forged) ==
        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}})");
  CHECK(a.hear(forged, {}) == a.hear("x", {}, forged));
  CHECK(a.hear("x", {}, "/SetSlots(reason=broken, verified=true)") ==
        R"({"set_slot":{"reason":"broken"}})");
  CHECK(a.hear("x", {}, "/SetSlots(verified=true)") == R"({"cannot_handle":"unsure"})");
}

TEST_CASE("an intent starts its flow, with the entities it asks for") {
  Asking a;
  const std::string text = "where is 10423";
  CHECK(
      a.hear(text, Asking::with(meaning({{"order_status", 0.9}}), text, "order_number", "10423")) ==
      R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}})");
  CHECK(a.hear("hours?", meaning({{"hours", 0.9}})) == R"({"start_flow":"hours"})");
}

TEST_CASE(
    "a new question's entity replaces what an earlier flow left, not what another works with") {
  const std::string text = "where is 10555";
  const auto meant = Asking::with(meaning({{"order_status", 0.9}}), text, "order_number", "10555");
  Asking a;
  a.talk.set("order_number", "10423");
  CHECK(a.hear(text, meant) ==
        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10555"}})");
  Asking b("sure");
  CHECK(b.talk.slot("order_number") == R"("10423")");
  CHECK(b.hear(text, meant) == R"({"start_flow":"order_status"})");
}

TEST_CASE("one place in the text fills one slot") {
  Asking a;
  const std::string text = "return 10423";
  auto both = Asking::with(meaning({{"return_item", 0.9}}), text, "order_number", "10423");
  both = Asking::with(both, text, "postcode", "10423");
  CHECK(a.hear(text, both) ==
        R"({"start_flow":"return_item"} {"set_slot":{"order_number":"10423"}})");
}

TEST_CASE("what is outside or unsure is not handled") {
  Asking a;
  CHECK(a.hear("tell me a joke", nothing()) == R"({"cannot_handle":"outside"})");
  CHECK(a.hear("hm", meaning({{"hours", 0.3}, {"return_item", 0.05}})) ==
        R"({"cannot_handle":"unsure"})");
}

TEST_CASE("two flows that are about as likely are offered") {
  Asking a;
  CHECK(a.hear("my order", meaning({{"order_status", 0.52}, {"return_item", 0.45}})) ==
        R"({"clarify":["order_status","return_item"]})");
}

TEST_CASE("an answer beats a new flow") {
  Asking a("order_number");
  CHECK(a.hear("10423", meaning({{"order_status", 0.95}})) ==
        R"({"set_slot":{"order_number":"10423"}})");
  CHECK(a.hear("it is 10423 I think", nothing()) == R"({"set_slot":{"order_number":"10423"}})");
  CHECK(a.hear("when are you open", meaning({{"hours", 0.9}})) == R"({"start_flow":"hours"})");
  CHECK(a.hear("no idea", nothing()) == R"({"cannot_handle":"invalid_answer"})");
}

TEST_CASE("steering is heard at any question") {
  Asking a("order_number");
  CHECK(a.hear("stop", meaning({{"cancel", 0.9}})) == R"({"cancel_flow":null})");
  CHECK(a.hear("a human!", meaning({{"talk_to_person", 0.9}})) == R"({"human_handover":null})");
  CHECK(a.hear("again?", meaning({{"repeat", 0.9}})) == R"({"repeat":null})");
}

TEST_CASE("a choice is answered by its value, a part, a place or nearly") {
  Asking a("reason");
  const std::string broken = R"({"set_slot":{"reason":"broken"}})";
  CHECK(a.hear("broken", nothing()) == broken);
  CHECK(a.hear("It arrived broken!", nothing()) == broken);
  CHECK(a.hear("the second one", nothing()) == broken);
  CHECK(a.hear("2", nothing()) == broken);
  CHECK(a.hear("Wrong size", nothing()) == R"({"set_slot":{"reason":"wrong_size"}})");
  CHECK(a.hear("brokn", nothing()) == broken);
  CHECK(a.hear("wrong size or broken", nothing()) == R"({"cannot_handle":"invalid_answer"})");
}

TEST_CASE("a confirmation takes yes and no") {
  Asking a("sure");
  CHECK(a.hear("yes", nothing()) == R"({"set_slot":{"sure":true}})");
  CHECK(a.hear("sounds right", meaning({{"affirm", 0.8}})) == R"({"set_slot":{"sure":true}})");
  CHECK(a.hear("rather not", meaning({{"deny", 0.8}})) == R"({"set_slot":{"sure":false}})");
  CHECK(a.hear("x", {}, "/deny") == R"({"set_slot":{"sure":false}})");
  CHECK(a.hear("send it back", nothing()) == R"({"set_slot":{"sure":true}})");
  CHECK(a.hear("Keep it", nothing()) == R"({"set_slot":{"sure":false}})");
}

TEST_CASE("places are known in Chinese, too") {
  Asking a("reason");
  CHECK(a.hear("第二个", nothing()) == R"({"set_slot":{"reason":"broken"}})");
  CHECK(a.hear("最后一个", nothing()) == R"({"set_slot":{"reason":"broken"}})");
  CHECK(a.hear("第四个", nothing()) == R"({"cannot_handle":"invalid_answer"})");
}

TEST_CASE("a bare value that does not fit the question corrects nothing") {
  Asking a("reason");
  CHECK(a.hear("10999", Asking::with(nothing(), "10999", "order_number", "10999")) ==
        R"({"cannot_handle":"invalid_answer"})");
  const std::string said = "for order 10999";
  CHECK(a.hear(said, Asking::with(nothing(), said, "order_number", "10999")) ==
        R"({"correct_slot":{"order_number":"10999"}})");
}

TEST_CASE("words that are insisted on are an answer, whatever flow they sound like") {
  Asking a;
  a.talk.start("insist");
  CHECK(a.hear("when are you open?", meaning({{"hours", 0.95}})) ==
        R"({"set_slot":{"comment":"when are you open?"}})");
}

TEST_CASE("where it was asked which flow goes on, yes means the last and no means none") {
  Asking a;
  a.talk.start("return_item");
  a.talk.start("insist");
  a.talk.say({command::StartFlow{"insist"}});
  a.talk.say({command::SetSlot{"comment", "x", "text"}});
  a.talk.start("order_status");
  CHECK(a.talk.stack() == "return_item order_status");
  a.talk.start("hours");
  REQUIRE(a.talk.last.response == "utter_ask_resume");
  CHECK(a.hear("yes", meaning({{"affirm", 0.9}})) == R"({"start_flow":"order_status"})");
  CHECK(a.hear("no", meaning({{"deny", 0.9}})) == R"({"cancel_flow":null})");
  CHECK(a.hear("10423", nothing()) == R"({"cannot_handle":"outside"})");
  CHECK(a.talk.say({command::SetSlot{"order_number", "99", "text"}}) ==
        Talk::Replies{"utter_ask_resume"});
}

TEST_CASE("a guard holds for the session that begins with what is said") {
  Asking a;
  CHECK(a.hear("again", meaning({{"guarded", 0.9}})) == R"({"start_flow":"guarded"})");
  a.talk.wait(2 * 3'600'000);
  REQUIRE_FALSE(a.talk.conversation.session_open);
  CHECK(a.hear("again", meaning({{"guarded", 0.9}})) == R"({"start_flow":"guarded"})");
}

TEST_CASE("free text is its question's value unless a flow is meant for certain") {
  Asking a("comment");
  CHECK(a.hear("it fell off the table", meaning({{"hours", 0.6}})) ==
        R"({"set_slot":{"comment":"it fell off the table"}})");
  CHECK(a.hear("when are you open?", meaning({{"hours", 0.95}})) == R"({"start_flow":"hours"})");
  CHECK(a.hear("stop it", meaning({{"cancel", 0.95}})) == R"({"cancel_flow":null})");
}

TEST_CASE("a customer may correct what was asked before") {
  Asking a("reason");
  const std::string text = "no, I meant 10432";
  CHECK(a.hear(text, Asking::with(nothing(), text, "order_number", "10432")) ==
        R"({"correct_slot":{"order_number":"10432"}})");
}

TEST_CASE("a correction beats the flow it sounds like, and a question does not") {
  Asking a("sure");
  const std::string text = "sorry, I meant order 10555";
  const auto status = meaning({{"order_status", 0.9}});
  CHECK(a.hear(text, Asking::with(status, text, "order_number", "10555")) ==
        R"({"correct_slot":{"order_number":"10555"}})");
  const std::string asks = "sorry, where is order 10555?";
  CHECK(a.hear(asks, Asking::with(status, asks, "order_number", "10555"))
            .find(R"({"start_flow":"order_status"})") == 0);
}

TEST_CASE("an answer that looks like another slot's value corrects nothing") {
  Asking a("postcode");
  auto both = Asking::with(nothing(), "10999", "postcode", "10999");
  both = Asking::with(both, "10999", "order_number", "10999");
  CHECK(a.hear("10999", both) == R"({"set_slot":{"postcode":"10999"}})");
}

TEST_CASE("a correction that would fit the open question is none of its answers") {
  Asking a("order_number");
  a.talk.set("order_number", "10423");
  const std::string text = "sorry, I meant order number 10432";
  CHECK(a.hear(text, Asking::with(nothing(), text, "order_number", "10432")) ==
        R"({"correct_slot":{"order_number":"10432"}})");
}

TEST_CASE("in free text an entity corrects only with a word that says so") {
  Asking a("comment");
  const std::string plain = "10432 screws were missing";
  CHECK(a.hear(plain, Asking::with(nothing(), plain, "order_number", "10432")) ==
        R"({"set_slot":{"comment":"10432 screws were missing"}})");
  const std::string cue = "sorry, the order number is 10432";
  CHECK(a.hear(cue, Asking::with(nothing(), cue, "order_number", "10432")) ==
        R"({"correct_slot":{"order_number":"10432"}})");
}

TEST_CASE("what was taken back is not heard") {
  Asking a("order_number");
  const std::string text = "10423, no wait, 10432";
  auto both = Asking::with(nothing(), text, "order_number", "10423");
  both.entities.back().retracted = true;
  both = Asking::with(both, text, "order_number", "10432");
  CHECK(a.hear(text, both) == R"({"set_slot":{"order_number":"10432"}})");
}

TEST_CASE("several answers in one sentence") {
  Asking a("order_number");
  const std::string text = "10423 and the postcode is EC1A";
  auto both = Asking::with(nothing(), text, "order_number", "10423");
  both = Asking::with(both, text, "postcode", "EC1A");
  CHECK(a.hear(text, both) ==
        R"({"set_slot":{"order_number":"10423"}} {"set_slot":{"postcode":"EC1A"}})");
}

TEST_CASE("an intent fills the slot that is mapped from it") {
  Asking a("gift");
  CHECK(a.hear("for my mother", meaning({{"gift", 0.9}})) == R"({"set_slot":{"gift":true}})");
}

TEST_CASE("after the offer of a person yes and no answer it") {
  Asking a("order_number");
  a.talk.say({command::CannotHandle{"outside"}});
  a.talk.say({command::CannotHandle{"outside"}});
  CHECK(a.hear("x", {}, "/deny").empty());
  CHECK(a.hear("yes please", meaning({{"affirm", 0.9}})) == R"({"human_handover":null})");
  CHECK(a.talk.say({}) == Talk::Replies{"utter_ask_order_number"});
}

TEST_CASE("entities do not leak into flows that did not ask") {
  Asking a;
  const std::string text = "10423";
  CHECK(a.hear(text, Asking::with(nothing(), text, "order_number", "10423")) ==
        R"({"cannot_handle":"outside"})");
}

TEST_CASE("an entity's role or group decides which slot it fills") {
  const BotPtr bot = bot_of(R"yaml(
intents: [book]
entities: [{city: {roles: [from, to]}}, {topping: {groups: ["1", "2"]}}]
slots:
  start: {type: text, mappings: [{type: from_entity, entity: city, role: from}]}
  goal: {type: text, mappings: [{type: from_entity, entity: city, role: to}]}
  second: {type: text, mappings: [{type: from_entity, entity: topping, group: "2"}]}
responses:
  utter_ask_start: [{text: "From where?"}]
  utter_ask_goal: [{text: "Where to?"}]
  utter_ask_second: [{text: "With what?"}]
)yaml",
                            R"yaml(
flows:
  book:
    description: Books
    nlu_trigger: [intent: book]
    steps:
      - collect: start
      - collect: goal
      - collect: second
)yaml");
  const Talk talk(bot);
  const std::string text = "to Rome from Oslo with ham and tuna";
  nlu::Interpretation said = meaning({{"book", 0.9}});
  for (const auto& [type, role, group, value] :
       {std::tuple{"city", "to", "", "Rome"}, std::tuple{"city", "from", "", "Oslo"},
        std::tuple{"topping", "", "1", "ham"}, std::tuple{"topping", "", "2", "tuna"}}) {
    said = Asking::with(said, text, type, value);
    said.entities.back().role = role;
    said.entities.back().group = group;
  }
  std::string all;
  for (const Command& one : understand(*bot, talk.conversation, text, "", std::nullopt, said, ""))
    all += json::serialize(to_json(one));
  CHECK(all == R"({"start_flow":"book"}{"set_slot":{"start":"Oslo"}}{"set_slot":{"goal":"Rome"}})"
               R"({"set_slot":{"second":"tuna"}})");
}

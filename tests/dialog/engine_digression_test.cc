// What a flow makes of slots that changed while another ran.
#include <algorithm>

#include <catch2/catch.hpp>

#include "dialog/engine.h"
#include "tests/dialog/talk.h"

using namespace dialog;
using Replies = Talk::Replies;

namespace {

constexpr const char* domain = R"yaml(
slots:
  order_number: {type: text}
  postcode: {type: text}
  reason: {type: text}
  sure: {type: bool}
  city: {type: text}
  state: {type: text}
responses:
  utter_ask_order_number: [{text: "Which order?"}]
  utter_ask_postcode: [{text: "Which postcode?"}]
  utter_ask_reason: [{text: "Why?"}]
  utter_ask_sure: [{text: "Return {order_number}?"}]
  utter_ask_city: [{text: "Where?"}]
  utter_no_such_order: [{text: "There is no order {order_number}."}]
  utter_done: [{text: "Done: {order_number} {reason}"}]
  utter_told: [{text: "Told."}]
)yaml";

constexpr const char* flows = R"yaml(
flows:
  verify:
    description: Asks who it is
    if: false
    steps:
      - collect: postcode
  return_item:
    description: Sends something back
    nlu_trigger: [intent: return_item]
    steps:
      - collect: order_number
        rejections:
          - if: not (slots.order_number matches "^1")
            utter: utter_no_such_order
      - call: verify
      - http:
          post: /checks/{order_number}
          result: {state: $.state}
      - collect: sure
        type: confirmation
      - collect: reason
      - say: utter_done
  kept:
    description: Asks and keeps
    nlu_trigger: [intent: kept]
    persisted_slots: [order_number]
    steps:
      - collect: order_number
      - http: {post: "/kept/{order_number}"}
      - collect: reason
      - say: utter_done
  branches:
    description: Asks for an order or for a town
    nlu_trigger: [intent: branches]
    steps:
      - noop: true
        next:
          - if: slots.city is "Bonn"
            then: in_town
          - else: by_order
      - id: in_town
        collect: order_number
        next: last
      - id: by_order
        collect: city
      - id: last
        collect: reason
      - say: utter_done
  ask_order:
    description: Asks for an order of its own
    nlu_trigger: [intent: ask_order]
    run_pattern_completed: false
    steps:
      - set_slots: [order_number: null]
      - collect: order_number
      - say: utter_told
  other_order:
    description: Is about another order
    nlu_trigger: [intent: other_order]
    run_pattern_completed: false
    steps:
      - set_slots: [order_number: "10500"]
      - say: utter_told
  wrong_order:
    description: Is about an order that there is not
    nlu_trigger: [intent: wrong_order]
    run_pattern_completed: false
    steps:
      - set_slots: [order_number: "20000"]
      - say: utter_told
  found_order:
    description: Finds out the order
    nlu_trigger: [intent: found_order]
    run_pattern_completed: false
    steps:
      - http: {get: /orders/last, result: {order_number: $.number}}
      - say: utter_told
  forget:
    description: Forgets the order
    nlu_trigger: [intent: forget]
    run_pattern_completed: false
    steps:
      - set_slots: [order_number: null]
      - say: utter_told
  there_and_back:
    description: Changes the order and changes it back
    nlu_trigger: [intent: there_and_back]
    run_pattern_completed: false
    steps:
      - set_slots: [order_number: "10500"]
      - set_slots: [order_number: "10423", state: other]
      - say: utter_told
)yaml";

BotPtr bot() {
  static const BotPtr loaded = bot_of(domain, flows);
  return loaded;
}

// All is asked, checked and confirmed but for the reason.
void up_to_reason(Talk& talk) {
  CHECK(talk.start("return_item") == Replies{"utter_ask_order_number"});
  CHECK(talk.set("order_number", "10423") == Replies{"utter_ask_postcode"});
  CHECK(talk.set("postcode", "10115").empty());
  REQUIRE(talk.calls.size() == 1);
  CHECK(talk.calls[0].request.path == "/checks/10423");
  CHECK(talk.returns(200, R"({"state":"sent"})") == Replies{"utter_ask_sure"});
  CHECK(talk.set("sure", true) == Replies{"utter_ask_reason"});
}

}  // namespace

TEST_CASE("an answer that changed in a digression is checked and confirmed again") {
  Talk talk(bot());
  up_to_reason(talk);
  CHECK(talk.start("other_order") == Replies{"utter_told", "utter_continue_interrupted"});
  REQUIRE(talk.calls.size() == 1);
  CHECK(talk.calls[0].request.path == "/checks/10500");
  CHECK(talk.returns(200, R"({"state":"sent"})") == Replies{"utter_ask_sure"});
  CHECK(talk.last.text == "Return 10500?");
  CHECK(talk.set("sure", true) == Replies{"utter_ask_reason"});
  CHECK(talk.set("reason", "broken") == Replies{"utter_done", "utter_completed"});
}

TEST_CASE("it goes back whatever changed the answer") {
  Talk talk(bot());
  up_to_reason(talk);
  SECTION("another flow's value that this one rejects") {
    CHECK(talk.start("wrong_order") == Replies{"utter_told", "utter_continue_interrupted",
                                               "utter_no_such_order", "utter_ask_order_number"});
  }
  SECTION("another flow's question") {
    CHECK(talk.start("ask_order") == Replies{"utter_ask_order_number"});
    CHECK(talk.set("order_number", "20000") == Replies{"utter_told", "utter_continue_interrupted",
                                                       "utter_no_such_order",
                                                       "utter_ask_order_number"});
  }
  SECTION("the answer to another flow's action") {
    CHECK(talk.start("found_order").empty());
    CHECK(talk.returns(200, R"({"number":"20000"})") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_no_such_order",
                  "utter_ask_order_number"});
  }
  SECTION("another flow that was stopped half-way") {
    talk.start("ask_order");
    CHECK(talk.say({command::CancelFlow{}}) ==
          Replies{"utter_flow_cancelled", "utter_continue_interrupted", "utter_ask_order_number"});
  }
}

TEST_CASE("an answer that a digression emptied is asked again") {
  Talk talk(bot());
  up_to_reason(talk);
  CHECK(talk.start("forget") ==
        Replies{"utter_told", "utter_continue_interrupted", "utter_ask_order_number"});
  CHECK(talk.set("order_number", "10423").empty());
  CHECK(talk.calls.size() == 1);
}

TEST_CASE("a flow that the customer takes up again goes back too") {
  Talk talk(bot());
  up_to_reason(talk);
  talk.start("ask_order");
  CHECK(talk.start("return_item") == Replies{"utter_ask_order_number"});
  CHECK(talk.stack() == "ask_order return_item");
}

TEST_CASE("a called flow that sleeps ends when its caller goes back") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.stack() == "return_item verify");
  CHECK(talk.start("wrong_order") == Replies{"utter_told", "utter_continue_interrupted",
                                             "utter_no_such_order", "utter_ask_order_number"});
  CHECK(talk.stack() == "return_item");
}

TEST_CASE("what a called flow asked, and the customer changed with another wish, counts too") {
  Talk talk(bot());
  up_to_reason(talk);
  CHECK(talk.say({command::StartFlow{"there_and_back"},
                  command::SetSlot{"postcode", "99999", "entity"}}) ==
        Replies{"utter_told", "utter_continue_interrupted"});
  CHECK(talk.calls.size() == 1);
}

// It is not this flow's to hold, so it may end with the other.
TEST_CASE("an answer that was known already and never asked counts too") {
  Talk talk(bot());
  talk.set("order_number", "10423");
  talk.set("postcode", "10115");
  CHECK(talk.start("return_item").empty());
  CHECK(talk.returns(200, "{}") == Replies{"utter_ask_sure"});
  CHECK(talk.start("wrong_order") ==
        Replies{"utter_told", "utter_continue_interrupted", "utter_ask_order_number"});
}

TEST_CASE("every flow that slept goes back, one under another") {
  Talk talk(bot());
  up_to_reason(talk);
  talk.start("branches");
  CHECK(talk.set("city", "Ulm") == Replies{"utter_ask_reason"});
  CHECK(talk.say({command::StartFlow{"wrong_order"}, command::SetSlot{"reason", "late", "text"}}) ==
        Replies{"utter_told", "utter_ask_resume"});
  CHECK(talk.start("branches") == Replies{"utter_done", "utter_continue_interrupted",
                                          "utter_no_such_order", "utter_ask_order_number"});
}

TEST_CASE("a flow goes on where it was") {
  Talk talk(bot());
  SECTION("when its answers are the same again") {
    up_to_reason(talk);
    CHECK(talk.start("there_and_back") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_ask_reason"});
  }
  SECTION("when what changed is a slot that it persists") {
    talk.start("kept");
    talk.set("order_number", "10423");
    CHECK(talk.returns(200) == Replies{"utter_ask_reason"});
    CHECK(talk.start("other_order") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_ask_reason"});
    CHECK(talk.calls.empty());
  }
  SECTION("when it took another branch than the one that asks for what changed") {
    talk.start("branches");
    CHECK(talk.set("city", "Ulm") == Replies{"utter_ask_reason"});
    CHECK(talk.start("forget") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_ask_reason"});
  }
  SECTION("when it had not come to what changed") {
    CHECK(talk.start("return_item") == Replies{"utter_ask_order_number"});
    CHECK(talk.start("other_order") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_ask_postcode"});
  }
  SECTION("once it went back") {
    up_to_reason(talk);
    talk.start("other_order");
    CHECK(talk.returns(200, "{}") == Replies{"utter_ask_sure"});
    talk.set("sure", true);
    CHECK(talk.start("other_order") ==
          Replies{"utter_told", "utter_continue_interrupted", "utter_ask_reason"});
  }
}

TEST_CASE("an action's answer that comes when its flow has gone back is to old data") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.set("postcode", "10115").empty());
  talk.say({command::StartFlow{"ask_order"}, command::HumanHandover{}});
  talk.say({command::CancelFlow{}, command::SetSlot{"order_number", "10500", "text"}});
  CHECK(talk.stack() == "return_item");
  REQUIRE(talk.calls.size() == 1);
  CHECK(talk.returns(200, R"({"state":"sent"})").empty());
  CHECK(talk.slot("state") == "-");
  REQUIRE(talk.calls.size() == 1);
  CHECK(talk.returns(200, R"({"state":"lost"})") == Replies{"utter_ask_sure"});
  CHECK(talk.slot("state") == R"("lost")");
  CHECK(talk.count("failed") == 0);
}

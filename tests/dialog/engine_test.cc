#include "dialog/engine.h"

#include <catch2/catch.hpp>

#include "tests/dialog/talk.h"

using namespace dialog;
using Replies = Talk::Replies;

namespace {

constexpr const char* domain = R"yaml(
slots:
  order_number: {type: text}
  postcode: {type: text}
  verified: {type: bool}
  status: {type: text}
  reason: {type: categorical, values: [wrong_size, broken]}
  sure: {type: bool}
  amount: {type: float}
  city: {type: text}
  nickname: {type: text}
  photo: {type: any}
  checked: {type: text, mappings: [{type: controlled}]}
responses:
  utter_ask_order_number: [{text: "Which order?"}]
  utter_ask_postcode: [{text: "Which postcode?"}]
  utter_ask_reason: [{text: "Why?"}]
  utter_ask_sure: [{text: "Return {order_number}?"}]
  utter_ask_amount: [{text: "How much?"}]
  utter_ask_city: [{text: "Where?"}]
  utter_ask_nickname: [{text: "Who?"}]
  utter_ask_photo: [{text: "Show me."}]
  utter_no_such_order: [{text: "There is no order {order_number}."}]
  utter_done: [{text: "Done: {order_number} {reason}"}]
  utter_hours: [{text: "Nine to five."}]
  utter_weather: [{text: "Sunny in {city}."}]
  utter_down: [{text: "The shop's system is down."}]
  utter_status: [{text: "It is {status}."}]
  utter_thanks: [{text: "Thanks."}]
)yaml";

constexpr const char* flows = R"yaml(
flows:
  verify:
    description: Asks who it is
    if: false
    steps:
      - collect: postcode
      - set_slots: [verified: true]
  return_item:
    description: Sends something back
    nlu_trigger: [intent: return_item]
    steps:
      - collect: order_number
        type: text
        matches: '\d{5}'
        rejections:
          - if: not (slots.order_number matches "^1")
            utter: utter_no_such_order
      - call: verify
      - collect: reason
        type: choice
      - collect: sure
        type: confirmation
        next:
          - if: not slots.sure
            then: END
          - else: book
      - id: book
        http:
          post: /returns
          json: {order: "{order_number}", reason: "{reason}"}
          result: {status: $.status}
          on_error:
            404: END
            else: down
      - say: utter_done
        next: END
      - id: down
        say: utter_down
  weather:
    description: Tells the weather
    nlu_trigger: [intent: weather]
    steps:
      - collect: city
      - say: utter_weather
  hours:
    description: Opening hours
    nlu_trigger: [intent: hours]
    run_pattern_completed: false
    steps:
      - say: utter_hours
  order_status:
    description: Where an order is
    nlu_trigger: [intent: order_status]
    persisted_slots: [order_number]
    steps:
      - collect: order_number
      - http:
          get: /orders/{order_number}?full=1
          result: {status: $.order.status}
      - say: utter_status
  pay:
    description: Pays
    nlu_trigger: [intent: pay]
    steps:
      - collect: amount
        type: number
        min: 1
        max: 100
      - collect: nickname
        ask_before_filling: true
      - say: utter_thanks
  person:
    description: Complains
    nlu_trigger: [intent: person]
    steps:
      - collect: order_number
      - handover: {queue: complaints}
  picture:
    description: Sends a picture
    nlu_trigger: [intent: picture]
    steps:
      - collect: photo
        type: file
        accept: [image/*]
        max_bytes: 1000
      - say: utter_thanks
  hop:
    description: Goes elsewhere
    nlu_trigger: [intent: hop]
    steps:
      - collect: nickname
      - link: hours
)yaml";

BotPtr bot() {
  static const BotPtr loaded = bot_of(domain, flows);
  return loaded;
}

void up_to_confirmation(Talk& talk) {
  CHECK(talk.start("return_item") == Replies{"utter_ask_order_number"});
  CHECK(talk.set("order_number", "10423") == Replies{"utter_ask_postcode"});
  CHECK(talk.set("postcode", "10115") == Replies{"utter_ask_reason"});
  CHECK(talk.set("reason", "broken") == Replies{"utter_ask_sure"});
  CHECK(talk.last.text == "Return 10423?");
}

}  // namespace

TEST_CASE("a flow asks what it needs, calls the business and ends") {
  Talk talk(bot());
  up_to_confirmation(talk);
  CHECK(talk.set("sure", true).empty());
  CHECK(talk.conversation.is_waiting_for_effect());
  REQUIRE(talk.calls.size() == 1);
  CHECK(talk.calls[0].request.method == "POST");
  CHECK(talk.calls[0].request.path == "/returns");
  CHECK(talk.calls[0].request.body == R"({"order":"10423","reason":"broken"})");
  CHECK(talk.calls[0].request.idempotency_key == "1-1");
  CHECK_FALSE(talk.calls[0].request.idempotent);
  CHECK(talk.returns(201, R"({"status":"booked"})") == Replies{"utter_done", "utter_completed"});
  CHECK(talk.stack().empty());
  CHECK(talk.slot("order_number") == "-");
  CHECK(talk.slot("status") == "-");
  CHECK(talk.slot("postcode") == "-");
}

TEST_CASE("a choice is shown as quick replies") {
  Talk talk(bot());
  talk.say(
      {command::StartFlow{"return_item"}, command::SetSlot{"order_number", "10423", "entity"}});
  CHECK(talk.set("postcode", "1") == Replies{"utter_ask_reason"});
  REQUIRE(talk.last.quick_replies.size() == 2);
  CHECK(talk.last.quick_replies[0].title == "wrong size");
  CHECK(talk.last.quick_replies[0].payload == "/SetSlots(reason=wrong_size)");
}

TEST_CASE("what is known already is not asked") {
  Talk talk(bot());
  CHECK(talk.say({command::StartFlow{"return_item"},
                  command::SetSlot{"order_number", "10423", "entity"}}) ==
        Replies{"utter_ask_postcode"});
}

TEST_CASE("a rejected answer is told so and asked again") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.set("order_number", "20000") ==
        Replies{"utter_no_such_order", "utter_ask_order_number"});
  CHECK(talk.slot("order_number") == "-");
}

TEST_CASE("a rejected prefilled value is told so and asked") {
  Talk talk(bot());
  CHECK(talk.say({command::StartFlow{"return_item"},
                  command::SetSlot{"order_number", "20000", "entity"}}) ==
        Replies{"utter_no_such_order", "utter_ask_order_number"});
}

TEST_CASE("a value of the wrong kind is no answer") {
  Talk talk(bot());
  talk.start("pay");
  CHECK(talk.set("amount", 1000) == Replies{"utter_invalid_number", "utter_ask_amount"});
  CHECK(talk.set("amount", "50") == Replies{"utter_ask_nickname"});
  CHECK(talk.slot("amount") == "50");
}

TEST_CASE("the second useless answer in a row offers a person and asks nothing again") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.say({command::CannotHandle{"outside"}}) ==
        Replies{"utter_ask_rephrase", "utter_ask_order_number"});
  CHECK(talk.say({command::CannotHandle{"outside"}}) == Replies{"utter_offer_person"});
  CHECK(talk.last.buttons.size() == 2);
  CHECK(talk.set("order_number", "10423") == Replies{"utter_ask_postcode"});
}

TEST_CASE("a customer may digress and comes back to the open question") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.start("weather") == Replies{"utter_ask_city"});
  CHECK(talk.stack() == "return_item weather");
  CHECK(talk.set("city", "Berlin") ==
        Replies{"utter_weather", "utter_continue_interrupted", "utter_ask_order_number"});
  CHECK(talk.count("flow_interrupted") == 1);
  CHECK(talk.count("flow_resumed") == 1);
  CHECK(talk.slot("city") == "-");
}

TEST_CASE("a flow that lies on the stack goes on instead of beginning twice") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  talk.start("weather");
  CHECK(talk.start("return_item") == Replies{"utter_ask_postcode"});
  CHECK(talk.stack() == "weather return_item verify");
  CHECK(talk.start("return_item") == Replies{"utter_ask_postcode"});
  CHECK(talk.count("flow_started") == 3);
}

TEST_CASE("a customer may correct an order number") {
  Talk talk(bot());
  up_to_confirmation(talk);
  CHECK(talk.say({command::CorrectSlot{"order_number", "10432", "entity"}}) ==
        Replies{"utter_correction", "utter_ask_sure"});
  CHECK(talk.last.text == "Return 10432?");
}

TEST_CASE("a correction while a called flow asks goes back to the caller's question") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.stack() == "return_item verify");
  CHECK(talk.say({command::CorrectSlot{"order_number", "20000", "entity"}}) ==
        Replies{"utter_correction", "utter_no_such_order", "utter_ask_order_number"});
  CHECK(talk.stack() == "return_item");
}

TEST_CASE("a called flow's answer may be corrected after it returned") {
  Talk talk(bot());
  up_to_confirmation(talk);
  CHECK(talk.say({command::CorrectSlot{"postcode", "99999", "entity"}}) ==
        Replies{"utter_correction", "utter_ask_sure"});
  CHECK(talk.slot("postcode") == "\"99999\"");
}

TEST_CASE("a correction of an open question is its answer") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.say({command::CorrectSlot{"order_number", "10432", "entity"}}) ==
        Replies{"utter_ask_postcode"});
}

TEST_CASE("cancelling ends the flow with what it called, and its answers") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.say({command::CancelFlow{}}) == Replies{"utter_flow_cancelled"});
  CHECK(talk.stack().empty());
  CHECK(talk.slot("order_number") == "-");
}

TEST_CASE("cancelling a digression goes on with what it interrupted") {
  Talk talk(bot());
  talk.start("return_item");
  talk.start("weather");
  CHECK(talk.say({command::CancelFlow{}}) ==
        Replies{"utter_flow_cancelled", "utter_continue_interrupted", "utter_ask_order_number"});
}

TEST_CASE("cancel and another wish in one sentence") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.say({command::StartFlow{"weather"}, command::CancelFlow{}}) ==
        Replies{"utter_flow_cancelled", "utter_ask_city"});
  CHECK(talk.stack() == "weather");
}

TEST_CASE("there is an answer when there is nothing to cancel") {
  Talk talk(bot());
  CHECK(talk.say({command::CancelFlow{}}).size() == 1);
}

TEST_CASE("several flows that could be meant are offered as buttons") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.say({command::Clarify{{"weather", "hours"}}}) == Replies{"utter_clarification"});
  REQUIRE(talk.last.buttons.size() == 2);
  CHECK(talk.last.buttons[1].title == "hours");
  CHECK(talk.last.buttons[1].payload == R"(/flow{"name":"hours"})");
  CHECK(talk.set("order_number", "10423") == Replies{"utter_ask_postcode"});
}

TEST_CASE("what was said is repeated") {
  Talk talk(bot());
  talk.start("return_item");
  CHECK(talk.say({command::Repeat{}}) == Replies{"utter_ask_order_number"});
  CHECK(talk.say({command::SkipQuestion{}}) ==
        Replies{"utter_skip_not_possible", "utter_ask_order_number"});
}

TEST_CASE("a restart forgets") {
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.say({command::Restart{}}) == Replies{"utter_restarted"});
  CHECK(talk.stack().empty());
  CHECK(talk.slot("order_number") == "-");
  CHECK(talk.conversation.session == 2);
}

TEST_CASE("the business's answer and its failures") {
  Talk talk(bot());
  SECTION("results go to slots, the path is encoded") {
    CHECK(talk.say({command::StartFlow{"order_status"},
                    command::SetSlot{"order_number", "1 0/4", "entity"}})
              .empty());
    CHECK(talk.calls[0].request.path == "/orders/1%200%2F4?full=1");
    CHECK(talk.calls[0].request.idempotent);
    CHECK(talk.returns(200, R"({"order":{"status":"on its way"}})") ==
          Replies{"utter_status", "utter_completed"});
    CHECK(talk.slot("order_number") == "\"1 0/4\"");  // Persisted.
  }
  SECTION("without on_error the flow ends with an apology") {
    talk.say({command::StartFlow{"order_status"}, command::SetSlot{"order_number", "1", "entity"}});
    CHECK(talk.returns(500) == Replies{"utter_internal_error"});
    CHECK(talk.stack().empty());
    CHECK(talk.count("failed") == 1);
  }
  SECTION("an answer that is no JSON is a failure") {
    talk.say({command::StartFlow{"order_status"}, command::SetSlot{"order_number", "1", "entity"}});
    CHECK(talk.returns(200, "<html>") == Replies{"utter_internal_error"});
  }
  SECTION("on_error goes by status") {
    up_to_confirmation(talk);
    talk.set("sure", true);
    CHECK(talk.returns(503) == Replies{"utter_down", "utter_completed"});
  }
  SECTION("an effect that nobody waits for changes nothing") {
    input::ActionReturned stray;
    stray.effect = 99;
    CHECK(talk.give(stray).empty());
  }
  SECTION("cancelled while the action is out") {
    talk.say({command::StartFlow{"order_status"}, command::SetSlot{"order_number", "1", "entity"}});
    CHECK(talk.say({command::CancelFlow{}}) == Replies{"utter_flow_cancelled"});
    CHECK_FALSE(talk.conversation.is_waiting_for_effect());
    CHECK(talk.returns(200, "{}").empty());
    CHECK(talk.conversation.pending.empty());
  }
}

TEST_CASE("a question with ask_before_filling is asked even when its slot is filled") {
  Talk talk(bot());
  CHECK(talk.say({command::StartFlow{"pay"}, command::SetSlot{"amount", 5, "entity"},
                  command::SetSlot{"nickname", "Ann", "entity"}}) == Replies{"utter_ask_nickname"});
  CHECK(talk.set("nickname", "Ben") == Replies{"utter_thanks", "utter_completed"});
}

TEST_CASE("a flow that turns for ever ends with an apology") {
  auto spinning = std::make_shared<Bot>(*bot());
  Flow& spin = spinning->flows["spin"];
  spin.id = "spin";
  spin.steps = {Step{"a", {}, Noop{}, {Branch{std::nullopt, Target{0}, {}}}}};
  Talk talk(spinning);
  CHECK(talk.start("spin") == Replies{"utter_internal_error"});
  CHECK(talk.stack().empty());
}

TEST_CASE("an unknown flow and an unknown slot do no harm") {
  Talk talk(bot());
  CHECK(talk.start("no_such_flow") == Replies{"utter_ask_rephrase"});
  CHECK(talk.start("verify").size() == 1);  // Its guard is false.
  CHECK(talk.set("no_such_slot", 1).size() == 1);
}

TEST_CASE("a link ends its flow and begins the other") {
  Talk talk(bot());
  talk.start("hop");
  CHECK(talk.set("nickname", "Ann") == Replies{"utter_hours"});
  CHECK(talk.slot("nickname") == "-");
}

TEST_CASE("handover to a person") {
  using State = event::HandoverChanged::State;
  Talk talk(bot());
  talk.start("return_item");
  talk.set("order_number", "10423");
  CHECK(talk.say({command::HumanHandover{}}) == Replies{"utter_handover_requested"});
  CHECK(talk.conversation.handover == State::requested);
  const auto& change = std::get<event::HandoverChanged>(
      std::find_if(talk.log.begin(), talk.log.end(), [](const Event& e) {
        return std::holds_alternative<event::HandoverChanged>(e.body);
      })->body);
  CHECK(change.summary == "return item: order number 10423");

  SECTION("while a person has the conversation the bot is silent") {
    talk.give(input::PersonAccepted{"Ben"});
    CHECK(talk.conversation.handover == State::accepted);
    CHECK(talk.start("hours").empty());
    talk.give(input::PersonWrote{"Ben", "Hello"});
    CHECK(talk.wait(300'000).empty());
    CHECK(talk.give(input::PersonReleased{"Ben"}) == Replies{"utter_handover_ended"});
    CHECK(talk.stack().empty());
    CHECK(talk.start("hours") == Replies{"utter_hours"});
  }
  SECTION("nobody comes, and the flow goes on") {
    CHECK(talk.wait(300'000) == Replies{"utter_handover_closed", "utter_ask_postcode"});
    CHECK(talk.conversation.handover == State::timed_out);
  }
  SECTION("the customer goes on meanwhile") {
    CHECK(talk.set("postcode", "1") == Replies{"utter_ask_reason"});
  }
}

TEST_CASE("a flow's own handover names its queue") {
  Talk talk(bot());
  talk.start("person");
  CHECK(talk.set("order_number", "1") == Replies{"utter_handover_requested"});
  CHECK(talk.conversation.handover_queue == "complaints");
  CHECK(talk.stack().empty());
}

TEST_CASE("a file is asked for and checked") {
  Talk talk(bot());
  CHECK(talk.start("picture") == Replies{"utter_ask_photo"});
  REQUIRE(talk.last.upload);
  CHECK(talk.last.upload->max_bytes == 1000);
  const json::value bad{{"upload", "u"}, {"size", 5}, {"media_type", "text/html"}};
  CHECK(talk.set("photo", bad) == Replies{"utter_invalid_file", "utter_ask_photo"});
  const json::value good{{"upload", "u"}, {"size", 5}, {"media_type", "image/png"}};
  CHECK(talk.set("photo", good) == Replies{"utter_thanks", "utter_completed"});
}

TEST_CASE("an hour of silence ends the session") {
  Talk talk(bot());
  talk.start("return_item");
  talk.wait(1'800'000);
  talk.set("order_number", "10423");
  CHECK(talk.wait(1'800'000).empty());  // The timer came early: it is set again.
  CHECK(talk.conversation.session_open);
  CHECK(talk.timers.size() == 1);
  talk.wait(1'800'000);
  CHECK_FALSE(talk.conversation.session_open);
  CHECK(talk.stack().empty());
  CHECK(talk.slot("order_number") == "-");
  CHECK(talk.start("hours") == Replies{"utter_hours"});
  CHECK(talk.conversation.session == 2);
  CHECK(talk.timers.size() == 1);
}

TEST_CASE("a bot that changed tells so and begins anew") {
  Talk talk(bot());
  talk.start("return_item");
  const BotPtr other = bot_of("{}",
                              "flows:\n  hours:\n    description: x\n    nlu_trigger: [intent: "
                              "a]\n    steps:\n      - say: \"Nine.\"\n");
  input::Said said;
  said.text = "10423";
  said.commands = {command::SetSlot{"order_number", "10423", "text"}};
  const Advance step = advance(*other, talk.conversation, said, talk.now);
  std::string responses;
  for (const Event& event : step.events) {
    if (const auto* reply = std::get_if<event::Replied>(&event.body)) responses += reply->response;
  }
  CHECK(responses == "utter_code_changed");
}

TEST_CASE("a message to a conversation that was never opened is answered") {
  input::Said said;
  said.text = "hi";
  const Advance step = advance(*bot(), Conversation(), said, 1);
  CHECK(std::any_of(step.events.begin(), step.events.end(), [](const Event& event) {
    return std::holds_alternative<event::Replied>(event.body);
  }));
}

TEST_CASE("visible events are numbered without gaps") {
  Talk talk(bot());
  up_to_confirmation(talk);
  Seq next = 0;
  for (const Event& event : talk.log) {
    if (event.seq) CHECK(event.seq == ++next);
  }
  CHECK(next == talk.conversation.head_seq);
  CHECK(talk.last.id == "4-1");
}

TEST_CASE(
    "whatever commands come in whatever order, the fold holds and nobody is left in silence") {
  const std::vector<Command> all = {command::StartFlow{"return_item"},
                                    command::StartFlow{"pay"},
                                    command::StartFlow{"order_status"},
                                    command::StartFlow{"hop"},
                                    command::SetSlot{"order_number", "10423", "text"},
                                    command::SetSlot{"order_number", "9", "text"},
                                    command::SetSlot{"amount", "no", "text"},
                                    command::SetSlot{"amount", 7, "text"},
                                    command::SetSlot{"postcode", "1", "text"},
                                    command::SetSlot{"reason", "broken", "text"},
                                    command::SetSlot{"sure", true, "text"},
                                    command::CorrectSlot{"order_number", "10432", "entity"},
                                    command::CorrectSlot{"postcode", nullptr, "entity"},
                                    command::CancelFlow{},
                                    command::Clarify{{"pay", "hop"}},
                                    command::Repeat{},
                                    command::SkipQuestion{},
                                    command::ChitChat{},
                                    command::KnowledgeQuestion{},
                                    command::HumanHandover{},
                                    command::Restart{},
                                    command::CannotHandle{"unsure"}};
  std::uint64_t random = 12345;
  const auto draw = [&random](std::size_t n) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((random >> 33) % n);
  };
  for (int round = 0; round < 200; ++round) {
    Talk talk(bot());
    for (int turn = 0; turn < 15; ++turn) {
      std::vector<Command> commands;
      for (std::size_t n = draw(4); n > 0; --n) commands.push_back(all[draw(all.size())]);
      const Replies replies = talk.say(commands);
      CHECK((!replies.empty() || talk.conversation.is_waiting_for_effect()));
      while (!talk.calls.empty()) talk.returns(draw(3) ? 200 : 500, R"({"order":{"status":"x"}})");
      if (draw(10) == 0) talk.wait(4'000'000);
    }
  }
}

TEST_CASE("only flows and scripts set what is the flows' own") {
  Talk talk(bot_of(domain, flows));
  talk.start("return_item");
  for (const char* by : {"payload", "entity", "text", "intent", "model", ""}) {
    talk.say({command::SetSlot{"checked", "10423", by}});
    CHECK(talk.slot("checked") == "-");
  }
  talk.say({command::SetSlot{"checked", "10423", "script"}});
  CHECK(talk.slot("checked") == R"("10423")");
  talk.say({command::SetSlot{"checked", nullptr, "payload"}});
  talk.say({command::CorrectSlot{"checked", "10432", "model"}});
  CHECK(talk.slot("checked") == R"("10423")");
}

TEST_CASE("a payload that changes an answer passes no check made of the old one") {
  Talk talk(bot_of(domain, flows));
  talk.start("return_item");
  talk.set("order_number", "10423");
  talk.set("postcode", "10115");
  talk.set("reason", "broken");
  const Replies corrected = talk.say({command::SetSlot{"order_number", "10432", "payload"}});
  REQUIRE_FALSE(corrected.empty());
  CHECK(corrected.front() == "utter_correction");
  CHECK(talk.slot("order_number") == R"("10432")");
  CHECK(talk.say({command::SetSlot{"order_number", "90000", "payload"}}) ==
        Replies{"utter_correction", "utter_no_such_order", "utter_ask_order_number"});
}

TEST_CASE("today is the day in the bot's time zone") {
  auto bot = *bot_of(domain, flows + std::string(R"yaml(
  book:
    description: Books a day
    nlu_trigger: [intent: book]
    steps:
      - collect: nickname
        type: date
      - collect: sure
)yaml"));
  bot.time_zone = "Asia/Shanghai";
  Talk talk(std::make_shared<const Bot>(std::move(bot)));
  talk.now = 1'700'000'000'000;  // 2023-11-14T22:13Z: the 15th in Shanghai.
  talk.start("book");
  talk.set("nickname", "tomorrow");
  CHECK(talk.slot("nickname") == R"("2023-11-16")");
}

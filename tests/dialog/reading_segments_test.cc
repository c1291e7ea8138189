// One message that says several things: what becomes of it, in commands and in replies.
#include "dialog/reading_segments.h"

#include <catch2/catch.hpp>

#include "dialog/understand.h"
#include "tests/dialog/talk.h"

using namespace dialog;
using Replies = Talk::Replies;

namespace {

constexpr const char* domain = R"yaml(
intents: [return_item, order_status, exchange, hours, greet, thank, affirm, deny, cancel,
          talk_to_person, repeat, restart]
entities: [order_number, postcode]
slots:
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  postcode: {type: text, mappings: [{type: from_entity, entity: postcode}]}
  sure: {type: bool}
  comment: {type: text}
responses:
  utter_ask_order_number: [{text: "Which order?"}]
  utter_ask_postcode: [{text: "Which postcode?"}]
  utter_ask_sure: [{text: "Return {order_number}?"}]
  utter_ask_comment: [{text: "Why so?"}]
  utter_status: [{text: "{order_number} is on its way."}]
  utter_returned: [{text: "{order_number} comes back."}]
  utter_exchanged: [{text: "{order_number} is exchanged."}]
  utter_hours: [{text: "Nine to five."}]
  utter_greet: [{text: "Hello!"}]
  utter_thank: [{text: "You are welcome."}]
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
        type: text
        matches: '\d{5}'
      - collect: sure
        type: confirmation
      - collect: comment
      - say: utter_returned
  order_status:
    description: Where an order is
    nlu_trigger: [{intent: order_status}]
    steps:
      - collect: order_number
      - say: utter_status
  exchange:
    description: Exchanges something
    nlu_trigger: [{intent: exchange}]
    steps:
      - collect: order_number
        ask_before_filling: true
      - say: utter_exchanged
  hours:
    description: Opening hours
    nlu_trigger: [intent: hours]
    run_pattern_completed: false
    steps:
      - say: utter_hours
  greet:
    description: Says hello
    nlu_trigger: [intent: greet]
    run_pattern_completed: false
    steps:
      - say: utter_greet
  thank:
    description: Takes thanks
    nlu_trigger: [intent: thank]
    run_pattern_completed: false
    steps:
      - say: utter_thank
)yaml";

struct Said {
  std::string text;  // Of the segment
  std::string intent;
  double p = 0.9;
  std::string entity = "";  // "order_number=10423"
};

// Segments in a row, a space between them.
struct Several {
  std::string text;
  nlu::Interpretation meaning;

  Several(std::initializer_list<Said> said) {
    for (const Said& one : said) {
      if (!text.empty()) text += ' ';
      const std::size_t begin = text.size();
      text += one.text;
      const bool known = !one.intent.empty();
      meaning.segments.push_back({{begin, text.size()},
                                  {{known ? one.intent : "hours", known ? one.p : 0.1}},
                                  known ? 0.05 : 0.9,
                                  0});
      const std::size_t equals = one.entity.find('=');
      if (equals == std::string::npos) continue;
      nlu::Entity entity;
      entity.type = one.entity.substr(0, equals);
      entity.value = one.entity.substr(equals + 1);
      entity.span.begin = text.find(entity.value, begin);
      entity.span.end = entity.span.begin + entity.value.size();
      entity.source = "regex";
      meaning.entities.push_back(entity);
    }
  }
};

struct Asking {
  BotPtr bot = bot_of(domain, flows);
  Talk talk{bot};

  // Up to the question for `slot` of return_item.
  explicit Asking(const std::string& slot = "") {
    if (slot.empty()) return;
    talk.start("return_item");
    const std::pair<const char*, json::value> answers[] = {
        {"order_number", "10423"}, {"postcode", "10115"}, {"sure", true}};
    for (const auto& [name, value] : answers) {
      if (name == slot) return;
      talk.set(name, value);
    }
  }
  std::vector<Command> commands(const Several& said) const {
    return understand(*bot, talk.conversation, said.text, "", std::nullopt, said.meaning,
                      "2026-11-23");
  }
  std::string hear(const Several& said) const {
    std::string all;
    for (const Command& one : commands(said)) {
      all += (all.empty() ? "" : " ") + json::serialize(to_json(one));
    }
    return all;
  }
  Replies say(const Several& said) { return talk.say(commands(said), said.text); }
};

}  // namespace

TEST_CASE("two wishes are two flows, each with what its own segment says") {
  const Several said{{"send back order 10423", "return_item", 0.9, "order_number=10423"},
                     {"where is 10555", "order_status", 0.9, "order_number=10555"}};
  Asking a;
  CHECK(a.hear(said) == R"({"start_flow":"return_item"} {"set_slot":{"order_number":"10423"}} )"
                        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10555"}})");
  CHECK(a.say(said) == Replies{"utter_put_off", "utter_ask_postcode"});
  CHECK(a.talk.slot("order_number") == R"("10423")");
  CHECK(a.talk.set("postcode", "10115") == Replies{"utter_ask_sure"});
  a.talk.set("sure", true);
  CHECK(a.talk.set("comment", "too big") ==
        Replies{"utter_returned", "utter_next_flow", "utter_status", "utter_completed"});
  CHECK(a.talk.stack().empty());
}

TEST_CASE("of two wishes the second gets no value of the first") {
  Asking a;
  a.say({{"where is 10423", "order_status", 0.9, "order_number=10423"},
         {"and send something back", "return_item"}});
  CHECK(a.talk.slot("order_number") == "-");
  CHECK(a.talk.last.response == "utter_ask_order_number");
  CHECK(a.talk.stack() == "return_item");
}

TEST_CASE("what asks nothing is told at once, whatever was said first") {
  Asking a;
  CHECK(a.say({{"I want to return it", "return_item"}, {"when are you open", "hours"}}) ==
        Replies{"utter_hours", "utter_ask_order_number"});
}

TEST_CASE("the open question is answered first, and what asks nothing comes before the next one") {
  Asking a("order_number");
  const Several said{{"10423", ""}, {"and when are you open", "hours"}};
  CHECK(a.hear(said) == R"({"set_slot":{"order_number":"10423"}} {"start_flow":"hours"})");
  CHECK(a.say(said) == Replies{"utter_hours", "utter_continue_interrupted", "utter_ask_postcode"});
}

TEST_CASE("what was answered goes on, and a wish with questions of its own waits") {
  Asking a("order_number");
  CHECK(a.say({{"10423", ""}, {"where is 10555", "order_status", 0.9, "order_number=10555"}}) ==
        Replies{"utter_put_off", "utter_ask_postcode"});
  CHECK(a.talk.slot("order_number") == R"("10423")");
  CHECK(a.talk.stack() == "order_status return_item");
}

TEST_CASE("an answer that was just given is not asked for again") {
  Asking a;
  a.talk.start("exchange");
  CHECK(a.say({{"10423", "", 0, "order_number=10423"}, {"when are you open", "hours"}}) ==
        Replies{"utter_hours", "utter_continue_interrupted", "utter_exchanged", "utter_completed"});
}

TEST_CASE("an answer may stand behind, if no flow named before it asks for the like") {
  Asking a("sure");
  CHECK(a.hear({{"when are you open", "hours"}, {"and yes", "affirm"}}) ==
        R"({"set_slot":{"sure":true}} {"start_flow":"hours"})");
  Asking b("order_number");
  CHECK(b.hear({{"where is my other order", "order_status"},
                {"it is 10555", "", 0, "order_number=10555"}}) ==
        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10555"}})");
}

TEST_CASE("a value whose segment says nothing else goes with the wish beside it") {
  Asking a;
  CHECK(a.hear({{"it is about 10423", "", 0, "order_number=10423"},
                {"where is it", "order_status"}}) ==
        R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}})");
  CHECK(
      a.hear({{"where is it", "order_status"},
              {"I mean 10423", "", 0, "order_number=10423"},
              {"when are you open", "hours"}}) ==
      R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}} {"start_flow":"hours"})");
}

TEST_CASE("the same wish twice is one, with the values of both") {
  Asking a;
  CHECK(
      a.hear({{"where is it", "order_status"},
              {"when are you open", "hours"},
              {"where is 10423", "order_status", 0.9, "order_number=10423"}}) ==
      R"({"start_flow":"order_status"} {"set_slot":{"order_number":"10423"}} {"start_flow":"hours"})");
}

TEST_CASE("a correction and a new wish are both heard") {
  Asking a("sure");
  const Several said{{"sorry, I meant 10432", "", 0, "order_number=10432"},
                     {"and when are you open", "hours"}};
  CHECK(a.hear(said) == R"({"correct_slot":{"order_number":"10432"}} {"start_flow":"hours"})");
  CHECK(a.say(said) ==
        Replies{"utter_correction", "utter_hours", "utter_continue_interrupted", "utter_ask_sure"});
  CHECK(a.talk.slot("order_number") == R"("10432")");
}

TEST_CASE("no before a correction is no answer") {
  Asking a("sure");
  CHECK(a.hear({{"no", "deny"}, {"the order is 10432", "", 0, "order_number=10432"}}) ==
        R"({"correct_slot":{"order_number":"10432"}})");
  CHECK(a.hear({{"no", "deny"}, {"where is 10555?", "order_status"}}) ==
        R"({"set_slot":{"sure":false}} {"start_flow":"order_status"})");
}

TEST_CASE("a greeting or thanks beside a wish is not answered, alone it is") {
  Asking a;
  CHECK(a.hear({{"hi", "greet"}, {"when are you open", "hours"}}) == R"({"start_flow":"hours"})");
  CHECK(a.hear({{"thanks", "thank"}, {"and where is 10423", "order_status"}}) ==
        R"({"start_flow":"order_status"})");
  CHECK(a.hear({{"hi", "greet"}, {"what a day", ""}}) == R"({"start_flow":"greet"})");
  CHECK(a.say({{"hi", "greet"}, {"thanks a lot", "thank"}}) ==
        Replies{"utter_greet", "utter_thank"});
  Asking b("order_number");
  CHECK(b.hear({{"thanks", "thank"}, {"10423", ""}}) == R"({"set_slot":{"order_number":"10423"}})");
}

TEST_CASE("yes where nothing was asked is passed over") {
  Asking a;
  CHECK(a.hear({{"yes", "affirm"}, {"when are you open", "hours"}}) == R"({"start_flow":"hours"})");
}

TEST_CASE("what is outside is passed over when something else was understood") {
  Asking a;
  CHECK(a.hear({{"my cat is ill", ""}, {"when are you open", "hours"}}) ==
        R"({"start_flow":"hours"})");
  CHECK(a.hear({{"my cat is ill", ""}, {"so is my dog", ""}}) == R"({"cannot_handle":"outside"})");
  Asking b("sure");
  CHECK(b.hear({{"my cat is ill", ""}, {"so is my dog", ""}}) ==
        R"({"cannot_handle":"invalid_answer"})");
}

TEST_CASE("a person is called for, whatever else was said") {
  Asking a("order_number");
  CHECK(a.hear({{"10423", ""}, {"no, let me talk to somebody", "talk_to_person"}}) ==
        R"({"human_handover":null})");
  CHECK(a.hear({{"start over", "restart"}, {"when are you open", "hours"}}) ==
        R"({"restart":null})");
}

TEST_CASE("what was wished and taken back in one message does not begin") {
  Asking a;
  CHECK(a.hear({{"I want to return it", "return_item"}, {"no, forget it", "cancel"}}).empty());
  CHECK(a.hear({{"forget it", "cancel"}, {"when are you open", "hours"}}) ==
        R"({"start_flow":"hours"})");
  Asking b("order_number");
  const Several said{{"forget it", "cancel"},
                     {"where is 10555", "order_status", 0.9, "order_number=10555"}};
  CHECK(
      b.hear(said) ==
      R"({"cancel_flow":null} {"start_flow":"order_status"} {"set_slot":{"order_number":"10555"}})");
  CHECK(b.say(said) == Replies{"utter_flow_cancelled", "utter_status", "utter_completed"});
}

TEST_CASE("a wish that is turned down does not begin, and ends when it runs") {
  Asking a;
  CHECK(a.hear({{"I don't want to return it", "return_item"}, {"but exchange it", "exchange"}}) ==
        R"({"start_flow":"exchange"})");
  Asking b("order_number");
  CHECK(b.hear({{"I don't want to return it", "return_item"}, {"but exchange it", "exchange"}}) ==
        R"({"cancel_flow":null} {"start_flow":"exchange"})");
}

TEST_CASE("turning down what sleeps does not end what is being answered") {
  Asking a;
  a.say({{"send back order 10423", "return_item", 0.9, "order_number=10423"},
         {"where is 10555", "order_status", 0.9, "order_number=10555"}});
  CHECK(a.hear({{"10115,", "", 0, "postcode=10115"},
                {"and I don't want to return it any more", "order_status"}}) ==
        R"({"set_slot":{"postcode":"10115"}})");
}

TEST_CASE("what is said of a waiting flow later counts, not what was said first") {
  Asking a;
  a.say({{"send back order 10423", "return_item", 0.9, "order_number=10423"},
         {"where is 10555", "order_status", 0.9, "order_number=10555"}});
  a.talk.say(
      {command::StartFlow{"order_status"}, command::SetSlot{"order_number", "10777", "entity"}});
  std::string told;
  for (const Event& one : a.talk.log) {
    const auto* set = std::get_if<event::SlotSet>(&one.body);
    if (set && set->slot == "order_number" && set->value.is_string()) told = set->value.as_string();
    const auto* reply = std::get_if<event::Replied>(&one.body);
    if (reply && reply->response == "utter_status") CHECK(told == "10777");
  }
}

TEST_CASE("what runs takes what is said of it beside another wish") {
  Asking a;
  a.talk.start("order_status");
  CHECK(a.talk.say({command::StartFlow{"return_item"}, command::StartFlow{"order_status"},
                    command::SetSlot{"order_number", "10423", "entity"}}) ==
        Replies{"utter_ask_postcode"});
  CHECK(a.talk.slot("order_number") == R"("10423")");
}

TEST_CASE("an answer to what is asked anew each time outlives a wish that waits for a backend") {
  Talk talk(bot_of(domain, std::string(flows) + R"yaml(
  stock:
    description: Looks something up
    nlu_trigger: [intent: repeat]
    steps:
      - http:
          get: /stock
      - say: utter_hours
)yaml"));
  talk.start("exchange");
  CHECK(talk.say({command::SetSlot{"order_number", "10423", "text"},
                  command::StartFlow{"stock"}}) == Talk::Replies{"utter_exchanged"});
  CHECK(talk.returns(200, "{}") == Talk::Replies{"utter_hours", "utter_completed"});
}

TEST_CASE("a flow that only a link leads to goes on with its answer beside a wish") {
  Talk talk(bot_of(domain, std::string(flows) + R"yaml(
  front:
    description: Asks by another flow
    nlu_trigger: [intent: repeat]
    steps:
      - link: behind
  behind:
    description: Is never begun by a customer
    if: false
    steps:
      - collect: order_number
      - collect: sure
        type: confirmation
      - say: utter_status
)yaml"));
  CHECK(talk.start("front") == Talk::Replies{"utter_ask_order_number"});
  CHECK(talk.say({command::SetSlot{"order_number", "10423", "text"},
                  command::StartFlow{"return_item"}}) ==
        Talk::Replies{"utter_put_off", "utter_ask_sure"});
  CHECK(talk.stack() == "return_item behind");
}

TEST_CASE("a flow that was answered goes before another, named behind it or not") {
  Asking a("order_number");
  a.talk.say({command::SetSlot{"order_number", "10423", "text"}, command::StartFlow{"order_status"},
              command::StartFlow{"return_item"}});
  CHECK(a.talk.stack() == "order_status return_item");
  CHECK(a.talk.last.response == "utter_ask_postcode");
}

TEST_CASE("turning down a deed is told from not wanting a thing") {
  CHECK(declines("I don't want to return the lamp"));
  CHECK(declines("we do not need to exchange it"));
  CHECK(declines("I no longer want to cancel"));
  CHECK(declines("我不想退货"));
  CHECK(declines("不用取消了"));
  CHECK_FALSE(declines("I don't want this lamp any more"));
  CHECK_FALSE(declines("I did not get it"));
  CHECK_FALSE(declines("这个我不想要了"));
  CHECK_FALSE(declines("我想退货"));
}

TEST_CASE(
    "of two flows that a segment may mean the likelier begins, when another segment is clear") {
  Asking a;
  Several said{{"when are you open", "hours"}, {"and change it", "exchange", 0.5}};
  said.meaning.segments[1].intents.push_back({"return_item", 0.45});
  CHECK(a.hear(said) == R"({"start_flow":"hours"} {"start_flow":"exchange"})");
  said.meaning.segments[0].intents[0].p = 0.1;
  said.meaning.segments[0].p_outside = 0.9;
  CHECK(a.hear(said) == R"({"clarify":["exchange","return_item"]})");
}

TEST_CASE("free text is what stands before the flows that are certain") {
  Asking a("comment");
  CHECK(a.hear({{"it has a crack", ""}, {"where is 10555?", "order_status"}}) ==
        R"({"set_slot":{"comment":"it has a crack"}} {"start_flow":"order_status"})");
  CHECK(a.hear({{"it has a crack,", ""}, {"and it came late", "order_status", 0.6}}) ==
        R"({"set_slot":{"comment":"it has a crack, and it came late"}})");
  CHECK(a.hear({{"you were closed", "hours"}, {"and it has a crack", ""}}) ==
        R"({"set_slot":{"comment":"you were closed and it has a crack"}})");
  CHECK(a.hear({{"when are you open", "hours"}, {"where is 10555?", "order_status"}}) ==
        R"({"start_flow":"hours"} {"start_flow":"order_status"})");
  CHECK(a.hear({{"forget it", "cancel"}, {"it has a crack", ""}}) == R"({"cancel_flow":null})");
}

TEST_CASE("commands that are stated begin flows as they were named") {
  Asking a;
  CHECK(a.talk.say({command::StartFlow{"order_status"},
                    command::SetSlot{"order_number", "10423", "script"},
                    command::StartFlow{"return_item"},
                    command::SetSlot{"order_number", "10555", "script"}}) ==
        Replies{"utter_status", "utter_ask_postcode"});
  CHECK(a.talk.slot("order_number") == R"("10555")");
  // Without a flow that runs, what comes first is of the first that begins.
  Asking b;
  CHECK(b.talk.say({command::SetSlot{"order_number", "10423", "script"},
                    command::StartFlow{"order_status"}}) ==
        Replies{"utter_status", "utter_completed"});
}

TEST_CASE("a flow that waits keeps its values over a restart of the process") {
  Asking a;
  a.say({{"send back order 10423", "return_item", 0.9, "order_number=10423"},
         {"where is 10555", "order_status", 0.9, "order_number=10555"}});
  const auto snapshot = decode_conversation(encode(a.talk.conversation));
  REQUIRE(snapshot);
  CHECK(json::serialize(snapshot->stack.front().context).find("10555") != std::string::npos);
}

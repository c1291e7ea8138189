// Steps beyond CALM's: set, switch, foreach, try, split, wait, remind, feedback; and what happens
// without the customer.
#include <set>

#include <catch2/catch.hpp>

#include "dialog/answer.h"
#include "dialog/engine.h"
#include "dialog/respond.h"
#include "tests/dialog/talk.h"

using namespace dialog;
using Replies = Talk::Replies;

namespace {

constexpr Millis minute = 60'000;

constexpr const char* domain = R"yaml(
slots:
  price: {type: float}
  count: {type: float}
  total: {type: float}
  kind: {type: text}
  items: {type: list}
  item: {type: any}
  size: {type: text}
  state: {type: text}
  email:
    type: text
    validation:
      rejections:
        - if: not (slots.email matches "@")
          utter: utter_no_email
      refill_utter: utter_ask_email
responses:
  utter_ask_price: [{text: "Price?"}]
  utter_ask_count: [{text: "Count?"}]
  utter_ask_kind: [{text: "Kind?"}]
  utter_ask_size: [{text: "Size of {item}?"}]
  utter_ask_email: [{text: "Your address?"}]
  utter_no_email: [{text: "{email} is no address."}]
  utter_total: [{text: "{total}"}]
  utter_a: [{text: "A"}]
  utter_b: [{text: "B"}]
  utter_other: [{text: "other"}]
  utter_line: [{text: "{item} {size}"}]
  utter_after: [{text: "after"}]
  utter_sorry: [{text: "sorry"}]
  utter_found: [{text: "{state}"}]
)yaml";

std::string flow(const std::string& id, const std::string& steps) {
  return "  " + id + ":\n    description: d\n    nlu_trigger: [intent: " + id +
         "]\n    run_pattern_completed: false\n    steps:\n" + steps;
}

Talk talk_of(const std::string& flows) { return Talk(bot_of(domain, "flows:\n" + flows)); }

}  // namespace

TEST_CASE("set computes, with what it set just before") {
  Talk talk = talk_of(flow("order", R"(
      - collect: price
      - collect: count
      - set:
          total: round(slots.price * slots.count, 2)
          kind: if(slots.total > 50, "large", "small")
      - say: utter_total
)"));
  talk.start("order");
  talk.set("price", 19.99);
  CHECK(talk.set("count", 3) == Replies{"utter_total"});
  CHECK(talk.last.text == "59.97");
  CHECK(talk.slot("kind") == "-");  // The flow has ended.
}

TEST_CASE("a switch leads by value and goes on behind itself") {
  const std::string flows = flow("choose", R"(
      - collect: kind
      - switch: slots.kind
        cases:
          a:
            - say: utter_a
          1: one
          "true": END
        else:
          - say: utter_other
      - say: utter_after
        next: END
      - id: one
        say: utter_b
)");
  for (const auto& [value, replies] :
       {std::pair<json::value, Replies>{"a", {"utter_a", "utter_after"}},
        {"1", {"utter_b"}},
        {"true", {"utter_completed"}},
        {"x", {"utter_other", "utter_after"}}}) {
    Talk talk = talk_of(flows);
    talk.start("choose");
    CHECK(talk.set("kind", value) == replies);
  }
}

TEST_CASE("foreach does its steps once for each item, and asks anew") {
  Talk talk = talk_of(flow("each", R"(
      - set:
          items: split("shirt,hat", ",")
      - foreach: items
        as: item
        do:
          - collect: size
          - noop: true
            next:
              - if: slots.size is "none"
                then:
                  - say: utter_other
              - else:
                  - say: utter_line
      - say: utter_after
)"));
  CHECK(talk.start("each") == Replies{"utter_ask_size"});
  CHECK(talk.last.text == "Size of shirt?");
  CHECK(talk.set("size", "M") == Replies{"utter_line", "utter_ask_size"});
  CHECK(talk.last.text == "Size of hat?");
  CHECK(talk.set("size", "none") == Replies{"utter_other", "utter_after"});
  CHECK(talk.conversation.stack.empty());
  CHECK(talk.slot("item") == "-");
}

TEST_CASE("foreach of what is no list does nothing, and of a long one stops at the limit") {
  const std::string flows = flow("each", R"(
      - set:
          items: split("a,b,c,d", ",")
      - foreach: items
        as: item
        do:
          - say: utter_a
      - foreach: kind
        as: item
        do:
          - say: utter_b
      - say: utter_after
)");
  Talk talk = talk_of(flows);
  talk.limits.foreach_items = 2;
  CHECK(talk.start("each") == Replies{"utter_a", "utter_a", "utter_after"});
}

TEST_CASE("try catches what its steps, and flows they call, do not deal with") {
  const std::string flows = flow("look", R"(
      - try:
          - call: fetch
          - say: utter_found
        on_error:
          - say: utter_sorry
      - say: utter_after
)") + R"(
  fetch:
    description: d
    if: false
    steps:
      - http:
          get: /x
          result: {state: $.state}
          on_error: {404: missing}
        next: END
      - id: missing
        say: utter_other
)";
  Talk fine = talk_of(flows);
  fine.start("look");
  CHECK(fine.returns(200, R"({"state": "sent"})") == Replies{"utter_found", "utter_after"});
  Talk failed = talk_of(flows);
  failed.start("look");
  CHECK(failed.returns(500) == Replies{"utter_sorry", "utter_after"});
  CHECK(failed.count("failed") == 0);
  Talk own = talk_of(flows);  // What the step deals with itself is none.
  own.start("look");
  CHECK(own.returns(404) == Replies{"utter_other", "utter_found", "utter_after"});
}

TEST_CASE("a split is the same for one conversation and fair over many") {
  const std::string flows = flow("test", R"(
      - split: greeting
        arms:
          - share: 75
            then:
              - say: utter_a
          - {name: new, share: 25, then: other}
      - say: utter_after
        next: END
      - id: other
        say: utter_b
)");
  Talk talk = talk_of(flows);
  const Replies first = talk.start("test");
  for (int i = 0; i < 5; ++i) CHECK(talk.start("test") == first);
  CHECK(talk.count("split_taken") == 1);
  int b = 0;
  for (int i = 0; i < 2000; ++i) b += share_of("greeting\n" + std::to_string(i)) >= 0.75 ? 1 : 0;
  CHECK(b > 430);
  CHECK(b < 570);
}

TEST_CASE("a flow waits off the stack and goes on by itself, its answers kept") {
  Talk talk = talk_of(flow("later", R"(
      - collect: kind
      - say: utter_a
      - wait: 2d
      - say: utter_found
)") + flow("now", R"(
      - collect: size
      - say: utter_b
)"));
  talk.start("later");
  CHECK(talk.set("kind", "x") == Replies{"utter_a"});
  CHECK(talk.stack().empty());
  REQUIRE(talk.conversation.parked.size() == 1);
  talk.wait(90 * minute);  // The session ends.
  CHECK_FALSE(talk.conversation.session_open);
  CHECK(talk.slot("kind") == "\"x\"");
  CHECK(talk.start("now") == Replies{"utter_ask_size"});
  CHECK(talk.wait(48 * 60 * minute) == Replies{"utter_found"});
  CHECK(talk.conversation.parked.empty());
  CHECK(talk.slot("kind") == "-");
}

TEST_CASE("what wakes comes in between, and the question is asked again") {
  Talk talk = talk_of(flow("later", R"(
      - wait: 10m
      - say: utter_after
)") + flow("now", R"(
      - collect: size
      - say: utter_b
)"));
  talk.start("later");
  talk.start("now");
  CHECK(talk.wait(10 * minute) ==
        Replies{"utter_after", "utter_continue_interrupted", "utter_ask_size"});
  CHECK(talk.set("size", "M") == Replies{"utter_b"});
}

TEST_CASE("an event wakes who waits for it, or time runs out") {
  const std::string flows = flow("parcel", R"(
      - wait:
          event: delivered
          timeout: 3d
          on_timeout: late
          result: {state: $.where}
      - say: utter_found
        next: END
      - id: late
        say: utter_sorry
)");
  Talk talk = talk_of(flows);
  talk.start("parcel");
  CHECK(talk.give(input::Happened{"other", nullptr, "", {}}).empty());
  CHECK(talk.give(input::Happened{"delivered", json::object{{"where", "porch"}}, "", {}}) ==
        Replies{"utter_found"});
  CHECK(talk.last.text == "porch");
  CHECK(talk.wait(4 * 24 * 60 * minute).empty());
  Talk late = talk_of(flows);
  late.start("parcel");
  CHECK(late.wait(3 * 24 * 60 * minute) == Replies{"utter_sorry"});
  CHECK(late.give(input::Happened{"delivered", nullptr, "", {}}).empty());
}

TEST_CASE("the business begins a flow") {
  Talk talk = talk_of(flow("news", R"(
      - say: utter_found
)"));
  CHECK(talk.give(input::Happened{"", nullptr, "news", {{"state", "sent"}}}) ==
        Replies{"utter_found"});
  CHECK(talk.last.text == "sent");
  talk.give(input::Happened{"", nullptr, "no_such_flow", {}});
  CHECK(talk.count("failed") == 1);
}

TEST_CASE("a restart forgets what waits, and so does nobody else") {
  Talk talk = talk_of(flow("later", R"(
      - remind: {after: 1h, flow: news}
      - wait: 10m
      - say: utter_after
)") + flow("news", R"(
      - say: utter_a
)"));
  talk.start("later");
  talk.say({command::CancelFlow{}});
  CHECK(talk.conversation.parked.size() == 1);
  talk.say({command::Restart{}});
  CHECK(talk.conversation.parked.empty());
  CHECK(talk.conversation.reminders.empty());
  CHECK(talk.wait(20 * minute).empty());
}

TEST_CASE("a reminder begins its flow later, unless it is cancelled or the customer was heard") {
  const std::string flows = flow("pay", R"(
      - remind: {name: payment, after: 5m, flow: news}
      - say: utter_a
)") + flow("cart", R"(
      - remind: {name: cart, after: 5m, flow: news, unless_heard: true}
      - say: utter_a
)") + flow("paid", R"(
      - remind: {cancel: payment}
      - say: utter_b
)") + flow("news", R"(
      - say: utter_after
)");
  Talk talk = talk_of(flows);
  talk.start("pay");
  CHECK(talk.wait(5 * minute) == Replies{"utter_after"});
  talk.start("pay");
  talk.start("paid");
  CHECK(talk.wait(6 * minute).empty());
  talk.start("cart");
  talk.start("paid");
  CHECK(talk.wait(6 * minute).empty());
  talk.start("pay");
  talk.start("pay");  // One of a name at a time.
  CHECK(talk.wait(6 * minute) == Replies{"utter_after"});
}

TEST_CASE("silence after a question is answered so many times") {
  const Loaded loaded =
      load_bot_from({{"bot.yml", "name: small\nlanguage: en\nsilence: {timeout_s: 60, times: 2}\n"},
                     {"domain.yml", domain},
                     {"flows/all.yml", "flows:\n" + flow("ask", R"(
      - collect: kind
      - say: utter_a
)")}});
  REQUIRE(loaded.bot);
  Talk talk(loaded.bot);
  talk.start("ask");
  CHECK(talk.wait(minute) == Replies{"utter_user_silence", "utter_ask_kind"});
  CHECK(talk.wait(minute) == Replies{"utter_user_silence", "utter_ask_kind"});
  CHECK(talk.wait(10 * minute).empty());
  CHECK(talk.set("kind", "x") == Replies{"utter_a"});
  CHECK(talk.wait(10 * minute).empty());
}

TEST_CASE("a slot's validation holds wherever the value comes from") {
  const std::string flows = flow("sign_up", R"(
      - collect: email
      - collect: kind
      - say: utter_a
)") + flow("other", R"(
      - collect: size
      - say: utter_b
)");
  Talk asked = talk_of(flows);
  asked.start("sign_up");
  CHECK(asked.set("email", "nobody") == Replies{"utter_no_email", "utter_ask_email"});
  CHECK(asked.set("email", "a@b.example") == Replies{"utter_ask_kind"});
  CHECK(asked.say({command::CorrectSlot{"email", "wrong", "entity"}}) ==
        Replies{"utter_no_email", "utter_ask_kind"});
  CHECK(asked.slot("email") == "\"a@b.example\"");
  Talk elsewhere = talk_of(flows);
  elsewhere.start("other");
  CHECK(elsewhere.set("email", "nobody") == Replies{"utter_no_email", "utter_ask_email"});
  CHECK(elsewhere.set("email", "a@b.example") == Replies{"utter_ask_size"});
  CHECK(elsewhere.set("size", "M") == Replies{"utter_b"});
}

TEST_CASE("of several sleeping flows the customer chooses which goes on") {
  const std::string flows = flow("one", R"(
      - collect: kind
      - say: utter_a
)") + flow("two", R"(
      - collect: size
      - say: utter_b
)") + flow("three", R"(
      - collect: count
      - say: utter_after
)");
  const auto three_deep = [&] {
    Talk talk = talk_of(flows);
    talk.start("one");
    talk.start("two");
    talk.start("three");
    CHECK(talk.set("count", 1) == Replies{"utter_after", "utter_ask_resume"});
    REQUIRE(talk.last.buttons.size() == 3);
    CHECK(talk.last.buttons[0].title == "two");
    CHECK(talk.last.buttons[1].payload == "/flow{\"name\":\"one\"}");
    return talk;
  };
  Talk chosen = three_deep();
  CHECK(chosen.start("one") == Replies{"utter_ask_kind"});
  CHECK(chosen.set("kind", "x") ==
        Replies{"utter_a", "utter_continue_interrupted", "utter_ask_size"});
  Talk none = three_deep();
  CHECK(none.say({command::CancelFlow{}}) == Replies{"utter_flow_cancelled"});
  CHECK(none.conversation.stack.empty());
}

TEST_CASE("an answer taken back by a button leads back to its question") {
  Talk talk = talk_of(flow("order", R"(
      - collect: price
      - collect: count
      - collect: kind
      - say: utter_after
)"));
  talk.start("order");
  talk.set("price", 2);
  talk.set("count", 3);
  CHECK(talk.say({command::SetSlot{"price", nullptr, "payload"}}) ==
        Replies{"utter_correction", "utter_ask_price"});
  CHECK(talk.set("price", 4) == Replies{"utter_ask_kind"});
}

TEST_CASE("what is said of a flow before it is cancelled goes with it") {
  Talk talk = talk_of(flow("order", R"(
      - collect: price
      - collect: count
)"));
  talk.start("order");
  talk.say({command::SetSlot{"price", 5, "text"}, command::CancelFlow{}});
  CHECK(talk.slot("price") == "-");
  CHECK(talk.start("order") == Replies{"utter_ask_price"});
}

TEST_CASE("the question of a validation can be left") {
  Talk talk = talk_of(flow("other", R"(
      - collect: size
      - say: utter_b
)"));
  talk.start("other");
  talk.set("email", "nobody");
  CHECK(talk.say({command::CancelFlow{}}) == Replies{"utter_flow_cancelled"});
  CHECK(talk.stack().empty());
  CHECK(talk.say({command::SetSlot{"email", "nobody", "payload"}}) ==
        Replies{"utter_no_email", "utter_ask_email"});
  CHECK(talk.say({command::CancelFlow{}}) == Replies{"utter_flow_cancelled"});
  talk.say({command::SetSlot{"email", "nobody", "payload"}});
  talk.set("email", "a@b.example");  // It is for whatever comes.
  CHECK(talk.slot("email") == "\"a@b.example\"");
}

TEST_CASE("a list that is corrected is gone through anew") {
  Talk talk = talk_of(flow("each", R"(
      - collect: kind
      - set:
          items: split(slots.kind, ",")
      - foreach: items
        as: item
        do:
          - collect: size
          - say: utter_line
      - say: utter_after
)"));
  talk.start("each");
  talk.set("kind", "a,b");
  CHECK(talk.set("size", "M") == Replies{"utter_line", "utter_ask_size"});
  CHECK(talk.say({command::CorrectSlot{"kind", "c,d", "text"}}).front() == "utter_correction");
  talk.say({command::SetSlot{"size", "S", "text"}});
  CHECK(talk.last.text == "Size of d?");
}

TEST_CASE("a flow whose guard does not hold is not offered") {
  Talk talk = talk_of(flow("one", R"(
      - say: utter_a
)") + "  two:\n    description: d\n    if: slots.kind is \"x\"\n    nlu_trigger: [intent: two]\n"
      "    steps:\n      - say: utter_b\n");
  talk.say({command::Clarify{{"two", "one"}}});
  REQUIRE(talk.last.buttons.size() == 1);
  CHECK(talk.last.buttons[0].title == "one");
}

TEST_CASE("a correction leads to the question that was passed, not to another for the slot") {
  Talk talk = talk_of(flow("choose", R"(
      - collect: size
        next:
          - if: slots.size is "S"
            then:
              - collect: kind
                utter: utter_a
                next: last
          - else:
              - collect: kind
                utter: utter_b
                next: last
      - id: last
        collect: price
      - say: utter_after
)"));
  talk.start("choose");
  talk.set("size", "L");
  talk.set("kind", "x");
  CHECK(talk.say({command::CorrectSlot{"kind", "y", "text"}}) ==
        Replies{"utter_correction", "utter_ask_price"});
  CHECK(talk.conversation.stack.back().way ==
        std::vector<std::string>{"0_collect", "2_collect", "last"});
}

TEST_CASE("a question that insists hears the call for a person, also as a flow of the bot's") {
  const std::string flows = flow("ask", R"(
      - collect: kind
        force_slot_filling: true
)") + flow("talk_to_person", R"(
      - say: utter_a
      - handover: true
)") + flow("other", R"(
      - say: utter_b
)");
  Talk talk = talk_of(flows);
  talk.start("ask");
  CHECK(talk.start("other") == Replies{"utter_invalid_text", "utter_ask_kind"});
  CHECK(talk.start("talk_to_person") == Replies{"utter_a"});
  CHECK(talk.conversation.handover == event::HandoverChanged::State::requested);
}

TEST_CASE("out of the desk's hours nobody is asked for, and the flow goes on") {
  const auto talk_at = [](const std::string& settings) {
    const Loaded loaded = load_bot_from(
        {{"bot.yml",
          "name: small\nhours: {never: {}, always: {monday: \"00:00-24:00\", tuesday: "
          "\"00:00-24:00\", wednesday: \"00:00-24:00\", thursday: \"00:00-24:00\", "
          "friday: \"00:00-24:00\", saturday: \"00:00-24:00\", sunday: "
          "\"00:00-24:00\"}}\n" +
              settings},
         {"domain.yml", domain},
         {"flows/all.yml", "flows:\n" + flow("complain", R"(
      - handover: complaints
      - say: utter_after
)")}});
    REQUIRE(loaded.bot);
    Talk talk(loaded.bot);
    const Replies replies = talk.start("complain");
    return replies;
  };
  const Replies asked{"utter_handover_requested"};
  const Replies closed{"utter_handover_out_of_hours", "utter_after"};
  CHECK(talk_at("") == asked);
  CHECK(talk_at("handover: {hours: never}\n") == closed);
  CHECK(talk_at("handover: {hours: never, queues: {complaints: {hours: always}}}\n") == asked);
  CHECK(talk_at("handover: {queues: {complaints: {hours: never}}}\n") == closed);
}

TEST_CASE("a flow that asked for a person goes on when nobody comes, and ends when somebody does") {
  const std::string flows = flow("complain", R"(
      - collect: kind
      - call: inner
      - say: utter_after
)") + flow("inner", R"(
      - handover: {queue: complaints, timeout_s: 60}
      - say: utter_a
        next: END
)") + flow("other", R"(
      - say: utter_b
)");
  Talk talk = talk_of(flows);
  talk.start("complain");
  CHECK(talk.set("kind", "big") == Replies{"utter_handover_requested"});
  CHECK(talk.stack().empty());
  CHECK(talk.count("flow_ended") == 0);
  CHECK(talk.conversation.handover_about.at("flow") == "complain");
  CHECK(talk.conversation.handover_about.at("slots").at("kind") == "big");

  SECTION("nobody comes") {
    CHECK(talk.start("other").front() == "utter_b");  // The bot goes on meanwhile.
    const Replies replies = talk.wait(60'000);
    CHECK(Replies(replies.begin(), replies.begin() + 3) ==
          Replies{"utter_handover_closed", "utter_a", "utter_after"});
    CHECK(talk.conversation.parked.empty());
    CHECK(talk.slot("kind") == "-");
    CHECK(talk.conversation.handover_about.empty());
  }
  SECTION("somebody comes, and goes") {
    talk.give(input::PersonAccepted{"Ben"});
    CHECK(talk.wait(60'000).empty());
    CHECK(talk.slot("kind") == "\"big\"");
    CHECK(talk.give(input::PersonReleased{"Ben"}) == Replies{"utter_handover_ended"});
    CHECK(talk.conversation.parked.empty());
    CHECK(talk.stack().empty());
    CHECK(talk.slot("kind") == "-");
    CHECK(talk.wait(3'600'000).empty());
  }
  SECTION("the customer starts over") {
    talk.say({command::Restart{}});
    CHECK(talk.conversation.parked.empty());
    CHECK(talk.wait(60'000) == Replies{"utter_handover_closed"});
  }
  SECTION("it is asked for twice") {
    talk.start("complain");
    talk.set("kind", "big");
    CHECK(talk.conversation.parked.size() == 1);
  }
}

TEST_CASE("where no more can wait nobody is asked for, and the flow goes on") {
  Talk talk = talk_of(flow("complain", R"(
      - handover: complaints
      - say: utter_after
)"));
  talk.limits.full_queues = {"complaints"};
  const Replies replies = talk.start("complain");
  CHECK(Replies(replies.begin(), replies.begin() + 2) ==
        Replies{"utter_handover_full", "utter_after"});
  CHECK(talk.count("handover_changed") == 0);
  talk.limits.full_queues = {"other"};
  CHECK(talk.start("complain") == Replies{"utter_handover_requested"});
  talk.limits.full_queues = {"complaints"};  // With this one, perhaps: it waits already.
  CHECK(talk.start("complain") == Replies{"utter_handover_requested"});
}

TEST_CASE("where no wording fits to ask which flow goes on, the last one does") {
  std::string one_channel = domain;
  one_channel += "  utter_ask_resume: [{text: \"Which?\", channel: rest}]\n";
  Talk talk(bot_of(one_channel, "flows:\n" + flow("one", R"(
      - collect: kind
      - say: utter_a
)") + flow("two", R"(
      - collect: size
      - say: utter_b
)") + flow("three", R"(
      - say: utter_after
)")));
  talk.start("one");
  talk.start("two");
  CHECK(talk.start("three") ==
        Replies{"utter_after", "utter_continue_interrupted", "utter_ask_size"});
}

TEST_CASE(
    "what a called flow asks is asked for each item of a list, and a loop that is left begins "
    "anew") {
  Talk talk = talk_of(flow("each", R"(
      - set:
          items: split("a,b", ",")
      - id: all
        foreach: items
        as: item
        do:
          - call: ask_size
          - noop: true
            next:
              - if: slots.size is "again"
                then: restart
              - else:
                  - say: utter_line
      - say: utter_after
        next: END
      - id: restart
        set_slots:
          - size: null
        next: all
)") + "  ask_size:\n    description: d\n    if: false\n    steps:\n      - collect: size\n");
  CHECK(talk.start("each") == Replies{"utter_ask_size"});
  CHECK(talk.set("size", "M") == Replies{"utter_line", "utter_ask_size"});
  CHECK(talk.last.text == "Size of b?");
  talk.set("size", "again");
  CHECK(talk.last.text.starts_with("Size of a?"));
}

TEST_CASE("what is set is bounded, in size and in depth") {
  Talk talk = talk_of(flow("grow", R"(
      - set:
          items: append(append(slots.kind, slots.items), 1)
      - say: utter_a
)"));
  for (int i = 0; i < 30; ++i) talk.start("grow");  // talk.h reads every snapshot again.
  std::string long_text(40'000, 'x');
  CHECK(bounded(json::value(long_text)) == json::value(long_text));
  CHECK(bounded(json::array{long_text, long_text}).is_null());
  json::value deep = 1;
  for (int i = 0; i < 40; ++i) deep = json::array{deep};
  CHECK(bounded(deep).is_null());
}

TEST_CASE("many things that happen without the customer leave the last replies only") {
  Talk talk = talk_of(flow("news", R"(
      - say: utter_a
)"));
  std::set<std::string> ids;
  for (int i = 0; i < 70; ++i) {
    talk.give(input::Happened{"", nullptr, "news", {}});
    CHECK(ids.insert(talk.last.id).second);
  }
  CHECK(talk.conversation.last_replies.size() == 20);
  CHECK(talk.say({command::Repeat{}}).size() == 20);
  CHECK(talk.count("failed") == 0);
}

TEST_CASE("an event ends no session while a person has the conversation") {
  Talk talk = talk_of(flow("news", R"(
      - say: utter_a
)"));
  talk.say({command::HumanHandover{}});
  talk.give(input::PersonAccepted{"Ada"});
  talk.now += 3 * 60 * minute;
  talk.give(input::Happened{"", nullptr, "news", {}});
  CHECK(talk.count("session_ended") == 0);
}

TEST_CASE("a flow that the business begins twice runs once") {
  Talk talk = talk_of(flow("survey", R"(
      - collect: kind
      - say: utter_a
)"));
  talk.give(input::Happened{"", nullptr, "survey", {}});
  talk.give(input::Happened{"", nullptr, "survey", {}});
  CHECK(talk.stack() == "survey");
  talk.give(input::Happened{"", nullptr, "nothing", {{"kind", "x"}}});
  CHECK(talk.slot("kind") == "-");
}

TEST_CASE("feedback asks for a rating, and for words where it is wanted") {
  Talk talk = talk_of(flow("rate", R"(
      - feedback: {scale: 3, comment: true}
      - say: utter_after
)"));
  CHECK(talk.start("rate") == Replies{"utter_ask_feedback_rating"});
  CHECK(talk.set("feedback_rating", 4) ==
        Replies{"utter_invalid_rating", "utter_ask_feedback_rating"});
  CHECK(talk.set("feedback_rating", 3) == Replies{"utter_ask_feedback_comment"});
  CHECK(talk.set("feedback_comment", "good") == Replies{"utter_after"});
  const auto given = std::find_if(talk.log.begin(), talk.log.end(), [](const Event& one) {
    return std::holds_alternative<event::FeedbackGiven>(one.body);
  });
  REQUIRE(given != talk.log.end());
  CHECK(std::get<event::FeedbackGiven>(given->body).rating == 3);
  CHECK(std::get<event::FeedbackGiven>(given->body).comment == "good");
}

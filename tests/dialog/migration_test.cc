#include "dialog/migration.h"

#include <algorithm>

#include "tests/dialog/talk.h"

using namespace dialog;

namespace {

const std::string domain = R"(
slots:
  number: {type: text}
  size: {type: text}
  count: {type: float}
responses:
  utter_ask_number: [{text: "Which order?"}]
  utter_ask_size: [{text: "Which size?"}]
  utter_ask_count: [{text: "How many?"}]
  utter_done: [{text: "Done."}]
  utter_bye: [{text: "Bye."}]
)";

BotPtr version(const std::string& flows, const std::string& migrations = "",
               const std::string& words = domain) {
  const Loaded loaded = load_bot_from({{"bot.yml", "name: small\n"},
                                       {"domain.yml", words},
                                       {"flows/all.yml", flows},
                                       {"migrations.yml", migrations}});
  for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
  REQUIRE(loaded.bot);
  return loaded.bot;
}

const std::string first = R"(
flows:
  order:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - collect: number
      - collect: size
      - action: utter_done
)";

using Replies = Talk::Replies;

}  // namespace

TEST_CASE("what a conversation stands at is found again, though steps were put before it") {
  Talk talk(version(first));
  talk.start("order");
  CHECK(talk.set("number", "10423") == Replies{"utter_ask_size"});
  talk.use(version(R"(
flows:
  order:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - collect: number
      - collect: count
      - collect: size
      - action: utter_done
)"));
  CHECK(talk.set("size", "M") == Replies{"utter_done", "utter_completed"});
  CHECK(talk.count("version_changed") == 1);
  CHECK(talk.say({command::Repeat{}}).size() == 2);
  CHECK(talk.count("version_changed") == 1);
}

TEST_CASE("where what was asked is asked no more, the conversation starts anew and says so") {
  Talk talk(version(first));
  talk.start("order");
  talk.set("number", "10423");
  talk.use(version(R"(
flows:
  order:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - collect: number
      - collect: count
      - action: utter_done
)"));
  CHECK(talk.set("size", "M") == Replies{"utter_code_changed"});
  CHECK(talk.stack() == "");
  CHECK(talk.slot("number") == "-");
}

TEST_CASE("a step of the same id that asks no more is no place to stand at") {
  const auto flow = [](const std::string& step) {
    return "flows:\n  order:\n    description: d\n    nlu_trigger: [intent: go]\n    steps:\n" +
           ("      - id: ask\n        " + step) + "\n      - collect: count\n";
  };
  Talk talk(version(flow("collect: size")));
  CHECK(talk.start("order") == Replies{"utter_ask_size"});
  talk.use(version(flow("action: utter_done")));
  CHECK(talk.set("size", "M") == Replies{"utter_code_changed"});
  CHECK(talk.stack() == "");
}

TEST_CASE("flows, steps and slots of other names are found by migrations.yml, over several") {
  const std::string renamed = R"(
flows:
  place_order:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - collect: order_number
        id: which
      - collect: size
        id: how_large
      - action: utter_done
        next:
          - if: slots.order_number is "10423"
            then: END
          - else:
              - action: utter_bye
                next: END
)";
  std::string named = domain + "  utter_ask_order_number: Which?\n";
  named.replace(named.find("  number:"), 9, "  order_number:");
  Talk talk(version(first));
  talk.start("order");
  talk.set("number", "10423");
  talk.use(version(renamed, R"(
flows: {order: buy, buy: place_order}
slots: {number: order_number}
)",
                   named));
  CHECK(talk.set("size", "M") == Replies{"utter_done", "utter_completed"});
  CHECK(talk.slot("number") == "-");
  CHECK(talk.count("failed") == 0);
}

TEST_CASE("steps are found by the names that migrations.yml gives them") {
  const auto flow = [](const std::string& id) {
    return "flows:\n  wait_for_it:\n    description: d\n    nlu_trigger: [intent: go]\n    "
           "steps:\n      - say: utter_done\n      "
           "- "
           "wait: {event: arrived}\n        id: " +
           id + "\n      - say: utter_bye\n";
  };
  const auto woken_by = [&](const std::string& migrations) {
    Talk talk(version(flow("on_the_way")));
    talk.start("wait_for_it");
    talk.use(version(flow("in_transit"), migrations));
    return talk.give(input::Happened{"arrived", nullptr, "", {}});
  };
  CHECK(woken_by("steps: {wait_for_it: {on_the_way: in_transit}}\n") ==
        Replies{"utter_bye", "utter_completed"});
  CHECK(woken_by("") == Replies{});
}

TEST_CASE("a caller goes on where it calls, and values go where slots of their kind are") {
  const std::string callers = R"(
flows:
  outer:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - call: inner
      - action: utter_done
  inner:
    description: d
    if: false
    steps:
      - collect: number
)";
  Talk talk(version(callers));
  talk.start("outer");
  talk.say({command::SetSlot{"size", "M", "text"}});
  std::string numbers = domain;
  numbers.replace(numbers.find("size: {type: text}"), 18, "size: {type: bool}");
  std::string more = callers;
  more.replace(more.find("      - call: inner"), 19,
               "      - action: utter_bye\n      - call: inner");
  talk.use(version(more, "", numbers));
  CHECK(talk.set("number", "1") == Replies{"utter_done", "utter_completed"});
  CHECK(talk.slot("size") == "-");  // "M" is no bool.
}

TEST_CASE("nobody comes, and what the customer did meanwhile is gone: no flow is left behind") {
  const std::string help = R"(
  help:
    description: d
    nlu_trigger: [intent: go]
    steps:
      - handover: desk
      - action: utter_bye
)";
  Talk talk(version(first + help));
  talk.start("help");
  CHECK(talk.start("order") == Replies{"utter_ask_number"});
  CHECK(talk.conversation.parked.size() == 1);
  talk.use(version("flows:\n" + help));
  const auto& timers = talk.conversation.timers;
  const auto timer = std::find_if(timers.begin(), timers.end(),
                                  [](const auto& one) { return one.second.first == "handover"; });
  REQUIRE(timer != timers.end());
  CHECK(talk.give(input::TimerFired{timer->first}) ==
        Replies{"utter_handover_closed", "utter_code_changed"});
  CHECK(talk.conversation.parked.empty());
  CHECK(talk.stack() == "");
}

TEST_CASE("a conversation of this version, or of none, changes nothing") {
  const BotPtr bot = version(first);
  Conversation fresh;
  CHECK_FALSE(migrate(*bot, fresh));
  fresh.bot_version = bot->version;
  CHECK_FALSE(migrate(*bot, fresh));
  fresh.bot_version = "another";
  const auto changed = migrate(*bot, fresh);
  REQUIRE(changed);
  CHECK(changed->from == "another");
  CHECK(changed->to == bot->version);
}

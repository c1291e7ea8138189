#include "dialog/replay.h"

#include <catch2/catch.hpp>

#include "dialog/explain.h"
#include "tests/dialog/talk.h"

namespace dialog {
namespace {

const std::string domain =
    "slots:\n"
    "  order: {type: text}\n"
    "  state: {type: text}\n"
    "  total: {type: float}\n"
    "  sure: {type: bool}\n"
    "responses:\n"
    "  utter_ask_order: [{text: \"Which order?\"}]\n"
    "  utter_ask_sure: [{text: \"Sure, {order}?\"}]\n"
    "  utter_bad: [{text: No such order}]\n"
    "  utter_done: [{text: Done}, {text: All done}]\n"
    "  utter_nothing: [{text: \"Nothing done with {order}\"}]\n";

const std::string flows =
    "flows:\n"
    "  back:\n"
    "    description: Send back\n"
    "    if: context.channel is not \"rest\"\n"
    "    nlu_trigger: [{intent: back}]\n"
    "    steps:\n"
    "      - collect: order\n"
    "        rejections:\n"
    "          - if: slots.order is \"0\"\n"
    "            utter: utter_bad\n"
    "      - http:\n"
    "          get: /orders/{order}\n"
    "          result: {state: \"$.order.items[1].state\", total: $.order.total}\n"
    "          on_error: broken\n"
    "        next:\n"
    "          - if: slots.total > 100\n"
    "            then: broken\n"
    "          - else: sure\n"
    "      - id: sure\n"
    "        collect: sure\n"
    "        next:\n"
    "          - if: slots.sure\n"
    "            then:\n"
    "              - say: utter_done\n"
    "                next: END\n"
    "          - else: broken\n"
    "      - id: broken\n"
    "        say: utter_nothing\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// Asks, is refused once, gets an answer from the backend, and says no.
Talk talked(const BotPtr& bot) {
  Talk talk(bot);
  talk.start("back");
  talk.set("order", "0");
  talk.set("order", "7");
  talk.returns(200, R"({"order": {"items": [{}, {"state": "sent"}], "total": 59.9}})");
  talk.set("sure", "maybe");  // Of the wrong kind: the engine itself adds a command.
  talk.set("sure", true);
  return talk;
}

std::vector<Difference> all_differences(const Replayed& replayed, bool exactly) {
  std::vector<Difference> all;
  for (const ReplayedTurn& turn : replayed.turns) {
    for (Difference& one : differences(turn, exactly)) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

TEST_CASE("done again with the same flows, a conversation has the same events to the byte") {
  const BotPtr bot = bot_of(domain, flows);
  Talk talk = talked(bot);
  talk.start("back");
  talk.set("order", "8");
  talk.returns(500);
  talk.wait(2 * 3600 * 1000);  // The session ends.
  talk.start("back");
  talk.set("order", "9");
  talk.returns(200, "no JSON");
  talk.start("back");
  talk.set("order", "9");
  talk.returns(200, "{}");
  talk.give(input::FeedbackGiven{"f1", 2, 4, "fine"});
  talk.give(input::PersonWrote{"Ann", "I take over"});
  talk.say({}, "thank you");
  talk.give(input::PersonReleased{"Ann"});
  talk.wait(3 * 3600 * 1000);
  const auto replayed = replay(*bot, talk.log);
  REQUIRE(replayed);
  CHECK(is_same_version(talk.log, *bot, nullptr));
  CHECK(replayed->turns_left == 0);
  std::vector<Event> now;
  for (const ReplayedTurn& turn : replayed->turns) {
    for (const Difference& one : differences(turn, true)) {
      UNSCOPED_INFO(turn.turn << ": " << one.was << " → " << one.now);
    }
    CHECK(differences(turn, true).empty());
    CHECK(turn.was.size() == turn.now.size());
    now.insert(now.end(), turn.now.begin(), turn.now.end());
  }
  REQUIRE(now.size() == talk.log.size());
  for (std::size_t i = 0; i < now.size(); ++i) CHECK(encode(now[i]) == encode(talk.log[i]));
}

TEST_CASE("what an action server answered, and what happened elsewhere, is done again, too") {
  const Loaded loaded = load_bot_from(
      {{"bot.yml", "name: small\naction_endpoint: {url: \"http://127.0.0.1:1/webhook\"}\n"},
       {"domain.yml", domain + "actions: [action_look]\n"},
       {"flows/all.yml",
        "flows:\n  look:\n    description: d\n    nlu_trigger: [{intent: look}]\n    steps:\n"
        "      - action: action_look\n      - say: utter_done\n      - wait: {event: paid, "
        "result: {state: $.by}}\n      - feedback: true\n  news:\n    description: d\n    if: "
        "false\n    steps:\n      - say: utter_nothing\n"}});
  REQUIRE(loaded.bot);
  Talk talk(loaded.bot);
  talk.start("look");
  talk.returns(200,
               R"({"responses": [{"text": "Found.", "buttons": [{"title": "A", "payload": "/a"}]}],
                        "events": [{"event": "slot", "name": "state", "value": "x"}]})");
  talk.give(input::Happened{"", nullptr, "news", {{"order", "8"}}});
  talk.give(input::Happened{"paid", json::object{{"by", "card"}}, "", {}});
  talk.set("feedback_rating", 4);
  const auto replayed = replay(*loaded.bot, talk.log);
  REQUIRE(replayed);
  CHECK(replayed->turns_left == 0);
  std::vector<Event> now;
  for (const ReplayedTurn& turn : replayed->turns) {
    now.insert(now.end(), turn.now.begin(), turn.now.end());
  }
  REQUIRE(now.size() == talk.log.size());
  for (std::size_t i = 0; i < now.size(); ++i) CHECK(encode(now[i]) == encode(talk.log[i]));
}

TEST_CASE("another wording's name is a changed reply, in its turn alone") {
  const Talk talk = talked(bot_of(domain, flows));
  const BotPtr other = bot_of(domain, replaced(flows, "- say: utter_done", "- say: utter_nothing"));
  const auto replayed = replay(*other, talk.log);
  REQUIRE(replayed);
  const auto all = all_differences(*replayed, false);
  REQUIRE(all.size() == 1);
  CHECK(all[0].kind == DifferenceKind::reply);
  CHECK(all[0].was == "utter_done");
  CHECK(all[0].now == "utter_nothing order=\"7\"");
  CHECK(all[0].alike == "utter_done → utter_nothing");
  CHECK(replayed->turns_left == 0);
}

TEST_CASE("a rendered text is not compared, an argument is") {
  const Talk talk = talked(bot_of(domain, flows));
  const BotPtr text = bot_of(replaced(domain, "Which order?", "Its number?"), flows);
  CHECK(all_differences(*replay(*text, talk.log), false).empty());
  CHECK_FALSE(is_same_version(talk.log, *text, nullptr));
  const BotPtr argument = bot_of(replaced(domain, "Sure, {order}?", "Sure?"), flows);
  const auto all = all_differences(*replay(*argument, talk.log), false);
  REQUIRE(all.size() == 2);  // It is asked again after an answer of the wrong kind.
  CHECK(all[0].was == "utter_ask_sure order=\"7\"");
  CHECK(all[0].now == "utter_ask_sure");
}

TEST_CASE("a step written before others changes the path where it is passed, and nothing else") {
  const Talk talk = talked(bot_of(domain, flows));
  const BotPtr other = bot_of(
      domain, replaced(flows, "      - http:\n", "      - say: utter_nothing\n      - http:\n"));
  const auto replayed = replay(*other, talk.log);
  REQUIRE(replayed);
  const auto all = all_differences(*replayed, false);
  REQUIRE(all.size() == 2);
  CHECK(all[0].kind == DifferenceKind::path);
  CHECK(all[0].was == "nothing");
  CHECK(all[0].now == "say");
  CHECK(all[1].kind == DifferenceKind::reply);
  CHECK(replayed->turns_left == 0);
}

TEST_CASE("after a turn that ends at another question the rest is not judged") {
  const Talk talk = talked(bot_of(domain, flows));
  const BotPtr other = bot_of(domain, replaced(flows, "slots.total > 100", "slots.total > 10"));
  const auto replayed = replay(*other, talk.log);
  REQUIRE(replayed);
  const auto all = all_differences(*replayed, false);
  REQUIRE_FALSE(all.empty());
  CHECK(all.front().kind == DifferenceKind::slots);  // They are reset as the flow ends.
  CHECK(replayed->turns.back().turn == 3);
  CHECK(replayed->turns_left == 2);
}

TEST_CASE("events that are not a whole conversation are refused") {
  const BotPtr bot = bot_of(domain, flows);
  const Talk talk = talked(bot);
  CHECK_FALSE(replay(*bot, {}));
  CHECK_FALSE(replay(*bot, std::span(talk.log).subspan(1)));
  std::vector<Event> torn = talk.log;
  torn.erase(torn.begin() + 5);
  CHECK(replay(*bot, torn).error().message == "event 6 is missing");
}

TEST_CASE("an explanation has conditions with their values, steps, calls, slots and replies") {
  const BotPtr bot = bot_of(domain, flows);
  const Talk talk = talked(bot);
  const auto told = explain(talk.log, {3, bot.get()});
  REQUIRE(told);
  const std::string text = explained_text(*told);
  INFO(text);
  CHECK(text.find("turn 3, 2023-11-14 22:13:20: \"…\"\n"
                  "  command     {\"set_slot\":{\"order\":\"7\"}}\n"
                  "  slot        order: nothing → \"7\" (by text)\n"
                  "  condition   rejection slots.order is \"0\" → no   [slots.order = \"7\"]\n"
                  "  step        back.1_http   (flows/all.yml:11)\n"
                  "  call        GET /orders/7\n"
                  "  answer      answered 200 after 0 ms\n"
                  "  slot        state: nothing → \"sent\" (by action)\n") != std::string::npos);
  CHECK(text.find("  condition   if slots.total > 100 → no   [slots.total = 59.9]\n"
                  "  condition   else: sure\n"
                  "  step        back.sure   (flows/all.yml:19)\n"
                  "  reply       utter_ask_sure \"Sure, 7?\"\n"
                  "  ask         sure\n") != std::string::npos);
  const auto refused = explain(talk.log, {2, bot.get()});
  REQUIRE(refused);
  CHECK(
      explained_text(*refused).find("  condition   rejection slots.order is \"0\" → yes: utter_bad"
                                    "   [slots.order = \"0\"]\n") != std::string::npos);
  const auto begun = explain(talk.log, {1, bot.get()});
  REQUIRE(begun);
  CHECK(explained_text(*begun).find("  condition   guard context.channel is not \"rest\" → yes   "
                                    "[context.channel = \"web\"]\n") != std::string::npos);
}

TEST_CASE("without the flows, or with others, an explanation says why it has no conditions") {
  const BotPtr bot = bot_of(domain, flows);
  const Talk talk = talked(bot);
  const auto bare = explain(talk.log, {});
  REQUIRE(bare);
  CHECK(bare->at("turns").as_array().size() == 6);  // The opening, too
  CHECK(explained_text(*bare).find("condition  ") == std::string::npos);
  CHECK(
      explained_text(*bare).find("(conditions are not shown, as the flows are not known: name the "
                                 "bot's folder with --bot)") != std::string::npos);
  const BotPtr other = bot_of(domain, replaced(flows, "slots.total > 100", "slots.total > 10"));
  const auto wrong = explain(talk.log, {3, other.get()});
  REQUIRE(wrong);
  CHECK(explained_text(*wrong).find("as these flows, of another version, do not lead there") !=
        std::string::npos);
  CHECK(explain(talk.log, {9, nullptr}).error().message == "it has no turn 9: its last is 5");
}

TEST_CASE("a trace changes nothing that a turn leads to") {
  const BotPtr bot = bot_of(domain, flows);
  Conversation conversation;
  Talk talk(bot);
  const Input input = input::Said{"m", "c", 1, "…", "", {}, "", {}, {command::StartFlow{"back"}}};
  Trace trace;
  const Advance with = advance_traced(*bot, talk.conversation, input, talk.now, trace);
  const Advance without = advance(*bot, talk.conversation, input, talk.now);
  REQUIRE(with.events.size() == without.events.size());
  for (std::size_t i = 0; i < with.events.size(); ++i) {
    CHECK(encode(with.events[i]) == encode(without.events[i]));
  }
  REQUIRE(trace.judged.size() == 1);
  CHECK(trace.judged[0].kind == Judged::Kind::guard);
}

}  // namespace dialog

#include "dialog/script_write.h"

#include <catch2/catch.hpp>

#include "dialog/judge.h"
#include "tests/dialog/by_heart.h"

using namespace dialog;

namespace {

Script read(const std::string& text) {
  INFO(text);
  nlu::Diagnostics diagnostics;
  const auto file = nlu::parse_yaml(text, "new.yml");
  REQUIRE(std::holds_alternative<nlu::Yaml>(file));
  const std::vector<Script> scripts = read_script(std::get<nlu::Yaml>(file), diagnostics);
  for (const nlu::Diagnostic& one : diagnostics) FAIL(to_string(one));
  REQUIRE(scripts.size() == 1);
  return scripts.front();
}

std::string report_of(const Bot& bot, const std::string& text) {
  const ByHeart interpreter(bot);
  const auto failure = rehearse(bot, &interpreter, read(text));
  return failure ? failure->report : "fine";
}

// All events of a talk that is played from a script.
std::vector<Event> events_of(const std::string& text) {
  const Script script = read(text);
  const ByHeart interpreter(*parcels());
  Rehearsal talk(*parcels(), &interpreter, script.language, script.now, script.seed);
  std::vector<Event> events;
  talk.observe([&](const Conversation&, const Event& event) { events.push_back(event); });
  for (const Line& line : script.lines) talk.play(line);
  return events;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what is written is read as it was, whatever the customer wrote") {
  Recorded recorded;
  recorded.notes = {"A note\nof two lines"};
  recorded.script.language = "zh";
  recorded.script.seed = 5;
  recorded.script.now = rehearsal_begins + 1234;
  for (const char* text : {"10423", "yes", "it's: a # b", "- \"x\"\n\\", "我的包裹", " a ", "null",
                           "{a: b}", "what, now?", "is it?"}) {
    Line line;
    line.text = text;
    recorded.script.lines.push_back(line);
    recorded.replies.push_back({"utter_a", "utter_b"});
  }
  const std::string text = to_yaml(recorded);
  INFO(text);
  CHECK(text.starts_with("# A note of two lines\n"));
  const Script again = read(text);
  Recorded odd;
  odd.script.lines.emplace_back().text = "a\x01\xC2\x9B b";
  odd.replies.emplace_back();
  CHECK(read(to_yaml(odd)).lines.front().text == "a   b");
  CHECK(again.language == "zh");
  CHECK(again.seed == 5);
  CHECK(again.now == recorded.script.now);
  REQUIRE(again.lines.size() == recorded.script.lines.size());
  for (std::size_t i = 0; i < again.lines.size(); ++i)
    CHECK(again.lines[i].text == recorded.script.lines[i].text);
}

TEST_CASE("a kept conversation becomes a script that goes as it went") {
  const std::vector<Event> events = events_of(
      "language: zh-CN\nscript:\n"
      "- customer: where is my parcel\n- customer: it is 10423\n- silence_s: 90\n"
      "- customer: send 10423 back\n- payload: /SetSlots(reason=broken)\n  customer: broken\n"
      "- attachment: {name: a.png, media_type: image/png}\n- customer: yes please\n"
      "- silence_s: 4000\n- customer: when are you open\n- silence_s: 9000\n");
  const std::string text = to_yaml(script_of(*parcels(), events));
  INFO(text);
  CHECK(report_of(*parcels(), text) == "fine");
  CHECK(has(text, "- opens: true\n    bot: utter_session_start\n"));
  CHECK(has(text, "silence_s: 90\n"));
  CHECK(has(text, "customer: broken\n    payload: \"/SetSlots(reason=broken)\"\n"));
  CHECK(has(text, "It called the backend (2 times)"));
  CHECK(has(text,
            "- when: {get: \"/parcels/10423\"}\n    reply: {status: 200, json: {status: on its "
            "way}}\n"));
  CHECK_FALSE(has(text, "silence_s: 9000"));
  // Its stubs stand in for a backend that is gone.
  Bot alone = *parcels();
  alone.backend = {};
  CHECK(report_of(alone, text) == "fine");
}

TEST_CASE("a request that was answered in two ways is stubbed where it was made") {
  std::vector<Event> events = events_of("- customer: track 10423\n- customer: track 10423\n");
  bool is_second = false;
  for (Event& event : events) {
    auto* finished = std::get_if<event::ActionFinished>(&event.body);
    if (finished && is_second) finished->outcome = "timeout", finished->status = 0;
    if (finished) is_second = true;
  }
  const std::string text = to_yaml(script_of(*parcels(), events));
  INFO(text);
  CHECK_FALSE(has(text, "\nbackend:"));
  CHECK(has(text,
            "      - when: {get: \"/parcels/10423\"}\n        reply: {status: 200, delay_ms: "
            "600000}\n"));
}

TEST_CASE("what no script can play is told on top") {
  std::vector<Event> events = events_of("- customer: track 10423\n");
  const auto add = [&](EventBody body) {
    Event event;
    event.number = events.back().number + 1;
    event.ts = events.back().ts;
    event.body = std::move(body);
    events.push_back(std::move(event));
  };
  add(event::HandoverChanged{event::HandoverChanged::State::accepted, "eve", "", ""});
  add(event::PersonWrote{"p1", "eve", "Hello"});
  event::Uttered uttered;
  uttered.turn = 2;
  uttered.text = "thank you, Eve";
  add(uttered);
  const std::string text = to_yaml(script_of(*parcels(), events));
  INFO(text);
  CHECK(has(text, "# Left out: 1 messages of people of the business and 1 to them.\n"));
  CHECK_FALSE(has(text, "thank you"));
  // A step that today's flows do not have tells nothing of what came back.
  Bot changed = *parcels();
  changed.flows.at("track").steps.clear();
  CHECK(has(to_yaml(script_of(changed, events)),
            "# Not known: what GET /parcels/10423 gave back; complete its stub.\n"));
}

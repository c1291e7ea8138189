#include "dialog/command_text.h"

#include <catch2/catch.hpp>

using namespace dialog;

namespace {

std::string meaning(const std::string& text) {
  const auto command = parse_command(text);
  return command ? nlu::json::serialize(to_json(*command)) : command.error().message;
}

}  // namespace

TEST_CASE("a command is written as a call, as a line or by its name") {
  for (const char* text : {"StartFlow(transfer_money)", "start flow transfer_money",
                           " start_flow transfer_money ", "StartFlow( \"transfer_money\" )"}) {
    INFO(text);
    CHECK(meaning(text) == R"({"start_flow":"transfer_money"})");
  }
  CHECK(meaning("SetSlot(amount, 50)") == R"({"set_slot":{"amount":50}})");
  CHECK(meaning("set slot name Ann Lee") == R"({"set_slot":{"name":"Ann Lee"}})");
  CHECK(meaning("SetSlot(name, \"Lee, Ann\")") == R"({"set_slot":{"name":"Lee, Ann"}})");
  CHECK(meaning("CorrectSlot(name, O'Hara)") == R"({"correct_slot":{"name":"O'Hara"}})");
  CHECK(meaning("SetSlot(tags, [\"a\", \"b\"])") == R"({"set_slot":{"tags":["a","b"]}})");
  for (const char* text : {"CancelFlow()", "CancelFlow", "cancel flow", "cancel_flow"})
    CHECK(meaning(text) == R"({"cancel_flow":null})");
  for (const char* text : {"Clarify(a, b)", "disambiguate flows a b", "clarify a b"})
    CHECK(meaning(text) == R"({"clarify":["a","b"]})");
  for (const char* text : {"ChitChat()", "ChitChatAnswer()", "offtopic", "offtopic reply"})
    CHECK(meaning(text) == R"({"chitchat":null})");
  for (const char* text :
       {"search and reply", "SearchAndReply()", "KnowledgeAnswer()", "provide info"})
    CHECK(meaning(text) == R"({"knowledge_question":null})");
  for (const char* text : {"hand over", "HumanHandoff()", "human_handover"})
    CHECK(meaning(text) == R"({"human_handover":null})");
  for (const char* text : {"skip question", "SkipQuestion()"})
    CHECK(meaning(text) == R"({"skip_question":null})");
  for (const char* text : {"repeat message", "RepeatLastBotMessages()", "repeat"})
    CHECK(meaning(text) == R"({"repeat":null})");
  CHECK(meaning("restart") == R"({"restart":null})");
  CHECK(meaning("CannotHandle(outside)") == R"({"cannot_handle":"outside"})");
}

TEST_CASE("a value keeps what a number would lose") {
  CHECK(meaning("SetSlot(a, 00123)") == R"({"set_slot":{"a":"00123"}})");
  CHECK(meaning("SetSlot(a, '50')") == R"({"set_slot":{"a":"50"}})");
  CHECK(meaning("SetSlot(a, +44)") == R"({"set_slot":{"a":"+44"}})");
  CHECK(meaning("SetSlot(a, true)") == R"({"set_slot":{"a":true}})");
  CHECK(meaning("SetSlot(a, None)") == R"({"set_slot":{"a":null}})");
}

TEST_CASE("what is no command is told with what to write") {
  CHECK(meaning("") == "expected a command, such as StartFlow(a_flow)");
  CHECK(meaning("fly home") == "no command is called 'fly home'");
  CHECK(meaning("strat flow x") ==
        "no command is called 'strat flow x'; did you mean 'start flow'?");
  CHECK(meaning("StartFlow()") == "'start flow' is written as StartFlow(a_flow)");
  CHECK(meaning("SetSlot(amount)") == "'set slot' is written as SetSlot(a_slot, a value)");
  CHECK(meaning("StartFlow(a") == "'StartFlow(a' lacks its ')'");
  CHECK(meaning("cancel flow now") == "'cancel flow' is written as cancel flow");
  CHECK(meaning("Clarify(a, b, c, d, e)") == "clarify: expected 1 to 4 flows");
  const auto several = parse_commands("start flow a\n\nset slot b 1\n");
  REQUIRE(several);
  CHECK(several->size() == 2);
  CHECK_FALSE(parse_commands("start flow a\nfly\n"));
}

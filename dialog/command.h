// Commands: the only way meaning reaches the engine. Rules make them from an interpretation
// (dialog/understand.h), a button carries them, a script states them, a language model may propose
// them; all get the same checks.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace dialog {

namespace command {

struct StartFlow {
  std::string flow;
};
struct SetSlot {
  std::string slot;
  nlu::json::value value;
  std::string by;  // "entity", "text", "intent", "payload", "script", "model"
};
struct CorrectSlot {  // Of a slot that was asked before, or is filled.
  std::string slot;
  nlu::json::value value;
  std::string by;
};
struct CancelFlow {};
struct Clarify {
  std::vector<std::string> flows;  // Likeliest first, 2 to 4.
};
struct ChitChat {};
struct KnowledgeQuestion {};
struct HumanHandover {};
struct SkipQuestion {};
struct Repeat {};
struct Restart {};
struct CannotHandle {
  std::string reason;  // "outside", "unsure", "invalid_answer", "nothing_to_answer"
};

}  // namespace command

using Command =
    std::variant<command::StartFlow, command::SetSlot, command::CorrectSlot, command::CancelFlow,
                 command::Clarify, command::ChitChat, command::KnowledgeQuestion,
                 command::HumanHandover, command::SkipQuestion, command::Repeat, command::Restart,
                 command::CannotHandle>;

// {"start_flow": "transfer_money"}, {"set_slot": {"amount": 50}}, {"cancel_flow": null}, … as in
// scripts and events.
std::string_view command_name(const Command& command);  // "start_flow"
nlu::json::object to_json(const Command& command);
nlu::Result<Command> command_from_json(const nlu::json::value& value);

}  // namespace dialog

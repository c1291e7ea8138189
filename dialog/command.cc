#include "dialog/command.h"

#include <fmt/format.h>

#include "dialog/command_text.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

namespace {

namespace json = nlu::json;
using nlu::Result;

constexpr std::string_view names[] = {
    "start_flow", "set_slot",           "correct_slot",   "cancel_flow",   "clarify",
    "chitchat",   "knowledge_question", "human_handover", "skip_question", "repeat",
    "restart",    "cannot_handle"};
static_assert(std::size(names) == std::variant_size_v<Command>);

constexpr std::size_t flows_limit = 4;

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string().c_str(), value.get_string().size())
                           : std::string();
}

// {"slot": value}: one member exactly.
template <class Set>
Result<Command> read_set(const json::value& value) {
  const json::object* slots = value.if_object();
  if (!slots || slots->size() != 1) return nlu::invalid("expected one slot and its value");
  return Command(Set{std::string(slots->begin()->key()), slots->begin()->value(), "script"});
}

Result<Command> read_clarify(const json::value& value) {
  const json::array* flows = value.if_array();
  if (!flows || flows->empty() || flows->size() > flows_limit) {
    return nlu::invalid("clarify: expected 1 to 4 flows");
  }
  command::Clarify clarify;
  for (const json::value& flow : *flows) {
    if (!flow.is_string()) return nlu::invalid("clarify: expected names of flows");
    clarify.flows.push_back(text_of(flow));
  }
  return Command(std::move(clarify));
}

Result<Command> read_named(std::string_view name, const json::value& value) {
  if (name == "start_flow") {
    if (!value.is_string()) return nlu::invalid("start_flow: expected a flow's id");
    return Command(command::StartFlow{text_of(value)});
  }
  if (name == "set_slot") return read_set<command::SetSlot>(value);
  if (name == "correct_slot") return read_set<command::CorrectSlot>(value);
  if (name == "clarify") return read_clarify(value);
  if (name == "cancel_flow") return Command(command::CancelFlow{});
  if (name == "chitchat") return Command(command::ChitChat{});
  if (name == "knowledge_question") return Command(command::KnowledgeQuestion{});
  if (name == "human_handover") return Command(command::HumanHandover{});
  if (name == "skip_question") return Command(command::SkipQuestion{});
  if (name == "repeat") return Command(command::Repeat{});
  if (name == "restart") return Command(command::Restart{});
  if (name == "cannot_handle") {
    return Command(command::CannotHandle{value.is_string() ? text_of(value) : "unsure"});
  }
  return nlu::invalid(
      fmt::format("no command is called '{}'{}", name,
                  nlu::did_you_mean(std::string(name), {std::begin(names), std::end(names)})));
}

}  // namespace

std::string_view command_name(const Command& command) { return names[command.index()]; }

json::object to_json(const Command& command) {
  json::value value;
  if (const auto* start = std::get_if<command::StartFlow>(&command)) value = start->flow.c_str();
  if (const auto* set = std::get_if<command::SetSlot>(&command)) {
    value = json::object{{set->slot, set->value}};
  }
  if (const auto* correct = std::get_if<command::CorrectSlot>(&command)) {
    value = json::object{{correct->slot, correct->value}};
  }
  if (const auto* clarify = std::get_if<command::Clarify>(&command)) {
    json::array flows;
    for (const std::string& flow : clarify->flows) flows.emplace_back(flow);
    value = std::move(flows);
  }
  if (const auto* cannot = std::get_if<command::CannotHandle>(&command)) {
    value = cannot->reason.c_str();
  }
  json::object object;
  object.emplace(command_name(command), std::move(value));
  return object;
}

Result<Command> command_from_json(const json::value& value) {
  if (value.is_string()) return parse_command(text_of(value));
  const json::object* object = value.if_object();
  if (!object || object->size() != 1) return nlu::invalid("expected one command and its value");
  return read_named(object->begin()->key(), object->begin()->value());
}

}  // namespace dialog

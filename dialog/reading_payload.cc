// "/intent{…}", "/SetSlots(…)", and what is neither.
#include <cctype>

#include "dialog/reading.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t set_slots_limit = 16;

struct Payload {
  std::string intent;
  json::object entities;
};

// "/name{…}" and "/name"; nullopt: plain text.
std::optional<Payload> parse_intent_payload(std::string_view payload) {
  if (payload.size() < 2 || payload.front() != '/') return std::nullopt;
  payload.remove_prefix(1);
  const std::size_t brace = payload.find('{');
  Payload parsed;
  parsed.intent = std::string(trimmed(payload.substr(0, brace)));
  const bool is_name =
      !parsed.intent.empty() && std::all_of(parsed.intent.begin(), parsed.intent.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '/';
      });
  if (!is_name) return std::nullopt;
  if (brace != std::string_view::npos) {
    const auto entities = nlu::parse_json(trimmed(payload.substr(brace)));
    if (!entities || !entities->is_object()) return std::nullopt;
    parsed.entities = entities->get_object();
  }
  return parsed;
}

}  // namespace

json::value payload_value(std::string_view text) {
  if (text == "null" || text == "undefined") return nullptr;
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  const bool quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return json::value(quoted ? text.substr(1, text.size() - 2) : text);
}

// A page or a customer can write any payload, so what is the flows' own stays so.
bool Reading::may_fill(const Slot& slot) const {
  return !slot.is_controlled() || (open_ && open_.collect->slot == slot.name);
}

// /SetSlots(a=b, c="d, e"); nullopt: it is none.
std::optional<std::vector<Command>> Reading::set_slots_payload(std::string_view payload) {
  constexpr std::string_view begin = "/SetSlots(";
  if (!payload.starts_with(begin) || !payload.ends_with(')')) return std::nullopt;
  payload = payload.substr(begin.size(), payload.size() - begin.size() - 1);
  std::vector<Command> commands;
  std::size_t from = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= payload.size(); ++i) {
    const char c = i < payload.size() ? payload[i] : ',';
    if (quote) {
      if (c == quote && i < payload.size()) quote = 0;
      if (i < payload.size()) continue;
    } else if (c == '"' || c == '\'') {
      quote = c;
      continue;
    }
    if (c != ',') continue;
    const std::string_view part = trimmed(payload.substr(from, i - from));
    from = i + 1;
    const std::size_t equals = part.find('=');
    const std::string name(trimmed(part.substr(0, equals)));
    const Slot* slot = bot_.find_slot(name);
    if (equals == std::string_view::npos || !slot || !may_fill(*slot)) continue;
    if (commands.size() == set_slots_limit) break;
    commands.emplace_back(
        command::SetSlot{name, payload_value(trimmed(part.substr(equals + 1))), "payload"});
  }
  if (commands.empty()) commands.emplace_back(command::CannotHandle{"unsure"});
  return commands;
}

std::vector<Command> Reading::of_payload(const std::string& payload) {
  if (auto slots = set_slots_payload(payload)) return *slots;
  const auto parsed = parse_intent_payload(payload);
  if (!parsed) return of_text();
  if (parsed->intent == "flow") {
    const auto name = nlu::get_string(parsed->entities, "name");
    return {command::StartFlow{std::string(name.value_or(""))}};
  }
  return of_intent_payload(parsed->intent, parsed->entities);
}

std::vector<Command> Reading::of_intent_payload(const std::string& intent,
                                                const json::object& entities) {
  std::vector<Command> commands;
  const Understanding& u = bot_.understanding;
  if (was_offered_person() && intent == u.deny) return {};
  if (was_offered_person() && intent == u.affirm) return {command::HumanHandover{}};
  const bool yes = intent == u.affirm, no = intent == u.deny;
  if (open_ && open_.type == InputType::confirmation && (yes || no)) {
    return {command::SetSlot{open_.collect->slot, yes, "payload"}};
  }
  if (const auto steer = steering(intent)) {
    const bool skips = std::holds_alternative<command::SkipQuestion>(*steer);
    if (!skips || open_) return {*steer};
  }
  const Flow* flow = flow_for(intent);
  if (flow) commands.emplace_back(command::StartFlow{flow->id});
  for (const auto& member : entities) {
    for (const auto& [name, slot] : bot_.slots) {
      const bool mapped =
          name == member.key() ||
          std::any_of(slot.mappings.begin(), slot.mappings.end(), [&](const SlotMapping& mapping) {
            return mapping.kind == SlotMapping::Kind::from_entity && mapping.entity == member.key();
          });
      if (mapped && may_fill(slot)) {
        commands.emplace_back(command::SetSlot{name, member.value(), "payload"});
      }
    }
  }
  if (commands.empty()) commands.emplace_back(command::CannotHandle{"unsure"});
  return commands;
}

}  // namespace dialog

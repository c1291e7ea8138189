#include "dialog/event.h"

#include <iterator>

#include <fmt/format.h>

#include "dialog/event_fields.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace detail {

// Bytes that are no UTF-8 become U+FFFD here, so that what is written can always be read.
void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  const std::string repaired =
      nlu::is_utf8(text) ? std::string() : nlu::truncate(text, text.size());
  if (!repaired.empty())
    text = nlu::is_utf8(repaired) ? std::string_view(repaired) : "\xEF\xBF\xBD";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// An attachment lies flat in its object, but for the name, which is personal.
template <class A>
void attachment_fields(A& open, A& personal, Ref<A, Attachment> attachment) {
  open("upload", attachment.upload);
  open("size", attachment.size);
  open("media_type", attachment.media_type);
  personal("attachment_name", attachment.name);
}

void fields(FieldWriter& open, FieldWriter& personal, const event::Uttered& e) {
  open("turn", e.turn);
  open("message_id", e.message_id);
  open("client", e.client);
  open("cseq", e.cseq);
  personal("text", e.text);
  personal("payload", e.payload);
  if (e.attachment) {
    open("attached", true);
    attachment_fields(open, personal, *e.attachment);
  }
}

void fields(FieldReader& open, FieldReader& personal, event::Uttered& e) {
  open("turn", e.turn);
  open("message_id", e.message_id);
  open("client", e.client);
  open("cseq", e.cseq);
  personal("text", e.text);
  personal("payload", e.payload);
  bool attached = false;
  open("attached", attached);
  if (attached) attachment_fields(open, personal, e.attachment.emplace());
}

void fields(FieldWriter& open, FieldWriter& personal, const event::Interpreted& e) {
  json::object meaning = nlu::to_json(e.interpretation);
  if (json::value* entities = meaning.if_contains("entities")) {
    personal("entities", *entities);
    meaning.erase("entities");
  }
  open.members(meaning);
}

void fields(FieldReader& open, FieldReader& personal, event::Interpreted& e) {
  json::object meaning;
  for (const char* key : {"segments", "language", "sentiment", "urgency", "model_version"}) {
    if (const json::value* value = open.take(key)) meaning.emplace(key, *value);
  }
  if (const json::value* entities = personal.take("entities")) {
    meaning.emplace("entities", *entities);
  }
  auto interpretation = nlu::interpretation_from_json(meaning);
  if (!interpretation) return open.fail_inside(interpretation.error().message);
  e.interpretation = std::move(*interpretation);
}

namespace {

struct CommandFields {
  std::string kind, slot, flow, by, reason;
  json::value value;
  std::vector<std::string> flows;
};

CommandFields spread(const Command& command) {
  CommandFields f;
  f.kind = command_name(command);
  if (const auto* start = std::get_if<command::StartFlow>(&command)) f.flow = start->flow;
  if (const auto* set = std::get_if<command::SetSlot>(&command)) {
    f.slot = set->slot, f.value = set->value, f.by = set->by;
  }
  if (const auto* correct = std::get_if<command::CorrectSlot>(&command)) {
    f.slot = correct->slot, f.value = correct->value, f.by = correct->by;
  }
  if (const auto* clarify = std::get_if<command::Clarify>(&command)) f.flows = clarify->flows;
  if (const auto* cannot = std::get_if<command::CannotHandle>(&command)) f.reason = cannot->reason;
  return f;
}

std::optional<Command> gather(CommandFields f) {
  if (f.kind == "start_flow") return command::StartFlow{std::move(f.flow)};
  if (f.kind == "set_slot") {
    return command::SetSlot{std::move(f.slot), std::move(f.value), std::move(f.by)};
  }
  if (f.kind == "correct_slot") {
    return command::CorrectSlot{std::move(f.slot), std::move(f.value), std::move(f.by)};
  }
  if (f.kind == "cancel_flow") return command::CancelFlow{};
  if (f.kind == "clarify") return command::Clarify{std::move(f.flows)};
  if (f.kind == "chitchat") return command::ChitChat{};
  if (f.kind == "knowledge_question") return command::KnowledgeQuestion{};
  if (f.kind == "human_handover") return command::HumanHandover{};
  if (f.kind == "skip_question") return command::SkipQuestion{};
  if (f.kind == "repeat") return command::Repeat{};
  if (f.kind == "restart") return command::Restart{};
  if (f.kind == "cannot_handle") return command::CannotHandle{std::move(f.reason)};
  return std::nullopt;
}

template <class A>
void command_fields(A& open, A& personal, Ref<A, CommandFields> f) {
  open("command", f.kind);
  open("slot", f.slot);
  open("flow", f.flow);
  open("flows", f.flows);
  open("by", f.by);
  open("reason", f.reason);
  personal("value", f.value);
}

}  // namespace

void fields(FieldWriter& open, FieldWriter& personal, const event::Commanded& e) {
  command_fields(open, personal, spread(e.command));
}

void fields(FieldReader& open, FieldReader& personal, event::Commanded& e) {
  CommandFields f;
  command_fields(open, personal, f);
  auto command = gather(std::move(f));
  if (!command) return open.fail("command");
  e.command = std::move(*command);
}

}  // namespace detail

namespace {

namespace json = nlu::json;
using detail::FieldReader;
using detail::FieldWriter;
using nlu::Errc;
using nlu::Error;

constexpr std::string_view type_names[] = {"conversation_started",
                                           "user_identified",
                                           "session_started",
                                           "session_ended",
                                           "uttered",
                                           "interpreted",
                                           "commanded",
                                           "language_changed",
                                           "flow_started",
                                           "flow_interrupted",
                                           "flow_resumed",
                                           "flow_ended",
                                           "step_entered",
                                           "asked",
                                           "slot_set",
                                           "action_started",
                                           "action_finished",
                                           "replied",
                                           "person_wrote",
                                           "handover_changed",
                                           "feedback_given",
                                           "timer_set",
                                           "timer_ended",
                                           "failed",
                                           "flow_parked",
                                           "flow_woken",
                                           "happened",
                                           "loop_advanced",
                                           "split_taken",
                                           "reminder_set",
                                           "version_changed"};
static_assert(std::size(type_names) + 1 == std::variant_size_v<EventBody>);

// The index-th alternative, default-constructed.
template <std::size_t... Index>
EventBody make_body(std::size_t wanted, std::index_sequence<Index...>) {
  EventBody body;
  ((Index == wanted ? (void)body.emplace<Index>() : (void)0), ...);
  return body;
}

EventBody body_of_type(std::string_view type) {
  for (std::size_t i = 0; i < std::size(type_names); ++i) {
    if (type_names[i] == type) {
      return make_body(i, std::make_index_sequence<std::size(type_names)>());
    }
  }
  return event::Unknown{std::string(type), {}, {}};
}

Error corrupt(std::string_view what) { return {Errc::corrupt, fmt::format("event: {}", what)}; }

// An absent object reads as an empty one.
bool take_object(FieldReader& top, std::string_view key, const json::object*& found) {
  static const json::object none;
  const json::value* value = top.take(key);
  found = value ? value->if_object() : &none;
  return found != nullptr;
}

}  // namespace

std::string_view type_name(const EventBody& body) {
  if (const auto* unknown = std::get_if<event::Unknown>(&body)) return unknown->type;
  return type_names[body.index()];
}

std::string encode(const Event& event) {
  std::string out, personal_text;
  out.reserve(256);
  FieldWriter top(out);
  top("schema", event_schema);
  top.begin("type");
  detail::append_json_string(out, type_name(event.body));
  top("ts", event.ts);
  top.begin("actor");
  top.write(event.actor);
  top("seq", event.seq);
  top.begin("public");
  FieldWriter open(out);
  FieldWriter personal(personal_text);
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, event::Unknown>) {
          open.members(body.open);
          personal.members(body.personal);
        } else {
          fields(open, personal, body);
        }
      },
      event.body);
  open.members(event.unknown_open);
  open.close();
  personal.members(event.unknown_personal);
  personal.close();
  if (!personal.is_empty()) {
    top.begin("personal");
    out += personal_text;
  }
  top.close();
  return out;
}

nlu::Result<Event> decode_event(EventNumber number, std::string_view bytes) {
  auto parsed = nlu::parse_json(bytes, {.bytes = 4 << 20, .depth = 64});
  if (!parsed) return corrupt(parsed.error().message);
  const json::object* object = parsed->if_object();
  if (!object) return corrupt("not an object");

  FieldReader top(*object, "");
  int schema = 0;
  std::string type;
  Event event;
  event.number = number;
  top("schema", schema);
  top("type", type);
  top("ts", event.ts);
  top("actor", event.actor);
  top("seq", event.seq);
  if (top.bad()) return corrupt(*top.bad());
  if (schema < 1 || schema > event_schema) return corrupt(fmt::format("schema: {}", schema));
  if (type.empty() || type.size() > 64) return corrupt("type");
  const json::object* open_object = nullptr;
  const json::object* personal_object = nullptr;
  if (!take_object(top, "public", open_object)) return corrupt("public");
  if (!take_object(top, "personal", personal_object)) return corrupt("personal");

  event.body = body_of_type(type);
  FieldReader open(*open_object, "public.");
  FieldReader personal(*personal_object, "personal.");
  std::visit(
      [&](auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, event::Unknown>) {
          body.open = *open_object;
          body.personal = *personal_object;
        } else {
          fields(open, personal, body);
          event.unknown_open = open.rest();
          event.unknown_personal = personal.rest();
        }
      },
      event.body);
  if (open.bad()) return corrupt(*open.bad());
  if (personal.bad()) return corrupt(*personal.bad());
  return event;
}

}  // namespace dialog

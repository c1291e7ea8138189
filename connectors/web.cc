#include "connectors/web.h"

#include <cmath>

#include <fmt/format.h>

#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace connectors::web {
namespace {

namespace json = nlu::json;

constexpr std::size_t max_token_bytes = 4096;
constexpr std::size_t max_locale_bytes = 64;
constexpr std::size_t min_id_characters = 8;
constexpr std::uint64_t max_number = 9'007'199'254'740'992;  // 2^53: JavaScript's.

Refusal bad_frame(std::string message) { return {"bad_frame", std::move(message), "", true}; }

// Reads the fields of one frame. After the first refusal everything reads as empty, and the frame
// is refused with it.
class Reader {
 public:
  Reader(const json::object& object, const FrameLimits& limits)
      : object_(object), limits_(limits) {}

  bool has(std::string_view key) const { return object_.contains(key); }

  // At most `bytes` long; absent: empty.
  std::string text(std::string_view key, std::size_t bytes) {
    const std::string_view value = raw(key);
    if (value.size() > bytes) return too_long(key, bytes), "";
    return std::string(value);
  }

  std::string words(std::string_view key) {
    const std::string_view value = raw(key);
    if (value.size() > limits_.text_characters &&
        nlu::count_characters(value) > limits_.text_characters) {
      return too_long(key, limits_.text_characters), "";
    }
    return std::string(value);
  }

  std::string id(std::string_view key) {
    const std::string_view value = raw(key);
    if (value.size() > limits_.id_characters) return too_long(key, limits_.id_characters), "";
    bool fits = value.size() >= min_id_characters;
    for (const char c : value) fits = fits && is_id_character(c);
    if (!fits) {
      refuse("bad_field", fmt::format("{} must be {} to {} of A-Z a-z 0-9 _ -", key,
                                      min_id_characters, limits_.id_characters));
      return "";
    }
    return std::string(value);
  }

  // A whole number from `least` on; absent: `otherwise`, or a refusal when there is none.
  std::uint64_t number(std::string_view key, std::uint64_t least,
                       std::optional<std::uint64_t> otherwise = {}) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) {
      if (otherwise) return *otherwise;
      refuse("bad_field", fmt::format("{} is missing", key));
      return 0;
    }
    if (!value->is_number()) return wrong_kind(key, "a number"), 0;
    const std::optional<std::uint64_t> whole = as_whole(*value);
    if (!whole || *whole < least) {
      refuse("bad_field", fmt::format("{} must be a whole number from {} to 2^53", key, least));
      return 0;
    }
    return *whole;
  }

  std::optional<std::int64_t> optional_integer(std::string_view key) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* small = value->if_int64()) return *small;
    if (value->is_number()) {
      refuse("bad_field", fmt::format("{} must be a whole number", key));
    } else {
      wrong_kind(key, "a number");
    }
    return std::nullopt;
  }

  // The upload's id in `attachment`, which must be an object.
  std::string upload() {
    const json::value* value = object_.if_contains("attachment");
    if (value == nullptr) return "";
    if (!value->is_object()) return wrong_kind("attachment", "an object"), "";
    Reader inner(value->get_object(), limits_);
    std::string id = inner.id("upload");
    if (inner.refusal_) refuse(inner.refusal_->code, "attachment." + inner.refusal_->message);
    if (inner.refusal_ && inner.refusal_->closes) refusal_->closes = true;
    return id;
  }

  void refuse(std::string code, std::string message) {
    if (refusal_) return;
    refusal_ = Refusal{std::move(code), std::move(message), given_id(), false};
  }

  const std::optional<Refusal>& refusal() const { return refusal_; }

  // The frame's id for an error about it, as far as there is a sound one.
  std::string given_id() const {
    const auto id = nlu::get_string(object_, "id");
    return id && id->size() <= limits_.id_characters ? std::string(*id) : "";
  }

 private:
  static bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  }

  static std::optional<std::uint64_t> as_whole(const json::value& value) {
    if (const auto* small = value.if_int64()) {
      if (*small < 0) return std::nullopt;
      const auto whole = static_cast<std::uint64_t>(*small);
      return whole <= max_number ? std::optional(whole) : std::nullopt;
    }
    if (const auto* real = value.if_double()) {
      if (!(*real >= 0) || *real > static_cast<double>(max_number)) return std::nullopt;
      if (std::floor(*real) < *real) return std::nullopt;
      return static_cast<std::uint64_t>(*real);
    }
    return std::nullopt;  // uint64 is above 2^63.
  }

  std::string_view raw(std::string_view key) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return {};
    if (const auto* string = value->if_string()) return {string->data(), string->size()};
    wrong_kind(key, "a string");
    return {};
  }

  void wrong_kind(std::string_view key, std::string_view kind) {
    if (refusal_) return;
    refusal_ = bad_frame(fmt::format("{} must be {}", key, kind));
    refusal_->id = given_id();
  }

  void too_long(std::string_view key, std::size_t limit) {
    refuse("too_long", fmt::format("{} is longer than {}", key, limit));
  }

  const json::object& object_;
  const FrameLimits& limits_;
  std::optional<Refusal> refusal_;
};

ClientFrame read_hello(Reader& reader) {
  Hello hello;
  hello.client = reader.id("client");
  hello.epoch = reader.number("epoch", 1);
  hello.conversation = reader.text("conversation", 64);
  hello.token = reader.text("token", max_token_bytes);
  hello.last_seq = reader.number("last_seq", 0, 0);
  hello.last_cseq = reader.number("last_cseq", 0, 0);
  hello.locale = reader.text("locale", max_locale_bytes);
  hello.user = reader.text("user", max_token_bytes);
  return hello;
}

ClientFrame read_message(Reader& reader) {
  Message message;
  message.id = reader.id("id");
  message.cseq = reader.number("cseq", 1);
  message.text = reader.words("text");
  message.payload = reader.words("payload");
  message.upload = reader.upload();
  const bool has_text = reader.has("text"), has_payload = reader.has("payload"),
             has_attachment = reader.has("attachment");
  if ((has_attachment && (has_text || has_payload)) ||
      !(has_attachment || has_text || has_payload)) {
    reader.refuse("bad_field", "exactly one of text, payload and attachment must be given");
  } else if (has_payload && message.payload.empty()) {
    reader.refuse("bad_field", "payload is empty");
  } else if (has_text && !has_payload && message.text.empty()) {
    reader.refuse("bad_field", "text is empty");
  }
  return message;
}

ClientFrame read_feedback(Reader& reader) {
  Feedback feedback;
  feedback.id = reader.id("id");
  feedback.seq = reader.number("seq", 1);
  const std::uint64_t rating = reader.number("rating", 1);
  if (rating > 5) reader.refuse("bad_field", "rating must be 1 to 5");
  feedback.rating = static_cast<int>(rating <= 5 ? rating : 0);
  feedback.comment = reader.words("comment");
  return feedback;
}

ClientFrame read_frame(std::string_view type, Reader& reader) {
  if (type == "message") return read_message(reader);
  if (type == "hello") return read_hello(reader);
  if (type == "typing") return Typing{};
  if (type == "seen") return Seen{reader.number("seq", 0)};
  if (type == "feedback") return read_feedback(reader);
  if (type == "ping") return Ping{reader.optional_integer("n")};
  reader.refuse("unknown_type", "no frame has this type");
  return Typing{};
}

// ---- to the client ----

json::array choices(const std::vector<dialog::Choice>& list) {
  json::array out;
  for (const dialog::Choice& choice : list) {
    json::object item{{"title", choice.title}};
    if (!choice.url.empty()) {
      item["url"] = choice.url;
    } else {
      item["payload"] = choice.payload;
    }
    out.push_back(std::move(item));
  }
  return out;
}

json::object head(std::string_view type, const dialog::Event& event) {
  return {{"type", type}, {"seq", event.seq}};
}

json::object visible(const dialog::Event& event, const dialog::event::Uttered& said) {
  json::object out = head("echo", event);
  out["id"] = said.message_id;
  out["ts"] = event.ts;
  // A button without a title is shown by what it carries.
  out["text"] = said.text.empty() && !said.attachment ? said.payload : said.text;
  if (said.attachment) {
    out["attachment"] = {{"upload", said.attachment->upload},
                         {"name", said.attachment->name},
                         {"size", said.attachment->size},
                         {"media_type", said.attachment->media_type}};
  }
  return out;
}

json::object visible(const dialog::Event& event, const dialog::event::Replied& reply) {
  json::object out = head("reply", event);
  out["id"] = reply.id;
  out["turn"] = reply.turn;
  out["ts"] = event.ts;
  out["from"] = {{"kind", "bot"}};
  if (!reply.text.empty()) out["text"] = reply.text;
  out["format"] = "markdown";
  if (!reply.buttons.empty()) out["buttons"] = choices(reply.buttons);
  if (!reply.quick_replies.empty()) out["quick_replies"] = choices(reply.quick_replies);
  if (!reply.image_url.empty()) {
    out["image"] = {{"url", reply.image_url}, {"alt", reply.image_alt}};
  }
  if (reply.upload) {
    json::array accept;
    for (const std::string& type : reply.upload->accept) accept.emplace_back(type);
    out["upload"] = {{"accept", std::move(accept)}, {"max_bytes", reply.upload->max_bytes}};
  }
  if (!reply.custom.is_null()) out["custom"] = reply.custom;
  return out;
}

json::object visible(const dialog::Event& event, const dialog::event::PersonWrote& wrote) {
  json::object out = head("reply", event);
  out["id"] = wrote.id;
  out["ts"] = event.ts;
  out["from"] = {{"kind", "person"}};
  if (!wrote.by.empty()) out["from"].as_object()["name"] = wrote.by;
  out["text"] = wrote.text;
  out["format"] = "plain";
  return out;
}

std::string_view state_name(dialog::event::HandoverChanged::State state) {
  using State = dialog::event::HandoverChanged::State;
  switch (state) {
    case State::requested:
      return "requested";
    case State::accepted:
      return "accepted";
    case State::timed_out:
      return "timed_out";
    case State::none:
    case State::released:
      break;
  }
  return "released";
}

json::object visible(const dialog::Event& event, const dialog::event::HandoverChanged& change) {
  json::object out = head("handover", event);
  out["ts"] = event.ts;
  out["state"] = state_name(change.state);
  if (!change.by.empty()) out["by"] = change.by;
  return out;
}

// Visible to a later release only: its place in the order stays.
template <class Other>
json::object visible(const dialog::Event& event, const Other&) {
  json::object out = head("reply", event);
  out["id"] = fmt::format("event-{}", event.number);
  out["ts"] = event.ts;
  out["from"] = {{"kind", "bot"}};
  out["format"] = "plain";
  return out;
}

json::object to_json(const Welcome& welcome) {
  json::object out{{"type", "welcome"},
                   {"conversation", welcome.conversation},
                   {"resumed", welcome.resumed},
                   {"head_seq", welcome.head_seq},
                   {"last_cseq", welcome.last_cseq},
                   {"language", welcome.language}};
  if (!welcome.token.empty()) out["token"] = welcome.token;
  if (!welcome.user_name.empty()) out["user"] = {{"name", welcome.user_name}};
  return out;
}

json::object to_json(const Ack& ack) { return {{"type", "ack"}, {"id", ack.id}, {"seq", ack.seq}}; }

json::object to_json(const Nack& nack) {
  return {{"type", "nack"}, {"id", nack.id}, {"expected", nack.expected}};
}

json::object to_json(const Visible& frame) {
  return std::visit([&](const auto& body) { return visible(frame.event, body); }, frame.event.body);
}

json::object to_json(const ShowTyping& typing) { return {{"type", "typing"}, {"on", typing.on}}; }

json::object to_json(const Pong& pong) {
  json::object out{{"type", "pong"}};
  if (pong.n) out["n"] = *pong.n;
  return out;
}

json::object to_json(const Problem& problem) {
  json::object out{{"type", "error"}, {"code", problem.code}, {"message", problem.message}};
  if (!problem.id.empty()) out["id"] = problem.id;
  if (problem.retry_after_ms) out["retry_after_ms"] = *problem.retry_after_ms;
  return out;
}

}  // namespace

std::variant<ClientFrame, Refusal> parse(std::string_view text, const FrameLimits& limits) {
  const nlu::Result<json::value> value = nlu::parse_json(text, {limits.frame_bytes, 8});
  if (!value) {
    const bool too_large = value.error().code == nlu::Errc::too_large;
    return too_large ? Refusal{"too_long", value.error().message, "", false}
                     : bad_frame(value.error().message);
  }
  if (!value->is_object()) return bad_frame("a frame is a JSON object");
  const json::object& object = value->get_object();
  const auto type = nlu::get_string(object, "type");
  if (!type) return bad_frame("type must be a string");
  Reader reader(object, limits);
  ClientFrame frame = read_frame(*type, reader);
  if (reader.refusal()) return *reader.refusal();
  return frame;
}

std::string render(const ServerFrame& frame) {
  return std::visit([](const auto& body) { return json::serialize(to_json(body)); }, frame);
}

}  // namespace connectors::web

// usher.v1, the web protocol (docs/protocol.md): frames to and from JSON text. Pure translation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dialog/event.h"
#include "nlu/base/result.h"

namespace connectors::web {

struct FrameLimits {
  std::size_t frame_bytes = 64 << 10;
  std::size_t text_characters = 4000;
  std::size_t id_characters = 64;
};

// ---- from the client ----

struct Hello {
  std::string client;
  std::uint64_t epoch = 1;
  std::string conversation;  // Empty: a new one
  std::string token;
  dialog::Seq last_seq = 0;
  std::uint64_t last_cseq = 0;
  std::string locale;
  std::string user;  // A token the site signed; empty: anonymous
};
struct Message {
  std::string id;
  std::uint64_t cseq = 0;
  std::string text, payload;
  std::string upload;  // An attachment's id; empty: none
};
struct Typing {};
struct Seen {
  dialog::Seq seq = 0;
};
struct Feedback {
  std::string id;
  dialog::Seq seq = 0;
  int rating = 0;
  std::string comment;
};
struct Ping {
  std::optional<std::int64_t> n;
};

using ClientFrame = std::variant<Hello, Message, Typing, Seen, Feedback, Ping>;

// Why a frame was not taken, and what the socket does about it.
struct Refusal {
  std::string code;     // "unknown_type", "bad_field", "too_long", "bad_frame"
  std::string message;  // Names the field.
  std::string id;       // Of the frame, when it had one.
  bool closes = false;  // Not JSON, no object, or a field of the wrong kind: 4400
};

std::variant<ClientFrame, Refusal> parse(std::string_view text, const FrameLimits& limits = {});

// ---- to the client ----

struct Welcome {
  std::string conversation;
  std::string token;  // Empty: not given
  bool resumed = false;
  dialog::Seq head_seq = 0;
  std::uint64_t last_cseq = 0;
  std::string language;
  std::string user_name;
};
struct Ack {
  std::string id;
  dialog::Seq seq = 0;
};
struct Nack {
  std::string id;
  std::uint64_t expected = 0;
};
// An event the customer can see: Uttered (an `echo`), Replied or PersonWrote (a `reply`),
// HandoverChanged (a `handover`).
struct Visible {
  dialog::Event event;
};
struct ShowTyping {
  bool on = false;
};
struct Pong {
  std::optional<std::int64_t> n;
};
struct Problem {
  std::string code, message, id;
  std::optional<std::int64_t> retry_after_ms;
};

using ServerFrame = std::variant<Welcome, Ack, Nack, Visible, ShowTyping, Pong, Problem>;

std::string render(const ServerFrame& frame);

enum class Close : std::uint16_t {
  going_away = 1001,
  busy = 1013,
  bad_frame = 4400,
  bad_token = 4401,
  bad_origin = 4403,
  too_slow = 4408,
  replaced = 4409,
  too_big = 4413,
  too_fast = 4429,
};

}  // namespace connectors::web

// The REST channel in Rasa's shape: POST /webhooks/rest/webhook.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialog/event.h"
#include "nlu/base/result.h"

namespace connectors::rest {

struct Message {
  std::string sender;      // 1 to 256 characters
  std::string text;        // ≤ 4,000 characters
  std::string message_id;  // From metadata.message_id; empty: every post is a new message
};

// {"sender": …, "message": …, "input_channel"?, "metadata"?}; Errc::invalid names the field.
nlu::Result<Message> parse(std::string_view body);

// [{"recipient_id", "text" | "image" | "buttons" | "attachment" | "custom"}, …]
std::string render(const std::string& sender, const std::vector<dialog::Event>& replies);

}  // namespace connectors::rest

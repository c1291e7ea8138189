#include "connectors/rest.h"

#include <fmt/format.h>

#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace connectors::rest {
namespace {

namespace json = nlu::json;

constexpr std::size_t max_sender_characters = 256;
constexpr std::size_t max_text_characters = 4000;
constexpr std::size_t max_id_characters = 256;

nlu::Result<std::string> read_text(const json::object& object, std::string_view key,
                                   std::size_t characters) {
  const auto text = nlu::get_string(object, key);
  if (!text || text->empty()) return nlu::invalid(fmt::format("{} must be a text", key));
  if (text->size() > characters && nlu::count_characters(*text) > characters) {
    return nlu::invalid(fmt::format("{} is longer than {} characters", key, characters));
  }
  return std::string(*text);
}

json::object item(const std::string& sender) { return {{"recipient_id", sender}}; }

void add_buttons(const std::vector<dialog::Choice>& choices, json::array& buttons) {
  for (const dialog::Choice& choice : choices) {
    json::object button{{"title", choice.title}};
    if (!choice.url.empty()) {
      button["url"] = choice.url;
    } else {
      button["payload"] = choice.payload;
    }
    buttons.push_back(std::move(button));
  }
}

// One reply is one message for its text and buttons, and one each for the rest, as in Rasa.
void add(const std::string& sender, const dialog::event::Replied& reply, json::array& out) {
  json::array buttons;
  add_buttons(reply.buttons, buttons);
  add_buttons(reply.quick_replies, buttons);
  if (!reply.text.empty() || !buttons.empty()) {
    json::object message = item(sender);
    message["text"] = reply.text;
    if (!buttons.empty()) message["buttons"] = std::move(buttons);
    out.push_back(std::move(message));
  }
  const auto single = [&](std::string_view key, json::value value) {
    json::object message = item(sender);
    message[key] = std::move(value);
    out.push_back(std::move(message));
  };
  if (!reply.custom.is_null()) single("custom", reply.custom);
  if (!reply.image_url.empty()) single("image", json::value(reply.image_url));
  if (!reply.attachment_url.empty()) single("attachment", json::value(reply.attachment_url));
}

}  // namespace

nlu::Result<Message> parse(std::string_view body) {
  const nlu::Result<json::value> value = nlu::parse_json(body, {64 << 10, 16});
  if (!value) return value.error();
  if (!value->is_object()) return nlu::invalid("the body must be a JSON object");
  const json::object& object = value->get_object();
  nlu::Result<std::string> sender = read_text(object, "sender", max_sender_characters);
  if (!sender) return sender.error();
  nlu::Result<std::string> text = read_text(object, "message", max_text_characters);
  if (!text) return text.error();
  Message message{std::move(*sender), std::move(*text), ""};
  if (const json::object* metadata = nlu::get_object(object, "metadata")) {
    if (metadata->contains("message_id")) {
      nlu::Result<std::string> id = read_text(*metadata, "message_id", max_id_characters);
      if (!id) return nlu::Error{id.error().code, "metadata." + id.error().message};
      message.message_id = std::move(*id);
    }
  }
  return message;
}

std::string render(const std::string& sender, const std::vector<dialog::Event>& replies) {
  json::array out;
  for (const dialog::Event& event : replies) {
    if (const auto* reply = std::get_if<dialog::event::Replied>(&event.body)) {
      add(sender, *reply, out);
    } else if (const auto* wrote = std::get_if<dialog::event::PersonWrote>(&event.body)) {
      json::object message = item(sender);
      message["text"] = wrote->text;
      out.push_back(std::move(message));
    }
  }
  return json::serialize(out);
}

}  // namespace connectors::rest

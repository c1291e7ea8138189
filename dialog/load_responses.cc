// Wording: responses with their variations, buttons, conditions and translations.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

// ---- payloads ----

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

// Where the first of `text`'s arguments ends: at a comma outside quotes, or at the end.
std::size_t end_of_argument(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == ',') {
      return i;
    }
  }
  return text.size();
}

// `/SetSlots(a=b, c="d, e")`: the names must be slots.
void check_set_slots(Draft& draft, std::string_view arguments, const Mark& mark) {
  if (arguments.empty() || arguments.back() != ')') {
    draft.error("bad_payload", mark, "write the payload as /SetSlots(slot=value)");
    return;
  }
  arguments.remove_suffix(1);
  while (!arguments.empty()) {
    const std::size_t comma = end_of_argument(arguments);
    const std::string_view pair = arguments.substr(0, comma);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)).empty()) {
      draft.error("bad_payload", mark, "write the payload as /SetSlots(slot=value)");
      return;
    }
    draft.refer(Reference::Kind::slot, trim(pair.substr(0, equals)), mark);
    arguments.remove_prefix(std::min(comma + 1, arguments.size()));
  }
}

void check_payload(Draft& draft, std::string_view payload, const Mark& mark) {
  check_template(draft, payload, mark);
  if (payload.empty() || payload.front() != '/') return;  // Said as if the customer had written it.
  constexpr std::string_view set_slots = "/SetSlots(";
  if (payload.substr(0, set_slots.size()) == set_slots) {
    return check_set_slots(draft, payload.substr(set_slots.size()), mark);
  }
  const std::size_t brace = payload.find('{');
  if (brace != std::string_view::npos) {
    const auto entities = nlu::parse_json(payload.substr(brace));
    if (!entities || !entities->is_object()) {
      draft.error("bad_payload", mark, "what follows the intent must be a JSON object of entities");
      return;
    }
  }
  const std::string intent =
      trim(payload.substr(1, brace == std::string_view::npos ? brace : brace - 1));
  draft.refer(Reference::Kind::intent, intent, mark, "payload");
}

// ---- variations ----

std::optional<Button> read_button(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "a button")) return std::nullopt;
  check_keys(draft, node, button_keys);
  Button button;
  const Yaml* title = node.find("title");
  if (title == nullptr) {
    draft.error("missing_key", node.mark, "a button needs 'title'");
    return std::nullopt;
  }
  button.title = read_template(draft, *title);
  const Yaml* payload = node.find("payload");
  const Yaml* url = node.find("url");
  if ((payload == nullptr) == (url == nullptr)) {
    draft.error(payload == nullptr ? "missing_key" : "two_kinds", node.mark,
                "a button needs either 'payload' or 'url'");
    return std::nullopt;
  }
  if (payload != nullptr) {
    button.payload = read_text(draft, *payload, "'payload'").value_or("");
    check_payload(draft, button.payload, payload->mark);
  } else {
    button.url = read_text(draft, *url, "'url'").value_or("");
    check_template(draft, button.url, url->mark);
  }
  if (const Yaml* translations = node.find("translation");
      translations != nullptr && expect_map(draft, *translations, "'translation'")) {
    for (const Yaml::Entry& entry : translations->entries) {
      button.title_translations[entry.key] = read_template(draft, entry.value);
    }
  }
  return button;
}

std::vector<Button> read_buttons(Draft& draft, const Yaml& node, std::string_view what) {
  std::vector<Button> buttons;
  if (!expect_sequence(draft, node, what)) return buttons;
  for (const Yaml& item : node.items) {
    if (auto button = read_button(draft, item)) buttons.push_back(*std::move(button));
  }
  return buttons;
}

// A response's own translation of the buttons gives their titles in the same order.
void read_button_translations(Draft& draft, const std::string& language, const Yaml& node,
                              std::vector<Button>& buttons) {
  if (!expect_sequence(draft, node, "'buttons'")) return;
  if (node.items.size() != buttons.size()) {
    draft.error("wrong_count", node.mark,
                fmt::format("there are {} buttons to translate, and {} here", buttons.size(),
                            node.items.size()));
    return;
  }
  for (std::size_t i = 0; i < buttons.size(); ++i) {
    const Yaml& item = node.items[i];
    const Yaml* title = item.is_map() ? item.find("title") : &item;
    if (title != nullptr) buttons[i].title_translations[language] = read_template(draft, *title);
  }
}

void read_translations(Draft& draft, const Yaml& node, Variation& variation) {
  if (!expect_map(draft, node, "'translation'")) return;
  for (const Yaml::Entry& entry : node.entries) {
    if (entry.value.is_scalar()) {
      variation.translations[entry.key] = read_template(draft, entry.value);
      continue;
    }
    if (!expect_map(draft, entry.value, "a translation")) continue;
    check_keys(draft, entry.value, translation_keys);
    if (const Yaml* text = entry.value.find("text")) {
      variation.translations[entry.key] = read_template(draft, *text);
    }
    if (const Yaml* buttons = entry.value.find("buttons")) {
      read_button_translations(draft, entry.key, *buttons, variation.buttons);
    }
    if (const Yaml* replies = entry.value.find("quick_replies")) {
      read_button_translations(draft, entry.key, *replies, variation.quick_replies);
    }
  }
}

// Rasa's older form of a condition: [{type: slot, name: city, value: Berlin}, …], all of them.
std::optional<Condition> read_condition_list(Draft& draft, const Yaml& node) {
  std::string text;
  for (const Yaml& item : node.items) {
    const Yaml* name = item.find("name");
    const Yaml* value = item.find("value");
    const Yaml* type = item.find("type");
    if (!item.is_map() || name == nullptr || value == nullptr || !name->is_scalar() ||
        value->is_map() || value->is_sequence() ||
        (type != nullptr && type->is_scalar() && type->text != "slot")) {
      draft.error(
          "bad_condition", item.mark,
          "a condition in a list is {type: slot, name: …, value: …}; or write it as a text");
      return std::nullopt;
    }
    draft.refer(Reference::Kind::slot, name->text, name->mark);
    text += fmt::format("{}slots.{} = {}", text.empty() ? "" : " and ", name->text,
                        json::serialize(to_json(*value)));
  }
  auto condition = Condition::parse(text.empty() ? "true" : text);
  if (!condition) {
    draft.error("bad_condition", node.mark, condition.error().message);
    return std::nullopt;
  }
  return *std::move(condition);
}

void read_image(Draft& draft, const Yaml& node, Variation& variation) {
  if (node.is_map()) {
    check_keys(draft, node, image_keys);
    const Yaml* url = node.find("url");
    if (url == nullptr) {
      draft.error("missing_key", node.mark, "an image needs 'url'");
      return;
    }
    variation.image_url = read_template(draft, *url).text;
    if (const Yaml* alt = node.find("alt")) variation.image_alt = read_template(draft, *alt).text;
    return;
  }
  variation.image_url = read_template(draft, node).text;
}

void read_attachment(Draft& draft, const Yaml& node, Variation& variation) {
  const Yaml* url = node.is_map() ? node.find("url") : &node;
  if (url == nullptr) {
    draft.error("missing_key", node.mark, "an attachment needs 'url'");
    return;
  }
  variation.attachment_url = read_template(draft, *url).text;
}

bool says_nothing(const Variation& variation) {
  return variation.text.text.empty() && variation.image_url.empty() &&
         variation.attachment_url.empty() && variation.custom.is_null() &&
         variation.buttons.empty() && variation.quick_replies.empty();
}

std::optional<Variation> read_variation(Draft& draft, const Yaml& node) {
  Variation variation;
  variation.mark = node.mark;
  if (node.is_scalar()) {
    variation.text = read_template(draft, node);
    return variation;
  }
  if (!expect_map(draft, node, "a variation")) return std::nullopt;
  check_keys(draft, node, variation_keys);
  if (const Yaml* text = node.find("text")) variation.text = read_template(draft, *text);
  if (const Yaml* buttons = node.find("buttons")) {
    variation.buttons = read_buttons(draft, *buttons, "'buttons'");
  }
  if (const Yaml* replies = node.find("quick_replies")) {
    variation.quick_replies = read_buttons(draft, *replies, "'quick_replies'");
  }
  if (const Yaml* image = node.find("image")) read_image(draft, *image, variation);
  if (const Yaml* attachment = node.find("attachment"))
    read_attachment(draft, *attachment, variation);
  if (const Yaml* elements = node.find("elements")) {
    draft.error("unsupported_key", elements->mark,
                std::string(variation_keys.find_refused("elements")->about));
  }
  if (const Yaml* custom = node.find("custom")) variation.custom = to_json(*custom);
  if (const Yaml* channel = node.find("channel")) {
    variation.channel = read_text(draft, *channel, "'channel'").value_or("");
  }
  if (const Yaml* condition = node.find("condition")) {
    variation.condition = condition->is_sequence() ? read_condition_list(draft, *condition)
                                                   : read_condition(draft, *condition);
  }
  if (const Yaml* translation = node.find("translation")) {
    read_translations(draft, *translation, variation);
  }
  if (says_nothing(variation)) {
    draft.error("empty_response", node.mark, "this variation says nothing; give it a 'text'");
    return std::nullopt;
  }
  return variation;
}

}  // namespace

std::string response_name(std::string_view written) {
  const bool whole = written.substr(0, 6) == "utter_";
  return whole ? std::string(written) : "utter_" + std::string(written);
}

std::optional<Response> read_wording(Draft& draft, const Yaml& node, std::string name) {
  Response response;
  response.name = std::move(name);
  response.mark = node.mark;
  if (!node.is_sequence()) {
    if (auto variation = read_variation(draft, node))
      response.variations.push_back(*std::move(variation));
  } else {
    for (const Yaml& item : node.items) {
      if (auto variation = read_variation(draft, item)) {
        response.variations.push_back(*std::move(variation));
      }
    }
    if (node.items.empty()) draft.error("empty_response", node.mark, "there is no variation here");
  }
  if (response.variations.empty()) return std::nullopt;
  return response;
}

void read_responses(Draft& draft, const Yaml& node) {
  if (node.is_null() || !expect_map(draft, node, "'responses'")) return;
  for (const Yaml::Entry& entry : node.entries) {
    const std::string name = response_name(entry.key);
    if (const Response* other = draft.bot.find_response(name)) {
      draft.error("defined_twice", entry.key_mark,
                  fmt::format("the response '{}' is defined already, at {}", name,
                              Draft::place(other->mark)));
      continue;
    }
    if (draft.bot.responses.size() >= limits::responses) {
      draft.error("too_many", entry.key_mark,
                  fmt::format("a bot has at most {} responses", limits::responses));
      return;
    }
    auto response = read_wording(draft, entry.value, name);
    if (!response) {
      response = Response{name, {}, {}};  // Known, so that its users are not wrong as well.
    }
    response->mark = entry.key_mark;
    draft.bot.responses.emplace(name, *std::move(response));
  }
}

}  // namespace dialog

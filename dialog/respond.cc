#include "dialog/respond.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "nlu/base/calendar.h"

namespace dialog {

namespace {

constexpr std::size_t depth_limit = 16;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return h;
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

const json::value* walk(const json::value* value, std::string_view path) {
  while (value && !path.empty()) {
    const std::size_t dot = path.find('.');
    const json::object* object = value->if_object();
    value = object ? object->if_contains(path.substr(0, dot)) : nullptr;
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

bool is_word_byte(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c));
}

// A mark inside a value must not act; one that cannot act (an underscore inside a word) stays, so
// that addresses and numbers read as they were given.
std::string escape_markdown(std::string_view value, bool at_line_start) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool inside_word =
        i > 0 && i + 1 < value.size() && is_word_byte(value[i - 1]) && is_word_byte(value[i + 1]);
    const bool begins_block =
        at_line_start && i == 0 && std::string_view("#>-+").find(c) != std::string_view::npos;
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (std::string_view("*`[]<\\~").find(c) != std::string_view::npos || begins_block ||
        (c == '_' && !inside_word)) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string percent_encode(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~');
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

bool is_url(std::string_view value) {
  return (value.starts_with("https://") || value.starts_with("http://")) &&
         value.find_first_of(" \n\r<>[]()*`\\\"") == std::string_view::npos;
}

// The name in "{name}" at `open`; empty when what stands there is none.
std::string_view name_at(std::string_view text, std::size_t open) {
  const std::size_t close = text.find('}', open);
  if (close == std::string_view::npos) return {};
  const std::string_view name = text.substr(open + 1, close - open - 1);
  const bool fine =
      !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
      });
  return fine ? name : std::string_view();
}

const json::value* look_up(const Names& names, std::string_view name) {
  if (name.starts_with("context.")) return names.context(name.substr(8));
  if (name.starts_with("slots.")) return names.slot(name.substr(6));
  return names.slot(name);
}

json::value fill_at(const json::value& value, const Names& names, std::size_t depth) {
  if (depth > depth_limit) return nullptr;
  if (const json::string* text = value.if_string()) {
    const std::string_view written = view(*text);
    const std::string_view name =
        written.starts_with('{') ? name_at(written, 0) : std::string_view();
    if (!name.empty() && name.size() + 2 == written.size()) {
      const json::value* held = look_up(names, name);
      return held ? *held : json::value();
    }
    return json::value(fill(written, names, Escape::none));
  }
  if (const json::array* items = value.if_array()) {
    json::array filled;
    for (const json::value& item : *items) filled.push_back(fill_at(item, names, depth + 1));
    return filled;
  }
  if (const json::object* members = value.if_object()) {
    json::object filled;
    for (const auto& member : *members) {
      filled.emplace(member.key(), fill_at(member.value(), names, depth + 1));
    }
    return filled;
  }
  return value;
}

// 3 for a condition that holds and this channel, …, 0 for neither; nullopt: does not fit.
std::optional<int> fitness(const Variation& variation, const Names& names,
                           std::string_view channel) {
  if (!variation.channel.empty() && variation.channel != channel) return std::nullopt;
  if (variation.condition && !variation.condition->evaluate(names)) return std::nullopt;
  return (variation.channel.empty() ? 0 : 2) + (variation.condition ? 1 : 0);
}

const Variation* choose(const Response& response, const Conversation& conversation,
                        const Names& names) {
  int best = -1;
  std::vector<const Variation*> fitting;
  for (const Variation& variation : response.variations) {
    const std::optional<int> fits = fitness(variation, names, conversation.channel);
    if (!fits || *fits < best) continue;
    if (*fits > best) fitting.clear(), best = *fits;
    fitting.push_back(&variation);
  }
  if (fitting.empty()) return nullptr;
  const std::uint64_t draw =
      mix(conversation.random_seed ^ mix(conversation.head_seq + 1) ^ hash(response.name));
  return fitting[draw % fitting.size()];
}

template <class Value>
const Value* in_language(const std::map<std::string, Value>& by_language,
                         std::string_view language) {
  if (language.empty() || by_language.empty()) return nullptr;
  auto found = by_language.find(std::string(language));
  if (found == by_language.end()) {
    found = by_language.find(std::string(language.substr(0, language.find_first_of("-_"))));
  }
  return found == by_language.end() ? nullptr : &found->second;
}

std::vector<Choice> fill_choices(const std::vector<Button>& buttons, const Names& names,
                                 std::string_view language, json::object& arguments) {
  std::vector<Choice> choices;
  for (const Button& button : buttons) {
    const Template* translated = in_language(button.title_translations, language);
    const Template& title = translated ? *translated : button.title;
    choices.push_back({fill(title.text, names, Escape::none, &arguments),
                       fill(button.payload, names, Escape::none),
                       fill(button.url, names, Escape::url)});
  }
  return choices;
}

}  // namespace

ConversationNames::ConversationNames(const Bot& bot, const Conversation& conversation,
                                     const Frame* frame, std::string_view now)
    : bot_(bot), conversation_(conversation), frame_(frame), now_(now) {}

std::string ConversationNames::now() const {
  return now_.empty() ? nlu::iso_minute(conversation_.now, bot_.time_zone) : std::string(now_);
}

std::optional<bool> ConversationNames::is_open(std::string_view hours) const {
  const auto found = bot_.hours.find(std::string(hours));
  if (found == bot_.hours.end()) return std::nullopt;
  return dialog::is_open(found->second, bot_.holidays, now());
}

const json::value* ConversationNames::slot(std::string_view name) const {
  const auto found = conversation_.slots.find(std::string(name));
  if (found != conversation_.slots.end()) return &found->second;
  if (conversation_.session_open || conversation_.started == 0) return nullptr;
  // The next session begins with it, and what is said now is understood as said in that.
  const Slot* slot = bot_.find_slot(name);
  return slot && !slot->initial.is_null() ? &slot->initial : nullptr;
}

const json::value* ConversationNames::context(std::string_view dotted_path) const {
  if (frame_) {
    const std::size_t dot = dotted_path.find('.');
    const json::value* top = frame_->context.if_contains(dotted_path.substr(0, dot));
    if (top) {
      return dot == std::string_view::npos ? top : walk(top, dotted_path.substr(dot + 1));
    }
  }
  const auto text = [this](const std::string& value) -> const json::value* {
    if (value.empty()) return nullptr;
    made_ = json::value(value);
    return &made_;
  };
  if (dotted_path == "user.id") return text(conversation_.user);
  if (dotted_path == "user.name") return text(conversation_.user_name);
  if (dotted_path == "channel") return text(conversation_.channel);
  if (dotted_path == "language") return text(conversation_.language);
  return conversation_.tone.if_contains(dotted_path);  // sentiment, mood, urgency
}

std::string to_text(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "";
    case json::kind::string:
      return std::string(view(value.get_string()));
    case json::kind::double_:
      return fmt::format("{}", value.get_double());
    case json::kind::array: {
      std::string out;
      for (const json::value& item : value.get_array()) {
        if (!out.empty()) out += ", ";
        out += item.is_structured() ? json::serialize(item) : to_text(item);
      }
      return out;
    }
    default:
      return json::serialize(value);
  }
}

std::string fill(std::string_view text, const Names& names, Escape escape,
                 json::object* arguments) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t brace = std::min(text.find('{', i), text.size());
    out += text.substr(i, brace - i);
    if ((i = brace) == text.size()) break;
    const std::string_view name = name_at(text, i);
    if (name.empty()) {
      out += text[i++];
      continue;
    }
    const json::value* held = look_up(names, name);
    const std::string value = held ? to_text(*held) : "";
    if (arguments && held) arguments->insert_or_assign(name, *held);
    const bool at_line_start = out.empty() || out.back() == '\n';
    if (escape == Escape::url) {
      out += percent_encode(value);
    } else if (escape == Escape::markdown && !is_url(value)) {
      out += escape_markdown(value, at_line_start && !(held && held->is_number()));
    } else {
      out += value;
    }
    i += name.size() + 2;
  }
  return out;
}

double share_of(std::string_view text) {
  return static_cast<double>(mix(hash(text)) >> 11) / 9007199254740992.0;
}

json::value fill_json(const json::value& value, const Names& names) {
  return fill_at(value, names, 0);
}

bool reads_markdown(std::string_view channel) { return channel != "rest" && channel != "plain"; }

std::optional<event::Replied> respond(const Bot& bot, const Conversation& conversation,
                                      const Frame* frame, std::string_view response_name) {
  const Response* response = bot.find_response(response_name);
  if (!response) return std::nullopt;
  const ConversationNames names(bot, conversation, frame);
  const Variation* variation = choose(*response, conversation, names);
  if (!variation) return std::nullopt;

  const Escape escape = reads_markdown(conversation.channel) ? Escape::markdown : Escape::none;
  const Template* translated = in_language(variation->translations, conversation.language);
  event::Replied reply;
  reply.response = response->name;
  reply.text =
      fill(translated ? translated->text : variation->text.text, names, escape, &reply.arguments);
  reply.buttons = fill_choices(variation->buttons, names, conversation.language, reply.arguments);
  reply.quick_replies =
      fill_choices(variation->quick_replies, names, conversation.language, reply.arguments);
  reply.image_url = fill(variation->image_url, names, Escape::url);
  reply.image_alt = fill(variation->image_alt, names, Escape::none);
  reply.attachment_url = fill(variation->attachment_url, names, Escape::url);
  if (!variation->custom.is_null()) reply.custom = fill_json(variation->custom, names);
  return reply;
}

std::string in_words(std::string_view id) {
  std::string words(id);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string flow_name(const Flow& flow, std::string_view language) {
  if (const std::string* name = in_language(flow.name_translations, language)) return *name;
  return flow.name.empty() ? in_words(flow.id) : flow.name;
}

}  // namespace dialog

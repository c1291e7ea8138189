#include "dialog/answer.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "dialog/respond.h"
#include "nlu/base/unicode.h"
#include "nlu/builtin_entities.h"

namespace dialog {

namespace {

// 5.0 is kept as 5, so that it reads so and compares so everywhere.
json::value number_value(double number) {
  if (std::abs(number) < 1e15 && number == std::floor(number)) {
    return static_cast<std::int64_t>(number);
  }
  return number;
}

std::optional<double> plain_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> number_in(const json::value& value, std::string_view today) {
  if (value.is_number()) return value.to_number<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string text = to_text(value);
  if (const auto plain = plain_number(trimmed(text))) return plain;
  const auto parsed = nlu::parse_value("number", text, today);
  return parsed ? plain_number(*parsed) : std::nullopt;
}

std::optional<json::value> accept_number(const Collect& collect, const Slot* slot,
                                         const json::value& value, InputType type,
                                         std::string_view today) {
  const auto number = number_in(value, today);
  if (!number) return std::nullopt;
  const bool rating = type == InputType::rating;
  if (rating && *number != std::floor(*number)) return std::nullopt;
  std::optional<double> min = collect.min, max = collect.max;
  if (slot && !min) min = slot->min;
  if (slot && !max) max = slot->max;
  if (rating && !min) min = 1;
  if (rating && !max) max = 5;
  if ((min && *number < *min) || (max && *number > *max)) return std::nullopt;
  return number_value(*number);
}

std::optional<json::value> accept_boolean(const json::value& value) {
  if (value.is_bool()) return value;
  if (!value.is_string()) return std::nullopt;
  const std::string text = nlu::fold(to_text(value));
  if (text == "true" || text == "yes") return true;
  if (text == "false" || text == "no") return false;
  return std::nullopt;
}

std::optional<json::value> accept_choice(const std::vector<std::string>& choices,
                                         const json::value& value) {
  if (value.is_structured() || value.is_null()) return std::nullopt;
  const std::string folded = nlu::fold(to_text(value));
  for (const std::string& choice : choices) {
    if (nlu::fold(choice) == folded || nlu::fold(in_words(choice)) == folded)
      return json::value(choice);
  }
  return std::nullopt;
}

std::optional<json::value> accept_text(const Collect& collect, const json::value& value) {
  if (value.is_structured() || value.is_null()) return std::nullopt;
  const std::string text = to_text(value);
  const std::string_view core = trimmed(text);
  if (core.empty()) return std::nullopt;
  if (collect.matches && !collect.matches->matches_whole(core)) return std::nullopt;
  return json::value(core);
}

std::optional<json::value> accept_builtin(const Collect& collect, std::string_view type,
                                          const json::value& value, std::string_view today) {
  if (!value.is_string()) return std::nullopt;
  const auto parsed = nlu::parse_value(type, to_text(value), today);
  if (!parsed || (collect.matches && !collect.matches->matches_whole(*parsed))) return std::nullopt;
  return json::value(*parsed);
}

std::optional<json::value> accept_file(const Collect& collect, const json::value& value) {
  const json::object* file = value.if_object();
  if (!file || !nlu::get_string(*file, "upload")) return std::nullopt;
  const auto size = nlu::get_integer(*file, "size");
  const auto type = nlu::get_string(*file, "media_type");
  if (collect.max_bytes &&
      (!size || *size < 0 || static_cast<std::uint64_t>(*size) > collect.max_bytes)) {
    return std::nullopt;
  }
  if (!accepts_media(collect.accept, type.value_or(""))) return std::nullopt;
  return value;
}

// How deep lists and maps lie in one another; what is deeper than `most` is not looked at.
int depth_of(const json::value& value, int most) {
  int deepest = 0;
  if (most < 0) return 1;
  if (const auto* items = value.if_array()) {
    for (const json::value& item : *items) deepest = std::max(deepest, depth_of(item, most - 1));
    return deepest + 1;
  }
  if (const auto* members = value.if_object()) {
    for (const auto& member : *members) {
      deepest = std::max(deepest, depth_of(member.value(), most - 1));
    }
    return deepest + 1;
  }
  return 0;
}

}  // namespace

InputType answer_type(const Bot& bot, const Collect& collect) {
  if (collect.type != InputType::any) return collect.type;
  const Slot* slot = bot.find_slot(collect.slot);
  if (!slot) return InputType::any;
  switch (slot->type) {
    case SlotType::boolean:
      return InputType::confirmation;
    case SlotType::categorical:
      return InputType::choice;
    case SlotType::number:
      return InputType::number;
    case SlotType::text:
      return InputType::text;
    default:
      return InputType::any;
  }
}

const std::vector<std::string>& choices_of(const Bot& bot, const Collect& collect) {
  const Slot* slot = bot.find_slot(collect.slot);
  return collect.choices.empty() && slot ? slot->values : collect.choices;
}

std::optional<json::value> accept_value(const Bot& bot, const Collect& collect,
                                        const json::value& value, std::string_view today) {
  const Slot* slot = bot.find_slot(collect.slot);
  const InputType type = answer_type(bot, collect);
  std::optional<json::value> accepted;
  switch (type) {
    case InputType::text:
      accepted = accept_text(collect, value);
      break;
    case InputType::number:
    case InputType::rating:
      accepted = accept_number(collect, slot, value, type, today);
      break;
    case InputType::email:
      accepted = accept_builtin(collect, "email", value, today);
      break;
    case InputType::phone:
      accepted = accept_builtin(collect, "phone", value, today);
      break;
    case InputType::date:
      accepted = accept_builtin(collect, "date", value, today);
      break;
    case InputType::choice:
      accepted = accept_choice(choices_of(bot, collect), value);
      break;
    case InputType::confirmation:
      accepted = accept_boolean(value);
      break;
    case InputType::file:
      return accept_file(collect, value);
    case InputType::any:
      accepted = value.is_null() ? std::nullopt : std::optional(value);
      break;
  }
  if (accepted && slot) return accept_for_slot(*slot, *accepted);
  return accepted;
}

std::optional<json::value> accept_for_slot(const Slot& slot, const json::value& value) {
  if (value.is_null()) return value;
  switch (slot.type) {
    case SlotType::text:
      if (value.is_structured()) return std::nullopt;
      return json::value(to_text(value));
    case SlotType::boolean:
      return accept_boolean(value);
    case SlotType::categorical:
      return accept_choice(slot.values, value);
    case SlotType::number: {
      const auto number = number_in(value, "");
      if (!number || (slot.min && *number < *slot.min) || (slot.max && *number > *slot.max)) {
        return std::nullopt;
      }
      return number_value(*number);
    }
    case SlotType::list:
      return value.is_array() ? value : json::value(json::array{value});
    case SlotType::any:
      return value;
  }
  return value;
}

json::value bounded(json::value value) {
  constexpr std::size_t bytes = 64 << 10;
  constexpr int depth = 16;
  if (depth_of(value, depth) > depth) return nullptr;
  if (value.is_string() ? value.get_string().size() > bytes
                        : value.is_structured() && json::serialize(value).size() > bytes) {
    return nullptr;
  }
  return value;
}

json::value to_json(const Attachment& attachment) {
  return {{"upload", attachment.upload},
          {"name", attachment.name},
          {"size", attachment.size},
          {"media_type", attachment.media_type}};
}

bool accepts_media(const std::vector<std::string>& accepted, std::string_view type) {
  if (accepted.empty()) return true;
  return std::any_of(accepted.begin(), accepted.end(), [&](const std::string& one) {
    if (one == "*/*" || one == type) return true;
    return one.size() > 2 && one.ends_with("/*") &&
           type.starts_with(std::string_view(one).substr(0, one.size() - 1));
  });
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace dialog

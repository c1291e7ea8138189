#include "dialog/expression_functions.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "dialog/respond.h"
#include "nlu/base/letter_case.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

using Values = std::span<const json::value>;

constexpr std::size_t text_bytes = 64 << 10;  // Of what a function makes
constexpr std::size_t list_items = 10'000;
constexpr double largest_whole = 9007199254740992.0;  // 2^53

std::optional<double> number_of(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  return std::nullopt;
}

json::value text_value(std::string text) {
  if (text.size() > text_bytes) return nullptr;
  return json::value(std::move(text));
}

std::optional<std::string> text_of(const json::value& value) {
  if (value.is_null() || value.is_structured()) return std::nullopt;
  return to_text(value);
}

// ---- numbers ----

template <double (*Apply)(double)>
json::value of_number(Values values, const Names&) {
  const auto number = number_of(values[0]);
  return number ? computed(Apply(*number)) : json::value();
}

double absolute(double x) { return std::fabs(x); }
double down(double x) { return std::floor(x); }
double up(double x) { return std::ceil(x); }

json::value round(Values values, const Names&) {
  const auto number = number_of(values[0]);
  const auto digits = values.size() > 1 ? number_of(values[1]) : std::optional(0.0);
  if (!number || !digits || *digits < 0 || *digits > 12) return nullptr;
  const double scale = std::pow(10, std::floor(*digits));
  return computed(std::round(*number * scale) / scale);
}

// Of the numbers given, or of those in one list.
template <class Better>
json::value extreme(Values values, Better better) {
  if (values.size() == 1 && values[0].is_array()) {
    const json::array& items = values[0].get_array();
    values = Values(items.data(), items.size());
  }
  std::optional<double> best;
  for (const json::value& value : values) {
    const auto number = number_of(value);
    if (!number) return nullptr;
    if (!best || better(*number, *best)) best = number;
  }
  return best ? computed(*best) : json::value();
}

json::value least(Values values, const Names&) { return extreme(values, std::less<>()); }
json::value greatest(Values values, const Names&) { return extreme(values, std::greater<>()); }

json::value number(Values values, const Names&) {
  if (values[0].is_number()) return values[0];
  const auto text = text_of(values[0]);
  if (!text) return nullptr;
  double read = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, read);
  return failure == std::errc{} && stop == end && !text->empty() ? computed(read) : json::value();
}

// ---- texts ----

json::value text(Values values, const Names&) {
  std::string joined;
  for (const json::value& value : values) joined += to_text(value);
  return text_value(std::move(joined));
}

template <std::string (*Apply)(std::string_view)>
json::value of_text(Values values, const Names&) {
  const auto text = text_of(values[0]);
  return text ? text_value(Apply(*text)) : json::value();
}

std::string trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}
std::string in_small(std::string_view text) { return nlu::to_lower(text); }
std::string in_capitals(std::string_view text) { return nlu::to_upper(text); }

json::value length(Values values, const Names&) {
  const json::value& value = values[0];
  if (const auto* items = value.if_array()) return items->size();
  if (const auto* members = value.if_object()) return members->size();
  const auto text = text_of(value);
  return text ? json::value(nlu::count_characters(*text)) : json::value(0);
}

json::value replace(Values values, const Names&) {
  const auto text = text_of(values[0]), from = text_of(values[1]), to = text_of(values[2]);
  if (!text || !from || !to || from->empty()) return nullptr;
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = text->find(*from, at);
    out.append(*text, at, found - at);
    if (found == std::string::npos) return text_value(std::move(out));
    out += *to;
    if (out.size() > text_bytes) return nullptr;
    at = found + from->size();
  }
}

// Counted in characters, from 1; without a count to the end.
json::value part(Values values, const Names&) {
  const auto text = text_of(values[0]);
  const auto start = number_of(values[1]);
  const auto count = values.size() > 2 ? number_of(values[2]) : std::optional(largest_whole);
  if (!text || !start || !count || *start < 1 || *count < 0) return nullptr;
  std::string out;
  double character = 0;
  for (std::size_t i = 0; i < text->size(); ++i) {
    if ((static_cast<unsigned char>((*text)[i]) & 0xC0) != 0x80) ++character;
    if (character >= *start && character < *start + *count) out += (*text)[i];
  }
  return text_value(std::move(out));
}

json::value begins(Values values, const Names&) {
  const auto text = text_of(values[0]), start = text_of(values[1]);
  return text && start && text->starts_with(*start);
}

json::value ends(Values values, const Names&) {
  const auto text = text_of(values[0]), end = text_of(values[1]);
  return text && end && text->ends_with(*end);
}

// ---- lists ----

json::value split(Values values, const Names&) {
  const auto text = text_of(values[0]), between = text_of(values[1]);
  if (!text || !between || between->empty()) return nullptr;
  json::array parts;
  for (std::size_t at = 0; parts.size() < list_items;) {
    const std::size_t found = text->find(*between, at);
    std::string part = trim(std::string_view(*text).substr(at, found - at));
    if (!part.empty()) parts.emplace_back(std::move(part));
    if (found == std::string::npos) break;
    at = found + between->size();
  }
  return parts;
}

json::value join(Values values, const Names&) {
  const auto* items = values[0].if_array();
  const auto between = text_of(values[1]);
  if (!items || !between) return nullptr;
  std::string out;
  for (const json::value& item : *items) {
    if (&item != items->data()) out += *between;
    out += to_text(item);
    if (out.size() > text_bytes) return nullptr;
  }
  return text_value(std::move(out));
}

json::value item_at(const json::value& list, double place) {
  const auto* items = list.if_array();
  if (!items || place < 1 || place > static_cast<double>(items->size())) return nullptr;
  return (*items)[static_cast<std::size_t>(place) - 1];
}

json::value item(Values values, const Names&) {
  if (const auto* members = values[0].if_object()) {
    const auto key = text_of(values[1]);
    const json::value* found = key ? members->if_contains(*key) : nullptr;
    return found ? *found : json::value();
  }
  const auto place = number_of(values[1]);
  return place ? item_at(values[0], *place) : json::value();
}

json::value first(Values values, const Names&) { return item_at(values[0], 1); }

json::value last(Values values, const Names&) {
  const auto* items = values[0].if_array();
  return items ? item_at(values[0], static_cast<double>(items->size())) : json::value();
}

json::value append(Values values, const Names&) {
  json::array out;
  if (const auto* items = values[0].if_array()) out = *items;
  if (!values[0].is_null() && !values[0].is_array()) out.push_back(values[0]);
  if (out.size() >= list_items) return nullptr;
  if (!values[1].is_null()) out.push_back(values[1]);
  return out;
}

json::value sum(Values values, const Names&) {
  const auto* items = values[0].if_array();
  if (!items) return nullptr;
  double total = 0;
  for (const json::value& value : *items) {
    const auto number = number_of(value);
    if (!number) return nullptr;
    total += *number;
  }
  return computed(total);
}

// ---- days ----

std::optional<std::chrono::sys_days> day_of(const json::value& value) {
  const auto text = text_of(value);
  if (!text || text->size() < 10 || (text->size() > 10 && (*text)[10] != 'T')) return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t count) {
    int read = -1;
    const char* const begin = text->data() + at;
    const auto [stop, failure] = std::from_chars(begin, begin + count, read);
    return failure == std::errc{} && stop == begin + count ? read : -1;
  };
  const int year = digits(0, 4), month = digits(5, 2), day = digits(8, 2);
  if (year < 0 || month < 0 || day < 0 || (*text)[4] != '-' || (*text)[7] != '-') {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

json::value iso(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) return nullptr;
  return json::value(fmt::format("{:04}-{:02}-{:02}", year, static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day())));
}

json::value now(Values, const Names& names) {
  const std::string moment = names.now();
  return moment.empty() ? json::value() : json::value(moment);
}

json::value today(Values, const Names& names) {
  const std::string moment = names.now();
  return moment.empty() ? json::value() : json::value(moment.substr(0, 10));
}

json::value time_of_day(Values, const Names& names) {
  const std::string moment = names.now();
  return moment.size() < 16 ? json::value() : json::value(moment.substr(11, 5));
}

json::value weekday(Values values, const Names& names) {
  static constexpr const char* days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                         "thursday", "friday", "saturday"};
  const auto day = day_of(values.empty() ? today(values, names) : values[0]);
  if (!day) return nullptr;
  return days[std::chrono::weekday(*day).c_encoding()];
}

json::value days_between(Values values, const Names&) {
  const auto from = day_of(values[0]), to = day_of(values[1]);
  return from && to ? json::value((*to - *from).count()) : json::value();
}

json::value add_days(Values values, const Names&) {
  const auto day = day_of(values[0]);
  const auto count = number_of(values[1]);
  if (!day || !count || std::fabs(*count) > 4'000'000) return nullptr;
  return iso(*day + std::chrono::days(static_cast<int>(*count)));
}

// ---- the rest ----

json::value either(Values values, const Names&) {
  return is_true(values[0]) ? values[1] : values[2];
}

json::value coalesce(Values values, const Names&) {
  for (const json::value& value : values) {
    if (!is_empty(value)) return value;
  }
  return nullptr;
}

json::value is_open(Values values, const Names& names) {
  const auto hours = values.empty() ? std::optional<std::string>("") : text_of(values[0]);
  if (!hours) return nullptr;
  const auto open = names.is_open(*hours);
  return open ? json::value(*open) : json::value();
}

constexpr std::size_t many = 20;

constexpr Function table[] = {
    {"abs", 1, 1, of_number<absolute>, "abs(number)", "without its sign"},
    {"add_days", 2, 2, add_days, "add_days(date, number)", "the date so many days later"},
    {"append", 2, 2, append, "append(list, value)", "the list with the value at its end"},
    {"ceil", 1, 1, of_number<up>, "ceil(number)", "the next whole number up"},
    {"coalesce", 1, many, coalesce, "coalesce(value, …)", "the first that is not empty"},
    {"days_between", 2, 2, days_between, "days_between(date, date)",
     "how many days the second is after the first"},
    {"ends_with", 2, 2, ends, "ends_with(text, text)", "whether the first ends with the second"},
    {"first", 1, 1, first, "first(list)", "its first item"},
    {"floor", 1, 1, of_number<down>, "floor(number)", "the next whole number down"},
    {"if", 3, 3, either, "if(condition, value, value)", "the second value, else the third"},
    {"is_open", 0, 1, is_open, "is_open() or is_open(\"hours\")",
     "whether the bot's opening hours, or those of that name, are now", true},
    {"item", 2, 2, item, "item(list, place) or item(map, key)", "counted from 1"},
    {"join", 2, 2, join, "join(list, text)", "the items with the text between them"},
    {"last", 1, 1, last, "last(list)", "its last item"},
    {"length", 1, 1, length, "length(text or list)", "in characters or items; of nothing 0"},
    {"lower", 1, 1, of_text<in_small>, "lower(text)", "in small letters"},
    {"max", 1, many, greatest, "max(number, …) or max(list)", "the greatest"},
    {"min", 1, many, least, "min(number, …) or min(list)", "the least"},
    {"now", 0, 0, now, "now()", "date and time where the business is, 2026-11-27T18:30", true},
    {"number", 1, 1, number, "number(text)", "\"12.5\" as a number"},
    {"part", 2, 3, part, "part(text, start, count)",
     "so many characters from there, counted from 1"},
    {"replace", 3, 3, replace, "replace(text, from, to)", "with every `from` replaced"},
    {"round", 1, 2, round, "round(number) or round(number, digits)", "to so many decimals"},
    {"split", 2, 2, split, "split(text, between)", "a list of its parts"},
    {"starts_with", 2, 2, begins, "starts_with(text, text)",
     "whether the first begins with the second"},
    {"sum", 1, 1, sum, "sum(list)", "of its numbers"},
    {"text", 1, many, text, "text(value, …)", "one text of all of them"},
    {"time", 0, 0, time_of_day, "time()", "where the business is, 18:30", true},
    {"today", 0, 0, today, "today()", "the date where the business is, 2026-11-27", true},
    {"trim", 1, 1, of_text<trim>, "trim(text)", "without spaces at both ends"},
    {"upper", 1, 1, of_text<in_capitals>, "upper(text)", "in capitals"},
    {"weekday", 0, 1, weekday, "weekday() or weekday(date)", "\"monday\" … \"sunday\"", true},
};

}  // namespace

std::span<const Function> functions() { return table; }

const Function* find_function(std::string_view name) {
  const auto* const end = table + std::size(table);
  const auto* const found =
      std::find_if(table, end, [&](const Function& one) { return one.name == name; });
  return found == end ? nullptr : found;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Function& one : table) names.emplace_back(one.name);
  return names;
}

json::value computed(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::fabs(value) <= largest_whole) {
    return static_cast<std::int64_t>(value);
  }
  return std::strtod(fmt::format("{:.12g}", value).c_str(), nullptr);
}

bool is_empty(const json::value& value) {
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* array = value.if_array()) return array->empty();
  if (const auto* object = value.if_object()) return object->empty();
  return value.is_null();
}

bool is_true(const json::value& value) {
  if (const auto* flag = value.if_bool()) return *flag;
  if (value.is_number()) return value.to_number<double>() != 0;
  return !is_empty(value);
}

}  // namespace dialog

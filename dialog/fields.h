// How events and conversations become JSON and are read again: one list of fields serves both.
//
//   template <class A> void fields(A& a, Ref<A, Choice> choice) { a("title", choice.title); … }
//
// A field that has its type's default value is not written, and one that is absent keeps it.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace dialog::detail {

namespace json = nlu::json;

void append_json_string(std::string& out, std::string_view text);

class FieldWriter;
class FieldReader;

// What an archive takes of a T: a writer reads it, a reader writes it.
template <class Archive, class T>
using Ref = std::conditional_t<std::is_same_v<Archive, FieldWriter>, const T&, T&>;

// Enumerations name their values: `std::string_view const* names(E)` ends with an empty one.
template <class E>
struct EnumNames;

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires {
  EnumNames<T>::values;
};

template <class T>
concept Integer = std::is_integral_v<T> && !std::is_same_v<T, bool>;

// Writes the fields of one object to the end of a text.
class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }
  bool is_empty() const { return first_; }

  template <class T>
  void operator()(std::string_view key, const T& value) {
    if (is_default(value)) return;
    begin(key);
    write(value);
  }
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void begin_any(std::string_view key) {  // A name that is not ours, so may need escaping.
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, key);
    out_ += ':';
  }
  void members(const json::object& more) {
    for (const auto& member : more) {
      begin_any(member.key());
      out_ += json::serialize(member.value());
    }
  }
  template <class T>
  void write(const T& value);

 private:
  template <class T>
  static bool is_default(const T& value);

  std::string& out_;
  bool first_ = true;
};

// Takes the fields out of one object; the first that cannot be read is remembered.
class FieldReader {
 public:
  FieldReader(const json::object& object, std::string path)
      : object_(object), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view key, T& value) {
    if (const json::value* found = take(key); found && !read(*found, value, key)) fail(key);
  }
  const json::value* take(std::string_view key) {
    const json::value* found = object_.if_contains(key);
    if (found) taken_.push_back(found);
    return found;
  }
  void fail(std::string_view key) {
    if (!bad_) bad_ = path_ + std::string(key);
  }
  void fail_inside(std::string field) {
    if (!bad_) bad_ = std::move(field);
  }
  const std::optional<std::string>& bad() const { return bad_; }

  // What nobody asked for, in the order it was written.
  json::object rest() const {
    json::object others;
    if (taken_.size() >= object_.size()) return others;
    for (const auto& member : object_) {
      bool known = false;
      for (const json::value* value : taken_) known = known || value == &member.value();
      if (!known) others.emplace(member.key(), member.value());
    }
    return others;
  }

 private:
  template <class T>
  bool read(const json::value& from, T& value, std::string_view key);

  const json::object& object_;
  std::string path_;
  std::vector<const json::value*> taken_;
  std::optional<std::string> bad_;
};

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_map : std::false_type {};
template <class V>
struct is_map<std::map<std::string, V>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
bool FieldWriter::is_default(const T& value) {
  if constexpr (std::is_same_v<T, std::string> || is_vector<T>::value || is_map<T>::value ||
                std::is_same_v<T, json::object>) {
    return value.empty();
  } else if constexpr (std::is_same_v<T, json::value>) {
    return value.is_null();
  } else if constexpr (is_optional<T>::value) {
    return !value;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return value == T{};
  } else {
    return false;
  }
}

template <class T>
void FieldWriter::write(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    append_json_string(out_, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out_ += value ? "true" : "false";
  } else if constexpr (Integer<T>) {
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  } else if constexpr (NamedEnum<T>) {
    append_json_string(out_, EnumNames<T>::values[static_cast<std::size_t>(value)]);
  } else if constexpr (std::is_same_v<T, json::value> || std::is_same_v<T, json::object>) {
    out_ += json::serialize(value);
  } else if constexpr (is_optional<T>::value) {
    write(*value);
  } else if constexpr (is_vector<T>::value) {
    out_ += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i) out_ += ',';
      write(value[i]);
    }
    out_ += ']';
  } else if constexpr (is_map<T>::value) {
    FieldWriter inner(out_);
    for (const auto& [name, item] : value) {
      inner.begin_any(name);
      inner.write(item);
    }
    inner.close();
  } else {
    FieldWriter inner(out_);
    fields(inner, value);
    inner.close();
  }
}

template <class T>
bool FieldReader::read(const json::value& from, T& value, std::string_view key) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (!from.is_string()) return false;
    value.assign(from.get_string().data(), from.get_string().size());
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!from.is_bool()) return false;
    value = from.get_bool();
    return true;
  } else if constexpr (Integer<T>) {
    if (from.is_int64() && std::in_range<T>(from.get_int64())) {
      value = static_cast<T>(from.get_int64());
      return true;
    }
    if (from.is_uint64() && std::in_range<T>(from.get_uint64())) {
      value = static_cast<T>(from.get_uint64());
      return true;
    }
    return false;
  } else if constexpr (NamedEnum<T>) {
    if (!from.is_string()) return false;
    const std::string_view name(from.get_string().data(), from.get_string().size());
    for (std::size_t i = 0; i < std::size(EnumNames<T>::values); ++i) {
      if (EnumNames<T>::values[i] == name) {
        value = static_cast<T>(i);
        return true;
      }
    }
    return false;
  } else if constexpr (std::is_same_v<T, json::value>) {
    value = from;
    return true;
  } else if constexpr (std::is_same_v<T, json::object>) {
    if (!from.is_object()) return false;
    value = from.get_object();
    return true;
  } else if constexpr (is_optional<T>::value) {
    return read(from, value.emplace(), key);
  } else if constexpr (is_vector<T>::value) {
    if (!from.is_array()) return false;
    value.clear();
    value.reserve(from.get_array().size());
    for (const json::value& item : from.get_array()) {
      if (!read(item, value.emplace_back(), key)) return false;
    }
    return true;
  } else if constexpr (is_map<T>::value) {
    if (!from.is_object()) return false;
    value.clear();
    for (const auto& member : from.get_object()) {
      if (!read(member.value(), value[std::string(member.key())], key)) return false;
    }
    return true;
  } else {
    if (!from.is_object()) return false;
    FieldReader inner(from.get_object(), path_ + std::string(key) + ".");
    fields(inner, value);
    if (inner.bad()) fail_inside(*inner.bad());
    return !inner.bad();
  }
}

}  // namespace dialog::detail

#include "nlu/base/json.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace nlu {
namespace {

bool is_finite(const json::value& value) {
  switch (value.kind()) {
    case json::kind::double_:
      return std::isfinite(value.get_double());
    case json::kind::array:
      for (const json::value& item : value.get_array()) {
        if (!is_finite(item)) return false;
      }
      return true;
    case json::kind::object:
      for (const auto& entry : value.get_object()) {
        if (!is_finite(entry.value())) return false;
      }
      return true;
    default:
      return true;
  }
}

// Reads one step of a path and follows it.
class Selector {
 public:
  Selector(const json::value& value, std::string_view path) : value_(&value), rest_(path) {}

  const json::value* run() {
    if (!eat('$')) return nullptr;
    while (value_ != nullptr && !rest_.empty()) {
      if (eat('.')) {
        member(name());
      } else if (eat('[')) {
        bracket();
      } else {
        return nullptr;
      }
    }
    return value_;
  }

 private:
  bool eat(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // RFC 9535's shorthand, and hyphens, which many services have in their names.
  std::string_view name() {
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] != '.' && rest_[n] != '[' && rest_[n] != ' ' &&
           rest_[n] != ']' && rest_[n] != '*' && rest_[n] != '\'' && rest_[n] != '"') {
      ++n;
    }
    const std::string_view found = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return found;
  }

  void member(std::string_view key) {
    const json::object* object = value_->if_object();
    value_ = object == nullptr || key.empty() ? nullptr : object->if_contains(key);
  }

  void bracket() {
    if (rest_.empty()) {
      value_ = nullptr;
    } else if (const char quote = rest_.front(); quote == '\'' || quote == '"') {
      const std::size_t end = rest_.find(quote, 1);
      const std::string_view key = rest_.substr(1, end == rest_.npos ? end : end - 1);
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      member(key);
    } else {
      element();
    }
    if (!eat(']')) value_ = nullptr;
  }

  void element() {
    const bool from_end = eat('-');
    std::size_t index = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 9 && rest_[digits] >= '0' && rest_[digits] <= '9';
         ++digits) {
      index = index * 10 + static_cast<std::size_t>(rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    const json::array* array = value_->if_array();
    value_ = nullptr;
    if (array == nullptr || digits == 0) return;
    if (from_end && (index == 0 || index > array->size())) return;
    if (from_end) index = array->size() - index;
    if (index < array->size()) value_ = &(*array)[index];
  }

  const json::value* value_;
  std::string_view rest_;
};

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{Errc::too_large, fmt::format("the JSON has {} bytes; at most {} are allowed",
                                              text.size(), limits.bytes)};
  }
  json::parse_options options;
  options.max_depth = limits.depth;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read == text.size()) {
    parser.finish(error);
  } else if (!error) {
    error = json::error::extra_data;
  }
  if (error == json::error::too_deep) {
    return Error{Errc::too_large, fmt::format("the JSON is nested deeper than {} levels at byte {}",
                                              limits.depth, read)};
  }
  if (error) return invalid(fmt::format("not JSON at byte {}: {}", read, error.message()));
  json::value value = parser.release();
  if (!is_finite(value)) return invalid("a number in the JSON is too large");
  return value;
}

std::optional<std::string_view> get_string(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* found = value == nullptr ? nullptr : value->if_string();
  if (found == nullptr) return std::nullopt;
  return std::string_view(found->data(), found->size());
}

std::optional<double> get_number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const double* d = value->if_double()) return *d;
  if (const std::int64_t* i = value->if_int64()) return static_cast<double>(*i);
  if (const std::uint64_t* u = value->if_uint64()) return static_cast<double>(*u);
  return std::nullopt;
}

std::optional<std::int64_t> get_integer(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* i = value->if_int64()) return *i;
  if (const double* d = value->if_double()) {  // 3.0 is the integer 3, as in JavaScript.
    constexpr double exact = 9007199254740992.0;
    if (*d == std::floor(*d) && std::fabs(*d) <= exact) return static_cast<std::int64_t>(*d);
  }
  return std::nullopt;
}

std::optional<bool> get_bool(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const bool* found = value == nullptr ? nullptr : value->if_bool();
  return found == nullptr ? std::nullopt : std::optional<bool>(*found);
}

const json::object* get_object(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* get_array(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

const json::value* select(const json::value& value, std::string_view path) {
  return Selector(value, path).run();
}

}  // namespace nlu

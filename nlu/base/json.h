// JSON values are Boost.JSON's; what comes from outside is parsed here, within limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "nlu/base/result.h"

namespace nlu {

namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 32;
};

// Strict JSON (RFC 8259, valid UTF-8). Errc::too_large or Errc::invalid with the byte offset.
Result<json::value> parse_json(std::string_view text, const JsonLimits& limits = {});

// Readers for objects of unknown shape: nullopt/fallback when absent or of another kind.
std::optional<std::string_view> get_string(const json::object& object, std::string_view key);
std::optional<double> get_number(const json::object& object, std::string_view key);
std::optional<std::int64_t> get_integer(const json::object& object, std::string_view key);
std::optional<bool> get_bool(const json::object& object, std::string_view key);
const json::object* get_object(const json::object& object, std::string_view key);
const json::array* get_array(const json::object& object, std::string_view key);

// What `$.a.b[0].c` selects in `value` (RFC 9535's name and index selectors only); null pointer
// when nothing is there or the path is none.
const json::value* select(const json::value& value, std::string_view path);

}  // namespace nlu

// The functions of expressions. Each is total: what it cannot use makes null.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/expression.h"

namespace dialog {

struct Function {
  std::string_view name;
  std::size_t least = 0, most = 0;  // How many values it takes.
  json::value (*apply)(std::span<const json::value> values, const Names& names) = nullptr;
  std::string_view usage;  // "round(number, digits)"
  std::string_view what;   // One line, for docs.
  bool reads_time = false;
};

// Sorted by name; lives for ever.
std::span<const Function> functions();
const Function* find_function(std::string_view name);  // nullptr: there is none
std::vector<std::string> function_names();

// ---- also what operators compute ----

// Whole while both are and it fits, else a decimal of 12 digits, so that 0.1 + 0.2 is 0.3.
json::value computed(double value);
// A text, list or map that is empty, or null.
bool is_empty(const json::value& value);
// As Expression::holds says.
bool is_true(const json::value& value);

}  // namespace dialog

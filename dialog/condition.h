// Conditions: expressions of which only matters whether they hold. Guards, branches, rejections,
// responses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/expression.h"

namespace dialog {

class Condition {
 public:
  // As Expression::parse.
  static nlu::Result<Condition> parse(std::string_view text);
  static Condition constant(bool value);

  bool evaluate(const Names& names) const { return expression_.holds(names); }
  const std::string& text() const { return expression_.text(); }
  const Expression& expression() const { return expression_; }
  std::vector<std::string> slots() const { return expression_.slots(); }
  std::vector<std::string> contexts() const { return expression_.contexts(); }
  std::optional<bool> constant_value() const { return expression_.constant_truth(); }
  using Comparison = Expression::Comparison;
  std::vector<Comparison> comparisons() const { return expression_.comparisons(); }

 private:
  Expression expression_;
};

}  // namespace dialog

// The tree of an expression. Internal to dialog/expression.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialog/expression.h"
#include "dialog/expression_functions.h"
#include "dialog/expression_tokens.h"
#include "nlu/base/regex.h"

namespace dialog {

struct Expression::Node {
  enum class Kind {
    value,
    empty,
    slot,
    context,
    truth,  // An operand alone, where a condition may stand.
    negation,
    conjunction,
    disjunction,
    compare,
    arithmetic,
    call
  };
  enum class Op {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    contains,
    in,
    matches,
    add,
    subtract,
    multiply,
    divide,
    remainder
  };

  Kind kind = Kind::value;
  json::value value;                   // Kind::value
  std::string name;                    // Kind::slot and Kind::context
  Op op = Op::equal;                   // Kind::compare and Kind::arithmetic
  bool negated = false;                // Kind::compare: not contains, not matches, not in
  std::optional<nlu::Regex> regex;     // Op::matches
  const Function* function = nullptr;  // Kind::call
  std::vector<std::shared_ptr<const Node>> children;
};

namespace detail {

std::variant<std::shared_ptr<const Expression::Node>, Problem> parse_expression(
    std::vector<Token> tokens);

}  // namespace detail

}  // namespace dialog

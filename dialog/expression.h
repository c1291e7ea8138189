// Expressions: what conditions ask, and what `set` computes.
//
//   slots.order_status is "delivered" and not (slots.total > 100 or slots.city contains "lin")
//   round(slots.price * slots.count * 1.19, 2)
//
// Rasa CALM's predicate language: or, and, not, parentheses; = == != < <= > >= is, is not,
// contains, not contains, matches, not matches, in; true false null undefined empty; numbers,
// strings in ' or ", set literals {a, b}; `slots.x`, `context.y.z`, and a bare name as a slot.
// Beside it arithmetic (+ - * / %, between spaces) and functions (dialog/expression_functions.h).
//
// Evaluation is total: a name that is nothing is null, what cannot be computed (unlike kinds, a
// division by zero, a number too large) is null, a comparison of unlike kinds is false. Nothing has
// a side effect, and the same names give the same value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace dialog {

namespace json = nlu::json;

// What names mean while an expression is evaluated.
class Names {
 public:
  virtual ~Names() = default;
  virtual const json::value* slot(std::string_view name) const = 0;            // nullptr: not set
  virtual const json::value* context(std::string_view dotted_path) const = 0;  // nullptr: nothing
  // The local time where the business is, "2026-11-27T18:30"; empty: unknown.
  virtual std::string now() const { return {}; }
  // Whether the hours of that name are open now; "" is the bot's own. nullopt: there are none.
  virtual std::optional<bool> is_open(std::string_view) const { return std::nullopt; }
};

class Expression {
 public:
  // Errc::invalid; the message starts with the column in `text`, from 1: "12: expected …".
  static nlu::Result<Expression> parse(std::string_view text);
  static Expression constant(json::value value);

  json::value evaluate(const Names& names) const;
  // Whether it holds, as a condition: true; a number but 0; a text, list or map that is not empty.
  bool holds(const Names& names) const;

  const std::string& text() const { return text_; }
  std::vector<std::string> slots() const;     // Names it reads, in order of appearance, once each.
  std::vector<std::string> contexts() const;  // Paths it reads, without "context.", once each.
  std::vector<std::string> hours() const;     // Names given to is_open(), once each.
  // Whether it holds, when that is so for all names and at all times ("1 = 1"), else nullopt.
  std::optional<bool> constant_truth() const;

  // A slot compared with something written down; for checks of types and values.
  struct Comparison {
    std::string slot;
    std::string op;  // "equal", "order", "contains", "in" or "matches"
    json::value value;
    bool flipped = false;  // The slot stands on the right.
  };
  std::vector<Comparison> comparisons() const;

  struct Node;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace dialog

// Conditions in Rasa CALM's predicate language: guards, branches, rejections, responses.
//
//   slots.order_status is "delivered" and not (slots.total > 100 or slots.city contains "lin")
//
// or, and, not, parentheses; = == != < <= > >= is, is not, contains, not contains, matches, not
// matches, in; true false null undefined empty; numbers, strings in ' or ", set literals {a, b};
// `slots.x`, `context.y.z`, and a bare name as a slot. Evaluation is total: a name that is nothing
// is null, a comparison of unlike kinds is false, and nothing has a side effect.
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

// What names mean while a condition is evaluated.
class Names {
 public:
  virtual ~Names() = default;
  virtual const json::value* slot(std::string_view name) const = 0;            // nullptr: not set
  virtual const json::value* context(std::string_view dotted_path) const = 0;  // nullptr: nothing
};

class Condition {
 public:
  // Errc::invalid; the message starts with the column in `text`, from 1: "12: expected …".
  static nlu::Result<Condition> parse(std::string_view text);
  static Condition constant(bool value);

  bool evaluate(const Names& names) const;
  const std::string& text() const { return text_; }
  std::vector<std::string> slots() const;  // Names it reads, in order of appearance, once each.
  // true or false when it is so for all names ("1 = 1"), else nullopt.
  std::optional<bool> constant_value() const;
  std::vector<std::string> contexts() const;  // Paths it reads, without "context.", once each.

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

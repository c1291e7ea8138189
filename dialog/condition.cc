#include "dialog/condition.h"

namespace dialog {

nlu::Result<Condition> Condition::parse(std::string_view text) {
  auto expression = Expression::parse(text);
  if (!expression) return expression.error();
  Condition condition;
  condition.expression_ = *std::move(expression);
  return condition;
}

Condition Condition::constant(bool value) {
  Condition condition;
  condition.expression_ = Expression::constant(value);
  return condition;
}

}  // namespace dialog

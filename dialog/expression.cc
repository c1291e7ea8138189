#include "dialog/expression.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dialog/expression_node.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

using Node = Expression::Node;
using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;
using Op = Node::Op;

constexpr std::size_t max_bytes = 4096;

// ---- meaning ----

const json::value null_value;

bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    if (!a.is_double() && !b.is_double()) return a == b;
    return a.to_number<double>() == b.to_number<double>();
  }
  return a == b;
}

// Of two numbers or two texts: less than zero, zero, more. Of unlike kinds: nothing.
std::optional<int> order(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    const double x = a.to_number<double>();
    const double y = b.to_number<double>();
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.is_string() && b.is_string()) {
    return a.get_string().compare(b.get_string());
  }
  return std::nullopt;
}

bool contains(const json::value& whole, const json::value& part) {
  if (const auto* array = whole.if_array()) {
    return std::any_of(array->begin(), array->end(),
                       [&](const json::value& item) { return equal(item, part); });
  }
  if (whole.is_string() && part.is_string()) {
    const auto& text = whole.get_string();
    return std::string_view(text.data(), text.size())
               .find(std::string_view(part.get_string().data(), part.get_string().size())) !=
           std::string_view::npos;
  }
  return false;
}

bool matches(const nlu::Regex& regex, const json::value& value) {
  if (value.is_string()) {
    return regex.matches_somewhere({value.get_string().data(), value.get_string().size()});
  }
  return value.is_number() && regex.matches_somewhere(json::serialize(value));
}

bool compare(const Node& node, const json::value& left, const json::value& right) {
  const auto ordered = [&](auto holds) {
    const std::optional<int> sign = order(left, right);
    return sign && holds(*sign);
  };
  switch (node.op) {
    case Op::equal:
      return equal(left, right);
    case Op::not_equal:
      return !equal(left, right);
    case Op::less:
      return ordered([](int sign) { return sign < 0; });
    case Op::less_equal:
      return ordered([](int sign) { return sign <= 0; });
    case Op::greater:
      return ordered([](int sign) { return sign > 0; });
    case Op::greater_equal:
      return ordered([](int sign) { return sign >= 0; });
    case Op::contains:
      return contains(left, right);
    case Op::in:
      return contains(right, left);
    case Op::matches:
      return node.regex && matches(*node.regex, left);
    default:
      return false;
  }
}

bool is_boolean(const Node& node) {
  return node.kind == Kind::truth || node.kind == Kind::negation ||
         node.kind == Kind::conjunction || node.kind == Kind::disjunction ||
         node.kind == Kind::compare;
}

bool holds(const Node& node, const Names& names);
json::value arithmetic(const Node& node, const Names& names);
json::value called(const Node& node, const Names& names);

// What an operand is worth. `storage` keeps the value of an operand that is a condition itself.
const json::value& worth(const Node& node, const Names& names, json::value& storage) {
  if (node.kind == Kind::arithmetic) return storage = arithmetic(node, names);
  if (node.kind == Kind::call) return storage = called(node, names);
  // "(slots.x) is 3": parentheses around a single operand leave it what it is.
  if (node.kind == Kind::truth) return worth(*node.children.front(), names, storage);
  if (is_boolean(node)) return storage = holds(node, names);
  const json::value* found = nullptr;
  if (node.kind == Kind::slot) found = names.slot(node.name);
  if (node.kind == Kind::context) found = names.context(node.name);
  if (node.kind == Kind::value) found = &node.value;
  return found != nullptr ? *found : null_value;
}

bool compares(const Node& node, const Names& names) {
  json::value left_storage;
  json::value right_storage;
  const Node& left = *node.children[0];
  const Node& right = *node.children[1];
  bool result = false;
  if (right.kind == Kind::empty || left.kind == Kind::empty) {
    const Node& other = right.kind == Kind::empty ? left : right;
    const bool empty = other.kind == Kind::empty || is_empty(worth(other, names, left_storage));
    result = node.op == Op::equal ? empty : node.op == Op::not_equal && !empty;
  } else {
    result = compare(node, worth(left, names, left_storage), worth(right, names, right_storage));
  }
  return result != node.negated;
}

bool holds(const Node& node, const Names& names) {
  const auto child_holds = [&](const NodePtr& child) { return holds(*child, names); };
  json::value storage;
  switch (node.kind) {
    case Kind::negation:
      return !holds(*node.children.front(), names);
    case Kind::conjunction:
      return std::all_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::disjunction:
      return std::any_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::compare:
      return compares(node, names);
    case Kind::truth:
      return holds(*node.children.front(), names);
    default:
      return is_true(worth(node, names, storage));
  }
}

json::value arithmetic(const Node& node, const Names& names) {
  json::value left_storage;
  json::value right_storage;
  const json::value& left = worth(*node.children[0], names, left_storage);
  const json::value& right = worth(*node.children[1], names, right_storage);
  if (!left.is_number() || !right.is_number()) return nullptr;
  const double a = left.to_number<double>();
  const double b = right.to_number<double>();
  switch (node.op) {
    case Op::add:
      return computed(a + b);
    case Op::subtract:
      return computed(a - b);
    case Op::multiply:
      return computed(a * b);
    case Op::divide:
      return b == 0 ? json::value() : computed(a / b);
    default:
      return b == 0 ? json::value() : computed(std::fmod(a, b));
  }
}

json::value called(const Node& node, const Names& names) {
  std::vector<json::value> values;
  values.reserve(node.children.size());
  for (const NodePtr& child : node.children) {
    json::value storage;
    values.push_back(worth(*child, names, storage));
  }
  return node.function->apply(values, names);
}

class NoNames : public Names {
 public:
  const json::value* slot(std::string_view) const override { return nullptr; }
  const json::value* context(std::string_view) const override { return nullptr; }
};

bool reads_names(const Node& node) {
  if (node.kind == Kind::slot || node.kind == Kind::context) return true;
  if (node.kind == Kind::call && node.function->reads_time) return true;
  return std::any_of(node.children.begin(), node.children.end(),
                     [](const NodePtr& child) { return reads_names(*child); });
}

std::optional<bool> constant_of(const Node& node) {
  if (node.kind == Kind::negation) {
    const auto inner = constant_of(*node.children.front());
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  if (node.kind == Kind::conjunction || node.kind == Kind::disjunction) {
    const bool decisive = node.kind == Kind::disjunction;  // One such part settles it.
    bool all_known = true;
    for (const NodePtr& child : node.children) {
      const auto part = constant_of(*child);
      if (part == decisive) return decisive;
      all_known = all_known && part.has_value();
    }
    return all_known ? std::optional(!decisive) : std::nullopt;
  }
  if (reads_names(node)) return std::nullopt;
  return holds(node, NoNames{});
}

void collect_names(const Node& node, Kind kind, std::vector<std::string>& out) {
  if (node.kind == kind && std::find(out.begin(), out.end(), node.name) == out.end()) {
    out.push_back(node.name);
  }
  for (const NodePtr& child : node.children) collect_names(*child, kind, out);
}

void collect_hours(const Node& node, std::vector<std::string>& out) {
  if (node.kind == Kind::call && node.function->name == "is_open" && !node.children.empty()) {
    const Node* name = node.children.front().get();
    while (name->kind == Kind::truth) name = name->children.front().get();
    if (name->kind == Kind::value && name->value.is_string()) {
      std::string written(name->value.get_string());
      if (std::find(out.begin(), out.end(), written) == out.end())
        out.push_back(std::move(written));
    }
  }
  for (const NodePtr& child : node.children) collect_hours(*child, out);
}

void collect_comparisons(const Node& node, std::vector<Expression::Comparison>& out) {
  for (const NodePtr& child : node.children) collect_comparisons(*child, out);
  if (node.kind != Kind::compare) return;
  const Node* sides[] = {node.children[0].get(), node.children[1].get()};
  for (const Node*& side : sides) {
    while (side->kind == Kind::truth) side = side->children.front().get();
  }
  const bool flipped = sides[0]->kind != Kind::slot;
  const Node& slot = *sides[flipped ? 1 : 0];
  const Node& other = *sides[flipped ? 0 : 1];
  if (slot.kind != Kind::slot || other.kind != Kind::value) return;
  const bool is_order = node.op == Op::less || node.op == Op::less_equal ||
                        node.op == Op::greater || node.op == Op::greater_equal;
  const char* const word = node.op == Op::matches    ? "matches"
                           : node.op == Op::contains ? "contains"
                           : node.op == Op::in       ? "in"
                           : is_order                ? "order"
                                                     : "equal";
  out.push_back({slot.name, word, other.value, flipped});
}

}  // namespace

nlu::Result<Expression> Expression::parse(std::string_view text) {
  const auto failure = [&](const detail::Problem& problem) {
    const std::size_t column = nlu::count_characters(text.substr(0, problem.at)) + 1;
    return nlu::invalid(fmt::format("{}: {}", column, problem.message));
  };
  if (text.size() > max_bytes) {
    return failure({0, fmt::format("this has at most {} characters", max_bytes)});
  }
  auto tokens = detail::read_tokens(text);
  if (const auto* problem = std::get_if<detail::Problem>(&tokens)) return failure(*problem);
  auto root = detail::parse_expression(std::get<0>(std::move(tokens)));
  if (const auto* problem = std::get_if<detail::Problem>(&root)) return failure(*problem);
  Expression expression;
  expression.text_ = std::string(text);
  expression.root_ = std::get<0>(std::move(root));
  return expression;
}

Expression Expression::constant(json::value value) {
  auto node = std::make_shared<Node>();
  Expression expression;
  expression.text_ = json::serialize(value);
  node->value = std::move(value);
  expression.root_ = std::move(node);
  return expression;
}

json::value Expression::evaluate(const Names& names) const {
  if (!root_) return nullptr;
  json::value storage;
  return worth(*root_, names, storage);
}

bool Expression::holds(const Names& names) const { return root_ && dialog::holds(*root_, names); }

std::vector<std::string> Expression::slots() const {
  std::vector<std::string> names;
  if (root_) collect_names(*root_, Kind::slot, names);
  return names;
}

std::vector<std::string> Expression::contexts() const {
  std::vector<std::string> paths;
  if (root_) collect_names(*root_, Kind::context, paths);
  return paths;
}

std::vector<std::string> Expression::hours() const {
  std::vector<std::string> names;
  if (root_) collect_hours(*root_, names);
  return names;
}

std::vector<Expression::Comparison> Expression::comparisons() const {
  std::vector<Comparison> found;
  if (root_) collect_comparisons(*root_, found);
  return found;
}

std::optional<bool> Expression::constant_truth() const {
  return root_ ? constant_of(*root_) : std::optional(false);
}

}  // namespace dialog

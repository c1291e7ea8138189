#include "dialog/condition.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "nlu/base/regex.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t max_bytes = 4096;
constexpr int max_depth = 64;

enum class Op { equal, not_equal, less, less_equal, greater, greater_equal, contains, in, matches };

}  // namespace

struct Condition::Node {
  enum class Kind {
    value,
    empty,
    slot,
    context,
    truth,
    negation,
    conjunction,
    disjunction,
    compare
  };

  Kind kind = Kind::value;
  json::value value;                // Kind::value
  std::string name;                 // Kind::slot and Kind::context
  Op op = Op::equal;                // Kind::compare
  bool negated = false;             // Kind::compare: not contains, not matches, not in
  std::optional<nlu::Regex> regex;  // Op::matches
  std::vector<std::shared_ptr<const Node>> children;
};

namespace {

using Node = Condition::Node;
using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;

// ---- words ----

struct Token {
  enum class Kind { end, word, number, string, symbol };
  Kind kind = Kind::end;
  std::string text;  // A string's content; a symbol's spelling.
  std::size_t at = 0;
};

struct Problem {
  std::size_t at = 0;
  std::string message;
};

bool begins_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

bool continues_word(char c) {
  return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, Problem> run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (at_ == text_.size()) break;
      Token token;
      token.at = at_;
      if (auto problem = read(token)) return *problem;
      tokens.push_back(std::move(token));
    }
    tokens.push_back({Token::Kind::end, "", text_.size()});
    return tokens;
  }

 private:
  std::optional<Problem> read(Token& token) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return read_string(token);
    if (is_digit(c) ||
        ((c == '-' || c == '+') && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      return read_number(token);
    }
    if (begins_word(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
      token.kind = Token::Kind::word;
      token.text = std::string(text_.substr(begin, at_ - begin));
      return std::nullopt;
    }
    return read_symbol(token);
  }

  std::optional<Problem> read_string(Token& token) {
    const char quote = text_[at_++];
    token.kind = Token::Kind::string;
    while (at_ < text_.size() && text_[at_] != quote) {
      // A backslash protects the quote and is else kept, so that regexes read as they are.
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        if (text_[at_ + 1] != quote) token.text += '\\';
        token.text += text_[at_ + 1];
        at_ += 2;
        continue;
      }
      token.text += text_[at_++];
    }
    if (at_ == text_.size()) return Problem{token.at, "this text has no closing quote"};
    ++at_;
    return std::nullopt;
  }

  std::optional<Problem> read_number(Token& token) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() &&
           (is_digit(text_[at_]) || text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E' ||
            ((text_[at_] == '-' || text_[at_] == '+') &&
             (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))) {
      ++at_;
    }
    token.kind = Token::Kind::number;
    token.text = std::string(text_.substr(begin, at_ - begin));
    if (token.text.front() == '+') token.text.erase(0, 1);
    double value = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, failure] = std::from_chars(token.text.data(), end, value);
    const bool glued = at_ < text_.size() && begins_word(text_[at_]);
    if (failure != std::errc{} || stop != end || glued) {
      return Problem{begin, "this number cannot be read; put a text in quotes"};
    }
    return std::nullopt;
  }

  std::optional<Problem> read_symbol(Token& token) {
    token.kind = Token::Kind::symbol;
    const std::string_view two = text_.substr(at_, 2);
    if (two == "&&") return Problem{at_, "write 'and' instead of '&&'"};
    if (two == "||") return Problem{at_, "write 'or' instead of '||'"};
    for (const std::string_view symbol : {"==", "!=", "<=", ">="}) {
      if (two == symbol) {
        token.text = std::string(symbol);
        at_ += 2;
        return std::nullopt;
      }
    }
    const char c = text_[at_];
    if (c == '!') return Problem{at_, "write 'not' instead of '!'"};
    if (std::string_view("=<>(){},").find(c) == std::string_view::npos) {
      return Problem{at_, fmt::format("'{}' has no meaning in a condition", c)};
    }
    token.text = std::string(1, c);
    ++at_;
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// ---- grammar ----

// Recursive descent; the first problem ends it.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::variant<NodePtr, Problem> run() {
    NodePtr node = disjunction(0);
    if (!problem_ && peek().kind != Token::Kind::end) {
      fail(peek().at, fmt::format("'{}' is not expected here; join conditions with 'and' or 'or'",
                                  peek().text));
    }
    if (problem_) return *problem_;
    return node;
  }

 private:
  const Token& peek() const { return tokens_[next_]; }
  const Token& peek_after() const { return tokens_[std::min(next_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }

  static bool is_word(const Token& token, std::string_view word) {
    return token.kind == Token::Kind::word && lower(token.text) == word;
  }
  bool accept_word(std::string_view word) {
    if (!is_word(peek(), word)) return false;
    take();
    return true;
  }
  bool accept_symbol(std::string_view symbol) {
    if (peek().kind != Token::Kind::symbol || peek().text != symbol) return false;
    take();
    return true;
  }

  NodePtr fail(std::size_t at, std::string message) {
    if (!problem_) problem_ = Problem{at, std::move(message)};
    return std::make_shared<Node>();
  }

  NodePtr disjunction(int depth) {
    return chain(depth, "or", Kind::disjunction, &Parser::conjunction);
  }
  NodePtr conjunction(int depth) {
    return chain(depth, "and", Kind::conjunction, &Parser::negation);
  }

  NodePtr chain(int depth, std::string_view word, Kind kind, NodePtr (Parser::*part)(int)) {
    if (depth > max_depth) return fail(peek().at, "this condition is nested too deeply");
    NodePtr first = (this->*part)(depth);
    if (problem_ || !is_word(peek(), word)) return first;
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->children.push_back(std::move(first));
    while (!problem_ && accept_word(word)) node->children.push_back((this->*part)(depth));
    return node;
  }

  NodePtr negation(int depth) {
    if (depth > max_depth) return fail(peek().at, "this condition is nested too deeply");
    if (!accept_word("not")) return comparison(depth);
    auto node = std::make_shared<Node>();
    node->kind = Kind::negation;
    node->children.push_back(negation(depth + 1));
    return node;
  }

  struct Operator {
    Op op = Op::equal;
    bool negated = false;
  };

  std::optional<Operator> accept_operator() {
    if (peek().kind == Token::Kind::symbol) {
      const std::string& symbol = peek().text;
      const std::pair<std::string_view, Op> symbols[] = {
          {"=", Op::equal},   {"==", Op::equal},      {"!=", Op::not_equal},    {"<", Op::less},
          {">", Op::greater}, {"<=", Op::less_equal}, {">=", Op::greater_equal}};
      for (const auto& [text, op] : symbols) {
        if (symbol == text) return take(), Operator{op};
      }
      return std::nullopt;
    }
    if (accept_word("is")) return Operator{accept_word("not") ? Op::not_equal : Op::equal};
    const bool negated = is_word(peek(), "not");
    const Token& word = negated ? peek_after() : peek();
    const std::pair<std::string_view, Op> words[] = {
        {"contains", Op::contains}, {"in", Op::in}, {"matches", Op::matches}};
    for (const auto& [text, op] : words) {
      if (!is_word(word, text)) continue;
      if (negated) take();
      take();
      return Operator{op, negated};
    }
    return std::nullopt;
  }

  NodePtr comparison(int depth) {
    NodePtr left = operand(depth);
    if (problem_) return left;
    const std::optional<Operator> found = accept_operator();
    if (!found) {
      auto node = std::make_shared<Node>();
      node->kind = Kind::truth;
      node->children.push_back(std::move(left));
      return node;
    }
    auto node = std::make_shared<Node>();
    node->kind = Kind::compare;
    node->op = found->op;
    node->negated = found->negated;
    const Token begin = peek();
    NodePtr right = operand(depth);
    if (problem_) return right;
    if (found->op == Op::matches) {
      if (begin.kind != Token::Kind::string) {
        return fail(begin.at, "'matches' needs a regular expression in quotes");
      }
      auto regex = nlu::Regex::compile(begin.text);
      if (!regex) {
        return fail(begin.at,
                    fmt::format("this is no regular expression: {}", regex.error().message));
      }
      node->regex = *std::move(regex);
    }
    node->children = {std::move(left), std::move(right)};
    const std::size_t after = peek().at;
    if (peek().kind != Token::Kind::end && accept_operator()) {
      return fail(after, "comparisons cannot be chained; join two with 'and'");
    }
    return node;
  }

  NodePtr operand(int depth) {
    const Token token = peek();
    switch (token.kind) {
      case Token::Kind::end:
        return fail(token.at, "a value or a name is missing here");
      case Token::Kind::string:
        return take(), constant(json::value(token.text));
      case Token::Kind::number:
        return take(), constant(number(token.text));
      case Token::Kind::word:
        return take(), word_operand(token);
      case Token::Kind::symbol:
        break;
    }
    if (accept_symbol("(")) {
      NodePtr inner = disjunction(depth + 1);
      if (!problem_ && !accept_symbol(")")) {
        return fail(peek().at, "a closing ')' is missing here");
      }
      return inner;
    }
    if (accept_symbol("{")) return set_literal();
    return fail(token.at, fmt::format("a value or a name is missing before '{}'", token.text));
  }

  NodePtr set_literal() {
    json::array items;
    while (!problem_ && !accept_symbol("}")) {
      const Token token = take();
      if (token.kind == Token::Kind::string) {
        items.emplace_back(token.text);
      } else if (token.kind == Token::Kind::number) {
        items.push_back(number(token.text));
      } else if (token.kind == Token::Kind::word) {
        const std::string word = lower(token.text);
        if (word == "true" || word == "false") {
          items.emplace_back(word == "true");
        } else {
          items.emplace_back(token.text);
        }
      } else {
        return fail(token.at, "a set is written {a, b, c}");
      }
      accept_symbol(",");
    }
    return constant(std::move(items));
  }

  static json::value number(const std::string& text) {
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, whole);
    if (failure == std::errc{} && stop == end) return whole;
    double value = 0;
    std::from_chars(text.data(), end, value);
    return value;
  }

  static NodePtr constant(json::value value) {
    auto node = std::make_shared<Node>();
    node->value = std::move(value);
    return node;
  }

  NodePtr name(Kind kind, std::string text) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->name = std::move(text);
    return node;
  }

  NodePtr word_operand(const Token& token) {
    const std::string word = lower(token.text);
    if (word == "true" || word == "false") return constant(word == "true");
    if (word == "null" || word == "none" || word == "undefined") return constant(nullptr);
    if (word == "empty") return name(Kind::empty, "");
    for (const std::string_view keyword : {"and", "or", "is", "contains", "matches", "in"}) {
      if (word == keyword) {
        return fail(token.at, fmt::format("a value or a name is missing before '{}'", token.text));
      }
    }
    if (token.text.back() == '.') {
      return fail(token.at, fmt::format("'{}' is not a whole name", token.text));
    }
    const std::size_t dot = token.text.find('.');
    if (dot == std::string::npos) {
      if (word == "slots" || word == "context") {
        return fail(token.at, fmt::format("write '{}.' and a name", word));
      }
      return name(Kind::slot, token.text);
    }
    const std::string_view prefix = std::string_view(token.text).substr(0, dot);
    std::string rest = token.text.substr(dot + 1);
    if (prefix == "context") return name(Kind::context, std::move(rest));
    if (prefix != "slots") {
      return fail(token.at,
                  fmt::format("'{}' is no name; names are 'slots.…' and 'context.…'", token.text));
    }
    if (rest.find('.') != std::string::npos) {
      return fail(token.at, fmt::format("'{}' is no name; a slot's name has no dot", token.text));
    }
    return name(Kind::slot, std::move(rest));
  }

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::optional<Problem> problem_;
};

// ---- meaning ----

const json::value null_value;

bool is_empty(const json::value& value) {
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* array = value.if_array()) return array->empty();
  if (const auto* object = value.if_object()) return object->empty();
  return value.is_null();
}

bool is_true(const json::value& value) {
  if (const auto* flag = value.if_bool()) return *flag;
  if (value.is_number()) return value.to_number<double>() != 0;
  return !is_empty(value);
}

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
  }
  return false;
}

bool is_boolean(const Node& node) {
  return node.kind == Kind::truth || node.kind == Kind::negation ||
         node.kind == Kind::conjunction || node.kind == Kind::disjunction ||
         node.kind == Kind::compare;
}

bool holds(const Node& node, const Names& names);

// What an operand is worth. `storage` keeps the value of an operand that is a condition itself.
const json::value& worth(const Node& node, const Names& names, json::value& storage) {
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

class NoNames : public Names {
 public:
  const json::value* slot(std::string_view) const override { return nullptr; }
  const json::value* context(std::string_view) const override { return nullptr; }
};

bool reads_names(const Node& node) {
  if (node.kind == Kind::slot || node.kind == Kind::context) return true;
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

void collect_comparisons(const Node& node, std::vector<Condition::Comparison>& out) {
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

nlu::Result<Condition> Condition::parse(std::string_view text) {
  const auto failure = [&](const Problem& problem) {
    const std::size_t column = nlu::count_characters(text.substr(0, problem.at)) + 1;
    return nlu::invalid(fmt::format("{}: {}", column, problem.message));
  };
  if (text.size() > max_bytes) {
    return failure({0, fmt::format("a condition has at most {} characters", max_bytes)});
  }
  auto tokens = Lexer(text).run();
  if (const auto* problem = std::get_if<Problem>(&tokens)) return failure(*problem);
  auto root = Parser(std::get<0>(std::move(tokens))).run();
  if (const auto* problem = std::get_if<Problem>(&root)) return failure(*problem);
  Condition condition;
  condition.text_ = std::string(text);
  condition.root_ = std::get<0>(std::move(root));
  return condition;
}

Condition Condition::constant(bool value) {
  auto node = std::make_shared<Node>();
  node->value = value;
  Condition condition;
  condition.text_ = value ? "true" : "false";
  condition.root_ = std::move(node);
  return condition;
}

bool Condition::evaluate(const Names& names) const { return root_ && holds(*root_, names); }

std::vector<std::string> Condition::slots() const {
  std::vector<std::string> names;
  if (root_) collect_names(*root_, Kind::slot, names);
  return names;
}

std::vector<std::string> Condition::contexts() const {
  std::vector<std::string> paths;
  if (root_) collect_names(*root_, Kind::context, paths);
  return paths;
}

std::vector<Condition::Comparison> Condition::comparisons() const {
  std::vector<Comparison> found;
  if (root_) collect_comparisons(*root_, found);
  return found;
}

std::optional<bool> Condition::constant_value() const {
  return root_ ? constant_of(*root_) : std::optional(false);
}

}  // namespace dialog

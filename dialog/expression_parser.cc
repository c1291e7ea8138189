#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "dialog/expression_node.h"
#include "nlu/base/diagnostic.h"

namespace dialog::detail {

namespace {

using Node = Expression::Node;
using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;
using Op = Node::Op;

constexpr int max_depth = 64;

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
    if (depth > max_depth) return fail(peek().at, "this is nested too deeply");
    NodePtr first = (this->*part)(depth);
    if (problem_ || !is_word(peek(), word)) return first;
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->children.push_back(std::move(first));
    while (!problem_ && accept_word(word)) node->children.push_back((this->*part)(depth));
    return node;
  }

  NodePtr negation(int depth) {
    if (depth > max_depth) return fail(peek().at, "this is nested too deeply");
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
    NodePtr left = sum(depth);
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
    NodePtr right = sum(depth);
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

  NodePtr sum(int depth) {
    return operators(depth, {{"+", Op::add}, {"-", Op::subtract}}, &Parser::product);
  }
  NodePtr product(int depth) {
    return operators(depth, {{"*", Op::multiply}, {"/", Op::divide}, {"%", Op::remainder}},
                     &Parser::sign);
  }

  // From left to right: "8 - 2 - 1" is 5.
  NodePtr operators(int depth, std::initializer_list<std::pair<std::string_view, Op>> symbols,
                    NodePtr (Parser::*part)(int)) {
    NodePtr left = (this->*part)(depth);
    for (int count = 0; !problem_; ++count) {
      const auto found = std::find_if(symbols.begin(), symbols.end(),
                                      [&](const auto& one) { return accept_symbol(one.first); });
      if (found == symbols.end()) return left;
      if (depth + count > max_depth) return fail(peek().at, "this is nested too deeply");
      auto node = std::make_shared<Node>();
      node->kind = Kind::arithmetic;
      node->op = found->second;
      NodePtr right = (this->*part)(depth);
      node->children = {std::move(left), std::move(right)};
      left = std::move(node);
    }
    return left;
  }

  NodePtr sign(int depth) {
    if (depth > max_depth) return fail(peek().at, "this is nested too deeply");
    if (!accept_symbol("-")) return operand(depth);
    auto node = std::make_shared<Node>();
    node->kind = Kind::arithmetic;
    node->op = Op::subtract;
    node->children = {constant(0), sign(depth + 1)};
    return node;
  }

  NodePtr call(const Token& name, int depth) {
    if (depth > max_depth) return fail(name.at, "this is nested too deeply");
    const Function* function = find_function(lower(name.text));
    if (!function) {
      return fail(name.at, fmt::format("no function is called '{}'{}", name.text,
                                       nlu::did_you_mean(name.text, function_names())));
    }
    auto node = std::make_shared<Node>();
    node->kind = Kind::call;
    node->function = function;
    while (!problem_ && !accept_symbol(")")) {
      if (!node->children.empty() && !accept_symbol(",")) {
        return fail(peek().at, "a ',' or the closing ')' is missing here");
      }
      node->children.push_back(disjunction(depth + 1));
    }
    const std::size_t count = node->children.size();
    if (!problem_ && (count < function->least || count > function->most)) {
      return fail(name.at, fmt::format("'{}' is written {}", function->name, function->usage));
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
        take();
        return accept_symbol("(") ? call(token, depth) : word_operand(token);
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

}  // namespace

std::variant<NodePtr, Problem> parse_expression(std::vector<Token> tokens) {
  return Parser(std::move(tokens)).run();
}

}  // namespace dialog::detail

#include "dialog/expression_tokens.h"

#include <cctype>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace dialog::detail {

namespace {

bool begins_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

bool continues_word(char c) {
  return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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
      follows_operand_ = !tokens.empty() && ends_operand(tokens.back());
      if (auto problem = read(token)) return *problem;
      tokens.push_back(std::move(token));
    }
    tokens.push_back({Token::Kind::end, "", text_.size()});
    return tokens;
  }

 private:
  // "a - 1" subtracts where "a < -1" does not.
  static bool ends_operand(const Token& token) {
    if (token.kind == Token::Kind::symbol) return token.text == ")" || token.text == "}";
    if (token.kind != Token::Kind::word) return true;
    for (const std::string_view word : {"and", "or", "not", "is", "contains", "matches", "in"}) {
      if (lower(token.text) == word) return false;
    }
    return true;
  }

  std::optional<Problem> read(Token& token) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return read_string(token);
    const bool has_sign = (c == '-' || c == '+') && !follows_operand_;
    if (is_digit(c) || (has_sign && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
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
    if (std::string_view("=<>(){},+-*/%").find(c) == std::string_view::npos) {
      return Problem{at_, fmt::format("'{}' has no meaning in a condition", c)};
    }
    token.text = std::string(1, c);
    ++at_;
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool follows_operand_ = false;
};

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::variant<std::vector<Token>, Problem> read_tokens(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace dialog::detail

// The words of an expression. Internal to dialog/expression.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dialog::detail {

struct Token {
  enum class Kind { end, word, number, string, symbol };
  Kind kind = Kind::end;
  std::string text;  // A string's content; a symbol's spelling.
  std::size_t at = 0;
};

struct Problem {
  std::size_t at = 0;  // Byte in the text
  std::string message;
};

// The last is Kind::end; or the first problem.
std::variant<std::vector<Token>, Problem> read_tokens(std::string_view text);

// ASCII letters made small; words of the language are the same in capitals.
std::string lower(std::string_view text);

}  // namespace dialog::detail

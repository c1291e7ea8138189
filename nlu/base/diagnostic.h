// What is wrong with a bot's files, where, and what to write instead.
#pragma once

#include <string>
#include <vector>

namespace nlu {

// A place in a file a person wrote. Lines and columns count from 1 (columns in characters); line 0
// means the file as a whole.
struct Mark {
  std::string file;  // As the author would name it: relative to the bot's folder.
  int line = 0;
  int column = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;  // Stable, snake_case: "unknown_step".
  Mark mark;
  std::string message;  // One line, ends without a full stop: "no step is called 'pay_out'; did you
                        // mean 'payout'?"
};

using Diagnostics = std::vector<Diagnostic>;

// "flows/refund.yml:14:9: no step is called 'pay_out'; did you mean 'payout'?"; warnings say so.
std::string to_string(const Diagnostic& diagnostic);
bool has_errors(const Diagnostics& diagnostics);

// "; did you mean 'payout'?" when one of `known` is near enough (Damerau-Levenshtein, at most a
// third of the length), else "". For appending to a message.
std::string did_you_mean(const std::string& unknown, const std::vector<std::string>& known);

}  // namespace nlu

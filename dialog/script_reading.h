// What both kinds of conversation test are read with. Internal to them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialog/keys.h"
#include "dialog/script.h"

namespace dialog {

// Reads parts of a script's file; each function reports what is wrong and returns what is right.
class ScriptParts {
 public:
  explicit ScriptParts(nlu::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void error(const nlu::Mark& mark, std::string message);
  // Every key is in the table.
  void check(const nlu::Yaml& map, const Keys& keys);
  // A text or a list of texts.
  std::vector<std::string> texts(const nlu::Yaml& node, std::string_view what);
  std::string text(const nlu::Yaml& node, std::string_view what);
  std::optional<nlu::Regex> pattern(const nlu::Yaml& node, std::string_view what);
  std::optional<Millis> time(const nlu::Yaml& node, std::string_view what, const std::string& zone);
  std::vector<Command> commands(const nlu::Yaml& node);
  nlu::Diagnostics& diagnostics() { return diagnostics_; }

 private:
  nlu::Diagnostics& diagnostics_;
};

// A turn of our own scripts; nullopt: it is none.
std::optional<Line> read_turn(ScriptParts& parts, const nlu::Yaml& turn);

// A file of Rasa's end-to-end tests.
std::vector<Script> read_test_cases(ScriptParts& parts, const nlu::Yaml& file,
                                    const std::vector<const nlu::Yaml*>& shared);

}  // namespace dialog

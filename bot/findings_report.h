// Findings about a bot as people and programs read them: on a terminal, as JSON, as SARIF.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/base/json.h"

namespace bot {

// The lines of the files that findings name, read when first asked for. Not thread-safe.
class SourceLines {
 public:
  explicit SourceLines(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // "" when there is no such line, or it is not UTF-8.
  std::string line(const nlu::Mark& mark);

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::vector<std::string>> files_;
};

// `line` and below it a caret under character `column` (from 1), each behind two spaces: tabs stay
// tabs in both, wide characters count twice, control characters are shown as �. A long line is cut
// to what is around the caret. Column 0: no caret.
std::string underline(const std::string& line, int column, bool colours);

// Findings one below the other, with the line, the caret and, the first time a code occurs, advice.
class FindingsText {
 public:
  explicit FindingsText(bool colours) : colours_(colours) {}
  std::string operator()(const nlu::Diagnostic& finding, const std::string& line);

 private:
  bool colours_;
  std::set<std::string> advised_;
};

// Whether this process's standard output is a terminal that shows colours (and NO_COLOR is not
// set).
bool shows_colours();

// docs/checking.md has the shape.
nlu::json::object finding_json(const nlu::Diagnostic& finding, const std::string& line);

// SARIF 2.1.0. `folder` is the bot's as it was named: URIs are relative to where the command runs.
nlu::json::object sarif(const nlu::Diagnostics& findings, const std::string& folder,
                        SourceLines& lines);

}  // namespace bot

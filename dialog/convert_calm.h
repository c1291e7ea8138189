// Parts of convert_calm() that convert_rasa() needs, too. Others call dialog/convert.h.
#pragma once

#include <string>
#include <vector>

#include "dialog/convert.h"
#include "dialog/convert_examples.h"
#include "dialog/script.h"

namespace dialog {

// A conversion under way: where findings and information go.
struct Converting {
  const FolderTexts& source;
  Conversion out;

  void warn(std::string code, nlu::Mark mark, std::string message);
  void error(std::string code, nlu::Mark mark, std::string message);
  void report(std::string code, nlu::Mark mark, std::string message);  // Information
};

bool is_yaml_name(const std::string& file);
// config.yml, endpoints.yml and credentials.yml: bot.yml and what else Usher reads of them.
void convert_settings(Converting& converting);
// Says of files that mean nothing here what becomes of them; those that are in `out` are left out.
void report_other_files(Converting& converting);
// The conversation tests of the source, which are copied, too; stories that test become test cases.
std::vector<Script> convert_tests(Converting& converting);
// The intents that every bot has, where it has no examples of them.
void add_common(Converting& converting, ExampleBook& book, const std::string& file,
                const std::string& language);

}  // namespace dialog

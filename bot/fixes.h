// What `usher check --fix` may correct by itself: a name with one candidate that is near enough, an
// operator or a placeholder of another language with exactly one meaning.
//
// Only the wrong token is replaced, so comments and layout stay. Whether an edit is right is found
// out by checking the bot again with it: one that does not take its finding away, or brings another
// error into its line, is dropped.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/base/result.h"

namespace bot {

// In a finding's line: the characters from `column` (from 1) on, which are `from`, become `to`.
struct Edit {
  int column = 0;
  std::string from;
  std::string to;
};

// What could take `finding`, which is about `line`, away; from left to right; empty: nothing that
// is safe. Pure.
std::vector<Edit> edits_for(const nlu::Diagnostic& finding, const std::string& line);

// A file's bytes as they are and as they would be.
struct Fixed {
  std::string before, after;
  std::size_t count = 0;  // Of findings that are gone
};

using FileTexts = std::map<std::string, std::string>;
// What is found in the bot when the named files have these texts.
using CheckAgain = std::function<nlu::Diagnostics(const FileTexts& edited)>;

// The files of `folder` that `findings` lead to a fix of, by name; nothing is written. Takes as
// long as one check for each fix. Errors: a file cannot be read.
nlu::Result<std::map<std::string, Fixed>> fix(const std::string& folder,
                                              const nlu::Diagnostics& findings,
                                              const CheckAgain& check);

// As `diff -U0` has it, for people and for patch(1).
std::string diff(const std::string& file, const Fixed& fixed);

}  // namespace bot

// JSON Schemas of a bot's files, and the reference of the language, from the tables that the loader
// checks by (dialog/keys.h).
//
// A schema keeps to what drafts 7 and 2020-12 of JSON Schema have in common, so that editors and
// validators of either read it the same. It finds unknown and missing keys, values of the wrong
// kind and out of range; names, conditions and what hangs together over files are for `usher
// check`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dialog/keys.h"
#include "nlu/base/json.h"

namespace dialog {

struct FileKind {
  std::string_view name;   // "flows": of the schema's file
  std::string_view title;  // "flows/*.yml"
  std::string_view files;  // Globs, relative to the bot's folder, with spaces between
  std::string_view about;  // Whole sentences
  Form form;               // Of the file as a whole
  bool expands = false;    // Any value may be ${NAME} of the environment.
};

// Those of a bot.
std::span<const FileKind> file_kinds();

nlu::json::object schema_of(const FileKind& kind);

// docs/reference.md as it has to be, of these files: those of file_kinds() first.
std::string reference_page(std::span<const FileKind> kinds);

}  // namespace dialog

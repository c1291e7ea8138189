// Labelled texts in the formats people have them in, outside a bot's folder.
//
//   csv    RFC 4180 with a header: `text`, and `label` or `intent`; tabs or semicolons may stand
//   for
//          the commas
//   jsonl  an object a line: {"text": …, "label" or "intent": …, "entities": [{"start", "end",
//          "entity", "role"?, "group"?, "value"?}]}; positions count characters, as Rasa's do
//   rasa   Rasa's training data 3.1, YAML
//   conll  a token and its tag a line, in the first and the last column, a blank line after each
//          sentence; IO, IOB1, IOB2, IOBES and BILOU are told apart by what they say
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/training_data.h"

namespace nlu {

enum class DataFormat { csv, jsonl, rasa, conll };

// "csv", "jsonl", "rasa", "conll".
std::optional<DataFormat> format_named(std::string_view name);
// By the ending of a file's name: .csv; .json, .jsonl, .ndjson; .yml, .yaml; .conll, .bio, .iob,
// .iob2.
std::optional<DataFormat> format_of(std::string_view path);

struct DataRow {
  Example example;           // Without an intent: "". Its mark names the line.
  std::vector<Span> tokens;  // As a CoNLL file gave them, in the text; empty for other formats.
};

// Reads a whole file. A byte order mark and "\r\n" are accepted. Errors name file and line:
// Errc::not_found, Errc::too_large (over 256 MiB or 2,000,000 rows), Errc::invalid for what is not
// the format, is not UTF-8, has no text, or has an entity outside its text or in the middle of a
// character.
Result<std::vector<DataRow>> read_dataset(const std::string& path, DataFormat format);
Result<std::vector<DataRow>> parse_dataset(std::string_view text, const std::string& shown_as,
                                           DataFormat format);

// The rows as a file's text; reading it gives the same examples, but for what the format has no
// place for: csv for entities, conll for intents, roles, groups and values. Rows without
// tokens of their own are cut into words by split_words(). Errc::invalid: a text that the format
// cannot hold, such as one with "](" in Rasa's.
Result<std::string> write_dataset(const std::vector<DataRow>& rows, DataFormat format);

// The tags of `tokens` in IOB2: "O", "B-LOC", "I-LOC". A token belongs to the entity that begins
// first of those that overlap it.
std::vector<std::string> iob2_tags(const std::vector<Span>& tokens,
                                   const std::vector<Entity>& entities);

}  // namespace nlu

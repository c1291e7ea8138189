// Examples taken from conversations, in the text of a bot's nlu/*.yml:
//
//   - intent: order_status
//     examples:
//       - text: |
//           where is order [48213](order_number)
//         metadata:
//           subject: 3f0c…         # the conversation
//           utterance: u18d0c2f4   # what was said there, as `usher inbox` names it
//
// Files are changed as text: what else they say, comments and order included, stays to the byte.
// Every change is read again before it is handed out, and must have changed just what was asked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/base/yaml.h"

namespace nlu {

struct TakenExample {
  std::string intent;
  std::string text;  // With its annotations; one line.
  std::string subject;
  std::string utterance;
  friend bool operator==(const TakenExample&, const TakenExample&) = default;
};

// Those of a file, in order; a subject that an item of a whole intent names is its examples'.
std::vector<TakenExample> taken_examples(const Yaml& file);

// `file` with `examples` at its end; an empty one becomes a whole file. Errc::invalid, with the
// line and what to do, when the file cannot be read or its `nlu:` is not the last of it.
Result<std::string> add_examples(std::string_view file, const std::string& shown_as,
                                 std::span<const TakenExample> examples);

struct Removal {
  std::string file;
  std::vector<TakenExample> removed;
};

// `file` without the examples of `subject`, and without items that had no others. Errc::invalid
// names an example that is not written as a list item of its own lines.
Result<Removal> remove_subject(std::string_view file, const std::string& shown_as,
                               const std::string& subject);

}  // namespace nlu

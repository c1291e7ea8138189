// Rasa's inline annotations: "a [blue](color) one", "to [NYC]{"entity": "city", "role": "to"}".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/interpretation.h"

namespace nlu {

struct AnnotatedText {
  std::string text;  // Without the annotations and the spaces around it.
  std::vector<Entity> entities;
};

struct AnnotationProblem {
  std::size_t offset = 0;  // In the annotated text.
  std::string message;
};

// Reads `line`; what is malformed stays in the text as it is and is reported.
AnnotatedText parse_annotations(std::string_view line, std::vector<AnnotationProblem>& problems);

// The line that reads as `text` with `entities`, their values aside; of those that overlap the one
// that begins first. Square brackets of the text's own become round ones, for Rasa's format has no
// way to write them, and what is no character, or turns
// a line around, becomes as many spaces as it has bytes.
std::string write_annotations(std::string_view text, std::vector<Entity> entities);

}  // namespace nlu

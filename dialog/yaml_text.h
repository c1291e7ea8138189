// YAML as text, for files that Usher writes. What it writes, nlu::parse_yaml() reads as the same.
#pragma once

#include <string>
#include <string_view>

#include "nlu/base/yaml.h"

namespace dialog {

// A text as a scalar on one line: plain where nobody could take it for anything else, else as JSON
// has it, which is YAML too. Control characters, which YAML has no place for, become spaces.
// `marks`: what beside letters and digits may stand in a plain one.
std::string yaml_scalar(const std::string& text, std::string_view marks = " _-.'?!");

// A whole tree in block style, each line indented by `indent` spaces and more. Comments and the
// kind of quotes are not in a tree; blocks of lines stay blocks.
std::string yaml_text(const nlu::Yaml& node, int indent = 0);

// "# " before each line of `text`.
std::string yaml_comment(std::string_view text);

}  // namespace dialog

// JSON values written as YAML, for people to read and any YAML parser to take.
#pragma once

#include <string>

#include "nlu/base/json.h"

namespace nlu {

// Block style, two spaces a level, with a line's end behind the last line. Texts are quoted as JSON
// has it unless nobody could take them for anything else. Read as YAML it is the same value.
std::string json_as_yaml(const json::value& value);

}  // namespace nlu

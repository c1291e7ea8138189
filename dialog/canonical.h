// A YAML node as one text: equal for two that mean the same. Comments and layout make no
// difference.
#pragma once

#include <string>

#include "nlu/base/yaml.h"

namespace dialog {

std::string canonical(const nlu::Yaml& node);

}  // namespace dialog

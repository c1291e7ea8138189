// What differs between two versions of a bot, by the names that authors gave: a flow, a slot, a
// response, an intent's examples, a setting. Comments, order of files and layout make no
// difference.
#pragma once

#include <string>
#include <vector>

#include "nlu/base/result.h"

namespace dialog {

struct Change {
  enum class How { added, removed, changed } how = How::changed;
  std::string kind;  // "flow", "slot", "response", "intent", …; of others the key's own name
  std::string name;
};

// From the bot in `before` to the one in `after`, sorted by kind and name; neither has to be
// without mistakes. Errc::not_found: no folder. Errc::invalid: a file is no YAML.
nlu::Result<std::vector<Change>> compare_bots(const std::string& before, const std::string& after);

}  // namespace dialog

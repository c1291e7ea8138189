// A bot as it would be with an edit that is not written yet.
#pragma once

#include <map>
#include <string>

#include "dialog/load.h"

namespace dialog {

// load_bot(), with the texts of `edited` (file name, relative to the folder → text) in place of
// what those files hold. Only files that the folder has count.
Loaded load_bot_edited(const std::string& folder, const std::map<std::string, std::string>& edited,
                       const LoadOptions& options = {});

}  // namespace dialog

// A file as a whole in place of another: after a crash there is the old one or the new one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "nlu/base/result.h"

namespace bot {

// The file's bytes; nullopt: there is none. Errc::unavailable: it cannot be read.
nlu::Result<std::optional<std::string>> read_whole(const std::string& path);

// Writes `text` beside `path`, syncs it, and gives it that name (and an old file's mode); folders
// are made. Errc::conflict, and nothing is changed, when the file is not `before` any more:
// somebody else wrote to it. `step` is called between the steps, for tests of crashes.
nlu::Result<void> replace_file(const std::string& path, const std::optional<std::string>& before,
                               std::string_view text,
                               const std::function<void(int step)>& step = {});

}  // namespace bot

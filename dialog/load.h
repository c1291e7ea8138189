// From a bot's folder to a Bot, or to what is wrong with it.
//
// bot.yml, domain.yml or domain/, flows/, nlu/, backend.yml; other files are left alone. Everything
// is read even after a mistake, so that an author sees all of them at once; sorted by file and
// line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/bot.h"
#include "nlu/base/diagnostic.h"

namespace dialog {

struct Loaded {
  BotPtr bot;  // nullptr when `diagnostics` has an error.
  nlu::Diagnostics diagnostics;
  std::size_t files = 0;  // Read, or tried to.
};

struct LoadOptions {
  // What ${NAME} and ${NAME:-default} mean; nullopt: not set. Default: nothing is set.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

Loaded load_bot(const std::string& folder, const LoadOptions& options = {});

// The files that load_bot() reads, relative to the folder, sorted; at most as many as a bot may
// have.
std::vector<std::string> bot_files(const std::string& folder);

// The same from texts held in memory (file name → content), for tests and fuzzers.
Loaded load_bot_from(const std::map<std::string, std::string>& files,
                     const LoadOptions& options = {});

}  // namespace dialog

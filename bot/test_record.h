// usher test --record and --from: scripts that nobody has to write.
#pragma once

#include <string>

#include "bot/bots.h"
#include "bot/kept_source.h"
#include "nlu/base/result.h"

namespace bot {

// Talks in the terminal and writes `file` after every turn, so that nothing is lost however it
// ends. Errc::conflict: there is such a file; it stays.
nlu::Result<void> record_talk(const ReadyBot& ready, const std::string& language,
                              const std::string& file);

// The script of a kept conversation of the bot. Errc::invalid: `conversation` is no id.
// Errc::not_found: there is no such conversation.
nlu::Result<std::string> script_of_kept(const dialog::Bot& bot, const KeptSource& source,
                                        const std::string& conversation);

}  // namespace bot

// The command line's way to kept conversations: --state, --config, --server and --key-file.
#pragma once

#include <memory>
#include <string>

#include "bot/conversation_source.h"
#include "bot/server_client.h"
#include "nlu/base/result.h"

namespace CLI {
class App;
}

namespace bot {

struct KeptSource {
  std::string state, config_file, server, key_file;  // Empty: what the options' help says.
};

void add_source_options(CLI::App& command, KeptSource& asked);

// The state folder that is meant: --state, else the settings' (usher.yml, when there is one), else
// the server's own default.
nlu::Result<std::string> state_folder(const KeptSource& asked);

// The server that is asked; Errc::invalid: none is named.
nlu::Result<ServerClient> open_server(const KeptSource& asked);

// Opens the store beside whatever process has it open, or asks the server.
nlu::Result<std::unique_ptr<ConversationSource>> open_source(const KeptSource& asked);

}  // namespace bot

#include "bot/kept_source.h"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/replace_file.h"

namespace bot {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

Result<std::string> state_folder(const KeptSource& asked) {
  if (!asked.state.empty()) return asked.state;
  Config config;
  std::error_code ignored;
  const std::string file = asked.config_file.empty() ? "usher.yml" : asked.config_file;
  if (!std::filesystem::exists(file, ignored)) return config.state_folder;
  for (const nlu::Diagnostic& one : read_config(file, config)) {
    if (one.severity == nlu::Severity::error)
      return nlu::invalid(to_string(one) + "\n(or name the state folder with --state)");
  }
  return config.state_folder;
}

namespace {

Result<std::string> operator_key(const KeptSource& asked) {
  if (asked.key_file.empty()) {
    if (const auto key = environment("USHER_OPERATOR_KEY"); key && !key->empty()) return *key;
  }
  std::string path = asked.key_file;
  if (path.empty()) {
    const auto state = state_folder(asked);
    if (!state) return state.error();
    path = *state + "/keys/operator.key";
  }
  auto key = read_whole(path);
  if (!key || !*key) {
    return Error{Errc::not_found,
                 fmt::format("{}: there is no operator's key; name its file with --key-file, or "
                             "set USHER_OPERATOR_KEY",
                             path)};
  }
  while (!(*key)->empty() && ((*key)->back() == '\n' || (*key)->back() == '\r')) (*key)->pop_back();
  return **key;
}

}  // namespace

Result<ServerClient> open_server(const KeptSource& asked) {
  if (asked.server.empty()) return nlu::invalid("name the server: --server http://localhost:8080");
  const auto key = operator_key(asked);
  if (!key) return key.error();
  return ServerClient::open(asked.server, *key);
}

Result<std::unique_ptr<ConversationSource>> open_source(const KeptSource& asked) {
  if (asked.server.empty()) {
    const auto state = state_folder(asked);
    if (!state) return state.error();
    return read_store(*state + "/store");
  }
  const auto key = operator_key(asked);
  if (!key) return key.error();
  return read_server(asked.server, *key);
}

void add_source_options(CLI::App& command, KeptSource& asked) {
  command.add_option("--state", asked.state, "The server's state folder (usher.yml's, var/usher)");
  command.add_option("--config", asked.config_file, "Settings (default ./usher.yml, if any)")
      ->check(CLI::ExistingFile);
  command.add_option("--server", asked.server, "Ask a server instead: http://localhost:8080");
  command.add_option("--key-file", asked.key_file,
                     "The operator's key (USHER_OPERATOR_KEY, STATE/keys/operator.key)");
}

}  // namespace bot

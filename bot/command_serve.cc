#include <cstdio>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"
#include "bot/models.h"
#include "bot/server.h"

namespace bot {

namespace {

struct ServeOptions {
  std::vector<std::string> folders;
  std::string config_file, listen, state;
  int port = -1;
  bool demo = false, watch = false;
};

void complain(const std::string& text) { fmt::print(stderr, "{}\n", text); }

void tell(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

// The file's settings, then the command line's over them; false: the file is not fine.
bool settle(const ServeOptions& options, Config& config) {
  const bool usual = options.config_file.empty();
  const std::string file = usual ? "usher.yml" : options.config_file;
  if (!usual || std::filesystem::exists(file)) {
    const nlu::Diagnostics diagnostics = read_config(file, config);
    for (const nlu::Diagnostic& diagnostic : diagnostics) complain(nlu::to_string(diagnostic));
    if (nlu::has_errors(diagnostics)) return false;
  }
  if (!options.listen.empty()) config.listen = options.listen;
  if (options.port >= 0) config.port = static_cast<std::uint16_t>(options.port);
  if (!options.state.empty()) config.state_folder = options.state;
  if (options.demo) config.demo = true;
  if (options.watch) config.watch = true;
  return true;
}

std::size_t count_flows(const dialog::Bot& bot) {
  std::size_t count = 0;
  for (const auto& flow : bot.flows) count += flow.second.is_pattern ? 0 : 1;
  return count;
}

std::string describe(const std::vector<ReadyBot>& bots) {
  std::string text;
  for (const ReadyBot& ready : bots) {
    if (!text.empty()) text += "; ";
    text += fmt::format("bot {}, {} flows", ready.bot->name, count_flows(*ready.bot));
  }
  return text;
}

// A browser on this machine reaches what listens everywhere as localhost.
std::string address_of(const Config& config, std::uint16_t port) {
  const bool local = config.listen == "127.0.0.1" || config.listen == "0.0.0.0" ||
                     config.listen == "::1" || config.listen == "::";
  const bool v6 = config.listen.find(':') != std::string::npos;
  const std::string host = local ? "localhost" : v6 ? "[" + config.listen + "]" : config.listen;
  return fmt::format("http://{}:{}", host, port);
}

int serve(const ServeOptions& options) {
  Config config;
  if (!settle(options, config)) return 1;
  Log log{config.log_level};
  const MakeInterpreter make = trained_interpreters();
  std::vector<ReadyBot> bots;
  for (const std::string& folder : options.folders) {
    nlu::Diagnostics warnings;
    auto ready = ready_bot(folder, make, tell, warnings);
    for (const nlu::Diagnostic& warning : warnings) complain(nlu::to_string(warning));
    if (!ready) {
      complain(ready.error().message);
      complain(fmt::format("{} cannot be served", folder));
      return 1;
    }
    if (config.demo && ready->bot->backend.empty()) {
      complain(fmt::format("{} has no backend.yml: in the demo its HTTP actions get 404", folder));
    }
    bots.push_back(std::move(*ready));
  }
  const std::string described = describe(bots);
  auto server = Server::open(config, std::move(bots), make, tell, log);
  if (!server) {
    complain(server.error().message);
    return 1;
  }
  tell(fmt::format("ready: {} ({})", address_of(config, (*server)->port()), described));
  const int code = (*server)->run();
  server->reset();
  if (code == 0) tell("stopped");
  return code;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Talk to customers");
  command->footer(
      "Examples:\n"
      "  usher serve flows/shop --demo            the shop's systems are played by backend.yml\n"
      "  usher serve flows/shop flows/bank        two bots; pages say which: data-bot=\"bank\"\n"
      "  usher serve flows/shop --config usher.yml --listen 0.0.0.0 --port 80\n"
      "\n"
      "SIGTERM and Ctrl-C finish the turns under way; SIGHUP loads the bots anew (usher versions\n"
      "goes back).");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("BOT", options->folders, "A bot's folder")->required();
  command->add_flag("--demo", options->demo, "Answer HTTP actions from the bot's backend.yml");
  command->add_flag("--watch", options->watch, "Load a bot anew whenever its files change");
  command->add_option("--port", options->port, "Port (default 8080; 0: any that is free)")
      ->check(CLI::Range(0, 65535));
  command->add_option("--listen", options->listen,
                      "Address (default 127.0.0.1: this machine only)");
  command->add_option("--state", options->state, "Folder that keeps conversations and keys");
  command->add_option("--config", options->config_file, "Settings (default ./usher.yml, if any)")
      ->check(CLI::ExistingFile);
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace bot

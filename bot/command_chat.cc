// usher chat BOT: a conversation in the terminal.
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/models.h"
#include "bot/terminal_talk.h"
#include "dialog/telling.h"

namespace bot {

namespace {

dialog::Millis wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

int chat(const std::string& folder, const std::string& language, bool explains) {
  std::error_code failure;
  if (!std::filesystem::is_directory(folder, failure)) {
    fmt::print(stderr, "usher chat: {} is no folder\n", folder);
    return 2;
  }
  nlu::Diagnostics warnings;
  const auto ready = ready_bot(
      folder, trained_interpreters(),
      [](const std::string& line) { fmt::print(stderr, "{}\n", line); }, warnings);
  if (!ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  leave_quietly_on_interrupt();  // Nothing is kept, so nothing is lost.
  const dialog::Millis now = wall_clock();
  dialog::Rehearsal rehearsal(*ready->bot, ready->interpreter.get(), language, now,
                              static_cast<std::uint64_t>(now));
  TerminalTalk(rehearsal).run(fmt::format("Talk to {}. Ctrl-D ends.", ready->bot->name),
                              [&](const dialog::Line& line, const dialog::Rehearsal::Heard& heard) {
                                const bool is_turn = line.kind != dialog::Line::Kind::opens;
                                if (explains && is_turn)
                                  fmt::print("{}", dialog::explain(*ready->bot, heard));
                              });
  return 0;
}

}  // namespace

void add_chat(CLI::App& app, int& exit_code) {
  struct Options {
    std::string folder, language;
    bool explains = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("chat", "Talk to a bot in the terminal");
  command->footer(
      "Example: usher chat flows/shop --explain\n"
      "A number presses the button of that number; /file NAME TYPE sends a file, /silence SECONDS\n"
      "lets time pass. The bot's backend.yml answers HTTP actions.");
  command->add_option("BOT", options->folder, "The bot's folder")->required();
  command->add_option("--language", options->language, "The customer's language, such as zh");
  command->add_flag("--explain", options->explains,
                    "Print intents, entities, commands and events of each turn");
  command->callback([options, &exit_code] {
    exit_code = chat(options->folder, options->language, options->explains);
  });
}

}  // namespace bot

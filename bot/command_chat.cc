// usher chat BOT: a conversation in the terminal.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/models.h"
#include "dialog/telling.h"

namespace bot {

namespace {

dialog::Millis wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// What a number at the prompt stands for.
struct Shown {
  std::string title, payload;
};

void print_choices(const std::vector<dialog::Choice>& choices, std::vector<Shown>& shown) {
  for (const dialog::Choice& choice : choices) {
    if (!choice.url.empty()) {
      fmt::print("  {}: {}\n", choice.title, choice.url);
      continue;
    }
    shown.push_back({choice.title, choice.payload});
    fmt::print("  [{}] {}\n", shown.size(), choice.title);
  }
}

std::vector<Shown> print(const dialog::Rehearsal::Heard& heard) {
  std::vector<Shown> shown;
  for (const dialog::event::Replied& reply : heard.replies) {
    fmt::print("bot: {}\n", reply.text);
    if (!reply.image_url.empty()) fmt::print("  image: {}\n", reply.image_url);
    if (!reply.attachment_url.empty()) fmt::print("  file: {}\n", reply.attachment_url);
    if (reply.upload) fmt::print("  (asks for a file; say /file NAME MEDIA_TYPE)\n");
    print_choices(reply.buttons, shown);
    print_choices(reply.quick_replies, shown);
  }
  return shown;
}

// The number of a choice that is shown; 0: it is none.
std::size_t choice_in(const std::string& line, std::size_t count) {
  if (line.empty() || line.size() > 2 ||
      line.find_first_not_of("0123456789") != std::string::npos) {
    return 0;
  }
  const std::size_t number = std::stoul(line);
  return number <= count ? number : 0;
}

dialog::Rehearsal::Heard answer(dialog::Rehearsal& talk, const std::string& line,
                                const std::vector<Shown>& shown) {
  if (const std::size_t chosen = choice_in(line, shown.size())) {
    const Shown& choice = shown[chosen - 1];
    return choice.payload.empty() ? talk.say(choice.title)
                                  : talk.press(choice.payload, choice.title);
  }
  if (line.starts_with("/file ")) {
    const std::size_t space = line.find(' ', 6);
    dialog::Attachment file{"upload", line.substr(6, space - 6), 1000, "application/octet-stream"};
    if (space != std::string::npos) file.media_type = line.substr(space + 1);
    return talk.send(file);
  }
  return talk.say(line);
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
  // Ctrl-C ends the process as Ctrl-D does, without a word of complaint. Nothing is kept, so
  // nothing is lost.
  std::signal(SIGINT, [](int) {
    const char newline = '\n';
    if (write(STDOUT_FILENO, &newline, 1) < 0) _exit(1);
    _exit(0);
  });
  const bool prompts = isatty(STDIN_FILENO) != 0;
  const dialog::Millis now = wall_clock();
  dialog::Rehearsal talk(*ready->bot, ready->interpreter.get(), language, now,
                         static_cast<std::uint64_t>(now));
  if (prompts) fmt::print("Talk to {}. Ctrl-D ends.\n", ready->bot->name);
  std::vector<Shown> shown = print(talk.open());
  for (std::string line;;) {
    if (prompts) {
      fmt::print("> ");
      std::fflush(stdout);
    }
    if (!std::getline(std::cin, line)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const dialog::Rehearsal::Heard heard = answer(talk, line.substr(0, 4000), shown);
    if (explains) fmt::print("{}", dialog::explain(*ready->bot, heard));
    shown = print(heard);
    std::fflush(stdout);
  }
  if (prompts) fmt::print("\n");
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
      "A number presses the button of that number. The bot's backend.yml answers HTTP actions.");
  command->add_option("BOT", options->folder, "The bot's folder")->required();
  command->add_option("--language", options->language, "The customer's language, such as zh");
  command->add_flag("--explain", options->explains,
                    "Print intents, entities, commands and events of each turn");
  command->callback([options, &exit_code] {
    exit_code = chat(options->folder, options->language, options->explains);
  });
}

}  // namespace bot

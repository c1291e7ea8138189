// usher test BOT [FILTER]: plays a bot's conversations and says which do not go as written.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/models.h"
#include "dialog/judge.h"
#include "nlu/base/json.h"

namespace bot {

namespace {

using Clock = std::chrono::steady_clock;
using Reports = std::vector<std::optional<std::string>>;

// Conversations are independent, so each thread takes the next that nobody has.
Reports rehearse_all(const ReadyBot& ready, const std::vector<dialog::Script>& scripts) {
  Reports reports(scripts.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < scripts.size(); i = next++) {
      reports[i] = dialog::rehearse(*ready.bot, ready.interpreter.get(), scripts[i]);
    }
  };
  const std::size_t threads =
      std::min<std::size_t>(scripts.size(), std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& one : others) one.join();
  return reports;
}

std::vector<dialog::Script> wanted(std::vector<dialog::Script> scripts, const std::string& filter) {
  std::erase_if(scripts, [&](const dialog::Script& script) {
    return script.file.find(filter) == std::string::npos &&
           script.name.find(filter) == std::string::npos;
  });
  return scripts;
}

void print_json(const std::vector<dialog::Script>& scripts, const Reports& reports,
                std::size_t failed, double seconds) {
  nlu::json::array list;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    nlu::json::object one{{"file", scripts[i].file}, {"passed", !reports[i].has_value()}};
    if (reports[i]) one["report"] = *reports[i];
    list.push_back(std::move(one));
  }
  const nlu::json::object report{{"conversations", scripts.size()},
                                 {"failed", failed},
                                 {"took_s", seconds},
                                 {"results", std::move(list)}};
  fmt::print("{}\n", nlu::json::serialize(report));
}

int test(const std::string& folder, const std::string& filter, bool as_json) {
  std::error_code failure;
  if (!std::filesystem::is_directory(folder, failure)) {
    fmt::print(stderr, "usher test: {} is no folder\n", folder);
    return 2;
  }
  nlu::Diagnostics diagnostics;
  const auto ready = ready_bot(
      folder, trained_interpreters(),
      [](const std::string& line) { fmt::print(stderr, "{}\n", line); }, diagnostics);
  if (!ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  diagnostics.clear();
  const auto scripts = wanted(dialog::read_scripts(folder + "/tests", diagnostics), filter);
  for (const nlu::Diagnostic& one : diagnostics) fmt::print("{}\n", nlu::to_string(one));
  if (nlu::has_errors(diagnostics)) return 1;
  if (scripts.empty()) {
    fmt::print(stderr, "usher test: no conversation in {}/tests fits\n", folder);
    return 1;
  }
  const auto begin = Clock::now();
  const Reports reports = rehearse_all(*ready, scripts);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::size_t failed = 0;
  for (const auto& report : reports) failed += report ? 1 : 0;
  if (as_json) {
    print_json(scripts, reports, failed, seconds);
  } else {
    for (const auto& report : reports) {
      if (report) fmt::print("{}", *report);
    }
    fmt::print("{} conversation{}, {} failed, {:.1f} s\n", scripts.size(),
               scripts.size() == 1 ? "" : "s", failed, seconds);
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

void add_test(CLI::App& app, int& exit_code) {
  struct Options {
    std::string folder, filter;
    bool as_json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("test", "Play a bot's conversation tests");
  command->footer(
      "Example: usher test flows/shop refund\n"
      "Trains the model first when there is none. The bot's backend.yml answers HTTP actions.\n"
      "Exit code: 0 all went as written, 1 not, 2 called wrongly.");
  command->add_option("BOT", options->folder, "The bot's folder")->required();
  command->add_option("FILTER", options->filter, "Only conversations whose file or name has this");
  command->add_flag("--json", options->as_json, "Print one JSON object, for programs");
  command->callback([options, &exit_code] {
    exit_code = test(options->folder, options->filter, options->as_json);
  });
}

}  // namespace bot

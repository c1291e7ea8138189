// usher test BOT [FILTER]: plays a bot's conversations and says which do not go as written.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/models.h"
#include "bot/replace_file.h"
#include "bot/terminal_talk.h"
#include "bot/test_record.h"
#include "bot/test_report.h"
#include "bot/test_run.h"

namespace bot {

namespace {

struct Asked {
  std::string folder, filter, language;
  std::string junit_file, coverage_file, record_file, conversation;
  KeptSource source;
  std::optional<double> coverage_min;
  bool json = false, coverage = false, fail_fast = false;

  bool wants_coverage() const { return coverage || coverage_min || !coverage_file.empty(); }
};

int complain(const nlu::Error& error) {
  fmt::print(stderr, "usher test: {}\n", error.message);
  return 1;
}

// A file of results, in place of an older one.
nlu::Result<void> write(const std::string& path, const std::string& text) {
  const auto before = read_whole(path);
  if (!before) return before.error();
  return replace_file(path, *before, text);
}

nlu::Result<ReadyBot> load(const Asked& asked, bool with_model) {
  nlu::Diagnostics warnings;
  const MakeInterpreter none = [](const std::string&, const dialog::Bot&,
                                  const Say&) -> nlu::Result<InterpreterPtr> {
    return InterpreterPtr();
  };
  return ready_bot(
      asked.folder, with_model ? trained_interpreters() : none,
      [](const std::string& line) { fmt::print(stderr, "{}\n", line); }, warnings);
}

// ---- playing ----

void print_text(const TestRun& run, const Asked& asked) {
  for (const TestRun::Result& result : run.results) {
    if (result.failure) fmt::print("{}\n", result.failure->report);
  }
  if (run.coverage && asked.coverage) fmt::print("{}", coverage_text(*run.coverage, asked.folder));
  const std::size_t left = run.scripts.size() - run.played();
  fmt::print("{} conversation{}, {} failed{}, {:.1f} s\n", run.played(),
             run.played() == 1 ? "" : "s", run.failed(),
             left == 0 ? "" : fmt::format(", {} not played", left), run.seconds);
  const TestRun::Steps steps = run.steps();
  if (run.failed() > 0 && steps.all > 0) {
    fmt::print("{} of {} steps with a customer's text went as written ({:.1f} %)\n",
               steps.as_written, steps.all, steps.percent());
  }
}

nlu::Result<void> write_files(const TestRun& run, const Asked& asked) {
  if (!asked.junit_file.empty()) {
    if (auto written = write(asked.junit_file, as_junit(run)); !written) return written;
  }
  if (asked.coverage_file.empty()) return {};
  return write(asked.coverage_file, coverage_json(*run.coverage));
}

// Whether the floor holds; says so when it does not.
bool is_covered(const TestRun& run, const Asked& asked) {
  if (!asked.coverage_min) return true;
  const double percent = run.coverage->share().percent();
  if (percent >= *asked.coverage_min) return true;
  fmt::print(stderr, "usher test: coverage {:.1f} % is below --coverage-min {:g}{}\n", percent,
             *asked.coverage_min, asked.coverage ? "" : "; --coverage shows what no test comes by");
  return false;
}

int play(const Asked& asked) {
  nlu::Diagnostics diagnostics;
  auto scripts = read_tests(asked.folder, asked.filter, diagnostics);
  for (const nlu::Diagnostic& one : diagnostics) fmt::print(stderr, "{}\n", nlu::to_string(one));
  if (nlu::has_errors(diagnostics)) return 1;
  if (scripts.empty()) {
    fmt::print(stderr, "usher test: no conversation in {0}/tests or {0}/e2e_tests fits\n",
               asked.folder);
    return 1;
  }
  const bool needs_model = std::any_of(scripts.begin(), scripts.end(),
                                       [](const auto& script) { return script.needs_model(); });
  const auto ready = load(asked, needs_model);
  if (!ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  TestOptions options;
  options.fail_fast = asked.fail_fast;
  options.measures_coverage = asked.wants_coverage();
  const bool shows_progress = isatty(STDERR_FILENO) == 1;
  if (shows_progress) {
    options.progress = [](std::size_t done, std::size_t all) {
      fmt::print(stderr, "\r{} of {} conversations ", done, all);
    };
  }
  const TestRun run =
      play_tests(*ready->bot, ready->interpreter.get(), std::move(scripts), options);
  if (shows_progress) fmt::print(stderr, "\r{:40}\r", "");
  if (asked.json) {
    fmt::print("{}\n", as_json(run));
  } else {
    print_text(run, asked);
  }
  if (auto written = write_files(run, asked); !written) return complain(written.error());
  const bool covers = is_covered(run, asked);
  return run.failed() == 0 && covers ? 0 : 1;
}

// ---- writing scripts ----

int record(const Asked& asked) {
  const auto ready = load(asked, true);
  if (!ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  leave_quietly_on_interrupt();  // What was said is written.
  if (auto done = record_talk(*ready, asked.language, asked.record_file); !done)
    return complain(done.error());
  return 0;
}

int take_from(const Asked& asked) {
  const auto ready = load(asked, false);
  if (!ready) {
    fmt::print("{}\n", ready.error().message);
    return 1;
  }
  const auto script = script_of_kept(*ready->bot, asked.source, asked.conversation);
  if (!script) return complain(script.error());
  if (asked.record_file.empty()) {
    fmt::print("{}", *script);
    return 0;
  }
  // Never over what is there.
  if (auto written = replace_file(asked.record_file, std::nullopt, *script); !written)
    return complain(written.error());
  return 0;
}

int test(const Asked& asked) {
  std::error_code failure;
  if (!std::filesystem::is_directory(asked.folder, failure)) {
    fmt::print(stderr, "usher test: {} is no folder\n", asked.folder);
    return 2;
  }
  if (!asked.conversation.empty()) return take_from(asked);
  if (!asked.record_file.empty()) return record(asked);
  return play(asked);
}

}  // namespace

void add_test(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("test", "Play a bot's conversation tests");
  command->footer(
      "Examples:\n"
      "  usher test flows/shop                     plays tests/ and e2e_tests/, Rasa's files too\n"
      "  usher test flows/shop refund --coverage\n"
      "  usher test flows/shop --record flows/shop/tests/new.yml\n"
      "  usher test flows/shop --from 2f6d0a9b1c3e4f5a6b7c8d9e0f1a2b3c > flows/shop/tests/new.yml\n"
      "Trains the model first when there is none and a test needs it. The bot's backend.yml "
      "answers\n"
      "HTTP actions. Exit code: 0 all went as written, 1 not, 2 called wrongly.");
  command->add_option("BOT", asked->folder, "The bot's folder")->required();
  command->add_option("FILTER", asked->filter, "Only conversations whose file or name has this");
  command->add_flag("--json", asked->json, "Print one JSON object, for programs");
  command->add_flag("--fail-fast", asked->fail_fast, "Stop at the first that fails");
  command->add_option("--junit", asked->junit_file, "Write a JUnit file, for build servers");
  command->add_flag("--coverage", asked->coverage,
                    "Print which steps, branches, patterns and responses no test comes by");
  command->add_option("--coverage-min", asked->coverage_min, "Fail below so many per cent")
      ->check(CLI::Range(0.0, 100.0));
  command->add_option("--coverage-json", asked->coverage_file, "Write the coverage as JSON");
  command->add_option("--record", asked->record_file,
                      "Talk in the terminal and write a script of it to this new file");
  command->add_option("--language", asked->language, "With --record: the customer's language");
  command->add_option("--from", asked->conversation,
                      "Print (or write to --record's file) a kept conversation as a script");
  add_source_options(*command, asked->source);
  command->callback([asked, &exit_code] { exit_code = test(*asked); });
}

}  // namespace bot

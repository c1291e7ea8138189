#include <chrono>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/evaluation.h"
#include "bot/findings_report.h"
#include "bot/fixes.h"
#include "bot/replace_file.h"
#include "dialog/check.h"
#include "dialog/load_edited.h"
#include "nlu/base/json.h"
#include "nlu/data_check.h"
#include "nlu/segmentation.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/model.h"
#include "nlu/torch/trainer.h"

namespace bot {

namespace {

using Clock = std::chrono::steady_clock;

std::string count_of(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

struct Checked {
  dialog::Loaded loaded;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::int64_t milliseconds = 0;
};

// What a model that has not seen them makes of the bot's examples.
nlu::Result<void> check_deeply(const dialog::Bot& bot, const std::string& folder,
                               nlu::Diagnostics& diagnostics) {
  constexpr int folds = 5;
  const std::vector<nlu::Example>& examples = bot.training.examples;
  const auto got = interpret_unseen(bot.training, nlu::encoder_path_of(folder, bot.encoder), folds,
                                    bot.fine_tuning);
  if (!got) return got.error();
  std::vector<nlu::Unseen> unseen;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    nlu::Unseen one{nlu::label_got((*got)[i]), 0, 0};
    if (const nlu::ScoredIntent* best = (*got)[i].best(); best != nullptr) {
      const nlu::Segment& segment = *nlu::main_segment((*got)[i]);
      one.p = one.intent == best->name ? best->p : segment.p_outside;
      for (const nlu::ScoredIntent& intent : segment.intents)
        if (intent.name == examples[i].intent) one.p_own = intent.p;
      if (examples[i].intent == nlu::outside_label) one.p_own = segment.p_outside;
    }
    unseen.push_back(std::move(one));
  }
  nlu::check_intents(bot.training, unseen, diagnostics);
  return {};
}

nlu::Result<Checked> check(const std::string& folder, bool deeply, const FileTexts& edited = {}) {
  const auto begin = Clock::now();
  Checked checked;
  checked.loaded = dialog::load_bot_edited(folder, edited, {environment});
  nlu::Diagnostics& diagnostics = checked.loaded.diagnostics;
  if (checked.loaded.bot) dialog::check_warnings(*checked.loaded.bot, diagnostics);
  if (checked.loaded.bot && deeply) {
    const auto done = check_deeply(*checked.loaded.bot, folder, diagnostics);
    if (!done) return done.error();
  }
  dialog::tidy(diagnostics);
  for (const nlu::Diagnostic& diagnostic : diagnostics) {
    ++(diagnostic.severity == nlu::Severity::error ? checked.errors : checked.warnings);
  }
  checked.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
  return checked;
}

std::string contents(const dialog::Bot& bot) {
  std::size_t flows = 0;
  for (const auto& [id, flow] : bot.flows) flows += flow.is_pattern ? 0 : 1;
  return fmt::format("{}, {}, {}, {}", count_of(flows, "flow", "flows"),
                     count_of(bot.slots.size(), "slot", "slots"),
                     count_of(bot.training.intents.size(), "intent", "intents"),
                     count_of(bot.training.examples.size(), "example", "examples"));
}

void print_report(const std::string& folder, const Checked& checked) {
  SourceLines lines(folder);
  FindingsText text(shows_colours());
  for (const nlu::Diagnostic& finding : checked.loaded.diagnostics) {
    fmt::print("{}", text(finding, lines.line(finding.mark)));
  }
  const std::string found = fmt::format("{}, {} in {}", count_of(checked.errors, "error", "errors"),
                                        count_of(checked.warnings, "warning", "warnings"),
                                        count_of(checked.loaded.files, "file", "files"));
  if (checked.loaded.bot == nullptr) {
    fmt::print("{}: {}, {} ms\n", folder, found, checked.milliseconds);
  } else if (checked.warnings > 0) {
    fmt::print("{}: {}; {}, {} ms\n", folder, found, contents(*checked.loaded.bot),
               checked.milliseconds);
  } else {
    fmt::print("{}: fine: {}, {} ms\n", folder, contents(*checked.loaded.bot),
               checked.milliseconds);
  }
}

void print_json(const std::string& folder, const Checked& checked) {
  SourceLines lines(folder);
  nlu::json::array list;
  for (const nlu::Diagnostic& finding : checked.loaded.diagnostics) {
    list.push_back(finding_json(finding, lines.line(finding.mark)));
  }
  nlu::json::object report = {{"bot", folder},
                              {"ok", checked.loaded.bot != nullptr},
                              {"errors", checked.errors},
                              {"warnings", checked.warnings},
                              {"took_ms", checked.milliseconds},
                              {"diagnostics", std::move(list)}};
  if (checked.loaded.bot) report["version"] = checked.loaded.bot->version;
  fmt::print("{}\n", nlu::json::serialize(report));
}

// To a file, whole or not at all; "-": to the output.
nlu::Result<void> write_sarif(const std::string& folder, const Checked& checked,
                              const std::string& file) {
  SourceLines lines(folder);
  const std::string text =
      nlu::json::serialize(sarif(checked.loaded.diagnostics, folder, lines)) + "\n";
  if (file == "-") {
    fmt::print("{}", text);
    return {};
  }
  const auto before = read_whole(file);
  if (!before) return before.error();
  return replace_file(file, *before, text);
}

// Corrects what is safe, and shows it; what is left is in `checked` then.
nlu::Result<void> correct(const std::string& folder, bool deep, bool only_show, Checked& checked) {
  const auto fixed =
      fix(folder, checked.loaded.diagnostics, [&](const FileTexts& edited) -> nlu::Diagnostics {
        auto again = check(folder, false, edited);
        return again ? std::move(again->loaded.diagnostics) : checked.loaded.diagnostics;
      });
  if (!fixed) return fixed.error();
  std::size_t count = 0;
  for (const auto& [name, file] : *fixed) {
    fmt::print(stderr, "{}", diff((std::filesystem::path(folder) / name).string(), file));
    count += file.count;
    if (only_show) continue;
    const std::string path = (std::filesystem::path(folder) / name).string();
    if (auto done = replace_file(path, file.before, file.after); !done) return done;
  }
  fmt::print(stderr, "{} {} in {}{}\n", only_show ? "would correct" : "corrected",
             count_of(count, "finding", "findings"), count_of(fixed->size(), "file", "files"),
             count == 0 ? ": there is none that is safe to correct without you" : "");
  if (only_show || count == 0) return {};
  auto again = check(folder, deep);
  if (!again) return again.error();
  checked = *std::move(again);
  return {};
}

struct Options {
  std::string folder;
  std::string sarif_file;
  bool as_json = false;
  bool deep = false;
  bool fix = false;
  bool dry = false;
};

// The exit code.
int check_as_asked(const Options& options) {
  std::error_code failure;
  if (!std::filesystem::is_directory(options.folder, failure)) {
    fmt::print(stderr, "usher check: {} is no folder\n", options.folder);
    return 2;
  }
  const auto failed = [&](const nlu::Error& error) {
    fmt::print(stderr, "{}: {}\n", options.folder, error.message);
    return 1;
  };
  auto checked = check(options.folder, options.deep);
  if (!checked) return failed(checked.error());
  if (options.fix || options.dry) {
    if (auto done = correct(options.folder, options.deep, options.dry, *checked); !done) {
      return failed(done.error());
    }
  }
  if (!options.sarif_file.empty()) {
    if (auto done = write_sarif(options.folder, *checked, options.sarif_file); !done) {
      return failed(done.error());
    }
  }
  if (options.as_json) print_json(options.folder, *checked);
  if (!options.as_json && options.sarif_file != "-") print_report(options.folder, *checked);
  return checked->loaded.bot ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Say what is wrong with a bot, and where");
  command->footer(
      "Examples:\n"
      "  usher check flows/shop\n"
      "  usher check flows/shop --fix            correct misspelt names and the like, and show it\n"
      "  usher check flows/shop --sarif a.sarif  for a code host or an editor\n"
      "  usher check flows/shop --deep           and which examples look like another intent's\n"
      "Exit code: 0 nothing but warnings, 1 errors, 2 called wrongly.");
  command->add_option("BOT", options->folder, "The bot's folder")->required();
  command->add_flag("--json", options->as_json, "Print one JSON object, for programs");
  command->add_option("--sarif", options->sarif_file,
                      "Write the findings to FILE as SARIF 2.1.0; -: to the output");
  command->add_flag("--fix", options->fix, "Correct what has one meaning only; the files change");
  command->add_flag("--dry-run", options->dry, "Show what --fix would change; nothing is written");
  command->add_flag("--deep", options->deep,
                    "Judge every example by a model that has not seen it; trains five times");
  command->callback([options, &exit_code] { exit_code = check_as_asked(*options); });
}

}  // namespace bot

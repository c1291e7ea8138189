#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/evaluation.h"
#include "dialog/check.h"
#include "dialog/load.h"
#include "nlu/base/json.h"
#include "nlu/base/unicode.h"
#include "nlu/data_check.h"
#include "nlu/segmentation.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/model.h"
#include "nlu/torch/trainer.h"

namespace bot {

namespace {

using Clock = std::chrono::steady_clock;

// The lines of the files that diagnostics name, read when first asked for.
class Sources {
 public:
  explicit Sources(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // "" when there is no such line, or it is too long to be of help.
  std::string line(const nlu::Mark& mark) {
    if (mark.line <= 0) return "";
    const auto [found, is_new] = files_.try_emplace(mark.file);
    if (is_new) {
      std::ifstream stream(folder_ / mark.file);
      for (std::string text; std::getline(stream, text) && found->second.size() < 1'000'000;) {
        if (!text.empty() && text.back() == '\r') text.pop_back();
        found->second.push_back(std::move(text));
      }
    }
    const auto index = static_cast<std::size_t>(mark.line) - 1;
    if (index >= found->second.size()) return "";
    const std::string& text = found->second[index];
    return text.size() <= 400 && nlu::is_utf8(text) ? text : "";
  }

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::vector<std::string>> files_;
};

// How many columns a terminal gives the characters before the caret: two for Chinese.
std::size_t width_before(const std::string& line, int column) {
  std::size_t width = 0;
  for (int i = 1; i < column; ++i) {
    const std::string upto = nlu::truncate(line, static_cast<std::size_t>(i));
    const std::string before = nlu::truncate(line, static_cast<std::size_t>(i) - 1);
    width += nlu::has_han(upto.substr(before.size())) ? 2 : 1;
  }
  return width;
}

void print(const nlu::Diagnostic& diagnostic, Sources& sources) {
  fmt::print("{}\n", nlu::to_string(diagnostic));
  std::string line = sources.line(diagnostic.mark);
  if (line.empty()) return;
  const std::size_t width = width_before(line, diagnostic.mark.column);
  for (char& c : line) {
    if (c == '\t') c = ' ';
  }
  fmt::print("  {}\n  {}^\n", line, std::string(width, ' '));
}

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

nlu::Result<Checked> check(const std::string& folder, bool deeply) {
  const auto begin = Clock::now();
  Checked checked;
  checked.loaded = dialog::load_bot(folder, {environment});
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
  Sources sources(folder);
  for (const nlu::Diagnostic& diagnostic : checked.loaded.diagnostics) print(diagnostic, sources);
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
  nlu::json::array list;
  for (const nlu::Diagnostic& diagnostic : checked.loaded.diagnostics) {
    list.push_back({{"severity", diagnostic.severity == nlu::Severity::error ? "error" : "warning"},
                    {"code", diagnostic.code},
                    {"file", diagnostic.mark.file},
                    {"line", diagnostic.mark.line},
                    {"column", diagnostic.mark.column},
                    {"message", diagnostic.message}});
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

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  struct Options {
    std::string folder;
    bool as_json = false;
    bool deep = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Say what is wrong with a bot, and where");
  command->footer(
      "Examples:\n"
      "  usher check flows/shop\n"
      "  usher check flows/shop --deep   and which examples look like another intent's\n"
      "Exit code: 0 nothing but warnings, 1 errors, 2 called wrongly.");
  command->add_option("BOT", options->folder, "The bot's folder")->required();
  command->add_flag("--json", options->as_json, "Print one JSON object, for programs");
  command->add_flag("--deep", options->deep,
                    "Judge every example by a model that has not seen it; trains five times");
  command->callback([options, &exit_code] {
    std::error_code failure;
    if (!std::filesystem::is_directory(options->folder, failure)) {
      fmt::print(stderr, "usher check: {} is no folder\n", options->folder);
      exit_code = 2;
      return;
    }
    const auto checked = check(options->folder, options->deep);
    if (!checked) {
      fmt::print(stderr, "{}: {}\n", options->folder, checked.error().message);
      exit_code = 1;
      return;
    }
    options->as_json ? print_json(options->folder, *checked)
                     : print_report(options->folder, *checked);
    exit_code = checked->loaded.bot ? 0 : 1;
  });
}

}  // namespace bot

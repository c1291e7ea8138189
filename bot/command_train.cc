#include <csignal>
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
#include "bot/progress.h"
#include "dialog/load.h"
#include "nlu/torch/trainer.h"
#include "nlu/torch/training_log.h"
#include "nlu/training_folder.h"

namespace bot {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // NOLINT: all a signal handler may touch.

struct Asked {
  std::string folder, out, encoder, tensorboard;
  std::optional<std::uint64_t> seed;
  bool force = false, fine_tune = false;
};

struct Material {
  nlu::TrainingData data;
  std::uint64_t seed = 1;
  std::string encoder;
  std::optional<nlu::TuneSettings> tuning;
  nlu::Diagnostics diagnostics;
};

// A bot's own, wherever its files say it; a folder without a bot.yml has nothing but nlu/.
Material read(const std::filesystem::path& folder) {
  Material material;
  std::error_code failure;
  if (!std::filesystem::exists(folder / "bot.yml", failure)) {
    nlu::read_training_folder((folder / "nlu").string(), material.data, material.diagnostics);
    return material;
  }
  dialog::Loaded loaded = dialog::load_bot(folder.string(), {environment});
  material.diagnostics = std::move(loaded.diagnostics);
  if (loaded.bot) {
    material.data = loaded.bot->training;
    material.seed = loaded.bot->training_seed;
    material.encoder = nlu::encoder_path_of(folder.string(), loaded.bot->encoder);
    material.tuning = loaded.bot->fine_tuning;
  }
  return material;
}

int run(const Asked& asked) {
  const Material material = read(asked.folder);
  for (const nlu::Diagnostic& diagnostic : material.diagnostics) {
    fmt::print(stderr, "{}\n", to_string(diagnostic));
  }
  if (has_errors(material.diagnostics)) return 1;
  const nlu::TrainingData& data = material.data;
  nlu::TrainOptions options;
  options.seed = asked.seed.value_or(material.seed);
  options.encoder = asked.encoder.empty() ? material.encoder : asked.encoder;
  options.tuning = material.tuning;
  if (asked.fine_tune && !options.tuning) options.tuning.emplace();
  if (options.tuning && options.encoder.empty()) {
    fmt::print(stderr, "--fine-tune: there is no encoder; name its folder with --encoder\n");
    return 2;
  }
  if (!asked.force) options.checkpoints = nlu::checkpoints_path_of(asked.folder);
  const std::string path = asked.out.empty() ? nlu::model_path_of(asked.folder) : asked.out;
  if (!asked.force && nlu::is_up_to_date(path, data, options)) {
    fmt::print("{} is up to date\n", path);
    return 0;
  }
  const bool terminal = isatty(STDERR_FILENO) == 1;
  nlu::TrainingLog log(asked.tensorboard);
  interrupted = 0;
  const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
  const auto report = nlu::train(data, options, path, [&](const nlu::Progress& now) {
    show_progress(now, terminal);
    if (!asked.tensorboard.empty()) log.add(now);
    return interrupted == 0;
  });
  std::signal(SIGINT, before);
  if (terminal) fmt::print(stderr, "\n");
  if (!report) {
    fmt::print(stderr, "{}\n", report.error().message);
    if (interrupted != 0 && !asked.force)
      fmt::print(stderr, "the same command goes on where this one stopped\n");
    return 1;
  }
  fmt::print("{}: {} intents, {} kinds of entities, {} examples, {} features\n", path,
             report->intents, report->entities, report->examples, report->features);
  fmt::print("held out: {:.1f} % right and not refused, {:.1f} % of outsiders refused\n",
             100 * report->held_out_accuracy, 100 * report->held_out_refused);
  if (!report->tuned.empty()) {
    fmt::print("{}: fine-tuned; by its own head {:.1f} % of what was held out right\n",
               report->tuned, 100 * report->tuned_accuracy);
  }
  fmt::print("{:.1f} s, {:.0f} MB at most\n", report->seconds,
             static_cast<double>(report->peak_memory_bytes) / 1e6);
  if (asked.tensorboard.empty()) return 0;
  if (const auto logged = log.finish(data, *report, path); !logged) {
    fmt::print(stderr, "{}\n", logged.error().message);
    return 1;
  }
  return 0;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand("train", "Train a bot's model from its examples");
  command->add_option("BOT", asked->folder, "The bot's folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--out", asked->out, "Where the model goes (BOT/.usher/model.safetensors)");
  command->add_option("--seed", asked->seed,
                      "The same seed and data give the same model (bot.yml's, else 1)");
  command->add_option("--encoder", asked->encoder,
                      "The folder of a BERT in Hugging Face's layout (bot.yml's, else none)");
  command->add_flag("--fine-tune", asked->fine_tune,
                    "Fine-tune the encoder; what comes of it goes beside the model");
  command->add_option("--tensorboard", asked->tensorboard,
                      "Log losses, weights and the examples' scores here, for TensorBoard");
  command->add_flag("--force", asked->force,
                    "Train from nothing, although the model is up to date");
  command->footer(
      "Examples:\n"
      "  usher train flows/shop\n"
      "  usher train flows/shop --force --tensorboard runs/today");
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace bot

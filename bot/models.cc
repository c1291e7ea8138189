#include "bot/models.h"

#include <filesystem>

#include <fmt/format.h>

#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"

namespace bot {

namespace {

// Trains the bot's model; says so, as it takes seconds.
nlu::Result<void> train(const dialog::Bot& bot, const nlu::TrainOptions& options,
                        const std::string& path, const Say& say) {
  say(fmt::format("training {} on {} examples …", bot.name, bot.training.examples.size()));
  const auto report = nlu::train(bot.training, options, path);
  if (!report) return report.error();
  say(fmt::format("trained in {:.1f} s: {}", report->seconds, path));
  return {};
}

nlu::Result<InterpreterPtr> load(const dialog::Bot& bot, const std::string& path,
                                 const std::string& encoder) {
  std::vector<std::string> languages{bot.language};
  languages.insert(languages.end(), bot.additional_languages.begin(),
                   bot.additional_languages.end());
  auto loaded = nlu::load_interpreter(path, std::move(languages), encoder);
  if (!loaded) return loaded.error();
  return InterpreterPtr(std::move(*loaded));
}

}  // namespace

MakeInterpreter trained_interpreters() {
  return [](const std::string& folder, const dialog::Bot& bot,
            const Say& say) -> nlu::Result<InterpreterPtr> {
    const std::string path = nlu::model_path_of(folder);
    nlu::TrainOptions options;
    options.seed = bot.training_seed;
    options.checkpoints = nlu::checkpoints_path_of(folder);
    options.encoder = nlu::encoder_path_of(folder, bot.encoder);
    options.tuning = bot.fine_tuning;
    if (nlu::is_up_to_date(path, bot.training, options)) {
      auto loaded = load(bot, path, options.encoder);
      if (loaded) return loaded;
      say(fmt::format("{}; it is trained anew", loaded.error().message));
    }
    if (const auto trained = train(bot, options, path, say); !trained) return trained.error();
    return load(bot, path, options.encoder);
  };
}

InterpreterPtr present_model(const std::string& folder, const dialog::Bot& bot,
                             std::string_view without, const Say& say) {
  const std::string path = nlu::model_path_of(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    say(fmt::format("{0} has no model yet: {1} (usher train {0})", folder, without));
    return nullptr;
  }
  nlu::TrainOptions options;
  options.seed = bot.training_seed;
  options.encoder = nlu::encoder_path_of(folder, bot.encoder);
  auto loaded = load(bot, path, options.encoder);
  if (!loaded) {
    say(fmt::format("{}; {}", loaded.error().message, without));
    return nullptr;
  }
  if (!nlu::is_up_to_date(path, bot.training, options))
    say(fmt::format("the model is older than the examples (usher train {})", folder));
  return *loaded;
}

}  // namespace bot

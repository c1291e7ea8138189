#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"
#include "bot/evaluation.h"
#include "nlu/confusion_plot.h"
#include "nlu/dataset.h"
#include "nlu/torch/comparison.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"
#include "nlu/training_folder.h"

namespace bot {
namespace {

struct Asked {
  std::string folder, test, model, against, json, encoder, confusion;
  int folds = 5;
};

struct Outcome {
  nlu::EvalReport report;
  std::optional<nlu::Comparison> comparison;
};

nlu::Result<std::vector<nlu::Interpretation>> interpret(const std::string& model,
                                                        const std::string& encoder,
                                                        const std::vector<nlu::Example>& rows) {
  const auto interpreter = nlu::load_interpreter(model, {}, encoder);
  if (!interpreter) return interpreter.error();
  std::vector<nlu::Utterance> utterances;
  for (const nlu::Example& row : rows) utterances.push_back({row.text, ""});
  return (*interpreter)->interpret(utterances);
}

nlu::Result<Outcome> on_file(const Asked& asked) {
  const auto rows = read_rows(asked.test, asked.test.ends_with(".csv") ? "csv" : "");
  if (!rows) return rows.error();
  std::vector<nlu::Example> examples;
  for (const nlu::DataRow& row : *rows) examples.push_back(row.example);
  const auto got = interpret(asked.model.empty() ? nlu::model_path_of(asked.folder) : asked.model,
                             asked.encoder, examples);
  if (!got) return got.error();
  Outcome outcome{nlu::evaluate(*got, examples), std::nullopt};
  if (asked.against.empty()) return outcome;
  const auto other = interpret(asked.against, asked.encoder, examples);
  if (!other) return other.error();
  outcome.comparison = nlu::compare(*got, *other, examples);
  return outcome;
}

// Each example is judged by a model that has not seen it.
nlu::Result<Outcome> cross_validated(const Asked& asked) {
  nlu::TrainingData data;
  nlu::Diagnostics diagnostics;
  nlu::read_training_folder((std::filesystem::path(asked.folder) / "nlu").string(), data,
                            diagnostics);
  for (const nlu::Diagnostic& diagnostic : diagnostics)
    fmt::print(stderr, "{}\n", to_string(diagnostic));
  if (has_errors(diagnostics)) return nlu::invalid("the training data has errors");
  const auto interpretations = interpret_unseen(data, asked.encoder, asked.folds);
  if (!interpretations) return interpretations.error();
  return Outcome{nlu::evaluate(*interpretations, data.examples), std::nullopt};
}

int run(const Asked& asked) {
  if (!asked.against.empty() && asked.test.empty()) {
    fmt::print(stderr, "--against compares two models on a file: say --test FILE, too\n");
    return 2;
  }
  const auto outcome = asked.test.empty() ? cross_validated(asked) : on_file(asked);
  if (!outcome) {
    fmt::print(stderr, "{}\n", outcome.error().message);
    return 1;
  }
  const nlu::EvalReport& report = outcome->report;
  fmt::print("{}", to_text(report));
  if (outcome->comparison) fmt::print("{}", to_text(*outcome->comparison));
  nlu::json::object json = nlu::to_json(report);
  if (outcome->comparison) json["comparison"] = nlu::to_json(*outcome->comparison);
  const std::string title = fmt::format("{}: {:.1f} % right", asked.folder, 100 * report.accuracy);
  if (!asked.confusion.empty() &&
      write_file(asked.confusion, confusion_svg(report.scores, report.confusions, title)) != 0)
    return 1;
  return write_report(asked.json, json);
}

}  // namespace

void add_eval(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand("eval", "Measure how well a bot understands");
  CLI::Option* const folder =
      command->add_option("BOT", asked->folder, "The bot's folder")->check(CLI::ExistingDirectory);
  command->add_option(
      "--test", asked->test,
      "A file of labelled texts: CSV with the columns text and label, JSON lines, Rasa");
  command->add_option("--model", asked->model, "The model to test (BOT/.usher/model.safetensors)");
  command->add_option("--folds", asked->folds, "Without --test: cross-validate so often (5)")
      ->check(CLI::Range(2, 20));
  command->add_option("--encoder", asked->encoder, "The folder of the encoder the model needs");
  command->add_option("--against", asked->against,
                      "Another model: what differs on --test, and whether it may be luck");
  command->add_option("--json", asked->json, "Write the report here as well");
  command->add_option("--confusion", asked->confusion, "Draw the confusion matrix here, as SVG");
  command->footer(
      "Examples:\n"
      "  usher eval flows/shop --test heldout.csv --confusion confusion.svg\n"
      "  usher eval flows/shop --test heldout.csv --against yesterday.safetensors");
  add_eval_data(*command, exit_code);
  add_eval_sentiment(*command, exit_code);
  command->callback([asked, command, folder, &exit_code] {
    if (!command->get_subcommands().empty()) return;
    if (folder->count() == 0) throw CLI::RequiredError("BOT, or `nlu`,");
    exit_code = run(*asked);
  });
}

}  // namespace bot

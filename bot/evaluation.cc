#include "bot/evaluation.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "nlu/base/unicode.h"
#include "nlu/data_check.h"
#include "nlu/torch/load.h"
#include "nlu/torch/trainer.h"

namespace bot {

TemporaryModel::TemporaryModel()
    : folder_((std::filesystem::temp_directory_path() / fmt::format("usher-eval-{}", getpid()))
                  .string()),
      path_((std::filesystem::path(folder_) / "model.safetensors").string()) {}

TemporaryModel::~TemporaryModel() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

nlu::Result<std::vector<nlu::DataRow>> read_rows(const std::string& path,
                                                 const std::string& named) {
  std::optional<nlu::DataFormat> format = nlu::format_named(named);
  if (!format) format = nlu::format_of(path);
  if (!format) {
    return nlu::invalid(fmt::format(
        "{}: its name does not tell its format; say --format csv, jsonl, rasa or conll", path));
  }
  auto rows = nlu::read_dataset(path, *format);
  if (rows && rows->empty())
    return nlu::invalid(path + ": has no rows; write at least one below the first line");
  return rows;
}

nlu::Error no_label(const nlu::Example& row) {
  return nlu::invalid(fmt::format("{}:{}: the label is missing; write one, or delete the row",
                                  row.mark.file, row.mark.line));
}

void warn_of(const std::vector<nlu::Example>& examples) {
  constexpr std::size_t shown = 10;
  nlu::Diagnostics diagnostics;
  nlu::check_labels(examples, diagnostics);
  for (std::size_t i = 0; i < std::min(shown, diagnostics.size()); ++i)
    fmt::print(stderr, "{}\n", to_string(diagnostics[i]));
  if (diagnostics.size() > shown)
    fmt::print(stderr, "and {} more like these\n", diagnostics.size() - shown);
}

std::vector<int> deal_folds(const std::vector<nlu::Example>& examples, int folds) {
  std::map<std::string, int> fold_of_text, next;
  std::vector<int> result;
  for (const nlu::Example& example : examples) {
    const auto [at, is_new] = fold_of_text.try_emplace(nlu::fold(example.text), 0);
    if (is_new) at->second = next[example.intent]++ % folds;
    result.push_back(at->second);
  }
  return result;
}

nlu::Result<std::vector<nlu::Interpretation>> interpret_unseen(
    const nlu::TrainingData& data, const std::string& encoder, int folds,
    const std::optional<nlu::TuneSettings>& tuning) {
  const TemporaryModel temporary;
  const std::vector<int> fold_of = deal_folds(data.examples, folds);
  std::vector<nlu::Interpretation> interpretations(data.examples.size());
  nlu::TrainOptions options;
  options.encoder = encoder;
  options.tuning = tuning;
  options.tone = false;
  for (int fold = 0; fold < folds; ++fold) {
    nlu::TrainingData learnt = data;
    learnt.examples.clear();
    std::vector<nlu::Utterance> utterances;
    std::vector<std::size_t> tested;
    for (std::size_t i = 0; i < data.examples.size(); ++i) {
      const nlu::Example& example = data.examples[i];
      if (fold_of[i] != fold) {
        learnt.examples.push_back(example);
        continue;
      }
      tested.push_back(i);
      utterances.push_back({example.text, ""});
    }
    const auto trained = nlu::train(learnt, options, temporary.path());
    if (!trained) return trained.error();
    const auto interpreter = nlu::load_interpreter(temporary.path(), {}, encoder);
    if (!interpreter) return interpreter.error();
    std::vector<nlu::Interpretation> got = (*interpreter)->interpret(utterances);
    for (std::size_t i = 0; i < tested.size(); ++i) interpretations[tested[i]] = std::move(got[i]);
    fmt::print(stderr, "fold {} of {} done\n", fold + 1, folds);
  }
  return interpretations;
}

int write_file(const std::string& path, const std::string& content) {
  if (path.empty()) return 0;
  std::ofstream file(path);
  file << content;
  if (file.flush()) return 0;
  fmt::print(stderr, "{} cannot be written\n", path);
  return 1;
}

int write_report(const std::string& path, const nlu::json::object& report) {
  return path.empty() ? 0 : write_file(path, nlu::json::serialize(report) + "\n");
}

}  // namespace bot

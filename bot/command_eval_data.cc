// usher eval nlu, usher eval ner: intents and entities on files anyone has, trained and tested in
// one go.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/commands.h"
#include "bot/evaluation.h"
#include "bot/progress.h"
#include "nlu/base/encoding.h"
#include "nlu/base/unicode.h"
#include "nlu/confusion_plot.h"
#include "nlu/dataset.h"
#include "nlu/entity_scores.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/load.h"
#include "nlu/torch/model.h"
#include "nlu/torch/trainer.h"

namespace bot {
namespace {

using Examples = std::vector<nlu::Example>;

struct Asked {
  bool intents = true;  // Else only entities count.
  std::string train, dev, test, oos, format, json, confusion, model, encoder, outside = "oos";
  std::vector<std::string> lookups;  // NAME=FILE
  int folds = 0;
  std::uint64_t seed = 1;
  bool fine_tune = false;
  nlu::TuneSettings tuning;
};

nlu::Result<Examples> read(const std::string& path, const Asked& asked) {
  auto rows = read_rows(path, asked.format);
  if (!rows) return rows.error();
  Examples examples;
  for (nlu::DataRow& row : *rows) {
    // Chinese is cut into characters anyway, and the dictionary's words help to tag them.
    if (!nlu::has_han(row.example.text)) row.example.tokens = std::move(row.tokens);
    if (!asked.intents) {
      row.example.intent.clear();
    } else if (row.example.intent.empty()) {
      return no_label(row.example);
    }
    if (row.example.intent == asked.outside) row.example.intent = nlu::outside_label;
    examples.push_back(std::move(row.example));
  }
  return examples;
}

// Word lists that the tagger sees, a word or several a line; a file of none is no help.
nlu::Result<std::vector<nlu::Lookup>> read_lookups(const Asked& asked) {
  std::vector<nlu::Lookup> lookups;
  for (const std::string& asked_for : asked.lookups) {
    const std::size_t equals = asked_for.find('=');
    if (equals == std::string::npos || equals == 0)
      return nlu::invalid(fmt::format("--lookup {}: write it as NAME=FILE", asked_for));
    const std::string path = asked_for.substr(equals + 1);
    std::ifstream in(path);
    if (!in) return nlu::invalid(path + ": cannot be read");
    nlu::Lookup lookup{asked_for.substr(0, equals), {}};
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.ends_with('\r')) line.pop_back();
      ++number;
      if (!nlu::is_utf8(line)) {
        return nlu::invalid(
            fmt::format("{}:{}: this is not UTF-8; {}", path, number, nlu::encoding_advice(line)));
      }
      if (!line.empty()) lookup.words.push_back(std::move(line));
    }
    if (lookup.words.empty()) return nlu::invalid(path + ": has no words");
    lookups.push_back(std::move(lookup));
  }
  return lookups;
}

bool has_entities(const Examples& examples) {
  return std::any_of(examples.begin(), examples.end(),
                     [](const nlu::Example& example) { return !example.entities.empty(); });
}

// What training chose, by so many rows of --dev or by what it held out itself.
struct Chosen {
  std::size_t dev_rows = 0;
  double temperature = 1, network_share = 0, tagger_share = 1;
};

struct Outcome {
  std::optional<nlu::EvalReport> intents;
  std::optional<nlu::EntityReport> entities;
  std::size_t learnt = 0;
  Chosen chosen;                               // Of several folds, by the last.
  double train_seconds = 0, microseconds = 0;  // Of an utterance, alone
  std::size_t peak_memory = 0;
};

// What one model makes of what it has not seen.
struct Tested {
  std::vector<nlu::Interpretation> interpretations;
  double seconds = 0;
};

nlu::Result<Tested> train_and_test(const Asked& asked, const Examples& learnt, const Examples& dev,
                                   const Examples& tested, Outcome& outcome) {
  nlu::TrainingData data;
  data.examples = learnt;
  const auto lookups = read_lookups(asked);
  if (!lookups) return lookups.error();
  data.lookups = *lookups;
  const TemporaryModel temporary;
  const std::string path = asked.model.empty() ? temporary.path() : asked.model;
  nlu::TrainOptions options;
  options.seed = asked.seed;
  options.dev = dev;
  options.tone = false;
  options.encoder = asked.encoder;
  if (asked.fine_tune) options.tuning = asked.tuning;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const auto trained = nlu::train(data, options, path, [&](const nlu::Progress& now) {
    return show_progress(now, terminal), true;
  });
  if (terminal) fmt::print(stderr, "\n");
  if (!trained) return trained.error();
  outcome.learnt = learnt.size();
  outcome.chosen = {dev.size(), trained->temperature, trained->network_share,
                    trained->tagger_share};
  outcome.train_seconds += trained->seconds;
  outcome.peak_memory = std::max(outcome.peak_memory, trained->peak_memory_bytes);
  const auto interpreter = nlu::load_interpreter(path, {}, asked.encoder);
  if (!interpreter) return interpreter.error();
  Tested result;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<nlu::DocumentPlace> places = nlu::places_of(tested);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    const nlu::Utterance one{tested[i].text, "", tested[i].tokens, places[i]};
    result.interpretations.push_back(std::move((*interpreter)->interpret({&one, 1}).front()));
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void score(const Asked& asked, const std::vector<nlu::Interpretation>& interpretations,
           const Examples& rows, Outcome& outcome) {
  if (asked.intents) outcome.intents = nlu::evaluate(interpretations, rows);
  if (!asked.intents || has_entities(rows))
    outcome.entities = nlu::evaluate_entities(interpretations, rows);
}

nlu::Result<Outcome> on_test(const Asked& asked, const Examples& learnt) {
  auto tested = read(asked.test, asked);
  if (!tested) return tested.error();
  if (!asked.oos.empty()) {
    auto outside = read(asked.oos, asked);
    if (!outside) return outside.error();
    for (nlu::Example& example : *outside) {
      example.intent = nlu::outside_label;
      tested->push_back(std::move(example));
    }
  }
  Examples dev;
  if (!asked.dev.empty()) {
    auto rows = read(asked.dev, asked);
    if (!rows) return rows.error();
    dev = *std::move(rows);
  }
  Outcome outcome;
  const auto result = train_and_test(asked, learnt, dev, *tested, outcome);
  if (!result) return result.error();
  outcome.microseconds = 1e6 * result->seconds / static_cast<double>(tested->size());
  score(asked, result->interpretations, *tested, outcome);
  return outcome;
}

nlu::Result<Outcome> cross_validated(const Asked& asked, const Examples& all) {
  const std::vector<int> fold_of = deal_folds(all, asked.folds);
  Outcome outcome;
  std::vector<nlu::Interpretation> interpretations;
  Examples rows;
  double seconds = 0;
  for (int fold = 0; fold < asked.folds; ++fold) {
    Examples learnt, tested;
    for (std::size_t i = 0; i < all.size(); ++i)
      (fold_of[i] == fold ? tested : learnt).push_back(all[i]);
    auto result = train_and_test(asked, learnt, {}, tested, outcome);
    if (!result) return result.error();
    std::move(result->interpretations.begin(), result->interpretations.end(),
              std::back_inserter(interpretations));
    rows.insert(rows.end(), tested.begin(), tested.end());
    seconds += result->seconds;
    fmt::print(stderr, "fold {} of {} done\n", fold + 1, asked.folds);
  }
  outcome.microseconds = 1e6 * seconds / static_cast<double>(rows.size());
  score(asked, interpretations, rows, outcome);
  return outcome;
}

nlu::json::object to_json(const Chosen& chosen, const Asked& asked) {
  nlu::json::object out{{"tagger_share", chosen.tagger_share}};
  if (!asked.intents) return out;
  out["temperature"] = chosen.temperature;
  out["network_share"] = chosen.network_share;
  return out;
}

std::string to_text(const Chosen& chosen, const Asked& asked) {
  std::string text = fmt::format("Chosen by {} rows of {}: ", chosen.dev_rows, asked.dev);
  if (asked.intents) {
    text += fmt::format("temperature {:.2f}, the intents' network counts {} times, ",
                        chosen.temperature, chosen.network_share);
  }
  return text + fmt::format("the tagger's {} times\n", chosen.tagger_share);
}

nlu::json::object to_json(const Outcome& outcome, const Asked& asked) {
  nlu::json::object out;
  if (outcome.intents) out = nlu::to_json(*outcome.intents);
  if (outcome.entities) nlu::add_to_json(*outcome.entities, out);
  out["task"] = asked.intents ? "nlu" : "ner";
  out["seed"] = asked.seed;
  out["train_rows"] = outcome.learnt;
  out["dev_rows"] = outcome.chosen.dev_rows;
  out["chosen"] = to_json(outcome.chosen, asked);
  out["train_seconds"] = outcome.train_seconds;
  out["peak_rss_mb"] = static_cast<double>(outcome.peak_memory) / 1e6;
  out["us_per_utterance"] = outcome.microseconds;
  return out;
}

nlu::Result<Outcome> evaluate(const Asked& asked) {
  auto learnt = read(asked.train, asked);
  if (!learnt) return learnt.error();
  if (asked.intents) warn_of(*learnt);
  if (!asked.intents && !has_entities(*learnt))
    return nlu::invalid(asked.train + ": has no entities; `usher eval nlu` tests intents");
  if (asked.folds > 0) return cross_validated(asked, *learnt);
  return on_test(asked, *learnt);
}

int run(const Asked& asked) {
  if (asked.test.empty() == (asked.folds == 0)) {
    fmt::print(stderr, "say what to test on: --test FILE, or --folds K of the training file\n");
    return 2;
  }
  if (asked.folds > 0 && !asked.dev.empty()) {
    fmt::print(stderr, "--dev goes with --test: with --folds each fold holds out its own\n");
    return 2;
  }
  const auto outcome = evaluate(asked);
  if (!outcome) {
    fmt::print(stderr, "{}\n", outcome.error().message);
    return 1;
  }
  if (outcome->intents) fmt::print("{}\n", to_text(*outcome->intents));
  if (outcome->entities) fmt::print("{}\n", to_text(*outcome->entities));
  fmt::print("Trained on {} rows in {:.1f} s, {:.0f} MB at most; {:.0f} us an utterance\n",
             outcome->learnt, outcome->train_seconds,
             static_cast<double>(outcome->peak_memory) / 1e6, outcome->microseconds);
  if (!asked.dev.empty()) fmt::print("{}", to_text(outcome->chosen, asked));
  if (outcome->intents && !asked.confusion.empty()) {
    const nlu::EvalReport& report = *outcome->intents;
    const std::string title = fmt::format(
        "{}: {:.1f} % right", asked.folds > 0 ? asked.train : asked.test, 100 * report.accuracy);
    if (write_file(asked.confusion, confusion_svg(report.scores, report.confusions, title)) != 0)
      return 1;
  }
  return write_report(asked.json, to_json(*outcome, asked));
}

void add_data_command(CLI::App& eval, const std::string& name, const std::string& what,
                      bool intents, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  asked->intents = intents;
  CLI::App* const command = eval.add_subcommand(name, what);
  command->add_option("--train", asked->train, "What to learn")->required();
  command->add_option("--dev", asked->dev, "What to choose by, with --test: not learnt");
  command->add_option("--test", asked->test, "What to be tested on");
  if (intents) {
    command->add_option("--oos", asked->oos, "More to be tested on, all of it out of scope");
    command->add_option("--outside", asked->outside, "The label of what is out of scope (oos)");
  }
  command->add_option("--lookup", asked->lookups,
                      "NAME=FILE, a word list the tagger sees, a word or several a line");
  command->add_option("--folds", asked->folds, "Without --test: cross-validate so often")
      ->check(CLI::Range(2, 20));
  command->add_option("--format", asked->format, "The files' format, when their names do not tell")
      ->check(CLI::IsMember({"csv", "jsonl", "rasa", "conll"}));
  command->add_option("--seed", asked->seed, "The same seed and data give the same model (1)");
  command->add_option("--json", asked->json, "Write the report here as well");
  if (intents) {
    command->add_option("--confusion", asked->confusion, "Draw the confusion matrix here, as SVG");
  }
  command->add_option("--encoder", asked->encoder,
                      "The folder of a BERT in Hugging Face's layout, learnt from as well");
  CLI::Option* const encoder = command->get_option("--encoder");
  CLI::Option* const fine_tune =
      command->add_flag("--fine-tune", asked->fine_tune, "Fine-tune it first")->needs(encoder);
  command
      ->add_option("--tune-epochs", asked->tuning.epochs,
                   "Times it reads all of it, with --fine-tune (4)")
      ->check(CLI::Range(1, 100))
      ->needs(fine_tune);
  command->add_option("--tune-rate", asked->tuning.rate, "Its highest learning rate (5e-5)")
      ->check(CLI::Range(1e-7, 0.1))
      ->needs(fine_tune);
  command->add_option("--model", asked->model, "Keep the model here");
  command->footer(
      fmt::format("Example: usher eval {} --train train.{} --test test.{} --json report.json", name,
                  intents ? "csv" : "conll", intents ? "csv" : "conll"));
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace

void add_eval_data(CLI::App& eval, int& exit_code) {
  add_data_command(eval, "nlu", "Train on a file of labelled texts and test on another", true,
                   exit_code);
  add_data_command(eval, "ner", "Train on a file of annotated texts and test on another: entities",
                   false, exit_code);
}

}  // namespace bot

// usher eval sentiment: texts and what they are, by a classifier trained on a file, or by the one
// that comes with Usher.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bot/commands.h"
#include "bot/evaluation.h"
#include "bot/progress.h"
#include "nlu/torch/evaluate.h"
#include "nlu/torch/shipped_tone.h"
#include "nlu/torch/tone.h"

namespace bot {
namespace {

using Clock = std::chrono::steady_clock;
using Examples = std::vector<nlu::Example>;

struct Asked {
  std::string train, dev, test, format, json;
  int folds = 0;
  std::uint64_t seed = 1;
};

struct Outcome {
  std::vector<nlu::Interpretation> got;  // The labels as intents.
  Examples rows;
  std::vector<std::string> by_words;  // What a plain list of words makes of each row.
  std::size_t learnt = 0, chosen_by = 0;
  double temperature = 1, network_share = 0;  // Of several folds, the last one's.
  double train_seconds = 0, test_seconds = 0;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

nlu::Result<Examples> read(const std::string& path, const Asked& asked) {
  auto rows = read_rows(path, asked.format);
  if (!rows) return rows.error();
  Examples examples;
  for (nlu::DataRow& row : *rows) {
    if (row.example.intent.empty()) {
      return no_label(row.example);
    }
    examples.push_back(std::move(row.example));
  }
  return examples;
}

std::vector<std::string> labels_of(const Examples& rows) {
  std::vector<std::string> labels;
  for (const nlu::Example& row : rows) labels.push_back(row.intent);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

// What is to be learnt, with two texts of each label.
nlu::Result<Examples> read_training(const Asked& asked) {
  auto examples = read(asked.train, asked);
  if (!examples) return examples;
  warn_of(*examples);
  std::map<std::string, std::size_t> counts;
  for (const nlu::Example& example : *examples) ++counts[example.intent];
  for (const auto& [label, count] : counts) {
    if (count < 2) {
      return nlu::invalid(fmt::format(
          "{}: the label '{}' has one text; two are the least to learn from", asked.train, label));
    }
  }
  return examples;
}

// `labels` are sorted. Errc::invalid: a text has none of them.
nlu::Result<std::vector<nlu::LabelledText>> labelled(const Examples& examples,
                                                     const std::vector<std::string>& labels) {
  std::vector<nlu::LabelledText> texts;
  for (const nlu::Example& example : examples) {
    const auto at = std::lower_bound(labels.begin(), labels.end(), example.intent);
    if (at == labels.end() || *at != example.intent) {
      return nlu::invalid(fmt::format("{}:{}: no text that is learnt has the label '{}'",
                                      example.mark.file, example.mark.line, example.intent));
    }
    texts.push_back({example.text, static_cast<std::size_t>(at - labels.begin())});
  }
  return texts;
}

nlu::Result<nlu::Classifier> learn(const Asked& asked, const Examples& examples,
                                   const Examples& dev, Outcome& outcome) {
  std::vector<std::string> labels = labels_of(examples);
  if (labels.size() < 2) {
    return nlu::invalid(
        fmt::format("{}: all texts learnt have the label '{}'; there must be two labels at least",
                    asked.train, labels.empty() ? "" : labels.front()));
  }
  const auto texts = labelled(examples, labels), chosen_by = labelled(dev, labels);
  if (!texts) return texts.error();
  if (!chosen_by) return chosen_by.error();
  const auto start = Clock::now();
  nlu::Classifier classifier = nlu::fit_tone(*texts, std::move(labels), asked.seed, {}, *chosen_by);
  outcome.train_seconds += seconds_since(start);
  outcome.learnt = texts->size();
  outcome.chosen_by = dev.size();
  outcome.temperature = classifier.temperature;
  outcome.network_share = classifier.network_weight;
  return classifier;
}

// What the list says, in the words of the labels there are; between good and bad the neutral one,
// or where there is none the first.
std::string by_words(int score, const std::vector<std::string>& labels) {
  const std::string_view said = score > 0 ? "positive" : score < 0 ? "negative" : "neutral";
  const auto found = std::find(labels.begin(), labels.end(), said);
  return found == labels.end() ? labels.front() : *found;
}

// Only labels in `known` are given: what the rows have no label for cannot be right.
void classify(const nlu::ClassifierView& classifier, const Examples& rows,
              const std::vector<std::string>& known, Outcome& outcome) {
  nlu::ToneReader reader;
  const auto start = Clock::now();
  for (const nlu::Example& row : rows) {
    const std::vector<double> p = reader.classify(row.text, classifier);
    nlu::Interpretation one;
    nlu::Segment& segment = one.segments.emplace_back();
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (std::find(known.begin(), known.end(), classifier.labels[i]) == known.end()) continue;
      segment.intents.push_back({classifier.labels[i], p[i]});
      sum += p[i];
    }
    for (nlu::ScoredIntent& intent : segment.intents) intent.p /= sum;
    std::stable_sort(segment.intents.begin(), segment.intents.end(),
                     [](const auto& a, const auto& b) { return a.p > b.p; });
    outcome.got.push_back(std::move(one));
  }
  outcome.test_seconds += seconds_since(start);
  for (const nlu::Example& row : rows)
    outcome.by_words.push_back(by_words(reader.plain_score(row.text), known));
  outcome.rows.insert(outcome.rows.end(), rows.begin(), rows.end());
}

nlu::Result<Outcome> on_test(const Asked& asked) {
  const auto rows = read(asked.test, asked);
  if (!rows) return rows.error();
  Outcome outcome;
  const std::vector<std::string> known = labels_of(*rows);
  if (asked.train.empty()) {
    for (const std::string& label : known) {
      if (std::find(nlu::sentiments.begin(), nlu::sentiments.end(), label) ==
          nlu::sentiments.end()) {
        return nlu::invalid(fmt::format(
            "{}: the label '{}' is none of negative, neutral and positive, which the classifier "
            "that comes with Usher tells apart; rename it, or train one of your own with --train",
            asked.test, label));
      }
    }
    const auto start = Clock::now();
    const nlu::Classifier shipped = nlu::fit_tone(
        nlu::shipped_sentiments(), {nlu::sentiments.begin(), nlu::sentiments.end()}, asked.seed);
    outcome.train_seconds = seconds_since(start);
    classify(nlu::ClassifierView(shipped), *rows, known, outcome);
    return outcome;
  }
  const auto learnt = read_training(asked);
  if (!learnt) return learnt.error();
  Examples dev;
  if (!asked.dev.empty()) {
    auto rows_of_dev = read(asked.dev, asked);
    if (!rows_of_dev) return rows_of_dev.error();
    dev = *std::move(rows_of_dev);
  }
  const auto classifier = learn(asked, *learnt, dev, outcome);
  if (!classifier) return classifier.error();
  classify(nlu::ClassifierView(*classifier), *rows, classifier->labels, outcome);
  return outcome;
}

nlu::Result<Outcome> cross_validated(const Asked& asked) {
  const auto all = read_training(asked);
  if (!all) return all.error();
  const std::vector<int> fold_of = deal_folds(*all, asked.folds);
  Outcome outcome;
  for (int fold = 0; fold < asked.folds; ++fold) {
    Examples learnt, tested;
    for (std::size_t i = 0; i < all->size(); ++i)
      (fold_of[i] == fold ? tested : learnt).push_back((*all)[i]);
    const auto classifier = learn(asked, learnt, {}, outcome);
    if (!classifier) return classifier.error();
    classify(nlu::ClassifierView(*classifier), tested, classifier->labels, outcome);
    fmt::print(stderr, "fold {} of {} done\n", fold + 1, asked.folds);
  }
  return outcome;
}

struct Words {
  double accuracy = 0;
  nlu::ScoreTable scores;
};

Words score_words(const Outcome& outcome) {
  std::map<std::string, nlu::LabelCounts> counts;
  std::size_t right = 0;
  for (std::size_t i = 0; i < outcome.rows.size(); ++i) {
    const std::string& expected = outcome.rows[i].intent;
    ++counts[expected].expected;
    ++counts[outcome.by_words[i]].got;
    if (outcome.by_words[i] == expected) ++counts[expected].right, ++right;
  }
  return {static_cast<double>(right) / static_cast<double>(outcome.rows.size()),
          nlu::score_labels(counts)};
}

int run(const Asked& asked) {
  const bool clear = asked.train.empty() ? !asked.test.empty() && asked.folds == 0
                                         : asked.test.empty() != (asked.folds == 0);
  if (!clear) {
    fmt::print(stderr,
               "say what to test: --train FILE with --test FILE or --folds K, or --test FILE alone "
               "for the classifier that comes with Usher\n");
    return 2;
  }
  if (!asked.dev.empty() && (asked.train.empty() || asked.folds > 0)) {
    fmt::print(stderr,
               "--dev goes with --train and --test: with --folds each fold holds out its "
               "own\n");
    return 2;
  }
  const auto outcome = asked.folds > 0 ? cross_validated(asked) : on_test(asked);
  if (!outcome) {
    fmt::print(stderr, "{}\n", outcome.error().message);
    return 1;
  }
  const nlu::EvalReport report = nlu::evaluate(outcome->got, outcome->rows);
  const Words words = score_words(*outcome);
  const auto count = static_cast<double>(outcome->rows.size());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  nlu::json::object out{{"task", "sentiment"},
                        {"seed", asked.seed},
                        {"train_rows", outcome->learnt},
                        {"dev_rows", outcome->chosen_by},
                        {"test_rows", outcome->rows.size()},
                        {"chosen", nlu::json::object{{"temperature", outcome->temperature},
                                                     {"network_share", outcome->network_share}}},
                        {"accuracy", report.accuracy},
                        {"macro_f1", report.scores.macro.f1},
                        {"weighted_f1", report.scores.weighted.f1},
                        {"ece", report.calibration_error},
                        {"word_list_accuracy", words.accuracy},
                        {"word_list_macro_f1", words.scores.macro.f1},
                        {"train_seconds", outcome->train_seconds},
                        {"peak_rss_mb", static_cast<double>(usage.ru_maxrss) * 1024 / 1e6},
                        {"us_per_utterance", 1e6 * outcome->test_seconds / count}};
  nlu::add_to_json(report.scores, "", out);
  fmt::print("{}\n", nlu::to_text(report.scores, "label"));
  fmt::print("{}", nlu::mistakes_to_text(report));
  fmt::print("Right: {:.1f} % of {}; a plain list of words: {:.1f} %, its macro F1 {:.3f}\n",
             100 * report.accuracy, outcome->rows.size(), 100 * words.accuracy,
             words.scores.macro.f1);
  fmt::print("Trained in {:.1f} s; {:.0f} us a text\n", outcome->train_seconds,
             1e6 * outcome->test_seconds / count);
  if (outcome->chosen_by > 0) {
    fmt::print("Chosen by {} rows of {}: temperature {:.2f}, the network counts {} times\n",
               outcome->chosen_by, asked.dev, outcome->temperature, outcome->network_share);
  }
  return write_report(asked.json, out);
}

}  // namespace

void add_eval_sentiment(CLI::App& eval, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = eval.add_subcommand(
      "sentiment", "Train on a file of labelled texts and test on another: the tone of texts");
  command->add_option("--train", asked->train,
                      "What to learn; without it, what comes with Usher is tested");
  command->add_option("--dev", asked->dev, "What to choose by, with --test: not learnt");
  command->add_option("--test", asked->test, "What to be tested on");
  command->add_option("--folds", asked->folds, "Without --test: cross-validate so often")
      ->check(CLI::Range(2, 20));
  command->add_option("--format", asked->format, "The files' format, when their names do not tell")
      ->check(CLI::IsMember({"csv", "jsonl", "rasa", "conll"}));
  command->add_option("--seed", asked->seed, "The same seed and data give the same classifier (1)");
  command->add_option("--json", asked->json, "Write the report here as well");
  command->footer("Example: usher eval sentiment --train reviews.csv --folds 5");
  command->callback([asked, &exit_code] { exit_code = run(*asked); });
}

}  // namespace bot

#include "nlu/torch/train_intents.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "nlu/torch/checkpoint.h"
#include "nlu/torch/fit.h"

namespace nlu {
namespace {

constexpr std::size_t split_cases_limit = 1000;  // A fold's held-out examples, and pairs of them.
constexpr double network_work = 8;               // Of an epoch, in epochs of the linear fit.

// So many looks at examples are enough, however many there are: with more examples, fewer epochs.
constexpr std::size_t examples_of_full_epochs = 20'000;
constexpr int least_epochs = 3;

int epochs_for(int full, std::size_t examples) {
  if (examples <= examples_of_full_epochs) return full;
  const double share = static_cast<double>(examples_of_full_epochs) / static_cast<double>(examples);
  return std::max(least_epochs, static_cast<int>(std::ceil(full * share)));
}

FitOptions intent_options(const TrainOptions& options, std::size_t examples) {
  FitOptions fit;
  fit.seed = options.seed;
  const bool large = examples > large_data;
  fit.batch = large ? 256 : 128;
  fit.epochs = options.epochs > 0 ? options.epochs : large ? epochs_for(8, examples) : 15;
  fit.learning_rate = large ? 0.3 : 0.2;
  fit.l2 = large ? 0 : 3e-5;
  fit.dropout = 0.3;
  return fit;
}

// Few examples are too few for it.
std::optional<NetworkOptions> network_options(const TrainOptions& options, std::size_t examples) {
  if (examples <= large_data) return std::nullopt;
  NetworkOptions fit;
  fit.seed = options.seed + 2;
  fit.epochs = options.epochs > 0 ? options.epochs : epochs_for(fit.epochs, examples);
  return fit;
}

SparseRows rows_of(const Examples& examples, const std::vector<std::size_t>& chosen,
                   const FeatureSpace& space) {
  SparseRows rows;
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  for (const std::size_t i : chosen) {
    space.weigh(examples.utterances[i].features, columns, values);
    if (!space.mean.empty()) space.add_vector(examples.utterances[i].vector, columns, values);
    rows.columns.insert(rows.columns.end(), columns.begin(), columns.end());
    rows.values.insert(rows.values.end(), values.begin(), values.end());
    rows.ends.push_back(std::ssize(rows.columns));
  }
  return rows;
}

std::vector<float> mean_vector(const Examples& examples, const std::vector<std::size_t>& chosen) {
  std::vector<float> mean(examples.utterances[chosen.front()].vector.size(), 0.0f);
  for (const std::size_t i : chosen) {
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += examples.utterances[i].vector[k];
  }
  for (float& value : mean) value /= static_cast<float>(chosen.size());
  return mean;
}

}  // namespace

double intent_work(const TrainOptions& options, std::size_t examples) {
  double epochs = intent_options(options, examples).epochs;
  if (const auto network = network_options(options, examples))
    epochs += network->epochs * network_work;
  return epochs;
}

Classifier fit_intents(const Examples& examples, const std::vector<std::size_t>& learnt,
                       const TrainOptions& options, std::string_view phase, int part,
                       Watch& watch) {
  Classifier fit;
  std::vector<std::size_t> chosen = learnt;
  std::vector<std::int64_t> labels;
  for (const std::size_t i : learnt) {
    labels.push_back(static_cast<std::int64_t>(examples.utterances[i].label));
  }
  for (const Adopted& phrase : adopt_phrases(examples, learnt)) {
    chosen.push_back(phrase.utterance);
    labels.push_back(static_cast<std::int64_t>(phrase.label));
  }
  std::vector<float> importance;
  for (const std::size_t i : chosen) importance.push_back(examples.utterances[i].importance);
  std::vector<const std::vector<Feature>*> features;
  for (const std::size_t i : chosen) features.push_back(&examples.utterances[i].features);
  fit.table = make_feature_table(features);
  fit.table.mean = mean_vector(examples, learnt);
  const SparseRows rows = rows_of(examples, chosen, fit.table.space());
  const FitOptions how = intent_options(options, examples.labelled);
  const auto work = static_cast<double>(learnt.size());
  const std::size_t columns = fit.table.space().columns(), classes = examples.intents.size() + 1;
  Checkpoint linear_checkpoint(
      watch.checkpoints(), fit_key(rows, labels, importance, {},
                                   fmt::format("linear {} {} {} {} {} {} {} {} {}", trainer_version,
                                               columns, classes, how.seed, how.epochs, how.batch,
                                               how.learning_rate, how.l2, how.dropout)));
  fit.linear = fit_linear(
      rows, labels, importance, columns, classes, how,
      [&](const FitProgress& now) { return watch.tell(phase, part, now, how.epochs, work); },
      &linear_checkpoint);
  const auto network = network_options(options, examples.labelled);
  if (!network || watch.is_stopped()) return fit;
  Checkpoint network_checkpoint(
      watch.checkpoints(), fit_key(rows, labels, importance, {},
                                   fmt::format("network {} {} {} {} {}", trainer_version, columns,
                                               classes, network->seed, network->epochs)));
  fit.network = fit_network(
      rows, labels, importance, columns, classes, *network,
      [&](const FitProgress& now) {
        return watch.tell(phase, part, now, network->epochs, work * network_work);
      },
      &network_checkpoint);
  return fit;
}

std::vector<int> deal_folds(const Examples& examples, int folds, int share) {
  std::vector<int> next(examples.intents.size() + 2, 0), fold;
  for (std::size_t i = 0; i < examples.labelled; ++i) {
    const IntentExample& e = examples.utterances[i];
    int& n = next[e.label + (e.built_in ? 1 : 0)];
    const int place = n++ % share;
    fold.push_back(place < folds ? place : -1);
  }
  return fold;
}

std::vector<HeldOut> held_out_by(const Classifier& fit, const Examples& examples,
                                 const std::vector<std::size_t>& chosen) {
  std::vector<HeldOut> result;
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  NetworkScratch scratch;
  const std::size_t classes = fit.linear.classes;
  for (const std::size_t i : chosen) {
    HeldOut h;
    h.label = examples.utterances[i].label;
    const FeatureSpace space = fit.table.space();
    space.weigh(examples.utterances[i].features, columns, values);
    if (!space.mean.empty()) space.add_vector(examples.utterances[i].vector, columns, values);
    h.logits = fit.linear.bias;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      const float* const row =
          fit.linear.weights.data() + static_cast<std::size_t>(columns[k]) * classes;
      for (std::size_t c = 0; c < classes; ++c) h.logits[c] += values[k] * row[c];
    }
    if (fit.network.width > 0) {
      FeatureBatch one;
      one.add(columns, values);
      h.network_logits.assign(classes, 0.0f);
      add_scores(NetworkView(fit.network), one, 1, scratch, h.network_logits);
    }
    result.push_back(std::move(h));
  }
  return result;
}

std::vector<SplitCase> split_cases_of(const Classifier& fit, const Examples& examples,
                                      const std::vector<std::size_t>& learnt,
                                      const std::vector<std::size_t>& tested,
                                      const RuleEntities& rules, std::uint64_t seed) {
  std::unordered_map<std::uint64_t, std::int32_t> wordings;
  for (const std::size_t i : learnt) {
    const IntentExample& example = examples.utterances[i];
    if (example.wording != 0)
      wordings.emplace(example.wording, static_cast<std::int32_t>(example.label));
  }
  std::vector<HeldOutText> texts;
  for (const std::size_t i : tested) {
    const IntentExample& example = examples.utterances[i];
    texts.push_back({example.text, example.label});
  }
  ClassifierView view(fit);
  view.network_weight = 0;
  ClassifierScratch scratch;
  const auto score = [&](const std::vector<Feature>& features, std::uint64_t wording) {
    RawScores raw;
    const auto known = wordings.find(wording);
    if (known != wordings.end()) raw.wording = known->second;
    if (!view.score(features, scratch)) return raw;
    raw.logits = scratch.logits;
    if (fit.network.width > 0) {
      raw.network_logits.assign(raw.logits.size(), 0.0f);
      add_scores(view.network, scratch.batch, 1, scratch.network, raw.network_logits);
    }
    return raw;
  };
  return split_cases(texts, examples.intents.size(), rules, score, seed, split_cases_limit);
}

VocabularyTable wordings_of(const Examples& examples) {
  std::map<std::uint64_t, std::int32_t> labels;
  for (std::size_t i = 0; i < examples.labelled; ++i) {
    const IntentExample& example = examples.utterances[i];
    if (example.wording == 0) continue;
    const auto label = static_cast<std::int32_t>(example.label);
    const auto [at, is_new] = labels.emplace(example.wording, label);
    if (!is_new && at->second != label) at->second = -1;
  }
  std::vector<std::uint64_t> keys;
  std::vector<std::int32_t> values;
  for (const auto& [wording, label] : labels) {
    if (label < 0) continue;
    keys.push_back(wording);
    values.push_back(label);
  }
  VocabularyTable table = make_vocabulary(keys);
  for (std::int32_t& row : table.rows) {
    if (row >= 0) row = values[static_cast<std::size_t>(row)];
  }
  return table;
}

}  // namespace nlu

#include "nlu/torch/tone.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "nlu/base/unicode.h"
#include "nlu/entity_resolution.h"
#include "nlu/torch/calibration.h"
#include "nlu/torch/tone_features.h"

namespace nlu {
namespace {

constexpr std::size_t large_data = 4000;
constexpr std::size_t held_out_share = 5;  // One in so many.

FitOptions linear_options(std::uint64_t seed, std::size_t texts) {
  FitOptions fit;
  fit.seed = seed;
  fit.batch = texts > large_data ? 256 : texts > 500 ? 64 : 16;
  fit.epochs = 15;
  fit.learning_rate = 0.2;
  fit.l2 = 3e-5;
  fit.dropout = 0.3;
  return fit;
}

NetworkOptions network_options(std::uint64_t seed) {
  NetworkOptions fit;
  fit.seed = seed + 2;
  fit.width = 128;
  fit.hidden = 256;
  fit.epochs = 8;
  return fit;
}

// Two texts of a label in a thousand must not be lost among the others: a label counts by the
// square root of how rare it is.
std::vector<float> importance_of(const std::vector<LabelledText>& texts, std::size_t labels) {
  std::vector<double> counts(labels, 0.0);
  for (const LabelledText& text : texts) ++counts[text.label];
  std::vector<float> result;
  const double even = static_cast<double>(texts.size()) / static_cast<double>(labels);
  double sum = 0;
  for (const LabelledText& text : texts) {
    result.push_back(static_cast<float>(std::sqrt(even / counts[text.label])));
    sum += static_cast<double>(result.back());
  }
  for (float& value : result) value *= static_cast<float>(static_cast<double>(texts.size()) / sum);
  return result;
}

struct Fold {
  const std::vector<std::vector<Feature>>& features;
  const std::vector<LabelledText>& texts;
  std::vector<std::size_t> learnt, held_out;
};

Classifier fit(const Fold& fold, const std::vector<std::string>& labels, std::uint64_t seed,
               const FitWatcher& watcher) {
  Classifier c;
  c.labels = labels;
  std::vector<const std::vector<Feature>*> features;
  std::vector<LabelledText> chosen;
  std::vector<std::int64_t> targets;
  for (const std::size_t i : fold.learnt) {
    features.push_back(&fold.features[i]);
    chosen.push_back({{}, fold.texts[i].label});
    targets.push_back(static_cast<std::int64_t>(fold.texts[i].label));
  }
  c.table = make_feature_table(features);
  SparseRows rows;
  std::vector<std::int64_t> columns;
  std::vector<float> values;
  for (const std::vector<Feature>* const text : features) {
    c.table.space().weigh(*text, columns, values);
    rows.columns.insert(rows.columns.end(), columns.begin(), columns.end());
    rows.values.insert(rows.values.end(), values.begin(), values.end());
    rows.ends.push_back(std::ssize(rows.columns));
  }
  const std::vector<float> importance = importance_of(chosen, labels.size());
  const std::size_t count = fold.learnt.size(), width = c.table.rarity.size();
  c.linear = fit_linear(rows, targets, importance, width, labels.size(),
                        linear_options(seed, count), watcher);
  if (count > large_data) {
    c.network = fit_network(rows, targets, importance, width, labels.size(), network_options(seed),
                            watcher);
  }
  return c;
}

double loss_of(const std::vector<std::vector<float>>& logits, const Fold& fold,
               double temperature) {
  double loss = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double p = probabilities(logits[i], temperature)[fold.texts[fold.held_out[i]].label];
    loss -= std::log(std::max(p, 1e-12));
  }
  return loss;
}

// The temperature, and the network's weight, by which what was held out is most probable.
void calibrate(Classifier& c, const Fold& fold) {
  ClassifierScratch scratch;
  double least = 0;
  std::pair<double, double> best{0, 1};
  for (const double weight : {0.0, 0.5, 1.0, 2.0, 4.0, 8.0}) {
    if (weight > 0 && c.network.width == 0) break;
    c.network_weight = weight;
    const ClassifierView view(c);
    std::vector<std::vector<float>> logits;
    for (const std::size_t i : fold.held_out) {
      view.score(fold.features[i], scratch);
      logits.push_back(scratch.logits);
    }
    for (double temperature = 0.2; temperature < 6; temperature *= 1.1) {
      const double loss = loss_of(logits, fold, temperature);
      if (least == 0 || loss < least) least = loss, best = {weight, temperature};
    }
  }
  std::tie(c.network_weight, c.temperature) = best;
}

}  // namespace

struct ToneReader::Buffers {
  std::vector<Word> words;
  Featurizer featurizer;
  ToneFeaturizer tone;
  ClassifierScratch scores;
};

ToneReader::ToneReader() : buffers_(std::make_unique<Buffers>()) {}
ToneReader::~ToneReader() = default;

const std::vector<Feature>& ToneReader::read(const std::string& text) {
  Buffers& b = *buffers_;
  b.words = split_words(text);
  b.featurizer.read(text, b.words, {});
  return b.tone.read(text, b.words, b.featurizer.intent_features());
}

std::vector<double> ToneReader::classify(const std::string& text,
                                         const ClassifierView& classifier) {
  classifier.score(read(text), buffers_->scores);
  return probabilities(buffers_->scores.logits, static_cast<double>(classifier.temperature));
}

int ToneReader::plain_score(const std::string& text) {
  read(text);
  return buffers_->tone.plain_score();
}

Classifier fit_tone(const std::vector<LabelledText>& learnt, std::vector<std::string> labels,
                    std::uint64_t seed, const FitWatcher& watcher,
                    const std::vector<LabelledText>& dev) {
  std::vector<LabelledText> texts = learnt;
  texts.insert(texts.end(), dev.begin(), dev.end());
  std::vector<std::vector<Feature>> features;
  Featurizer featurizer;
  ToneFeaturizer tone;
  for (const LabelledText& text : texts) {
    const std::vector<Word> words = split_words(text.text);
    featurizer.read(text.text, words, {});
    features.push_back(tone.read(text.text, words, featurizer.intent_features()));
  }
  Fold all{features, texts, {}, {}}, first{features, texts, {}, {}};
  std::vector<std::size_t> seen(labels.size(), 0);
  for (std::size_t i = learnt.size(); i < texts.size(); ++i) all.held_out.push_back(i);
  for (std::size_t i = 0; i < learnt.size(); ++i) {
    all.learnt.push_back(i);
    const bool held_out = seen[texts[i].label]++ % held_out_share == held_out_share - 1;
    (held_out ? first.held_out : first.learnt).push_back(i);
  }
  double weight = 0, temperature = 1;
  if (dev.empty() && !first.held_out.empty()) {
    Classifier c = fit(first, labels, seed, watcher);
    calibrate(c, first);
    weight = c.network_weight;
    temperature = c.temperature;
  }
  Classifier result = fit(all, labels, seed, watcher);
  result.network_weight = weight;
  result.temperature = temperature;
  if (!dev.empty()) calibrate(result, all);
  if (result.network_weight == 0) result.network = {};
  return result;
}

}  // namespace nlu

#include "nlu/torch/trainer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "nlu/base/hash.h"
#include "nlu/entity_resolution.h"
#include "nlu/torch/bert.h"
#include "nlu/torch/calibration.h"
#include "nlu/torch/checkpoint.h"
#include "nlu/torch/encoder_folder.h"
#include "nlu/torch/examples.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/fit_encoder.h"
#include "nlu/torch/held_out.h"
#include "nlu/torch/model.h"
#include "nlu/torch/model_card.h"
#include "nlu/torch/shipped_tone.h"
#include "nlu/torch/splitting.h"
#include "nlu/torch/tone.h"
#include "nlu/torch/word_states.h"

namespace nlu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t large_data = 4000;
constexpr std::size_t many_sentences = 2000;
constexpr std::size_t very_many_sentences = 20'000;  // See them less often.
constexpr std::size_t split_cases_limit = 1000;  // A fold's held-out examples, and pairs of them.
constexpr std::size_t checkpoint_bytes = 256'000'000;  // Kept when training is done.
constexpr double network_work = 8;                     // Of an epoch, in epochs of the linear fit.
constexpr double encoder_work = 50;                    // Of an example, in the same.
constexpr double tuning_work = 150;                    // And of an epoch of fine-tuning.
constexpr int encoding_version = 2;  // Raised when more, or other, is made of an encoder.

// Adds up what all fits have done, and asks whether to go on.
class Watch {
 public:
  Watch(const std::function<bool(const Progress&)>& progress, const std::string& checkpoints)
      : progress_(progress), checkpoints_(checkpoints) {}

  void plan(double work) { planned_ += work; }
  Checkpoints* checkpoints() { return &checkpoints_; }
  bool is_stopped() const { return stopped_; }

  // `part` tells apart what has the same phase, from 1.
  bool tell(std::string_view phase, int part, const FitProgress& fit, int epochs, double work) {
    const std::lock_guard lock(mutex_);
    done_ += work;
    if (!progress_ || stopped_) return !stopped_;
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const double done = planned_ > 0 ? std::min(done_ / planned_, 1.0) : 0;
    const double left = done > 0 ? seconds * (1 - done) / done : 0;
    if (!progress_({phase, part, fit.epoch, epochs, fit.loss, fit.accuracy, done, left}))
      stopped_ = true;
    return !stopped_;
  }

 private:
  const std::function<bool(const Progress&)>& progress_;
  Checkpoints checkpoints_;
  std::mutex mutex_;
  std::atomic<bool> stopped_{false};
  double planned_ = 0, done_ = 0;
  Clock::time_point start_ = Clock::now();
};

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

// Has the encoder read `count` texts, and `use` called for each; false: it was told to stop.
bool read_all(const Bert& encoder, std::size_t count, Watch& watch,
              const std::function<const std::string&(std::size_t)>& text,
              const std::function<void(std::size_t, Encoding&)>& use) {
  constexpr std::size_t batch = 32;
  for (std::size_t from = 0; from < count; from += batch) {
    std::vector<std::string> texts;
    const std::size_t to = std::min(from + batch, count);
    for (std::size_t i = from; i < to; ++i) texts.push_back(text(i));
    std::vector<Encoding> read = encoder.read(texts);
    for (std::size_t i = from; i < to; ++i) use(i, read[i - from]);
    if (!watch.tell("encoding", 1, {1, 0, 0}, 1, encoder_work * static_cast<double>(to - from)))
      return false;
  }
  return true;
}

// Has the encoder read every example; false: it was told to stop.
bool encode(Examples& examples, const Bert& encoder, Watch& watch) {
  std::vector<IntentExample>& utterances = examples.utterances;
  const std::vector<TagExample>& sentences = examples.sentences;
  std::size_t next = 0;
  const auto add_states = [&](const Encoding& encoding) {
    const std::vector<float> states = word_states(encoding, sentences[next++].pieces);
    examples.states.insert(examples.states.end(), states.begin(), states.end());
  };
  // Most sentences are the utterances in the same order, and read but once.
  const bool goes_on = read_all(
      encoder, utterances.size(), watch,
      [&](std::size_t i) -> const std::string& { return utterances[i].text; },
      [&](std::size_t i, Encoding& encoding) {
        if (next < sentences.size() && sentences[next].text == utterances[i].text)
          add_states(encoding);
        utterances[i].vector = std::move(encoding.vector);
      });
  const std::size_t read = next;
  return goes_on &&
         read_all(
             encoder, sentences.size() - read, watch,
             [&](std::size_t i) -> const std::string& { return sentences[read + i].text; },
             [&](std::size_t, Encoding& encoding) { add_states(encoding); });
}

struct TuneExamples {
  std::vector<TuneExample> learnt, held_out;
};

// `fold_of` as deal_folds() says; what is held out keeps its tags to itself, too.
TuneExamples tune_examples(const Examples& examples, const std::vector<int>& fold_of,
                           const Bert& encoder) {
  TuneExamples all;
  const std::size_t limit = std::min(encoder.config().positions, tuned_pieces);
  const auto make = [&](const std::string& text, const TagExample* sentence) {
    TuneExample example;
    WordPieces pieces = encoder.tokenizer().encode(text, limit);
    example.ids = std::move(pieces.ids);
    if (sentence != nullptr) {
      example.words = pieces_of(pieces.spans, sentence->pieces);
      example.tags = sentence->tags;
    }
    return example;
  };
  // The sentences are the first utterances, or there are no utterances.
  std::size_t next = 0;
  for (std::size_t i = 0; i < examples.labelled; ++i) {
    const IntentExample& utterance = examples.utterances[i];
    const bool tagged =
        next < examples.sentences.size() && examples.sentences[next].text == utterance.text;
    TuneExample example = make(utterance.text, tagged ? &examples.sentences[next] : nullptr);
    next += tagged ? 1 : 0;
    example.label = static_cast<std::int64_t>(utterance.label);
    example.importance = utterance.importance;
    (fold_of[i] == 0 ? all.held_out : all.learnt).push_back(std::move(example));
  }
  for (; next < examples.sentences.size(); ++next)
    all.learnt.push_back(make(examples.sentences[next].text, &examples.sentences[next]));
  return all;
}

// Fine-tunes the encoder on what is not held out, and keeps it beside the model. Null: it was told
// to stop.
Result<std::unique_ptr<Bert>> tune(const Bert& encoder, const Examples& examples,
                                   const std::vector<int>& fold_of, const TrainOptions& options,
                                   const std::string& path, Watch& watch, TrainReport& report) {
  const TuneExamples all = tune_examples(examples, fold_of, encoder);
  TuneOptions how{*options.tuning, options.seed + 3, 0, 0};
  how.labels = examples.intents.empty() ? 0 : examples.intents.size() + 1;
  how.tags = examples.kinds.empty() ? 0 : 2 * examples.kinds.size() + 1;
  const int parts = tune_parts(all.learnt.size(), how);
  const double work = tuning_work * how.epochs * static_cast<double>(all.learnt.size()) / parts;
  watch.plan(work * parts);
  Checkpoint checkpoint(watch.checkpoints(), tune_key(encoder, all.learnt, how));
  const Tuned tuned = tune_encoder(
      encoder, all.learnt, how,
      [&](const FitProgress& now) { return watch.tell("tuning", 1, now, parts, work); },
      &checkpoint);
  if (watch.is_stopped()) return std::unique_ptr<Bert>();
  report.tuned_accuracy = share_right(tuned, encoder.tokenizer().padding(), all.held_out);
  const auto version = save_tuned_encoder(*tuned.network, encoder.folder(), path);
  if (!version) return version.error();
  report.tuned = tuned_encoder_path_of(path, *version);
  return Bert::open(report.tuned);
}

std::vector<float> mean_vector(const Examples& examples, const std::vector<std::size_t>& chosen) {
  std::vector<float> mean(examples.utterances[chosen.front()].vector.size(), 0.0f);
  for (const std::size_t i : chosen) {
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += examples.utterances[i].vector[k];
  }
  for (float& value : mean) value /= static_cast<float>(chosen.size());
  return mean;
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

// Which fold an example is held out in: dealt out label by label, so that each fold has some of
// all.
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

// What `fit` makes of held-out examples, divided wherever they may be.
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

TaggerOptions tag_options(const TrainOptions& options, std::size_t sentences) {
  TaggerOptions fit;
  const bool large = sentences > many_sentences;
  fit.seed = options.seed + 1;
  const bool huge = sentences > very_many_sentences;
  fit.epochs = options.epochs > 0 ? options.epochs : huge ? 8 : 12;
  if (large) fit.width = 128;
  return fit;
}

// So many are fitted, and averaged, where there are sentences enough for a network.
std::size_t tagger_count(std::size_t sentences) { return sentences > many_sentences ? 3 : 1; }

// What many sentences have but once teaches little, and is most of all there is.
constexpr std::uint32_t least_seen = 2;

struct TagKeys {
  std::vector<std::uint64_t> keys;
  std::size_t own = 0;  // So many of the first are of the words themselves.
};

TagKeys tag_keys(const std::vector<TagExample>& sentences) {
  struct Count {
    std::uint32_t times = 0;
    bool own = false;
  };
  std::unordered_map<std::uint64_t, Count> counts;
  for (const TagExample& sentence : sentences) {
    for (const TagFeatures& word : sentence.words) {
      for (std::size_t i = 0; i < word.keys.size(); ++i) {
        Count& count = counts[word.keys[i]];
        ++count.times;
        if (i < word.own) count.own = true;
      }
    }
  }
  const std::uint32_t least = sentences.size() > many_sentences ? least_seen : 1;
  TagKeys result;
  for (const auto& [key, count] : counts) {
    if (count.times < least) continue;
    result.keys.push_back(key);
    if (count.own) ++result.own;
  }
  std::sort(result.keys.begin(), result.keys.end(), [&](std::uint64_t a, std::uint64_t b) {
    return std::pair(!counts[a].own, a) < std::pair(!counts[b].own, b);
  });
  return result;
}

// Nothing of nothing.
std::string hash_of_states(const std::vector<float>& values) {
  if (values.empty()) return "";
  return " " +
         sha256_hex({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

// The tagger's sentences as rows of columns, and what is fitted to them.
struct TaggerFit {
  VocabularyTable vocabulary;
  std::size_t columns = 0;
  std::size_t own = 0;  // So many of the first are of the words themselves.
  SparseRows tokens;
  std::vector<std::int64_t> tags;
  std::vector<std::size_t> ends;
  std::vector<float> states,
      state_mean;  // Of an encoder, if there is one; [tokens × width], [width]
  std::vector<Crf> members;
};

TaggerFit tagger_rows(const Examples& examples, std::vector<float> states) {
  const TagKeys keys = tag_keys(examples.sentences);
  TaggerFit fit;
  fit.columns = keys.keys.size();
  fit.own = keys.own;
  fit.vocabulary = make_vocabulary(keys.keys);
  const Vocabulary vocabulary = fit.vocabulary.view();
  for (const TagExample& sentence : examples.sentences) {
    for (const TagFeatures& word : sentence.words) {
      for (const std::uint64_t key : word.keys) {
        const std::int32_t column = vocabulary.find(key);
        if (column < 0) continue;
        fit.tokens.columns.push_back(column);
        fit.tokens.values.push_back(1.0f);
      }
      fit.tokens.ends.push_back(std::ssize(fit.tokens.columns));
    }
    fit.tags.insert(fit.tags.end(), sentence.tags.begin(), sentence.tags.end());
    fit.ends.push_back(fit.tags.size());
  }
  if (!states.empty()) {
    fit.state_mean = mean_state(states, states.size() / fit.tokens.size());
    centre_states(fit.state_mean, states);
    fit.states = std::move(states);
  }
  fit.members.resize(tagger_count(fit.ends.size()));
  return fit;
}

void fit_tagger(TaggerFit& fit, std::size_t member, std::size_t kinds, const TrainOptions& options,
                Watch& watch) {
  if (watch.is_stopped()) return;
  TaggerOptions how = tag_options(options, fit.ends.size());
  how.seed += member << 32;
  how.embedded = fit.own;
  const auto work = static_cast<double>(fit.ends.size());
  Checkpoint checkpoint(
      watch.checkpoints(),
      fit_key(fit.tokens, fit.tags, {}, fit.ends,
              fmt::format("tagger {} {} {} {} {} {}{}", trainer_version, fit.columns, how.seed,
                          how.epochs, how.width, how.embedded, hash_of_states(fit.states))));
  fit.members[member] = fit_crf(
      fit.tokens, fit.tags, fit.ends, fit.columns, 2 * kinds + 1, how,
      [&, part = static_cast<int>(member) + 1](const FitProgress& now) {
        return watch.tell("entities", part, now, how.epochs, work);
      },
      &checkpoint, fit.states);
}

// What has the same wording in two intents belongs to none.
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

// What comes with Usher, and what the bot adds to it.
Classifier fit_tone_of(std::vector<LabelledText> texts, const std::vector<ToneExample>& own,
                       std::span<const std::string_view> labels, std::uint64_t seed) {
  for (const ToneExample& example : own) {
    const auto at = std::find(labels.begin(), labels.end(), example.label);
    if (at == labels.end()) continue;
    texts.push_back({example.text, static_cast<std::size_t>(at - labels.begin())});
  }
  return fit_tone(texts, {labels.begin(), labels.end()}, seed);
}

// Runs jobs on two threads. Each is alone on its thread, so what it computes does not depend on
// which thread takes it.
void run_all(std::vector<std::function<void()>> jobs) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t job = next++; job < jobs.size(); job = next++) jobs[job]();
  };
  std::thread other(work);
  work();
  other.join();
}

// What rules need of the data, without the examples: each annotated text once.
TrainingData rules_of(const TrainingData& data) {
  TrainingData rules;
  rules.lookups = data.lookups;
  rules.patterns = data.patterns;
  rules.synonyms = data.synonyms;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const Example& example : data.examples) {
    for (const Entity& entity : example.entities) {
      Example annotation;
      annotation.text = example.text.substr(entity.span.begin, entity.span.end - entity.span.begin);
      if (!seen.emplace(annotation.text, entity.type, entity.value).second) continue;
      annotation.entities.push_back(entity);
      annotation.entities.back().span = {0, annotation.text.size()};
      rules.examples.push_back(std::move(annotation));
    }
  }
  return rules;
}

std::string training_hash(const TrainingData& data, std::uint64_t seed,
                          const std::string& encoder) {
  std::string hash = fmt::format("{}/{}/{}", content_hash(data), trainer_version, seed);
  if (!encoder.empty()) hash += fmt::format("/{}/{}", encoder, encoding_version);
  return hash;
}

// What an encoder gives depends on; nothing without one.
std::string hash_of(const Bert* encoder, const TrainOptions& options) {
  if (encoder == nullptr) return "";
  if (!options.tuning) return encoder->version();
  return fmt::format("{}/tuned {} {} {}", encoder->version(), options.tuning->epochs,
                     options.tuning->rate, options.tuning->batch);
}

std::size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

Error too_few_intents(const TrainingData& data, const std::vector<std::string>& intents) {
  if (data.examples.empty())
    return invalid("there are no examples to learn from; write some of two intents at least");
  const Mark& first = data.examples.front().mark;
  const std::string place =
      first.file.empty() ? "" : fmt::format("{}:{}: ", first.file, std::max(first.line, 1));
  const std::string what = intents.empty()
                               ? "no example is of an intent, only of what is out of scope"
                               : fmt::format("all examples in scope are of '{}'", intents.front());
  return invalid(
      fmt::format("{}{}; a model tells intents apart: give examples of another one", place, what));
}

}  // namespace

Result<TrainReport> train(const TrainingData& data, const TrainOptions& options,
                          const std::string& path,
                          const std::function<bool(const Progress&)>& progress) {
  const Clock::time_point start = Clock::now();
  Watch watch(progress, options.checkpoints);
  const Result<RuleEntities> rules = RuleEntities::compile(data);
  if (!rules) return rules.error();
  std::unique_ptr<Bert> encoder;
  if (!options.encoder.empty()) {
    auto opened = Bert::open(options.encoder);
    if (!opened) return opened.error();
    encoder = std::move(*opened);
  }
  Examples examples = read_examples(data, *rules);
  const bool only_entities = examples.intents.empty() && !examples.kinds.empty();
  if (examples.intents.size() < 2 && !only_entities) {
    return too_few_intents(data, examples.intents);
  }

  const std::size_t count = examples.labelled;
  const bool large = count > large_data;
  const bool by_dev = !options.dev.empty();
  // An encoder is tuned once, so that one part alone is new to it.
  const bool tuning = encoder != nullptr && options.tuning.has_value();
  const int folds = by_dev ? 0 : large || tuning ? 1 : std::max(options.folds, 2);
  const int share = by_dev ? 1 : large ? 10 : tuning ? 5 : folds;
  std::vector<int> fold_of = deal_folds(examples, folds, share);
  std::vector<std::vector<HeldOut>> held_out(static_cast<std::size_t>(folds));
  std::vector<std::vector<SplitCase>> split(static_cast<std::size_t>(folds));
  Classifier intents;
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  Examples dev;
  if (by_dev && !only_entities) {
    dev = read_held_out(options.dev, examples, *rules);
    if (dev.utterances.empty()) {
      return invalid(
          fmt::format("{}: no example has an intent that is learnt; there is nothing to "
                      "choose by",
                      options.dev.front().mark.file));
    }
    hold_out_outside(examples, all, dev);
    fold_of.assign(count, 0);
    for (const std::size_t i : all) fold_of[i] = -1;  // What is not held out.
  }
  double epochs = intent_options(options, count).epochs;
  if (const auto network = network_options(options, count))
    epochs += network->epochs * network_work;
  watch.plan(static_cast<double>(count) * epochs * (1 + folds * (1 - 1.0 / share)));
  const std::size_t sentences = examples.sentences.size();
  watch.plan(static_cast<double>(sentences) * tag_options(options, sentences).epochs *
             static_cast<double>(tagger_count(sentences)));

  const Error stopped{Errc::unavailable, "training was stopped; the model is as it was"};
  TrainReport report;
  const std::string encoder_hash = hash_of(encoder.get(), options);
  if (tuning) {
    auto tuned = tune(*encoder, examples, fold_of, options, path, watch, report);
    if (!tuned) return tuned.error();
    if (*tuned == nullptr) return stopped;
    encoder = std::move(*tuned);
  }
  if (encoder != nullptr) {
    watch.plan(encoder_work * static_cast<double>(std::max(examples.utterances.size(), sentences)));
    if (!encode(examples, *encoder, watch) || !encode(dev, *encoder, watch)) return stopped;
  }
  std::vector<std::function<void()>> jobs;
  TaggerFit tagger = tagger_rows(examples, std::move(examples.states));
  for (std::size_t i = 0; i < tagger.members.size() && !examples.kinds.empty(); ++i)
    jobs.push_back([&, i] { fit_tagger(tagger, i, examples.kinds.size(), options, watch); });
  if (only_entities) {
    intents.table.vocabulary = make_vocabulary({});
    intents.linear = {0, 1, {}, {0.0f}};
  } else {
    jobs.push_back([&] { intents = fit_intents(examples, all, options, "training", 1, watch); });
  }
  for (int fold = 0; fold < folds && !only_entities; ++fold) {
    jobs.push_back([&, fold] {
      if (watch.is_stopped()) return;
      std::vector<std::size_t> learnt, tested;
      for (const std::size_t i : all) (fold_of[i] == fold ? tested : learnt).push_back(i);
      const Classifier fit = fit_intents(examples, learnt, options, "calibrating", fold + 1, watch);
      const auto place = static_cast<std::size_t>(fold);
      held_out[place] = held_out_by(fit, examples, tested);
      if (watch.is_stopped() || encoder != nullptr) return;
      split[place] = split_cases_of(fit, examples, learnt, tested, *rules, options.seed + place);
    });
  }
  Classifier sentiment, urgency;
  if (options.tone) {
    jobs.push_back([&] {
      sentiment = fit_tone_of(shipped_sentiments(), data.sentiments, sentiments, options.seed);
      urgency = fit_tone_of(shipped_urgencies(), data.urgencies, urgencies, options.seed);
    });
  }
  run_all(std::move(jobs));
  if (watch.is_stopped()) return stopped;

  std::vector<HeldOut> tested;
  for (auto& fold : held_out) std::move(fold.begin(), fold.end(), std::back_inserter(tested));
  if (by_dev && !only_entities) {
    std::vector<std::size_t> every(dev.utterances.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    tested = held_out_by(intents, dev, every);
  }
  ModelParts parts;
  if (!only_entities) {
    intents.network_weight = blend(tested);
    parts.calibration = calibrate(tested);
  }
  SplitReport divided;
  if (!only_entities && encoder == nullptr) {
    std::vector<SplitCase> cases;
    for (auto& fold : split) std::move(fold.begin(), fold.end(), std::back_inserter(cases));
    parts.splitting = learn_splitting(cases, intents.network_weight, parts.calibration, divided);
  }
  const HeldOutRates held_out_rates = rates(parts.calibration, tested);

  report.examples = data.examples.size();
  report.intents = examples.intents.size();
  report.entities = examples.kinds.size();
  report.features = intents.table.rarity.size();
  for (const std::size_t i : all)
    report.negatives += examples.utterances[i].label == examples.intents.size();
  report.held_out_accuracy = held_out_rates.right;
  report.held_out_refused = held_out_rates.refused;
  report.temperature = parts.calibration.temperature;
  report.pairs = divided.learnt ? divided.cases[3] : 0;
  report.pairs_right = divided.pairs_right;
  report.singles_divided = divided.divided[0];
  report.network_share = intents.network_weight;

  intents.labels = examples.intents;
  if (intents.network_weight == 0) intents.network = {};
  parts.intent = std::move(intents);
  parts.wordings = wordings_of(examples);
  parts.sentiment = std::move(sentiment);
  parts.urgency = std::move(urgency);
  parts.kinds = examples.kinds;
  parts.tag_vocabulary = std::move(tagger.vocabulary);
  if (!examples.kinds.empty()) {
    parts.tagger = average(std::move(tagger.members));
    parts.tagger.state_mean = std::move(tagger.state_mean);
  }
  parts.rules = rules_of(data);
  parts.encoder = encoder != nullptr ? encoder->version() : "";
  parts.encoder_is_tuned = tuning;
  parts.data_hash = training_hash(data, options.seed, encoder_hash);
  parts.seed = options.seed;
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (by_dev) {
    const Result<double> share =
        choose_tagger_share(parts, options.dev, *rules, path + ".choosing");
    if (!share) return share.error();
    report.tagger_share = *share;
  }
  if (const Result<void> saved = save_model(parts, path); !saved) return saved.error();
  watch.checkpoints()->tidy(checkpoint_bytes);
  tidy_tuned_encoders(path);
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  report.peak_memory_bytes = peak_memory();
  if (const Result<void> carded = save_model_card(data, options, report, parts.data_hash, path);
      !carded)
    return carded.error();
  return report;
}

bool is_up_to_date(const std::string& path, const TrainingData& data, const TrainOptions& options) {
  const Result<std::unique_ptr<Model>> model = Model::open(path);
  if (!model) return false;
  std::string encoder;
  if (!options.encoder.empty()) {
    const auto opened = Bert::open(options.encoder);
    if (!opened) return false;  // Training will say what is wrong with it.
    encoder = hash_of(opened->get(), options);
  }
  if ((*model)->encoder_is_tuned() &&
      !std::filesystem::exists(tuned_encoder_path_of(path, (*model)->encoder())))
    return false;
  return (*model)->trained_from() == training_hash(data, options.seed, encoder);
}

std::string encoder_path_of(const std::string& bot_folder, const std::string& named) {
  return named.empty() ? "" : (std::filesystem::path(bot_folder) / named).string();
}

std::string checkpoints_path_of(const std::string& bot_folder) {
  return (std::filesystem::path(bot_folder) / ".usher" / "training").string();
}

std::string model_path_of(const std::string& bot_folder) {
  return (std::filesystem::path(bot_folder) / ".usher" / "model.safetensors").string();
}

}  // namespace nlu

#include "nlu/torch/trainer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "nlu/entity_resolution.h"
#include "nlu/torch/bert.h"
#include "nlu/torch/calibration.h"
#include "nlu/torch/checkpoint.h"
#include "nlu/torch/encoder_folder.h"
#include "nlu/torch/examples.h"
#include "nlu/torch/held_out.h"
#include "nlu/torch/model.h"
#include "nlu/torch/model_card.h"
#include "nlu/torch/shipped_tone.h"
#include "nlu/torch/splitting.h"
#include "nlu/torch/tone.h"
#include "nlu/torch/train_encoder.h"
#include "nlu/torch/train_intents.h"
#include "nlu/torch/train_tagger.h"
#include "nlu/torch/watch.h"

namespace nlu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t checkpoint_bytes = 256'000'000;  // Kept when training is done.
constexpr int encoding_version = 2;  // Raised when more, or other, is made of an encoder.

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
  watch.plan(static_cast<double>(count) * intent_work(options, count) *
             (1 + folds * (1 - 1.0 / share)));
  const std::size_t sentences = examples.sentences.size();
  watch.plan(tagger_work(options, sentences));

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

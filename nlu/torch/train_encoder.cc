#include "nlu/torch/train_encoder.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "nlu/torch/checkpoint.h"
#include "nlu/torch/encoder_folder.h"
#include "nlu/torch/fit_encoder.h"
#include "nlu/torch/word_states.h"

namespace nlu {
namespace {

constexpr double tuning_work = 150;  // Of an example and epoch, in epochs of the linear fit.

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

}  // namespace

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

}  // namespace nlu

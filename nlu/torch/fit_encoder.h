// Fine-tuning (Devlin et al. 2019): a BERT and two heads learn together, one for the intents, from
// the mean of a text's states, and one for the tags, from the mean of the states of a word's
// pieces. Both are linear and begin at nothing; the loss is the sum of their cross-entropies.
//
// AdamW with a rate that rises over the first tenth of the steps and then falls to nothing as a
// line; no decay of norms and biases; gradients are clipped to a length of 1; dropout as the
// encoder's configuration says. Every batch is learnt from in two halves on two threads, each with
// randomness of its own, so that a seed gives the same bits however many cores there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nlu/torch/bert.h"
#include "nlu/torch/fit.h"
#include "nlu/torch/word_states.h"
#include "nlu/tune_settings.h"

namespace nlu {

// A text to learn an intent from, or tags, or both.
struct TuneExample {
  std::vector<std::int32_t> ids;  // As the encoder's tokenizer gives them.
  std::int64_t label = -1;        // -1: none.
  float importance = 1;           // Of the label.
  std::vector<PieceRange> words;
  std::vector<std::int64_t> tags;  // One a word; none: there is nothing to learn of them.
};

struct TuneOptions : TuneSettings {
  std::uint64_t seed = 1;
  std::size_t labels = 0, tags = 0;
};

// Longer texts are cut to so many pieces, which bounds the memory.
inline constexpr std::size_t tuned_pieces = 128;

struct Tuned {
  std::shared_ptr<BertNetwork> network;
  Linear intents, tags;        // The heads.
  std::vector<double> losses;  // Of the steps done here.
};

// The parts that tune_encoder() tells of, ten an epoch or less: "epoch" and "epochs" of its
// watcher and its checkpoint.
int tune_parts(std::size_t examples, const TuneSettings& settings);

// `encoder` stays as it is; in memory there are then its weights once more, and three times as
// many numbers for the optimizer and the gradients of two halves.
Tuned tune_encoder(const Bert& encoder, const std::vector<TuneExample>& examples,
                   const TuneOptions& options, const FitWatcher& watcher,
                   Checkpoint* checkpoint = nullptr);

// A hash of all that its result depends on.
std::string tune_key(const Bert& encoder, const std::vector<TuneExample>& examples,
                     const TuneOptions& options);

// The share of labels that the head gets right, of the examples that have one.
double share_right(const Tuned& tuned, std::int32_t padding,
                   const std::vector<TuneExample>& examples);

}  // namespace nlu

// A trained model: what its file holds, and the forward pass over it, without LibTorch.
//
// The forward pass of sparse features is a sum of a few hundred short rows; by hand it reads them
// where the file is mapped, and allocates nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/safetensors.h"
#include "nlu/segmentation.h"
#include "nlu/torch/classifier.h"
#include "nlu/torch/features.h"
#include "nlu/torch/fit.h"
#include "nlu/training_data.h"

namespace nlu {

inline constexpr int model_format = 6;

// What tells an utterance outside the bot's scope, before it is calibrated.
inline constexpr std::size_t signal_count = 3;
using Signals = std::array<double, signal_count>;
// `logits`: of the intents, then of outside.
Signals outside_signals(std::span<const float> logits);

struct Calibration {
  double temperature = 1;
  Signals outside_weights{};
  double outside_bias = 0;
};
double outside_probability(const Calibration& calibration, const Signals& signals);

struct Judgement {
  double p_outside = 0;
  std::vector<double> inside;  // Of the intents, if it is one of them; they add up to 1.
};
// What the logits of the intents, and last of outside, say. What is an example to the letter is
// understood as that: `wording` is its intent's number, that of the intents for outside, -1 for no
// example. Takes `result`'s memory again.
void judge(const Calibration& calibration, std::span<const float> logits, std::int32_t wording,
           Judgement& result);

struct TagKind {
  std::string type, role, group;
  friend bool operator==(const TagKind&, const TagKind&) = default;
  friend auto operator<=>(const TagKind&, const TagKind&) = default;
};

// All that a trained model consists of. Tags are O, then B and I of each kind in turn.
struct ModelParts {
  Classifier intent;  // Of the intents, which are its labels, and of what is outside.
  // From the wording of the bot's examples (wording_of) to their intent's number.
  VocabularyTable wordings;
  Calibration calibration;
  Splitting splitting;
  Classifier sentiment, urgency;  // Of the labels of nlu/torch/tone.h; may be empty.
  std::vector<TagKind> kinds;
  VocabularyTable tag_vocabulary;
  Crf tagger;
  TrainingData rules;   // Lookups, patterns, synonyms; no examples.
  std::string encoder;  // The version of the one it needs (nlu/torch/bert.h); empty: none.
  bool encoder_is_tuned = false;  // Then it lies beside the model.
  std::string data_hash;
  std::uint64_t seed = 0;
};

Result<void> save_model(const ModelParts& parts, const std::string& path);

struct TaggedSpan {
  std::size_t kind = 0;
  std::size_t first = 0, last = 0;  // Pieces, both included.
  double p = 0;
};

// A file, mapped. Const members may be called from any thread.
class Model {
 public:
  // Errc::not_found; Errc::corrupt says what in the file is not as it must be, Errc::invalid that
  // another version of Usher wrote it.
  static Result<std::unique_ptr<Model>> open(const std::string& path);

  const std::vector<std::string>& intents() const { return intent_.labels; }
  const std::vector<TagKind>& kinds() const { return kinds_; }
  const Calibration& calibration() const { return calibration_; }
  const Splitting& splitting() const { return splitting_; }
  // Of intents, and last of what is outside.
  const ClassifierView& intent() const { return intent_; }
  // The intent whose example has this wording, the number of intents for what is outside; -1: none.
  std::int32_t intent_of_wording(std::uint64_t wording) const { return wordings_.find(wording); }
  // Without labels when the model has none.
  const ClassifierView& sentiment() const { return sentiment_; }
  const ClassifierView& urgency() const { return urgency_; }
  const TrainingData& rules() const { return rules_; }
  const std::string& version() const { return version_; }
  const std::string& encoder() const { return encoder_; }  // As in ModelParts.
  const std::string& trained_from() const { return data_hash_; }

  bool encoder_is_tuned() const { return encoder_is_tuned_; }
  // Of what the encoder gives; 0 without one.
  std::size_t encoder_width() const {
    return std::max(intent_.space.mean.size(), state_mean_.size());
  }

  // Entities of the utterance that `featurizer` has read; `states` are what the encoder, if there
  // is one, says of its pieces (nlu/torch/word_states.h).
  std::vector<TaggedSpan> tag(Featurizer& featurizer, std::vector<float> states = {}) const;

 private:
  explicit Model(SafetensorsFile file) : file_(std::move(file)) {}
  Result<void> read();
  Result<void> read_metadata();
  Result<void> read_rules(std::string_view text);
  template <class T>
  Result<std::span<const T>> tensor(const std::string& name, Dtype dtype,
                                    std::vector<std::size_t> shape,
                                    std::vector<std::vector<T>>& copies);
  Result<Vocabulary> read_vocabulary(const std::string& prefix, std::size_t rows);
  Result<void> read_floats(std::span<const float>& into, const std::string& name,
                           std::vector<std::size_t> shape);
  Result<void> read_rows(WeightRows& into, const std::string& name, std::vector<std::size_t> shape);
  Result<void> read_classifier(const std::string& prefix, std::size_t more_classes,
                               ClassifierView& into);
  Result<void> read_tagger();

  SafetensorsFile file_;
  std::vector<std::vector<float>> float_copies_;
  std::vector<std::vector<std::uint16_t>> half_copies_;
  std::vector<std::vector<std::int64_t>> key_copies_;
  std::vector<std::vector<std::int32_t>> row_copies_;
  ClassifierView intent_, sentiment_, urgency_;
  Vocabulary wordings_;
  std::vector<TagKind> kinds_;
  Calibration calibration_;
  Splitting splitting_;
  Vocabulary tag_vocabulary_;
  std::span<const float> emissions_, tag_bias_, first_, transitions_;
  std::span<const float> state_weights_, state_mean_;
  std::vector<TagNetworkView> tag_networks_;
  TrainingData rules_;
  std::string version_, encoder_, data_hash_;
  bool encoder_is_tuned_ = false;
};

}  // namespace nlu

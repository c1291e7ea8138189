#include "nlu/torch/train_tagger.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/hash.h"
#include "nlu/torch/checkpoint.h"
#include "nlu/torch/word_states.h"

namespace nlu {
namespace {

constexpr std::size_t many_sentences = 2000;
constexpr std::size_t very_many_sentences = 20'000;  // See them less often.

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

}  // namespace

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

double tagger_work(const TrainOptions& options, std::size_t sentences) {
  return static_cast<double>(sentences) * tag_options(options, sentences).epochs *
         static_cast<double>(tagger_count(sentences));
}

}  // namespace nlu

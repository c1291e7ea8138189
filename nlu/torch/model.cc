#include "nlu/torch/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "nlu/base/hash.h"
#include "nlu/base/json.h"
#include "nlu/torch/vectors.h"
#include "nlu/torch/word_states.h"

namespace nlu {

Signals outside_signals(std::span<const float> logits) {
  const std::size_t intents = logits.size() - 1;
  double best = -1e30, second = -1e30, sum = 0;
  for (std::size_t i = 0; i < intents; ++i) {
    const double z = static_cast<double>(logits[i]);
    if (z > best) {
      second = best;
      best = z;
    } else {
      second = std::max(second, z);
    }
    sum += z;
  }
  if (intents == 0) return {};
  if (intents == 1) second = best;
  double spread = 0;
  for (std::size_t i = 0; i < intents; ++i)
    spread += std::exp(static_cast<double>(logits[i]) - best);
  const double inside = best + std::log(spread);
  const double mean = sum / static_cast<double>(intents);
  return {static_cast<double>(logits[intents]) - inside, best - mean, std::min(best - second, 6.0)};
}

double outside_probability(const Calibration& calibration, const Signals& signals) {
  double score = calibration.outside_bias;
  for (std::size_t i = 0; i < signal_count; ++i)
    score += calibration.outside_weights[i] * signals[i];
  return 1 / (1 + std::exp(-score));
}

void judge(const Calibration& calibration, std::span<const float> logits, std::int32_t wording,
           Judgement& result) {
  constexpr double doubt = 0.02;  // So much of what the classifier says of an example is kept.
  const std::size_t intents = logits.size() - 1;
  result.p_outside = outside_probability(calibration, outside_signals(logits));
  const float best = *std::max_element(logits.begin(), logits.end() - 1);
  double sum = 0;
  result.inside.clear();
  for (std::size_t i = 0; i < intents; ++i) {
    result.inside.push_back(
        std::exp(static_cast<double>(logits[i] - best) / calibration.temperature));
    sum += result.inside.back();
  }
  for (double& p : result.inside) p /= sum;
  if (wording < 0) return;
  const auto said = static_cast<std::size_t>(wording);
  result.p_outside = doubt * result.p_outside + (said == intents ? 1 - doubt : 0);
  for (std::size_t i = 0; i < intents; ++i)
    result.inside[i] = doubt * result.inside[i] + (said == i ? 1 - doubt : 0);
}

namespace {

// "O" may not come before "I", nor another kind's "B".
bool may_follow(std::size_t tag, std::size_t before) {
  const bool inside = tag > 0 && tag % 2 == 0;
  return !inside || before == tag || before + 1 == tag;
}

// The scores of a sentence, [words × tags], and what may follow what.
struct Lattice {
  std::size_t words = 0, tags = 0;
  std::vector<double> scores;
  std::span<const float> first, transitions;

  static constexpr double never = -1e30;
  double score(std::size_t word, std::size_t tag) const { return scores[word * tags + tag]; }
  double start(std::size_t tag) const {
    return tag > 0 && tag % 2 == 0 ? never : static_cast<double>(first[tag]);
  }
  double step(std::size_t before, std::size_t tag) const {
    return may_follow(tag, before) ? static_cast<double>(transitions[before * tags + tag]) : never;
  }
};

std::vector<std::size_t> best_path(const Lattice& l) {
  std::vector<double> now(l.tags), next(l.tags);
  std::vector<std::size_t> back(l.words * l.tags), path(l.words);
  for (std::size_t t = 0; t < l.tags; ++t) now[t] = l.start(t) + l.score(0, t);
  for (std::size_t w = 1; w < l.words; ++w) {
    for (std::size_t t = 0; t < l.tags; ++t) {
      std::size_t from = 0;
      double best = -std::numeric_limits<double>::infinity();
      for (std::size_t b = 0; b < l.tags; ++b) {
        const double value = now[b] + l.step(b, t);
        if (value > best) best = value, from = b;
      }
      next[t] = best + l.score(w, t);
      back[w * l.tags + t] = from;
    }
    now.swap(next);
  }
  path[l.words - 1] =
      static_cast<std::size_t>(std::max_element(now.begin(), now.end()) - now.begin());
  for (std::size_t w = l.words - 1; w > 0; --w) path[w - 1] = back[w * l.tags + path[w]];
  return path;
}

// p(word has tag), by the forward-backward algorithm (Rabiner 1989), every word's values scaled so
// that they add up to one.
class Marginals {
 public:
  explicit Marginals(const Lattice& l) : l_(l), steps_(l.tags * l.tags), now_(l.tags) {
    for (std::size_t b = 0; b < l.tags; ++b) {
      for (std::size_t t = 0; t < l.tags; ++t) steps_[b * l.tags + t] = std::exp(l.step(b, t));
    }
  }

  std::vector<double> compute() {
    const std::size_t n = l_.words, k = l_.tags;
    std::vector<double> p(n * k), after(k, 1.0), next(k);
    for (std::size_t w = 0; w < n; ++w) {
      std::fill(now_.begin(), now_.end(), 0.0);
      for (std::size_t b = 0; b < k; ++b) {
        const double from = w == 0 ? 0 : p[(w - 1) * k + b];
        const double* const step = steps_.data() + b * k;
        for (std::size_t t = 0; t < k; ++t) now_[t] += from * step[t];
      }
      for (std::size_t t = 0; w == 0 && t < k; ++t) now_[t] = std::exp(l_.start(t));
      weigh(w, now_);
      std::copy(now_.begin(), now_.end(), p.begin() + static_cast<std::ptrdiff_t>(w * k));
    }
    for (std::size_t w = n; w-- > 0;) {
      double sum = 0;
      for (std::size_t t = 0; t < k; ++t) sum += p[w * k + t] * after[t];
      now_ = after;
      for (std::size_t t = 0; t < k; ++t) p[w * k + t] *= sum > 0 ? after[t] / sum : 0;
      weigh(w, now_);
      for (std::size_t b = 0; b < k; ++b) {
        const double* const step = steps_.data() + b * k;
        double reached = 0;
        for (std::size_t t = 0; t < k; ++t) reached += step[t] * now_[t];
        next[b] = reached;
      }
      after = next;
    }
    return p;
  }

 private:
  // Times the word's own scores; then to a sum of one.
  void weigh(std::size_t word, std::vector<double>& values) const {
    double best = Lattice::never;
    for (std::size_t t = 0; t < l_.tags; ++t) best = std::max(best, l_.score(word, t));
    double sum = 0;
    for (std::size_t t = 0; t < l_.tags; ++t) {
      values[t] *= std::exp(l_.score(word, t) - best);
      sum += values[t];
    }
    for (double& value : values) value = sum > 0 ? value / sum : 0;
  }

  const Lattice& l_;
  std::vector<double> steps_;  // [tags × tags]
  std::vector<double> now_;
};

}  // namespace

std::vector<TaggedSpan> Model::tag(Featurizer& featurizer, std::vector<float> states) const {
  std::vector<TaggedSpan> spans;
  if (kinds_.empty() || featurizer.pieces().empty()) return spans;
  const std::size_t words = featurizer.pieces().size();
  Lattice lattice{words, tag_bias_.size(), {}, first_, transitions_};
  lattice.scores.resize(words * lattice.tags);
  std::vector<float> sums(lattice.tags);
  TagRows rows;
  const std::size_t width = states.empty() ? 0 : state_mean_.size();
  if (width > 0) centre_states(state_mean_, states);
  for (std::size_t w = 0; w < words; ++w) {
    std::copy(tag_bias_.begin(), tag_bias_.end(), sums.begin());
    for (const std::uint64_t key : featurizer.tag_features(w).keys) {
      const std::int32_t row = tag_vocabulary_.find(key);
      if (row < 0) continue;
      rows.columns.push_back(row);
      add_scaled(sums.data(), emissions_.data() + static_cast<std::size_t>(row) * lattice.tags, 1,
                 lattice.tags);
    }
    if (width > 0)
      add_product(states.data() + w * width, state_weights_.data(), width, lattice.tags,
                  sums.data());
    std::copy(sums.begin(), sums.end(),
              lattice.scores.begin() + static_cast<std::ptrdiff_t>(w * lattice.tags));
    rows.ends.push_back(rows.columns.size());
  }
  for (const TagNetworkView& network : tag_networks_)
    add_tag_scores(network, rows, lattice.tags, lattice.scores);
  const std::vector<std::size_t> path = best_path(lattice);
  if (std::all_of(path.begin(), path.end(), [](std::size_t t) { return t == 0; })) return spans;
  const std::vector<double> p = Marginals(lattice).compute();
  for (std::size_t w = 0; w < words; ++w) {
    const std::size_t tag = path[w];
    if (tag == 0) continue;
    if (tag % 2 == 1) {
      spans.push_back({(tag - 1) / 2, w, w, p[w * lattice.tags + tag]});
    } else if (!spans.empty()) {
      spans.back().last = w;
      spans.back().p = std::min(spans.back().p, p[w * lattice.tags + tag]);
    }
  }
  return spans;
}

}  // namespace nlu

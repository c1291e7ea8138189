#include "nlu/torch/splitting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <utility>

namespace nlu {
namespace {

using Kind = SplitCase::Kind;

// Of each kind but pairs so many may be divided by mistake.
constexpr double mistakes_allowed = 0.005;
constexpr std::size_t whole_kinds = 3;   // All but pairs.
constexpr std::size_t least_whole = 20;  // That could be divided and should not.
constexpr std::size_t least_pairs = 50;
constexpr int folds = 5;

using DivisionSignals = std::array<double, division_signals>;

// Of flows/shop, from cross-validation.
constexpr Splitting shops_splitting{{0.56, 1.63, 0.29, 2.10, 1.40, 0.60, 0.04, 1.17, -1.27}, -2.3};

constexpr std::array joins{" and ", ", and ",   ". ", ", ", " also ",     "? ",
                           " but ", ". Also, ", "; ", "\n", " and then ", ". And "};
constexpr std::array han_joins{"，", "。", "，另外", "，还有", "。然后", "；"};

// Without the mark at its end.
std::string_view without_mark(std::string_view text) {
  for (bool cut = true; cut && !text.empty();) {
    cut = false;
    for (const std::string_view mark : {".", "!", "?", " ", "。", "！", "？"}) {
      if (!text.ends_with(mark)) continue;
      text.remove_suffix(mark.size());
      cut = true;
    }
  }
  return text;
}

std::string joined(const std::string& a, const std::string& b, std::mt19937_64& random) {
  const bool han = has_han(a);
  const std::string_view left = without_mark(a);
  std::string right = b;
  // In mid-sentence nobody writes a capital, but "I" and names.
  const bool capital =
      right.size() > 1 && right[0] >= 'A' && right[0] <= 'Z' && right[1] >= 'a' && right[1] <= 'z';
  if (capital && random() % 2 == 0) right[0] = static_cast<char>(right[0] + 'a' - 'A');
  if (left.size() < a.size() && random() % 2 == 0)  // With its own mark.
    return a + (han ? "" : random() % 2 == 0 ? " and " : " ") + right;
  const char* const join =
      han ? han_joins[random() % han_joins.size()] : joins[random() % joins.size()];
  return std::string(left) + join + right;
}

SplitCase make_case(const std::string& text, Kind kind, std::vector<std::size_t> labels,
                    const RuleEntities& rules, const ScoreText& score, Featurizer& featurizer) {
  SplitCase result;
  result.kind = kind;
  result.labels = std::move(labels);
  const std::vector<Word> words = split_words(text);
  const std::vector<Entity> found = rules.find({text, ""}, words);
  const std::vector<Entity> entities = resolve_entities(text, words, found, {});
  result.cuts = find_cuts(text, words, entities);
  if (result.cuts.empty()) return result;
  const std::size_t atoms = result.cuts.size() + 1;
  result.stretches.resize(atoms * atoms);
  result.scores.resize(atoms * atoms);
  for (std::size_t from = 0; from < atoms; ++from) {
    for (std::size_t to = from + 1; to <= atoms; ++to) {
      const Stretch stretch = stretch_of(text, words, entities, result.cuts, from, to);
      const std::span<const Word> part =
          std::span(words).subspan(stretch.begin, stretch.end - stretch.begin);
      featurizer.read(text, part, entities_in(found, part));
      result.stretches[atoms * from + to - 1] = stretch;
      result.scores[atoms * from + to - 1] = score(featurizer.intent_features(), wording_of(part));
    }
  }
  return result;
}

struct Row {
  DivisionSignals signals{};
  Kind kind = Kind::single;
  int fold = 0;
};

// Both kinds count alike, however many there are.
Splitting fit(const std::vector<Row>& rows, int without_fold) {
  DivisionSignals mean{}, scale{};
  std::array<double, 2> counts{};
  for (const Row& row : rows) {
    if (row.fold == without_fold) continue;
    ++counts[row.kind == Kind::pair ? 1 : 0];
    for (std::size_t k = 0; k < division_signals; ++k) mean[k] += row.signals[k];
  }
  const double all = std::max(counts[0] + counts[1], 1.0);
  for (double& m : mean) m /= all;
  for (const Row& row : rows) {
    if (row.fold == without_fold) continue;
    for (std::size_t k = 0; k < division_signals; ++k)
      scale[k] += (row.signals[k] - mean[k]) * (row.signals[k] - mean[k]) / all;
  }
  for (double& s : scale) s = std::sqrt(s) + 1e-6;
  DivisionSignals weights{};
  double bias = 0;
  for (int step = 0; step < 400; ++step) {
    DivisionSignals gradient{};
    double bias_gradient = 0;
    for (const Row& row : rows) {
      if (row.fold == without_fold) continue;
      double score = bias;
      for (std::size_t k = 0; k < division_signals; ++k)
        score += weights[k] * (row.signals[k] - mean[k]) / scale[k];
      const double error = (1 / (1 + std::exp(-score)) - (row.kind == Kind::pair ? 1 : 0)) /
                           std::max(counts[row.kind == Kind::pair ? 1 : 0], 1.0);
      for (std::size_t k = 0; k < division_signals; ++k)
        gradient[k] += error * (row.signals[k] - mean[k]) / scale[k];
      bias_gradient += error;
    }
    for (std::size_t k = 0; k < division_signals; ++k)
      weights[k] -= 0.5 * (gradient[k] + 1e-3 * weights[k]);
    bias -= 0.5 * bias_gradient;
  }
  Splitting result;
  result.bias = bias;
  for (std::size_t k = 0; k < division_signals; ++k) {
    result.weights[k] = weights[k] / scale[k];
    result.bias -= weights[k] * mean[k] / scale[k];
  }
  return result;
}

}  // namespace

std::span<const Entity> entities_in(std::span<const Entity> found, std::span<const Word> words) {
  if (words.empty()) return {};
  const auto begin = std::partition_point(found.begin(), found.end(), [&](const Entity& entity) {
    return entity.span.begin < words.front().begin;
  });
  const auto end = std::partition_point(begin, found.end(), [&](const Entity& entity) {
    return entity.span.begin < words.back().end;
  });
  return {begin, end};
}

std::vector<SplitCase> split_cases(const std::vector<HeldOutText>& texts, std::size_t intents,
                                   const RuleEntities& rules, const ScoreText& score,
                                   std::uint64_t seed, std::size_t limit) {
  std::vector<SplitCase> cases;
  std::mt19937_64 random(seed);
  Featurizer featurizer;
  std::map<std::size_t, std::vector<std::size_t>> by_label;
  for (std::size_t i = 0; i < texts.size(); ++i)
    by_label[std::min(texts[i].label, intents)].push_back(i);
  const std::size_t step = std::max<std::size_t>(1, (texts.size() + limit - 1) / limit);
  const auto add = [&](const std::string& text, Kind kind, std::vector<std::size_t> labels) {
    cases.push_back(make_case(text, kind, std::move(labels), rules, score, featurizer));
  };
  for (std::size_t i = 0; i < texts.size(); i += step) {
    const HeldOutText& first = texts[i];
    const bool outside = first.label >= intents;
    add(first.text, outside ? Kind::outside : Kind::single, {});
    const std::vector<std::size_t>& alike = by_label[std::min(first.label, intents)];
    const HeldOutText& same = texts[alike[random() % alike.size()]];
    if (&same != &first && has_han(first.text) == has_han(same.text))
      add(joined(first.text, same.text, random), outside ? Kind::outside : Kind::same, {});
    const HeldOutText& other = texts[random() % texts.size()];
    if (!outside && other.label < intents && other.label != first.label &&
        has_han(first.text) == has_han(other.text))
      add(joined(first.text, other.text, random), Kind::pair, {first.label, other.label});
  }
  return cases;
}

PartScore part_score(const Calibration& calibration, const RawScores& raw, double network_weight,
                     const Stretch& stretch) {
  PartScore part;
  part.length = stretch.length;
  part.says_more = stretch.says_more;
  part.refers = stretch.refers;
  if (raw.logits.size() < 2) return part;
  std::vector<float> logits = raw.logits;
  for (std::size_t i = 0; i < raw.network_logits.size(); ++i)
    logits[i] += static_cast<float>(network_weight) * raw.network_logits[i];
  Judgement said;
  judge(calibration, logits, raw.wording, said);
  double best = 0, second = 0;
  for (std::size_t i = 0; i < said.inside.size(); ++i) {
    if (said.inside[i] > best) {
      second = best;
      best = said.inside[i];
      part.intent = i;
    } else {
      second = std::max(second, said.inside[i]);
    }
  }
  part.p_outside = said.p_outside;
  part.p = best * (1 - said.p_outside);
  part.p_between = (1 - said.p_outside) * 2 * second / std::max(best + second, 1e-9);
  return part;
}

Splitting learn_splitting(const std::vector<SplitCase>& cases, double network_weight,
                          const Calibration& calibration, SplitReport& report) {
  std::vector<Row> rows;
  std::vector<bool> right;  // Of each row.
  std::array<std::size_t, 4> candidates{};
  for (const SplitCase& one : cases) {
    const auto kind = static_cast<std::size_t>(one.kind);
    ++report.cases[kind];
    if (one.cuts.empty()) continue;
    const std::size_t atoms = one.cuts.size() + 1;
    const auto part = [&](std::size_t from, std::size_t to) {
      const std::size_t at = atoms * from + to - 1;
      return part_score(calibration, one.scores[at], network_weight, one.stretches[at]);
    };
    const auto division = divide(one.cuts, part);
    if (!division || one.scores[atoms - 1].wording >= 0) continue;
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < division->at.size(); ++i) {
      const bool is_last = i + 1 == division->at.size();
      got.push_back(part(division->at[i], is_last ? atoms : division->at[i + 1]).intent);
    }
    rows.push_back({division->signals, one.kind, static_cast<int>(rows.size() % folds)});
    right.push_back(got == one.labels);
    ++candidates[kind];
  }
  if (candidates[0] + candidates[1] + candidates[2] < least_whole || candidates[3] < least_pairs)
    return shops_splitting;

  std::vector<Row> taught;  // A pair that is understood wrongly teaches nothing.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].kind != Kind::pair || right[i]) taught.push_back(rows[i]);
  }
  // The threshold is that of scores by what has not seen the example.
  std::vector<double> scores(rows.size());
  for (int k = 0; k < folds; ++k) {
    const Splitting without = fit(taught, k);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].fold == k) scores[i] = without.score({{}, rows[i].signals});
    }
  }
  double threshold = 0;
  for (std::size_t kind = 0; kind < whole_kinds; ++kind) {
    std::vector<double> of_kind;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].kind == static_cast<Kind>(kind)) of_kind.push_back(scores[i]);
    }
    std::sort(of_kind.rbegin(), of_kind.rend());
    const auto allowed =
        static_cast<std::size_t>(mistakes_allowed * static_cast<double>(report.cases[kind]));
    if (allowed < of_kind.size()) threshold = std::max(threshold, of_kind[allowed]);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (scores[i] <= threshold) continue;
    ++report.divided[static_cast<std::size_t>(rows[i].kind)];
    if (right[i] && rows[i].kind == Kind::pair) ++report.pairs_right;
  }
  report.pairs_right /= std::max<double>(1, static_cast<double>(report.cases[3]));
  for (std::size_t kind = 0; kind < report.cases.size(); ++kind)
    report.divided[kind] /= std::max<double>(1, static_cast<double>(report.cases[kind]));
  report.learnt = true;
  Splitting splitting = fit(taught, -1);
  splitting.bias -= threshold;
  return splitting;
}

}  // namespace nlu

#include "nlu/torch/held_out.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace nlu {
namespace {

constexpr std::size_t outside_share = 10;  // One in so many is held out.

// Spans right, times two, of those found and those there are: the F1 of entities.
Result<double> entity_f1(const std::string& path, const std::vector<Example>& rows,
                         const RuleEntities& rules) {
  const auto model = Model::open(path);
  if (!model) return model.error();
  const std::vector<TagKind>& kinds = (*model)->kinds();
  Featurizer featurizer;
  std::size_t right = 0, all = 0;
  const std::vector<DocumentPlace> places = places_of(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Example& row = rows[i];
    const Utterance utterance{row.text, "", row.tokens, places[i]};
    const std::vector<Word> words = words_of(utterance);
    const std::vector<Entity> found = rules.find(utterance, words);
    featurizer.read(row.text, words, found, places[i]);
    const std::vector<TaggedSpan> spans = (*model)->tag(featurizer);
    all += spans.size() + row.entities.size();
    for (const TaggedSpan& span : spans) {
      const Span place{featurizer.pieces()[span.first].begin, featurizer.pieces()[span.last].end};
      const TagKind& kind = kinds[span.kind];
      right += static_cast<std::size_t>(
          std::count_if(row.entities.begin(), row.entities.end(), [&](const Entity& entity) {
            return entity.span == place && TagKind{entity.type, entity.role, entity.group} == kind;
          }));
    }
  }
  return all == 0 ? 0.0 : 2 * static_cast<double>(right) / static_cast<double>(all);
}

}  // namespace

Examples read_held_out(const std::vector<Example>& rows, const Examples& learnt,
                       const RuleEntities& rules) {
  Examples result;
  result.intents = learnt.intents;
  Featurizer featurizer;
  for (const Example& row : rows) {
    const auto at = std::lower_bound(learnt.intents.begin(), learnt.intents.end(), row.intent);
    const bool outside = row.intent == outside_label;
    if (!outside && (at == learnt.intents.end() || *at != row.intent)) continue;
    const Utterance utterance{row.text, "", row.tokens};
    const std::vector<Word> words = words_of(utterance);
    const std::vector<Entity> found = rules.find(utterance, words);
    featurizer.read(row.text, words, found);
    IntentExample example;
    example.label =
        outside ? learnt.intents.size() : static_cast<std::size_t>(at - learnt.intents.begin());
    example.features = featurizer.intent_features();
    example.text = row.text;
    result.utterances.push_back(std::move(example));
  }
  result.labelled = result.utterances.size();
  return result;
}

void hold_out_outside(const Examples& examples, std::vector<std::size_t>& chosen,
                      Examples& held_out) {
  const std::size_t outside = examples.intents.size();
  const auto is_outside = [&](const IntentExample& example) { return example.label == outside; };
  const auto have =
      std::count_if(held_out.utterances.begin(), held_out.utterances.end(), is_outside);
  if (std::cmp_greater_equal(have, outside_needed)) return;
  std::vector<std::size_t> kept;
  std::size_t seen = 0;
  for (const std::size_t i : chosen) {
    if (is_outside(examples.utterances[i]) && seen++ % outside_share == outside_share - 1) {
      held_out.utterances.push_back(examples.utterances[i]);
    } else {
      kept.push_back(i);
    }
  }
  chosen = std::move(kept);
  held_out.labelled = held_out.utterances.size();
}

Result<double> choose_tagger_share(ModelParts& parts, const std::vector<Example>& rows,
                                   const RuleEntities& rules, const std::string& path) {
  const bool has_entities = std::any_of(rows.begin(), rows.end(),
                                        [](const Example& row) { return !row.entities.empty(); });
  if (parts.tagger.networks.empty() || !parts.encoder.empty() || !has_entities) return 1.0;
  const std::vector<TagNetwork> whole = parts.tagger.networks;
  const auto count = [&](double share) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      for (std::size_t i = 0; i < whole[n].output.size(); ++i)
        parts.tagger.networks[n].output[i] = static_cast<float>(share) * whole[n].output[i];
    }
  };
  double best = 1, most = -1;
  for (const double share : {1.0, 0.6, 0.8, 1.25, 1.6}) {
    count(share);
    if (const Result<void> saved = save_model(parts, path); !saved) return saved.error();
    const Result<double> f1 = entity_f1(path, rows, rules);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (!f1) return f1.error();
    if (*f1 > most) most = *f1, best = share;
  }
  count(best);
  return best;
}

}  // namespace nlu

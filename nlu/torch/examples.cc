#include "nlu/torch/examples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "nlu/torch/background.h"
#include "nlu/torch/common_phrases.h"

namespace nlu {
namespace {

constexpr double too_similar = 0.5;
constexpr float full_length = 3.49f;  // The square of an utterance's length, all blocks filled.
constexpr float least_likeness = 0.3f;
constexpr std::size_t neighbours_limit = 16;
constexpr std::size_t many_examples = 4000;  // Then the bot's own say it all.
constexpr float background_importance = 0.6f;
constexpr float phrase_importance = 1.0f;
constexpr double least_agreement = 0.42;  // Of the votes for any intent.
constexpr double least_support = 0.08;    // Votes a sentence of the group.
constexpr double doubt = 2;               // Votes against, so that a few alone decide nothing.

std::vector<std::string> intents_of(const TrainingData& data) {
  std::set<std::string> names;
  for (const Example& example : data.examples) {
    if (example.intent != outside_label && !example.intent.empty()) names.insert(example.intent);
  }
  return {names.begin(), names.end()};
}

std::vector<TagKind> kinds_of(const TrainingData& data) {
  std::set<TagKind> kinds;
  for (const Example& example : data.examples) {
    for (const Entity& entity : example.entities)
      kinds.insert({entity.type, entity.role, entity.group});
  }
  return {kinds.begin(), kinds.end()};
}

// Of the example that `featurizer` has read.
TagExample tag_example(const Example& example, const std::vector<TagKind>& kinds,
                       Featurizer& featurizer) {
  TagExample result;
  const std::vector<Piece>& pieces = featurizer.pieces();
  result.tags.assign(pieces.size(), 0);
  for (const Entity& entity : example.entities) {
    const auto kind = std::lower_bound(kinds.begin(), kinds.end(),
                                       TagKind{entity.type, entity.role, entity.group});
    const std::int64_t begin_tag = 2 * (kind - kinds.begin()) + 1;
    bool first = true;
    for (std::size_t w = 0; w < pieces.size(); ++w) {
      if (pieces[w].begin >= entity.span.end || pieces[w].end <= entity.span.begin) continue;
      if (result.tags[w] != 0) break;  // Annotations that overlap: the first counts.
      result.tags[w] = first ? begin_tag : begin_tag + 1;
      first = false;
    }
  }
  for (std::size_t w = 0; w < pieces.size(); ++w)
    result.words.push_back(featurizer.tag_features(w));
  result.text = example.text;
  result.pieces = pieces;
  return result;
}

// The greatest cosine between a sentence and any of the bot's own examples.
class Likeness {
 public:
  Likeness(const std::vector<IntentExample>& utterances, std::size_t intents) {
    for (const IntentExample& utterance : utterances)
      in_scope_.push_back(utterance.label < intents ? 1 : 0);
    std::vector<const std::vector<Feature>*> all;
    for (const IntentExample& utterance : utterances) all.push_back(&utterance.features);
    table_ = make_feature_table(all);
    postings_.resize(table_.rarity.size());
    count_ = utterances.size();
    for (std::size_t i = 0; i < utterances.size(); ++i) {
      table_.space().weigh(utterances[i].features, columns_, values_);
      for (std::size_t k = 0; k < columns_.size(); ++k) {
        postings_[static_cast<std::size_t>(columns_[k])].emplace_back(i, values_[k]);
      }
    }
  }

  // To the nearest of those in scope.
  double of(const std::vector<Feature>& features) {
    const std::vector<float> products = cosines(features);
    float best = 0;
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (in_scope_[i] != 0) best = std::max(best, products[i]);
    }
    return static_cast<double>(best);
  }

  // The `limit` most like it, best first.
  std::vector<Neighbour> nearest(const std::vector<Feature>& features, std::size_t limit) {
    const std::vector<float> products = cosines(features);
    std::vector<Neighbour> all;
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (products[i] >= least_likeness) all.push_back({i, products[i]});
    }
    std::sort(all.begin(), all.end(), [](const Neighbour& a, const Neighbour& b) {
      return a.likeness != b.likeness ? a.likeness > b.likeness : a.example < b.example;
    });
    all.resize(std::min(all.size(), limit));
    return all;
  }

 private:
  std::vector<float> cosines(const std::vector<Feature>& features) {
    std::vector<float> products(count_, 0.0f);
    table_.space().weigh(features, columns_, values_);
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      for (const auto& [i, value] : postings_[static_cast<std::size_t>(columns_[k])]) {
        products[i] += value * values_[k] / full_length;
      }
    }
    return products;
  }

  FeatureTable table_;
  std::vector<char> in_scope_;
  std::size_t count_ = 0;
  std::vector<std::vector<std::pair<std::size_t, float>>> postings_;
  std::vector<std::int64_t> columns_;
  std::vector<float> values_;
};

void add_background(Examples& examples, const RuleEntities& rules, bool chinese, bool english) {
  Likeness likeness(examples.utterances, examples.intents.size());
  const std::size_t outside = examples.intents.size();
  const bool large = examples.utterances.size() > many_examples;
  Featurizer featurizer;
  for (const Topic& topic : background_topics()) {
    const bool topic_is_chinese = topic.name.substr(0, 2) == "zh";
    if (topic_is_chinese ? !chinese : !english) continue;
    std::vector<IntentExample> added;
    std::size_t dropped = 0;
    for (std::string_view rest = topic.sentences; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string text(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::vector<Word> words = split_words(text);
      const std::vector<Entity> found = rules.find({text, ""}, words);
      featurizer.read(text, words, found);
      IntentExample example{
          outside, background_importance, true, -1, featurizer.intent_features(), {}, text, 0, {}};
      if (likeness.of(example.features) > too_similar) {
        ++dropped;
      } else {
        added.push_back(std::move(example));
      }
    }
    // A bot that knows a part of a topic may know more of it. With many examples it knows best.
    if (dropped * 4 > added.size() || (large && dropped > 0)) continue;
    std::move(added.begin(), added.end(), std::back_inserter(examples.utterances));
  }
}

// The lines of `text`, one after the other.
template <class Call>
void for_each_line(std::string_view text, Call call) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    call(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_phrases(Examples& examples, const RuleEntities& rules, bool chinese, bool english) {
  if (examples.utterances.size() > many_examples) return;
  Likeness likeness(examples.utterances, examples.intents.size());
  Featurizer featurizer;
  int group = 0;
  for (const PhraseGroup& phrases : common_phrases()) {
    for_each_line(phrases.sentences, [&](const std::string& text) {
      if (has_han(text) ? !chinese : !english) return;
      const std::vector<Word> words = split_words(text);
      const std::vector<Entity> found = rules.find({text, ""}, words);
      featurizer.read(text, words, found);
      IntentExample example{examples.intents.size(),
                            phrase_importance,
                            true,
                            group,
                            featurizer.intent_features(),
                            {},
                            text,
                            0,
                            {}};
      example.neighbours = likeness.nearest(example.features, neighbours_limit);
      examples.utterances.push_back(std::move(example));
    });
    ++group;
  }
}

}  // namespace

std::vector<Adopted> adopt_phrases(const Examples& examples,
                                   const std::vector<std::size_t>& learnt) {
  std::vector<char> known(examples.utterances.size(), 0);
  for (const std::size_t i : learnt) known[i] = 1;
  std::vector<Adopted> adopted;
  for (std::size_t from = examples.labelled; from < examples.utterances.size();) {
    std::size_t to = from;
    std::map<std::size_t, double> votes;
    double all = 0;
    for (; to < examples.utterances.size() &&
           examples.utterances[to].group == examples.utterances[from].group;
         ++to) {
      for (const Neighbour& n : examples.utterances[to].neighbours) {
        if (!known[n.example] || examples.utterances[n.example].label == examples.intents.size())
          continue;
        votes[examples.utterances[n.example].label] += static_cast<double>(n.likeness);
        all += static_cast<double>(n.likeness);
        break;
      }
    }
    const auto best =
        std::max_element(votes.begin(), votes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const double size = static_cast<double>(to - from);
    if (best != votes.end() && best->second >= least_agreement * (all + doubt) &&
        best->second >= least_support * size) {
      for (std::size_t i = from; i < to; ++i) adopted.push_back({i, best->first});
    }
    from = to;
  }
  return adopted;
}

Examples read_examples(const TrainingData& data, const RuleEntities& rules) {
  Examples examples;
  examples.intents = intents_of(data);
  examples.kinds = kinds_of(data);
  Featurizer featurizer;
  bool chinese = false, english = false;
  const std::vector<DocumentPlace> places = places_of(data.examples);
  for (const Example& example : data.examples) {
    const DocumentPlace& place = places[static_cast<std::size_t>(&example - data.examples.data())];
    const Utterance utterance{example.text, "", example.tokens, place};
    const std::vector<Word> words = words_of(utterance);
    if (words.empty()) continue;
    (has_han(example.text) ? chinese : english) = true;
    const std::vector<Entity> found = rules.find(utterance, words);
    featurizer.read(example.text, words, found, place);
    if (!examples.kinds.empty()) {
      examples.sentences.push_back(tag_example(example, examples.kinds, featurizer));
    }
    if (examples.intents.empty()) continue;
    const auto label =
        std::lower_bound(examples.intents.begin(), examples.intents.end(), example.intent);
    const bool outside = example.intent == outside_label;
    examples.utterances.push_back({outside
                                       ? examples.intents.size()
                                       : static_cast<std::size_t>(label - examples.intents.begin()),
                                   1.0f,
                                   false,
                                   -1,
                                   featurizer.intent_features(),
                                   {},
                                   example.text,
                                   wording_of(words),
                                   {}});
  }
  if (examples.intents.empty()) return examples;
  add_background(examples, rules, chinese, english);
  examples.labelled = examples.utterances.size();
  add_phrases(examples, rules, chinese, english);
  return examples;
}

}  // namespace nlu

#include "nlu/data_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::size_t longest_annotation = 6;   // Words.
constexpr std::size_t least_annotated = 3;      // Fewer are no custom yet.
constexpr double custom = 0.75;                 // Of all places where the words occur.
constexpr std::size_t shortest_annotation = 4;  // Bytes: "two" is annotated or not as it is meant.

std::string place(const Mark& mark) { return fmt::format("{}:{}", mark.file, mark.line); }

void warn(Diagnostics& diagnostics, const char* code, const Mark& mark, std::string message) {
  diagnostics.push_back({Severity::warning, code, mark, std::move(message)});
}

bool overlaps(const Span& a, const Span& b) { return a.begin < b.end && b.begin < a.end; }

// Where some words occur in the examples: as entities of which type, and where as none.
struct Uses {
  std::map<std::string, std::vector<std::size_t>> annotated;  // Type → examples.
  std::vector<std::size_t> plain;
};

using UsesOfWords = std::map<std::string, Uses>;

UsesOfWords find_annotated(const TrainingData& data) {
  UsesOfWords uses;
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    for (const Entity& entity : example.entities) {
      const std::string words =
          example.text.substr(entity.span.begin, entity.span.end - entity.span.begin);
      const bool is_number =
          std::any_of(words.begin(), words.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (words.size() < shortest_annotation || is_number) continue;
      uses[fold(words)].annotated[entity.type].push_back(i);
    }
  }
  return uses;
}

// Adds where the words stand unannotated.
void find_plain(const TrainingData& data, UsesOfWords& uses) {
  for (std::size_t i = 0; i < data.examples.size(); ++i) {
    const Example& example = data.examples[i];
    if (example.intent == outside_label) continue;
    const std::vector<Word> words = split_words(example.text);
    for (std::size_t first = 0; first < words.size(); ++first) {
      const std::size_t end = std::min(first + longest_annotation, words.size());
      for (std::size_t last = first; last < end; ++last) {
        const Span span{words[first].begin, words[last].end};
        const auto found = uses.find(fold(example.text.substr(span.begin, span.end - span.begin)));
        if (found == uses.end()) continue;
        const bool is_annotated =
            std::any_of(example.entities.begin(), example.entities.end(),
                        [&](const Entity& entity) { return overlaps(entity.span, span); });
        if (!is_annotated) found->second.plain.push_back(i);
      }
    }
  }
}

// The folded words of a text, for telling how like two texts are.
std::set<std::string> words_in(const std::string& text) {
  std::set<std::string> words;
  for (const Word& word : split_words(text))
    words.insert(fold(text.substr(word.begin, word.end - word.begin)));
  return words;
}

class IntentCheck {
 public:
  IntentCheck(const TrainingData& data, const std::vector<Unseen>& unseen, Diagnostics& diagnostics)
      : data_(data), unseen_(unseen), diagnostics_(diagnostics) {
    for (std::size_t i = 0; i < data.examples.size(); ++i) {
      words_.push_back(words_in(data.examples[i].text));
      examples_of_[data.examples[i].intent].push_back(i);
    }
  }

  void check() {
    for (std::size_t i = 0; i < data_.examples.size(); ++i) check_example(i);
    check_pairs();
    for (const Intent& intent : data_.intents) check_size(intent);
  }

 private:
  static constexpr double sure = 0.8, unlikely = 0.05;
  static constexpr double overlapping = 0.15;  // Of the two intents' examples.
  static constexpr std::size_t least_overlap = 4;
  static constexpr std::size_t few_examples = 10;

  bool is_right(std::size_t i) const { return unseen_[i].intent == data_.examples[i].intent; }

  // -1: there is none but itself.
  std::ptrdiff_t most_like(std::size_t example, const std::string& intent) const {
    const auto found = examples_of_.find(intent);
    std::ptrdiff_t best = -1;
    double likeness = 0;
    for (const std::size_t i :
         found == examples_of_.end() ? std::vector<std::size_t>{} : found->second) {
      std::vector<std::string> shared;
      std::set_intersection(words_[i].begin(), words_[i].end(), words_[example].begin(),
                            words_[example].end(), std::back_inserter(shared));
      const double all =
          static_cast<double>(words_[i].size() + words_[example].size() - shared.size());
      const double now = all > 0 ? static_cast<double>(shared.size()) / all : 0;
      if (i != example && now > likeness) likeness = now, best = static_cast<std::ptrdiff_t>(i);
    }
    return best;
  }

  void check_example(std::size_t i) {
    const Unseen& got = unseen_[i];
    if (is_right(i) || got.p < sure || got.p_own > unlikely) return;
    const Example& example = data_.examples[i];
    std::string message = fmt::format("this example of '{}' looks like '{}' ({:.0f} %)",
                                      example.intent, got.intent, 100 * got.p);
    if (const std::ptrdiff_t like = most_like(i, got.intent); like >= 0) {
      const Example& other = data_.examples[static_cast<std::size_t>(like)];
      message += fmt::format(", as '{}' at {} does", other.text, place(other.mark));
    }
    warn(diagnostics_, "mislabelled_example", example.mark,
         message + "; move it, or give more examples like it");
  }

  void check_pairs() {
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> mistaken;
    for (std::size_t i = 0; i < data_.examples.size(); ++i) {
      const std::string& own = data_.examples[i].intent;
      const std::string& got = unseen_[i].intent;
      if (!is_right(i) && examples_of_.contains(got) && got != outside_label &&
          own != outside_label)
        mistaken[std::minmax(own, got)].push_back(i);
    }
    for (const auto& [pair, examples] : mistaken) {
      const std::size_t all = examples_of_[pair.first].size() + examples_of_[pair.second].size();
      if (examples.size() < least_overlap ||
          static_cast<double>(examples.size()) < overlapping * static_cast<double>(all))
        continue;
      const Example& one = data_.examples[examples.front()];
      warn(diagnostics_, "overlapping_intents", mark_of(pair.first),
           fmt::format("of {} examples of '{}' and '{}' {} are taken for the other, such as '{}' "
                       "({}); make one intent of them, or say in more words what tells them apart",
                       all, pair.first, pair.second, examples.size(), one.text, place(one.mark)));
    }
  }

  void check_size(const Intent& intent) {
    const auto found = examples_of_.find(intent.name);
    if (found == examples_of_.end() || found->second.size() >= few_examples) return;
    const auto right = static_cast<std::size_t>(std::count_if(
        found->second.begin(), found->second.end(), [this](std::size_t i) { return is_right(i); }));
    if (2 * right >= found->second.size()) return;
    warn(diagnostics_, "too_small_intent", intent.mark,
         fmt::format("of the {} examples of '{}' only {} are found by a model that has not seen "
                     "them; give ten or more",
                     found->second.size(), intent.name, right));
  }

  Mark mark_of(const std::string& name) const {
    for (const Intent& intent : data_.intents) {
      if (intent.name == name) return intent.mark;
    }
    return {};
  }

  const TrainingData& data_;
  const std::vector<Unseen>& unseen_;
  Diagnostics& diagnostics_;
  std::vector<std::set<std::string>> words_;
  std::map<std::string, std::vector<std::size_t>> examples_of_;
};

// One label has so much of so many examples that a model learns little of the others.
constexpr double lopsided_share = 0.95;
constexpr std::size_t lopsided_least = 100;

void check_balance(const std::vector<Example>& examples, Diagnostics& diagnostics) {
  std::map<std::string_view, std::vector<const Example*>> by_label;
  for (const Example& example : examples) by_label[example.intent].push_back(&example);
  for (const auto& [label, its] : by_label) {
    const double share = static_cast<double>(its.size()) / static_cast<double>(examples.size());
    if (examples.size() < lopsided_least || by_label.size() < 2 || share < lopsided_share) continue;
    warn(
        diagnostics, "lopsided_labels", its.front()->mark,
        fmt::format("{} of {} examples are of '{}'; the others will hardly be learnt: give more of "
                    "them, or fewer of this",
                    its.size(), examples.size(), label));
  }
}

}  // namespace

void check_labels(const std::vector<Example>& examples, Diagnostics& diagnostics) {
  check_balance(examples, diagnostics);
  std::unordered_map<std::string, const Example*> seen;
  for (const Example& example : examples) {
    const auto [first, is_new] = seen.emplace(fold(example.text), &example);
    if (is_new || first->second->intent == example.intent) continue;
    warn(diagnostics, "conflicting_label", example.mark,
         fmt::format("this text is '{}' here and '{}' at {}; keep one of them", example.intent,
                     first->second->intent, place(first->second->mark)));
  }
}

void check_annotations(const TrainingData& data, Diagnostics& diagnostics) {
  UsesOfWords uses = find_annotated(data);
  find_plain(data, uses);
  for (const auto& [words, use] : uses) {
    std::size_t all = use.plain.size();
    const auto usual = std::max_element(
        use.annotated.begin(), use.annotated.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    for (const auto& [type, examples] : use.annotated) all += examples.size();
    const std::size_t times = usual->second.size();
    if (times == all || times < least_annotated ||
        static_cast<double>(times) < custom * static_cast<double>(all))
      continue;
    const std::string elsewhere = fmt::format("in {} of {} examples, as at {}", times, all,
                                              place(data.examples[usual->second.front()].mark));
    for (const std::size_t i : use.plain) {
      warn(diagnostics, "missing_annotation", data.examples[i].mark,
           fmt::format("'{}' is no entity here, but '{}' {}", words, usual->first, elsewhere));
    }
    for (const auto& [type, examples] : use.annotated) {
      if (type == usual->first) continue;
      for (const std::size_t i : examples) {
        warn(diagnostics, "annotation_disagrees", data.examples[i].mark,
             fmt::format("'{}' is '{}' here, but '{}' {}", words, type, usual->first, elsewhere));
      }
    }
  }
}

void check_intents(const TrainingData& data, const std::vector<Unseen>& unseen,
                   Diagnostics& diagnostics) {
  IntentCheck(data, unseen, diagnostics).check();
}

}  // namespace nlu

#include "nlu/surroundings.h"

#include <algorithm>

#include "nlu/interpreter.h"
#include "nlu/training_data.h"

namespace nlu {
namespace {

bool has_capital(std::string_view text, const Word& word) {
  const char c = text[word.begin];
  if (c >= 'A' && c <= 'Z') return true;
  // Of other letters those that folding changes.
  return static_cast<unsigned char>(c) >= 0x80 &&
         text.substr(word.begin, word.end - word.begin) != word.folded;
}

}  // namespace

std::size_t Surroundings::add(std::string_view text, std::span<const Word> words) {
  const std::size_t number = sentences_++;
  if (count_ + words.size() > words_max) return number;
  count_ += words.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    Occurrence one{std::string(text.substr(word.begin, word.end - word.begin)), {}, {}};
    if (i > 0) {
      one.before = words[i - 1].folded;
      one.capital_before = has_capital(text, words[i - 1]);
    }
    if (i + 1 < words.size()) {
      one.after = words[i + 1].folded;
      one.capital_after = has_capital(text, words[i + 1]);
    }
    words_[word.folded].push_back({number, std::move(one)});
  }
  return number;
}

std::vector<const Occurrence*> Surroundings::elsewhere(const std::string& folded,
                                                       std::size_t sentence,
                                                       std::size_t limit) const {
  std::vector<const Occurrence*> result;
  const auto at = words_.find(folded);
  if (at == words_.end()) return result;
  const std::vector<Found>& all = at->second;
  // What comes before it, and from where on what comes after it.
  auto after = std::partition_point(all.begin(), all.end(),
                                    [&](const Found& f) { return f.sentence <= sentence; });
  auto before = std::partition_point(all.begin(), after,
                                     [&](const Found& f) { return f.sentence < sentence; });
  while (result.size() < limit && (before != all.begin() || after != all.end())) {
    const bool back = after == all.end() ||
                      (before != all.begin() &&
                       sentence - std::prev(before)->sentence <= after->sentence - sentence);
    result.push_back(back ? &(--before)->occurrence : &(after++)->occurrence);
  }
  return result;
}

std::vector<DocumentPlace> places_of(std::span<const Example> examples) {
  std::vector<DocumentPlace> places(examples.size());
  std::shared_ptr<Surroundings> current;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    if (example.document == 0) continue;
    if (i == 0 || examples[i - 1].document != example.document)
      current = std::make_shared<Surroundings>();
    const Utterance utterance{example.text, "", example.tokens, {}};
    places[i] = {current, current->add(example.text, words_of(utterance))};
  }
  return places;
}

}  // namespace nlu

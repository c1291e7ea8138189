#include "nlu/entity_resolution.h"

#include <algorithm>
#include <cctype>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/regex.h"
#include "nlu/builtin_entities.h"
#include "nlu/builtin_scan.h"
#include "nlu/fuzzy_words.h"

namespace nlu {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t candidate_limit = 512;
constexpr std::size_t entity_limit = 64;
constexpr double p_of_fuzzy = 0.8;    // Of a lookup's word that is misspelt.
constexpr std::size_t cue_words = 6;  // Between a value and its correction.

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool overlap(const Entity& a, const Entity& b) {
  return a.span.begin < b.span.end && b.span.begin < a.span.end;
}

std::size_t length(const Entity& entity) { return entity.span.end - entity.span.begin; }

int source_rank(const Entity& entity) {
  if (entity.source == "regex") return 0;
  if (entity.source == "lookup") return 1;
  return entity.source == "builtin" ? 3 : 2;
}

// The order in which candidates are taken; total, so that the result does not depend on theirs.
bool is_better(const Entity& a, const Entity& b) {
  if (length(a) != length(b)) return length(a) > length(b);
  if (source_rank(a) != source_rank(b)) return source_rank(a) < source_rank(b);
  if (a.p != b.p) return a.p > b.p;
  return std::tie(a.span.begin, a.type, a.role, a.group, a.value) <
         std::tie(b.span.begin, b.type, b.role, b.group, b.value);
}

bool cuts_character(std::string_view text, std::size_t i) {
  return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
}

std::vector<Entity> choose(std::string_view text, std::vector<Entity> candidates) {
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [&](const Entity& e) {
                                    return e.span.begin >= e.span.end || e.span.end > text.size() ||
                                           cuts_character(text, e.span.begin) ||
                                           cuts_character(text, e.span.end);
                                  }),
                   candidates.end());
  std::sort(candidates.begin(), candidates.end(), is_better);
  if (candidates.size() > candidate_limit) candidates.resize(candidate_limit);
  std::vector<Entity> chosen;
  for (Entity& candidate : candidates) {
    const auto rival = std::find_if(chosen.begin(), chosen.end(), [&](const Entity& other) {
      return other.type == candidate.type && overlap(other, candidate);
    });
    if (rival == chosen.end()) {
      if (chosen.size() < entity_limit) chosen.push_back(std::move(candidate));
      continue;
    }
    if (rival->role.empty()) rival->role = candidate.role;
    if (rival->group.empty()) rival->group = candidate.group;
  }
  return chosen;
}

// Words that may stand between "not" and what it denies: "not the blue", "not for order 10423".
bool is_filler(std::string_view word) {
  return is_one_of(
      word, {"the", "a",     "an",     "my",  "your", "this",  "that",   "these",      "those",
             "any", "in",    "on",     "at",  "for",  "to",    "from",   "with",       "by",
             "of",  "order", "number", "no.", "#",    "size",  "color",  "colour",     "den",
             "die", "das",   "der",    "dem", "mein", "meine", "meinen", "bestellung", "nummer"});
}

bool is_article(std::string_view word) {
  return is_one_of(word, {"the", "a", "an", "den", "die", "das", "der"});
}

bool is_wish(std::string_view word) {
  return is_one_of(word, {"want", "need", "like", "mean", "take", "order", "möchte", "will"});
}

// Does words[i] deny what follows it?
bool is_denial(const std::vector<Word>& words, std::size_t i, std::size_t gap, bool digits) {
  const std::string& word = words[i].folded;
  if (is_one_of(word,
                {"not", "nicht", "without", "except", "ohne", "außer", "ausser", "kein", "keine",
                 "keinen", "keiner", "keines", "isn't", "isnt", "isn’t", "neither"})) {
    return true;
  }
  return word == "no" && gap == 0 && !digits;  // "order no 10423" is a number's abbreviation.
}

bool is_dont(const std::vector<Word>& words, std::size_t i) {
  const std::string& word = words[i].folded;
  if (is_one_of(word, {"don't", "dont", "don’t", "doesn't", "doesn’t", "didn't", "didn’t", "never",
                       "wouldn't", "wouldn’t"})) {
    return true;
  }
  return word == "not" && i > 0 && is_one_of(words[i - 1].folded, {"do", "does", "did", "would"});
}

bool is_denied_by_words(std::string_view text, const std::vector<Word>& words, std::size_t first) {
  const bool digits = first < words.size() && is_ascii_digit(text[words[first].begin]);
  bool other = false;  // One word that is no filler was passed, as "dark" in "the dark blue".
  for (std::size_t gap = 0; gap < 4 && gap < first; ++gap) {
    const std::size_t i = first - 1 - gap;
    if (is_denial(words, i, gap, digits)) return !other;
    if (is_wish(words[i].folded) && i > 0 && is_dont(words, i - 1)) return true;
    if (is_filler(words[i].folded)) {
      if (is_article(words[i].folded)) other = false;
      continue;
    }
    if (other || std::ispunct(static_cast<unsigned char>(text[words[i].begin])) != 0) return false;
    other = true;
  }
  return false;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// 不要蓝色, 不是那个蓝色; but not 是不是, 要不要.
bool is_denied_in_han(std::string_view before) {
  bool stripped = true;
  for (int round = 0; round < 4 && stripped; ++round) {
    stripped = false;
    for (const std::string_view filler : {" "sv, "那个"sv, "这个"sv, "那"sv, "这"sv, "个"sv, "的"sv,
                                          "款"sv, "我"sv, "订单号"sv, "订单"sv, "颜色"sv}) {
      if (!ends_with(before, filler)) continue;
      before.remove_suffix(filler.size());
      stripped = true;
      break;
    }
  }
  for (const std::string_view question : {"是不是"sv, "要不要"sv, "有没有"sv}) {
    if (ends_with(before, question)) return false;
  }
  for (const std::string_view cue :
       {"不要"sv, "不是"sv, "不想要"sv, "不用"sv, "不买"sv, "别"sv, "没有"sv, "除了"sv}) {
    if (ends_with(before, cue)) return true;
  }
  return false;
}

// The first word that begins at or after `at`.
std::size_t word_index(const std::vector<Word>& words, std::size_t at) {
  const auto found =
      std::lower_bound(words.begin(), words.end(), at,
                       [](const Word& word, std::size_t p) { return word.begin < p; });
  return static_cast<std::size_t>(found - words.begin());
}

bool corrects(std::string_view text, const std::vector<Word>& words, std::size_t begin,
              std::size_t end) {
  const std::string_view between = text.substr(begin, end - begin);
  for (const std::string_view cue : {"不对"sv, "应该是"sv, "错了"sv, "说错"sv, "更正"sv, "哦不"sv,
                                     "改成"sv, "不好意思"sv, "抱歉"sv}) {
    if (between.find(cue) != between.npos) return true;
  }
  const std::size_t from = word_index(words, begin);
  const std::size_t to = word_index(words, end);
  std::size_t counted = 0;
  bool cue = false;
  for (std::size_t i = from; i < to; ++i) {
    const std::string& word = words[i].folded;
    const bool mark = !is_ascii_letter(word[0]) && static_cast<unsigned char>(word[0]) < 0x80;
    if (!mark) ++counted;
    const std::string_view next = i + 1 < to ? std::string_view(words[i + 1].folded) : "";
    const bool after_mark = i > from && words[i - 1].folded == ",";
    cue = cue || is_one_of(word, {"wait", "sorry", "oops", "correction", "rather", "nein",
                                  "quatsch", "entschuldigung", "beziehungsweise"});
    cue = cue || (word == "no" && (after_mark || next.empty() || next == "," || next == "wait"));
    cue = cue || (word == "i" && (next == "mean" || next == "meant"));
    cue = cue || (word == "ich" && (next == "meine" || next == "meinte"));
    cue = cue || ((word == "make" || word == "scratch" || word == "strike") &&
                  (next == "that" || next == "it"));
    cue = cue || (word == "actually" && (after_mark || next.empty()));
  }
  return cue && counted <= cue_words;
}

void mark_negated(std::string_view text, const std::vector<Word>& words,
                  std::vector<Entity>& entities) {
  for (Entity& entity : entities) {
    entity.negated = entity.negated ||
                     is_denied_by_words(text, words, word_index(words, entity.span.begin)) ||
                     is_denied_in_han(text.substr(0, entity.span.begin));
  }
}

// `entities` are in order of their places.
void mark_retracted(std::string_view text, const std::vector<Word>& words,
                    std::vector<Entity>& entities) {
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const auto later = std::find_if(entities.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                    entities.end(), [&](const Entity& e) {
                                      return e.type == entities[i].type &&
                                             e.role == entities[i].role &&
                                             e.span.begin >= entities[i].span.end;
                                    });
    if (later != entities.end() && corrects(text, words, entities[i].span.end, later->span.begin)) {
      entities[i].retracted = true;
    }
  }
}

// Words or bytes that lead from one node to the next; at the end of a phrase the entities it is of.
template <class Key>
class Trie {
 public:
  template <class Keys>
  void add(const Keys& keys, int entity) {
    std::size_t node = 0;
    for (const auto& key : keys) {
      const auto [found, is_new] = nodes_[node].children.emplace(key, nodes_.size());
      node = found->second;
      if (is_new) nodes_.emplace_back();
    }
    std::vector<int>& ends = nodes_[node].entities;
    if (std::find(ends.begin(), ends.end(), entity) == ends.end()) ends.push_back(entity);
  }

  // Calls `found(steps, entities)` for each phrase at the front of what `key_at(step)` yields.
  template <class KeyAt, class Call>
  void walk(std::size_t steps, KeyAt key_at, Call found) const {
    std::size_t node = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      const auto next = nodes_[node].children.find(key_at(step));
      if (next == nodes_[node].children.end()) return;
      node = next->second;
      if (!nodes_[node].entities.empty()) found(step + 1, nodes_[node].entities);
    }
  }

 private:
  struct Node {
    std::unordered_map<Key, std::size_t> children;
    std::vector<int> entities;
  };
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

Entity entity_at(std::string_view text, const std::string& type, std::size_t begin, std::size_t end,
                 const char* source) {
  Entity entity;
  entity.type = type;
  entity.span = {begin, end};
  entity.value = text.substr(begin, end - begin);
  entity.source = source;
  return entity;
}

}  // namespace

struct RuleEntities::Impl {
  struct Rule {
    std::string entity;
    Regex regex;
  };
  std::vector<std::string> names;  // Of the lookups' entities.
  Trie<std::string> by_words;
  std::vector<std::pair<std::string, std::string>> fuzzy;  // Entity, phrase
  Trie<std::string> fuzzy_by_words;                        // To places in `fuzzy`
  FuzzyWords fuzzy_words;
  Trie<char> by_bytes;  // Chinese phrases: how they are split depends on what is around them.
  std::vector<Rule> rules;

  void add_lookup(const Lookup& lookup) {
    const auto name = static_cast<int>(names.size());
    names.push_back(lookup.entity);
    for (const std::string& phrase : lookup.words) {
      if (has_han(phrase)) {
        by_bytes.add(fold(phrase), name);
        continue;
      }
      std::vector<std::string> keys;
      for (Word& word : split_words(phrase)) keys.push_back(std::move(word.folded));
      if (keys.empty()) continue;
      by_words.add(keys, name);
      if (!lookup.fuzzy) continue;
      for (const std::string& key : keys) fuzzy_words.add(key);
      fuzzy_by_words.add(keys, static_cast<int>(fuzzy.size()));
      fuzzy.emplace_back(lookup.entity, phrase);
    }
  }

  void find_lookups(const ScanText& text, const std::vector<Word>& words,
                    std::vector<Entity>& found) const {
    const auto add = [&](std::size_t begin, std::size_t end, const std::vector<int>& entities) {
      for (const int name : entities) {
        found.push_back(entity_at(text.original(), names[static_cast<std::size_t>(name)], begin,
                                  end, "lookup"));
      }
    };
    for (std::size_t i = 0; i < words.size() && found.size() < candidate_limit; ++i) {
      by_words.walk(
          words.size() - i,
          [&](std::size_t step) -> const std::string& { return words[i + step].folded; },
          [&](std::size_t steps, const std::vector<int>& entities) {
            add(words[i].begin, words[i + steps - 1].end, entities);
          });
    }
    for (std::size_t i = 0; i < text.size() && found.size() < candidate_limit; ++i) {
      by_bytes.walk(
          text.size() - i, [&](std::size_t step) { return text.at(i + step); },
          [&](std::size_t steps, const std::vector<int>& entities) {
            add(i, i + steps, entities);
          });
    }
  }

  // Phrases with a mistake in them; their value is the phrase without it.
  void find_fuzzy(const ScanText& text, const std::vector<Word>& words,
                  std::vector<Entity>& found) const {
    if (fuzzy.empty()) return;
    std::vector<std::string> meant;
    std::vector<std::size_t> wrong_before{0};  // How many of the first so many words were misspelt.
    for (const Word& word : words) {
      const std::string* const nearest = fuzzy_words.find(word.folded);
      meant.push_back(nearest == nullptr ? word.folded : *nearest);
      wrong_before.push_back(wrong_before.back() + (meant.back() == word.folded ? 0 : 1));
    }
    for (std::size_t i = 0; i < words.size() && found.size() < candidate_limit; ++i) {
      fuzzy_by_words.walk(
          words.size() - i, [&](std::size_t step) -> const std::string& { return meant[i + step]; },
          [&](std::size_t steps, const std::vector<int>& phrases) {
            if (wrong_before[i + steps] == wrong_before[i]) return;  // Found already as it is.
            for (const int phrase : phrases) {
              const auto& [entity, value] = fuzzy[static_cast<std::size_t>(phrase)];
              found.push_back(entity_at(text.original(), entity, words[i].begin,
                                        words[i + steps - 1].end, "lookup"));
              found.back().value = value;
              found.back().p = p_of_fuzzy;
            }
          });
    }
  }

  void find_patterns(const ScanText& text, std::vector<Entity>& found) const {
    for (const Rule& rule : rules) {
      for (const Regex::Match& match : rule.regex.find_all(text.original())) {
        if (!text.is_boundary(match.begin) || !text.is_boundary(match.end)) continue;
        found.push_back(entity_at(text.original(), rule.entity, match.begin, match.end, "regex"));
      }
    }
  }
};

Result<RuleEntities> RuleEntities::compile(const TrainingData& data) {
  auto impl = std::make_shared<Impl>();
  for (const Lookup& lookup : data.lookups) impl->add_lookup(lookup);
  for (const Pattern& pattern : data.patterns) {
    Result<Regex> regex = Regex::compile(pattern.regex, true);
    if (!regex) {
      return invalid(
          to_string(Diagnostic{Severity::error, "bad_regex", pattern.mark,
                               "this is no regular expression: " + regex.error().message}));
    }
    impl->rules.push_back({pattern.entity, *std::move(regex)});
  }
  RuleEntities out;
  out.impl_ = std::move(impl);
  return out;
}

std::vector<Entity> RuleEntities::find(const Utterance& utterance,
                                       const std::vector<Word>& words) const {
  std::vector<Entity> found;
  if (impl_ != nullptr) {
    const ScanText text(utterance.text);
    impl_->find_lookups(text, words, found);
    impl_->find_fuzzy(text, words, found);
    impl_->find_patterns(text, found);
  }
  find_builtin_entities(utterance, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const Entity& a, const Entity& b) { return a.span.begin < b.span.begin; });
  return found;
}

std::vector<Entity> resolve_entities(std::string_view text, const std::vector<Word>& words,
                                     std::vector<Entity> candidates,
                                     const std::map<std::string, std::string>& synonyms) {
  std::vector<Entity> chosen = choose(text, std::move(candidates));
  for (Entity& entity : chosen) {
    if (entity.source == "builtin") continue;
    const auto synonym = synonyms.find(fold(entity.value));
    if (synonym != synonyms.end()) entity.value = synonym->second;
  }
  std::sort(chosen.begin(), chosen.end(), [](const Entity& a, const Entity& b) {
    if (a.span.begin != b.span.begin) return a.span.begin < b.span.begin;
    if (length(a) != length(b)) return length(a) > length(b);
    return a.type < b.type;
  });
  mark_negated(text, words, chosen);
  mark_retracted(text, words, chosen);
  return chosen;
}

}  // namespace nlu

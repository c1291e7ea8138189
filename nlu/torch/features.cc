#include "nlu/torch/features.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "nlu/torch/hashing.h"
#include "nlu/torch/lexicon.h"

namespace nlu {
namespace {

constexpr std::size_t token_bytes_limit = 40;  // Of a longer word its beginning says enough.
constexpr std::size_t meanings_limit = 10;

constexpr std::uint64_t key(std::uint64_t kind, std::uint64_t a, std::uint64_t b = 0) {
  return mix_bits(kind * 0x9e3779b97f4a7c15ULL + hash_pair(a, b));
}

enum Kind : std::uint64_t {
  kind_word = 1,
  kind_stem,
  kind_pair,
  kind_skip,
  kind_first,
  kind_chars,
  kind_han,
  kind_meaning,
  kind_meanings,
  kind_entity,
  kind_tag = 64,
};

bool is_letter_or_digit(unsigned char c) {
  return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '#';
}

bool is_han_lead(unsigned char c) { return c >= 0xe3 && c <= 0xe9; }  // U+3000 … U+9FFF

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_vowel(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

bool has_vowel(std::string_view text) { return std::any_of(text.begin(), text.end(), is_vowel); }

// What people write in one word, and the two it stands for.
constexpr std::array<std::pair<std::string_view, std::array<std::string_view, 2>>, 22> joined_words{
    {
        {"dont", {"do", "not"}},     {"doesnt", {"does", "not"}}, {"didnt", {"did", "not"}},
        {"cant", {"can", "not"}},    {"cannot", {"can", "not"}},  {"wont", {"will", "not"}},
        {"isnt", {"is", "not"}},     {"wasnt", {"was", "not"}},   {"hasnt", {"has", "not"}},
        {"havent", {"have", "not"}}, {"arent", {"are", "not"}},   {"couldnt", {"could", "not"}},
        {"im", {"i", ""}},           {"ive", {"i", "have"}},      {"wheres", {"where", "is"}},
        {"whats", {"what", "is"}},   {"hows", {"how", "is"}},     {"whens", {"when", "is"}},
        {"wanna", {"want", "to"}},   {"gonna", {"going", "to"}},  {"gimme", {"give", "me"}},
        {"thats", {"that", "is"}},
    }};

// "isn't" → "is" "not"; "where's" → "where" "is". The second is empty when there is none.
std::array<std::string_view, 2> expand(std::string_view word) {
  for (const auto& [joined, parts] : joined_words) {
    if (word == joined) return parts;
  }
  for (const std::string_view mark : {"'", "\xe2\x80\x99"}) {
    const std::size_t at = word.rfind(mark);
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view head = word.substr(0, at);
    const std::string_view tail = word.substr(at + mark.size());
    if (tail == "t" && head == "can") return {"can", "not"};
    if (tail == "t" && head == "won") return {"will", "not"};
    if (tail == "t" && head.back() == 'n') return {head.substr(0, head.size() - 1), "not"};
    if (tail == "s") return {head, ""};
    if (tail == "ve") return {head, "have"};
    if (tail == "ll") return {head, "will"};
    if (tail == "d" || tail == "m" || tail == "re") return {head, ""};
  }
  return {word, ""};
}

}  // namespace

namespace {

// Built-in types of which the number, or the words, already count.
bool is_measure(const Entity& entity) {
  constexpr std::array<std::string_view, 6> measures{"ordinal",  "percentage", "duration",
                                                     "quantity", "interval",   "time"};
  return entity.source == "builtin" &&
         std::find(measures.begin(), measures.end(), entity.type) != measures.end();
}

}  // namespace

std::string stem(std::string_view word) {
  std::string s(word);
  if (s.size() < 4 || static_cast<unsigned char>(s[0]) >= 0x80) return s;
  const auto cut = [&s](std::size_t n) { s.resize(s.size() - n); };
  if (ends_with(s, "ies") && s.size() > 4) {
    cut(3);
    s += 'y';
  } else if (ends_with(s, "sses") || ends_with(s, "shes") || ends_with(s, "ches") ||
             ends_with(s, "xes")) {
    cut(2);
  } else if (s.back() == 's' && !ends_with(s, "ss") && !ends_with(s, "us") && !ends_with(s, "is")) {
    cut(1);
  }
  const auto undouble = [&s] {
    const std::size_t n = s.size();
    if (n > 3 && s[n - 1] == s[n - 2] && s[n - 1] != 'l' && s[n - 1] != 's' && s[n - 1] != 'z') {
      s.pop_back();
    }
  };
  if (ends_with(s, "ing") && s.size() > 5 &&
      has_vowel(std::string_view(s).substr(0, s.size() - 3))) {
    cut(3);
    undouble();
  } else if (ends_with(s, "ied") && s.size() > 4) {
    cut(3);
    s += 'y';
  } else if (ends_with(s, "ed") && s.size() > 4 &&
             has_vowel(std::string_view(s).substr(0, s.size() - 2))) {
    cut(2);
    undouble();
  } else if (ends_with(s, "ly") && s.size() > 5) {
    cut(2);
  }
  if (s.size() > 3 && s.back() == 'e') cut(1);
  return s;
}

void Featurizer::add_token(std::string_view folded, bool joined) {
  if (token_count_ == tokens_.size()) tokens_.emplace_back();
  Token& token = tokens_[token_count_++];
  token.text.assign(folded.substr(0, token_bytes_limit));
  for (char& c : token.text) {
    if (c >= '0' && c <= '9') c = '#';
  }
  token.han = is_han_lead(static_cast<unsigned char>(token.text[0]));
  token.stem = stem(token.text);
  token.hash = hash_text(token.text);
  token.stem_hash = hash_text(token.stem);
  token.name = false;
  token.joined = joined;
}

void Featurizer::read(std::string_view text, std::span<const Word> words,
                      std::span<const Entity> found, DocumentPlace place) {
  place_ = std::move(place);
  text_ = text;
  words_ = words;
  found_ = found;
  token_count_ = 0;
  seen_.clear();
  pieces_.clear();
  std::size_t end = 0;
  const Entity* last = nullptr;
  for (const Word& word : words) {
    if (word.folded.empty()) continue;
    const bool joined = word.begin == end;
    end = word.end;
    const Entity* const named = named_at(word);
    if (named != nullptr) {
      if (last == nullptr || last->type != named->type) add_name(named->type);
      last = named;
      continue;
    }
    last = nullptr;
    if (word.folded == "?" || word.folded == "\xef\xbc\x9f") {
      add_token("?", joined);
      continue;
    }
    if (!is_letter_or_digit(static_cast<unsigned char>(word.folded[0]))) continue;
    const auto parts = expand(word.folded);
    add_token(parts[0], joined);
    if (!parts[1].empty()) add_token(parts[1], false);
  }
}

// The lookup's or regex's entity a word is part of.
const Entity* Featurizer::named_at(const Word& word) const {
  for (const Entity& entity : found_) {
    const bool by_bot = entity.source == "lookup" || entity.source == "regex";
    if (by_bot && entity.span.begin < word.end && word.begin < entity.span.end) return &entity;
  }
  return nullptr;
}

void Featurizer::add_name(std::string_view type) {
  if (token_count_ == tokens_.size()) tokens_.emplace_back();
  Token& token = tokens_[token_count_++];
  token.text = fmt::format("<{}>", type.substr(0, token_bytes_limit));
  token.stem = token.text;
  token.hash = token.stem_hash = hash_text(token.text);
  token.han = false;
  token.name = true;
  token.joined = true;
}

void Featurizer::add_words() {
  const std::uint64_t none = 0;
  for (std::size_t i = 0; i < token_count_; ++i) {
    const Token& token = tokens_[i];
    add(Block::word, key(kind_stem, token.stem_hash));
    if (token.text != token.stem) add(Block::word, key(kind_word, token.hash));
    const std::uint64_t before = i > 0 ? tokens_[i - 1].stem_hash : none;
    add(Block::pair, key(kind_pair, before, token.stem_hash));
    if (i > 1) add(Block::pair, key(kind_skip, tokens_[i - 2].stem_hash, token.stem_hash));
  }
  if (token_count_ > 0) {
    add(Block::pair, key(kind_pair, tokens_[token_count_ - 1].stem_hash, none));
  }
}

void Featurizer::add_characters(const Token& token) {
  std::array<char, token_bytes_limit + 2> padded;
  padded[0] = '_';
  std::copy(token.text.begin(), token.text.end(), padded.begin() + 1);
  const std::size_t size = token.text.size() + 2;
  padded[size - 1] = '_';
  const std::string_view word(padded.data(), size);
  for (std::size_t n = 2; n <= 5; ++n) {
    for (std::size_t at = 0; at + n <= size; ++at) {
      if (n == 2 && at != 0 && at + n != size) continue;  // Two letters say something at the edges.
      add(Block::chars, key(kind_chars, hash_text(word.substr(at, n))));
    }
  }
}

void Featurizer::add_han_run(std::string_view run) {
  // All CJK ideographs of the basic plane take three bytes.
  for (std::size_t n = 3; n <= 12; n += 3) {
    for (std::size_t at = 0; at + n <= run.size(); at += 3) {
      const std::uint64_t characters = hash_text(run.substr(at, n));
      if (n <= 9) add(Block::chars, key(kind_han, characters));
      if (n >= 6) add_meanings_of(characters);
    }
  }
}

void Featurizer::add_meanings_of(std::uint64_t words) {
  for (const int meaning : Lexicon::instance().find(words)) {
    const bool known = std::find(meanings_.begin(), meanings_.end(), meaning) != meanings_.end();
    if (!known && meanings_.size() < meanings_limit) meanings_.push_back(meaning);
  }
}

void Featurizer::add_meanings() {
  for (std::size_t i = 0; i < token_count_; ++i) {
    if (tokens_[i].han) continue;
    add_meanings_of(tokens_[i].stem_hash);
    if (i + 1 < token_count_) {
      add_meanings_of(hash_pair(tokens_[i].stem_hash, tokens_[i + 1].stem_hash));
    }
  }
  for (const Entity& entity : found_) {
    if (!is_measure(entity)) add(Block::meaning, key(kind_entity, hash_text(entity.type)));
  }
  for (std::size_t i = 0; i < meanings_.size(); ++i) {
    const auto a = static_cast<std::uint64_t>(meanings_[i]);
    add(Block::meaning, key(kind_meaning, a));
    for (std::size_t k = i + 1; k < meanings_.size(); ++k) {
      const auto b = static_cast<std::uint64_t>(meanings_[k]);
      add(Block::meaning, key(kind_meanings, std::min(a, b), std::max(a, b)));
    }
  }
}

const std::vector<Feature>& Featurizer::intent_features() {
  features_.clear();
  meanings_.clear();
  add_words();
  std::string run;
  for (std::size_t i = 0; i < token_count_; ++i) {
    const Token& token = tokens_[i];
    if (!token.han || (!token.joined && !run.empty())) {
      add_han_run(run);
      run.clear();
    }
    if (token.han) {
      run += token.text;
    } else if (!token.name) {
      add_characters(token);
    }
  }
  add_han_run(run);
  add_meanings();
  return features_;
}

std::uint64_t wording_of(std::span<const Word> words) {
  std::uint64_t wording = 0;
  for (const Word& word : words) {
    if (word.folded.empty() || !is_letter_or_digit(static_cast<unsigned char>(word.folded[0])))
      continue;
    if (character_at(word.folded, 0).kind == CharacterKind::punctuation) continue;
    wording = hash_pair(wording, hash_text(word.folded));
  }
  return wording;
}

}  // namespace nlu

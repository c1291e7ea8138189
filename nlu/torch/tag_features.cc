// The tagger's half of the features: what a word is, and what stands around it.
#include <algorithm>
#include <string>

#include "nlu/torch/features.h"
#include "nlu/torch/hashing.h"

namespace nlu {
namespace {

constexpr std::size_t token_bytes_limit = 40;
constexpr std::size_t affix_limit = 5;
constexpr std::ptrdiff_t far = 4;           // How many words around count wherever they stand.
constexpr std::size_t elsewhere_limit = 6;  // Other places of a word in the document.

// Families of features, numbered apart from those of intents.
enum Kind : std::uint64_t {
  kind_own = 1000,
  kind_prefix = 1100,
  kind_suffix = 1200,
  kind_rule = 1300,
  kind_around = 1400,
  kind_elsewhere = 1500,
  kind_pair = 1600,
};

constexpr std::uint64_t key(std::uint64_t kind, std::uint64_t a, std::uint64_t b = 0) {
  return mix_bits(kind * 0x9e3779b97f4a7c15ULL + hash_pair(a, b));
}

bool is_han(std::string_view folded) {
  return !folded.empty() && static_cast<unsigned char>(folded[0]) >= 0xe3 &&
         static_cast<unsigned char>(folded[0]) <= 0xe9;
}

// "ab-12" → "a-1", "USA" → "A", "McCoy" → "AaAa": runs of one kind; how long a run of digits is
// counts, and so does a capital that stands alone.
std::uint64_t shape_of(std::string_view word) {
  std::string shape;
  for (const char c : word) {
    const auto u = static_cast<unsigned char>(c);
    const char kind = u >= 0x80                ? 'u'
                      : (c >= '0' && c <= '9') ? '1'
                      : (c >= 'a' && c <= 'z') ? 'a'
                      : (c >= 'A' && c <= 'Z') ? 'A'
                                               : c;
    if (kind == '1' || shape.empty() || shape.back() != kind) shape += kind;
    if (shape.size() > 12) break;
  }
  return hash_text(shape);
}

// 0 none, 1 the first, 2 all, 3 some, 4 the only letter.
std::uint64_t capitals_of(std::string_view word) {
  std::size_t letters = 0, capitals = 0;
  for (const char c : word) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital || (c >= 'a' && c <= 'z')) ++letters;
    if (capital) ++capitals;
  }
  if (capitals == 0) return 0;
  if (capitals == letters) return letters == 1 ? 4 : 2;
  return capitals == 1 && word[0] >= 'A' && word[0] <= 'Z' ? 1 : 3;
}

}  // namespace

// A Chinese word's characters are of three bytes each, but for rare ones, which stay together.
void Featurizer::read_pieces() {
  for (std::size_t w = 0; w < words_.size(); ++w) {
    const Word& word = words_[w];
    const std::string_view written = text_.substr(word.begin, word.end - word.begin);
    const bool cut = is_han(word.folded) && written == word.folded && written.size() % 3 == 0;
    const std::size_t step = cut ? 3 : written.size();
    for (std::size_t at = 0; at < written.size(); at += step) {
      pieces_.push_back({word.begin + at, word.begin + at + step, w});
    }
  }
  for (const Piece& piece : pieces_) {
    const Word& word = words_[piece.word];
    const bool part = piece.end - piece.begin < word.end - word.begin;
    const std::string_view written =
        text_.substr(piece.begin, std::min(piece.end - piece.begin, token_bytes_limit));
    const std::string_view w =
        part ? written : std::string_view(word.folded).substr(0, token_bytes_limit);
    const std::size_t n = w.size();
    Seen s;
    s.folded = w;
    s.text = hash_text(w);
    s.stem = hash_text(stem(w));
    s.written = hash_text(written);
    s.shape = shape_of(written);
    s.capitals = capitals_of(written);
    s.prefix2 = hash_text(w.substr(0, 2));
    s.prefix3 = hash_text(w.substr(0, 3));
    s.suffix2 = hash_text(w.substr(n - std::min<std::size_t>(n, 2)));
    s.suffix3 = hash_text(w.substr(n - std::min<std::size_t>(n, 3)));
    s.han = is_han(w);
    if (s.han) {
      const std::uint64_t place =
          (piece.begin == word.begin ? 1 : 0) + (piece.end == word.end ? 2 : 0);
      s.word = hash_pair(hash_text(word.folded), place);
    }
    seen_.push_back(s);
  }
}

const std::vector<Piece>& Featurizer::pieces() {
  if (pieces_.empty()) read_pieces();
  return pieces_;
}

const Featurizer::Seen& Featurizer::seen(std::ptrdiff_t at) const {
  static const Seen outside = [] {
    Seen s;
    s.text = s.stem = s.shape = s.prefix2 = s.prefix3 = s.suffix2 = s.suffix3 = s.written = 1;
    s.capitals = 9;
    s.word = 1;
    return s;
  }();
  return at < 0 || at >= std::ssize(seen_) ? outside : seen_[static_cast<std::size_t>(at)];
}

void Featurizer::add_own_tag_features(std::size_t at) {
  const Seen& w = seen_[at];
  std::vector<std::uint64_t>& keys = tag_features_.keys;
  std::uint64_t kind = kind_own;
  const auto put = [&](std::uint64_t a, std::uint64_t b = 0) { keys.push_back(key(kind++, a, b)); };
  put(0);
  put(w.text);
  put(w.shape);
  put(w.stem);
  put(w.written);
  put(w.capitals, at == 0 ? 1 : 2);
  if (w.han) {
    put(w.word);
    const std::size_t place = w.word & 3;
    put(place);
  } else {
    for (std::size_t n = 1; n <= std::min(affix_limit, w.folded.size()); ++n) {
      keys.push_back(key(kind_prefix + n, hash_text(w.folded.substr(0, n)), w.capitals));
      keys.push_back(
          key(kind_suffix + n, hash_text(w.folded.substr(w.folded.size() - n)), w.capitals));
    }
  }
  const Piece& piece = pieces_[at];
  for (const Entity& entity : found_) {
    if (entity.span.begin >= piece.end || piece.begin >= entity.span.end) continue;
    const std::uint64_t ends =
        (entity.span.begin >= piece.begin ? 1 : 0) + (entity.span.end <= piece.end ? 2 : 0);
    keys.push_back(key(kind_rule, hash_text(entity.type), ends));
    keys.push_back(key(kind_rule, hash_pair(hash_text(entity.type), ends), w.capitals + 1));
  }
}

// Two characters of Chinese say together what neither says alone: they go into the network, too.
void Featurizer::add_han_pairs(std::size_t at) {
  const auto i = static_cast<std::ptrdiff_t>(at);
  const std::uint64_t w = seen_[at].text;
  tag_features_.keys.push_back(key(kind_pair, seen(i - 1).text, w));
  tag_features_.keys.push_back(key(kind_pair + 1, w, seen(i + 1).text));
}

// What stands around the same word in other sentences of the document. Only names need it, and
// only what has a capital can be one; that it is written without one elsewhere says that it is
// none.
void Featurizer::add_surroundings(std::size_t at) {
  const Seen& w = seen_[at];
  if (place_.surroundings == nullptr || w.capitals == 0) return;
  std::vector<std::uint64_t>& keys = tag_features_.keys;
  const std::size_t from = keys.size();
  for (const Occurrence* o : place_.surroundings->elsewhere(words_[pieces_[at].word].folded,
                                                            place_.sentence, elsewhere_limit)) {
    std::uint64_t kind = kind_elsewhere;
    const std::uint64_t capitals = capitals_of(o->written);
    const auto put = [&](std::uint64_t a, std::uint64_t b = 0) {
      keys.push_back(key(kind++, a, b));
    };
    put(hash_text(o->before), o->capital_before ? 1 : 0);
    put(hash_text(o->after), o->capital_after ? 1 : 0);
    put(capitals, w.capitals);
    put(hash_pair(capitals, o->before.empty() ? 1 : 0),
        (o->capital_before ? 1 : 0) + (o->capital_after ? 2 : 0));
  }
  std::sort(keys.begin() + static_cast<std::ptrdiff_t>(from), keys.end());
  keys.erase(std::unique(keys.begin() + static_cast<std::ptrdiff_t>(from), keys.end()), keys.end());
}

const TagFeatures& Featurizer::tag_features(std::size_t at) {
  if (pieces_.empty()) read_pieces();
  std::vector<std::uint64_t>& keys = tag_features_.keys;
  keys.clear();
  add_own_tag_features(at);
  add_surroundings(at);
  if (seen_[at].han) add_han_pairs(at);
  tag_features_.own = keys.size();
  std::uint64_t kind = kind_around;
  const auto put = [&](std::uint64_t a, std::uint64_t b = 0) { keys.push_back(key(kind++, a, b)); };
  const auto i = static_cast<std::ptrdiff_t>(at);
  const Seen &w = seen(i), &before = seen(i - 1), &before2 = seen(i - 2), &after = seen(i + 1),
             &after2 = seen(i + 2);
  for (const Seen* s : {&before2, &before, &after, &after2}) {
    put(s->text);
    put(s->shape);
  }
  for (const Seen* s : {&before, &after}) {
    put(s->stem);
    put(s->suffix3);
    put(s->written);
    put(s->word);
  }
  put(before.text, w.text);
  put(w.text, after.text);
  put(before2.text, before.text);
  put(after.text, after2.text);
  put(before.text, w.shape);
  put(w.shape, after.text);
  put(before.text, after.text);
  put(before.stem, w.shape);
  put(w.shape, after.shape);
  put(before.shape, w.shape);
  put(hash_pair(before.shape, w.shape), after.shape);
  put(hash_pair(before2.shape, before.shape), w.shape);
  put(hash_pair(w.shape, after.shape), after2.shape);
  put(hash_pair(before.text, w.text), after.text);
  put(w.prefix3, before.suffix3);
  put(w.suffix3, after.prefix3);
  if (w.han) {
    put(hash_pair(before2.text, before.text), w.text);
    put(hash_pair(w.text, after.text), after2.text);
  } else {
    kind += 2;
    for (std::ptrdiff_t k = 1; k <= far; ++k) {
      if (i - k >= 0) keys.push_back(key(kind, seen(i - k).text, w.capitals));
      if (i + k < std::ssize(seen_)) keys.push_back(key(kind + 1, seen(i + k).text, w.capitals));
    }
  }
  kind = kind_rule + 1;
  const Piece& piece = pieces_[at];
  for (const Entity& entity : found_) {
    const std::uint64_t type = hash_text(entity.type);
    if (entity.span.begin < piece.end && piece.begin < entity.span.end) {
      keys.push_back(key(kind, type, before.text));
    } else if (entity.span.end <= piece.begin && at > 0 &&
               entity.span.end > pieces_[at - 1].begin) {
      keys.push_back(key(kind + 1, type));
    } else if (entity.span.begin >= piece.end && at + 1 < pieces_.size() &&
               entity.span.begin < pieces_[at + 1].end) {
      keys.push_back(key(kind + 2, type));
    }
  }
  return tag_features_;
}

}  // namespace nlu

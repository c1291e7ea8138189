#include "nlu/torch/tone_features.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "nlu/torch/hashing.h"

namespace nlu {
namespace {

constexpr std::size_t tokens_limit = 512;
constexpr std::size_t token_bytes_limit = 40;
constexpr std::size_t negation_reach = 3;     // Words it turns; of Chinese characters the same.
constexpr std::size_t movement_reach = 8;     // Words between what moves and how.
constexpr std::size_t comparison_reach = 10;  // Words from "compared with" to its number.

enum Kind : std::uint64_t {
  kind_triple = 1,
  kind_four,
  kind_negated,
  kind_polar,
  kind_first,
  kind_last,
  kind_movement,
  kind_comparison,
  kind_score,
  kind_counts,
  kind_marks,
  kind_capitals,
  kind_urgent,
  kind_end,
};

constexpr std::uint64_t key(Kind kind, std::uint64_t a, std::uint64_t b = 0) {
  return mix_bits((kind + 1000) * 0x9e3779b97f4a7c15ULL + hash_pair(a, b));
}

std::uint64_t of(Colour colour) { return static_cast<std::uint64_t>(colour); }

bool is_han(std::string_view folded) {
  const auto lead = static_cast<unsigned char>(folded[0]);
  return lead >= 0xe4 && lead <= 0xe9;  // U+4000 … U+9FFF
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool ends_a_sentence(std::string_view mark) {
  return is_one_of(mark, {".", "!", "?", ";", "。", "！", "？", "；", "…"});
}

bool ends_a_clause(std::string_view mark) {
  return ends_a_sentence(mark) || is_one_of(mark, {",", ":", "(", ")", "，", "、", "：", "~"});
}

// "don't", "isn't", "dont": a word and "not".
bool is_negated_word(std::string_view word) {
  if (word.size() > 3 && (word.substr(word.size() - 3) == "n't")) return true;
  if (word.size() > 5 && word.substr(word.size() - 5) == "n\xe2\x80\x99t") return true;
  return is_one_of(word, {"dont", "doesnt", "didnt", "cant", "cannot", "wont", "isnt", "wasnt",
                          "hasnt", "havent", "arent", "couldnt", "wouldnt", "shouldnt", "werent"});
}

double value_of(Colour colour) {
  switch (colour) {
    case Colour::very_good:
      return 2;
    case Colour::good:
      return 1;
    case Colour::bad:
      return -1;
    case Colour::very_bad:
      return -2;
    default:
      return 0;
  }
}

// "eur13.1m" → 13.1; 0 for what is no number, and for years, which are not compared.
double number_in(std::string_view word) {
  const std::size_t first = word.find_first_of("0123456789");
  if (first == word.npos || first > 4) return 0;
  std::string digits;
  std::size_t at = first;
  for (; at < word.size() && digits.size() < 18; ++at) {
    if (word[at] == ',') continue;
    if ((word[at] < '0' || word[at] > '9') && word[at] != '.') break;
    digits += word[at];
  }
  if (word.size() - at > 3) return 0;
  double number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_year = first == 0 && at == word.size() && digits.size() == 4 && number >= 1900 &&
                       number <= 2100 && digits.find('.') == digits.npos;
  return is_year ? 0 : number;
}

}  // namespace

void ToneFeaturizer::add_word(std::string_view folded) {
  if (tokens_.size() >= tokens_limit) return;
  const bool negated = is_negated_word(folded);
  Token& token = tokens_.emplace_back();
  token.stem = hash_text(stem(folded.substr(0, token_bytes_limit)));
  token.number = number_in(folded);
  if (negated) token.colour = Colour::negation;
}

// Cut at the longest words that colour; what is between them are single characters.
void ToneFeaturizer::add_han_run() {
  for (std::size_t at = 0; at + 3 <= run_.size() && tokens_.size() < tokens_limit;) {
    Token token;
    token.han = true;
    std::size_t bytes = std::min(3 * ToneWords::han_characters, run_.size() - at);
    for (; bytes >= 3; bytes -= 3) {
      token.stem = hash_text(std::string_view(run_).substr(at, bytes));
      token.colour = ToneWords::instance().find(token.stem);
      if (token.colour != Colour::none || bytes == 3) break;
    }
    at += bytes;
    tokens_.push_back(token);
  }
  run_.clear();
}

void ToneFeaturizer::read_words(const std::vector<Word>& words) {
  tokens_.clear();
  run_.clear();
  for (const Word& word : words) {
    const std::string_view folded = word.folded;
    if (folded.empty()) continue;
    if (is_han(folded) && folded.size() % 3 == 0) {
      run_ += folded;
      continue;
    }
    if (!run_.empty()) add_han_run();
    if (ends_a_clause(folded)) {
      if (tokens_.empty()) continue;
      tokens_.back().ends_clause = true;
      if (ends_a_sentence(folded)) tokens_.back().ends_sentence = true;
    } else if (folded == "%") {
      if (!tokens_.empty()) tokens_.back().percent = true;
    } else {
      add_word(folded);
    }
  }
  if (!run_.empty()) add_han_run();
}

void ToneFeaturizer::colour_tokens() {
  const ToneWords& words = ToneWords::instance();
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    if (tokens_[at].han || tokens_[at].colour != Colour::none) continue;
    std::uint64_t row = tokens_[at].stem;
    Colour found = words.find(row);
    std::size_t last = at;
    for (std::size_t next = at + 1; next < tokens_.size() && next < at + ToneWords::words_in_a_row;
         ++next) {
      if (tokens_[next].han || tokens_[next - 1].ends_clause) break;
      row = hash_pair(row, tokens_[next].stem);
      const Colour longer = words.find(row);
      if (longer != Colour::none) found = longer, last = next;
    }
    tokens_[last].colour = found;
    at = last;
  }
  // What a negation reaches.
  std::size_t left = 0;
  for (Token& token : tokens_) {
    if (token.colour == Colour::negation) {
      left = negation_reach + 1;
    } else if (token.colour == Colour::contrast) {
      left = 0;
    } else {
      token.negated = left > 0;
    }
    if (left > 0 && token.colour != Colour::intensity) --left;
    if (token.ends_clause) left = 0;
  }
}

void ToneFeaturizer::add_sequences() {
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    const Token& token = tokens_[at];
    if (token.han) continue;
    if (token.negated) add(Block::sequence, key(kind_negated, token.stem));
    if (at < 2 || tokens_[at - 1].han || tokens_[at - 2].han) continue;
    add(Block::sequence,
        key(kind_triple, hash_pair(tokens_[at - 2].stem, tokens_[at - 1].stem), token.stem));
  }
}

void ToneFeaturizer::add_polar() {
  double strength = 1;
  std::size_t strength_left = 0;
  Colour first = Colour::none, last = Colour::none;
  for (const Token& token : tokens_) {
    const double value = value_of(token.colour);
    if (token.colour == Colour::intensity || token.colour == Colour::moderation) {
      strength = token.colour == Colour::intensity ? 1.5 : 0.6;
      strength_left = 2;
    } else if (token.colour == Colour::contrast) {
      score_ *= 0.5;  // What follows outweighs it.
    } else if (token.colour == Colour::urgency) {
      ++urgent_;
    } else if (value != 0) {
      plain_ += value > 0 ? 1 : -1;
      const double turned = !token.negated ? value : value > 0 ? -value : -0.5 * value;
      score_ += turned * (strength_left > 0 ? strength : 1);
      ++(turned > 0 ? good_ : bad_);
      add(Block::colour, key(kind_polar, of(token.colour), token.negated ? 2 : 1));
      if (first == Colour::none) first = turned > 0 ? Colour::good : Colour::bad;
      last = turned > 0 ? Colour::good : Colour::bad;
    }
    if (strength_left > 0) --strength_left;
  }
  if (first == Colour::none) return;
  add(Block::colour, key(kind_first, of(first)));
  add(Block::colour, key(kind_last, of(last)));
}

// The nearest thing that moves, in the same sentence.
Colour ToneFeaturizer::thing_near(std::size_t at, std::size_t reach) const {
  const auto is_thing = [](Colour c) { return c == Colour::asset || c == Colour::burden; };
  for (std::size_t far = 1; far <= reach; ++far) {
    if (at >= far && is_thing(tokens_[at - far].colour)) {
      const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(at - far);
      const bool cut = std::any_of(first, first + static_cast<std::ptrdiff_t>(far),
                                   [](const Token& t) { return t.ends_sentence; });
      if (!cut) return tokens_[at - far].colour;
    }
    if (at + far < tokens_.size() && is_thing(tokens_[at + far].colour)) {
      const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(at);
      const bool cut = std::any_of(first, first + static_cast<std::ptrdiff_t>(far),
                                   [](const Token& t) { return t.ends_sentence; });
      if (!cut) return tokens_[at + far].colour;
    }
  }
  return Colour::none;
}

Colour ToneFeaturizer::thing_before(std::size_t at) const {
  while (at-- > 0 && !tokens_[at].ends_sentence) {
    const Colour colour = tokens_[at].colour;
    if (colour == Colour::asset || colour == Colour::burden) return colour;
  }
  return Colour::none;
}

void ToneFeaturizer::add_movements() {
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    const Colour how = tokens_[at].colour;
    if (how != Colour::rise && how != Colour::fall) continue;
    const Colour thing = thing_near(at, movement_reach);
    const bool negated = tokens_[at].negated;
    add(Block::colour, key(kind_movement, of(how) * 32 + of(thing), negated ? 2 : 1));
    if (thing == Colour::none) continue;
    const bool is_good = (how == Colour::rise) == (thing == Colour::asset);
    moved((is_good != negated) ? 1.5 : -1.5);
  }
}

// "EUR 13.1 mn, compared to 8.7 mn", "to 2.4 % from 3.1 %": a number now and one before.
void ToneFeaturizer::add_comparisons() {
  static const std::uint64_t from = hash_text("from"), to = hash_text("to"),
                             versus = hash_text("versus"), against = hash_text("against"),
                             compared = hash_text(stem("compared")), earlier = hash_text("vs");
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    const std::uint64_t cue = tokens_[at].stem;
    if (cue != from && cue != versus && cue != against && cue != compared && cue != earlier) {
      continue;
    }
    std::size_t before = tokens_.size(), now = tokens_.size();
    for (std::size_t i = at + 1; i < std::min(tokens_.size(), at + comparison_reach); ++i) {
      if (tokens_[i].number > 0) {
        before = i;
        break;
      }
      if (tokens_[i].ends_sentence) break;
    }
    if (before == tokens_.size()) continue;
    const bool from_to = cue == from && before + 2 < tokens_.size() &&
                         (tokens_[before + 1].stem == to || tokens_[before + 2].stem == to);
    if (from_to) {
      for (std::size_t i = before + 2; i < std::min(tokens_.size(), before + 6); ++i) {
        if (tokens_[i].number > 0) {
          now = i;
          break;
        }
      }
    } else {
      for (std::size_t i = at; i-- > 0 && i + comparison_reach > at;) {
        if (tokens_[i].ends_sentence) break;
        if (tokens_[i].number > 0 && tokens_[i].percent == tokens_[before].percent) {
          now = i;
          break;
        }
      }
    }
    if (now == tokens_.size() || tokens_[now].percent != tokens_[before].percent) continue;
    Colour thing = thing_before(now);
    const Colour old_thing = thing_near(before, 5);
    const bool rises = tokens_[now].number > tokens_[before].number;
    if (tokens_[now].number == tokens_[before].number) continue;
    add(Block::colour, key(kind_comparison, (rises ? 64 : 0) + of(thing), of(old_thing)));
    add(Block::colour, key(kind_comparison, (rises ? 64 : 0) + of(thing), 99));
    if (thing != Colour::none) moved((rises == (thing == Colour::asset)) ? 1.5 : -1.5);
  }
}

void ToneFeaturizer::add_marks(std::string_view text, const std::vector<Word>& words) {
  const auto count = [&](std::string_view mark) {
    return std::count_if(words.begin(), words.end(),
                         [&](const Word& word) { return word.folded == mark; });
  };
  const auto calls = count("!"), asks = count("?");
  if (calls > 0) add(Block::colour, key(kind_marks, 1, calls > 1 ? 2 : 1));
  if (asks > 0) add(Block::colour, key(kind_marks, 2, asks > 1 ? 2 : 1));
  std::size_t capitals = 0;
  for (const Word& word : words) {
    const std::string_view written = text.substr(word.begin, word.end - word.begin);
    capitals += written.size() > 2 && std::all_of(written.begin(), written.end(),
                                                  [](char c) { return c >= 'A' && c <= 'Z'; });
  }
  if (capitals > 1) add(Block::colour, key(kind_capitals, 1));
}

void ToneFeaturizer::add_totals() {
  for (int step = 1; step <= 4; ++step) {
    if (score_ >= step - 0.5) add(Block::colour, key(kind_score, 1, static_cast<unsigned>(step)));
    if (score_ <= 0.5 - step) add(Block::colour, key(kind_score, 2, static_cast<unsigned>(step)));
  }
  if (good_ == 0 && bad_ == 0) add(Block::colour, key(kind_counts, 0));
  if (good_ > 0 && bad_ > 0) add(Block::colour, key(kind_counts, 3));
  if (urgent_ > 0) add(Block::colour, key(kind_urgent, urgent_ > 1 ? 2 : 1));
}

const std::vector<Feature>& ToneFeaturizer::read(std::string_view text,
                                                 const std::vector<Word>& words,
                                                 const std::vector<Feature>& intent_features) {
  features_.clear();
  score_ = 0;
  plain_ = good_ = bad_ = urgent_ = 0;
  for (const Feature& feature : intent_features) {
    add(feature.block, feature.key);
  }
  read_words(words);
  colour_tokens();
  add_sequences();
  add_polar();
  add_movements();
  add_comparisons();
  add_marks(text, words);
  add_totals();
  return features_;
}

}  // namespace nlu

#include "nlu/segmentation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace nlu {
namespace {

using std::string_view_literals::operator""sv;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Words that begin another wish by themselves.
constexpr std::array connectors{"and"sv, "also"sv,     "but"sv,  "then"sv, "plus"sv,
                                "und"sv, "außerdem"sv, "aber"sv, "dann"sv, "sowie"sv};
// Words that do so after a mark or a connector only.
constexpr std::array after_others{"so"sv,         "oh"sv,          "btw"sv,      "additionally"sv,
                                  "besides"sv,    "furthermore"sv, "moreover"sv, "secondly"sv,
                                  "next"sv,       "another"sv,     "auch"sv,     "übrigens"sv,
                                  "zusätzlich"sv, "zweitens"sv,    "ferner"sv};
constexpr std::array han_connectors{
    "另外"sv, "还有"sv, "然后"sv, "顺便问一下"sv, "顺便"sv, "同时"sv,   "而且"sv, "并且"sv,
    "但是"sv, "不过"sv, "以及"sv, "此外"sv,       "对了"sv, "再就是"sv, "接着"sv, "其次"sv};
constexpr std::array sentence_ends{"."sv, "!"sv, "?"sv, "…"sv, "。"sv, "！"sv, "？"sv, "!?"sv};
constexpr std::array pauses{","sv, ";"sv, ":"sv, "，"sv, "；"sv, "："sv};
constexpr std::array dashes{"-"sv, "–"sv, "—"sv, "&"sv};  // With spaces around them.

// What refers to something said before.
constexpr std::array referring{"it"sv,    "its"sv,   "it's"sv, "it’s"sv,  "they"sv,  "them"sv,
                               "their"sv, "that"sv,  "this"sv, "these"sv, "those"sv, "one"sv,
                               "ones"sv,  "there"sv, "es"sv,   "sie"sv,   "ihn"sv,   "dort"sv};
constexpr std::array han_referring{"它"sv, "这"sv, "那"sv};
// Words that stand around a value and say nothing else.
constexpr std::array colourless{
    "is"sv,   "are"sv,  "my"sv,    "the"sv,    "it"sv,     "its"sv,    "it's"sv, "it’s"sv, "for"sv,
    "of"sv,   "no"sv,   "nr"sv,    "number"sv, "code"sv,   "please"sv, "pls"sv,  "to"sv,   "at"sv,
    "on"sv,   "here"sv, "with"sv,  "was"sv,    "that"sv,   "this"sv,   "a"sv,    "an"sv,   "i"sv,
    "i'm"sv,  "i’m"sv,  "sorry"sv, "mean"sv,   "meant"sv,  "not"sv,    "wait"sv, "die"sv,  "der"sv,
    "das"sv,  "ist"sv,  "mein"sv,  "meine"sv,  "nummer"sv, "bitte"sv,  "nein"sv, "是"sv,   "的"sv,
    "我的"sv, "我"sv,   "号"sv,    "号码"sv,   "号是"sv,   "订单号"sv, "为"sv,   "就是"sv};

bool says_something(const Word& word) {
  const auto first = static_cast<unsigned char>(word.folded.empty() ? 0 : word.folded[0]);
  if (first < 0x80) return std::isalnum(first) != 0;
  return character_at(word.folded, 0).kind != CharacterKind::punctuation;
}

// "order" and "number" are what an order_number is called.
bool is_named(const Entity& entity, std::string_view word) {
  const std::string_view type = entity.type;
  const std::size_t at = type.find(word);
  if (word.empty() || at == std::string_view::npos) return false;
  const std::size_t end = at + word.size();
  return (at == 0 || type[at - 1] == '_') && (end == type.size() || type[end] == '_');
}

// How many words a connector that begins at words[i] takes; 0: there is none.
std::size_t connector_at(std::string_view text, const std::vector<Word>& words, std::size_t i,
                         bool after_other) {
  const std::string_view word = words[i].folded;
  if (is_one_of(word, connectors) || (after_other && is_one_of(word, after_others))) return 1;
  if (after_other && word == "by" && i + 2 < words.size() && words[i + 1].folded == "the" &&
      words[i + 2].folded == "way")
    return 3;
  if (static_cast<unsigned char>(word.empty() ? 0 : word[0]) < 0x80) return 0;
  for (const std::string_view connector : han_connectors) {
    if (text.substr(words[i].begin, connector.size()) != connector) continue;
    const std::size_t end = words[i].begin + connector.size();
    std::size_t next = i;
    while (next < words.size() && words[next].begin < end) ++next;
    if (words[next - 1].end == end) return next - i;
  }
  return 0;
}

bool has_line_end(std::string_view text, std::size_t begin, std::size_t end) {
  return text.substr(begin, end - begin).find('\n') != std::string_view::npos;
}

bool is_dash(const std::vector<Word>& words, std::size_t i) {
  return is_one_of(words[i].folded, dashes) && i > 0 && i + 1 < words.size() &&
         words[i - 1].end < words[i].begin && words[i].end < words[i + 1].begin;
}

// What may stand between two parts, from words[i] on; nothing when `begin` is not after `i`.
Cut cut_at(std::string_view text, const std::vector<Word>& words, std::size_t i) {
  Cut cut{i, i, 0};
  bool mark = i > 0 && has_line_end(text, words[i - 1].end, words[i].begin), word = false;
  if (mark) cut.strength = 3;
  while (cut.begin < words.size()) {
    const std::string_view w = words[cut.begin].folded;
    const bool ends = is_one_of(w, sentence_ends);
    if (ends || is_one_of(w, pauses) || is_dash(words, cut.begin)) {
      if (ends && !word) cut.end = cut.begin + 1;
      if (ends) cut.strength = 3;
      mark = true;
      ++cut.begin;
      continue;
    }
    const std::size_t count = connector_at(text, words, cut.begin, mark || word);
    if (count == 0) break;
    word = true;
    cut.begin += count;
  }
  if (cut.strength == 0) cut.strength = mark && word ? 2 : 1;
  if (!mark && !word) cut.strength = 0;
  return cut;
}

// "no. 10134", "3. May", "10,5": a mark between a word and digits, or within them, ends nothing.
bool is_abbreviation(const std::vector<Word>& words, const Cut& cut) {
  if (cut.strength != 3 || cut.end == 0 || cut.begin >= words.size()) return false;
  if (cut.begin != cut.end || words[cut.end - 1].folded != ".") return false;
  const bool before =
      cut.end >= 2 &&
      std::isdigit(static_cast<unsigned char>(words[cut.end - 2].folded.front())) != 0;
  const bool after = std::isdigit(static_cast<unsigned char>(words[cut.begin].folded.front())) != 0;
  const bool is_short = cut.end >= 2 && words[cut.end - 2].folded.size() <= 3;
  return (is_short && after) || (before && words[cut.begin].begin == words[cut.end - 1].end);
}

bool divides_entity(std::span<const Entity> entities, std::size_t left_end,
                    std::size_t right_begin) {
  for (std::size_t i = 0; i < entities.size(); ++i) {
    const Entity& entity = entities[i];
    std::size_t end = entity.span.end;
    if (entity.retracted) {
      for (std::size_t k = i + 1; k < entities.size(); ++k) {
        const Entity& later = entities[k];
        if (later.type != entity.type || later.role != entity.role ||
            later.span.begin < entity.span.end)
          continue;
        end = later.span.end;
        break;
      }
    }
    if (entity.span.begin < right_begin && end > left_end) return true;
  }
  return false;
}

}  // namespace

std::vector<Cut> find_cuts(std::string_view text, const std::vector<Word>& words,
                           std::span<const Entity> entities) {
  std::vector<Cut> cuts;
  bool said = false;  // Since the cut before.
  for (std::size_t i = 0; i < words.size();) {
    const Cut cut = cut_at(text, words, i);
    if (cut.strength == 0) {
      said = said || says_something(words[i]);
      ++i;
      continue;
    }
    const bool more = std::any_of(words.begin() + static_cast<std::ptrdiff_t>(cut.begin),
                                  words.end(), says_something);
    if (said && more && !is_abbreviation(words, cut) &&
        !divides_entity(entities, words[cut.end - 1].end, words[cut.begin].begin)) {
      cuts.push_back(cut);
      said = false;
    }
    if (cut.begin == i) said = said || says_something(words[i]);  // A line's end alone.
    i = std::max(cut.begin, i + 1);
  }
  while (cuts.size() > cut_limit) {  // The weakest goes, of several the last.
    const auto weakest =
        std::min_element(cuts.rbegin(), cuts.rend(),
                         [](const Cut& a, const Cut& b) { return a.strength < b.strength; });
    cuts.erase(std::next(weakest).base());
  }
  return cuts;
}

Stretch stretch_of(std::string_view text, const std::vector<Word>& words,
                   std::span<const Entity> entities, const std::vector<Cut>& cuts, std::size_t from,
                   std::size_t to) {
  Stretch stretch;
  stretch.begin = from == 0 ? 0 : cuts[from - 1].begin;
  stretch.end = to == cuts.size() + 1 ? words.size() : cuts[to - 1].end;
  bool more = false, values = false;
  for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
    const Word& word = words[i];
    if (!says_something(word)) continue;
    const bool han = has_han(word.folded);
    stretch.length += han ? static_cast<double>(word.end - word.begin) / 6 : 1;
    stretch.refers = stretch.refers || is_one_of(word.folded, referring) ||
                     (han && is_one_of(text.substr(word.begin, 3), han_referring));
    const bool of_entity = std::any_of(entities.begin(), entities.end(), [&](const Entity& entity) {
      return entity.span.begin < word.end && word.begin < entity.span.end;
    });
    values = values || of_entity;
    more = more || !(of_entity || is_one_of(word.folded, colourless) ||
                     std::any_of(entities.begin(), entities.end(), [&](const Entity& entity) {
                       return is_named(entity, word.folded);
                     }));
  }
  stretch.says_more = more || !values;
  return stretch;
}

namespace {

constexpr double least_heard = 0.5;
constexpr double cost_of_part = 0.3;  // In log odds: of two divisions as sure, the simpler one.

double log_odds(double p) {
  p = std::clamp(p, 1e-3, 1 - 1e-3);
  return std::log(p / (1 - p));
}

// Scores asked for once.
class Scores {
 public:
  Scores(std::size_t atoms, const std::function<PartScore(std::size_t, std::size_t)>& score)
      : atoms_(atoms), score_(score), known_((atoms + 1) * (atoms + 1)) {}
  const PartScore& of(std::size_t from, std::size_t to) {
    std::optional<PartScore>& known = known_[from * (atoms_ + 1) + to];
    if (!known) known = score_(from, to);
    return *known;
  }

 private:
  std::size_t atoms_;
  const std::function<PartScore(std::size_t, std::size_t)>& score_;
  std::vector<std::optional<PartScore>> known_;
};

// Log odds of the least sure part; nullopt when it is no division.
std::optional<double> sureness(const std::vector<std::size_t>& at, std::size_t atoms,
                               Scores& scores) {
  double least = 0;
  const PartScore* before = nullptr;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const PartScore& part = scores.of(at[i], i + 1 < at.size() ? at[i + 1] : atoms);
    if (part.p < least_heard || !part.says_more) return std::nullopt;
    if (before != nullptr && before->intent == part.intent) return std::nullopt;
    const double odds = log_odds(part.p);
    least = before == nullptr ? odds : std::min(least, odds);
    before = &part;
  }
  return least - cost_of_part * static_cast<double>(at.size());
}

std::array<double, division_signals> signals_of(const std::vector<std::size_t>& at,
                                                const std::vector<Cut>& cuts, Scores& scores) {
  const std::size_t atoms = cuts.size() + 1;
  const PartScore& whole = scores.of(0, atoms);
  double least = 1e9, sum = 0, length = 1e9;
  int strength = 3;
  bool is_of_whole = false, refers = false;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const PartScore& part = scores.of(at[i], i + 1 < at.size() ? at[i + 1] : atoms);
    least = std::min(least, log_odds(part.p));
    sum += log_odds(part.p);
    length = std::min(length, part.length);
    is_of_whole = is_of_whole || part.intent == whole.intent;
    if (i == 0) continue;
    refers = refers || part.refers;
    strength = std::min(strength, cuts[at[i] - 1].strength);
  }
  return {least / 3,
          sum / static_cast<double>(at.size()) / 3,
          log_odds(whole.p) / 3,
          log_odds(whole.p_outside) / 3,
          whole.p_between,
          strength - 1.5,
          std::min(std::log(length + 0.01), 3.0),
          is_of_whole ? 1.0 : 0.0,
          refers ? 1.0 : 0.0};
}

}  // namespace

std::optional<Division> divide(const std::vector<Cut>& cuts,
                               const std::function<PartScore(std::size_t, std::size_t)>& score) {
  const std::size_t atoms = cuts.size() + 1;
  Scores scores(atoms, score);
  std::optional<Division> best;
  if (cuts.empty() || scores.of(0, atoms).p_outside > 0.5) return best;
  double surest = 0;
  std::vector<std::size_t> at;
  for (std::size_t chosen = 1; chosen < std::size_t{1} << cuts.size(); ++chosen) {
    at.assign(1, 0);
    for (std::size_t cut = 0; cut < cuts.size(); ++cut) {
      if (chosen >> cut & 1) at.push_back(cut + 1);
    }
    const auto sure = sureness(at, atoms, scores);
    if (!sure || (best && *sure <= surest)) continue;
    surest = *sure;
    best.emplace();
    best->at = at;
  }
  if (best) best->signals = signals_of(best->at, cuts, scores);
  return best;
}

const Segment* main_segment(const Interpretation& interpretation) {
  const Segment* longest = nullptr;
  for (const Segment& segment : interpretation.segments) {
    const std::size_t length = segment.span.end - segment.span.begin;
    if (!longest || length > longest->span.end - longest->span.begin) longest = &segment;
  }
  return longest;
}

double Splitting::score(const Division& division) const {
  double sum = bias;
  for (std::size_t i = 0; i < division_signals; ++i) sum += weights[i] * division.signals[i];
  return sum;
}

}  // namespace nlu

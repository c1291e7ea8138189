#include "nlu/pseudonyms.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/hash.h"
#include "nlu/pseudonym_parts.h"

namespace nlu {
namespace pseudonym {
namespace {

constexpr int tries = 64;  // For each way to keep a form.

// Numbers that follow from a text alone.
class Dice {
 public:
  explicit Dice(std::string_view from) {
    for (const char c : sha256_hex(from).substr(0, 16))
      state_ = state_ * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  // 0 … count - 1
  std::size_t roll(std::size_t count) {
    state_ += 0x9e3779b97f4a7c15ULL;  // splitmix64
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((x ^ (x >> 31)) % count);
  }

 private:
  std::uint64_t state_ = 0;
};

void append_utf8(char32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

std::u32string characters_of(std::string_view text) {
  std::u32string all;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    all += one.code;
    at = one.end;
  }
  return all;
}

std::string text_of(std::u32string_view characters) {
  std::string text;
  for (const char32_t one : characters) append_utf8(one, text);
  return text;
}

int value_of(char32_t code) {
  const int value = digit_value(code);
  return value >= 0 ? value : spoken_digit(code);
}

bool is_ascii_letter(char32_t code) {
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

char32_t other_letter(char32_t of, Dice& dice) {
  const char32_t first = of >= 'a' ? U'a' : U'A';
  return first + (of - first + 1 + static_cast<char32_t>(dice.roll(25))) % 26;
}

// Another digit; at the beginning none becomes zero that was not.
char32_t other_digit(char32_t of, bool first, Dice& dice) {
  const int value = value_of(of);
  int other = (value + 1 + static_cast<int>(dice.roll(9))) % 10;
  if (first && other == 0) other = value == 1 ? 2 : value - 1;
  if (first && value == 0) other = 0;
  return same_digit(of, other);
}

// As `like` is written: small, large, or LARGE.
std::string written_like(std::string_view word, std::string_view like) {
  const std::vector<LetterWord> words = letter_words(like);
  std::string out(word);
  if (words.empty()) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    char& c = out[i];
    const bool large = words[0].all_capital || (i == 0 && words[0].capital);
    if (large && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!large && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The check digit that makes Luhn's sum of the digits before it right.
int luhn_digit(const std::vector<int>& before) {
  int sum = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    int digit = before[before.size() - 1 - i] * (i % 2 == 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return (10 - sum % 10) % 10;
}

// ISO 7064's remainder of an IBAN without spaces whose check digits are 00.
int iban_remainder(const std::string& iban) {
  int rest = 0;
  for (std::size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    if (c >= '0' && c <= '9') {
      rest = (rest * 10 + c - '0') % 97;
    } else {
      rest = (rest * 100 + c - 'A' + 10) % 97;
    }
  }
  return rest;
}

class Maker {
 public:
  Maker(const PseudonymRules& rules, const std::string& seed, std::string_view text)
      : rules_(rules), seed_(seed), whole_(fold(text)) {
    std::string run;
    for (const char32_t one : characters_of(text)) {
      if (value_of(one) >= 0) {
        run += static_cast<char>('0' + value_of(one));
      } else {
        note(run);
      }
    }
    note(run);
  }

  // Words once made stay what they became: a family name is the same without the first one.
  std::string make(Kind kind, std::string_view original, bool is_family) {
    if (kind != Kind::name && kind != Kind::place) return made(kind, original);
    const auto [known, is_new] = words_.try_emplace(fold(original), "");
    if (is_new) {
      known->second = from(kind == Kind::place ? towns()
                           : is_family         ? family_names()
                                               : given_names(),
                           original);
    }
    return written_like(known->second, original);
  }

 private:
  std::string made(Kind kind, std::string_view original) const {
    switch (kind) {
      case Kind::email:
        return email(original);
      case Kind::url:
        return original.starts_with("http") ? "https://www.example.com" : "www.example.com";
      case Kind::card:
        return again(original, [&](Dice& dice) { return card(original, dice); });
      case Kind::iban:
        return again(original, [&](Dice& dice) { return iban(original, dice); });
      case Kind::phone:
        return again(original, [&](Dice& dice) { return phone(original, dice); });
      case Kind::date:
        return again(original, [&](Dice& dice) { return date(original, dice); });
      case Kind::code:
      case Kind::number:
        return in_form(original, kind == Kind::code);
      case Kind::name:
      case Kind::place:
        break;
      case Kind::han_name:
        return again(original, [&](Dice& dice) { return han_name(original, dice); });
      case Kind::address:
        return again(original, [&](Dice& dice) { return address(original, dice); });
      case Kind::han_address:
        return again(original, [&](Dice& dice) { return han_address(original, dice); });
    }
    return std::string(original);
  }

  void note(std::string& run) {
    if (run.size() >= 3) runs_.insert(run);
    run.clear();
  }

  Dice dice(std::string_view original, int times) const {
    return Dice(seed_ + '\0' + fold(original) + '\0' + std::to_string(times));
  }

  // Whether it gives nothing of the text away: no number of it, and not the value itself.
  bool is_other(const std::string& made, std::string_view original) const {
    if (fold(made) == fold(original)) return false;
    std::string run;
    for (const char32_t one : characters_of(made) + U' ') {
      if (value_of(one) >= 0) {
        run += static_cast<char>('0' + value_of(one));
        continue;
      }
      if (run.size() >= 3 && runs_.contains(run)) return false;
      run.clear();
    }
    return true;
  }

  template <class Make>
  std::string again(std::string_view original, Make make) const {
    std::string other;
    for (int i = 0; i < tries; ++i) {
      Dice throws = dice(original, i);
      other = make(throws);
      if (is_other(other, original)) break;
    }
    return other;
  }

  // ---- numbers ----

  // Every form that the value has is its pseudonym's, too; so many of the first characters as that
  // takes stay, but never the last two.
  std::string in_form(std::string_view original, bool letters) const {
    std::vector<const Regex*> forms;
    for (const Regex& form : rules_.forms) {
      if (form.matches_whole(original)) forms.push_back(&form);
    }
    const std::u32string from = characters_of(original);
    const std::size_t last = from.size() > 2 ? from.size() - 2 : 0;
    for (const bool with_letters : {letters, false}) {
      for (std::size_t keep = 0; keep <= last; ++keep) {
        for (int i = 0; i < tries; ++i) {
          Dice throws = dice(original, i);
          const std::string made = changed(from, keep, with_letters, throws);
          if (!is_other(made, original)) continue;
          if (std::all_of(forms.begin(), forms.end(),
                          [&](const Regex* form) { return form->matches_whole(made); })) {
            return made;
          }
        }
        if (forms.empty()) break;
      }
    }
    return again(original, [&](Dice& throws) { return changed(from, 0, letters, throws); });
  }

  static std::string changed(const std::u32string& from, std::size_t keep, bool letters,
                             Dice& throws) {
    std::u32string to = from;
    bool in_run = false;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const bool digit = value_of(from[i]) >= 0;
      if (i < keep) {
        in_run = digit;
        continue;
      }
      if (digit) {
        to[i] = other_digit(from[i], !in_run, throws);
      } else if (letters && is_ascii_letter(from[i])) {
        to[i] = other_letter(from[i], throws);
      }
      in_run = digit;
    }
    return text_of(to);
  }

  static std::string card(std::string_view original, Dice& throws) {
    std::string made(original);
    std::vector<int> digits;
    std::size_t last = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (made[i] < '0' || made[i] > '9') continue;
      if (!digits.empty()) made[i] = static_cast<char>('0' + throws.roll(10));  // 4…: a Visa's
      digits.push_back(made[i] - '0');
      last = i;
    }
    if (digits.empty()) return made;
    digits.pop_back();
    made[last] = static_cast<char>('0' + luhn_digit(digits));
    return made;
  }

  static std::string iban(std::string_view original, Dice& throws) {
    std::string made(original), bare;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < made.size(); ++i) {
      char& c = made[i];
      const bool digit = c >= '0' && c <= '9';
      if (!digit && !is_ascii_letter(static_cast<unsigned char>(c))) continue;
      if (places.size() >= 4) {
        c = digit ? static_cast<char>('0' + throws.roll(10))
                  : static_cast<char>(other_letter(static_cast<unsigned char>(c), throws));
      }
      places.push_back(i);
      bare += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (places.size() < 5) return made;
    bare[2] = bare[3] = '0';
    const int check = 98 - iban_remainder(bare);
    made[places[2]] = static_cast<char>('0' + check / 10);
    made[places[3]] = static_cast<char>('0' + check % 10);
    return made;
  }

  // Its country, or its 0, stays, and of a Chinese mobile's 1.
  static std::string phone(std::string_view original, Dice& throws) {
    const std::u32string from = characters_of(original);
    std::u32string to = from;
    std::size_t digits = 0;
    const bool international = !from.empty() && from[0] == U'+';
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (value_of(from[i]) < 0) continue;
      ++digits;
      const bool stays = international
                             ? digits <= 2
                             : digits == 1 && (value_of(from[i]) == 0 || value_of(from[i]) == 1);
      if (!stays) to[i] = other_digit(from[i], digits == 1, throws);
    }
    return text_of(to);
  }

  // Years by up to nine, months and days so that the date still is one.
  static std::string date(std::string_view original, Dice& throws) {
    const std::u32string from = characters_of(original);
    std::u32string to = from;
    for (std::size_t i = 0; i < from.size();) {
      std::size_t end = i;
      int value = 0;
      while (end < from.size() && digit_value(from[end]) >= 0 && end - i < 9)
        value = value * 10 + digit_value(from[end++]);
      const std::size_t width = end - i;
      if (width == 0) {
        ++i;
        continue;
      }
      int other = value;
      if (width == 4) {
        other = value + (throws.roll(2) == 0 ? 1 : -1) * static_cast<int>(1 + throws.roll(9));
      } else if (width <= 2 && value >= 1 && value <= 12) {
        other = 1 + static_cast<int>(throws.roll(width == 1 ? 9 : 12));
      } else if (width <= 2 && value > 12) {
        other = 13 + static_cast<int>(throws.roll(16));
      }
      if (width <= 2 && width == 2 && value >= 10 && from[i] != U'0' && other < 10) other += 10;
      if (width == 2 && value <= 12 && other > 12) other = 10 + static_cast<int>(throws.roll(3));
      for (std::size_t k = end; k > i; --k) {
        to[k - 1] = width == 4 || width <= 2 ? same_digit(from[k - 1], other % 10)
                                             : other_digit(from[k - 1], k - 1 == i, throws);
        other /= 10;
      }
      i = end;
    }
    return text_of(to);
  }

  // ---- words ----

  std::string from(std::span<const std::string_view> list, std::string_view original) const {
    Dice throws = dice(original, 0);
    const std::size_t first = throws.roll(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string_view word = list[(first + i) % list.size()];
      if (whole_.find(fold(word)) == std::string::npos) return written_like(word, original);
    }
    return written_like(list[first], original);
  }

  std::string email(std::string_view original) const {
    if (original.starts_with('@')) return fmt::format("@{}", fold(from(given_names(), original)));
    Dice throws = dice(original, 1);
    const std::string given = fold(from(given_names(), original));
    const std::string family = fold(from(family_names(), original));
    return throws.roll(2) == 0 ? given + "." + family + "@example.com" : given + "@example.com";
  }

  // A surname and as many characters behind it as there were.
  std::string han_name(std::string_view original, Dice& throws) const {
    const std::size_t characters = count_characters(original);
    std::string made(pick(han_surnames(), original, throws, 3));
    for (std::size_t i = 1; i < characters; ++i) made += pick(han_given(), original, throws, 3);
    return made;
  }

  // One of the list's, of `size` bytes (0: any), that does not stand in the original.
  static std::string_view pick(std::span<const std::string_view> list, std::string_view original,
                               Dice& throws, std::size_t size) {
    const std::size_t first = throws.roll(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string_view one = list[(first + i) % list.size()];
      const bool fits = size == 0 || one.size() == size;
      if (fits && original.find(fold(one)) == original.npos) return one;
    }
    return list[first];
  }

  // Words of streets and numbers of houses.
  std::string address(std::string_view original, Dice& throws) const {
    std::string made;
    std::size_t at = 0;
    const std::vector<LetterWord> words = letter_words(original);
    for (std::size_t i = 0; i <= words.size(); ++i) {
      const std::size_t begin = i < words.size() ? words[i].begin : original.size();
      made += changed(characters_of(original.substr(at, begin - at)), 0, false, throws);
      if (i == words.size()) break;
      at = words[i].end;
      const std::string_view word = original.substr(begin, at - begin);
      const bool in_code =
          (begin > 0 && digit_value(static_cast<unsigned char>(original[begin - 1])) >= 0) ||
          (at < original.size() && digit_value(static_cast<unsigned char>(original[at])) >= 0);
      if (in_code) {
        made += changed(characters_of(word), 0, true, throws);
      } else {
        made += street_word(word, words[i].folded, throws);
      }
    }
    return made;
  }

  static std::string street_word(std::string_view word, const std::string& folded, Dice& throws) {
    if (is_street_word(folded)) return std::string(word);
    static constexpr std::string_view endings[] = {"strasse", "straße", "gasse", "allee",
                                                   "platz",   "weg",    "damm",  "str"};
    const std::string_view other = pick(streets(), folded, throws, 0);
    for (const std::string_view ending : endings) {
      if (word.size() > ending.size() && word.ends_with(ending))
        return written_like(other, word) + std::string(ending);
    }
    return written_like(other, word);
  }

  std::string han_address(std::string_view original, Dice& throws) const {
    static constexpr std::u32string_view marks =
        U"省市区县镇乡村路街道巷弄号室楼栋幢座层苑里单元大胡同小花园新东西南北自治-－ ";
    const std::u32string from = characters_of(original);
    std::string made;
    for (std::size_t i = 0; i < from.size();) {
      if (digit_value(from[i]) >= 0) {
        std::size_t end = i;
        while (end < from.size() && digit_value(from[end]) >= 0) ++end;
        made += changed(from.substr(i, end - i), 0, false, throws);
        i = end;
      } else if (spoken_digit(from[i]) > 0) {
        append_utf8(other_digit(from[i], true, throws), made);
        ++i;
      } else if (marks.find(from[i]) != marks.npos) {
        append_utf8(from[i++], made);
      } else {
        std::size_t end = i;
        while (end < from.size() && marks.find(from[end]) == marks.npos &&
               value_of(from[end]) < 0) {
          ++end;
        }
        for (; i < end; i += 2) {
          const std::string_view place = pick(han_places(), original, throws, 6);
          made += i + 1 < end ? place : place.substr(0, 3);
        }
        i = end;
      }
    }
    return made;
  }

  const PseudonymRules& rules_;
  const std::string& seed_;
  const std::string whole_;
  std::set<std::string> runs_;                // The text's numbers of three digits and more.
  std::map<std::string, std::string> words_;  // Folded → pseudonym
};

}  // namespace
}  // namespace pseudonym

void PseudonymRules::add_text(std::string_view text) {
  for (const pseudonym::LetterWord& word : pseudonym::letter_words(text)) words.insert(word.folded);
}

void PseudonymRules::add(const TrainingData& data) {
  for (const Example& example : data.examples) {
    if (!example.subject.empty()) continue;  // A customer's words, not the bot's.
    // What is annotated may be somebody's; what a lookup knows comes below.
    std::string rest = example.text;
    for (const Entity& entity : example.entities) {
      if (entity.span.end <= rest.size())
        std::fill(rest.begin() + static_cast<std::ptrdiff_t>(entity.span.begin),
                  rest.begin() + static_cast<std::ptrdiff_t>(entity.span.end), '.');
    }
    add_text(rest);
  }
  for (const Lookup& lookup : data.lookups) {
    for (const std::string& word : lookup.words) {
      phrases.insert(fold(word));
      add_text(word);
    }
  }
  for (const auto& [word, value] : data.synonyms) {
    phrases.insert(word);
    phrases.insert(fold(value));
  }
  for (const Pattern& pattern : data.patterns) {
    if (auto form = Regex::compile(pattern.regex, true)) forms.push_back(std::move(*form));
  }
}

Pseudonyms::Pseudonyms(PseudonymRules rules, std::string seed)
    : rules_(std::move(rules)), seed_(std::move(seed)) {}

Pseudonymised Pseudonyms::replace(std::string_view text, std::span<const Entity> entities,
                                  std::span<const std::string> names) const {
  const auto findings = pseudonym::find_personal(text, entities, names, rules_);
  pseudonym::Maker maker(rules_, seed_, text);
  Pseudonymised result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto& [span, kind] = findings[i];
    result.text += text.substr(at, span.begin - at);
    const bool is_family = i > 0 && findings[i - 1].kind == pseudonym::Kind::name &&
                           findings[i - 1].span.end + 1 == span.begin;
    const std::size_t begin = result.text.size();
    result.text += maker.make(kind, text.substr(span.begin, span.end - span.begin), is_family);
    result.changes.push_back(
        {span, {begin, result.text.size()}, std::string(pseudonym::kind_name(kind))});
    at = span.end;
  }
  result.text += text.substr(std::min(at, text.size()));

  // Where a place of the text came to lie; nullopt inside of what was replaced.
  const auto moved = [&](std::size_t place) -> std::optional<std::size_t> {
    std::size_t shifted = place;
    for (const Pseudonymised::Change& change : result.changes) {
      if (place > change.before.begin && place < change.before.end) return std::nullopt;
      if (place < change.before.end) break;
      shifted = place - change.before.end + change.after.end;
    }
    return shifted;
  };
  for (const Entity& entity : entities) {
    if (entity.span.end > text.size()) continue;
    const auto begin = moved(entity.span.begin), end = moved(entity.span.end);
    if (!begin || !end || *begin >= *end) continue;
    Entity there = entity;
    there.span = {*begin, *end};
    there.value = result.text.substr(*begin, *end - *begin);
    result.entities.push_back(std::move(there));
  }
  return result;
}

}  // namespace nlu

#include "nlu/fuzzy_words.h"

#include <algorithm>
#include <set>

#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::size_t least_letters = 5, most_letters = 40, letters_for_two = 9;

std::u32string letters_of(std::string_view word) {
  std::u32string letters;
  for (std::size_t i = 0; i < word.size();) {
    const Character c = character_at(word, i);
    letters += c.code;
    i = c.end;
  }
  return letters;
}

std::size_t mistakes_allowed(std::u32string_view letters) {
  const bool has_digit = std::any_of(letters.begin(), letters.end(),
                                     [](char32_t c) { return c >= U'0' && c <= U'9'; });
  if (has_digit || letters.size() < least_letters || letters.size() > most_letters) return 0;
  return letters.size() >= letters_for_two ? 2 : 1;
}

// The word, and what it becomes without up to `count` of its letters; never without the first.
std::set<std::u32string> without(const std::u32string& letters, std::size_t count) {
  std::set<std::u32string> all{letters}, last{letters};
  for (; count > 0; --count) {
    std::set<std::u32string> next;
    for (const std::u32string& word : last) {
      for (std::size_t i = 1; i < word.size(); ++i)
        next.insert(word.substr(0, i) + word.substr(i + 1));
    }
    all.insert(next.begin(), next.end());
    last = std::move(next);
  }
  return all;
}

std::string key_of(const std::u32string& letters) {
  return {reinterpret_cast<const char*>(letters.data()), letters.size() * sizeof(char32_t)};
}

}  // namespace

std::size_t edit_distance(std::u32string_view a, std::u32string_view b, std::size_t limit) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] =
          std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return std::min(last[b.size()], limit + 1);
}

void FuzzyWords::add(const std::string& word) {
  if (words_.size() >= word_limit) return;
  const std::u32string letters = letters_of(word);
  if (find(word) != nullptr && *find(word) == word) return;
  words_.push_back(word);
  for (const std::u32string& shorter : without(letters, mistakes_allowed(letters)))
    shortened_[key_of(shorter)].push_back(words_.size() - 1);
}

const std::string* FuzzyWords::find(std::string_view word) const {
  const std::u32string letters = letters_of(word);
  if (letters.size() > most_letters) return nullptr;
  const std::size_t allowed = mistakes_allowed(letters);
  const std::string* best = nullptr;
  std::size_t least = allowed + 1;
  bool tied = false;
  std::set<std::size_t> tried;
  for (const std::u32string& shorter : without(letters, allowed)) {
    const auto found = shortened_.find(key_of(shorter));
    if (found == shortened_.end()) continue;
    for (const std::size_t i : found->second) {
      if (!tried.insert(i).second) continue;
      const std::u32string other = letters_of(words_[i]);
      const std::size_t most = std::min(allowed, mistakes_allowed(other));
      const std::size_t distance = edit_distance(letters, other, most);
      if (distance > most || other.front() != letters.front()) continue;
      tied = distance == least;
      if (distance < least) least = distance, best = &words_[i];
    }
  }
  return tied && least > 0 ? nullptr : best;
}

}  // namespace nlu

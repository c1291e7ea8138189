// Names: by what is said before them, by their capitals, and Chinese ones by surnames and titles.
#include <algorithm>
#include <set>

#include "nlu/pseudonym_finder.h"

namespace nlu::pseudonym {
namespace {

bool is_han(char32_t code) {
  return (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3400 && code <= 0x4dbf) || code == U'〇';
}

}  // namespace

bool Finder::is_name_like(const LetterWord& word) const {
  const std::string bare = without_possessive(word.folded);
  for (const std::string& form : {word.folded, bare}) {
    if (rules_.words.contains(form) || is_capitalised_word(form) || is_common_word(form) ||
        rules_.phrases.contains(form)) {
      return false;
    }
  }
  return bare.size() >= 2;
}

std::string Finder::without_possessive(const std::string& folded) {
  for (const std::string_view ending : {"'s", "’s"}) {
    if (folded.size() > ending.size() && folded.ends_with(ending))
      return folded.substr(0, folded.size() - ending.size());
  }
  return folded;
}

// The name in the word: "Anna" of "Anna's".
void Finder::take_word(const LetterWord& word, Kind kind) {
  std::size_t end = word.end;
  for (const std::string_view ending : {"'s", "’s", "'S", "’S"}) {
    if (end - word.begin > ending.size() && cut({word.begin, end}).ends_with(ending)) {
      end -= ending.size();
      break;
    }
  }
  take({word.begin, end}, kind);
}

void Finder::find_known_names() {
  for (const std::string& name : names_) {
    for (const LetterWord& part : letter_words(name)) {
      if (part.end - part.begin < 2) continue;
      for (const LetterWord& word : words_) {
        const bool is_plain_word =
            !word.capital && (rules_.words.contains(word.folded) || is_common_word(word.folded));
        if (word.folded == part.folded && !is_plain_word) take({word.begin, word.end}, Kind::name);
      }
    }
    if (!has_han(name)) continue;
    for (std::size_t at = text_.find(name); at != std::string_view::npos;
         at = text_.find(name, at + name.size())) {
      take({at, at + name.size()}, Kind::han_name);
    }
  }
}

// How the words before word `at` end: the cue "my name is" is three of them.
bool Finder::follows(std::size_t at, std::initializer_list<std::string_view> cue) const {
  if (at < cue.size()) return false;
  std::size_t i = at - cue.size();
  for (const std::string_view one : cue) {
    if (words_[i++].folded != one) return false;
  }
  const std::string_view between =
      text_.substr(words_[at - 1].end, words_[at].begin - words_[at - 1].end);
  return between.find_first_not_of(" \t:.,\"'-") == std::string_view::npos;
}

// A name follows, however it is written.
bool Finder::after_strong_cue(std::size_t i) const {
  return follows(i, {"name", "is"}) || follows(i, {"name's"}) || follows(i, {"name’s"}) ||
         follows(i, {"name"}) || follows(i, {"call", "me"}) || follows(i, {"mr"}) ||
         follows(i, {"mrs"}) || follows(i, {"ms"}) || follows(i, {"herr"}) ||
         follows(i, {"frau"}) || follows(i, {"heiße"}) || follows(i, {"heisse"});
}

// A name follows when it is written large.
bool Finder::after_cue_of_capital(std::size_t i) const {
  return follows(i, {"this", "is"}) || follows(i, {"it's"}) || follows(i, {"it’s"}) ||
         follows(i, {"hier", "ist"}) || follows(i, {"called"}) || follows(i, {"named"}) ||
         follows(i, {"miss"}) || follows(i, {"signed"}) || follows(i, {"sincerely"}) ||
         follows(i, {"regards"}) || follows(i, {"recipient"}) || follows(i, {"recipient", "is"});
}

// A name follows when it is written large, or when nothing but a name would stand there.
bool Finder::after_weak_cue(std::size_t i) const {
  return follows(i, {"i", "am"}) || follows(i, {"i'm"}) || follows(i, {"i’m"}) ||
         follows(i, {"im"}) || follows(i, {"ich", "bin"});
}

// Whether word `i` written small may be a name behind "I am": nothing but a name stands alone.
bool Finder::stands_alone(std::size_t i) const {
  static constexpr std::string_view endings[] = {"ing",  "ed",  "ly",  "ful", "less", "ous",
                                                 "able", "ive", "ent", "ant", "ible", "est"};
  const std::string& word = words_[i].folded;
  for (const std::string_view ending : endings) {
    if (word.ends_with(ending)) return false;
  }
  if (i + 1 == words_.size()) return true;
  const std::string_view between = text_.substr(words_[i].end, words_[i + 1].begin - words_[i].end);
  if (between.find_first_of(",.;!") != std::string_view::npos) return true;
  const std::string& next = words_[i + 1].folded;
  return next == "and" || next == "from" || next == "here" || is_name_like(words_[i + 1]);
}

bool Finder::adjoins(std::size_t i) const {  // Word i + 1 follows with nothing but a space.
  return i + 1 < words_.size() && words_[i + 1].begin == words_[i].end + 1 &&
         text_[words_[i].end] == ' ';
}

// A cue's name goes on over words that may be names, three in all.
void Finder::take_name(std::size_t i, bool small_too) {
  static constexpr std::string_view particles[] = {"von", "van", "de",  "da", "di", "del", "der",
                                                   "la",  "le",  "bin", "al", "el", "ten", "zu"};
  for (std::size_t count = 0; i < words_.size() && count < 4; ++i, ++count) {
    const LetterWord& word = words_[i];
    const bool particle = count > 0 && std::find(std::begin(particles), std::end(particles),
                                                 word.folded) != std::end(particles);
    const bool fits = word.capital ? !is_capitalised_word(word.folded) || count == 0
                                   : small_too && is_name_like(word);
    if (!particle && !fits) break;
    if (!particle) take_word(word, Kind::name);
    if (!adjoins(i)) break;
  }
}

void Finder::find_names() {
  std::size_t letters = 0, capitals = 0;
  for (const LetterWord& word : words_) {
    letters += word.end - word.begin;
    if (word.all_capital) capitals += word.end - word.begin;
  }
  const bool shouts = capitals * 2 > letters;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const LetterWord& word = words_[i];
    if (after_strong_cue(i) &&
        (is_name_like(word) || (word.capital && !shouts && !is_capitalised_word(word.folded)))) {
      take_name(i, true);
    } else if (after_cue_of_capital(i) && is_name_like(word) && word.capital && !shouts) {
      take_name(i, false);
    } else if (after_weak_cue(i) && is_name_like(word) &&
               ((word.capital && !shouts) || stands_alone(i))) {
      take_name(i, !word.capital);
    }
  }
  repeat_names();
  if (shouts) return;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const LetterWord& word = words_[i];
    if (!word.capital || word.starts || !is_name_like(word)) continue;
    const bool acronym = word.all_capital && count_characters(cut({word.begin, word.end})) <= 5;
    if (acronym || !is_free({word.begin, word.end})) continue;
    take_word(word, is_behind_place_word(i) ? Kind::place : Kind::name);
    if (i > 0 && words_[i - 1].starts && adjoins(i - 1) && words_[i - 1].capital &&
        is_name_like(words_[i - 1])) {  // "Anna Schmidt here": her first name began the sentence.
      take({words_[i - 1].begin, words_[i - 1].end}, Kind::name);
    }
  }
  repeat_names();
}

bool Finder::is_behind_place_word(std::size_t i) const {
  static constexpr std::string_view places[] = {"in",  "at",     "near",    "nach",
                                                "aus", "around", "outside", "into"};
  static constexpr std::string_view ways[] = {"deliver", "delivered", "ship",  "shipped", "send",
                                              "sent",    "move",      "moved", "moving",  "go"};
  if (i == 0 || !adjoins(i - 1)) return false;
  const std::string& before = words_[i - 1].folded;
  if (before != "to")
    return std::find(std::begin(places), std::end(places), before) != std::end(places);
  for (std::size_t k = i - 1; k > 0 && i - k < 5; --k) {
    if (std::find(std::begin(ways), std::end(ways), words_[k - 1].folded) != std::end(ways))
      return true;
  }
  return false;
}

// What is a name once is one wherever it stands.
void Finder::repeat_names() {
  std::set<std::string> names;
  for (const Taken& one : found_) {
    if (!one.kept && one.finding.kind == Kind::name) names.insert(folded(one.finding.span));
  }
  for (const LetterWord& word : words_) {
    if (names.contains(without_possessive(word.folded))) take_word(word, Kind::name);
  }
}

// ---- Chinese names ----

// So many bytes of a surname begin there; 0: none.
std::size_t Finder::surname_at(std::size_t at) const {
  std::size_t longest = 0;
  for (const std::string_view surname : han_surnames()) {
    if (text_.substr(at).starts_with(surname)) longest = std::max(longest, surname.size());
  }
  return longest;
}

// Where a given name of at most `most` characters that begins there ends.
std::size_t Finder::given_end(std::size_t at, int most) const {
  static constexpr std::u32string_view no_name =
      U"我你您他她的了吗呢吧是在要想有和跟与请帮为什么怎啊哦，。！？、,.!? "
      U"订单退换查问买不没给这那就也都但电话号码从住来先女小说";
  for (int count = 0; count < most && at < text_.size(); ++count) {
    const Character one = character_at(text_, at);
    if (!is_han(one.code) || no_name.find(one.code) != no_name.npos) break;
    at = one.end;
  }
  return at;
}

void Finder::take_han_name(std::size_t at, bool needs_surname, bool needs_end) {
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == ':')) ++at;
  if (text_.substr(at).starts_with("：")) at += 3;
  while (at < text_.size() && text_[at] == ' ') ++at;
  const std::size_t surname = surname_at(at);
  if (surname == 0 && needs_surname) return;
  const std::size_t end = given_end(at + surname, surname == 0 ? 3 : 2);
  if (end == at + surname && surname == 0) return;
  if (needs_end && end < text_.size()) {
    const Character next = character_at(text_, end);
    if (is_han(next.code) && next.code != U'我' && next.code != U'的') return;
    if (end == at + surname) return;
  }
  take({at, end}, Kind::han_name);
}

void Finder::find_han_names() {
  static constexpr std::string_view strong[] = {
      "我叫",     "名字叫", "名字是",   "名叫",   "姓名是",   "姓名",
      "收件人是", "收件人", "收货人是", "收货人", "联系人是", "联系人",
      "本人姓名", "我姓",   "署名",     "叫做",   "户名是",   "户名"};
  for (const std::string_view cue : strong) {
    for (std::size_t at = text_.find(cue); at != std::string_view::npos;
         at = text_.find(cue, at + cue.size())) {
      take_han_name(at + cue.size(), false, false);
    }
  }
  for (const std::string_view cue : {"我是", "这里是", "本人"}) {
    for (std::size_t at = text_.find(cue); at != std::string_view::npos;
         at = text_.find(cue, at + cue.size())) {
      take_han_name(at + cue.size(), true, true);
    }
  }
  for (const std::string_view title : {"先生", "女士", "小姐", "太太", "老师", "经理"}) {
    for (std::size_t at = text_.find(title); at != std::string_view::npos;
         at = text_.find(title, at + title.size())) {
      find_before_title(at);
    }
  }
  repeat_han_names();
}

// 王小明先生, 王先生: the surname that the longest name before the title begins with.
void Finder::find_before_title(std::size_t at) {
  for (std::size_t characters = 4; characters >= 1; --characters) {
    if (at < 3 * characters) continue;
    const std::size_t begin = at - 3 * characters;
    const std::size_t surname = surname_at(begin);
    if (surname == 0 || begin + surname > at) continue;
    if (given_end(begin + surname, 3) < at) continue;
    if ((at - begin - surname) / 3 > 2) continue;
    return take({begin, at}, Kind::han_name);
  }
}

void Finder::repeat_han_names() {
  const std::vector<Taken> so_far = found_;
  for (const Taken& one : so_far) {
    const std::string_view name = cut(one.finding.span);
    if (one.kept || one.finding.kind != Kind::han_name || name.size() < 6) continue;
    for (std::size_t at = text_.find(name); at != std::string_view::npos;
         at = text_.find(name, at + name.size())) {
      take({at, at + name.size()}, Kind::han_name);
    }
  }
}

}  // namespace nlu::pseudonym

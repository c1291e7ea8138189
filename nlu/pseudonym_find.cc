#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "nlu/builtin_entities.h"
#include "nlu/pseudonym_parts.h"

namespace nlu::pseudonym {
namespace {

constexpr std::u32string_view han_digits = U"零一二三四五六七八九";  // And 〇, 幺
constexpr char32_t digit_zeros[] = {U'0', U'\uff10', U'\u0660', U'\u06f0', U'\u0966'};

bool is_han(char32_t code) {
  return (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3400 && code <= 0x4dbf) || code == U'〇';
}

bool is_letter(const Character& character) {
  const char32_t code = character.code;
  if (code < 0x80) return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  if (code < 0xc0 || code == 0xd7 || code == 0xf7 || code == 0xfffd) return false;
  return character.kind == CharacterKind::other && digit_value(code) < 0 && code < 0x2000;
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Types of entities that are somebody's own, by their names.
bool is_persons(std::string_view type) {
  const std::string folded = fold(type);
  for (const char* thing :
       {"product", "item", "brand", "file", "company", "shop", "store", "bot"}) {
    if (holds(folded, thing)) return false;
  }
  for (const char* own : {"name", "person", "customer", "姓名", "人名", "名字"}) {
    if (holds(folded, own)) return true;
  }
  return folded == "per";
}
bool is_place(std::string_view type) {
  const std::string folded = fold(type);
  for (const char* own : {"address", "street", "postcode", "post_code", "postal", "zip", "birth",
                          "passport", "plate", "地址", "街道", "邮编", "住址"}) {
    if (holds(folded, own)) return true;
  }
  return false;
}

class Finder {
 public:
  Finder(std::string_view text, std::span<const Entity> entities,
         std::span<const std::string> names, const PseudonymRules& rules)
      : text_(text),
        entities_(entities),
        names_(names),
        rules_(rules),
        words_(letter_words(text)) {}

  std::vector<Finding> run() {
    for (std::size_t at = 0; at < text_.size(); at = character_at(text_, at).end)
      starts_.push_back(at);
    find_by_rule();
    keep_lookups();
    find_han_addresses();
    find_addresses();
    find_annotated();
    find_forms();
    find_codes();
    find_numbers();
    find_known_names();
    find_han_names();
    find_names();
    std::erase_if(found_, [](const Taken& one) { return one.kept; });
    std::vector<Finding> all;
    for (const Taken& one : found_) all.push_back(one.finding);
    std::sort(all.begin(), all.end(),
              [](const Finding& a, const Finding& b) { return a.span.begin < b.span.begin; });
    return all;
  }

 private:
  struct Taken {
    Finding finding;
    bool kept = false;  // As it is: the bot's own.
  };

  bool is_free(Span span) const {
    return std::none_of(found_.begin(), found_.end(), [&](const Taken& one) {
      return one.finding.span.begin < span.end && span.begin < one.finding.span.end;
    });
  }
  void take(Span span, Kind kind, bool kept = false) {
    if (span.begin < span.end && is_free(span)) found_.push_back({{span, kind}, kept});
  }
  std::string_view cut(Span span) const { return text_.substr(span.begin, span.end - span.begin); }
  std::string folded(Span span) const { return fold(cut(span)); }

  int digits_in(std::string_view part) const {
    int count = 0;
    for (std::size_t at = 0; at < part.size();) {
      const Character one = character_at(part, at);
      count += digit_value(one.code) >= 0 ? 1 : 0;
      at = one.end;
    }
    return count;
  }

  // ---- what has a form of its own ----

  void find_by_rule() {
    static const Regex email = *Regex::compile(
        R"([\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}._%+'-]+@[\p{Latin}\p{Nd}.-]*[\p{Latin}\p{Nd}])");
    static const Regex handle = *Regex::compile(R"(@[\p{Latin}\p{Nd}_.]{2,})");
    for (const auto& match : email.find_all(text_)) take({match.begin, match.end}, Kind::email);
    std::vector<Entity> builtins;
    find_builtin_entities({std::string(text_), "", {}}, builtins);
    static constexpr std::pair<std::string_view, Kind> kinds[] = {{"url", Kind::url},
                                                                  {"iban", Kind::iban},
                                                                  {"card", Kind::card},
                                                                  {"date", Kind::date},
                                                                  {"phone", Kind::phone}};
    for (const auto& [type, kind] : kinds) {
      for (const Entity& entity : builtins) {
        if (entity.type != type) continue;
        if (kind == Kind::date && !has_run(cut(entity.span), 3)) continue;
        take(entity.span, kind);
      }
    }
    for (const auto& match : handle.find_all(text_)) take({match.begin, match.end}, Kind::email);
  }

  // Whether so many digits stand side by side.
  static bool has_run(std::string_view part, int count) {
    int run = 0;
    for (std::size_t at = 0; at < part.size() && run < count;) {
      const Character one = character_at(part, at);
      run = digit_value(one.code) >= 0 ? run + 1 : 0;
      at = one.end;
    }
    return run >= count;
  }

  // The bot's own words, with numbers in them or not, are nobody's.
  void keep_lookups() {
    for (const Entity& entity : entities_) {
      const bool known = entity.source == "lookup" || rules_.phrases.contains(folded(entity.span));
      if (known && entity.span.end <= text_.size()) take(entity.span, Kind::name, true);
    }
  }

  void find_annotated() {
    for (const Entity& entity : entities_) {
      if (entity.span.end > text_.size() || entity.source == "builtin") continue;
      if (is_place(entity.type)) {
        take(entity.span, has_han(cut(entity.span)) ? Kind::han_address : Kind::address);
      } else if (is_persons(entity.type)) {
        if (has_han(cut(entity.span))) take(entity.span, Kind::han_name);
        for (const LetterWord& word : words_) {
          if (word.begin >= entity.span.begin && word.end <= entity.span.end)
            take({word.begin, word.end}, Kind::name);
        }
      }
    }
  }

  // ---- codes and numbers ----

  // Values that a form of the bot's knows, at least three characters with a digit among them.
  void find_forms() {
    for (const Regex& form : rules_.forms) {
      for (const auto& match : form.find_all(text_)) {
        const std::string_view value = text_.substr(match.begin, match.end - match.begin);
        const int digits = digits_in(value);
        const bool mixed = letters_in(value) > 0;
        if (digits == 0 || (!mixed && digits < 3) || count_characters(value) < 3) continue;
        if (rules_.phrases.contains(fold(value)) || has_han(value)) continue;
        take({match.begin, match.end}, mixed ? Kind::code : Kind::number);
      }
    }
  }

  static int letters_in(std::string_view part) {
    return static_cast<int>(std::count_if(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }));
  }

  // British postcodes, and letters and digits in turn, as passports, parcels and passwords have.
  void find_codes() {
    static const Regex postcode =
        *Regex::compile(R"(\b[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}\b)");
    static const Regex mixed = *Regex::compile(R"([A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*)");
    for (const auto& match : postcode.find_all(text_)) take({match.begin, match.end}, Kind::code);
    for (const auto& match : mixed.find_all(text_)) {
      const std::string_view value = text_.substr(match.begin, match.end - match.begin);
      if (rules_.words.contains(fold(value)) || rules_.phrases.contains(fold(value))) continue;
      int turns = 0;
      for (std::size_t i = 1; i < value.size(); ++i) {
        const auto digit = [&](std::size_t at) { return value[at] >= '0' && value[at] <= '9'; };
        turns += digit(i) != digit(i - 1) && value[i] != '-' && value[i - 1] != '-' ? 1 : 0;
      }
      const int digits = digits_in(value);
      const bool long_code = value.size() >= 5 && digits >= 2 && turns >= 2;
      if (long_code && letters_in(value) > 0) take({match.begin, match.end}, Kind::code);
    }
  }

  // Runs of three digits and more; shorter ones where several are parted by marks only and make six
  // together: "12 34 56". What is left of a run that something else has taken in part goes, too.
  void find_numbers() {
    struct Run {
      std::size_t begin = 0, end = 0;  // In starts_
      bool joined = false;             // To the one before
    };
    const auto value_at = [&](std::size_t i) {
      const int value = digit_value(character_at(text_, starts_[i]).code);
      return value;
    };
    static const Regex spoken = *Regex::compile("[〇零一二三四五六七八九幺]{4,}");
    for (const auto& match : spoken.find_all(text_)) take({match.begin, match.end}, Kind::number);
    std::vector<Run> runs;
    for (std::size_t i = 0; i < starts_.size();) {
      if (value_at(i) < 0) {
        ++i;
        continue;
      }
      Run run{i, i, false};
      while (run.end < starts_.size() && value_at(run.end) >= 0) ++run.end;
      if (!runs.empty() && i - runs.back().end <= 2) {
        const std::string_view between =
            text_.substr(starts_[runs.back().end - 1], starts_[i] - starts_[runs.back().end - 1]);
        run.joined = between.find_first_not_of("0123456789 -./()") == std::string_view::npos;
      }
      runs.push_back(run);
      i = run.end;
    }
    for (std::size_t first = 0; first < runs.size();) {
      std::size_t last = first + 1;
      while (last < runs.size() && runs[last].joined) ++last;
      std::size_t digits = 0, shorts = 0;
      for (std::size_t i = first; i < last; ++i) {
        digits += runs[i].end - runs[i].begin;
        shorts += runs[i].end - runs[i].begin < 3 ? 1 : 0;
      }
      for (std::size_t i = first; i < last; ++i) {
        const bool is_long = runs[i].end - runs[i].begin >= 3;
        if (is_long || (digits >= 6 && shorts >= 2)) take_run(runs[i].begin, runs[i].end);
      }
      first = last;
    }
  }

  std::size_t byte_at(std::size_t i) const {
    return i < starts_.size() ? starts_[i] : text_.size();
  }

  void take_run(std::size_t begin, std::size_t end) {
    const Span whole{byte_at(begin), byte_at(end)};
    if (is_free(whole)) return take(whole, Kind::number);
    for (std::size_t i = begin; i < end; ++i) take({byte_at(i), byte_at(i + 1)}, Kind::number);
  }

  // ---- addresses ----

  void find_addresses() {
    // The house number first; a word that is also a common one must be written large.
    static const Regex house = *Regex::compile(
        R"((?:(?:flat|apartment|apt|unit)\.? ?\d+[A-Za-z]?,? )?\b\d+[A-Za-z]?,? (?:\p{L}[\p{L}'.-]* ){1,3}(?:street|road|avenue|ave|lane|boulevard|blvd|terrace|crescent|mews)\b)",
        true);
    static const Regex large = *Regex::compile(
        R"(\b\d+[A-Za-z]?,? (?:\p{Lu}[\p{L}'.-]* ){1,3}(?:St|Rd|Ln|Drive|Dr|Court|Ct|Square|Sq|Place|Pl|Close|Gardens|Grove|Hill|Park|Row|Walk|Way)\b)");
    static const Regex german = *Regex::compile(
        R"(\p{L}[\p{L}-]*(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|weg|damm)\s?\d+\s?[a-z]?\b)",
        true);
    static const Regex roman = *Regex::compile(
        R"(\b\d+,? (?:rue|avenue|boulevard)(?: (?:de|du|des|la|le|l'))* ?\p{L}+)", true);
    for (const Regex* form : {&house, &large, &german, &roman}) {
      for (const auto& match : form->find_all(text_)) {
        const Span span{match.begin, match.end};
        const bool is_talk = form == &house && has_talk(span);
        if (!is_talk) take(span, Kind::address);
      }
    }
  }

  // "2 parcels on the road": no street has such words in its name.
  bool has_talk(Span span) const {
    return std::any_of(words_.begin(), words_.end(), [&](const LetterWord& word) {
      return word.begin >= span.begin && word.end <= span.end && !word.capital &&
             !is_street_word(word.folded) && is_common_word(word.folded);
    });
  }

  // Two levels (省市, 市区) or a road with a number; to the left as far as such names go on.
  void find_han_addresses() {
    static const Regex road = *Regex::compile(
        R"(\p{Han}{2}(?:大道|路|街|道|巷|弄|胡同|里|村|小区|花园|新村|苑)[\d０-９一二三四五六七八九十百]+(?:号|弄|栋|幢|单元|室|楼|座|层|[-－]|[\d０-９一二三四五六七八九十百]|东|西|南|北)*)");
    static const Regex levels =
        *Regex::compile(R"(\p{Han}{2,3}(?:省|市|自治区)\p{Han}{2,3}(?:区|县|市|镇))");
    for (const Regex* form : {&road, &levels}) {
      for (const auto& match : form->find_all(text_)) {
        std::size_t begin = match.begin;
        if (form == &levels) {
          begin = after_cue(match.begin, match.end);
        } else {
          begin = extend_left(begin);
        }
        std::size_t end = match.end;
        if (form == &levels) {  // What stands behind, up to the road's number.
          for (const auto& other : road.find_all(text_)) {
            if (other.begin >= end && text_.substr(end, other.begin - end).size() <= 24) {
              end = other.end;
              break;
            }
          }
        }
        take({begin, end}, Kind::han_address);
      }
    }
  }

  // Behind "deliver to" and the like, when that stands in the span.
  std::size_t after_cue(std::size_t begin, std::size_t end) const {
    static constexpr std::string_view cues[] = {
        "寄到", "送到", "发到", "送去", "寄去", "住在", "搬到", "地址", "改成", "改为",
        "改到", "在",   "到",   "是",   "去",   "往",   "从",   "给",   "于",   "为"};
    std::size_t at = begin;
    const std::string_view part = text_.substr(begin, end - begin);
    for (const std::string_view cue : cues) {
      const std::size_t found = part.substr(0, std::min<std::size_t>(part.size(), 15)).rfind(cue);
      if (found != std::string_view::npos) at = std::max(at, begin + found + cue.size());
    }
    return at;
  }

  // "北京市朝阳区" before "幸福路12号".
  std::size_t extend_left(std::size_t begin) const {
    static const Regex before =
        *Regex::compile(R"((?:\p{Han}{2,8}(?:省|自治区|市|区|县|镇|乡))+\p{Han}{0,2}$)");
    const std::size_t from = begin > 60 ? begin - 60 : 0;
    std::size_t start = from;
    while (start < begin && (static_cast<unsigned char>(text_[start]) & 0xc0) == 0x80) ++start;
    const auto matches = before.find_all(text_.substr(start, begin - start));
    if (matches.empty()) return after_cue(begin, begin + 6);
    return after_cue(start + matches.back().begin, begin);
  }

  // ---- names ----

  bool is_name_like(const LetterWord& word) const {
    const std::string bare = without_possessive(word.folded);
    for (const std::string& form : {word.folded, bare}) {
      if (rules_.words.contains(form) || is_capitalised_word(form) || is_common_word(form) ||
          rules_.phrases.contains(form)) {
        return false;
      }
    }
    return bare.size() >= 2;
  }

  static std::string without_possessive(const std::string& folded) {
    for (const std::string_view ending : {"'s", "’s"}) {
      if (folded.size() > ending.size() && folded.ends_with(ending))
        return folded.substr(0, folded.size() - ending.size());
    }
    return folded;
  }

  // The name in the word: "Anna" of "Anna's".
  void take_word(const LetterWord& word, Kind kind) {
    std::size_t end = word.end;
    for (const std::string_view ending : {"'s", "’s", "'S", "’S"}) {
      if (end - word.begin > ending.size() && cut({word.begin, end}).ends_with(ending)) {
        end -= ending.size();
        break;
      }
    }
    take({word.begin, end}, kind);
  }

  void find_known_names() {
    for (const std::string& name : names_) {
      for (const LetterWord& part : letter_words(name)) {
        if (part.end - part.begin < 2) continue;
        for (const LetterWord& word : words_) {
          const bool is_plain_word =
              !word.capital && (rules_.words.contains(word.folded) || is_common_word(word.folded));
          if (word.folded == part.folded && !is_plain_word)
            take({word.begin, word.end}, Kind::name);
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
  bool follows(std::size_t at, std::initializer_list<std::string_view> cue) const {
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
  bool after_strong_cue(std::size_t i) const {
    return follows(i, {"name", "is"}) || follows(i, {"name's"}) || follows(i, {"name’s"}) ||
           follows(i, {"name"}) || follows(i, {"call", "me"}) || follows(i, {"mr"}) ||
           follows(i, {"mrs"}) || follows(i, {"ms"}) || follows(i, {"herr"}) ||
           follows(i, {"frau"}) || follows(i, {"heiße"}) || follows(i, {"heisse"});
  }
  // A name follows when it is written large.
  bool after_cue_of_capital(std::size_t i) const {
    return follows(i, {"this", "is"}) || follows(i, {"it's"}) || follows(i, {"it’s"}) ||
           follows(i, {"hier", "ist"}) || follows(i, {"called"}) || follows(i, {"named"}) ||
           follows(i, {"miss"}) || follows(i, {"signed"}) || follows(i, {"sincerely"}) ||
           follows(i, {"regards"}) || follows(i, {"recipient"}) || follows(i, {"recipient", "is"});
  }
  // A name follows when it is written large, or when nothing but a name would stand there.
  bool after_weak_cue(std::size_t i) const {
    return follows(i, {"i", "am"}) || follows(i, {"i'm"}) || follows(i, {"i’m"}) ||
           follows(i, {"im"}) || follows(i, {"ich", "bin"});
  }

  // Whether word `i` written small may be a name behind "I am": nothing but a name stands alone.
  bool stands_alone(std::size_t i) const {
    static constexpr std::string_view endings[] = {"ing",  "ed",  "ly",  "ful", "less", "ous",
                                                   "able", "ive", "ent", "ant", "ible", "est"};
    const std::string& word = words_[i].folded;
    for (const std::string_view ending : endings) {
      if (word.ends_with(ending)) return false;
    }
    if (i + 1 == words_.size()) return true;
    const std::string_view between =
        text_.substr(words_[i].end, words_[i + 1].begin - words_[i].end);
    if (between.find_first_of(",.;!") != std::string_view::npos) return true;
    const std::string& next = words_[i + 1].folded;
    return next == "and" || next == "from" || next == "here" || is_name_like(words_[i + 1]);
  }

  bool adjoins(std::size_t i) const {  // Word i + 1 follows with nothing but a space.
    return i + 1 < words_.size() && words_[i + 1].begin == words_[i].end + 1 &&
           text_[words_[i].end] == ' ';
  }

  // A cue's name goes on over words that may be names, three in all.
  void take_name(std::size_t i, bool small_too) {
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

  void find_names() {
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

  bool is_behind_place_word(std::size_t i) const {
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
  void repeat_names() {
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
  std::size_t surname_at(std::size_t at) const {
    std::size_t longest = 0;
    for (const std::string_view surname : han_surnames()) {
      if (text_.substr(at).starts_with(surname)) longest = std::max(longest, surname.size());
    }
    return longest;
  }

  // Where a given name of at most `most` characters that begins there ends.
  std::size_t given_end(std::size_t at, int most) const {
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

  void take_han_name(std::size_t at, bool needs_surname, bool needs_end) {
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

  void find_han_names() {
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
  void find_before_title(std::size_t at) {
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

  void repeat_han_names() {
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

  std::string_view text_;
  std::span<const Entity> entities_;
  std::span<const std::string> names_;
  const PseudonymRules& rules_;
  std::vector<LetterWord> words_;
  std::vector<std::size_t> starts_;  // Of the characters
  std::vector<Taken> found_;
};

}  // namespace

std::string_view kind_name(Kind kind) {
  static constexpr std::string_view names[] = {"email", "url",     "card",   "iban", "phone",
                                               "date",  "code",    "number", "name", "name",
                                               "place", "address", "address"};
  return names[static_cast<std::size_t>(kind)];
}

int digit_value(char32_t code) {
  for (const char32_t zero : digit_zeros) {
    if (code >= zero && code < zero + 10) return static_cast<int>(code - zero);
  }
  return -1;
}

int spoken_digit(char32_t code) {
  if (code == U'〇') return 0;
  if (code == U'幺') return 1;
  const std::size_t at = han_digits.find(code);
  return at == han_digits.npos ? -1 : static_cast<int>(at);
}

char32_t same_digit(char32_t of, int value) {
  for (const char32_t zero : digit_zeros) {
    if (of >= zero && of < zero + 10) return zero + static_cast<char32_t>(value);
  }
  return han_digits[static_cast<std::size_t>(value)];
}

std::vector<LetterWord> letter_words(std::string_view text) {
  std::vector<LetterWord> words;
  bool starts = true;
  for (std::size_t at = 0; at < text.size();) {
    Character one = character_at(text, at);
    if (!is_letter(one)) {
      if (one.code == '.' || one.code == '!' || one.code == '?' || one.code == '\n' ||
          one.code == U'。' || one.code == U'！' || one.code == U'？' || one.code == ':') {
        starts = true;
      } else if (one.kind == CharacterKind::other || one.kind == CharacterKind::chinese) {
        starts = false;  // A digit or a Chinese character begins the sentence as well as a word.
      }
      at = one.end;
      continue;
    }
    LetterWord word{at, at, false, true, starts, ""};
    std::size_t letters = 0;
    while (at < text.size()) {
      one = character_at(text, at);
      const bool joins = one.code == '\'' || one.code == U'’' || one.code == '-';
      if (joins && (one.end >= text.size() || !is_letter(character_at(text, one.end)))) break;
      if (!joins && !is_letter(one)) break;
      if (!joins) {
        const bool upper = is_upper(text.substr(at, one.end - at));
        if (letters == 0) word.capital = upper;
        word.all_capital = word.all_capital && upper;
        ++letters;
      }
      at = one.end;
    }
    word.end = at;
    word.all_capital = word.all_capital && letters >= 2;
    word.folded = fold(text.substr(word.begin, word.end - word.begin));
    words.push_back(std::move(word));
    starts = false;
  }
  return words;
}

bool is_upper(std::string_view letter) {
  if (letter.size() == 1) return letter[0] >= 'A' && letter[0] <= 'Z';
  return letter != "ß" && fold(letter) != letter;
}

std::vector<Finding> find_personal(std::string_view text, std::span<const Entity> entities,
                                   std::span<const std::string> names,
                                   const PseudonymRules& rules) {
  return Finder(text, entities, names, rules).run();
}

}  // namespace nlu::pseudonym

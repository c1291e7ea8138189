// Where people live: house numbers with a street's word, Chinese roads and levels.
#include <algorithm>

#include "nlu/pseudonym_finder.h"

namespace nlu::pseudonym {

void Finder::find_addresses() {
  // The house number first; a word that is also a common one must be written large.
  static const Regex house = *Regex::compile(
      R"((?:(?:flat|apartment|apt|unit)\.? ?\d+[A-Za-z]?,? )?\b\d+[A-Za-z]?,? (?:\p{L}[\p{L}'.-]* ){1,3}(?:street|road|avenue|ave|lane|boulevard|blvd|terrace|crescent|mews)\b)",
      true);
  static const Regex large = *Regex::compile(
      R"(\b\d+[A-Za-z]?,? (?:\p{Lu}[\p{L}'.-]* ){1,3}(?:St|Rd|Ln|Drive|Dr|Court|Ct|Square|Sq|Place|Pl|Close|Gardens|Grove|Hill|Park|Row|Walk|Way)\b)");
  static const Regex german = *Regex::compile(
      R"(\p{L}[\p{L}-]*(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|weg|damm)\s?\d+\s?[a-z]?\b)", true);
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
bool Finder::has_talk(Span span) const {
  return std::any_of(words_.begin(), words_.end(), [&](const LetterWord& word) {
    return word.begin >= span.begin && word.end <= span.end && !word.capital &&
           !is_street_word(word.folded) && is_common_word(word.folded);
  });
}

// Two levels (省市, 市区) or a road with a number; to the left as far as such names go on.
void Finder::find_han_addresses() {
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
std::size_t Finder::after_cue(std::size_t begin, std::size_t end) const {
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
std::size_t Finder::extend_left(std::size_t begin) const {
  static const Regex before =
      *Regex::compile(R"((?:\p{Han}{2,8}(?:省|自治区|市|区|县|镇|乡))+\p{Han}{0,2}$)");
  const std::size_t from = begin > 60 ? begin - 60 : 0;
  std::size_t start = from;
  while (start < begin && (static_cast<unsigned char>(text_[start]) & 0xc0) == 0x80) ++start;
  const auto matches = before.find_all(text_.substr(start, begin - start));
  if (matches.empty()) return after_cue(begin, begin + 6);
  return after_cue(start + matches.back().begin, begin);
}

}  // namespace nlu::pseudonym

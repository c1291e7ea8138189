#include <algorithm>
#include <utility>

#include "nlu/builtin_entities.h"
#include "nlu/pseudonym_finder.h"

namespace nlu::pseudonym {
namespace {

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

}  // namespace

std::vector<Finding> Finder::run() {
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

bool Finder::is_free(Span span) const {
  return std::none_of(found_.begin(), found_.end(), [&](const Taken& one) {
    return one.finding.span.begin < span.end && span.begin < one.finding.span.end;
  });
}

void Finder::take(Span span, Kind kind, bool kept) {
  if (span.begin < span.end && is_free(span)) found_.push_back({{span, kind}, kept});
}

std::string_view Finder::cut(Span span) const {
  return text_.substr(span.begin, span.end - span.begin);
}

std::string Finder::folded(Span span) const { return fold(cut(span)); }

int Finder::digits_in(std::string_view part) const {
  int count = 0;
  for (std::size_t at = 0; at < part.size();) {
    const Character one = character_at(part, at);
    count += digit_value(one.code) >= 0 ? 1 : 0;
    at = one.end;
  }
  return count;
}

// ---- what has a form of its own ----

void Finder::find_by_rule() {
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
bool Finder::has_run(std::string_view part, int count) {
  int run = 0;
  for (std::size_t at = 0; at < part.size() && run < count;) {
    const Character one = character_at(part, at);
    run = digit_value(one.code) >= 0 ? run + 1 : 0;
    at = one.end;
  }
  return run >= count;
}

// The bot's own words, with numbers in them or not, are nobody's.
void Finder::keep_lookups() {
  for (const Entity& entity : entities_) {
    const bool known = entity.source == "lookup" || rules_.phrases.contains(folded(entity.span));
    if (known && entity.span.end <= text_.size()) take(entity.span, Kind::name, true);
  }
}

void Finder::find_annotated() {
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
void Finder::find_forms() {
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

int Finder::letters_in(std::string_view part) {
  return static_cast<int>(std::count_if(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }));
}

// British postcodes, and letters and digits in turn, as passports, parcels and passwords have.
void Finder::find_codes() {
  static const Regex postcode = *Regex::compile(R"(\b[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}\b)");
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
void Finder::find_numbers() {
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

std::size_t Finder::byte_at(std::size_t i) const {
  return i < starts_.size() ? starts_[i] : text_.size();
}

void Finder::take_run(std::size_t begin, std::size_t end) {
  const Span whole{byte_at(begin), byte_at(end)};
  if (is_free(whole)) return take(whole, Kind::number);
  for (std::size_t i = begin; i < end; ++i) take({byte_at(i), byte_at(i + 1)}, Kind::number);
}

std::string_view kind_name(Kind kind) {
  static constexpr std::string_view names[] = {"email", "url",     "card",   "iban", "phone",
                                               "date",  "code",    "number", "name", "name",
                                               "place", "address", "address"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<Finding> find_personal(std::string_view text, std::span<const Entity> entities,
                                   std::span<const std::string> names,
                                   const PseudonymRules& rules) {
  return Finder(text, entities, names, rules).run();
}

}  // namespace nlu::pseudonym

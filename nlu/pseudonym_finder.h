// How nlu/pseudonyms.cc finds what is personal; its own.
//
// pseudonym_find.cc knows what has a form of its own, codes and numbers, pseudonym_addresses.cc
// where people live, pseudonym_names.cc what they are called. What is found first stays.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/pseudonym_parts.h"

namespace nlu::pseudonym {

class Finder {
 public:
  Finder(std::string_view text, std::span<const Entity> entities,
         std::span<const std::string> names, const PseudonymRules& rules)
      : text_(text),
        entities_(entities),
        names_(names),
        rules_(rules),
        words_(letter_words(text)) {}

  std::vector<Finding> run();

 private:
  struct Taken {
    Finding finding;
    bool kept = false;  // As it is: the bot's own.
  };

  bool is_free(Span span) const;
  void take(Span span, Kind kind, bool kept = false);
  std::string_view cut(Span span) const;
  std::string folded(Span span) const;
  int digits_in(std::string_view part) const;

  void find_by_rule();
  static bool has_run(std::string_view part, int count);
  void keep_lookups();
  void find_annotated();

  void find_forms();
  static int letters_in(std::string_view part);
  void find_codes();
  void find_numbers();
  std::size_t byte_at(std::size_t i) const;
  void take_run(std::size_t begin, std::size_t end);

  void find_addresses();
  bool has_talk(Span span) const;
  void find_han_addresses();
  std::size_t after_cue(std::size_t begin, std::size_t end) const;
  std::size_t extend_left(std::size_t begin) const;

  bool is_name_like(const LetterWord& word) const;
  static std::string without_possessive(const std::string& folded);
  void take_word(const LetterWord& word, Kind kind);
  void find_known_names();
  bool follows(std::size_t at, std::initializer_list<std::string_view> cue) const;
  bool after_strong_cue(std::size_t i) const;
  bool after_cue_of_capital(std::size_t i) const;
  bool after_weak_cue(std::size_t i) const;
  bool stands_alone(std::size_t i) const;
  bool adjoins(std::size_t i) const;
  void take_name(std::size_t i, bool small_too);
  void find_names();
  bool is_behind_place_word(std::size_t i) const;
  void repeat_names();

  std::size_t surname_at(std::size_t at) const;
  std::size_t given_end(std::size_t at, int most) const;
  void take_han_name(std::size_t at, bool needs_surname, bool needs_end);
  void find_han_names();
  void find_before_title(std::size_t at);
  void repeat_han_names();

  std::string_view text_;
  std::span<const Entity> entities_;
  std::span<const std::string> names_;
  const PseudonymRules& rules_;
  std::vector<LetterWord> words_;
  std::vector<std::size_t> starts_;  // Of the characters
  std::vector<Taken> found_;
};

}  // namespace nlu::pseudonym

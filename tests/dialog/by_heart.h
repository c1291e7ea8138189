// An interpreter that knows a bot's examples by heart, and nothing else; entities by its regexes.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "dialog/bot.h"
#include "dialog/load.h"
#include "nlu/base/unicode.h"
#include "nlu/interpreter.h"
#include "nlu/language.h"

class ByHeart : public nlu::Interpreter {
 public:
  explicit ByHeart(const dialog::Bot& bot) : bot_(bot), languages_({bot.language, "zh"}) {}

  std::vector<nlu::Interpretation> interpret(std::span<const nlu::Utterance> all) const override {
    std::vector<nlu::Interpretation> meanings;
    for (const nlu::Utterance& one : all) meanings.push_back(meaning_of(one.text));
    return meanings;
  }
  const std::string& version() const override { return version_; }

 private:
  nlu::Interpretation meaning_of(const std::string& text) const {
    nlu::Interpretation meaning;
    nlu::Segment segment{{0, text.size()}, {{"hours", 0.05}}, 0.9, 0};
    for (const nlu::Example& example : bot_.training.examples) {
      if (nlu::fold(example.text) != nlu::fold(text)) continue;
      segment.intents = {{example.intent, 0.95}};
      segment.p_outside = 0.02;
    }
    meaning.segments.push_back(segment);
    for (const nlu::Pattern& pattern : bot_.training.patterns) {
      const auto regex = nlu::Regex::compile(pattern.regex);
      REQUIRE(regex);
      for (const auto& match : regex->find_all(text)) {
        nlu::Entity entity;
        entity.type = pattern.entity;
        entity.span = {match.begin, match.end};
        entity.value = text.substr(match.begin, match.end - match.begin);
        entity.source = "regex";
        meaning.entities.push_back(entity);
      }
    }
    meaning.language = languages_.identify(text, nlu::split_words(text), meaning.entities);
    return meaning;
  }

  const dialog::Bot& bot_;
  nlu::LanguageIdentifier languages_;
  std::string version_ = "by heart";
};

// The bot that the language's own conversations are about.
inline const std::string parcels_folder =
    std::string(USHER_SOURCE_DIR) + "/tests/conversations/parcels";

inline dialog::BotPtr parcels() {
  static const dialog::Loaded loaded = dialog::load_bot(parcels_folder);
  for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
  REQUIRE(loaded.bot);
  return loaded.bot;
}

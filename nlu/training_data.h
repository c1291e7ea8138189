// What a bot's nlu/*.yml say: Rasa's training data format, version 3.1, and beside it items
// "- sentiment: negative" (neutral, positive) and "- urgency: high" (low).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/diagnostic.h"
#include "nlu/base/yaml.h"
#include "nlu/interpretation.h"

namespace nlu {

// The intent of examples of what a bot is not for.
inline constexpr std::string_view outside_label = "out_of_scope";

struct Example {
  std::string text;  // Without the annotations.
  std::string intent;
  std::vector<Entity> entities;
  Mark mark;
  std::vector<Span> tokens = {};  // As Utterance has them.
  std::string subject = {};       // Whose words they were (metadata.subject); "": nobody's.
  int document = 0;  // Examples in a row with one number stand in one document; 0: none.
};

struct Lookup {
  std::string entity;
  std::vector<std::string> words;
  bool fuzzy = false;  // Misspelt ones count, too (nlu/fuzzy_words.h); not of Chinese.
};

struct Pattern {
  std::string entity;
  std::string regex;
  Mark mark;
};

struct Intent {
  std::string name;
  std::string description;  // From metadata.description; may be empty.
  Mark mark;
};

// A text whose tone is known.
struct ToneExample {
  std::string text;
  std::string label;  // "negative", "neutral" or "positive"; "low" or "high".
};

struct TrainingData {
  std::vector<Intent> intents;
  std::vector<Example> examples;
  std::map<std::string, std::string> synonyms;  // Folded word → canonical value.
  std::vector<Lookup> lookups;
  std::vector<Pattern> patterns;
  std::vector<ToneExample> sentiments, urgencies;  // Beside those that come with Usher.
};

// Adds one file's content to `data`. What is wrong goes to `diagnostics`; the rest is still read.
// An unknown key names its alternative; a malformed annotation names its line.
void read_training_data(const Yaml& file, TrainingData& data, Diagnostics& diagnostics);

// What only all files together tell: call it once, after the last file. Intents with fewer than two
// examples are the warning `too_few_examples`.
void check_training_data(const TrainingData& data, Diagnostics& diagnostics);

// Content hash (SHA-256, hex) of all that training depends on, in canonical order.
std::string content_hash(const TrainingData& data);

}  // namespace nlu

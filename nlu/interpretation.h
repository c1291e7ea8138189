// What an utterance was understood to mean: the only thing the models tell the rest of Usher.
//
// Probabilities are calibrated and rounded to 1e-4, so that a replay on another machine agrees.
// Fields nothing fills yet stay empty; the shape stays. Spans are byte offsets into the utterance.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace nlu {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

struct ScoredIntent {
  std::string name;
  double p = 0;
};

// A part of the utterance that says one thing; what is between two ("and", a comma) is in none.
struct Segment {
  Span span;
  std::vector<ScoredIntent> intents;  // Best first, at most 5.
  double p_outside = 0;               // None of the bot's intents.
  double p_between = 0;               // The best two cannot be told apart.
};

struct Entity {
  std::string type;
  std::string role;
  std::string group;
  Span span;
  std::string value;   // Normalised: "59.90", "2026-11-23", a synonym's canonical word.
  std::string source;  // "model", "lookup", "regex", "builtin", "payload".
  double p = 1;
  bool negated = false;    // "not the blue one"
  bool retracted = false;  // "10423, no wait, 10432": the first
};

struct Interpretation {
  std::vector<Segment> segments;
  std::vector<Entity> entities;     // By span.begin; those of different types may overlap.
  std::string language;             // BCP 47, "" unknown.
  std::optional<double> sentiment;  // -1 … 1
  std::optional<double> urgency;    // 0 … 1
  std::string model_version;

  // The best intent of the longest segment; nullptr when there is none.
  const ScoredIntent* best() const;
};

json::object to_json(const Interpretation& interpretation);
Result<Interpretation> interpretation_from_json(const json::object& object);

}  // namespace nlu

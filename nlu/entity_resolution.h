// From the candidates of all recognisers to the entities of the interpretation.
//
// Everything here is deterministic and safe to call from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/base/unicode.h"
#include "nlu/interpretation.h"
#include "nlu/interpreter.h"
#include "nlu/training_data.h"

namespace nlu {

// The entities a bot's lookups and regexes and the built-in types find without a model.
// Cheap to copy; a default-constructed one knows the built-in types only.
class RuleEntities {
 public:
  // Takes `lookups` and `patterns`, and needs `data` only for the call. Errc::invalid names the
  // pattern (file:line:column) that RE2 refuses.
  static Result<RuleEntities> compile(const TrainingData& data);

  // `words` must be split_words(utterance.text). Candidates for resolve_entities, by span.begin:
  // lookups at word boundaries, case and width folded (the longest at a place), those of a fuzzy
  // lookup also with mistakes (nlu/fuzzy_words.h; p 0.8, the value without the mistake); every
  // match of a regex that does not begin or end inside a run of letters or digits (Chinese has no
  // such runs); built-in types. Values are as written, but for built-in types, which are
  // normalised.
  std::vector<Entity> find(const Utterance& utterance, const std::vector<Word>& words) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// Chooses among `candidates` (any order; from the model and RuleEntities), by these rules:
//   - of two that overlap and have the same type, the longer stays; if equally long, the better
//     source (regex, lookup, model, builtin, in this order), then the higher p, then the earlier
//   - a role or group of a model's entity that gives way is kept by the one that stays
//   - those of different types may overlap
// then replaces values by their synonym (keys folded), marks `negated` ("not the blue one",
// 不要蓝色) and `retracted` ("10423, no wait, 10432": of two of one type and role with a cue of
// correction between them the earlier), and sorts by span.begin, longer first, then type.
// Spans outside `text`, empty ones and those that cut a character are dropped. At most 64 stay.
std::vector<Entity> resolve_entities(std::string_view text, const std::vector<Word>& words,
                                     std::vector<Entity> candidates,
                                     const std::map<std::string, std::string>& synonyms);

}  // namespace nlu

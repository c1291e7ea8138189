// Texts without what tells who wrote them: names, numbers and addresses become others of the same
// kind and shape, so that the text still teaches what it taught.
//
// Rules, not a model: docs/inbox.md says what is found and what is missed. Nothing of the bot's own
// vocabulary (examples, lookups, wording) counts as a name.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/regex.h"
#include "nlu/interpretation.h"
#include "nlu/training_data.h"

namespace nlu {

// What is nobody's: words that stay, and forms that values must keep.
struct PseudonymRules {
  std::set<std::string> words;    // Folded; of the bot's language in general.
  std::set<std::string> phrases;  // Folded; the words of lookups, numbers in them included.
  std::vector<Regex> forms;       // What matches one as a whole matches it afterwards, if that can
                                  // be had within a few hundred tries.

  // Adds the examples' words (but for what is annotated as a person's), the lookups and the
  // regexes.
  void add(const TrainingData& data);
  void add_text(std::string_view text);  // Its words.
};

struct Pseudonymised {
  std::string text;
  std::vector<Entity> entities;  // At their new places, values as written there.
  struct Change {
    Span before, after;
    std::string kind;  // "name", "number", "email", …
  };
  std::vector<Change> changes;  // In order.
};

// The same value becomes the same pseudonym wherever it stands in a text, whatever its case (a
// number in every text of the object's); no pseudonym is the original. `seed` decides which: who
// does not know it cannot work back by trying all numbers, so give a random one, and keep it
// nowhere. Const members may be called concurrently.
class Pseudonyms {
 public:
  Pseudonyms(PseudonymRules rules, std::string seed);

  // `names`: what is known to be the writer's (the site's name and id for them), replaced wherever
  // it stands. An entity that is replaced in part only is left out.
  Pseudonymised replace(std::string_view text, std::span<const Entity> entities,
                        std::span<const std::string> names = {}) const;

 private:
  PseudonymRules rules_;
  std::string seed_;
};

}  // namespace nlu

// The interface the models stand behind.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/interpretation.h"
#include "nlu/surroundings.h"

namespace nlu {

struct Utterance {
  std::string text;
  std::string today;  // ISO date in the bot's time zone; what "tomorrow" is relative to.
  std::vector<Span> tokens = {};  // Where its words are, when the caller knows better.
  DocumentPlace place = {};       // In its document, when it is a sentence of one.
};

// Its tokens, else split_words(its text).
std::vector<Word> words_of(const Utterance& utterance);

class Interpreter {
 public:
  virtual ~Interpreter() = default;

  // One interpretation per utterance, in order. Deterministic: the same utterance gets the same
  // interpretation whatever it is batched with. Blocks for the forward pass; safe to call from
  // several threads at once. Never fails: what cannot be understood is outside.
  virtual std::vector<Interpretation> interpret(std::span<const Utterance> utterances) const = 0;

  // Content hash of what answers: weights, vocabulary and rules.
  virtual const std::string& version() const = 0;
};

}  // namespace nlu

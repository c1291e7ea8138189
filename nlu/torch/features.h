// What the models see of a text: hashed sparse features, the same in training and at run time.
//
// A feature is a 64-bit key; its row in the weights is found by the model's own vocabulary, so two
// features share a row only when their keys collide, which nobody will live to see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/unicode.h"
#include "nlu/interpretation.h"
#include "nlu/surroundings.h"

namespace nlu {

// Any change to what is made here makes older models useless: raise this.
inline constexpr int feature_version = 3;

// Families of features. Each is scaled to a length of its own, so that the many character n-grams
// of a long word do not drown the words. The last two are of tone (nlu/torch/tone_features.h).
enum class Block : std::uint8_t { word, pair, chars, meaning, sequence, colour };
inline constexpr std::size_t block_count = 6;

struct Feature {
  std::uint64_t key = 0;
  Block block = Block::word;
};

// A stretch of the text that gets a tag.
struct Piece {
  std::size_t begin = 0, end = 0;
  std::size_t word = 0;
};

struct TagFeatures {
  std::vector<std::uint64_t> keys;
  std::size_t own = 0;  // So many of the first are of the piece itself, not of what is around it.
};

// Reads one utterance after the other, keeping its buffers. Not for several threads at once.
class Featurizer {
 public:
  // Takes in an utterance, or a part of one: `words` are split_words(text), or the caller's own, or
  // some in a row of them; `found` is what the rules found there. All three must live until the
  // last call about it.
  void read(std::string_view text, std::span<const Word> words, std::span<const Entity> found,
            DocumentPlace place = {});

  // Of the whole utterance; a feature that occurs twice comes twice. Valid until the next read().
  const std::vector<Feature>& intent_features();

  // What the tagger tags: the words, but Chinese ones character by character, for the dictionary
  // does not always cut where an entity ends. Valid until the next read().
  const std::vector<Piece>& pieces();

  // Of piece `at`. Valid until the next call.
  const TagFeatures& tag_features(std::size_t at);

 private:
  struct Token {
    std::string text;  // Folded, digits as '#'.
    std::string stem;
    std::uint64_t hash = 0;
    std::uint64_t stem_hash = 0;
    bool han = false;
    bool joined = false;  // To the token before, without a space.
    bool name = false;    // Stands for a lookup's or regex's entity: only its type counts.
  };
  struct Seen {
    std::uint64_t text = 0, stem = 0, shape = 0, prefix2 = 0, prefix3 = 0, suffix2 = 0, suffix3 = 0;
    std::uint64_t written = 0;  // With its capitals.
    std::uint64_t capitals = 0;
    std::uint64_t word = 0;   // A Chinese character's, with its place in it.
    std::string_view folded;  // As much of it as counts.
    bool han = false;
  };

  void add(Block block, std::uint64_t key) { features_.push_back({key, block}); }
  void add_token(std::string_view folded, bool joined);
  void add_name(std::string_view type);
  const Entity* named_at(const Word& word) const;
  void add_words();
  void add_characters(const Token& token);
  void add_han_run(std::string_view run);
  void add_meanings();
  void add_meanings_of(std::uint64_t words);
  void read_pieces();
  void add_own_tag_features(std::size_t at);
  void add_surroundings(std::size_t at);
  void add_han_pairs(std::size_t at);
  const Seen& seen(std::ptrdiff_t at) const;

  std::string_view text_;
  std::span<const Word> words_;
  std::span<const Entity> found_;
  DocumentPlace place_;
  std::vector<Token> tokens_;
  std::size_t token_count_ = 0;  // tokens_ keeps its strings' memory, so it never shrinks.
  std::vector<Piece> pieces_;
  std::vector<Seen> seen_;
  std::vector<Feature> features_;
  TagFeatures tag_features_;
  std::vector<int> meanings_;
};

// The utterance, but for case, spaces and marks: equal for two that differ in these alone. 0: there
// is no word.
std::uint64_t wording_of(std::span<const Word> words);

// "returned", "returning", "returns" → "return": English endings cut off, nothing else.
std::string stem(std::string_view folded);

}  // namespace nlu

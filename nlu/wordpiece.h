// WordPiece as BERT has it: Google's basic tokenizer (Devlin et al. 2019, google-research/bert,
// tokenization.py), then the longest pieces that are in a vocabulary, from the left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nlu/base/result.h"
#include "nlu/interpretation.h"

namespace nlu {

struct WordPieceOptions {
  bool lowercase = true;
  std::optional<bool> strip_accents;  // Unset: when `lowercase` is.
  bool clean = true;                  // Control characters and U+FFFD go.
  bool chinese_apart = true;          // Chinese characters are words of their own.
  std::size_t word_characters = 100;  // A longer word is unknown.
  std::string unknown = "[UNK]", begin = "[CLS]", end = "[SEP]", padding = "[PAD]";
  std::string continuation = "##";  // Before a piece that does not begin its word.
};

struct WordPieces {
  std::vector<std::int32_t> ids;  // Between `begin` and `end`.
  std::vector<Span> spans;        // Of the text as it was given; those two have empty ones.
  bool truncated = false;
};

// Const members may be called from any thread.
class WordPiece {
 public:
  // FOLDER/tokenizer.json, as Hugging Face's tokenizers write it, or else FOLDER/vocab.txt (a piece
  // a line) with FOLDER/tokenizer_config.json, if there is one. Errc::not_found; Errc::invalid says
  // what in which file is not as it must be.
  static Result<WordPiece> open(const std::string& folder);
  static Result<WordPiece> read_vocabulary(std::string_view lines, WordPieceOptions options);
  static Result<WordPiece> read_tokenizer(std::string_view json);

  // At most `limit` ids, 2 at least, `begin` and `end` among them. Bytes that are not UTF-8 are
  // nothing. What a text says is never one of the special pieces: "[SEP]" is three words.
  WordPieces encode(std::string_view text, std::size_t limit = 512) const;

  std::size_t size() const { return size_; }  // The greatest id and 1.
  std::int32_t padding() const { return padding_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Vocabulary = std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>>;
  struct Letters;

  static Result<WordPiece> make(Vocabulary vocabulary, WordPieceOptions options);
  void cut(const Letters& word, WordPieces& pieces) const;

  WordPieceOptions options_;
  Vocabulary pieces_;
  std::size_t size_ = 0;
  std::int32_t unknown_ = 0, begin_ = 0, end_ = 0, padding_ = 0;
};

}  // namespace nlu

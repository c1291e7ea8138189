#include "nlu/wordpiece.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "nlu/base/unicode.h"

using namespace nlu;

namespace {

const std::vector<std::string> vocabulary = {
    "[PAD]", "[UNK]",  "[CLS]", "[SEP]", "where", "is",      "my",   "par", "##cel", "un",
    "##aff", "##able", "cafe",  "naive", "!",     "?",       "[",    "]",   "sep",   "order",
    "##s",   "=",      "我",    "的",    "包",    "裹",      "##裹", "😀",   "a",     "##a",
    "Where", "Café",   "o",     "'",     "-",     "strasse", "ς",    "σ",   "##σ",   "i"};

WordPiece make(WordPieceOptions options = {}) {
  std::string lines;
  for (const std::string& piece : vocabulary) lines += piece + "\n";
  const auto made = WordPiece::read_vocabulary(lines, options);
  REQUIRE(made);
  return *made;
}

// The pieces between [CLS] and [SEP], with spaces between them.
std::string pieces_of(const WordPiece& tokenizer, const std::string& text) {
  const WordPieces pieces = tokenizer.encode(text);
  std::string shown;
  for (std::size_t i = 1; i + 1 < pieces.ids.size(); ++i) {
    shown += (i > 1 ? " " : "") + vocabulary[static_cast<std::size_t>(pieces.ids[i])];
  }
  return shown;
}

std::string spans_of(const WordPiece& tokenizer, const std::string& text) {
  const WordPieces pieces = tokenizer.encode(text);
  std::string shown;
  for (std::size_t i = 1; i + 1 < pieces.ids.size(); ++i) {
    shown += (i > 1 ? "|" : "") +
             text.substr(pieces.spans[i].begin, pieces.spans[i].end - pieces.spans[i].begin);
  }
  return shown;
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("words are cut into the longest pieces of a vocabulary") {
  const WordPiece tokenizer = make();
  CHECK(pieces_of(tokenizer, "Where is my parcel?") == "where is my par ##cel ?");
  CHECK(pieces_of(tokenizer, "unaffable!") == "un ##aff ##able !");
  CHECK(pieces_of(tokenizer, "unaffected") == "[UNK]");
  CHECK(pieces_of(tokenizer, "  \t\n ").empty());
  CHECK(pieces_of(tokenizer, "").empty());
  const WordPieces pieces = tokenizer.encode("my order");
  CHECK(pieces.ids == std::vector<std::int32_t>{2, 6, 19, 3});
  CHECK_FALSE(pieces.truncated);
  CHECK(tokenizer.size() == vocabulary.size());
  CHECK(tokenizer.padding() == 0);
}

TEST_CASE("case and accents go where the model was trained without them") {
  const WordPiece plain = make();
  CHECK(pieces_of(plain, "CAFÉ naïve cafe\u0301") == "cafe naive cafe");
  CHECK(pieces_of(plain, "\u0130") == "i");
  CHECK(pieces_of(plain, "ΣΣ") == "σ ##σ");
  CHECK(pieces_of(plain, "a\u2260a") == "a = a");  // NFD: an equals sign, struck out
  WordPieceOptions options;
  options.lowercase = false;
  CHECK(pieces_of(make(options), "Where Café where") == "Where Café where");
  options.strip_accents = true;
  CHECK(pieces_of(make(options), "Café") == "[UNK]");
}

TEST_CASE("Chinese characters are words of their own") {
  CHECK(pieces_of(make(), "我的包裹") == "我 的 包 裹");
  WordPieceOptions options;
  options.chinese_apart = false;
  CHECK(pieces_of(make(options), "包裹") == "包 ##裹");
}

TEST_CASE("what is no letter is dropped, or stands alone") {
  const WordPiece tokenizer = make();
  CHECK(pieces_of(tokenizer,
                  "a\x01\u200b"
                  "a\uFFFD") == "a ##a");
  CHECK(pieces_of(tokenizer, std::string("a\xff\xc3", 3)) == "a");
  CHECK(pieces_of(tokenizer, "a\u00a0a\u2028a") == "a a a");
  CHECK(pieces_of(tokenizer, "o'-o") == "o ' - o");
  CHECK(pieces_of(tokenizer, "[SEP]") == "[ sep ]");  // Never the special piece.
  CHECK(pieces_of(tokenizer, "😀") == "😀");
  CHECK(pieces_of(tokenizer, std::string(100, 'a')).substr(0, 9) == "a ##a ##a");
  CHECK(pieces_of(tokenizer, std::string(101, 'a')) == "[UNK]");
}

TEST_CASE("a piece knows which bytes of the text it is") {
  const WordPiece tokenizer = make();
  CHECK(spans_of(tokenizer, " Where  CAFE\u0301?") == "Where|CAFE\u0301|?" + std::string());
  CHECK(spans_of(tokenizer, "unaffable 我的😀") == "un|aff|able|我|的|😀");
  const std::string text = "my Café 我\xff\u200bparcels";
  for (const Span& span : tokenizer.encode(text).spans) {
    CHECK(span.begin <= span.end);
    CHECK(span.end <= text.size());
  }
}

TEST_CASE("a text that is too long loses its end") {
  const WordPiece tokenizer = make();
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "order ";
  const WordPieces pieces = tokenizer.encode(text, 16);
  CHECK(pieces.truncated);
  CHECK(pieces.ids.size() == 16);
  CHECK(pieces.ids.back() == 3);
  CHECK(tokenizer.encode("my order", 4).ids.size() == 4);
  CHECK_FALSE(tokenizer.encode("my order", 4).truncated);
  CHECK(tokenizer.encode("my order", 0).ids == std::vector<std::int32_t>{2, 3});
}

TEST_CASE("a vocabulary that cannot be used says why") {
  const auto said = [](const Result<WordPiece>& made) {
    return made ? std::string("fine") : made.error().message;
  };
  CHECK(said(WordPiece::read_vocabulary("[PAD]\n[UNK]\n[CLS]\n", {})) ==
        "the vocabulary has no piece '[SEP]'");
  CHECK(said(WordPiece::read_tokenizer("{}")) == "the tokenizer has no 'model' with a 'vocab'");
  CHECK(said(WordPiece::read_tokenizer(R"({"model": {"type": "BPE", "vocab": {}}})")) ==
        "the tokenizer is of type 'BPE'; only WordPiece is supported");
  CHECK(said(WordPiece::read_tokenizer(
            R"({"model": {"vocab": {"a": -1}}, "normalizer": {"type": "BertNormalizer"}})")) ==
        "the piece 'a' has no id");
  CHECK(
      said(WordPiece::read_tokenizer(R"({"model": {"vocab": {}}, "normalizer": {"type": "NFKC"}})"))
          .find("only BertNormalizer") != std::string::npos);
  CHECK(said(WordPiece::read_tokenizer("{")).size() > 4);
  CHECK(said(WordPiece::open("/nowhere/at/all")).find("neither tokenizer.json nor vocab.txt") !=
        std::string::npos);
}

TEST_CASE("a tokenizer.json tells its options") {
  const auto made = WordPiece::read_tokenizer(R"({
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": false},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "@@",
              "max_input_chars_per_word": 3,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "A": 4, "@@b": 5}}})");
  REQUIRE(made);
  CHECK(made->encode("Ab ab Abbb").ids == std::vector<std::int32_t>{2, 4, 5, 1, 1, 3});
}

// With USHER_TOKENIZERS=FOLDER: bert-base-uncased/vocab.txt and llama.cpp's 46 texts.
TEST_CASE("published texts have their published ids") {
  const char* const folder = std::getenv("USHER_TOKENIZERS");
  if (folder == nullptr) {
    std::cout << "skipped: USHER_TOKENIZERS names no folder with bert-base-uncased/ and "
                 "ggml-vocab/\n";
    return;
  }
  const std::filesystem::path root(folder);
  for (const char* model : {"bert-base-uncased", "all-MiniLM-L6-v2"}) {
    INFO(model);
    const auto tokenizer = WordPiece::open((root / model).string());
    REQUIRE(tokenizer);
    const std::string texts = read_all(root / "ggml-vocab/ggml-vocab-bert-bge.gguf.inp");
    std::istringstream lines(read_all(root / "ggml-vocab/ggml-vocab-bert-bge.gguf.out"));
    const std::string separator = "\n__ggml_vocab_test__\n";
    std::size_t at = 0, count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      const std::size_t end = texts.find(separator, at);
      REQUIRE(end != std::string::npos);
      const std::string text = texts.substr(at, end - at);
      at = end + separator.size();
      std::istringstream numbers(line);
      std::vector<std::int32_t> expected{101};
      for (std::int32_t id = 0; numbers >> id;) expected.push_back(id);
      expected.push_back(102);
      INFO(text);
      CHECK(tokenizer->encode(text).ids == expected);
    }
    CHECK(count == 46);
  }
}

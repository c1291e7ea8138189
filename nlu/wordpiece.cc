#include "nlu/wordpiece.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/json.h"
#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::size_t file_bytes = 64 << 20;
constexpr std::size_t piece_limit = 1'000'000;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(path, failed);
  if (failed) return Error{Errc::not_found, path.string() + ": there is no such file"};
  if (bytes > file_bytes) {
    return Error{Errc::too_large,
                 fmt::format("{}: has more than {} MiB", path.string(), file_bytes >> 20)};
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) return Error{Errc::unavailable, path.string() + ": cannot be read"};
  return text;
}

WordPieceOptions with_flags(WordPieceOptions options, const json::object& flags,
                            std::string_view lowercase, std::string_view chinese) {
  options.lowercase = get_bool(flags, lowercase).value_or(options.lowercase);
  options.strip_accents = get_bool(flags, "strip_accents");
  options.chinese_apart = get_bool(flags, chinese).value_or(options.chinese_apart);
  options.clean = get_bool(flags, "clean_text").value_or(options.clean);
  return options;
}

}  // namespace

// A word, as the vocabulary knows it, and where its letters come from.
struct WordPiece::Letters {
  std::string text;
  std::vector<std::size_t> begins;  // Of each letter in `text`.
  std::vector<Span> sources;        // Of each letter in what was given.

  void add(std::string_view letter, Span source) {
    begins.push_back(text.size());
    text += letter;
    sources.push_back(source);
  }
  void clear() {
    text.clear();
    begins.clear();
    sources.clear();
  }
};

Result<WordPiece> WordPiece::make(Vocabulary vocabulary, WordPieceOptions options) {
  WordPiece result;
  const auto find = [&](const std::string& piece, std::int32_t& id) -> Result<void> {
    const auto at = vocabulary.find(piece);
    if (at == vocabulary.end())
      return invalid(fmt::format("the vocabulary has no piece '{}'", piece));
    id = at->second;
    return {};
  };
  if (auto r = find(options.unknown, result.unknown_); !r) return r.error();
  if (auto r = find(options.begin, result.begin_); !r) return r.error();
  if (auto r = find(options.end, result.end_); !r) return r.error();
  if (auto r = find(options.padding, result.padding_); !r) return r.error();
  for (const auto& [_, id] : vocabulary)
    result.size_ = std::max(result.size_, static_cast<std::size_t>(id) + 1);
  result.pieces_ = std::move(vocabulary);
  result.options_ = std::move(options);
  return result;
}

Result<WordPiece> WordPiece::read_vocabulary(std::string_view lines, WordPieceOptions options) {
  Vocabulary vocabulary;
  std::int32_t id = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (static_cast<std::size_t>(id) >= piece_limit)
      return invalid(fmt::format("the vocabulary has more than {} pieces", piece_limit));
    vocabulary.emplace(line, id++);  // Of two equal ones the first counts.
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return make(std::move(vocabulary), std::move(options));
}

Result<WordPiece> WordPiece::read_tokenizer(std::string_view text) {
  const auto parsed = parse_json(text, {file_bytes, 32});
  if (!parsed) return invalid(parsed.error().message);
  const json::object* const root = parsed->if_object();
  const json::object* const model = root == nullptr ? nullptr : get_object(*root, "model");
  const json::object* const words = model == nullptr ? nullptr : get_object(*model, "vocab");
  const std::string type(model == nullptr ? "" : get_string(*model, "type").value_or("WordPiece"));
  if (type != "WordPiece" && model != nullptr)
    return invalid(fmt::format("the tokenizer is of type '{}'; only WordPiece is supported", type));
  if (words == nullptr) return invalid("the tokenizer has no 'model' with a 'vocab'");
  WordPieceOptions options;
  options.unknown = get_string(*model, "unk_token").value_or(options.unknown);
  options.continuation =
      get_string(*model, "continuing_subword_prefix").value_or(options.continuation);
  const auto characters = get_integer(*model, "max_input_chars_per_word");
  if (characters && *characters > 0)
    options.word_characters = static_cast<std::size_t>(*characters);
  if (const json::object* const normalizer = get_object(*root, "normalizer")) {
    const auto kind = get_string(*normalizer, "type").value_or("");
    if (kind != "BertNormalizer") {
      return invalid(fmt::format(
          "the tokenizer normalises with '{}'; only BertNormalizer is supported", kind));
    }
    options = with_flags(std::move(options), *normalizer, "lowercase", "handle_chinese_chars");
  }
  Vocabulary vocabulary;
  for (const auto& entry : *words) {
    const auto* const id = entry.value().if_int64();
    if (id == nullptr || *id < 0 || static_cast<std::size_t>(*id) >= piece_limit)
      return invalid(fmt::format("the piece '{}' has no id", std::string_view(entry.key())));
    vocabulary.emplace(std::string_view(entry.key()), static_cast<std::int32_t>(*id));
  }
  return make(std::move(vocabulary), std::move(options));
}

Result<WordPiece> WordPiece::open(const std::string& folder) {
  const auto named = [](Result<WordPiece> made, const std::filesystem::path& path) {
    if (made) return made;
    return Result<WordPiece>(
        Error{made.error().code, fmt::format("{}: {}", path.string(), made.error().message)});
  };
  const std::filesystem::path whole = std::filesystem::path(folder) / "tokenizer.json";
  const std::filesystem::path list = std::filesystem::path(folder) / "vocab.txt";
  const std::filesystem::path config = std::filesystem::path(folder) / "tokenizer_config.json";
  std::error_code failed;
  if (std::filesystem::exists(whole, failed)) {
    const auto text = read_file(whole);
    if (!text) return text.error();
    return named(read_tokenizer(*text), whole);
  }
  const auto lines = read_file(list);
  if (!lines) {
    return Error{lines.error().code,
                 fmt::format("{}: there is neither tokenizer.json nor vocab.txt", folder)};
  }
  WordPieceOptions options;
  if (std::filesystem::exists(config, failed)) {
    const auto text = read_file(config);
    if (!text) return text.error();
    const auto parsed = parse_json(*text, {file_bytes, 32});
    if (!parsed || !parsed->is_object())
      return invalid(fmt::format("{}: is no JSON object", config.string()));
    options = with_flags(std::move(options), parsed->get_object(), "do_lower_case",
                         "tokenize_chinese_chars");
  }
  return named(read_vocabulary(*lines, std::move(options)), list);
}

// All of the word's pieces, or the unknown one.
void WordPiece::cut(const Letters& word, WordPieces& pieces) const {
  const std::size_t letters = word.begins.size();
  if (letters == 0) return;
  const std::size_t before = pieces.ids.size();
  const auto unknown = [&] {
    pieces.ids.resize(before);
    pieces.spans.resize(before);
    pieces.ids.push_back(unknown_);
    pieces.spans.push_back({word.sources.front().begin, word.sources.back().end});
  };
  if (letters > options_.word_characters) return unknown();
  std::string piece;
  for (std::size_t first = 0; first < letters;) {
    std::size_t last = letters;
    Vocabulary::const_iterator found = pieces_.end();
    for (; last > first; --last) {
      const std::size_t end = last == letters ? word.text.size() : word.begins[last];
      piece = first > 0 ? options_.continuation : std::string();
      piece.append(word.text, word.begins[first], end - word.begins[first]);
      found = pieces_.find(piece);
      if (found != pieces_.end()) break;
    }
    if (found == pieces_.end()) return unknown();
    pieces.ids.push_back(found->second);
    pieces.spans.push_back({word.sources[first].begin, word.sources[last - 1].end});
    first = last;
  }
}

WordPieces WordPiece::encode(std::string_view text, std::size_t limit) const {
  limit = std::max<std::size_t>(limit, 2);
  WordPieces pieces;
  pieces.ids.push_back(begin_);
  pieces.spans.push_back({0, 0});
  Letters word;
  const auto end_word = [&] {
    cut(word, pieces);
    word.clear();
  };
  const bool strip = options_.strip_accents.value_or(options_.lowercase);
  std::string simple;
  for (std::size_t at = 0; at < text.size() && pieces.ids.size() < limit;) {
    const Character c = character_at(text, at);
    const Span source{at, c.end};
    at = c.end;
    if (c.kind == CharacterKind::space) {
      end_word();
      continue;
    }
    if (options_.clean && (c.kind == CharacterKind::control || c.code == 0xfffd)) continue;
    const bool apart = options_.chinese_apart && c.kind == CharacterKind::chinese;
    if (apart) end_word();
    simple.clear();
    append_simplified(c.code, strip, options_.lowercase, simple);
    // A mark that goes belongs to the letter below it.
    if (simple.empty() && !word.sources.empty()) word.sources.back().end = source.end;
    for (std::size_t i = 0; i < simple.size();) {
      const Character letter = character_at(simple, i);
      const std::string_view bytes = std::string_view(simple).substr(i, letter.end - i);
      i = letter.end;
      if (letter.kind == CharacterKind::space) {
        end_word();
      } else if (letter.kind == CharacterKind::punctuation) {
        end_word();
        word.add(bytes, source);
        end_word();
      } else {
        word.add(bytes, source);
      }
    }
    if (apart) end_word();
  }
  end_word();
  if (pieces.ids.size() > limit - 1) {
    pieces.truncated = true;
    pieces.ids.resize(limit - 1);
    pieces.spans.resize(limit - 1);
  }
  pieces.ids.push_back(end_);
  pieces.spans.push_back({text.size(), text.size()});
  return pieces;
}

}  // namespace nlu

#include "nlu/conll.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/unicode.h"

namespace nlu {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view document_start = "-DOCSTART-";

struct Tag {
  char place = 'O';  // O, B, I, E or S; L, M and U are other names of E, I and S.
  std::string_view type;
};

std::optional<Tag> read_tag(std::string_view text) {
  if (text == "O" || text == "0") return Tag{};
  if (text.size() < 3 || (text[1] != '-' && text[1] != '_')) return std::nullopt;
  Tag tag{text[0], text.substr(2)};
  if (tag.place == 'M') tag.place = 'I';
  if (tag.place == 'L') tag.place = 'E';
  if (tag.place == 'U') tag.place = 'S';
  if (std::string_view("BIES").find(tag.place) == std::string_view::npos) return std::nullopt;
  return tag;
}

// One sentence, as its lines come.
class Sentence {
 public:
  bool is_empty() const { return row_.tokens.empty(); }

  // An entity begins where its tag says so, or where one that says "inside" follows nothing that
  // it could go on: so all tag schemes are read alike.
  void add(std::string_view token, const Tag& tag, const Mark& mark) {
    if (is_empty()) row_.example.mark = mark;
    std::string& text = row_.example.text;
    if (!text.empty() && !last_han_ && !has_han(token)) text += ' ';
    last_han_ = has_han(token);
    const Span span{text.size(), text.size() + token.size()};
    text += token;
    row_.tokens.push_back(span);
    if (tag.place == 'O') {
      open_ = false;
      return;
    }
    std::vector<Entity>& entities = row_.example.entities;
    const bool goes_on =
        open_ && (tag.place == 'I' || tag.place == 'E') && entities.back().type == tag.type;
    if (!goes_on) {
      entities.emplace_back();
      entities.back().type = tag.type;
      entities.back().source = "model";
      entities.back().span.begin = span.begin;
    }
    Entity& entity = entities.back();
    entity.span.end = span.end;
    entity.value = text.substr(entity.span.begin, entity.span.end - entity.span.begin);
    open_ = tag.place == 'B' || tag.place == 'I';
  }

  DataRow take() {
    open_ = last_han_ = false;
    return std::exchange(row_, {});
  }

 private:
  DataRow row_;
  bool open_ = false;
  bool last_han_ = false;
};

}  // namespace

Result<std::vector<DataRow>> read_conll(std::string_view text, const std::string& shown_as) {
  std::vector<DataRow> rows;
  Sentence sentence;
  int number = 0, document = 0;
  const auto finish = [&] {
    if (sentence.is_empty()) return;
    rows.push_back(sentence.take());
    rows.back().example.document = document;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == line.npos) {
      finish();
      continue;
    }
    const std::size_t last = line.find_last_not_of(blanks);
    const std::string_view token =
        line.substr(begin, std::min(line.find_first_of(blanks, begin), line.size()) - begin);
    const std::size_t column = line.find_last_of(blanks, last);
    if (token == document_start) {
      finish();
      ++document;
      continue;
    }
    if (column == line.npos || column < begin) {
      return invalid(
          fmt::format("{}:{}: '{}' has no tag; a line is a token, a space or tab, and its "
                      "tag (O, B-LOC, …)",
                      shown_as, number, token));
    }
    const std::string_view written = line.substr(column + 1, last - column);
    const std::optional<Tag> tag = read_tag(written);
    if (!tag) {
      return invalid(fmt::format("{}:{}: '{}' is no tag; write O, or B-, I-, E- or S- and a type",
                                 shown_as, number, written));
    }
    sentence.add(token, *tag, {shown_as, number, 1});
  }
  finish();
  return rows;
}

std::vector<std::string> iob2_tags(const std::vector<Span>& tokens,
                                   const std::vector<Entity>& entities) {
  std::vector<std::string> tags(tokens.size(), "O");
  std::vector<const Entity*> sorted;
  for (const Entity& entity : entities) sorted.push_back(&entity);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entity* a, const Entity* b) { return a->span.begin < b->span.begin; });
  for (const Entity* entity : sorted) {
    bool begun = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool overlaps =
          tokens[i].begin < entity->span.end && entity->span.begin < tokens[i].end;
      if (!overlaps || tags[i] != "O") continue;
      tags[i] = (begun ? "I-" : "B-") + entity->type;
      begun = true;
    }
  }
  return tags;
}

std::string write_conll(const std::vector<DataRow>& rows) {
  std::string out;
  int document = 0;
  for (const DataRow& row : rows) {
    if (row.example.document != document) out += fmt::format("{}\tO\n\n", document_start);
    document = row.example.document;
    std::vector<Span> tokens = row.tokens;
    if (tokens.empty()) {
      for (const Word& word : split_words(row.example.text))
        tokens.push_back({word.begin, word.end});
    }
    const std::vector<std::string> tags = iob2_tags(tokens, row.example.entities);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      out += row.example.text.substr(tokens[i].begin, tokens[i].end - tokens[i].begin);
      out += '\t' + tags[i] + '\n';
    }
    out += '\n';
  }
  return out;
}

}  // namespace nlu

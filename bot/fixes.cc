#include "bot/fixes.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "bot/replace_file.h"
#include "nlu/base/suggestion.h"
#include "nlu/base/unicode.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using nlu::Diagnostic;
using nlu::Diagnostics;

constexpr std::size_t fixes_limit = 200;  // As many as findings are shown.

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || (c & 0x80) != 0;
}

// Byte offset of character `column`, from 1; npos: past the line's end.
std::size_t offset_of(const std::string& line, int column) {
  if (column < 1) return std::string::npos;
  const std::size_t at = nlu::truncate(line, static_cast<std::size_t>(column) - 1).size();
  const auto characters = nlu::count_characters(std::string_view(line).substr(0, at));
  return characters + 1 == static_cast<std::size_t>(column) ? at : std::string::npos;
}

int column_of(const std::string& line, std::size_t offset) {
  return static_cast<int>(nlu::count_characters(std::string_view(line).substr(0, offset))) + 1;
}

// Where `token` stands as a whole word: at `from`, in quotes or not, else in one place behind it.
std::optional<std::size_t> find_token(const std::string& line, std::size_t from,
                                      const std::string& token) {
  std::optional<std::size_t> found;
  for (std::size_t at = line.find(token, from); at != std::string::npos;
       at = line.find(token, at + 1)) {
    const std::size_t end = at + token.size();
    if (at > 0 && is_name_byte(line[at - 1])) continue;
    if (end < line.size() && is_name_byte(line[end])) continue;
    const bool quoted = at == from + 1 && (line[from] == '"' || line[from] == '\'');
    if (at == from || quoted) return at;
    if (found) return std::nullopt;
    found = at;
  }
  return found;
}

// What stands in '…' in a message, but for the suggestion at its end.
std::vector<std::string> quoted_names(std::string_view message) {
  message = message.substr(0, message.rfind("; did you mean"));
  std::vector<std::string> names;
  for (std::size_t begin = message.find('\''); begin != std::string_view::npos;) {
    const std::size_t end = message.find('\'', begin + 1);
    if (end == std::string_view::npos) break;
    names.emplace_back(message.substr(begin + 1, end - begin - 1));
    begin = message.find('\'', end + 1);
  }
  return names;
}

std::string without_prefix(const std::string& name) {
  constexpr std::string_view prefix = "utter_";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : "";
}

std::vector<Edit> one_edit(const std::string& line, std::size_t at, std::string from,
                           std::string to) {
  return {{column_of(line, at), std::move(from), std::move(to)}};
}

// A misspelt name. Where the file leaves the prefix of a response out, so does the edit.
std::vector<Edit> misspelt(const Diagnostic& finding, const std::string& line, std::size_t from) {
  const auto meant = nlu::meant(finding.message);
  if (!meant) return {};
  for (const std::string& name : quoted_names(finding.message)) {
    if (name.empty() || name == *meant) continue;
    if (const auto at = find_token(line, from, name)) return one_edit(line, *at, name, *meant);
    const std::string bare = without_prefix(name);
    const std::string bare_meant = without_prefix(*meant);
    if (bare.empty() || bare_meant.empty()) continue;
    if (const auto at = find_token(line, from, bare)) return one_edit(line, *at, bare, bare_meant);
  }
  return {};
}

// An action that is a response without its prefix; whether there is one the check will tell.
std::vector<Edit> missing_prefix(const Diagnostic& finding, const std::string& line,
                                 std::size_t from) {
  const std::vector<std::string> names = quoted_names(finding.message);
  if (names.empty() || names.front().empty()) return {};
  const auto at = find_token(line, from, names.front());
  if (!at) return {};
  return one_edit(line, *at, names.front(), "utter_" + names.front());
}

// "write 'and' instead of '&&'", at the very place.
std::vector<Edit> foreign_operator(const Diagnostic& finding, const std::string& line,
                                   std::size_t from) {
  const std::vector<std::string> names = quoted_names(finding.message);
  const bool says_so = finding.message.starts_with("write '") && names.size() == 2 &&
                       finding.message.find("' instead of '") != std::string::npos;
  if (!says_so || line.compare(from, names[1].size(), names[1]) != 0) return {};
  const std::size_t end = from + names[1].size();
  const auto is_space = [&](std::size_t at) { return at >= line.size() || line[at] == ' '; };
  const bool before = from > 0 && is_name_byte(line[from - 1]);
  return one_edit(line, from, names[1],
                  (before ? " " : "") + names[0] + (is_space(end) ? "" : " "));
}

// "{{ slots.name }}" and "{{name}}" → "{name}", every one in the line.
std::vector<Edit> jinja(const std::string& line, std::size_t from) {
  std::vector<Edit> edits;
  for (std::size_t at = line.find("{{", from); at != std::string::npos;) {
    const std::size_t end = line.find("}}", at);
    if (end == std::string::npos) return {};
    std::string name = line.substr(at + 2, end - at - 2);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (name.starts_with("slots.")) name.erase(0, 6);
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), is_name_byte);
    if (!plain) return {};
    edits.push_back({column_of(line, at), line.substr(at, end + 2 - at), "{" + name + "}"});
    at = line.find("{{", end);
  }
  return edits;
}

// ---- in files ----

// From where line `number` begins to its end, without the line break.
std::optional<std::pair<std::size_t, std::size_t>> line_at(const std::string& text, int number) {
  std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (int i = 1; i < number; ++i) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) return std::nullopt;
    ++begin;
  }
  std::size_t end = std::min(text.find('\n', begin), text.size());
  if (end > begin && text[end - 1] == '\r') --end;
  return std::pair(begin, end);
}

// `text` with the edits that take `finding` away; nullopt when there are none.
std::optional<std::string> edited(const std::string& text, const Diagnostic& finding) {
  const auto place = line_at(text, finding.mark.line);
  if (!place) return std::nullopt;
  std::string line = text.substr(place->first, place->second - place->first);
  const std::string original = line;
  const std::vector<Edit> edits = edits_for(finding, line);
  if (edits.empty()) return std::nullopt;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    line.replace(offset_of(original, edit->column), edit->from.size(), edit->to);
  }
  return text.substr(0, place->first) + line + text.substr(place->second);
}

bool is_same(const Diagnostic& a, const Diagnostic& b) {
  return a.code == b.code && a.mark.file == b.mark.file && a.mark.line == b.mark.line &&
         a.message == b.message;
}

bool contains(const Diagnostics& all, const Diagnostic& one) {
  return std::any_of(all.begin(), all.end(), [&](const Diagnostic& d) { return is_same(d, one); });
}

// What was wrong may have hidden what else is: a misspelt key what is below it, and the first
// mistake in a condition those behind it.
bool was_hidden(const Diagnostic& one, const Diagnostic& by) {
  if (one.mark.file != by.mark.file || one.code.starts_with("yaml_")) return false;
  if (by.code == "unknown_key") return one.mark.line >= by.mark.line;
  const bool in_expression = by.code == "bad_condition" || by.code == "bad_expression";
  return in_expression && one.code == by.code && one.mark.column > by.mark.column;
}

bool is_better(const Diagnostics& before, const Diagnostics& after, const Diagnostic& finding) {
  if (contains(after, finding)) return false;
  return std::none_of(after.begin(), after.end(), [&](const Diagnostic& one) {
    return one.severity == nlu::Severity::error && !contains(before, one) &&
           !was_hidden(one, finding);
  });
}

}  // namespace

std::vector<Edit> edits_for(const Diagnostic& finding, const std::string& line) {
  const std::size_t from = offset_of(line, finding.mark.column);
  if (from == std::string::npos || from >= line.size()) return {};
  if (finding.code == "jinja_unsupported") return jinja(line, from);
  if (finding.code == "bad_condition" || finding.code == "bad_expression") {
    return foreign_operator(finding, line, from);
  }
  if (finding.code == "no_action_server") return missing_prefix(finding, line, from);
  return misspelt(finding, line, from);
}

nlu::Result<std::map<std::string, Fixed>> fix(const std::string& folder,
                                              const Diagnostics& findings,
                                              const CheckAgain& check) {
  std::map<std::string, Fixed> files;
  FileTexts now;
  Diagnostics open = findings;
  Diagnostics tried;
  for (std::size_t checks = 0; checks < fixes_limit;) {
    const auto next = std::find_if(open.begin(), open.end(), [&](const Diagnostic& one) {
      return one.mark.line > 0 && !contains(tried, one);
    });
    if (next == open.end()) break;
    const Diagnostic finding = *next;
    tried.push_back(finding);
    const std::string& name = finding.mark.file;
    if (!now.contains(name)) {
      auto read = read_whole((fs::path(folder) / name).string());
      if (!read) return read.error();
      if (!*read) continue;
      now[name] = **read;
      files[name].before = std::move(**read);
    }
    auto text = edited(now[name], finding);
    if (!text) continue;
    ++checks;
    FileTexts with = now;
    with[name] = std::move(*text);
    Diagnostics after = check(with);
    if (!is_better(open, after, finding)) continue;
    now = std::move(with);
    open = std::move(after);
    ++files[name].count;
  }
  std::erase_if(files, [](const auto& file) { return file.second.count == 0; });
  for (auto& [name, file] : files) file.after = now[name];
  return files;
}

std::string diff(const std::string& file, const Fixed& fixed) {
  std::string out = fmt::format("--- {0}\n+++ {0}\n", file);
  for (int number = 1;; ++number) {
    const auto old_line = line_at(fixed.before, number);
    const auto new_line = line_at(fixed.after, number);
    if (!old_line || !new_line) break;
    const auto text = [](const std::string& whole, const std::pair<std::size_t, std::size_t>& at) {
      const bool carriage = at.second < whole.size() && whole[at.second] == '\r';
      return whole.substr(at.first, at.second - at.first + (carriage ? 1 : 0));
    };
    const std::string was = text(fixed.before, *old_line);
    const std::string is = text(fixed.after, *new_line);
    if (was != is) out += fmt::format("@@ -{0} +{0} @@\n-{1}\n+{2}\n", number, was, is);
  }
  return out;
}

}  // namespace bot

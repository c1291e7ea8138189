#include "bot/findings_report.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "bot/fixes.h"
#include "dialog/findings.h"
#include "nlu/base/display_width.h"
#include "nlu/base/unicode.h"

namespace bot {
namespace {

constexpr std::size_t lines_limit = 1'000'000;  // Of a file; a bot's have far fewer.
constexpr std::size_t shown_before = 70;        // Characters of a long line left of the caret
constexpr std::size_t shown_after = 50;         // and right of it.

struct Piece {
  std::string text;
  int width = 1;
  bool tab = false;
};

std::vector<Piece> pieces_of(const std::string& line) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < line.size();) {
    const nlu::Character one = nlu::character_at(line, at);
    if (line[at] == '\t') {
      pieces.push_back({"\t", 1, true});
    } else if (one.code < 0x20 || (one.code >= 0x7F && one.code < 0xA0)) {
      pieces.push_back({"\xEF\xBF\xBD", 1, false});
    } else {
      pieces.push_back({line.substr(at, one.end - at), nlu::display_width(one.code), false});
    }
    at = one.end;
  }
  return pieces;
}

std::string coloured(std::string_view text, const char* code, bool colours) {
  return colours ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

constexpr const char* red = "1;31";
constexpr const char* yellow = "1;33";
constexpr const char* green = "1;32";
constexpr const char* faint = "2";

std::string advice_of(const nlu::Diagnostic& finding) {
  const dialog::Finding* kind = dialog::find_finding(finding.code);
  return kind == nullptr ? "" : std::string(kind->advice);
}

}  // namespace

std::string SourceLines::line(const nlu::Mark& mark) {
  if (mark.line <= 0) return "";
  const auto [found, is_new] = files_.try_emplace(mark.file);
  if (is_new) {
    std::ifstream stream(folder_ / mark.file);
    for (std::string text; std::getline(stream, text) && found->second.size() < lines_limit;) {
      if (!text.empty() && text.back() == '\r') text.pop_back();
      found->second.push_back(std::move(text));
    }
  }
  const auto index = static_cast<std::size_t>(mark.line) - 1;
  if (index >= found->second.size() || !nlu::is_utf8(found->second[index])) return "";
  return found->second[index];
}

std::string underline(const std::string& line, int column, bool colours) {
  const std::vector<Piece> pieces = pieces_of(line);
  const std::size_t caret = column > 0 ? static_cast<std::size_t>(column) - 1 : 0;
  std::size_t begin = 0;
  std::size_t end = pieces.size();
  if (end > shown_before + shown_after) {
    begin = caret > shown_before ? std::min(caret - shown_before, end) : 0;
    end = std::min(end, begin + shown_before + shown_after);
  }
  std::string shown(begin > 0 ? "…" : "");
  std::string space(begin > 0 ? " " : "");
  for (std::size_t i = begin; i < end; ++i) {
    shown += pieces[i].text;
    if (i >= caret) continue;
    space += pieces[i].tab ? "\t" : std::string(static_cast<std::size_t>(pieces[i].width), ' ');
  }
  if (end < pieces.size()) shown += "…";
  std::string out = "  " + shown + "\n";
  if (column > 0) out += "  " + space + coloured("^", green, colours) + "\n";
  return out;
}

std::string FindingsText::operator()(const nlu::Diagnostic& finding, const std::string& line) {
  const bool warning = finding.severity == nlu::Severity::warning;
  std::string head = nlu::to_string(finding);
  const std::size_t message = head.size() - finding.message.size();
  const bool known = !finding.code.empty();
  std::string out =
      fmt::format("{}{}{}\n", head.substr(0, message),
                  coloured(finding.message, warning ? yellow : red, colours_),
                  known ? coloured(fmt::format(" [{}]", finding.code), faint, colours_) : "");
  if (!line.empty()) out += underline(line, finding.mark.column, colours_);
  if (const std::string advice = advice_of(finding);
      !advice.empty() && advised_.insert(finding.code).second) {
    out += fmt::format("  = {}\n", advice);
  }
  return out;
}

bool shows_colours() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

nlu::json::object finding_json(const nlu::Diagnostic& finding, const std::string& line) {
  nlu::json::object out = {
      {"severity", finding.severity == nlu::Severity::error ? "error" : "warning"},
      {"code", finding.code},
      {"file", finding.mark.file},
      {"line", finding.mark.line},
      {"column", finding.mark.column},
      {"message", finding.message},
      {"text", line},
      {"advice", advice_of(finding)}};
  nlu::json::array edits;
  for (const Edit& edit : edits_for(finding, line)) {
    edits.push_back({{"column", edit.column}, {"from", edit.from}, {"to", edit.to}});
  }
  if (!edits.empty()) out["edits"] = std::move(edits);
  return out;
}

}  // namespace bot

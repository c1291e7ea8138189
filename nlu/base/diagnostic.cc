#include "nlu/base/diagnostic.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "nlu/base/suggestion.h"

namespace nlu {
namespace {

constexpr std::size_t name_limit = 100;  // Nobody mistypes a name longer than this.
constexpr std::string_view question = "; did you mean '";
constexpr std::string_view question_end = "?";

// Characters of a name, so that a Chinese one counts by its characters too. ASCII case is ignored:
// "Payout" is surely meant to be "payout".
std::u32string characters(const std::string& name) {
  std::u32string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U && !out.empty()) {
      out.back() = (out.back() << 6U) | (byte & 0x3FU);
    } else {
      out += byte >= 'A' && byte <= 'Z' ? static_cast<char32_t>(byte + 32) : char32_t{byte};
    }
  }
  return out;
}

// How many insertions, deletions, replacements and swaps of neighbours lie between two names.
std::size_t distance(const std::u32string& a, const std::u32string& b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string out = diagnostic.mark.file;
  if (diagnostic.mark.line > 0) out += fmt::format(":{}", diagnostic.mark.line);
  if (diagnostic.mark.line > 0 && diagnostic.mark.column > 0) {
    out += fmt::format(":{}", diagnostic.mark.column);
  }
  if (!out.empty()) out += ": ";
  if (diagnostic.severity == Severity::warning) out += "warning: ";
  return out + diagnostic.message;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string did_you_mean(const std::string& unknown, const std::vector<std::string>& known) {
  const std::u32string meant = characters(unknown);
  if (meant.size() > name_limit) return "";
  const std::string* best = nullptr;
  const std::string* rival = nullptr;
  std::size_t best_distance = meant.size() / 3 + 1;
  for (const std::string& name : known) {
    const std::u32string candidate = characters(name);
    if (name == unknown || candidate.size() > name_limit) continue;
    const std::size_t d = distance(meant, candidate);
    if (d < best_distance) {
      best = &name;
      rival = nullptr;
      best_distance = d;
    } else if (best != nullptr && d == best_distance && rival == nullptr && name != *best) {
      rival = &name;
    }
  }
  if (best == nullptr) return "";
  const std::string second = rival == nullptr ? "" : fmt::format(" or '{}'", *rival);
  return fmt::format("{}{}'{}{}", question, *best, second, question_end);
}

std::optional<std::string> meant(std::string_view message) {
  const std::size_t begin = message.rfind(question);
  if (begin == std::string_view::npos || !message.ends_with(question_end)) return std::nullopt;
  std::string_view name = message.substr(begin + question.size());
  name.remove_suffix(question_end.size());
  if (name.empty() || name.back() != '\'') return std::nullopt;
  name.remove_suffix(1);
  if (name.find("' or '") != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

}  // namespace nlu

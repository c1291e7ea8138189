#include "nlu/base/diagnostic.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace nlu {
namespace {

constexpr std::size_t name_limit = 100;  // Nobody mistypes a name longer than this.

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
  std::size_t best_distance = meant.size() / 3 + 1;
  for (const std::string& name : known) {
    const std::u32string candidate = characters(name);
    if (name == unknown || candidate.size() > name_limit) continue;
    const std::size_t d = distance(meant, candidate);
    if (d < best_distance) {
      best = &name;
      best_distance = d;
    }
  }
  return best == nullptr ? "" : fmt::format("; did you mean '{}'?", *best);
}

}  // namespace nlu

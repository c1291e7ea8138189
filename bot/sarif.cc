// Findings in SARIF 2.1.0, which code hosts and editors read.
#include <filesystem>

#include <fmt/format.h>

#include "bot/findings_report.h"
#include "bot/fixes.h"
#include "dialog/findings.h"
#include "nlu/base/unicode.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using nlu::json::array;
using nlu::json::object;

constexpr const char* schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

const char* level_of(nlu::Severity severity) {
  return severity == nlu::Severity::error ? "error" : "warning";
}

// RFC 3986: what is not unreserved is percent-encoded, '/' is kept.
std::string encoded(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || c == '/';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

// Relative to where the command runs, when the folder lies below; else absolute.
std::string uri_of(const std::string& folder, const std::string& file) {
  std::error_code failure;
  const fs::path here = fs::current_path(failure);
  const fs::path path = (fs::absolute(folder, failure) / file).lexically_normal();
  const fs::path relative = path.lexically_relative(here);
  if (!relative.empty() && *relative.begin() != "..") return encoded(relative.generic_string());
  return "file://" + encoded(path.generic_string());
}

array rules() {
  array out;
  for (const dialog::Finding& one : dialog::findings()) {
    const std::string advice(one.advice);
    out.push_back({{"id", one.code},
                   {"shortDescription", {{"text", std::string(one.title) + "."}}},
                   {"help", {{"text", advice}, {"markdown", advice}}}});
  }
  return out;
}

// A rule's place in rules(); -1, SARIF's "none", for a code that is not listed.
std::int64_t rule_index(const std::string& code) {
  const dialog::Finding* found = dialog::find_finding(code);
  return found == nullptr ? -1 : found - dialog::findings().data();
}

object region_of(const nlu::Diagnostic& finding, const std::string& line) {
  object region{{"startLine", finding.mark.line}};
  if (finding.mark.column > 0) region["startColumn"] = finding.mark.column;
  if (!line.empty()) region["snippet"] = {{"text", line}};
  return region;
}

array fixes_of(const nlu::Diagnostic& finding, const std::string& line, const object& artifact) {
  array replacements;
  for (const Edit& edit : edits_for(finding, line)) {
    const auto length = static_cast<int>(nlu::count_characters(edit.from));
    replacements.push_back({{"deletedRegion",
                             {{"startLine", finding.mark.line},
                              {"startColumn", edit.column},
                              {"endColumn", edit.column + length}}},
                            {"insertedContent", {{"text", edit.to}}}});
  }
  array fixes;
  if (replacements.empty()) return fixes;
  object change{{"artifactLocation", artifact}, {"replacements", std::move(replacements)}};
  object fix{{"description", {{"text", "Write what was meant."}}}};
  fix["artifactChanges"] = array{std::move(change)};
  fixes.push_back(std::move(fix));
  return fixes;
}

object result_of(const nlu::Diagnostic& finding, const std::string& folder, SourceLines& lines) {
  object result{{"ruleId", finding.code},
                {"level", level_of(finding.severity)},
                {"message", {{"text", finding.message}}}};
  if (const std::int64_t index = rule_index(finding.code); index >= 0) result["ruleIndex"] = index;
  const object artifact{{"uri", uri_of(folder, finding.mark.file)}};
  object place{{"artifactLocation", artifact}};
  const std::string line = lines.line(finding.mark);
  if (finding.mark.line > 0) place["region"] = region_of(finding, line);
  result["locations"] = array{object{{"physicalLocation", std::move(place)}}};
  if (array fixes = fixes_of(finding, line, artifact); !fixes.empty()) {
    result["fixes"] = std::move(fixes);
  }
  return result;
}

}  // namespace

object sarif(const nlu::Diagnostics& findings, const std::string& folder, SourceLines& lines) {
  array results;
  for (const nlu::Diagnostic& one : findings) results.push_back(result_of(one, folder, lines));
  object driver{{"name", "usher"}, {"version", USHER_VERSION}, {"rules", rules()}};
  object run{{"tool", {{"driver", std::move(driver)}}},
             {"columnKind", "unicodeCodePoints"},
             {"results", std::move(results)}};
  return {{"$schema", schema}, {"version", "2.1.0"}, {"runs", array{std::move(run)}}};
}

}  // namespace bot

// The list of findings is complete: every code in the sources is in it, and the page is the list.
#include "dialog/findings.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A call's arguments but the last, which is the message; `at` is behind its '('.
std::string arguments_before_message(const std::string& text, std::size_t at) {
  int depth = 0;
  std::size_t last_comma = at;
  bool quoted = false;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ',' && depth == 0) last_comma = i;
    if ((c == ')' || c == ']' || c == '}') && depth-- == 0) break;
  }
  return text.substr(at, last_comma - at);
}

// Codes that the loader's and the checks' sources give, and a file that does.
std::map<std::string, std::string> codes_in_sources() {
  static const std::regex call(
      R"re(\b(?:error|warn|report|refuse|error_at)\s*\(|Severity::(?:error|warning)\b[^,;"]*,)re");
  static const std::regex literal(R"re("([a-z][a-z0-9]*(?:_[a-z0-9]+)+)")re");
  std::map<std::string, std::string> codes;
  for (const char* folder : {"dialog", "nlu", "nlu/base"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(USHER_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc") continue;
      const std::string text = read(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at) {
        const auto behind = static_cast<std::size_t>(at->position() + at->length());
        const std::string arguments = arguments_before_message(text, behind);
        for (std::sregex_iterator one(arguments.begin(), arguments.end(), literal); one != end;
             ++one) {
          codes.emplace((*one)[1], entry.path().filename().string());
        }
      }
    }
  }
  return codes;
}

}  // namespace

TEST_CASE("every code that is given is listed, and every one that is listed is given") {
  const auto given = codes_in_sources();
  REQUIRE(given.size() > 80);
  for (const auto& [code, file] : given) {
    INFO(file << " gives '" << code << "': add it to the table of dialog/findings.cc");
    CHECK(dialog::find_finding(code) != nullptr);
  }
  for (const dialog::Finding& one : dialog::findings()) {
    INFO("nothing gives '" << one.code << "' any more: delete it in dialog/findings.cc");
    CHECK(given.contains(std::string(one.code)));
  }
}

TEST_CASE("findings are sorted, and each says what to do") {
  std::string before;
  for (const dialog::Finding& one : dialog::findings()) {
    INFO(one.code);
    CHECK(before < one.code);
    CHECK_FALSE(one.title.empty());
    CHECK(one.title.back() != '.');
    REQUIRE_FALSE(one.advice.empty());
    CHECK(one.advice.back() == '.');
    before = one.code;
  }
  CHECK(dialog::find_finding("no_such_code") == nullptr);
}

TEST_CASE("docs/findings.md is the list") {
  const fs::path page = fs::path(USHER_SOURCE_DIR) / "docs/findings.md";
  const fs::path made = fs::temp_directory_path() / "findings.md";
  if (read(page) != dialog::findings_page()) std::ofstream(made) << dialog::findings_page();
  INFO("docs/findings.md is behind dialog/findings.cc; copy " << made.string() << " over it");
  CHECK(read(page) == dialog::findings_page());
}

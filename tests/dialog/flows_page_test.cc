// Every flow on docs/flows.md loads as it stands there, with the slots, wording and examples of
// flows_page.yml.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/load.h"

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("every flow of docs/flows.md loads") {
  constexpr std::string_view begin = "\n```yaml\nflows:\n", end = "\n```\n";
  const std::string page = read(USHER_SOURCE_DIR "/docs/flows.md");
  std::map<std::string, std::string> files = {
      {"domain.yml", read(USHER_SOURCE_DIR "/tests/dialog/flows_page.yml")}};
  for (std::size_t at = 0; (at = page.find(begin, at)) != page.npos;) {
    const std::size_t text = at + std::string_view("\n```yaml\n").size();
    at = page.find(end, text);
    REQUIRE(at != page.npos);
    const auto line =
        1 + std::count(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(text), '\n');
    files[fmt::format("flows/line_{}.yml", line)] = page.substr(text, at - text + 1);
  }
  CHECK(files.size() > 10);
  const dialog::Loaded loaded = dialog::load_bot_from(files);
  for (const auto& one : loaded.diagnostics) {
    if (one.severity == nlu::Severity::error) FAIL_CHECK(nlu::to_string(one));
  }
  CHECK(loaded.bot != nullptr);
}

// Projects that somebody broke in the middle: converting them ends, and what is written is YAML.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "dialog/convert.h"
#include "nlu/base/yaml.h"

namespace {

namespace fs = std::filesystem;
using namespace dialog;

FolderTexts read(const char* name) {
  FolderTexts texts;
  const fs::path root = fs::path(USHER_SOURCE_DIR) / "tests/conversations" / name;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".yml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    texts[entry.path().lexically_relative(root).generic_string()] = {
        std::istreambuf_iterator<char>(in), {}};
  }
  return texts;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// A line less, twice, elsewhere, deeper, with a character less or one too many.
std::string broken(const std::string& text, std::mt19937& random) {
  std::vector<std::string> lines = lines_of(text);
  if (lines.empty()) return text;
  const std::size_t at = random() % lines.size();
  const auto line = lines.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random() % 7) {
    case 0:
      lines.erase(line);
      break;
    case 1:
      lines.insert(line, std::string(*line));
      break;
    case 2:
      std::swap(lines[at], lines[random() % lines.size()]);
      break;
    case 3:
      line->insert(0, "  ");
      break;
    case 4:
      if (!line->empty()) line->erase(random() % line->size(), 1);
      break;
    case 5:
      line->insert(line->empty() ? 0 : random() % line->size(), 1, "[]{}:-\"'#|"[random() % 10]);
      break;
    case 6:
      lines.resize(at);
      break;
  }
  std::string out;
  for (const std::string& one : lines) out += one + "\n";
  return out;
}

void break_and_convert(const char* name,
                       Conversion (*convert)(const FolderTexts&, const LoadOptions&), int rounds,
                       unsigned seed) {
  const FolderTexts whole = read(name);
  REQUIRE(whole.size() > 3);
  std::mt19937 random(seed);
  std::size_t broken_ones = 0;
  for (int round = 0; round < rounds; ++round) {
    FolderTexts source = whole;
    for (unsigned i = 0; i <= random() % 3; ++i) {
      auto file = source.begin();
      std::advance(file, static_cast<std::ptrdiff_t>(random() % source.size()));
      file->second = broken(file->second, random);
    }
    const Conversion done = convert(source, {});
    broken_ones += done.findings.empty() ? 0 : 1;
    for (const auto& [file, text] : done.files) {
      if (source.count(file) && source.at(file) == text) continue;  // As it was.
      const auto parsed = nlu::parse_yaml(text, file);
      if (const auto* problem = std::get_if<nlu::Diagnostic>(&parsed)) {
        FAIL(name << ", round " << round << ": " << to_string(*problem) << "\n" << text);
      }
    }
  }
  CHECK(broken_ones > 0);
}

}  // namespace

TEST_CASE("broken projects are converted as far as they can be") {
  break_and_convert("rasa_moodbot", convert_rasa, 400, 1);
  break_and_convert("rasa_formbot", convert_rasa, 400, 2);
  break_and_convert("rasa_calm", convert_calm, 40, 3);
}

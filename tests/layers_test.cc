// Arrows between folders point one way: bot → connectors → dialog → nlu, nlu/torch aside, and each
// foreign library has its home. Read off every #include.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;  // "dialog/engine.cc"
  std::string of;    // "nlu/base/json.h"
};

std::vector<Include> includes_below(const std::string& folder) {
  static const std::regex line(R"re(^#include ["<]([^">]+)[">])re");
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cc") continue;
    std::ifstream file(entry.path());
    for (std::string text; std::getline(file, text);) {
      std::smatch match;
      if (std::regex_search(text, match, line)) found.push_back({entry.path().string(), match[1]});
    }
  }
  return found;
}

bool starts_with(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

}  // namespace

TEST_CASE("no folder includes one to its left") {
  const std::map<std::string, std::set<std::string>> left{
      {"nlu", {"dialog/", "connectors/", "bot/"}},
      {"dialog", {"connectors/", "bot/", "nlu/torch/"}},
      {"connectors", {"bot/", "nlu/torch/"}}};
  for (const auto& [folder, forbidden] : left) {
    const std::vector<Include> includes = includes_below(folder);
    CHECK(includes.size() > 10);
    for (const Include& include : includes) {
      for (const std::string& prefix : forbidden) {
        INFO(include.file << " includes " << include.of);
        CHECK_FALSE(starts_with(include.of, prefix));
      }
    }
  }
}

TEST_CASE("each foreign library has its home") {
  const std::map<std::string, std::set<std::string>> homes{
      {"torch/torch.h", {"nlu/torch/"}}, {"yaml-cpp/", {"nlu/base/"}},
      {"unicode/", {"nlu/base/"}},       {"re2/", {"nlu/base/"}},
      {"cld2/", {"nlu/language.cc"}},    {"rocksdb/", {"bot/rocksdb_store", "bot/store_reader.cc"}},
      {"boost/asio", {"bot/"}},          {"boost/beast", {"bot/"}}};
  for (const char* folder : {"nlu", "dialog", "connectors", "bot"}) {
    for (const Include& include : includes_below(folder)) {
      for (const auto& [library, places] : homes) {
        if (!starts_with(include.of, library)) continue;
        INFO(include.file << " includes " << include.of);
        CHECK(std::any_of(places.begin(), places.end(), [&](const std::string& place) {
          return starts_with(include.file, place);
        }));
        CHECK_FALSE((starts_with(library, "boost/") && starts_with(include.file, "bot/runtime/")));
      }
    }
  }
}

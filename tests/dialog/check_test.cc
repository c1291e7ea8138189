// Broken bots, each in a file of tests/dialog/broken/ with what must be said about it, to the
// letter:
//
//   # expect: flows/a.yml:7:15: no step is called 'pay_out'; did you mean 'payout'?
//   # file: flows/a.yml
//   flows: …
//
// Warnings are asked for where the bot loads. The expected list is complete and in order.
#include "dialog/check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/load.h"

namespace {

namespace fs = std::filesystem;

struct Case {
  std::vector<std::string> expected;
  std::map<std::string, std::string> files;
};

Case read_case(const fs::path& path) {
  Case result;
  std::ifstream stream(path, std::ios::binary);
  std::string* file = nullptr;
  for (std::string line; std::getline(stream, line);) {
    constexpr std::string_view expect = "# expect: ";
    constexpr std::string_view begin = "# file: ";
    if (line.compare(0, expect.size(), expect) == 0) {
      result.expected.push_back(line.substr(expect.size()));
    } else if (line.compare(0, begin.size(), begin) == 0) {
      file = &result.files[line.substr(begin.size())];
    } else if (file != nullptr) {
      *file += line + "\n";
    }
  }
  return result;
}

std::vector<std::string> diagnose(const std::map<std::string, std::string>& files) {
  dialog::Loaded loaded = dialog::load_bot_from(files);
  if (loaded.bot) dialog::check_warnings(*loaded.bot, loaded.diagnostics);
  dialog::tidy(loaded.diagnostics);
  CHECK((loaded.bot == nullptr) == nlu::has_errors(loaded.diagnostics));
  std::vector<std::string> lines;
  for (const nlu::Diagnostic& diagnostic : loaded.diagnostics)
    lines.push_back(to_string(diagnostic));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(USHER_SOURCE_DIR "/tests/dialog/broken")) {
    if (entry.path().extension() == ".bot") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A bot that is right, for one thing at a time to be added.
std::map<std::string, std::string> with(const std::string& domain, const std::string& steps) {
  return {{"domain.yml", domain},
          {"flows/a.yml",
           "flows:\n  a:\n    description: Try something\n    if: false\n    steps:\n" + steps}};
}

}  // namespace

TEST_CASE("every broken bot gets exactly the messages it was written for") {
  const auto paths = case_files();
  REQUIRE(paths.size() >= 44);
  for (const fs::path& path : paths) {
    INFO(path.filename().string());
    const Case broken = read_case(path);
    REQUIRE_FALSE(broken.expected.empty());
    CHECK(joined(diagnose(broken.files)) == joined(broken.expected));
  }
}

TEST_CASE("a file of ten megabytes is refused at once") {
  const std::string line = "  - a line of a file that is far too long to be a flow\n";
  std::string text = "flows:\n";
  while (text.size() < 10u << 20) text += line;
  const auto lines = diagnose({{"flows/a.yml", text}});
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().rfind("flows/a.yml: ", 0) == 0);
}

TEST_CASE("the first 200 diagnostics are shown and the others counted") {
  std::string steps;
  for (int i = 0; i < 300; ++i) steps += "      - say: response_nobody_wrote\n";
  const auto lines = diagnose(with("slots: {}\n", steps));
  REQUIRE(lines.size() == 201);
  CHECK(lines.back() == "and 100 more; correct these first");
}

TEST_CASE("a flow has at most 1,000 steps") {
  std::string steps;
  for (int i = 0; i < 1100; ++i) steps += "      - say: Hello there.\n";
  CHECK(joined(diagnose(with("slots: {}\n", steps))) ==
        "flows/a.yml:1006:9: a flow has at most 1000 steps\n");
}

TEST_CASE("a loop that asks the customer is fine") {
  const auto lines =
      diagnose(with("slots:\n  city: {type: text}\nresponses:\n"
                    "  utter_ask_city: [{text: Which city}]\n",
                    "      - id: ask\n        collect: city\n"
                    "      - set_slots: [{city: null}]\n        next: ask\n"));
  CHECK(joined(lines) ==
        "warning: this bot has no examples in nlu/, so it understands nothing that is written to "
        "it\n");
}

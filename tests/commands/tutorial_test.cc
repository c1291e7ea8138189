// docs/tutorial.md does what it says: its files are written, its commands run, in the page's order
// and in an empty folder, and what they print is what the page shows. "…" stands for anything
// within a line, a line of it alone for any lines.
#include <filesystem>
#include <fstream>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/bot/scratch.h"
#include "tests/commands/business.h"

namespace {

constexpr std::string_view anything = "…";

struct Block {
  std::string language;
  std::string file;  // The bold line before it, without its asterisks; "": none
  int line = 0;
  std::vector<std::string> lines;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> blocks;
  bool inside = false;
  std::string file;
  int number = 0;
  for (const std::string& line : lines_of(page)) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), std::exchange(file, ""), number, {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    } else if (line.starts_with("**") && line.ends_with("**")) {
      file = line.substr(2, line.size() - 4);
    } else if (!line.empty()) {
      file.clear();
    }
  }
  return blocks;
}

bool fits_line(std::string_view shown, std::string_view printed) {
  const std::size_t hole = shown.find(anything);
  if (hole == std::string_view::npos) return shown == printed;
  if (!printed.starts_with(shown.substr(0, hole))) return false;
  const std::string_view rest = shown.substr(hole + anything.size());
  for (std::size_t at = hole; at <= printed.size(); ++at) {
    if (fits_line(rest, printed.substr(at))) return true;
  }
  return false;
}

bool fits(std::span<const std::string> shown, std::span<const std::string> printed) {
  if (shown.empty()) return printed.empty();
  if (shown.front() == anything) {
    for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
      if (fits(shown.subspan(1), printed.subspan(skipped))) return true;
    }
    return false;
  }
  return !printed.empty() && fits_line(shown.front(), printed.front()) &&
         fits(shown.subspan(1), printed.subspan(1));
}

// The page's folder, where `usher` is the one that was built.
class Reader {
 public:
  Reader() {
    fs::create_directories(folder_.path("bin"));
    fs::create_symlink(USHER_PROGRAM, folder_.path("bin/usher"));
  }

  void do_as_told(const Block& block) {
    INFO("docs/tutorial.md:" << block.line);
    if (block.language == "yaml") return write(block);
    if (block.language == "console") return play(block);
    // How to find the program: here it is found already.
    REQUIRE(block.language == "sh");
    REQUIRE(block.lines == std::vector<std::string>{"export PATH=\"$PWD/build:$PATH\""});
  }

  int commands() const { return commands_; }

 private:
  void write(const Block& block) {
    REQUIRE_FALSE(block.file.empty());
    const fs::path path = folder_.path(block.file);
    fs::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    for (const std::string& line : block.lines) out << line << '\n';
  }

  // "$ command", "> what is typed", and what is printed.
  void play(const Block& block) {
    REQUIRE(block.lines.front().starts_with("$ usher "));
    const std::string command = block.lines.front().substr(2);
    std::vector<std::string> shown;
    std::string typed;
    for (std::size_t i = 1; i < block.lines.size(); ++i) {
      const std::string& line = block.lines[i];
      if (line.starts_with("> ")) {
        typed += line.substr(2) + '\n';
      } else {
        shown.push_back(line);
      }
    }
    if (command.starts_with("usher chat")) {  // What only a terminal is told
      REQUIRE(shown.front() == "Talk to bistro. Ctrl-D ends.");
      shown.erase(shown.begin());
    }
    std::ofstream(folder_.path("typed"), std::ios::binary) << typed;
    ++commands_;
    const std::string printed =
        command.starts_with("usher serve") ? serve(command) : run_here(command + " < typed");
    INFO(command << " printed:\n" << printed);
    CHECK(fits(shown, lines_of(printed)));
  }

  std::string run_here(const std::string& command) {
    const std::string line = fmt::format(
        "cd '{}' && export PATH=\"$PWD/bin:$PATH\" && {{ {}; }} 2>&1", folder_.path(), command);
    FILE* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string printed;
    char buffer[4096];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
      printed.append(buffer, count);
    ::pclose(pipe);
    return printed;
  }

  // Until it is ready and has shown its page; at a port that is free, told as the usual one.
  std::string serve(const std::string& command) {
    const std::string started =
        run_here(command +
                 " --port 0 > served 2> log & pid=$!; for i in $(seq 600); do grep -q ready: "
                 "served && break; "
                 "sleep 0.05; done; cat served; curl -s -o page \"$(sed -n 's/^ready: \\(http[^ "
                 "]*\\).*/\\1/p' "
                 "served)/\"; kill $pid; wait $pid 2>/dev/null; echo stopped: $?");
    CHECK(text_of(folder_.path("page")).find("widget.js") != std::string::npos);
    const std::size_t stopped = started.rfind("stopped: ");
    REQUIRE(stopped != std::string::npos);
    CHECK(started.substr(stopped) == "stopped: 0\n");
    return std::regex_replace(started.substr(0, stopped),
                              std::regex("localhost:[0-9]+|127.0.0.1:[0-9]+"), "localhost:8080");
  }

  Scratch folder_;
  int commands_ = 0;
};

}  // namespace

TEST_CASE("the tutorial does what it says") {
  const std::vector<Block> blocks = blocks_of(text_of(USHER_SOURCE_DIR "/docs/tutorial.md"));
  Reader reader;
  for (const Block& block : blocks) reader.do_as_told(block);
  CHECK(reader.commands() >= 10);
}

TEST_CASE("what a command prints is compared with the page, but for the holes") {
  const std::vector<std::string> printed{"a 12 ms", "b", "c", "d"};
  const auto agrees = [&](std::vector<std::string> shown) { return fits(shown, printed); };
  CHECK(agrees({"a … ms", "b", "c", "d"}));
  CHECK(agrees({"a 12 ms", "…", "d"}));
  CHECK(agrees({"…"}));
  CHECK_FALSE(agrees({"a … s", "b", "c", "d"}));
  CHECK_FALSE(agrees({"a … ms", "b", "d"}));
  CHECK_FALSE(agrees({"…", "b"}));
}

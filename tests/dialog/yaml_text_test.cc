#include "dialog/yaml_text.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace {

using nlu::Yaml;
namespace fs = std::filesystem;

// All that a tree means, on one line.
std::string meaning(const Yaml& node) {
  std::string out;
  switch (node.kind) {
    case Yaml::Kind::null:
      return "null";
    case Yaml::Kind::scalar:
      if (!node.quoted && !node.block && node.as_bool()) return *node.as_bool() ? "true" : "false";
      if (!node.quoted && !node.block && node.as_number())
        return fmt::format("#{}", *node.as_number());
      return fmt::format("'{}'", node.text);
    case Yaml::Kind::sequence:
      for (const Yaml& item : node.items) out += meaning(item) + ",";
      return fmt::format("[{}]", out);
    case Yaml::Kind::map:
      for (const Yaml::Entry& entry : node.entries)
        out += entry.key + ":" + meaning(entry.value) + ",";
      return fmt::format("{{{}}}", out);
  }
  return out;
}

Yaml parse(const std::string& text) {
  auto parsed = nlu::parse_yaml(text, "a.yml");
  if (const auto* problem = std::get_if<nlu::Diagnostic>(&parsed)) FAIL(to_string(*problem) + text);
  return std::get<Yaml>(std::move(parsed));
}

}  // namespace

TEST_CASE("what is written is read as the same") {
  for (const char* text :
       {"a: 1\nb: \"1\"\nc: true\nd: \"true\"\ne: null\nf: []\ng: {}\n",
        "- - a\n  - b: c\n    d: [e, {f: g}]\n- {h: \"\"}\n- \"yes\"\n- ' x '\n- \"tab\\there\"\n",
        "a: |\n  - one\n  - two: three\n\n  - four\nb: |2\n   indented more\n  less\n",
        "a: |-\n  no end\nb: >\n  folded\n  lines\nc: \"# no comment\"\nd: \"a: b\"\n",
        "\"key: odd\": \"{braces}\"\nzh: 您好，请问\nn: 1.5\nm: -3\nt: 2026-01-05\ne: é\n",
        "a: \"multi\\nline\"\nb: '- dash'\nc: '*star'\n"}) {
    const Yaml tree = parse(text);
    const std::string written = dialog::yaml_text(tree);
    INFO(text << "---\n" << written);
    CHECK(meaning(parse(written)) == meaning(tree));
    CHECK(dialog::yaml_text(parse(written)) == written);
  }
}

TEST_CASE("every file of the sample bots can be written and read again") {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(USHER_SOURCE_DIR) / "flows")) {
    if (entry.path().extension() != ".yml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const Yaml tree = parse(text);
    const std::string written = dialog::yaml_text(tree);
    INFO(entry.path());
    CHECK(meaning(parse(written)) == meaning(tree));
    ++count;
  }
  CHECK(count > 20);
}

TEST_CASE("comments keep to their lines") {
  CHECK(dialog::yaml_comment("a\nb") == "# a\n# b\n");
  CHECK(dialog::yaml_comment("") == "");
}

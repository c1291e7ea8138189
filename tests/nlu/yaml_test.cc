#include "nlu/base/yaml.h"

#include <filesystem>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>

using namespace nlu;

namespace {

Yaml good(const std::string& text) {
  std::variant<Yaml, Diagnostic> result = parse_yaml(text, "f.yml");
  if (const auto* bad = std::get_if<Diagnostic>(&result)) FAIL(to_string(*bad));
  return std::get<Yaml>(std::move(result));
}

std::string bad(const std::string& text) {
  const std::variant<Yaml, Diagnostic> result = parse_yaml(text, "f.yml");
  const auto* diagnostic = std::get_if<Diagnostic>(&result);
  return diagnostic == nullptr ? "" : to_string(*diagnostic);
}

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string out;
  while (out.size() + part.size() <= bytes) out += part;
  return out;
}

}  // namespace

TEST_CASE("a YAML tree knows places, quoting and blocks") {
  const Yaml root = good("é: {ü: x, y: 'z'}\nb: |\n    one\n      two\nc: !!str 5\nd:\n");
  REQUIRE(root.is_map());
  CHECK(root.entries[0].value.entries[1].key_mark == Mark{"f.yml", 1, 11});
  CHECK(root.entries[0].value.entries[1].value.quoted);
  const Yaml* block = root.find("b");
  REQUIRE(block != nullptr);
  CHECK(block->block);
  CHECK(block->block_indent == 4);
  CHECK(block->mark == Mark{"f.yml", 2, 4});
  CHECK(block->text == "one\n  two\n");
  CHECK(root.find("c")->quoted);
  CHECK(root.find("d")->is_null());
  CHECK(root.find("e") == nullptr);
}

TEST_CASE("an alias repeats its anchor, and Windows line ends do not matter") {
  const Yaml root = good(
      "\xEF\xBB\xBF"
      "a: &x [1, {b: 2}]\r\nc: *x\r\n");
  CHECK(root.find("c")->items[1].find("b")->text == "2");
  CHECK(root.entries[1].key_mark.line == 2);
}

TEST_CASE("plain scalars mean what YAML 1.2 says") {
  const Yaml list = good(
      "[true, False, yes, 'true', 12, -3, +4, 0x1F, 0o17, 1.5, .5, -1e3, 1e999, "
      "99999999999999999999, .nan, 1_000, '7', 0x-1]");
  const auto& i = list.items;
  CHECK(i[0].as_bool() == true);
  CHECK(i[1].as_bool() == false);
  CHECK_FALSE(i[2].as_bool());
  CHECK_FALSE(i[3].as_bool());
  CHECK(i[4].as_integer() == 12);
  CHECK(i[5].as_integer() == -3);
  CHECK(i[6].as_integer() == 4);
  CHECK(i[7].as_integer() == 31);
  CHECK(i[8].as_integer() == 15);
  CHECK(i[9].as_number() == 1.5);
  CHECK(i[10].as_number() == 0.5);
  CHECK(i[11].as_number() == -1000);
  CHECK_FALSE(i[12].as_number());
  CHECK_FALSE(i[13].as_integer());
  CHECK(i[13].as_number() == 1e20);
  CHECK_FALSE(i[14].as_number());
  CHECK_FALSE(i[15].as_number());
  CHECK_FALSE(i[16].as_integer());
  CHECK_FALSE(i[17].as_integer());
}

TEST_CASE("an author is told what is wrong with the YAML, and where") {
  CHECK(bad("a: 1\nb: 2\na: 3\n") ==
        "f.yml:3:1: the key 'a' was already given in line 1; a key may be given once");
  CHECK(bad("a:\n\tb: 1\n") == "f.yml:2:1: indented with a tab; use spaces");
  CHECK(bad("a: \"abc\nb: c\n") == "f.yml:1:4: this quote is opened and never closed; close it");
  CHECK(bad("a: 'x\n---\nb'\n") == "f.yml:1:4: this quote is opened and never closed; close it");
  CHECK(bad("a: 1\nb\n") == "f.yml:2:1: after the key 'b' a colon is missing");
  CHECK(bad("key:value\nx: y\n") == "f.yml:1:4: a space is missing after this colon");
  CHECK(bad("a: b: c\n") ==
        "f.yml:1:5: a colon is not expected here; put a text that holds ': ' in quotes, and check "
        "that the line is indented like its neighbours");
  CHECK(bad("a:\n  b: c\n d: e\n") ==
        "f.yml:3:2: expected a key with a colon, such as 'name: value', indented like the keys "
        "above it");
  CHECK(bad("a: @x\n") == "f.yml:1:4: a text cannot begin with this character; put it in quotes");
  CHECK(bad("<<: {a: 1}\n").find("f.yml:1:1: the merge key << is not supported") == 0);
  CHECK(bad("? [a]\n: b\n").find("f.yml:1:3: a key must be a text") == 0);
  CHECK(bad("~: b\n").find("f.yml:1:1: a key must be a text") == 0);
  CHECK(bad("a: 1\n---\nb: 2\n").find("f.yml:2:1: a second document begins here") == 0);
  CHECK(bad("- a\nb: 1\n").find("f.yml:2:1: this does not continue what stands above") == 0);
  CHECK(bad("é: \xff").find("f.yml:1:4: this is not UTF-8 (byte 0xFF)") == 0);
  CHECK(bad("a: \x01").find("f.yml:1:4: a control character (byte 0x01)") == 0);
  CHECK(bad(std::string("a: \0b", 5)).find("f.yml:1:4: a control character (byte 0x00)") == 0);
  CHECK(bad("a: \"\\x00\"\n").find("f.yml:1:4: this text holds a control character") == 0);
  CHECK(bad("a: !foo b\n") == "f.yml:1:4: the tag !foo is not supported; leave it out");
  CHECK(bad("a: [1, 2\nb: 3\n").find("a '[' is not closed") != std::string::npos);
}

TEST_CASE("aliases cannot run away") {
  CHECK(bad("a: &x [*x]\n") ==
        "f.yml:1:8: this alias stands inside what it repeats, and would never end");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 80; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i) + ": &a" + std::to_string(i);
    tower += name + " [" + before + "]\n";
    bomb += name + " [" + before + "," + before + "," + before + "]\n";
  }
  CHECK(bad(bomb).find("with every alias written out") != std::string::npos);
  CHECK(bad(tower).find("nested deeper than 64 levels") != std::string::npos);
  std::string large = "a: &a \"" + std::string(1'000'000, 'x') + "\"\nb: [*a";
  for (int i = 0; i < 100; ++i) large += ",*a";
  CHECK(bad(large + "]").find("with every alias written out") != std::string::npos);
}

TEST_CASE("hostile YAML gets an answer") {
  CHECK(bad(std::string(10 << 20, '[')).find("f.yml: the file has 10485760 bytes") == 0);
  CHECK(bad(std::string(100'000, '[')) == "f.yml:1:65: nested deeper than 64 levels");
  CHECK(bad(repeated("- ", 100'000)).find("nested deeper than 64 levels") != std::string::npos);
  CHECK(bad(repeated("{a: ", 100'000)).find("nested deeper than 64 levels") != std::string::npos);
  for (const char* part : {"? ", ": ", "&a ", "!a ", "'", "\"", "[\n", "*a ", "%a\n", "...\n",
                           "---\n", "-\n ", "|\n", "a\n", "[]", "\t"}) {
    (void)bad(repeated(part, 200'000));
  }
  std::mt19937 random(3);
  const std::string alphabet = "ab: -[]{}'\"\n\n  \t|>&*!?%@#,\\é";
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (std::size_t i = 0; i < 24; ++i) text += alphabet[random() % alphabet.size()];
    (void)bad(text);
  }
}

TEST_CASE("a YAML file is read from the disk, or it is said why not") {
  const auto path = std::filesystem::temp_directory_path() / "usher_yaml_test.yml";
  std::ofstream(path) << "a: 1\n";
  CHECK(std::holds_alternative<Yaml>(read_yaml(path.string(), "x.yml")));
  const auto missing = read_yaml(path.string() + ".none", "x.yml");
  CHECK(to_string(std::get<Diagnostic>(missing)) == "x.yml: there is no such file");
  const auto folder = read_yaml(path.parent_path().string(), "x.yml");
  CHECK(to_string(std::get<Diagnostic>(folder)) == "x.yml: this is not a file");
  std::filesystem::remove(path);
}

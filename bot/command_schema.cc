// usher schema: what files may have, for editors and for people.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"
#include "bot/config_keys.h"
#include "bot/replace_file.h"
#include "dialog/schema.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using dialog::FileKind;

struct Asked {
  std::string kind, out;
  bool reference = false;
};

constexpr nlu::Form config_map_form = nlu::map_of<config_file_keys>();
constexpr nlu::Form config_form = nlu::either_of<config_map_form, nlu::nothing_form>();

std::vector<FileKind> all_kinds() {
  const auto of_bots = dialog::file_kinds();
  std::vector<FileKind> all(of_bots.begin(), of_bots.end());
  all.push_back({"usher", "usher.yml", "usher.yml", "The operator's settings; not part of a bot.",
                 config_form, true});
  return all;
}

// For people as well as for programs: nothing else shows what a definition is.
void append_indented(const nlu::json::value& value, int depth, std::string& out) {
  const auto line = [&](int at) {
    out += '\n';
    out.append(static_cast<std::size_t>(at) * 2, ' ');
  };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ',';
      first = false;
      line(depth + 1);
      out += nlu::json::serialize(nlu::json::value(member.key())) + ": ";
      append_indented(member.value(), depth + 1, out);
    }
    line(depth);
    out += '}';
  } else {
    out += nlu::json::serialize(value);
  }
}

std::string text_of(const FileKind& kind) {
  std::string text;
  append_indented(dialog::schema_of(kind), 0, text);
  return text + '\n';
}

int list(const std::vector<FileKind>& kinds) {
  for (const FileKind& kind : kinds) fmt::print("{:<10} {}\n", kind.name, kind.title);
  fmt::print(
      "Print one with `usher schema NAME`, write all of them with `usher schema --out DIR`.\n");
  return 0;
}

int write_all(const std::vector<FileKind>& kinds, const std::string& folder) {
  for (const FileKind& kind : kinds) {
    const std::string path = (fs::path(folder) / fmt::format("{}.json", kind.name)).string();
    const auto before = read_whole(path);
    const auto written = before ? replace_file(path, *before, text_of(kind)) : before.error();
    if (!written) {
      fmt::print(stderr, "usher schema: {}\n", written.error().message);
      return 1;
    }
  }
  fmt::print("{} schemas written to {}\n", kinds.size(), folder);
  return 0;
}

int schema(const Asked& asked) {
  std::vector<FileKind> kinds = all_kinds();
  if (asked.reference) {
    fmt::print("{}", dialog::reference_page(kinds));
    return 0;
  }
  if (!asked.kind.empty()) {
    std::erase_if(kinds, [&](const FileKind& kind) { return kind.name != asked.kind; });
  }
  if (!asked.out.empty()) return write_all(kinds, asked.out);
  if (asked.kind.empty()) return list(kinds);
  fmt::print("{}", text_of(kinds.front()));
  return 0;
}

}  // namespace

void add_schema(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand(
      "schema", "JSON Schemas of all files, for editors that check while typing");
  std::vector<std::string> names;
  for (const FileKind& kind : all_kinds()) names.emplace_back(kind.name);
  command->add_option("FILE", asked->kind, "Which kind of file; without it all are listed")
      ->check(CLI::IsMember(names));
  command->add_option("--out", asked->out, "Write them to this folder, as FILE.json");
  command->add_flag("--reference", asked->reference, "Print docs/reference.md instead");
  command->footer(
      "Examples:\n"
      "  usher schema flows                   prints the schema of flows/*.yml\n"
      "  usher schema --out mybot/.schemas    writes all of them; docs/editors.md says what next\n"
      "Exit code: 0 printed or written, 1 cannot write, 2 called wrongly.");
  command->callback([asked, &exit_code] { exit_code = schema(*asked); });
}

}  // namespace bot

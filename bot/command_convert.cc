#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"
#include "nlu/dataset.h"

namespace bot {
namespace {

struct Asked {
  std::string from, to, from_format, to_format;
};

nlu::Result<nlu::DataFormat> format_for(const std::string& path, const std::string& named,
                                        const char* option) {
  if (!named.empty()) return *nlu::format_named(named);
  if (const auto format = nlu::format_of(path)) return *format;
  return nlu::invalid(fmt::format(
      "{}: its name does not tell its format; say {} csv, jsonl, rasa or conll", path, option));
}

nlu::Result<std::size_t> convert(const Asked& asked) {
  const auto from = format_for(asked.from, asked.from_format, "--from");
  if (!from) return from.error();
  const auto to = format_for(asked.to, asked.to_format, "--to");
  if (!to) return to.error();
  const auto rows = nlu::read_dataset(asked.from, *from);
  if (!rows) return rows.error();
  const auto text = nlu::write_dataset(*rows, *to);
  if (!text) return text.error();
  std::ofstream file(asked.to, std::ios::binary);
  file << *text;
  if (!file.flush()) return nlu::invalid(fmt::format("{} cannot be written", asked.to));
  return rows->size();
}

int run(const Asked& asked) {
  if (asked.from.empty() || asked.to.empty()) {
    fmt::print(stderr,
               "usher convert: name two files, FROM and TO, or what to convert: calm, rasa\n");
    return 2;
  }
  std::error_code failure;
  if (!std::filesystem::is_regular_file(asked.from, failure)) {
    fmt::print(stderr, "usher convert: {} is no file{}\n", asked.from,
               std::filesystem::is_directory(asked.from, failure)
                   ? "; for a whole bot, write usher convert calm or usher convert rasa before it"
                   : "");
    return 2;
  }
  const auto rows = convert(asked);
  if (!rows) {
    fmt::print(stderr, "{}\n", rows.error().message);
    return 1;
  }
  fmt::print("{} rows\n", *rows);
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand(
      "convert", "Turn a bot of Rasa's, or labelled texts, into what Usher reads");
  command->add_option("FROM", asked->from, "A .csv, .jsonl, .yml (Rasa) or .conll file");
  command->add_option("TO", asked->to, "The file to write, in the format of its name");
  const CLI::IsMember formats({"csv", "jsonl", "rasa", "conll"});
  command->add_option("--from", asked->from_format, "FROM's format")->check(formats);
  command->add_option("--to", asked->to_format, "TO's format")->check(formats);
  add_convert_bot(*command, exit_code);
  command->footer(
      "Examples:\n"
      "  usher convert utterances.csv nlu.yml       labelled texts of one format into another\n"
      "  usher convert calm my-calm-bot my-bot      a whole bot; see usher convert calm --help");
  command->callback([asked, command, &exit_code] {
    if (command->get_subcommands().empty()) exit_code = run(*asked);
  });
}

}  // namespace bot

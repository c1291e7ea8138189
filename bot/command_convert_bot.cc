// usher convert calm BOT OUT, usher convert rasa BOT OUT: a bot of Rasa's as one of Usher's.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/findings_report.h"
#include "bot/replace_file.h"
#include "dialog/convert.h"
#include "nlu/base/json.h"

namespace bot {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t files_limit = 4000;
constexpr std::uintmax_t file_bytes_limit = 4 << 20;  // As much as a bot's file may have.

struct Asked {
  std::string from, to;
  bool overwrites = false, json = false;
};

using Convert = dialog::Conversion (*)(const dialog::FolderTexts&, const dialog::LoadOptions&);

// Whether the file's content matters; of others only their names are looked at.
bool is_read(const fs::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".yml" || ending == ".yaml";
}

bool is_passed_over(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "__pycache__" || name == "node_modules" ||
         name == "venv" || name == "models" || name == "results";
}

// All of the folder but what is hidden or was made by programs; links to folders are not followed.
nlu::Result<dialog::FolderTexts> read_folder(const std::string& folder) {
  dialog::FolderTexts texts;
  std::error_code failure;
  const fs::path root(folder);
  fs::recursive_directory_iterator entries(root, failure);
  for (; !failure && entries != fs::recursive_directory_iterator(); entries.increment(failure)) {
    const fs::path& path = entries->path();
    std::error_code ignored;
    if (is_passed_over(path)) {
      if (entries->is_directory(ignored)) entries.disable_recursion_pending();
      continue;
    }
    if (!entries->is_regular_file(ignored)) continue;
    if (texts.size() == files_limit) {
      return nlu::Error{
          nlu::Errc::too_large,
          fmt::format("{} has more than {} files; is it a bot's folder?", folder, files_limit)};
    }
    std::string& text = texts[path.lexically_relative(root).generic_string()];
    if (!is_read(path)) continue;
    if (entries->file_size(ignored) > file_bytes_limit) {
      return nlu::Error{nlu::Errc::too_large, fmt::format("{} has more than {} MiB; split it",
                                                          path.string(), file_bytes_limit >> 20)};
    }
    auto whole = read_whole(path.string());
    if (!whole) return whole.error();
    if (*whole) text = std::move(**whole);
  }
  if (failure)
    return nlu::Error{nlu::Errc::unavailable,
                      fmt::format("{} cannot be read: {}", folder, failure.message())};
  if (texts.empty()) return nlu::invalid(fmt::format("{} has no files in it", folder));
  return texts;
}

// Each file whole or not at all. What OUT has beside them stays.
nlu::Result<void> write_folder(const std::string& folder, const dialog::FolderTexts& files) {
  for (const auto& [name, text] : files) {
    const std::string path = (fs::path(folder) / name).string();
    const auto before = read_whole(path);
    if (!before) return before.error();
    if (*before == text) continue;
    if (auto written = replace_file(path, *before, text); !written) return written.error();
  }
  return {};
}

std::size_t errors_in(const nlu::Diagnostics& findings) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(),
      [](const nlu::Diagnostic& one) { return one.severity == nlu::Severity::error; }));
}

// Lines of the files that findings name: those of the old folder, and those that were made.
class NamedLines {
 public:
  explicit NamedLines(const Asked& asked) : asked_(asked), old_(asked.from), made_(asked.to) {}
  std::string line(const nlu::Mark& mark) {
    std::error_code failure;
    const bool is_old = fs::exists(fs::path(asked_.from) / mark.file, failure);
    return is_old ? old_.line(mark) : made_.line(mark);
  }

 private:
  const Asked& asked_;
  SourceLines old_, made_;
};

void print_report(const Asked& asked, const dialog::Conversion& done) {
  NamedLines lines(asked);
  FindingsText text(shows_colours());
  for (const nlu::Diagnostic& finding : done.findings)
    fmt::print("{}", text(finding, lines.line(finding.mark)));
  for (const nlu::Diagnostic& one : done.information) {
    const std::string place =
        one.mark.line == 0 ? one.mark.file : fmt::format("{}:{}", one.mark.file, one.mark.line);
    fmt::print("{}: information: {}\n", place, one.message);
  }
  for (const std::string& line : done.summary) fmt::print("{}\n", line);
  const std::size_t errors = errors_in(done.findings);
  fmt::print("{}: {} files; {} errors, {} warnings, {} notes\n", asked.to, done.files.size(),
             errors, done.findings.size() - errors, done.information.size());
  if (errors > 0) {
    fmt::print("Next: correct the errors in {0}, then usher check {0}\n", asked.to);
  } else {
    fmt::print("Next: usher check {0} && usher test {0}, then usher chat {0}\n", asked.to);
  }
}

void print_json(const Asked& asked, const dialog::Conversion& done) {
  namespace json = nlu::json;
  NamedLines lines(asked);
  json::array findings, information, files, summary;
  for (const nlu::Diagnostic& one : done.findings)
    findings.push_back(finding_json(one, lines.line(one.mark)));
  for (const nlu::Diagnostic& one : done.information) {
    json::object note = finding_json(one, lines.line(one.mark));
    note["severity"] = "information";
    information.push_back(std::move(note));
  }
  for (const auto& [name, text] : done.files) files.emplace_back(name);
  for (const std::string& line : done.summary) summary.emplace_back(line);
  const std::size_t errors = errors_in(done.findings);
  fmt::print("{}\n", json::serialize(json::object{{"bot", asked.from},
                                                  {"out", asked.to},
                                                  {"ok", errors == 0},
                                                  {"errors", errors},
                                                  {"warnings", done.findings.size() - errors},
                                                  {"files", std::move(files)},
                                                  {"summary", std::move(summary)},
                                                  {"diagnostics", std::move(findings)},
                                                  {"information", std::move(information)}}));
}

// OUT within BOT would be read as a part of it the next time, and the other way round lost.
bool is_within(const fs::path& inner, const fs::path& outer) {
  std::error_code failure;
  const fs::path a = fs::weakly_canonical(inner, failure);
  const fs::path b = fs::weakly_canonical(outer, failure);
  const auto end = std::mismatch(b.begin(), b.end(), a.begin(), a.end());
  return end.first == b.end() || (std::next(end.first) == b.end() && end.first->empty());
}

int convert(const Asked& asked, Convert how) {
  const auto complain = [](const std::string& message, int code) {
    fmt::print(stderr, "usher convert: {}\n", message);
    return code;
  };
  std::error_code failure;
  if (!fs::is_directory(asked.from, failure))
    return complain(fmt::format("{} is no folder", asked.from), 2);
  if (is_within(asked.to, asked.from) || is_within(asked.from, asked.to))
    return complain("one of the folders is in the other; name one beside it", 2);
  if (fs::exists(asked.to, failure)) {
    if (!fs::is_directory(asked.to, failure))
      return complain(fmt::format("{} is no folder", asked.to), 2);
    if (!asked.overwrites && !fs::is_empty(asked.to, failure)) {
      return complain(
          fmt::format("{} is not empty; name a new folder, or say --overwrite", asked.to), 2);
    }
  }
  const auto source = read_folder(asked.from);
  if (!source) return complain(source.error().message, 1);
  const dialog::Conversion done = how(*source, {environment});
  if (auto written = write_folder(asked.to, done.files); !written)
    return complain(written.error().message, 1);
  asked.json ? print_json(asked, done) : print_report(asked, done);
  return errors_in(done.findings) == 0 ? 0 : 1;
}

void add(CLI::App& parent, int& exit_code, const char* name, const char* what, const char* footer,
         Convert how) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = parent.add_subcommand(name, what);
  command->add_option("BOT", asked->from, "The bot's folder, as 'rasa init' lays it out")
      ->required();
  command->add_option("OUT", asked->to, "A new or empty folder for the converted bot")->required();
  command->add_flag("--overwrite", asked->overwrites,
                    "Write into a folder that is not empty; files of the same name are replaced");
  command->add_flag("--json", asked->json, "Print one JSON object, for programs");
  command->footer(footer);
  command->callback([asked, how, &exit_code] { exit_code = convert(*asked, how); });
}

}  // namespace

void add_convert_bot(CLI::App& convert, int& exit_code) {
  constexpr const char* codes =
      "Exit code: 0 nothing but warnings is left to do, 1 errors are left (what could be converted "
      "was\nwritten) or it could not be read or written, 2 called wrongly.";
  static const std::string calm =
      fmt::format("Example: usher convert calm my-calm-bot my-bot\n{}", codes);
  static const std::string rasa =
      fmt::format("Example: usher convert rasa my-rasa-bot my-bot\n{}", codes);
  add(convert, exit_code, "calm",
      "A bot of Rasa CALM: keeps its flows, makes examples for the model from them and its tests",
      calm.c_str(), dialog::convert_calm);
  add(convert, exit_code, "rasa",
      "A bot of Rasa's open source engine: rules, stories and forms become flows", rasa.c_str(),
      dialog::convert_rasa);
}

}  // namespace bot

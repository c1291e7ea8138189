// usher versions: which versions of a bot were served, what differs, and back to an old one.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/commands.h"
#include "bot/kept_source.h"
#include "bot/utc.h"
#include "bot/version_store.h"
#include "dialog/compare.h"

namespace bot {
namespace {

namespace json = nlu::json;
using nlu::Error;
using nlu::Result;

struct Asked {
  KeptSource source;
  std::string bot, use;
  std::vector<std::string> compare;
  bool reload = false, as_json = false;
};

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

std::string brief(std::string_view version) { return std::string(version.substr(0, 12)); }

std::string text(const json::object& object, std::string_view key) {
  return std::string(nlu::get_string(object, key).value_or(""));
}

std::int64_t number(const json::object& object, std::string_view key) {
  return nlu::get_integer(object, key).value_or(0);
}

// "2026-11-27 18:30"
std::string moment(std::int64_t at) {
  std::string text = utc_text(at).substr(0, 16);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string in_percent(std::int64_t part, std::int64_t all) {
  if (all == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

// A version's place in the list.
std::string state_of(const json::object& version, const json::object& all) {
  const std::string id = text(version, "version");
  if (id == text(all, "current")) return "current";
  const json::object* trial = nlu::get_object(all, "trial");
  if (trial && text(*trial, "version") == id) {
    return fmt::format("on trial, {:.0f} %", 100 * nlu::get_number(*trial, "share").value_or(0));
  }
  if (const json::array* withdrawn = nlu::get_array(all, "withdrawn")) {
    for (const json::value& one : *withdrawn) {
      if (one.is_string() && one.get_string() == id) return "withdrawn";
    }
  }
  const json::value* loaded = version.if_contains("loaded");
  return loaded && loaded->is_bool() && loaded->get_bool() ? "loaded" : "kept";
}

void print_list(const json::object& all) {
  const json::array* versions = nlu::get_array(all, "versions");
  if (versions == nullptr || versions->empty()) return fmt::print("no version was served yet\n");
  fmt::print("{:<14}{:<18}{:<17}{:>8}{:>16}{:>9}\n", "version", "since", "state", "turns",
             "not understood", "failed");
  for (const json::value& value : *versions) {
    if (!value.is_object()) continue;
    const json::object& one = value.get_object();
    const json::object* counts = nlu::get_object(one, "counts");
    const std::int64_t turns = counts ? number(*counts, "turns") : 0;
    fmt::print("{:<14}{:<18}{:<17}{:>8}{:>16}{:>9}\n", brief(text(one, "version")),
               moment(number(one, "at")), state_of(one, all),
               turns == 0 ? "-" : std::to_string(turns),
               in_percent(counts ? number(*counts, "fallbacks") : 0, turns),
               in_percent(counts ? number(*counts, "failures") : 0, turns));
  }
  const json::array* history = nlu::get_array(all, "history");
  if (history == nullptr || history->empty()) return;
  fmt::print("\n");
  for (std::size_t i = 0; i < std::min<std::size_t>(history->size(), 10); ++i) {
    if (!(*history)[i].is_object()) continue;
    const json::object& one = (*history)[i].get_object();
    const std::string why = text(one, "why");
    fmt::print("{}  {}  {}{}\n", moment(number(one, "at")), brief(text(one, "version")),
               text(one, "what"), why.empty() ? "" : ": " + why);
  }
}

// The bot that is meant: the only one that has versions, when none is named.
Result<std::string> name_of(const std::string& folder, const std::string& asked) {
  if (!asked.empty()) return asked;
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (fs::exists(at->path() / "versions.json", failure)) {
      names.push_back(at->path().filename().string());
    }
  }
  if (names.size() == 1) return names.front();
  return Error{nlu::Errc::not_found,
               names.empty() ? fmt::format("{} has no versions: no bot was served with this state "
                                           "folder (--state)",
                                           folder)
                             : "several bots were served; say which: usher versions BOT"};
}

Result<json::object> list(const Asked& asked) {
  if (!asked.source.server.empty()) {
    const auto server = open_server(asked.source);
    if (!server) return server.error();
    return server->get("/v1/versions?bot=" + ServerClient::escaped(asked.bot));
  }
  const auto state = state_folder(asked.source);
  if (!state) return state.error();
  const auto name = name_of(*state + "/versions", asked.bot);
  if (!name) return name.error();
  const auto record = VersionStore(*state + "/versions", 1).read(*name);
  if (!record) return record.error();
  json::object all = to_json(*record);
  all["bot"] = *name;
  return all;
}

int show(const Asked& asked) {
  const auto all = list(asked);
  if (!all) return complain(all.error());
  if (asked.as_json) {
    fmt::print("{}\n", json::serialize(*all));
  } else {
    print_list(*all);
  }
  return 0;
}

// ---- what differs ----

// A version, "current", or a bot's folder.
Result<std::string> place_of(const Asked& asked, const std::string& named) {
  std::error_code failure;
  if (std::filesystem::is_directory(named, failure)) return named;
  const auto state = state_folder(asked.source);
  if (!state) return state.error();
  const auto name = name_of(*state + "/versions", asked.bot);
  if (!name) return name.error();
  const VersionStore store(*state + "/versions", 1);
  const auto record = store.read(*name);
  if (!record) return record.error();
  if (named == "current") return store.folder_of(*name, record->current);
  const auto version = VersionStore::find(*record, named);
  if (!version) return version.error();
  return store.folder_of(*name, *version);
}

int compare(const Asked& asked) {
  const auto before = place_of(asked, asked.compare.front());
  if (!before) return complain(before.error());
  const auto after = place_of(asked, asked.compare.size() > 1 ? asked.compare[1] : "current");
  if (!after) return complain(after.error());
  const auto changes = dialog::compare_bots(*before, *after);
  if (!changes) return complain(changes.error());
  static constexpr const char* how[] = {"added", "removed", "changed"};
  json::array all;
  for (const dialog::Change& one : *changes) {
    const char* what = how[static_cast<std::size_t>(one.how)];
    if (asked.as_json) {
      all.push_back(json::object{{"how", what}, {"kind", one.kind}, {"name", one.name}});
    } else {
      fmt::print("{:<9}{:<10} {}\n", what, one.kind, one.name);
    }
  }
  if (asked.as_json) {
    fmt::print("{}\n", json::serialize(json::object{{"changes", std::move(all)}}));
  } else if (changes->empty()) {
    fmt::print("nothing differs\n");
  }
  return 0;
}

// ---- what is done on a server ----

int tell(const Asked& asked, const json::object& answer) {
  if (asked.as_json) fmt::print("{}\n", json::serialize(answer));
  bool refused = false;
  const json::array* bots = nlu::get_array(answer, "bots");
  for (std::size_t i = 0; bots != nullptr && i < bots->size(); ++i) {
    if (!(*bots)[i].is_object()) continue;
    const json::object& one = (*bots)[i].get_object();
    const std::string what = text(one, "outcome"), why = text(one, "why");
    refused |= what == "refused" || what == "withdrawn";
    if (asked.as_json) continue;
    fmt::print("{}: {} {}{}\n", text(one, "bot"), brief(text(one, "version")), what,
               why.empty() ? "" : ":\n" + why);
  }
  return refused ? 1 : 0;
}

int act(const Asked& asked) {
  const auto server = open_server(asked.source);
  if (!server) return complain(server.error());
  const auto answer = asked.reload
                          ? server->post("/v1/reload", json::object{})
                          : server->post("/v1/versions?bot=" + ServerClient::escaped(asked.bot),
                                         json::object{{"use", asked.use}});
  if (!answer) return complain(answer.error());
  return tell(asked, *answer);
}

}  // namespace

void add_versions(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand(
      "versions", "List the versions of a bot that were served, compare them, go back");
  command->add_option("BOT", asked->bot, "The bot's name (the only one there is)");
  add_source_options(*command, asked->source);
  CLI::Option* const comparison =
      command
          ->add_option("--compare", asked->compare,
                       "What differs from A to B: versions, 'current', or folders (B: current)")
          ->expected(1, 2);
  CLI::Option* const use =
      command->add_option("--use", asked->use,
                          "With --server: make this version the current one again; 'previous': the "
                          "one before");
  CLI::Option* const reload = command->add_flag(
      "--reload", asked->reload, "With --server: load the bots anew, and say what became of them");
  comparison->excludes(use)->excludes(reload);
  use->excludes(reload);
  command->add_flag("--json", asked->as_json, "Print one JSON object, for programs");
  command->footer(
      "Examples:\n"
      "  usher versions shop                                    from the state folder\n"
      "  usher versions shop --server http://localhost:8080     with how each does\n"
      "  usher versions shop --compare 4f1c2a9be07d             to the current one\n"
      "  usher versions shop --compare current flows/shop       what a reload would change\n"
      "  usher versions shop --use previous --server http://localhost:8080\n"
      "Exit code: 0 done, 1 it cannot be done or a bot was refused, 2 called wrongly.");
  command->callback([asked, &exit_code] {
    if (!asked->compare.empty()) {
      exit_code = compare(*asked);
    } else if (asked->reload || !asked->use.empty()) {
      exit_code = act(*asked);
    } else {
      exit_code = show(*asked);
    }
  });
}

}  // namespace bot

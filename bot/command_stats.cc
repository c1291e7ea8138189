// usher stats BOT: what the bot did for its customers, in numbers.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/kept_source.h"
#include "dialog/stats_table.h"

namespace bot {
namespace {

using dialog::StatQuery;
using nlu::Result;

struct Asked {
  std::string folder;
  KeptSource source;
  std::string since = "30", until, by, channel, version, flow;
  bool recount = false, as_json = false, as_csv = false;
};

int complain(const nlu::Error& error, int code = 1) {
  fmt::print(stderr, "{}\n", error.message);
  return code;
}

std::int64_t today() {
  using namespace std::chrono;
  return dialog::day_of(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

Result<StatQuery> query_of(const Asked& asked) {
  StatQuery query;
  query.until = today();
  if (!asked.until.empty()) {
    const auto day = dialog::parse_day(asked.until);
    if (!day) return nlu::invalid("--until: " + day.error().message);
    query.until = *day;
  }
  std::int64_t days = 0;
  const char* const end = asked.since.data() + asked.since.size();
  const auto read = std::from_chars(asked.since.data(), end, days);
  if (read.ec == std::errc{} && read.ptr == end && days >= 0 && days <= 36'500) {
    query.since = days == 0 ? 0 : std::max<std::int64_t>(query.until - days + 1, 0);
  } else {
    const auto day = dialog::parse_day(asked.since);
    if (!day) return nlu::invalid("--since: " + day.error().message + ", and no number of days");
    query.since = *day;
  }
  if (query.since > query.until) return nlu::invalid("--since is after --until");
  if (auto by = dialog::parse_by(asked.by, query); !by) {
    return nlu::invalid("--" + by.error().message.substr(1));
  }
  query.only_channel = asked.channel;
  query.only_version = asked.version;
  query.only_flow = asked.flow;
  return query;
}

// From the events themselves: also of conversations that were kept before anything was counted.
Result<nlu::json::object> recount(ConversationSource& source, const std::string& bot,
                                  const StatQuery& query) {
  dialog::StatTable table(query);
  dialog::SessionCounter counter;
  dialog::StatSums sums;
  Result<void> added;
  const auto flush = [&] {
    for (const auto& [key, row] : sums) {
      if (added) added = table.add(key, row);
    }
    sums.clear();
  };
  const auto read =
      source.read(bot, [&](const dialog::ConversationId&, const dialog::Event& event) {
        if (event.number == 1) {
          flush();
          counter = {};
        }
        counter.take(event, sums);
      });
  if (!read) return read.error();
  flush();
  if (!added) return added.error();
  return table.to_json(bot);
}

int stats(const Asked& asked) {
  const auto query = query_of(asked);
  if (!query) return complain(query.error(), 2);
  const auto bot = load_for_reading(asked.folder);
  if (!bot) return complain(bot.error());
  const auto source = open_source(asked.source);
  if (!source) return complain(source.error());
  const auto table = asked.recount ? recount(**source, (*bot)->name, *query)
                                   : (*source)->stats((*bot)->name, *query);
  if (!table) return complain(table.error());
  if (asked.as_json) {
    fmt::print("{}\n", nlu::json::serialize(*table));
  } else if (asked.as_csv) {
    fmt::print("{}", dialog::stats_csv(*table));
  } else {
    fmt::print("{}, {} to {} (UTC)\n\n{}", (*bot)->name, dialog::day_text(query->since),
               dialog::day_text(query->until), dialog::stats_text(*table));
  }
  return 0;
}

}  // namespace

void add_stats(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand("stats", "What a bot did for its customers");
  command->add_option("BOT", asked->folder, "The bot's folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--since", asked->since,
                      "A day (2026-11-01), or of so many days (30; 0: all)");
  command->add_option("--until", asked->until, "The last day (today)");
  command->add_option("--by", asked->by,
                      "Compare: day, channel, version, flow, step, with commas between them");
  command->add_option("--channel", asked->channel, "Only of this one");
  command->add_option("--version", asked->version, "Only of this one of the bot");
  command->add_option("--flow", asked->flow, "Only of this one");
  add_source_options(*command, asked->source);
  command->add_flag("--recount", asked->recount,
                    "Count the kept events anew: slow, and what was erased is missing");
  CLI::Option* const json = command->add_flag("--json", asked->as_json, "As JSON");
  command->add_flag("--csv", asked->as_csv, "As a table for spreadsheets")->excludes(json);
  command->footer(
      "Examples:\n"
      "  usher stats flows/shop                          the last 30 days in one sum\n"
      "  usher stats flows/shop --since 7 --by day\n"
      "  usher stats flows/shop --by step --flow return_item\n"
      "  usher stats flows/shop --by flow,channel --csv --server http://localhost:8080\n"
      "Exit code: 0 fine, 1 there is nothing to read, 2 called wrongly.");
  command->callback([asked, &exit_code] { exit_code = stats(*asked); });
}

}  // namespace bot

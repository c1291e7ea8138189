// usher explain CONVERSATION: why it went as it did.
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/kept_source.h"
#include "dialog/explain.h"

namespace bot {
namespace {

struct Asked {
  KeptSource source;
  std::string conversation, folder;
  std::uint64_t turn = 0;
  bool one_turn = false;
  bool as_json = false;
};

int complain(const nlu::Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

int explain(const Asked& asked) {
  if (!dialog::parse_conversation_id(0, asked.conversation)) {
    fmt::print(stderr,
               "'{}' is no conversation's id: it has 32 hex digits, 0-9 and a-f, as GET "
               "/v1/conversations lists them\n",
               asked.conversation);
    return 2;
  }
  dialog::ExplainOptions options;
  dialog::BotPtr bot;
  if (!asked.folder.empty()) {
    auto loaded = load_for_reading(asked.folder);
    if (!loaded) return complain(loaded.error());
    bot = std::move(*loaded);
    options.bot = bot.get();
  }
  if (asked.one_turn) options.turn = asked.turn;
  const auto source = open_source(asked.source);
  if (!source) return complain(source.error());
  const auto events = (*source)->read_one(bot ? bot->name : "", asked.conversation);
  if (!events) return complain(events.error());
  const auto explanation = dialog::explain(*events, options);
  if (!explanation) return complain(explanation.error());
  if (asked.as_json) {
    fmt::print("{}\n", nlu::json::serialize(*explanation));
  } else {
    fmt::print("{}", dialog::explained_text(*explanation));
  }
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command =
      app.add_subcommand("explain", "Say why a kept conversation went as it did");
  command->add_option("CONVERSATION", asked->conversation, "Its id, 32 hex digits")->required();
  CLI::Option* const turn =
      command->add_option("TURN", asked->turn, "Only this turn; 0: the opening (all)");
  command->add_option("--bot", asked->folder, "The bot's folder: for conditions and lines of files")
      ->check(CLI::ExistingDirectory);
  add_source_options(*command, asked->source);
  command->add_flag("--json", asked->as_json, "Print one JSON object, for programs");
  command->footer(
      "Examples:\n"
      "  usher explain 2f6d0a9b1c3e4f5a6b7c8d9e0f1a2b3c --bot flows/shop\n"
      "  usher explain 2f6d0a9b1c3e4f5a6b7c8d9e0f1a2b3c 3 --server http://localhost:8080\n"
      "Exit code: 0 explained, 1 there is nothing to explain, 2 called wrongly.");
  command->callback([asked, turn, &exit_code] {
    asked->one_turn = turn->count() > 0;
    exit_code = explain(*asked);
  });
}

}  // namespace bot

// usher replay BOT: what kept conversations would do with these flows and this model.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/kept_source.h"
#include "bot/models.h"
#include "bot/replay_report.h"
#include "nlu/base/hash.h"

namespace bot {
namespace {

struct Asked {
  KeptSource source;
  std::string folder;
  std::size_t sample = 0;  // 0: all
  std::string seed = "1";
  bool flows_only = false;
  bool as_json = false;
};

int complain(const nlu::Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

// Hands conversations on one by one, as a source gives their events.
class OneByOne {
 public:
  OneByOne(ReplayReport& report, const dialog::Bot& bot, const nlu::Interpreter* interpreter)
      : report_(report), bot_(bot), interpreter_(interpreter) {}

  void take(const dialog::ConversationId& id, const dialog::Event& event) {
    const std::string name = to_string(id);
    if (name != conversation_) finish();
    conversation_ = name;
    events_.push_back(event);
  }
  void finish() {
    if (!events_.empty()) report_.add(conversation_, events_, bot_, interpreter_);
    events_.clear();
  }

 private:
  ReplayReport& report_;
  const dialog::Bot& bot_;
  const nlu::Interpreter* interpreter_;
  std::string conversation_;
  std::vector<dialog::Event> events_;
};

// `count` conversations by lot: the same seed draws the same.
nlu::Result<std::vector<std::string>> draw(ConversationSource& source, const std::string& bot,
                                           const Asked& asked) {
  std::vector<std::pair<std::string, std::string>> lots;
  auto read = source.read(bot, [&](const dialog::ConversationId& id, const dialog::Event& event) {
    if (event.number != 1) return;
    const std::string name = to_string(id);
    lots.emplace_back(nlu::sha256_hex(asked.seed + "/" + name), name);
  });
  if (!read) return read.error();
  std::sort(lots.begin(), lots.end());
  std::vector<std::string> drawn;
  for (std::size_t i = 0; i < std::min(asked.sample, lots.size()); ++i) {
    drawn.push_back(lots[i].second);
  }
  return drawn;
}

int replay(const Asked& asked) {
  const auto bot = load_for_reading(asked.folder);
  if (!bot) return complain(bot.error());
  InterpreterPtr model;
  if (!asked.flows_only) {
    model = present_model(asked.folder, **bot, "what was understood then counts",
                          [](const auto& line) { fmt::print(stderr, "{}\n", line); });
  }
  const auto source = open_source(asked.source);
  if (!source) return complain(source.error());
  ReplayReport report;
  OneByOne each(report, **bot, model.get());
  const auto take = [&](const dialog::ConversationId& id, const dialog::Event& event) {
    each.take(id, event);
  };
  if (asked.sample == 0) {
    if (auto read = (*source)->read((*bot)->name, take); !read) return complain(read.error());
    each.finish();
  } else {
    const auto drawn = draw(**source, (*bot)->name, asked);
    if (!drawn) return complain(drawn.error());
    for (const std::string& id : *drawn) {
      const auto events = (*source)->read_one((*bot)->name, id);
      if (!events) return complain(events.error());
      report.add(id, *events, **bot, model.get());
    }
  }
  fmt::print("{}",
             asked.as_json ? nlu::json::serialize(report.to_json()) + "\n" : report.to_text());
  return report.has_differences() ? 1 : 0;
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command = app.add_subcommand(
      "replay", "Say what kept conversations would do otherwise with these flows and this model");
  command->add_option("BOT", asked->folder, "The bot's folder, as it is now")
      ->required()
      ->check(CLI::ExistingDirectory);
  add_source_options(*command, asked->source);
  command->add_option("--sample", asked->sample, "So many conversations, drawn by lot (all)");
  command->add_option("--seed", asked->seed, "Draws: the same seed, the same conversations (1)");
  command->add_flag("--flows-only", asked->flows_only,
                    "What was understood then counts, whatever the model says now");
  command->add_flag("--json", asked->as_json, "Print one JSON object, for programs");
  command->footer(
      "Examples:\n"
      "  usher replay flows/shop                  every conversation of var/usher\n"
      "  usher replay flows/shop --sample 200 --server http://localhost:8080\n"
      "Exit code: 0 no differences, 1 differences, or nothing could be read, 2 called wrongly.");
  command->callback([asked, &exit_code] { exit_code = replay(*asked); });
}

}  // namespace bot

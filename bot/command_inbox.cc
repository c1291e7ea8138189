// usher inbox BOT: what customers said that the bot can learn from.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "bot/bots.h"
#include "bot/commands.h"
#include "bot/inbox.h"
#include "bot/inbox_ask.h"
#include "bot/inbox_labels.h"
#include "bot/kept_source.h"
#include "bot/models.h"
#include "bot/replace_file.h"
#include "bot/tokens.h"
#include "dialog/load.h"
#include "nlu/base/calendar.h"
#include "nlu/torch/load.h"
#include "nlu/torch/model_card.h"
#include "nlu/torch/trainer.h"

namespace bot {
namespace {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

struct Asked {
  std::string folder;
  KeptSource source;
  int since_days = 30;
  std::vector<std::string> reasons;
  std::size_t limit = 20, most = 10;
  double sure = dialog::InboxRules().sure;
  std::string seed;
  bool json = false, ask = false, list = false, dry = false;
  std::vector<std::string> ids;  // Of groups and utterances
  std::string id, intent, text, conversation;
};

dialog::Millis wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// All that the subcommands but `forget` need.
struct Desk {
  dialog::BotPtr bot;
  InboxMemory memory;
  InboxFound found;
  std::vector<InboxGroup> groups;
};

Result<Desk> open_desk(const Asked& asked) {
  auto bot = load_for_reading(asked.folder);
  if (!bot) return bot.error();
  auto memory = InboxMemory::load(asked.folder);
  if (!memory) return memory.error();
  const auto kept = kept_examples(asked.folder);
  if (!kept) return kept.error();
  std::vector<std::string> labelled;
  for (const nlu::TakenExample& one : *kept) labelled.push_back(one.utterance);
  const auto source = open_source(asked.source);
  if (!source) return source.error();

  InboxQuery query;
  const dialog::Millis now = wall_clock();
  constexpr dialog::Millis day = dialog::Millis{24} * 3600 * 1000;
  if (asked.since_days > 0) query.since = now - asked.since_days * day;
  for (const std::string& name : asked.reasons)
    query.reasons.push_back(*dialog::reason_named(name));
  query.rules.sure = asked.sure;
  query.rules.deny = (*bot)->understanding.deny;
  const InterpreterPtr model =
      present_model(asked.folder, **bot, "what it would say now is not shown",
                    [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  auto found = find_inbox(**source, **bot, query, *memory, labelled, model.get(),
                          nlu::iso_date(now, (*bot)->time_zone));
  if (!found) return found.error();
  Desk desk{std::move(*bot), std::move(*memory), std::move(*found), {}};
  desk.groups = group_inbox(std::move(desk.found.items), *desk.bot);
  return desk;
}

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

nlu::Pseudonyms pseudonyms(const Asked& asked, const dialog::Bot& bot) {
  return {pseudonym_rules(bot), asked.seed.empty() ? random_hex(16) : asked.seed};
}

// ---- usher inbox BOT ----

std::string summary(const Desk& desk, const Asked& asked) {
  std::size_t utterances = 0;
  for (const InboxGroup& group : desk.groups) utterances += group.count;
  std::string text =
      fmt::format("{} groups, {} utterances{}, of {} conversations", desk.groups.size(), utterances,
                  asked.since_days > 0 ? fmt::format(" of {} days", asked.since_days) : "",
                  desk.found.conversations);
  if (desk.found.are_examples > 0 || desk.found.are_done > 0) {
    text += fmt::format("; left out: {} wordings that are examples, {} that are done",
                        desk.found.are_examples, desk.found.are_done);
  }
  if (desk.found.too_many > 0)
    text += fmt::format(", {} older ones (over {})", desk.found.too_many, inbox_wordings);
  return text;
}

void print_json(const Desk& desk, const Asked& asked) {
  nlu::json::array groups;
  for (std::size_t i = 0; i < std::min(desk.groups.size(), asked.limit); ++i)
    groups.push_back(to_json(desk.groups[i]));
  const nlu::json::object all{{"bot", desk.bot->name},
                              {"conversations", desk.found.conversations},
                              {"groups_in_all", desk.groups.size()},
                              {"are_examples", desk.found.are_examples},
                              {"are_done", desk.found.are_done},
                              {"groups", std::move(groups)}};
  fmt::print("{}\n", nlu::json::serialize(all));
}

int show(const Asked& asked) {
  auto desk = open_desk(asked);
  if (!desk) return complain(desk.error());
  if (asked.json) {
    print_json(*desk, asked);
    return 0;
  }
  fmt::print("{}\n", summary(*desk, asked));
  std::fflush(stdout);
  if (desk->groups.size() > asked.limit) desk->groups.resize(asked.limit);
  const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (!asked.ask && (asked.list || !terminal)) {
    for (const InboxGroup& group : desk->groups) fmt::print("\n{}", describe(group, *desk->bot, 8));
    return 0;
  }
  if (desk->groups.empty()) return 0;
  const nlu::Pseudonyms others = pseudonyms(asked, *desk->bot);
  const InboxDesk talk{asked.folder, *desk->bot, desk->memory, others, asked.most};
  const auto done = ask_about(std::move(desk->groups), talk, std::cin, std::cout);
  std::cout << std::flush;
  if (!done) return complain(done.error());
  fmt::print("\n{} examples written, {} wordings dismissed\n", done->examples, done->dismissed);
  if (done->examples > 0) fmt::print("train the bot with them: usher train {}\n", asked.folder);
  return 0;
}

// ---- label, dismiss ----

// The utterances an id stands for: a group's, or one.
Result<std::vector<InboxItem>> named(const Desk& desk, const std::string& id) {
  for (const InboxGroup& group : desk.groups) {
    if (group.id == id) return group.items;
    for (const InboxItem& item : group.items) {
      if (item.id == id) return std::vector<InboxItem>{item};
    }
  }
  return Error{Errc::not_found,
               fmt::format("nothing in the inbox has the id '{}' now: groups change as customers "
                           "write; list it again, and give the same options here",
                           id)};
}

int label(const Asked& asked) {
  auto desk = open_desk(asked);
  if (!desk) return complain(desk.error());
  if (const auto known = check_intent(*desk->bot, asked.intent); !known)
    return complain(known.error());
  const auto items = named(*desk, asked.id);
  if (!items) return complain(items.error());
  if (!asked.text.empty() && items->size() > 1) {
    fmt::print(stderr, "--text is the text of one utterance; {} has {}\n", asked.id, items->size());
    return 2;
  }
  const nlu::Pseudonyms others = pseudonyms(asked, *desk->bot);
  std::vector<Proposal> proposals = propose(*items, *desk->bot, others, asked.most);
  std::vector<nlu::TakenExample> examples;
  for (const Proposal& proposal : proposals) {
    examples.push_back(proposal.example);
    examples.back().intent = asked.intent;
    if (!asked.text.empty()) examples.back().text = asked.text;
    const auto fine = check_example(*desk->bot, examples.back().text, asked.intent);
    if (!fine) {
      return complain({fine.error().code,
                       fmt::format("{}; label the others by their own ids, or say --text for {}",
                                   fine.error().message, examples.back().utterance)});
    }
  }
  if (!asked.dry) {
    if (auto kept = keep_examples(asked.folder, examples); !kept) return complain(kept.error());
    for (const InboxItem& item : *items)
      desk->memory.add(item.wording, item.conversation, "labelled");
    if (auto saved = desk->memory.save(); !saved) return complain(saved.error());
  }
  fmt::print("{}: {}{}\n", inbox_file_path(asked.folder), asked.intent,
             asked.dry ? ", as it would be written" : "");
  for (const nlu::TakenExample& example : examples) fmt::print("  - {}\n", example.text);
  if (!asked.dry) fmt::print("train the bot with it: usher train {}\n", asked.folder);
  return 0;
}

int dismiss(const Asked& asked) {
  auto desk = open_desk(asked);
  if (!desk) return complain(desk.error());
  std::size_t count = 0;
  for (const std::string& id : asked.ids) {
    const auto items = named(*desk, id);
    if (!items) return complain(items.error());
    for (const InboxItem& item : *items)
      desk->memory.add(item.wording, item.conversation, "dismissed");
    count += items->size();
  }
  if (auto saved = desk->memory.save(); !saved) return complain(saved.error());
  fmt::print("{} wordings dismissed\n", count);
  return 0;
}

// ---- forget ----

bool was_trained_with(const std::string& folder, const std::string& conversation) {
  const auto card = read_whole(nlu::card_path_of(nlu::model_path_of(folder)));
  if (!card || !*card) return false;
  const auto parsed = nlu::parse_json(**card, {std::size_t{64} << 20, 32});
  if (!parsed || !parsed->is_object()) return false;
  const auto* subjects = nlu::get_array(parsed->get_object(), "subjects");
  return subjects != nullptr &&
         std::any_of(subjects->begin(), subjects->end(), [&](const nlu::json::value& one) {
           return one.is_string() && one.get_string() == conversation;
         });
}

int forget(const Asked& asked) {
  // An id that is none would find nothing and read like a success, and an empty one find
  // everything.
  if (!dialog::parse_conversation_id(0, asked.conversation)) {
    return complain(
        {nlu::Errc::invalid,
         fmt::format("'{}' is no conversation's id: it has 32 hex digits, 0-9 and a-f, as "
                     "DELETE /v1/conversations/ID was given",
                     asked.conversation)});
  }
  auto memory = InboxMemory::load(asked.folder);
  if (!memory) return complain(memory.error());
  const auto forgotten = forget_conversation(asked.folder, asked.conversation);
  if (!forgotten) return complain(forgotten.error());
  std::size_t examples = 0;
  for (const Forgotten& file : *forgotten) {
    for (const nlu::TakenExample& one : file.removed)
      fmt::print("{}: {}: {}\n", file.file, one.intent, one.text);
    examples += file.removed.size();
  }
  const std::size_t remembered = memory->forget(asked.conversation);
  if (auto saved = memory->save(); !saved) return complain(saved.error());
  fmt::print("{} examples and {} remembered wordings of {} removed\n", examples, remembered,
             asked.conversation);
  if (examples > 0 || was_trained_with(asked.folder, asked.conversation)) {
    fmt::print("a model that has learnt from it must be trained again: usher train {}\n",
               asked.folder);
  }
  return 0;
}

// ---- the command line ----

void add_bot(CLI::App& command, Asked& asked) {
  command.add_option("BOT", asked.folder, "The bot's folder")
      ->required()
      ->check(CLI::ExistingDirectory);
}

void add_source(CLI::App& command, Asked& asked) {
  add_source_options(command, asked.source);
  command.add_option("--since", asked.since_days, "Of so many days (30; 0: all)")
      ->check(CLI::Range(0, 36500));
  command.add_option("--reason", asked.reasons, "Only these: unhandled, unsure, corrected")
      ->check(CLI::IsMember({"unhandled", "unsure", "corrected"}))
      ->expected(1);
  command.add_option("--sure", asked.sure, "An intent less likely than this is unsure (0.7)")
      ->check(CLI::Range(0.0, 1.0));
}

void add_writing(CLI::App& command, Asked& asked) {
  command.add_option("--most", asked.most, "Examples written of a group, at most (10)")
      ->check(CLI::Range(1, 1000));
  command.add_option("--seed", asked.seed, "Makes the pseudonyms (random, and kept nowhere)");
}

}  // namespace

void add_inbox(CLI::App& app, int& exit_code) {
  auto asked = std::make_shared<Asked>();
  CLI::App* const command =
      app.add_subcommand("inbox", "Learn from what customers said and the bot did not understand");
  CLI::Option* const folder =
      command->add_option("BOT", asked->folder, "The bot's folder")->check(CLI::ExistingDirectory);
  add_source(*command, *asked);
  add_writing(*command, *asked);
  command->add_option("--limit", asked->limit, "Groups shown, at most (20)");
  command->add_flag("--json", asked->json, "As JSON");
  command->add_flag("--list", asked->list, "List only, in a terminal, too");
  command->add_flag("--ask", asked->ask, "Ask for labels, without a terminal, too");
  command->footer(
      "Examples:\n"
      "  usher inbox flows/shop                          asks, in a terminal; else lists\n"
      "  usher inbox flows/shop --since 7 --reason unhandled --list\n"
      "  usher inbox label flows/shop g3fa1c0d2ef refund_status\n"
      "  usher inbox dismiss flows/shop u81c0e2d7aa g09b1f2c3d4\n"
      "  usher inbox forget flows/shop 2f6d0a9b1c3e4f5a6b7c8d9e0f1a2b3c");
  command->callback([asked, command, folder, &exit_code] {
    if (!command->get_subcommands().empty()) return;
    if (folder->count() == 0) throw CLI::RequiredError("BOT");
    exit_code = show(*asked);
  });

  CLI::App* const labels = command->add_subcommand("label", "Make examples of an intent");
  add_bot(*labels, *asked);
  labels->add_option("ID", asked->id, "A group or an utterance, as listed")->required();
  labels->add_option("INTENT", asked->intent, "An intent of the bot's, or out_of_scope")
      ->required();
  add_source(*labels, *asked);
  add_writing(*labels, *asked);
  labels->add_option("--text", asked->text, "The text to write instead, with its annotations");
  labels->add_flag("--dry-run", asked->dry, "Show what would be written");
  labels->footer("Example: usher inbox label flows/shop g3fa1c0d2ef refund_status");
  labels->callback([asked, &exit_code] { exit_code = label(*asked); });

  CLI::App* const dismissal = command->add_subcommand("dismiss", "Never list them again");
  add_bot(*dismissal, *asked);
  dismissal->add_option("ID", asked->ids, "Groups and utterances, as listed")->required();
  add_source(*dismissal, *asked);
  dismissal->footer("Example: usher inbox dismiss flows/shop u81c0e2d7aa g09b1f2c3d4");
  dismissal->callback([asked, &exit_code] { exit_code = dismiss(*asked); });

  CLI::App* const erasure =
      command->add_subcommand("forget", "Remove what was taken from a conversation");
  add_bot(*erasure, *asked);
  erasure->add_option("CONVERSATION", asked->conversation, "Its id")->required();
  erasure->footer("Example: usher inbox forget flows/shop 2f6d0a9b1c3e4f5a6b7c8d9e0f1a2b3c");
  erasure->callback([asked, &exit_code] { exit_code = forget(*asked); });
}

}  // namespace bot

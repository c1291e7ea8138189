// From what customers said to examples of an intent, and back: nlu/inbox.yml of a bot.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bot/inbox.h"
#include "bot/inbox_memory.h"
#include "dialog/bot.h"
#include "nlu/base/result.h"
#include "nlu/pseudonyms.h"
#include "nlu/taken_examples.h"

namespace bot {

std::string inbox_file_path(const std::string& bot_folder);  // BOT/nlu/inbox.yml

// The intents that examples can be of: the bot's, and out_of_scope.
std::vector<std::string> intents_of(const dialog::Bot& bot);
// Errc::not_found: "no intent is called 'refnd_status'; did you mean 'refund_status'?"
nlu::Result<void> check_intent(const dialog::Bot& bot, const std::string& intent);

// What the bot's own vocabulary is: examples, lookups, wording, and the phrases Usher knows.
nlu::PseudonymRules pseudonym_rules(const dialog::Bot& bot);

// An example as it would be written. Entities keep their annotation when the bot's examples
// annotate their type.
struct Proposal {
  const InboxItem* item = nullptr;
  nlu::TakenExample example;  // Without an intent
};
// Of so many items at most; of those that become the same text one.
std::vector<Proposal> propose(std::span<const InboxItem> items, const dialog::Bot& bot,
                              const nlu::Pseudonyms& pseudonyms, std::size_t most);

// Whether the line could stand in nlu/*.yml as an example of the intent; Errc::invalid says what
// is wrong with it.
nlu::Result<void> check_example(const dialog::Bot& bot, const std::string& line,
                                const std::string& intent);

// Writes the examples to the bot's inbox file, all or none.
nlu::Result<void> keep_examples(const std::string& bot_folder,
                                std::span<const nlu::TakenExample> examples,
                                const std::function<void(int step)>& step = {});

// Those of all the bot's files in nlu/ and data/. Errc::invalid: a file cannot be read.
nlu::Result<std::vector<nlu::TakenExample>> kept_examples(const std::string& bot_folder);

struct Forgotten {
  std::string file;  // "nlu/inbox.yml"
  std::vector<nlu::TakenExample> removed;
};
// Removes what was taken from the conversation from all files in nlu/ and data/. When one of them
// cannot be changed, none is.
nlu::Result<std::vector<Forgotten>> forget_conversation(const std::string& bot_folder,
                                                        const std::string& conversation);

}  // namespace bot

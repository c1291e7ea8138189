// The bots of this process, and the versions of them that open conversations are pinned to.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bot/nlu_worker.h"
#include "bot/runtime/runtime.h"
#include "nlu/base/diagnostic.h"

namespace bot {

// What a folder holds, ready to serve.
struct ReadyBot {
  std::string folder;
  dialog::BotPtr bot;
  InterpreterPtr interpreter;
};

// From a bot to what understands it: loads its model, or trains one when there is none or it is
// stale. Says what it does, for people, through `say`.
using Say = std::function<void(const std::string& line)>;
using MakeInterpreter = std::function<nlu::Result<InterpreterPtr>(
    const std::string& folder, const dialog::Bot& bot, const Say& say)>;

// A variable of the process's environment: what dialog::LoadOptions asks for.
std::optional<std::string> environment(const std::string& name);

// Loads and checks the bot in `folder`; `warnings` gets what is questionable. Errc::invalid's
// message has a line for each mistake. Blocks, for seconds when it trains.
nlu::Result<ReadyBot> ready_bot(const std::string& folder, const MakeInterpreter& make,
                                const Say& say, nlu::Diagnostics& warnings);

// The same without a model: only the bot in `folder`.
nlu::Result<dialog::BotPtr> load_for_reading(const std::string& folder);

// Not thread-safe: belongs to the runtime's thread. At most three versions of a bot are kept, and
// one on trial; a conversation on an older one migrates.
class BotShelf final : public runtime::Bots {
 public:
  static constexpr std::size_t versions_kept = 3;
  // A version that a share of the conversations goes on with, until it is known to be good.
  struct Trial {
    dialog::BotPtr bot;
    double share = 0;
  };
  struct Entry {
    dialog::Tenant tenant = 0;
    std::string folder;
    std::deque<dialog::BotPtr> versions;  // The current one first; never empty.
    std::optional<Trial> trial;
    const dialog::BotPtr& current() const { return versions.front(); }
  };

  // Adds the bot, or makes a version of it the current one; a trial of it is over. What is gone
  // then is returned.
  std::vector<std::string> put(dialog::Tenant tenant, std::string folder, dialog::BotPtr bot);
  // For conversations that are pinned to it: behind the current one. Not when there are too many.
  bool put_behind(dialog::Tenant tenant, dialog::BotPtr bot);
  // In place of another one on trial, which is gone then and returned.
  std::vector<std::string> try_out(dialog::Tenant tenant, dialog::BotPtr bot, double share);
  // The one on trial is gone: its conversations go on with the current one.
  std::vector<std::string> withdraw(dialog::Tenant tenant);

  dialog::BotPtr current(dialog::Tenant tenant) const override;
  dialog::BotPtr chosen(const dialog::ConversationId& id) const override;
  dialog::BotPtr find(dialog::Tenant tenant, const std::string& version) const override;

  // The bot of that name; of no name the only one there is. nullptr: none.
  const Entry* named(std::string_view name) const;
  const Entry* of(dialog::Tenant tenant) const;
  // The first that was put; nullptr: none.
  const Entry* first() const;
  const std::map<dialog::Tenant, Entry>& all() const { return entries_; }

 private:
  std::map<dialog::Tenant, Entry> entries_;
  dialog::Tenant first_ = 0;
};

}  // namespace bot

// The versions of the bots of this process: loads new ones, tries them out, goes back.
//
// A version is checked and its model trained before anything changes, beside the traffic; then bot
// and model change between two inputs of the runtime, for one bot as a whole or not at all. Every
// version that was served lies in the state folder (bot/version_store.h), so that conversations
// which began with it find it after a restart, and an operator can go back to it.
//
// Runs on the io_context's thread; disk and training on `files`.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/log.h"
#include "bot/net.h"
#include "bot/nlu_worker.h"
#include "bot/version_store.h"

namespace bot {

class Versions {
 public:
  // What became of one bot.
  struct Outcome {
    std::string bot;
    std::string what;     // "current", "trial", "unchanged", "refused", "withdrawn", "used_again"
    std::string version;  // That it is about; of "refused" the one that goes on
    std::string why;      // Of "refused": a line for each mistake
    double share = 0;     // Of "trial"
  };
  using Done = std::function<void(std::vector<Outcome>)>;

  // What is given by reference outlives the io_context's run, and `files` is joined before.
  Versions(net::io_context& io, net::thread_pool& files, const Config& config, BotShelf& shelf,
           NluWorker& worker, MakeInterpreter make, Say say, Log& log);

  // Before the first input: takes the bot up, and versions that conversations may be pinned to.
  // Blocks.
  nlu::Result<void> open(dialog::Tenant tenant, ReadyBot ready);

  // Reads the folders again. False: that is being done already; it is done once more afterwards,
  // for what was written meanwhile, and `done` is not called.
  bool reload(Done done = {});
  // Makes a kept version the current one again: what it begins with, or empty: the one before. What
  // was current is withdrawn. Errc::not_found, Errc::busy.
  nlu::Result<void> use_again(dialog::Tenant tenant, const std::string& version, Done done);

  // The conversation was erased: versions that are kept, and learnt from it, go with it; the
  // current one when another takes its place.
  void forget(dialog::Tenant tenant, const dialog::ConversationId& id);

  // Looks at trials: how they do decides.
  void judge(const std::map<std::string, runtime::VersionCounts>& counts);
  // Looks whether files have changed; when they have and rest, reloads.
  void watch();

  nlu::json::object list(dialog::Tenant tenant,
                         const std::map<std::string, runtime::VersionCounts>& counts) const;

 private:
  using Counts = std::map<std::string, runtime::VersionCounts>;
  struct Loaded {
    dialog::Tenant tenant = 0;
    std::string folder;
    nlu::Result<ReadyBot> ready;
  };
  // A trial, and what was counted before it.
  struct Begun {
    dialog::Millis since = 0;
    bool counted = false;
    runtime::VersionCounts trial, current;
  };

  void take(std::vector<Loaded> loaded, const Done& done);
  Outcome take(dialog::Tenant tenant, ReadyBot ready);
  void make_current(dialog::Tenant tenant, const ReadyBot& ready, const std::string& what,
                    const std::string& why);
  void try_out(dialog::Tenant tenant, const ReadyBot& ready);
  enum class End { promoted, withdrawn, called_off };
  void end_trial(dialog::Tenant tenant, End end, const std::string& why);
  void forget(dialog::Tenant tenant, const std::vector<std::string>& versions);
  void remember(VersionRecord& record, const std::string& version, dialog::Millis now);
  void write(dialog::Tenant tenant);
  void open_pinned(dialog::Tenant tenant, const std::string& name);
  Outcome refused(dialog::Tenant tenant, const std::string& why);

  net::io_context& io_;
  net::thread_pool& files_;
  const Config& config_;
  BotShelf& shelf_;
  NluWorker& worker_;
  const MakeInterpreter make_;
  const Say say_;
  Log& log_;
  VersionStore store_;
  std::map<dialog::Tenant, VersionRecord> records_;
  std::map<dialog::Tenant, Begun> trials_;
  bool loading_ = false, again_ = false;
  bool looking_ = false, changed_ = false;
  std::string seen_;  // The files' times and sizes, when they were last looked at
};

}  // namespace bot

// The process around the runtime: listener, HTTP and WebSocket connections, store, workers, drain.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/log.h"
#include "dialog/state_store.h"
#include "nlu/base/result.h"

namespace bot {

using WrapStore = std::function<std::unique_ptr<dialog::StateStore>(dialog::StateStore&)>;

class Server {
 public:
  // Opens the state folder, takes up the bots and listens. Every reason not to has a message for
  // people. `make` and `say` are kept for reloads; `log` outlives the server.
  // `wrap` stands between the conversations and the store: for tests that plant faults.
  static nlu::Result<std::unique_ptr<Server>> open(Config config, std::vector<ReadyBot> bots,
                                                   MakeInterpreter make, Say say, Log& log,
                                                   const WrapStore& wrap = {});
  ~Server();  // The store is closed: everything acknowledged is on disk.

  std::uint16_t port() const;    // The one in fact, when the configuration said 0.
  const Config& config() const;  // With the keys that were made.

  // Serves until told to stop; what the process' exit code is to be. With `signals`, SIGTERM and
  // SIGINT drain (a second one ends the process at once), SIGHUP loads the bots anew.
  int run(bool signals = true);
  void stop();    // Any thread: drains, then run() returns.
  void reload();  // Any thread: loads and checks the bots' folders, then swaps those that are fine.

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bot

// Drives the runtime: inputs in, outputs carried out, all on the io_context's thread.
//
// Other threads (committer, NLU worker) hand their inputs to an inbox that is emptied at once, so
// a burst of completions costs one wake-up.
#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/handovers.h"
#include "bot/http_client.h"
#include "bot/log.h"
#include "bot/metrics.h"
#include "bot/net.h"
#include "bot/nlu_worker.h"
#include "bot/runtime/runtime.h"

namespace bot {

// Where frames go. Called on the io_context's thread; an unknown connection is no error, as it may
// just have gone.
class Sockets {
 public:
  virtual ~Sockets() = default;
  virtual void send(runtime::Connection connection, const connectors::web::ServerFrame& frame) = 0;
  virtual void close(runtime::Connection connection, connectors::web::Close code,
                     const std::string& reason) = 0;
};

class HandoverHooks;
using Replies = nlu::Result<std::vector<dialog::Event>>;

class Loop {
 public:
  // What is given by reference outlives the loop; `store` may end before it.
  Loop(net::io_context& io, const Config& config, const BotShelf& bots, dialog::StateStore& store,
       dialog::Epoch epoch, HttpClient& client, Metrics& metrics, Log& log);
  ~Loop();

  using Told = std::function<void(const std::string& why)>;
  // Before the first input. `broken` is called when the runtime throws: a bug, after which its
  // memory is not to be trusted, and nothing more goes in. `store_failed` when it has given the
  // store up. Both may feed nothing, and end nothing, before they have returned.
  void use(Sockets& sockets, NluWorker& worker, Told broken, Told store_failed);
  // Before the first input: who tells the business of handovers.
  void use(HandoverHooks& hooks) { hooks_ = &hooks; }

  // Takes up what the last process left: effects not finished, timers.
  void start();

  void feed(runtime::Input input);  // On the io_context's thread.
  void post(runtime::Input input);  // Any thread.
  void post(std::vector<runtime::Interpreted> inputs);

  // Feeds what `make` makes of a new request's number and waits for its Answer.
  awaitable<Replies> ask(std::function<runtime::Input(runtime::Request)> make);

  runtime::Runtime& runtime() { return runtime_; }
  Handovers& handovers() { return handovers_; }
  static dialog::Millis now();

 private:
  void run_inputs();
  void run_batch();
  void empty_inbox();
  void carry_out(runtime::Output& output);
  void arm();

  void append(runtime::Append& output);
  void load(runtime::Load& output);
  void find_message(runtime::FindMessage& output);
  void find_client(runtime::FindClient& output);
  void read_visible(runtime::ReadVisible& output);
  void read_timers(runtime::ReadTimers& output);
  void interpret(runtime::Interpret& output);
  void perform(runtime::Perform& output);
  void perform_demo(runtime::Perform& output);
  void answer(runtime::Answer& output);
  void note(const runtime::Note& output);
  std::set<std::string> hosts_of(dialog::Tenant tenant) const;

  net::io_context& io_;
  const Config& config_;
  const BotShelf& bots_;
  dialog::StateStore& store_;
  const dialog::Epoch epoch_;
  HttpClient& client_;
  Metrics& metrics_;
  Log& log_;
  Sockets* sockets_ = nullptr;
  NluWorker* worker_ = nullptr;
  HandoverHooks* hooks_ = nullptr;
  Told broken_, store_failed_;

  Handovers handovers_;
  runtime::Runtime runtime_;
  std::deque<runtime::Input> inputs_;
  std::vector<runtime::Output> outputs_;
  bool running_ = false;
  bool is_broken_ = false;
  net::steady_timer wake_;
  std::optional<dialog::Millis> armed_;

  runtime::Request last_request_ = 0;
  std::unordered_map<runtime::Request, std::shared_ptr<Later<Replies>>> asked_;

  std::mutex inbox_mutex_;
  std::vector<runtime::Input> inbox_;
};

}  // namespace bot

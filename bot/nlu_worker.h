// The thread that understands: utterances of many conversations, in batches per version of a bot.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bot/runtime/runtime.h"
#include "nlu/interpreter.h"

namespace bot {

using InterpreterPtr = std::shared_ptr<const nlu::Interpreter>;

class NluWorker {
 public:
  struct Options {
    std::size_t batch = 32;  // Utterances of one forward pass
    // Batches begin no closer together than this, unless full: under load one wake-up serves many,
    // and what comes after a pause is understood at once.
    std::chrono::microseconds interval{1000};
    std::size_t queue = 10'000;
  };
  using Answers = std::vector<runtime::Interpreted>;
  // Called on the worker's thread, once a batch.
  using Done = std::function<void(Answers answers, std::chrono::nanoseconds took)>;

  NluWorker(const Options& options, Done done);
  ~NluWorker();  // Answers what is under way, drops what waits.
  NluWorker(const NluWorker&) = delete;
  NluWorker& operator=(const NluWorker&) = delete;

  // From the next batch on, this version of the tenant's bot is understood by this one; nullptr: by
  // none any more. Any thread.
  void use(dialog::Tenant tenant, const std::string& version, InterpreterPtr interpreter);
  InterpreterPtr interpreter(dialog::Tenant tenant, const std::string& version) const;

  // Every request gets an answer: an empty one (nothing was understood) when the bot has no
  // interpreter. False: the queue is full, and nothing will come. Any thread; never waits.
  bool ask(runtime::Interpret request);
  std::size_t queued() const;

 private:
  void run();
  std::vector<runtime::Interpret> take();
  Answers answer(const std::vector<runtime::Interpret>& batch) const;

  const Options options_;
  const Done done_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<runtime::Interpret> waiting_;
  std::map<std::pair<dialog::Tenant, std::string>, InterpreterPtr> interpreters_;
  bool idle_ = false;  // Waits for work: who asks must wake it.
  bool stopping_ = false;
  std::chrono::steady_clock::time_point next_;  // When the next batch may begin.
  std::thread thread_;                          // Last: it uses all of the above.
};

}  // namespace bot

#include "bot/nlu_worker.h"

#include <algorithm>
#include <utility>

namespace bot {

NluWorker::NluWorker(const Options& options, Done done)
    : options_(options), done_(std::move(done)), thread_([this] { run(); }) {}

NluWorker::~NluWorker() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void NluWorker::use(dialog::Tenant tenant, const std::string& version, InterpreterPtr interpreter) {
  const std::lock_guard lock{mutex_};
  if (interpreter) {
    interpreters_[{tenant, version}] = std::move(interpreter);
  } else {
    interpreters_.erase({tenant, version});
  }
}

InterpreterPtr NluWorker::interpreter(dialog::Tenant tenant, const std::string& version) const {
  const std::lock_guard lock{mutex_};
  const auto found = interpreters_.find({tenant, version});
  return found == interpreters_.end() ? nullptr : found->second;
}

bool NluWorker::ask(runtime::Interpret request) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (waiting_.size() >= options_.queue) return false;
    waiting_.push_back(std::move(request));
    wake = std::exchange(idle_, false) || waiting_.size() == options_.batch;
  }
  if (wake) wake_.notify_one();
  return true;
}

std::size_t NluWorker::queued() const {
  const std::lock_guard lock{mutex_};
  return waiting_.size();
}

// Blocks for the next batch; empty: the end. All of one version of a bot, in the order of their
// coming.
std::vector<runtime::Interpret> NluWorker::take() {
  std::unique_lock lock{mutex_};
  idle_ = true;
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  idle_ = false;
  wake_.wait_until(lock, next_, [this] { return stopping_ || waiting_.size() >= options_.batch; });
  next_ = std::chrono::steady_clock::now() + options_.interval;
  std::vector<runtime::Interpret> batch;
  if (stopping_) return batch;
  const dialog::Tenant tenant = waiting_.front().tenant;
  const std::string version = waiting_.front().version;
  std::deque<runtime::Interpret> rest;
  for (runtime::Interpret& request : waiting_) {
    const bool fits =
        request.tenant == tenant && request.version == version && batch.size() < options_.batch;
    if (fits) {
      batch.push_back(std::move(request));
    } else {
      rest.push_back(std::move(request));
    }
  }
  waiting_ = std::move(rest);
  return batch;
}

NluWorker::Answers NluWorker::answer(const std::vector<runtime::Interpret>& batch) const {
  Answers answers(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) answers[i].ticket = batch[i].ticket;
  const InterpreterPtr interpreter = this->interpreter(batch.front().tenant, batch.front().version);
  if (!interpreter) return answers;
  std::vector<nlu::Utterance> utterances;
  utterances.reserve(batch.size());
  for (const runtime::Interpret& request : batch) utterances.push_back(request.utterance);
  std::vector<nlu::Interpretation> found = interpreter->interpret(utterances);
  for (std::size_t i = 0; i < std::min(found.size(), answers.size()); ++i) {
    answers[i].interpretation = std::move(found[i]);
  }
  return answers;
}

void NluWorker::run() {
  for (;;) {
    const std::vector<runtime::Interpret> batch = take();
    if (batch.empty()) return;
    const auto begin = std::chrono::steady_clock::now();
    Answers answers = answer(batch);
    done_(std::move(answers), std::chrono::steady_clock::now() - begin);
  }
}

}  // namespace bot

#include "bot/nlu_worker.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <utility>

#include <catch2/catch.hpp>

using bot::NluWorker;

namespace {

// Understands every utterance as the intent it is called.
class Parrot final : public nlu::Interpreter {
 public:
  explicit Parrot(std::string name) : name_(std::move(name)) {}
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Interpretation one;
      one.segments.push_back({{0, utterance.text.size()}, {{utterance.text, 1}}, 0, 0});
      one.model_version = name_;
      all.push_back(std::move(one));
    }
    return all;
  }
  const std::string& version() const override { return name_; }

 private:
  std::string name_;
};

class Inbox {
 public:
  NluWorker::Done taker() {
    return [this](NluWorker::Answers answers, std::chrono::nanoseconds) {
      const std::lock_guard lock{mutex_};
      largest_ = std::max(largest_, answers.size());
      for (auto& answer : answers) all_.push_back(std::move(answer));
      arrived_.notify_all();
    };
  }
  std::vector<bot::runtime::Interpreted> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    arrived_.wait_for(lock, std::chrono::seconds{20}, [&] { return all_.size() >= count; });
    return all_;
  }
  std::size_t largest() const { return largest_; }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<bot::runtime::Interpreted> all_;
  std::size_t largest_ = 0;
};

bot::runtime::Interpret request(bot::runtime::Ticket ticket, dialog::Tenant tenant,
                                std::string text) {
  return {ticket, tenant, "v1", {std::move(text), "2026-11-23"}};
}

}  // namespace

TEST_CASE("every utterance gets its own interpretation, by its own bot's model") {
  Inbox inbox;
  NluWorker worker{{8, std::chrono::microseconds{0}, 1000}, inbox.taker()};
  worker.use(1, "v1", std::make_shared<Parrot>("one"));
  worker.use(2, "v1", std::make_shared<Parrot>("two"));
  for (bot::runtime::Ticket ticket = 0; ticket < 200; ++ticket) {
    REQUIRE(worker.ask(request(ticket, ticket % 2 + 1, std::to_string(ticket))));
  }
  const auto answers = inbox.wait_for(200);
  REQUIRE(answers.size() == 200);
  for (const auto& answer : answers) {
    CHECK(answer.interpretation.best()->name == std::to_string(answer.ticket));
    CHECK(answer.interpretation.model_version == (answer.ticket % 2 == 0 ? "one" : "two"));
  }
  CHECK(inbox.largest() <= 8);
}

TEST_CASE("a model is swapped without a restart") {
  Inbox inbox;
  NluWorker worker{{8, std::chrono::microseconds{0}, 10}, inbox.taker()};
  worker.use(1, "v1", std::make_shared<Parrot>("old"));
  REQUIRE(worker.ask(request(1, 1, "a")));
  REQUIRE(inbox.wait_for(1).size() == 1);
  worker.use(1, "v1", std::make_shared<Parrot>("new"));
  REQUIRE(worker.ask(request(2, 1, "b")));
  CHECK(inbox.wait_for(2).back().interpretation.model_version == "new");
}

TEST_CASE("a bot without a model is answered, too") {
  Inbox inbox;
  NluWorker worker{{8, std::chrono::microseconds{0}, 10}, inbox.taker()};
  REQUIRE(worker.ask(request(1, 9, "a")));
  CHECK(inbox.wait_for(1).front().interpretation.best() == nullptr);
}

TEST_CASE("a full queue says so") {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::promise<void> taken;
  NluWorker worker{{1, std::chrono::microseconds{0}, 3},
                   [&, first = true](NluWorker::Answers, std::chrono::nanoseconds) mutable {
                     if (std::exchange(first, false)) taken.set_value();
                     opened.wait();
                   }};
  REQUIRE(worker.ask(request(0, 1, "a")));
  taken.get_future().wait();  // It is busy with that one, and takes no other.
  for (bot::runtime::Ticket ticket = 1; ticket <= 3; ++ticket) {
    CHECK(worker.ask(request(ticket, 1, "a")));
  }
  CHECK_FALSE(worker.ask(request(4, 1, "a")));
  CHECK(worker.queued() == 3);
  gate.set_value();
}

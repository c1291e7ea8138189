// The server with a fault planted between it and its store, named by USHER_PLANTED: what kill_test
// must find. Takes the arguments of `usher serve`.
#include <chrono>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bot/models.h"
#include "bot/server.h"

namespace {

using dialog::ConversationId;
using nlu::Result;

// Passes everything on.
class Passing : public dialog::StateStore {
 public:
  explicit Passing(StateStore& store) : store_(store) {}
  void append(ConversationId id, dialog::EventNumber last, dialog::Epoch epoch, dialog::Batch batch,
              Done done) override {
    store_.append(id, last, epoch, std::move(batch), std::move(done));
  }
  void load(ConversationId id,
            std::function<void(Result<std::optional<dialog::Kept>>)> done) override {
    store_.load(id, std::move(done));
  }
  void find_message(
      ConversationId id, std::string client, std::string message,
      std::function<void(Result<std::optional<dialog::MessageRecord>>)> done) override {
    store_.find_message(id, std::move(client), std::move(message), std::move(done));
  }
  void find_client(ConversationId id, std::string client,
                   std::function<void(Result<std::optional<dialog::ClientRecord>>)> done) override {
    store_.find_client(id, std::move(client), std::move(done));
  }
  void read_visible(ConversationId id, dialog::Seq after, std::size_t count,
                    std::function<void(Result<std::vector<dialog::Event>>)> done) override {
    store_.read_visible(id, after, count, std::move(done));
  }
  void read_events(ConversationId id, dialog::EventNumber from, std::size_t count,
                   std::function<void(Result<std::vector<dialog::Event>>)> done) override {
    store_.read_events(id, from, count, std::move(done));
  }
  void due_timers(dialog::Millis until, std::size_t count,
                  std::function<void(Result<std::vector<dialog::DueTimer>>)> done) override {
    store_.due_timers(until, count, std::move(done));
  }
  void unfinished(std::function<void(Result<std::vector<ConversationId>>)> done) override {
    store_.unfinished(std::move(done));
  }
  void scan(dialog::Tenant tenant, std::optional<ConversationId> after, std::size_t count,
            std::function<void(Result<std::vector<ConversationId>>)> done) override {
    store_.scan(tenant, after, count, std::move(done));
  }
  void erase(ConversationId id, Done done) override { store_.erase(id, std::move(done)); }

 protected:
  StateStore& store_;
};

// Says that a batch is durable, and hands it over only a quarter of a second later.
class AckBeforeWrite final : public Passing {
 public:
  explicit AckBeforeWrite(StateStore& store) : Passing(store), writer_([this] { write_late(); }) {}
  ~AckBeforeWrite() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    writer_.join();
  }
  void append(ConversationId id, dialog::EventNumber last, dialog::Epoch epoch, dialog::Batch batch,
              Done done) override {
    {
      const std::lock_guard lock(mutex_);
      late_.push_back({std::chrono::steady_clock::now() + std::chrono::milliseconds(250), id, last,
                       epoch, std::move(batch)});
    }
    done({});
  }

 private:
  struct Late {
    std::chrono::steady_clock::time_point due;
    ConversationId id;
    dialog::EventNumber last;
    dialog::Epoch epoch;
    dialog::Batch batch;
  };

  void write_late() {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const std::lock_guard lock(mutex_);
      const auto now = std::chrono::steady_clock::now();
      while (!late_.empty() && (stopping_ || late_.front().due <= now)) {
        Late& first = late_.front();
        store_.append(first.id, first.last, first.epoch, std::move(first.batch), [](auto) {});
        late_.pop_front();
      }
      if (stopping_) return;
    }
  }

  std::mutex mutex_;
  std::deque<Late> late_;
  bool stopping_ = false;
  std::thread writer_;
};

// Forgets the last message of each client: a message that was kept but not acknowledged before a
// crash is taken for a new one when it comes again.
class NoDeduplication final : public Passing {
 public:
  using Passing::Passing;
  void find_message(
      ConversationId, std::string, std::string,
      std::function<void(Result<std::optional<dialog::MessageRecord>>)> done) override {
    done(std::optional<dialog::MessageRecord>{});
  }
  void find_client(ConversationId id, std::string client,
                   std::function<void(Result<std::optional<dialog::ClientRecord>>)> done) override {
    store_.find_client(id, std::move(client), [done = std::move(done)](auto found) {
      if (found && *found && (*found)->last_cseq > 0) --(*found)->last_cseq;
      done(std::move(found));
    });
  }
};

std::unique_ptr<dialog::StateStore> plant(dialog::StateStore& store) {
  const char* fault = std::getenv("USHER_PLANTED");
  if (fault != nullptr && std::string_view(fault) == "ack_before_write") {
    return std::make_unique<AckBeforeWrite>(store);
  }
  return std::make_unique<NoDeduplication>(store);
}

}  // namespace

int main(int argc, char** argv) {
  bot::Config config;
  config.demo = true;
  std::string folder, config_file;
  CLI::App app;
  CLI::App* serve = app.add_subcommand("serve");
  serve->add_option("BOT", folder);
  serve->add_flag("--demo");
  serve->add_option("--port", config.port);
  serve->add_option("--state", config.state_folder);
  serve->add_option("--config", config_file);
  CLI11_PARSE(app, argc, argv);
  if (nlu::has_errors(bot::read_config(config_file, config))) return 1;

  bot::Log log{config.log_level};
  const auto tell = [](const std::string& text) { fmt::print("{}\n", text); };
  nlu::Diagnostics warnings;
  auto ready = bot::ready_bot(folder, bot::trained_interpreters(), tell, warnings);
  if (!ready) return 1;
  std::vector<bot::ReadyBot> bots;
  bots.push_back(std::move(*ready));
  auto server =
      bot::Server::open(config, std::move(bots), bot::trained_interpreters(), tell, log, plant);
  return server ? (*server)->run() : 1;
}

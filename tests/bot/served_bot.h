// A server over a bot's folder, on a thread of its own, that can be started again: real runtime,
// real store, real sockets, and a model of the test's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "bot/server.h"
#include "tests/bot/scratch.h"

class ServedBot {
 public:
  // The bot lies in scratch().path(name) when start() is called.
  ServedBot(std::string name, bot::InterpreterPtr interpreter)
      : name_(std::move(name)), interpreter_(std::move(interpreter)) {
    config.port = 0;
    config.state_folder = scratch_.path("state");
  }
  ~ServedBot() { stop(); }
  ServedBot(const ServedBot&) = delete;
  ServedBot& operator=(const ServedBot&) = delete;

  void start() {
    bot::MakeInterpreter make = make_interpreter;
    if (!make) {
      make = [this](const std::string&, const dialog::Bot&, const bot::Say&) {
        return nlu::Result<bot::InterpreterPtr>(interpreter_);
      };
    }
    nlu::Diagnostics warnings;
    auto ready = bot::ready_bot(
        folder(), make, [](const std::string&) {}, warnings);
    if (!ready) FAIL(ready.error().message);
    std::vector<bot::ReadyBot> bots;
    bots.push_back(std::move(*ready));
    auto opened = bot::Server::open(
        config, std::move(bots), make,
        [this](const std::string& line) {
          const std::lock_guard lock{mutex_};
          said_ += line + "\n";
        },
        log_, wrap);
    if (!opened) FAIL(opened.error().message);
    server_ = std::move(*opened);
    port = server_->port();
    operator_key = server_->config().operator_key;
    rest_token = server_->config().rest_token;
    thread_ = std::thread([this] { exit_code = server_->run(signals); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
    server_.reset();
  }
  void wait() { thread_.join(); }  // For an end of its own.

  bot::Server& server() { return *server_; }
  std::string folder() const { return scratch_.path(name_); }
  const Scratch& scratch() const { return scratch_; }
  bool says(const std::string& words) {  // On its standard error
    const std::lock_guard lock{mutex_};
    return said_.find(words) != std::string::npos;
  }

  bot::Config config;
  bot::WrapStore wrap;
  bot::MakeInterpreter make_interpreter;  // For models that differ by version
  std::uint16_t port = 0;
  std::string operator_key, rest_token;
  int exit_code = -1;
  bool signals = false;  // Whether SIGHUP and the others are its

 private:
  const Scratch scratch_;
  const std::string name_;
  const bot::InterpreterPtr interpreter_;
  std::mutex mutex_;
  std::string said_;
  bot::Log log_{"off"};
  std::unique_ptr<bot::Server> server_;
  std::thread thread_;
};

// Within five seconds.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 500; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

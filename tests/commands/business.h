// A business that runs: the parcels bot in a folder of its own, and a server over it.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bot/plain_http.h"
#include "tests/commands/run.h"

extern char** environ;  // POSIX

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The parcels bot in a folder of its own, and a server over it.
class Business {
 public:
  Business() : folder_(fs::temp_directory_path() / fmt::format("usher-business-{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy("tests/conversations/parcels", bot(), fs::copy_options::recursive);
    fs::remove_all(fs::path(bot()) / ".usher");
    start();
  }
  ~Business() {
    stop();
    fs::remove_all(folder_);
  }

  std::string bot() const { return (folder_ / "parcels").string(); }
  std::string state() const { return (folder_ / "state").string(); }
  std::uint16_t port() const { return port_; }

  void say(const std::string& sender, const std::string& text) const {
    const std::string body = fmt::format(R"({{"sender": "{}", "message": "{}"}})", sender, text);
    const auto answer =
        plain_request(port_, "POST", "/webhooks/rest/webhook", token("rest.token"), body);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
  }
  std::string token(const std::string& name) const {
    std::string key = text_of(fs::path(state()) / "keys" / name);
    while (!key.empty() && key.back() == '\n') key.pop_back();
    return key;
  }
  PlainResponse conversations() const {
    return plain_request(port_, "GET", "/v1/conversations?bot=parcels", token("operator.key"));
  }
  PlainResponse erase(const std::string& conversation) const {
    return plain_request(port_, "DELETE", "/v1/conversations/" + conversation,
                         token("operator.key"));
  }

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  void start() {
    const std::string log = (folder_ / "log").string();
    std::vector<std::string> words{USHER_PROGRAM, "serve", bot(),     "--demo",
                                   "--port",      "0",     "--state", state()};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    REQUIRE(posix_spawn(&process_, USHER_PROGRAM, &files, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&files);
    std::smatch ready;
    std::string said;
    for (int i = 0; i < 3000; ++i) {
      said = text_of(log);
      if (std::regex_search(said, ready, std::regex("ready: http://[^:]+:([0-9]+)"))) break;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    INFO(said);
    REQUIRE(ready.size() == 2);
    port_ = static_cast<std::uint16_t>(std::stoi(ready[1]));
  }

  fs::path folder_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

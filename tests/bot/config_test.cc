#include "bot/config.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/bot/scratch.h"

using bot::Config;

namespace {

// What the file's only mistake says, without the folder it lies in.
std::string mistake(const std::string& text) {
  const Scratch scratch;
  Config config;
  const auto diagnostics = bot::read_config(scratch.write("usher.yml", text), config);
  REQUIRE(diagnostics.size() == 1);
  return nlu::to_string(diagnostics.front()).substr(scratch.path().size() + 1);
}

Config read(const std::string& text) {
  const Scratch scratch;
  Config config;
  const auto diagnostics = bot::read_config(scratch.write("usher.yml", text), config);
  for (const auto& diagnostic : diagnostics) FAIL(nlu::to_string(diagnostic));
  return config;
}

}  // namespace

TEST_CASE("an empty file means the defaults") {
  const Config config = read("");
  CHECK(config.listen == "127.0.0.1");
  CHECK(config.port == 8080);
  CHECK(config.limits.upload_bytes == 10 << 20);
}

TEST_CASE("settings and limits are read, durations in the unit of their key") {
  const Config config = read(
      "listen: 0.0.0.0\nport: 80\nallowed_origins: [https://shop.example]\n"
      "log_texts: true\nlimits:\n  hello_timeout_s: 2.5\n  messages_per_s: 0.5\n"
      "  visitor_ttl_days: 2\n  text_characters: 100\n");
  CHECK(config.listen == "0.0.0.0");
  CHECK(config.port == 80);
  CHECK(config.allowed_origins == std::vector<std::string>{"https://shop.example"});
  CHECK(config.log_texts);
  CHECK(config.runtime.hello_timeout == std::chrono::milliseconds{2500});
  CHECK(config.runtime.messages_per_s == 0.5);
  CHECK(config.runtime.visitor_ttl == std::chrono::hours{48});
  CHECK(config.runtime.engine.text_characters == 100);
}

TEST_CASE("placeholders take the environment's values, or their defaults") {
  ::setenv("USHER_TEST_PORT", "9001", 1);
  ::unsetenv("USHER_TEST_NONE");
  const Config config =
      read("port: ${USHER_TEST_PORT}\nstate_folder: /srv/${USHER_TEST_NONE:-usher}/state\n");
  CHECK(config.port == 9001);
  CHECK(config.state_folder == "/srv/usher/state");
}

TEST_CASE("mistakes name the place and what to do") {
  CHECK(mistake("prot: 80") == "usher.yml:1:1: there is no setting 'prot'; did you mean 'port'?");
  CHECK(mistake("port: 99999") == "usher.yml:1:7: 'port' must be a whole number from 0 to 65535");
  CHECK(mistake("log_texts: perhaps") == "usher.yml:1:12: 'log_texts' must be true or false");
  CHECK(mistake("limits:\n  queued_totl: 5") ==
        "usher.yml:2:3: there is no setting 'queued_totl'; did you mean 'queued_total'?");
  CHECK(mistake("site_key: short") ==
        "usher.yml:1:11: 'site_key' must have at least 32 characters");
  CHECK(mistake("listen: ${USHER_TEST_NONE}") ==
        "usher.yml:1:9: the environment has no USHER_TEST_NONE; set it, or write a default: "
        "${USHER_TEST_NONE:-value}");
  CHECK(
      mistake("action_authorities: /dev/null") ==
      "usher.yml:1:21: 'action_authorities' must be a file of certificates in PEM; '/dev/null' is "
      "none");
  CHECK(mistake("threads: 4") ==
        "usher.yml:1:10: 'threads' can only be 1: one thread serves all sockets (models and disk "
        "have their own)");
}

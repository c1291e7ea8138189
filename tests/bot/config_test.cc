#include "bot/config.h"

#include <cstdlib>
#include <cstring>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/config_keys.h"
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

TEST_CASE("what the table says of a key without a value is what holds") {
  std::string text = "limits:\n";
  for (const nlu::Key& key : bot::limit_keys.own) {
    REQUIRE(key.standard.size() > 2);  // In backticks
    text += fmt::format("  {}: {}\n", key.name, key.standard.substr(1, key.standard.size() - 2));
  }
  for (const char* name : {"listen", "port", "state_folder", "allow_private_action_hosts",
                           "threads", "log_level", "log_texts", "demo"}) {
    const std::string_view standard = bot::config_file_keys[name].standard;
    text += fmt::format("{}: {}\n", name, standard.substr(1, standard.size() - 2));
  }
  const Config read_in = read(text), standard;
  static_assert(sizeof(bot::ServerLimits) % sizeof(double) == 0);
  static_assert(std::is_trivially_copyable_v<bot::ServerLimits>);  // Of words without padding
  CHECK(std::memcmp(&read_in.limits, &standard.limits, sizeof standard.limits) == 0);
  const auto& read_limits = read_in.runtime;
  const auto& limits = standard.runtime;
  CHECK(read_limits.connections == limits.connections);
  CHECK(read_limits.connections_per_conversation == limits.connections_per_conversation);
  CHECK(read_limits.queued_per_conversation == limits.queued_per_conversation);
  CHECK(read_limits.queued_total == limits.queued_total);
  CHECK(read_limits.frames_per_connection == limits.frames_per_connection);
  CHECK(read_limits.replay_page_frames == limits.replay_page_frames);
  CHECK(read_limits.conversations_in_memory == limits.conversations_in_memory);
  CHECK(read_limits.messages_per_s == limits.messages_per_s);
  CHECK(read_limits.message_burst == limits.message_burst);
  CHECK(read_limits.hello_timeout == limits.hello_timeout);
  CHECK(read_limits.silence_timeout == limits.silence_timeout);
  CHECK(read_limits.evict_after == limits.evict_after);
  CHECK(read_limits.store_timeout == limits.store_timeout);
  CHECK(read_limits.read_timeout == limits.read_timeout);
  CHECK(read_limits.interpret_timeout == limits.interpret_timeout);
  CHECK(read_limits.rest_timeout == limits.rest_timeout);
  CHECK(read_limits.visitor_ttl == limits.visitor_ttl);
  CHECK(read_limits.snapshot_every == limits.snapshot_every);
  CHECK(read_limits.frames.frame_bytes == limits.frames.frame_bytes);
  CHECK(read_limits.frames.text_characters == limits.frames.text_characters);
  CHECK(read_limits.engine.steps_per_turn == limits.engine.steps_per_turn);
  CHECK(read_limits.engine.stack_depth == limits.engine.stack_depth);
  CHECK(read_limits.engine.foreach_items == limits.engine.foreach_items);
  CHECK(read_limits.engine.reminders == limits.engine.reminders);
  CHECK(read_in.port == standard.port);
  CHECK(read_in.log_level == standard.log_level);
  CHECK(read_in.allow_private_action_hosts == standard.allow_private_action_hosts);
}

TEST_CASE("Rasa's API is off, on for the operator, or has keys of its own") {
  CHECK_FALSE(read("").rasa_api.on);
  CHECK_FALSE(read("rasa_api: false").rasa_api.on);
  CHECK(read("rasa_api: true").rasa_api.on);
  ::setenv("USHER_TEST_RASA", "0123456789abcdef0123456789abcdef", 1);
  const Config config = read("rasa_api:\n  token: ${USHER_TEST_RASA}\n  events: 50\n");
  CHECK(config.rasa_api.on);
  CHECK(config.rasa_api.token == "0123456789abcdef0123456789abcdef");
  CHECK(config.rasa_api.jwt_key.empty());
  CHECK(config.rasa_api.events == 50);
  CHECK(mistake("rasa_api: {token: short}") ==
        "usher.yml:1:19: 'token' must have at least 32 characters");
  CHECK(mistake("rasa_api: {tokn: x}") ==
        "usher.yml:1:12: there is no setting 'tokn'; did you mean 'token'?");
  CHECK(mistake("rasa_api: often") ==
        "usher.yml:1:11: 'rasa_api' must be true, false or a map with 'token' and 'jwt_key'");
}

// usher.yml: the operator's settings. Not part of a bot. Every limit is here, with its default.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bot/runtime/runtime.h"
#include "nlu/base/diagnostic.h"

namespace bot {

struct ServerLimits {
  std::size_t header_bytes = 8 << 10;
  std::size_t body_bytes = 1 << 20;     // Of a JSON request
  std::size_t upload_bytes = 10 << 20;  // Of one file
  std::size_t uploads_per_conversation = 50;
  std::size_t versions_kept = 20;  // Of a bot, on disk
  std::size_t uploads_total_bytes = std::size_t{1} << 30;
  std::size_t connections_per_address = 0;  // 0: no limit of its own (all limits hold)
  double connects_per_address_s = 100;      // Token bucket
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds request_timeout{30'000};
  std::size_t interpret_batch = 32;
  // Batches of the NLU worker, and of the committer, begin no closer together than this.
  std::chrono::microseconds interpret_interval{1000}, commit_interval{1000};
  std::size_t interpret_queue = 10'000;
  std::size_t actions_in_flight = 256;
  std::size_t action_response_bytes = 1 << 20;
  std::size_t store_queue = 20'000;  // Batches waiting for the committer
  std::chrono::milliseconds drain_grace{10'000};
  std::int64_t mood_days = 400;            // Sums of how customers sound are kept so long.
  std::int64_t stats_days = 400;           // A day's numbers are kept so long.
  std::size_t stats_rows_per_day = 5000;   // Of a bot
  std::size_t mood_topics_per_hour = 200;  // Of a bot, counted apart
  std::chrono::milliseconds alert_interval{60'000};  // Between two looks at the alerts' rules
  std::uint64_t alert_history = 1000;                // Of a bot
  std::chrono::milliseconds alert_delivery{24 * 3'600'000};     // Then a webhook is given up.
  std::chrono::milliseconds handover_delivery{24 * 3'600'000};  // The same
};

// How a new version of a bot becomes the current one.
struct Rollout {
  double share = 0;           // Of the conversations, at first; 0: all of them at once
  std::uint64_t turns = 200;  // Of the new version, before it is judged
  double fallbacks = 0.1;     // It goes when it understands so much less than the current one …
  double failures = 0.02;     // … or fails so much more often, as shares of its turns.
  std::chrono::milliseconds until_current{24 * 3'600'000};  // Then it becomes the current one.
};

// Rasa's HTTP API (docs/rasa-api.md). With neither key only the operator's key opens it.
struct RasaApi {
  bool on = false;
  std::string token;            // For all of it; empty: none
  std::string jwt_key;          // HS256 key of the tokens that name a user; empty: none accepted
  std::size_t events = 10'000;  // Of one conversation, the newest, in an answer
};

struct Config {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string state_folder = "var/usher";
  std::vector<std::string> allowed_origins;  // Of sockets; empty: the page's own host only
  std::string operator_key;                  // ${ENV}; empty: one is made in the state folder
  std::string rest_token;                    // ${ENV}; the same
  RasaApi rasa_api;
  std::string site_key;  // HS256 key of the site's user tokens; empty: none accepted
  std::vector<std::string> action_hosts;   // Besides the bots' own backends' hosts
  bool allow_private_action_hosts = true;  // Backends are often next door; metadata addresses never
  std::string action_authorities;          // PEM file, besides the system's
  std::vector<std::string> upload_types = {"image/png", "image/jpeg", "image/gif", "image/webp",
                                           "application/pdf"};
  int threads = 0;  // Of sockets; 0: one
  std::string log_level = "info";
  bool log_texts = false;  // What customers write, in logs: off
  bool watch = false;      // Load bots anew when their files change
  bool demo = false;       // Answer HTTP actions from backend.yml
  Rollout rollout;
  ServerLimits limits;
  runtime::Limits runtime;
};

// Reads the file into `config`; errors have file, line and advice. ${NAME} and ${NAME:-default} are
// the environment's.
nlu::Diagnostics read_config(const std::string& path, Config& config);

}  // namespace bot

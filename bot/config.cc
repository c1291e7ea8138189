#include "bot/config.h"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "nlu/base/yaml.h"

namespace bot {

namespace {

using nlu::Diagnostics;
using nlu::Mark;
using nlu::Yaml;

// Reads one value into the configuration; what it says is wrong with it, else "".
using Reader = std::function<std::string(const Yaml& value)>;
using Readers = std::map<std::string, Reader>;

struct Section {
  Diagnostics& diagnostics;

  void wrong(std::string code, const Mark& mark, std::string message) const {
    diagnostics.push_back({nlu::Severity::error, std::move(code), mark, std::move(message)});
  }

  void read(const Yaml& map, const Readers& readers) const {
    if (map.is_null()) return;
    if (!map.is_map()) return wrong("wrong_type", map.mark, "here must be keys with values");
    std::vector<std::string> known;
    for (const auto& reader : readers) known.push_back(reader.first);
    for (const Yaml::Entry& entry : map.entries) {
      const auto found = readers.find(entry.key);
      if (found == readers.end()) {
        wrong("unknown_key", entry.key_mark,
              fmt::format("there is no setting '{}'{}", entry.key,
                          nlu::did_you_mean(entry.key, known)));
      } else if (const std::string fault = found->second(entry.value); !fault.empty()) {
        wrong("bad_value", entry.value.mark, fmt::format("'{}' {}", entry.key, fault));
      }
    }
  }
};

// Puts the environment's values in for ${NAME} and ${NAME:-default}, all over the tree.
void expand(Yaml& node, const Section& section) {
  for (Yaml& item : node.items) expand(item, section);
  for (Yaml::Entry& entry : node.entries) expand(entry.value, section);
  if (!node.is_scalar()) return;
  std::string text;
  std::size_t at = 0;
  for (std::size_t begin = 0; (begin = node.text.find("${", at)) != std::string::npos;) {
    const std::size_t end = node.text.find('}', begin);
    if (end == std::string::npos) {
      return section.wrong("bad_placeholder", node.mark, "'${' has no '}'");
    }
    const std::string inside = node.text.substr(begin + 2, end - begin - 2);
    const std::size_t dash = inside.find(":-");
    const std::string name = inside.substr(0, dash);
    const char* set = std::getenv(name.c_str());
    if (!set && dash == std::string::npos) {
      section.wrong("unset_variable", node.mark,
                    fmt::format("the environment has no {}; set it, or write a default: "
                                "${{{}:-value}}",
                                name, name));
    }
    text += node.text.substr(at, begin - at);
    if (set) {
      text += set;
    } else if (dash != std::string::npos) {
      text += inside.substr(dash + 2);
    }
    at = end + 1;
  }
  if (at > 0) node.text = text + node.text.substr(at);
}

Reader text_into(std::string& target) {
  return [&target](const Yaml& value) -> std::string {
    if (!value.is_scalar()) return "must be a text";
    target = value.text;
    return "";
  };
}

// Keys are as long as what they protect needs.
Reader key_into(std::string& target) {
  return [&target](const Yaml& value) -> std::string {
    if (!value.is_scalar() && !value.is_null()) return "must be a text";
    if (!value.text.empty() && value.text.size() < 32) return "must have at least 32 characters";
    target = value.text;
    return "";
  };
}

Reader certificates_into(std::string& target) {
  return [&target](const Yaml& value) -> std::string {
    if (!value.is_scalar()) return "must be a file's path";
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                        &X509_STORE_free);
    if (X509_STORE_load_file(store.get(), value.text.c_str()) != 1) {
      ERR_clear_error();
      return fmt::format("must be a file of certificates in PEM; '{}' is none", value.text);
    }
    target = value.text;
    return "";
  };
}

Reader bool_into(bool& target) {
  return [&target](const Yaml& value) -> std::string {
    const auto read = value.as_bool();
    if (!read) return "must be true or false";
    target = *read;
    return "";
  };
}

Reader level_into(std::string& target) {
  return [&target](const Yaml& value) -> std::string {
    for (const char* level : {"debug", "info", "warning", "error", "off"}) {
      if (value.text == level) return target = level, "";
    }
    return "must be debug, info, warning, error or off";
  };
}

template <class Number>
Reader number_into(Number& target, double min, double max) {
  return [&target, min, max](const Yaml& value) -> std::string {
    Yaml plain = value;
    plain.quoted = false;  // "${PORT}" has to be quoted, and means a number all the same.
    const auto read = plain.as_number();
    const bool whole = std::is_floating_point_v<Number> || (read && *read == std::floor(*read));
    if (!read || !whole || *read < min || *read > max) {
      return fmt::format("must be a {} from {} to {}",
                         std::is_floating_point_v<Number> ? "number" : "whole number", min, max);
    }
    target = static_cast<Number>(*read);
    return "";
  };
}

// `per_unit`: how many of the target's ticks are one of the key's unit.
template <class Duration>
Reader duration_into(Duration& target, double per_unit, double min, double max) {
  return [&target, per_unit, min, max](const Yaml& value) -> std::string {
    double units = 0;
    const std::string fault = number_into(units, min, max)(value);
    if (fault.empty()) {
      target = Duration{static_cast<typename Duration::rep>(std::llround(units * per_unit))};
    }
    return fault;
  };
}

Reader texts_into(std::vector<std::string>& target) {
  return [&target](const Yaml& value) -> std::string {
    if (value.is_null()) return target.clear(), "";
    if (!value.is_sequence()) return "must be a list";
    std::vector<std::string> texts;
    for (const Yaml& item : value.items) {
      if (!item.is_scalar()) return "must be a list of texts";
      texts.push_back(item.text);
    }
    target = std::move(texts);
    return "";
  };
}

Readers limit_readers(ServerLimits& server, runtime::Limits& runtime) {
  constexpr double many = 1e6, bytes = 1e12, hour_s = 3600;
  return {
      {"header_bytes", number_into(server.header_bytes, 1024, 1 << 20)},
      {"body_bytes", number_into(server.body_bytes, 1024, 1 << 28)},
      {"upload_bytes", number_into(server.upload_bytes, 1, 1 << 30)},
      {"versions_kept", number_into(server.versions_kept, 1, 1000)},
      {"uploads_per_conversation", number_into(server.uploads_per_conversation, 0, 1000)},
      {"uploads_total_bytes", number_into(server.uploads_total_bytes, 0, bytes)},
      {"connections_per_address", number_into(server.connections_per_address, 0, many)},
      {"connects_per_address_s", number_into(server.connects_per_address_s, 0.01, many)},
      {"handshake_timeout_s", duration_into(server.handshake_timeout, 1000, 0.1, hour_s)},
      {"request_timeout_s", duration_into(server.request_timeout, 1000, 0.1, hour_s)},
      {"interpret_batch", number_into(server.interpret_batch, 1, 1024)},
      {"interpret_interval_us", duration_into(server.interpret_interval, 1, 0, 1e6)},
      {"interpret_queue", number_into(server.interpret_queue, 1, many)},
      {"actions_in_flight", number_into(server.actions_in_flight, 1, 10'000)},
      {"action_response_bytes", number_into(server.action_response_bytes, 1024, 1 << 28)},
      {"commit_interval_us", duration_into(server.commit_interval, 1, 0, 1e6)},
      {"store_queue", number_into(server.store_queue, 1, many)},
      {"drain_grace_s", duration_into(server.drain_grace, 1000, 0, hour_s)},
      {"mood_days", number_into(server.mood_days, 1, 3650)},
      {"mood_topics_per_hour", number_into(server.mood_topics_per_hour, 1, 10'000)},
      {"alert_interval_s", duration_into(server.alert_interval, 1000, 0.05, hour_s)},
      {"alert_history", number_into(server.alert_history, 1, 100'000)},
      {"alert_delivery_h", duration_into(server.alert_delivery, 3'600'000, 0, 720)},
      {"connections", number_into(runtime.connections, 1, many)},
      {"connections_per_conversation", number_into(runtime.connections_per_conversation, 1, 1000)},
      {"queued_per_conversation", number_into(runtime.queued_per_conversation, 1, 1000)},
      {"queued_total", number_into(runtime.queued_total, 1, many)},
      {"frames_per_connection", number_into(runtime.frames_per_connection, 8, many)},
      {"replay_page_frames", number_into(runtime.replay_page_frames, 1, 1000)},
      {"messages_per_s", number_into(runtime.messages_per_s, 0.01, many)},
      {"message_burst", number_into(runtime.message_burst, 1, many)},
      {"hello_timeout_s", duration_into(runtime.hello_timeout, 1000, 0.1, hour_s)},
      {"silence_timeout_s", duration_into(runtime.silence_timeout, 1000, 1, hour_s)},
      {"evict_after_s", duration_into(runtime.evict_after, 1000, 0, 24 * hour_s)},
      {"store_timeout_s", duration_into(runtime.store_timeout, 1000, 0.1, hour_s)},
      {"store_read_timeout_s", duration_into(runtime.read_timeout, 1000, 0.1, hour_s)},
      {"conversations_in_memory", number_into(runtime.conversations_in_memory, 1, many)},
      {"interpret_timeout_s", duration_into(runtime.interpret_timeout, 1000, 0.1, hour_s)},
      {"rest_timeout_s", duration_into(runtime.rest_timeout, 1000, 0.1, hour_s)},
      {"visitor_ttl_days", duration_into(runtime.visitor_ttl, 24, 1, 3650)},
      {"snapshot_every", number_into(runtime.snapshot_every, 1, 100'000)},
      {"frame_bytes", number_into(runtime.frames.frame_bytes, 1024, 16 << 20)},
      {"text_characters", number_into(runtime.frames.text_characters, 1, 1 << 20)},
      {"steps_per_turn", number_into(runtime.engine.steps_per_turn, 10, 100'000)},
      {"stack_depth", number_into(runtime.engine.stack_depth, 2, 1000)},
      {"foreach_items", number_into(runtime.engine.foreach_items, 1, 10'000)},
      {"reminders", number_into(runtime.engine.reminders, 1, 1000)},
  };
}

Readers rollout_readers(Rollout& rollout) {
  return {{"share", number_into(rollout.share, 0, 1)},
          {"turns", number_into(rollout.turns, 1, 1e6)},
          {"fallbacks", number_into(rollout.fallbacks, 0, 1)},
          {"failures", number_into(rollout.failures, 0, 1)},
          {"hours", duration_into(rollout.until_current, 3'600'000, 0.001, 10'000)}};
}

// 1 is all there is; the key stands for the day there is more.
Reader threads_into(int& target) {
  return [&target](const Yaml& value) -> std::string {
    const auto read = value.as_integer();
    if (!read || *read < 0 || *read > 1) {
      return "can only be 1: one thread serves all sockets (models and disk have their own)";
    }
    target = static_cast<int>(*read);
    return "";
  };
}

}  // namespace

nlu::Diagnostics read_config(const std::string& path, Config& config) {
  Diagnostics diagnostics;
  const Section section{diagnostics};
  auto read = nlu::read_yaml(path, path);
  if (const auto* fault = std::get_if<nlu::Diagnostic>(&read)) return {*fault};
  Yaml& file = std::get<Yaml>(read);
  expand(file, section);
  if (nlu::has_errors(diagnostics)) return diagnostics;
  const Readers limits = limit_readers(config.limits, config.runtime);
  const Readers rollout = rollout_readers(config.rollout);
  section.read(file,
               {{"listen", text_into(config.listen)},
                {"port", number_into(config.port, 0, 65535)},
                {"state_folder", text_into(config.state_folder)},
                {"allowed_origins", texts_into(config.allowed_origins)},
                {"operator_key", key_into(config.operator_key)},
                {"rest_token", key_into(config.rest_token)},
                {"site_key", key_into(config.site_key)},
                {"action_hosts", texts_into(config.action_hosts)},
                {"allow_private_action_hosts", bool_into(config.allow_private_action_hosts)},
                {"action_authorities", certificates_into(config.action_authorities)},
                {"upload_types", texts_into(config.upload_types)},
                {"threads", threads_into(config.threads)},
                {"log_level", level_into(config.log_level)},
                {"log_texts", bool_into(config.log_texts)},
                {"demo", bool_into(config.demo)},
                {"rollout", [&](const Yaml& value) { return section.read(value, rollout), ""; }},
                {"limits", [&](const Yaml& value) { return section.read(value, limits), ""; }}});
  config.runtime.engine.text_characters = config.runtime.frames.text_characters;
  return diagnostics;
}

}  // namespace bot

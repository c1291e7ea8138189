#include "bot/config.h"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "bot/config_keys.h"
#include "nlu/base/yaml.h"

namespace bot {

namespace {

using nlu::Diagnostics;
using nlu::Mark;
using nlu::Yaml;

// Reads one value into the configuration, within the key's bounds; what it says is wrong with it,
// else "".
using Reader = std::function<std::string(const Yaml& value, const nlu::Key& key)>;
using Readers = std::map<std::string_view, Reader>;

struct Section {
  Diagnostics& diagnostics;

  void wrong(std::string code, const Mark& mark, std::string message) const {
    diagnostics.push_back({nlu::Severity::error, std::move(code), mark, std::move(message)});
  }

  // Every key of the table has a reader.
  void read(const Yaml& map, const nlu::Keys& keys, const Readers& readers) const {
    if (map.is_null()) return;
    if (!map.is_map()) return wrong("wrong_type", map.mark, "here must be keys with values");
    for (const Yaml::Entry& entry : map.entries) {
      const nlu::Key* const key = keys.find(entry.key);
      if (key == nullptr) {
        wrong("unknown_key", entry.key_mark,
              fmt::format("there is no setting '{}'{}", entry.key,
                          nlu::did_you_mean(entry.key, keys.names())));
        continue;
      }
      const std::string fault = readers.at(key->name)(entry.value, *key);
      if (!fault.empty()) {
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
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
    if (!value.is_scalar()) return "must be a text";
    target = value.text;
    return "";
  };
}

// Keys are as long as what they protect needs.
Reader key_into(std::string& target) {
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
    if (!value.is_scalar() && !value.is_null()) return "must be a text";
    if (!value.text.empty() && value.text.size() < 32) return "must have at least 32 characters";
    target = value.text;
    return "";
  };
}

Reader certificates_into(std::string& target) {
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
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
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
    const auto read = value.as_bool();
    if (!read) return "must be true or false";
    target = *read;
    return "";
  };
}

Reader word_into(std::string& target) {
  return [&target](const Yaml& value, const nlu::Key& key) -> std::string {
    for (const std::string_view word : key.form.words) {
      if (value.text == word) return target = word, "";
    }
    const auto others = key.form.words.first(key.form.words.size() - 1);
    return fmt::format("must be {} or {}", fmt::join(others, ", "), key.form.words.back());
  };
}

template <class Number>
Reader number_into(Number& target) {
  return [&target](const Yaml& value, const nlu::Key& key) -> std::string {
    Yaml plain = value;
    plain.quoted = false;  // "${PORT}" has to be quoted, and means a number all the same.
    const auto read = plain.as_number();
    const bool is_whole = key.form.kind == nlu::Form::Kind::whole;
    const bool fits = !is_whole || (read && *read == std::floor(*read));
    if (!read || !fits || *read < key.form.min || *read > key.form.max) {
      return fmt::format("must be a {} from {} to {}", is_whole ? "whole number" : "number",
                         key.form.min, key.form.max);
    }
    target = static_cast<Number>(*read);
    return "";
  };
}

// `per_unit`: how many of the target's ticks are one of the key's unit.
template <class Duration>
Reader duration_into(Duration& target, double per_unit) {
  return [&target, per_unit](const Yaml& value, const nlu::Key& key) -> std::string {
    double units = 0;
    const std::string fault = number_into(units)(value, key);
    if (fault.empty()) {
      target = Duration{static_cast<typename Duration::rep>(std::llround(units * per_unit))};
    }
    return fault;
  };
}

Reader texts_into(std::vector<std::string>& target) {
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
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
  return {
      {"header_bytes", number_into(server.header_bytes)},
      {"body_bytes", number_into(server.body_bytes)},
      {"upload_bytes", number_into(server.upload_bytes)},
      {"versions_kept", number_into(server.versions_kept)},
      {"uploads_per_conversation", number_into(server.uploads_per_conversation)},
      {"uploads_total_bytes", number_into(server.uploads_total_bytes)},
      {"connections_per_address", number_into(server.connections_per_address)},
      {"connects_per_address_s", number_into(server.connects_per_address_s)},
      {"handshake_timeout_s", duration_into(server.handshake_timeout, 1000)},
      {"request_timeout_s", duration_into(server.request_timeout, 1000)},
      {"interpret_batch", number_into(server.interpret_batch)},
      {"interpret_interval_us", duration_into(server.interpret_interval, 1)},
      {"interpret_queue", number_into(server.interpret_queue)},
      {"actions_in_flight", number_into(server.actions_in_flight)},
      {"action_response_bytes", number_into(server.action_response_bytes)},
      {"commit_interval_us", duration_into(server.commit_interval, 1)},
      {"store_queue", number_into(server.store_queue)},
      {"drain_grace_s", duration_into(server.drain_grace, 1000)},
      {"stats_days", number_into(server.stats_days)},
      {"stats_rows_per_day", number_into(server.stats_rows_per_day)},
      {"mood_days", number_into(server.mood_days)},
      {"mood_topics_per_hour", number_into(server.mood_topics_per_hour)},
      {"alert_interval_s", duration_into(server.alert_interval, 1000)},
      {"alert_history", number_into(server.alert_history)},
      {"alert_delivery_h", duration_into(server.alert_delivery, 3'600'000)},
      {"handover_delivery_h", duration_into(server.handover_delivery, 3'600'000)},
      {"connections", number_into(runtime.connections)},
      {"connections_per_conversation", number_into(runtime.connections_per_conversation)},
      {"queued_per_conversation", number_into(runtime.queued_per_conversation)},
      {"queued_total", number_into(runtime.queued_total)},
      {"frames_per_connection", number_into(runtime.frames_per_connection)},
      {"replay_page_frames", number_into(runtime.replay_page_frames)},
      {"messages_per_s", number_into(runtime.messages_per_s)},
      {"message_burst", number_into(runtime.message_burst)},
      {"hello_timeout_s", duration_into(runtime.hello_timeout, 1000)},
      {"silence_timeout_s", duration_into(runtime.silence_timeout, 1000)},
      {"evict_after_s", duration_into(runtime.evict_after, 1000)},
      {"store_timeout_s", duration_into(runtime.store_timeout, 1000)},
      {"store_read_timeout_s", duration_into(runtime.read_timeout, 1000)},
      {"conversations_in_memory", number_into(runtime.conversations_in_memory)},
      {"interpret_timeout_s", duration_into(runtime.interpret_timeout, 1000)},
      {"rest_timeout_s", duration_into(runtime.rest_timeout, 1000)},
      {"visitor_ttl_days", duration_into(runtime.visitor_ttl, 24)},
      {"snapshot_every", number_into(runtime.snapshot_every)},
      {"frame_bytes", number_into(runtime.frames.frame_bytes)},
      {"text_characters", number_into(runtime.frames.text_characters)},
      {"steps_per_turn", number_into(runtime.engine.steps_per_turn)},
      {"stack_depth", number_into(runtime.engine.stack_depth)},
      {"foreach_items", number_into(runtime.engine.foreach_items)},
      {"reminders", number_into(runtime.engine.reminders)},
  };
}

Readers rollout_readers(Rollout& rollout) {
  return {{"share", number_into(rollout.share)},
          {"turns", number_into(rollout.turns)},
          {"fallbacks", number_into(rollout.fallbacks)},
          {"failures", number_into(rollout.failures)},
          {"hours", duration_into(rollout.until_current, 3'600'000)}};
}

// `true`, or a map of what is its own.
Reader rasa_api_into(RasaApi& target, const Section& section) {
  return [&target, &section](const Yaml& value, const nlu::Key&) -> std::string {
    const auto on = value.as_bool();
    if (on && !value.quoted) return target.on = *on, "";
    if (!value.is_map()) return "must be true, false or a map with 'token' and 'jwt_key'";
    target.on = true;
    section.read(value, rasa_api_keys,
                 {{"token", key_into(target.token)},
                  {"jwt_key", key_into(target.jwt_key)},
                  {"events", number_into(target.events)}});
    return "";
  };
}

// 1 is all there is; the key stands for the day there is more.
Reader threads_into(int& target) {
  return [&target](const Yaml& value, const nlu::Key&) -> std::string {
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
  section.read(
      file, config_file_keys,
      {{"listen", text_into(config.listen)},
       {"port", number_into(config.port)},
       {"state_folder", text_into(config.state_folder)},
       {"allowed_origins", texts_into(config.allowed_origins)},
       {"operator_key", key_into(config.operator_key)},
       {"rest_token", key_into(config.rest_token)},
       {"rasa_api", rasa_api_into(config.rasa_api, section)},
       {"site_key", key_into(config.site_key)},
       {"action_hosts", texts_into(config.action_hosts)},
       {"allow_private_action_hosts", bool_into(config.allow_private_action_hosts)},
       {"action_authorities", certificates_into(config.action_authorities)},
       {"upload_types", texts_into(config.upload_types)},
       {"threads", threads_into(config.threads)},
       {"log_level", word_into(config.log_level)},
       {"log_texts", bool_into(config.log_texts)},
       {"demo", bool_into(config.demo)},
       {"rollout", [&](const Yaml& value,
                       const nlu::Key&) { return section.read(value, rollout_keys, rollout), ""; }},
       {"limits", [&](const Yaml& value, const nlu::Key&) {
          return section.read(value, limit_keys, limits), "";
        }}});
  config.runtime.engine.text_characters = config.runtime.frames.text_characters;
  return diagnostics;
}

}  // namespace bot

// bot.yml: what a bot is called, speaks, and how sure it must be.
#include <algorithm>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

// ${NAME} and ${NAME:-default} in a value, put in; the rest of the text stays.
std::string expand(Draft& draft, const Yaml& node) {
  const std::string& text = node.text;
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find("${", at);
    if (open == std::string::npos) return out + text.substr(at);
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) {
      draft.error("bad_environment", node.mark, "'${' has no closing '}'");
      return text;
    }
    out += text.substr(at, open - at);
    const std::string inside = text.substr(open + 2, close - open - 2);
    const std::size_t separator = inside.find(":-");
    const std::string name = inside.substr(0, separator);
    std::optional<std::string> value;
    if (draft.options != nullptr && draft.options->environment)
      value = draft.options->environment(name);
    if (!value && separator != std::string::npos) value = inside.substr(separator + 2);
    if (!value) {
      draft.error("unset_environment", node.mark,
                  fmt::format("the environment variable {0} is not set; set it or write "
                              "'${{{0}:-default}}'",
                              name));
    }
    out += value.value_or("");
    at = close + 1;
  }
}

bool is_language(std::string_view code) {
  return code.size() >= 2 && code.size() <= 35 && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

void check_language(Draft& draft, const std::string& code, const Mark& mark) {
  if (is_language(code)) return;
  draft.error("bad_language", mark,
              fmt::format("'{}' is no language code; write one such as en, zh or pt-BR", code));
}

void read_understanding(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'understanding'")) return;
  Understanding& understanding = draft.bot.understanding;
  const std::pair<std::string, double*> thresholds[] = {
      {"intent_threshold", &understanding.intent_threshold},
      {"ambiguity_margin", &understanding.ambiguity_margin},
      {"outside_threshold", &understanding.outside_threshold}};
  const std::pair<std::string, std::string*> intents[] = {
      {"affirm", &understanding.affirm},     {"deny", &understanding.deny},
      {"cancel", &understanding.cancel},     {"repeat", &understanding.repeat},
      {"restart", &understanding.restart},   {"skip", &understanding.skip},
      {"handover", &understanding.handover}, {"out_of_scope", &understanding.out_of_scope},
      {"chitchat", &understanding.chitchat}};
  check_keys(draft, node, understanding_keys);
  for (const auto& [key, value] : thresholds) {
    const Yaml* written = node.find(key);
    if (written == nullptr) continue;
    if (const auto number = read_number(draft, *written, understanding_keys[key])) {
      *value = *number;
    }
    if (key != "ambiguity_margin") understanding.thresholds_from_model = false;
  }
  for (const auto& [key, value] : intents) {
    const Yaml* written = node.find(key);
    if (written == nullptr) continue;
    if (const auto name = read_text(draft, *written, fmt::format("'{}'", key))) {
      *value = *name;
      draft.refer(Reference::Kind::intent, *name, written->mark);
    }
  }
  if (const Yaml* written = node.find("small_talk")) {
    understanding.small_talk = read_texts(draft, *written, "'small_talk'");
    for (const std::string& name : understanding.small_talk) {
      draft.refer(Reference::Kind::intent, name, written->mark);
    }
  }
}

// A URL without a slash at its end; empty when there is none.
std::string read_url(Draft& draft, const Yaml& node) {
  std::string text = read_expanded(draft, node, "'url'");
  if (!text.empty() && text.rfind("https://", 0) != 0 && text.rfind("http://", 0) != 0) {
    draft.error("bad_url", node.mark, "'url' must begin with https:// or http://");
  }
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text;
}

void read_backend_settings(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'backend'")) return;
  check_keys(draft, node, backend_settings_keys);
  if (const Yaml* url = node.find("url")) {
    draft.bot.backend_url = read_url(draft, *url);
  }
  if (const Yaml* headers = node.find("headers");
      headers && expect_map(draft, *headers, "'headers'")) {
    for (const Yaml::Entry& entry : headers->entries) {
      draft.bot.backend_headers[entry.key] = read_expanded(draft, entry.value, "a header");
    }
  }
  if (const Yaml* timeout = node.find("timeout_s")) {
    if (const auto seconds = read_number(draft, *timeout, backend_settings_keys["timeout_s"])) {
      draft.bot.backend_timeout =
          std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    }
  }
}

OpeningHours read_week(Draft& draft, const Yaml& node, std::string_view what) {
  OpeningHours hours;
  if (!expect_map(draft, node, what)) return hours;
  check_keys(draft, node, week_keys, what);
  for (std::size_t day = 0; day < weekdays.size(); ++day) {
    const Yaml* const written = node.find(weekdays[day]);
    if (written == nullptr) continue;
    for (const std::string& text : read_texts(draft, *written, "a day's hours")) {
      if (text == "closed") continue;
      if (const auto span = read_span(text)) {
        hours.days[day].push_back(*span);
      } else {
        draft.error("bad_hours", written->mark,
                    fmt::format("write hours as \"08:00-20:00\" or closed, and not '{}'", text));
      }
    }
  }
  return hours;
}

void read_hours(Draft& draft, const Yaml& file) {
  if (const Yaml* own = file.find("opening_hours")) {
    draft.bot.hours[""] = read_week(draft, *own, "'opening_hours'");
  }
  if (const Yaml* others = file.find("hours"); others && expect_map(draft, *others, "'hours'")) {
    for (const Yaml::Entry& entry : others->entries) {
      draft.bot.hours[entry.key] = read_week(draft, entry.value, fmt::format("'{}'", entry.key));
    }
  }
  const Yaml* const holidays = file.find("holidays");
  if (holidays == nullptr) return;
  for (const std::string& date : read_texts(draft, *holidays, "'holidays'")) {
    if (is_holiday_date(date)) {
      draft.bot.holidays.insert(date);
    } else {
      draft.error(
          "bad_date", holidays->mark,
          fmt::format("write a holiday as 2026-12-24, or 12-25 for every year, and not '{}'",
                      date));
    }
  }
}

// When people are there to take over, and how many wait for them: {hours: NAME, capacity: 50,
// queues: {QUEUE: {hours: NAME, capacity: 20}}}; and who is told: {webhook: {url, secret}}.
void read_handover(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'handover'")) return;
  check_keys(draft, node, desk_keys);
  if (const Yaml* hook = node.find("webhook")) {
    read_webhook(draft, *hook, draft.bot.handover_webhook,
                 &draft.bot.handover_webhook_is_told_personal);
  }
  const auto read = [&](const Yaml& map, const std::string& queue) {
    if (const Yaml* capacity = map.find("capacity")) {
      const auto most = read_whole(draft, *capacity, queue_keys["capacity"]);
      if (most) draft.bot.desk_capacity[queue] = static_cast<std::size_t>(*most);
    }
    const Yaml* const hours = map.find("hours");
    if (hours == nullptr) return;
    const auto name = read_text(draft, *hours, "'hours'");
    if (!name) return;
    draft.named_hours.emplace_back(*name == "opening_hours" ? "" : *name, hours->mark);
    draft.bot.desks[queue] = *name == "opening_hours" ? "" : *name;
  };
  read(node, "");
  const Yaml* const queues = node.find("queues");
  if (queues == nullptr || !expect_map(draft, *queues, "'queues'")) return;
  for (const Yaml::Entry& queue : queues->entries) {
    if (!expect_map(draft, queue.value, "a queue")) continue;
    check_keys(draft, queue.value, queue_keys);
    read(queue.value, queue.key);
  }
}

void read_silence(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'silence'")) return;
  check_keys(draft, node, silence_keys);
  const Yaml* const timeout = node.find("timeout_s");
  if (timeout == nullptr) {
    draft.error("missing_key", node.mark, "'silence' needs 'timeout_s'");
    return;
  }
  if (const auto seconds = read_whole(draft, *timeout, silence_keys["timeout_s"])) {
    draft.bot.silence = std::chrono::seconds(*seconds);
  }
  if (const Yaml* times = node.find("times")) {
    draft.bot.silence_times =
        static_cast<int>(read_whole(draft, *times, silence_keys["times"]).value_or(2));
  }
}

void read_name(Draft& draft, const Yaml& node) {
  std::string name = read_expanded(draft, node, "'name'");
  if (is_name(name)) {
    draft.bot.name = std::move(name);
    return;
  }
  draft.error(
      "bad_name", node.mark,
      fmt::format("'{}' is no name for a bot; use letters, digits, '_' and '-', and 'title' "
                  "for what people read",
                  name));
}

void read_session(Draft& draft, const Yaml& file) {
  if (const Yaml* minutes = file.find("session_timeout_min")) {
    if (const auto count = read_number(draft, *minutes, bot_keys["session_timeout_min"])) {
      draft.bot.session_timeout = std::chrono::seconds(static_cast<std::int64_t>(*count * 60));
    }
  }
  const Yaml* session = file.find("session");
  if (session == nullptr || !expect_map(draft, *session, "'session'")) return;
  check_keys(draft, *session, session_keys);
  if (const Yaml* seconds = session->find("idle_timeout_s")) {
    if (const auto count = read_whole(draft, *seconds, session_keys["idle_timeout_s"])) {
      draft.bot.session_timeout = std::chrono::seconds(*count);
    }
  }
}

// `true`, or how.
void read_tuning(Draft& draft, const Yaml& node) {
  if (node.is_scalar()) {
    if (read_bool(draft, node, "'fine_tune'").value_or(false)) draft.bot.fine_tuning.emplace();
    return;
  }
  if (!expect_map(draft, node, "'fine_tune'")) return;
  check_keys(draft, node, tuning_keys);
  nlu::TuneSettings& settings = draft.bot.fine_tuning.emplace();
  if (const Yaml* epochs = node.find("epochs")) {
    if (const auto count = read_whole(draft, *epochs, tuning_keys["epochs"]))
      settings.epochs = static_cast<int>(*count);
  }
  if (const Yaml* rate = node.find("learning_rate"))
    settings.rate = read_number(draft, *rate, tuning_keys["learning_rate"]).value_or(settings.rate);
}

void read_model(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'model'")) return;
  check_keys(draft, node, model_keys);
  if (const Yaml* seed = node.find("seed")) {
    const auto number = read_whole(draft, *seed, model_keys["seed"]);
    if (number) draft.bot.training_seed = static_cast<std::uint64_t>(*number);
  }
  if (const Yaml* encoder = node.find("encoder")) {
    if (encoder->is_scalar() && !encoder->text.empty()) {
      draft.bot.encoder = encoder->text;
    } else {
      draft.error("expected_text", encoder->mark,
                  "'encoder' is a folder with config.json, model.safetensors and vocab.txt");
    }
  }
  if (const Yaml* tuning = node.find("fine_tune")) {
    read_tuning(draft, *tuning);
    if (draft.bot.fine_tuning && node.find("encoder") == nullptr) {
      draft.error("no_encoder", tuning->mark,
                  "there is nothing to fine-tune; name the 'encoder' beside 'fine_tune'");
    }
  }
}

}  // namespace

void read_languages(Draft& draft, const Yaml& file) {
  if (const Yaml* language = file.find("language")) {
    if (auto code = read_text(draft, *language, "'language'")) {
      check_language(draft, *code, language->mark);
      draft.bot.language = *std::move(code);
    }
  }
  if (const Yaml* languages = file.find("additional_languages")) {
    draft.bot.additional_languages = read_texts(draft, *languages, "'additional_languages'");
    for (const std::string& code : draft.bot.additional_languages) {
      check_language(draft, code, languages->mark);
      if (code == draft.bot.language) {
        draft.error("language_twice", languages->mark,
                    fmt::format("'{}' is the bot's language already", code));
      }
    }
  }
}

void read_action_endpoint(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'action_endpoint'")) return;
  check_keys(draft, node, action_endpoint_keys);
  if (const Yaml* url = node.find("url")) draft.bot.action_url = read_url(draft, *url);
  if (draft.bot.action_url.empty()) {
    draft.error("missing_key", node.mark, "'action_endpoint' needs 'url'");
  }
  if (const Yaml* headers = node.find("headers");
      headers && expect_map(draft, *headers, "'headers'")) {
    for (const Yaml::Entry& entry : headers->entries) {
      draft.bot.action_headers[entry.key] = read_expanded(draft, entry.value, "a header");
    }
  }
  if (const Yaml* timeout = node.find("timeout_s")) {
    if (const auto seconds = read_number(draft, *timeout, action_endpoint_keys["timeout_s"])) {
      draft.bot.action_timeout =
          std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    }
  }
}

std::string read_expanded(Draft& draft, const Yaml& node, std::string_view what) {
  return read_text(draft, node, what) ? expand(draft, node) : "";
}

void read_settings(Draft& draft, const Yaml& file) {
  if (const Yaml* name = file.find("name")) read_name(draft, *name);
  for (const auto& [key, value] : {std::pair<std::string, std::string*>{"title", &draft.bot.title},
                                   {"time_zone", &draft.bot.time_zone}}) {
    if (const Yaml* written = file.find(key)) {
      *value = read_expanded(draft, *written, fmt::format("'{}'", key));
    }
  }
  read_languages(draft, file);
  read_session(draft, file);
  if (const Yaml* understanding = file.find("understanding"))
    read_understanding(draft, *understanding);
  if (const Yaml* backend = file.find("backend")) read_backend_settings(draft, *backend);
  read_hours(draft, file);
  if (const Yaml* handover = file.find("handover")) read_handover(draft, *handover);
  if (const Yaml* actions = file.find("action_endpoint")) read_action_endpoint(draft, *actions);
  if (const Yaml* silence = file.find("silence")) read_silence(draft, *silence);
  if (const Yaml* model = file.find("model")) read_model(draft, *model);
}

void read_session_config(Draft& draft, const Yaml& node) {
  if (!expect_map(draft, node, "'session_config'")) return;
  check_keys(draft, node, session_config_keys);
  if (const Yaml* minutes = node.find("session_expiration_time")) {
    if (const auto count =
            read_number(draft, *minutes, session_config_keys["session_expiration_time"])) {
      draft.bot.session_timeout = std::chrono::seconds(
          *count > 0 ? static_cast<std::int64_t>(*count * 60) : std::int64_t{10} * 365 * 86'400);
    }
  }
  if (const Yaml* carry = node.find("carry_over_slots_to_new_session")) {
    draft.bot.carry_over_slots =
        read_bool(draft, *carry, "'carry_over_slots_to_new_session'").value_or(false);
  }
}

}  // namespace dialog

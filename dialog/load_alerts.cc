// alerts.yml: what a business wants to be told of how its customers sound.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dialog/draft.h"

namespace dialog {

namespace {

constexpr std::size_t rules_max = 100;
constexpr std::size_t name_characters = 100;
constexpr std::size_t secret_characters = 32;

// Whether a text is one `${NAME}`, without a default in the file.
bool is_environment(const std::string& text) {
  if (!text.starts_with("${") || text.find('}') != text.size() - 1) return false;
  const std::size_t separator = text.find(":-");
  return separator == std::string::npos || separator == text.size() - 3;
}

std::string read_secret(Draft& draft, const Yaml& hook, const std::string& key) {
  const Yaml* written = hook.find(key);
  if (written == nullptr) return "";
  if (!written->is_scalar() || !is_environment(written->text)) {
    draft.error("secret_in_file", written->mark,
                fmt::format("'{}' belongs in the environment; write '${{NAME}}' here", key));
    return "";
  }
  std::string secret = read_expanded(draft, *written, fmt::format("'{}'", key));
  if (!secret.empty() && secret.size() < secret_characters) {
    draft.error("short_secret", written->mark,
                fmt::format("'{}' must have at least {} characters", key, secret_characters));
  }
  return secret;
}

bool is_on_this_machine(const std::string& url) {
  for (const std::string_view host : {"http://localhost", "http://127.", "http://[::1]"}) {
    if (url.starts_with(host)) return true;
  }
  return false;
}

// "https://HOST…": a variable's value may end with a line end, or hold a password.
bool names_a_host(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return !authority.empty() && authority.front() != ':' &&
         authority.find('@') == std::string_view::npos &&
         std::none_of(url.begin(), url.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\';
         });
}

bool is_share(std::string_view name) { return name.ends_with("_share"); }

void check_comparison(Draft& draft, const Condition::Comparison& comparison, const Mark& mark) {
  if (comparison.value.is_null()) return;  // "is not null": there is something to divide by.
  if (!comparison.value.is_number()) {
    draft.error(
        "wrong_comparison", mark,
        fmt::format("'{}' is a number, and is compared with something else", comparison.slot));
  } else if (is_share(comparison.slot) && std::abs(comparison.value.to_number<double>()) > 1) {
    draft.error("wrong_comparison", mark,
                fmt::format("'{}' goes from 0 to 1; write {} for {} %", comparison.slot,
                            comparison.value.to_number<double>() / 100,
                            comparison.value.to_number<double>()));
  }
}

std::optional<Condition> read_rule_condition(Draft& draft, const Yaml& node) {
  auto condition = parse_condition(draft, node);
  if (!condition) return std::nullopt;
  const std::vector<std::string>& known = alert_number_names();
  for (const std::string& name : condition->slots()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = nlu::did_you_mean(name, known);
    draft.error("unknown_number", node.mark,
                fmt::format("no number is called '{}'{}", name,
                            meant.empty() ? "; there are negative_share, mean_sentiment, "
                                            "utterances and others (docs/mood.md)"
                                          : meant));
  }
  for (const std::string& path : condition->contexts()) {
    draft.error("unknown_number", node.mark,
                fmt::format("a rule knows no 'context.{}': it is about many conversations", path));
  }
  for (const Condition::Comparison& comparison : condition->comparisons()) {
    check_comparison(draft, comparison, node.mark);
  }
  if (const auto always = condition->constant_value()) {
    draft.error("constant_condition", node.mark,
                fmt::format("this is {} whatever customers say", *always ? "true" : "false"));
  }
  return condition;
}

template <class Number>
void read_into(Draft& draft, const Yaml& rule, std::string_view key, Number& target) {
  const Yaml* written = rule.find(key);
  if (written == nullptr) return;
  if (const auto number = read_whole(draft, *written, alert_keys[key])) target = Number(*number);
}

void read_filters(Draft& draft, const Yaml& node, AlertRule& rule) {
  if (const Yaml* channels = node.find("channels")) {
    rule.channels = read_texts(draft, *channels, "'channels'");
  }
  const Yaml* topics = node.find("topics");
  if (topics == nullptr) return;
  rule.topics = read_texts(draft, *topics, "'topics'");
  for (std::size_t i = 0; i < rule.topics.size(); ++i) {
    const bool is_list = topics->is_sequence() && i < topics->items.size();
    draft.refer(Reference::Kind::topic, rule.topics[i],
                is_list ? topics->items[i].mark : topics->mark);
  }
}

void read_rule(Draft& draft, const Yaml::Entry& entry, const Webhook& usual) {
  AlertRule rule;
  rule.name = entry.key;
  rule.mark = entry.key_mark;
  rule.webhook = usual;
  if (!is_name(rule.name) || rule.name.size() > name_characters) {
    draft.error("bad_name", entry.key_mark,
                fmt::format("'{}' is no name for an alert; use letters, digits, '_' and '-', at "
                            "most {}",
                            rule.name, name_characters));
  }
  const Yaml& node = entry.value;
  if (!expect_map(draft, node, fmt::format("the alert '{}'", rule.name))) return;
  check_keys(draft, node, alert_keys);
  if (const Yaml* text = node.find("description")) {
    rule.description = read_text(draft, *text, "'description'").value_or("");
  }
  read_into(draft, node, "window_h", rule.window_h);
  read_into(draft, node, "baseline_days", rule.baseline_days);
  read_into(draft, node, "min_utterances", rule.min_utterances);
  read_into(draft, node, "resolve_after_min", rule.resolve_after);
  read_into(draft, node, "cooldown_min", rule.cooldown);
  read_filters(draft, node, rule);
  if (const Yaml* fires = node.find("if")) {
    if (auto condition = read_rule_condition(draft, *fires)) rule.fires = *std::move(condition);
  } else {
    draft.error("missing_key", entry.key_mark,
                fmt::format("the alert '{}' has no 'if'; write a condition such as "
                            "negative_share > 0.3",
                            rule.name));
  }
  if (const Yaml* resolves = node.find("resolve_if")) {
    rule.resolves = read_rule_condition(draft, *resolves);
  }
  if (const Yaml* hook = node.find("webhook")) read_webhook(draft, *hook, rule.webhook);
  draft.bot.alerts.push_back(std::move(rule));
}

}  // namespace

void read_webhook(Draft& draft, const Yaml& node, Webhook& hook, bool* is_told_personal) {
  if (node.is_scalar() && node.as_bool() == false) {
    hook = {};
    return;
  }
  if (!expect_map(draft, node, "'webhook'")) return;
  check_keys(draft, node, is_told_personal ? desk_webhook_keys : webhook_keys);
  if (const Yaml* personal = node.find("personal"); personal && is_told_personal) {
    *is_told_personal = read_bool(draft, *personal, "'personal'").value_or(false);
  }
  const Yaml* url = node.find("url");
  if (url == nullptr) {
    draft.error("missing_key", node.mark, "this webhook has no 'url'");
    return;
  }
  hook.url = read_expanded(draft, *url, "'url'");
  const std::size_t mistakes = draft.diagnostics.size();
  hook.secret = read_secret(draft, node, "secret");
  hook.previous_secret = read_secret(draft, node, "previous_secret");
  if (hook.url.empty()) return;  // Switched off
  if (!hook.url.starts_with("https://") && !hook.url.starts_with("http://")) {
    draft.error("bad_url", url->mark, "'url' must begin with https:// or http://");
  } else if (!names_a_host(hook.url)) {
    draft.error("bad_url", url->mark,
                "'url' must name a host, without a user, spaces or other characters that no URL "
                "has");
  } else if (hook.url.starts_with("http://") && !is_on_this_machine(hook.url)) {
    draft.warn("plain_http", url->mark, "who is on the way can read this; write https://");
  }
  if (hook.secret.empty() && draft.diagnostics.size() == mistakes) {
    draft.error("missing_key", node.mark,
                "what is posted is signed: this webhook needs a 'secret: ${NAME}'");
  }
}

void read_alerts(Draft& draft, const Yaml& file) {
  if (file.is_null() || !expect_map(draft, file, "this file")) return;
  check_keys(draft, file, alerts_keys);
  Webhook usual;
  if (const Yaml* hook = file.find("webhook")) read_webhook(draft, *hook, usual);
  const Yaml* rules = file.find("alerts");
  if (rules == nullptr || rules->is_null()) return;
  if (!expect_map(draft, *rules, "'alerts'")) return;
  for (const Yaml::Entry& entry : rules->entries) {
    if (draft.bot.alerts.size() == rules_max) {
      draft.error("too_many", entry.key_mark,
                  fmt::format("a bot has at most {} alerts", rules_max));
      return;
    }
    read_rule(draft, entry, usual);
  }
}

}  // namespace dialog

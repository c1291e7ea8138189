#include "dialog/alert.h"

#include <catch2/catch.hpp>

#include "dialog/load.h"

namespace {

using namespace dialog;

constexpr Millis minute = 60'000;

Condition when(const std::string& text) { return Condition::parse(text).value(); }

// `utterances` that were all rated, of them `negative` ones.
Counts heard(std::int64_t utterances, std::int64_t negative) {
  Counts counts;
  counts.utterances = counts.rated = utterances;
  counts.negative = negative;
  counts.sentiment = -500 * negative + 100 * (utterances - negative);
  return counts;
}

// A rule and what it remembers, judged whenever it is told to.
struct Watched {
  Watched() {
    rule.name = "unhappy";
    rule.min_utterances = 10;
    rule.fires = when("negative_share >= 0.4 and negative_share_ratio >= 2");
    rule.resolves = when("negative_share < 0.2");
    rule.resolve_after = std::chrono::minutes{10};
    rule.cooldown = std::chrono::minutes{30};
  }
  AlertVerdict::Change after(Millis pause, const Counts& window) {
    now += pause;
    const AlertVerdict verdict = judge(rule, state, alert_numbers(window, usual), now);
    // Through the codec, as from a disk.
    state = alert_state_from_json(to_json(verdict.state));
    REQUIRE(state == verdict.state);
    reason = verdict.reason;
    return verdict.change;
  }

  AlertRule rule;
  AlertState state;
  Counts usual = heard(1000, 100);
  Millis now = 1'000 * hour_ms;
  std::string reason;
};

constexpr auto none = AlertVerdict::Change::none;
constexpr auto fired = AlertVerdict::Change::fired;
constexpr auto resolved = AlertVerdict::Change::resolved;

}  // namespace

TEST_CASE("an alert fires once, and is over when it has been calm for long enough") {
  Watched watched;
  CHECK(watched.after(0, heard(100, 10)) == none);
  CHECK(watched.after(minute, heard(100, 40)) == fired);
  CHECK(watched.state.since == watched.now);
  CHECK(watched.after(minute, heard(100, 60)) == none);
  // Between the two conditions nothing changes, however long.
  CHECK(watched.after(600 * minute, heard(100, 30)) == none);
  CHECK(watched.after(minute, heard(100, 19)) == none);
  CHECK(watched.after(9 * minute, heard(100, 19)) == none);
  CHECK(watched.after(minute, heard(100, 25)) == none);  // The wait begins anew.
  CHECK(watched.after(minute, heard(100, 19)) == none);
  CHECK(watched.after(10 * minute, heard(100, 19)) == resolved);
  CHECK(watched.reason == "condition");
  CHECK_FALSE(watched.state.firing);
}

TEST_CASE("after it is over an alert keeps quiet for its cooldown") {
  Watched watched;
  watched.rule.resolve_after = std::chrono::minutes{0};
  CHECK(watched.after(0, heard(100, 50)) == fired);
  CHECK(watched.after(minute, heard(100, 10)) == resolved);
  CHECK(watched.after(29 * minute, heard(100, 50)) == none);
  CHECK(watched.after(minute, heard(100, 50)) == fired);
}

TEST_CASE("of too few utterances nothing is said, and what fires is over in time") {
  Watched watched;
  CHECK(watched.after(0, heard(9, 9)) == none);
  CHECK(watched.after(minute, heard(10, 9)) == fired);
  CHECK(watched.after(minute, heard(9, 9)) == none);
  CHECK(watched.after(10 * minute, heard(0, 0)) == resolved);
  CHECK(watched.reason == "too_few");
}

TEST_CASE("without a condition of its own an alert is over when it would not fire") {
  Watched watched;
  watched.rule.resolves.reset();
  CHECK(watched.after(0, heard(100, 50)) == fired);
  CHECK(watched.after(minute, heard(100, 39)) == none);
  CHECK(watched.after(10 * minute, heard(100, 39)) == resolved);
}

TEST_CASE("an alert does not end while its condition holds") {
  Watched watched;
  watched.rule.resolves = when("utterances > 0");
  CHECK(watched.after(0, heard(100, 50)) == fired);
  CHECK(watched.after(60 * minute, heard(100, 50)) == none);
  CHECK(watched.state.calm_since == 0);
}

TEST_CASE("the numbers are shares of what was counted, and compared with what is usual") {
  const json::object numbers = alert_numbers(heard(50, 20), heard(1000, 100));
  CHECK(numbers.at("utterances") == 50);
  CHECK(numbers.at("negative_share") == 0.4);
  CHECK(numbers.at("baseline_negative_share") == 0.1);
  CHECK(numbers.at("negative_share_ratio") == 4.0);
  CHECK(numbers.at("mean_sentiment") == -0.14);
  CHECK(numbers.at("baseline_mean_sentiment") == 0.04);
  CHECK(numbers.at("mean_sentiment_change") == -0.18);
  CHECK(numbers.at("urgent_share_ratio") == 1.0);  // None now, and none before

  const json::object first = alert_numbers(heard(50, 20), {});
  CHECK(first.at("baseline_negative_share").is_null());
  CHECK(first.at("negative_share_ratio").is_null());
  CHECK(first.at("mean_sentiment_change").is_null());
  CHECK(alert_numbers(heard(50, 20), heard(1000, 0)).at("negative_share_ratio") == 1000.0);
  CHECK(alert_numbers({}, heard(10, 1)).at("negative_share").is_null());
}

TEST_CASE("a number that is not there fires nothing") {
  Watched watched;
  watched.usual = {};
  CHECK(watched.after(0, heard(100, 90)) == none);
  watched.rule.fires = when(
      "negative_share >= 0.4 and (baseline_rated < 100 or "
      "negative_share_ratio >= 2)");
  CHECK(watched.after(minute, heard(100, 90)) == fired);
}

TEST_CASE("the window is whole hours and the running one, the baseline the days before it") {
  AlertRule rule;
  rule.window_h = 2;
  rule.baseline_days = 7;
  CHECK(window_of(rule, 1000 * hour_ms + 59 * minute) == Hours{998, 1001});
  CHECK(baseline_of(rule, 1000 * hour_ms) == Hours{998 - 168, 998});
}

TEST_CASE("a rule counts its channels and topics") {
  AlertRule rule;
  const Tally cell{0, "web", "returns", {}};
  CHECK(rule.counts(cell));
  rule.channels = {"rest", "web"};
  rule.topics = {"returns"};
  CHECK(rule.counts(cell));
  rule.topics = {"orders"};
  CHECK_FALSE(rule.counts(cell));
}

TEST_CASE("a webhook is tried again later and later, at most an hour apart") {
  CHECK(webhook_pause(1).count() == 10);
  CHECK(webhook_pause(2).count() == 20);
  CHECK(webhook_pause(9).count() == 2560);
  CHECK(webhook_pause(10).count() == 3600);
  CHECK(webhook_pause(10'000).count() == 3600);
}

namespace {

constexpr const char* flows =
    "flows:\n  hours:\n    description: Tells\n    nlu_trigger: [{intent: hours}]\n"
    "    steps: [{say: Until eight.}]\n";
constexpr const char* examples =
    "nlu:\n  - intent: hours\n    examples: |\n      - open\n      - closed\n";

Loaded load_with(const std::string& alerts) {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "URL") return "https://alerts.example/hook";
    if (name == "SECRET") return "a secret of thirty-two characters";
    if (name == "OLD") return "the one before, thirty-two or more";
    return std::nullopt;
  };
  return load_bot_from({{"bot.yml", "name: small\n"},
                        {"flows/a.yml", flows},
                        {"nlu/a.yml", examples},
                        {"alerts.yml", alerts}},
                       options);
}

}  // namespace

TEST_CASE("alerts.yml is read in whole, and changes no version") {
  const Loaded loaded = load_with(
      "webhook: {url: \"${URL}\", secret: \"${SECRET}\", previous_secret: \"${OLD}\"}\n"
      "alerts:\n"
      "  unhappy:\n"
      "    description: Customers are unhappy\n"
      "    window_h: 3\n    baseline_days: 14\n    min_utterances: 50\n"
      "    channels: [web]\n    topics: [hours, outside]\n"
      "    if: negative_share > 0.5\n    resolve_if: negative_share < 0.3\n"
      "    resolve_after_min: 0\n    cooldown_min: 5\n"
      "  quiet:\n    if: utterances > 1000\n    webhook: false\n");
  REQUIRE(loaded.bot);
  REQUIRE(loaded.bot->alerts.size() == 2);
  const AlertRule& rule = loaded.bot->alerts[0];
  CHECK(rule.name == "unhappy");
  CHECK(rule.description == "Customers are unhappy");
  CHECK(rule.window_h == 3);
  CHECK(rule.baseline_days == 14);
  CHECK(rule.min_utterances == 50);
  CHECK(rule.channels == std::vector<std::string>{"web"});
  CHECK(rule.topics == std::vector<std::string>{"hours", "outside"});
  CHECK(rule.fires.text() == "negative_share > 0.5");
  REQUIRE(rule.resolves);
  CHECK(rule.resolves->text() == "negative_share < 0.3");
  CHECK(rule.resolve_after.count() == 0);
  CHECK(rule.cooldown.count() == 5);
  CHECK(rule.webhook.url == "https://alerts.example/hook");
  CHECK(rule.webhook.secret == "a secret of thirty-two characters");
  CHECK(rule.webhook.previous_secret == "the one before, thirty-two or more");
  CHECK(loaded.bot->alerts[1].webhook.url.empty());
  CHECK(loaded.bot->version == load_with("").bot->version);
}

TEST_CASE("a webhook without an address is switched off") {
  const Loaded loaded = load_with(
      "webhook: {url: \"${ELSEWHERE:-}\", secret: \"${NO_SECRET:-}\"}\n"
      "alerts:\n  unhappy:\n    if: negative_share > 0.5\n");
  REQUIRE(loaded.bot);
  CHECK(loaded.bot->alerts[0].webhook.url.empty());
}

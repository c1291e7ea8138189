#include "dialog/alert.h"

#include <algorithm>
#include <cmath>

namespace dialog {

namespace {

constexpr double ratio_max = 1000;  // Also of something to nothing

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

json::value quotient(std::int64_t part, std::int64_t whole, double scale = 1) {
  if (whole == 0) return nullptr;
  return rounded(static_cast<double>(part) / (static_cast<double>(whole) * scale));
}

// To the baseline's: 1 is as usual, 2 twice as much.
json::value ratio(const json::value& now, const json::value& usual) {
  if (!now.is_number() || !usual.is_number()) return nullptr;
  const double a = now.to_number<double>(), b = usual.to_number<double>();
  if (b == 0) return a == 0 ? 1.0 : ratio_max;
  return std::min(rounded(a / b), ratio_max);
}

constexpr std::string_view share_ending = "_share";

class Numbers : public Names {
 public:
  explicit Numbers(const json::object& numbers) : numbers_(numbers) {}
  const json::value* slot(std::string_view name) const override {
    return numbers_.if_contains(name);
  }
  const json::value* context(std::string_view) const override { return nullptr; }

 private:
  const json::object& numbers_;
};

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

constexpr Millis to_ms(std::chrono::minutes time) { return time.count() * 60'000; }

}  // namespace

bool AlertRule::counts(const Tally& cell) const {
  return is_among(cell.channel, channels) && is_among(cell.topic, topics);
}

Hours window_of(const AlertRule& rule, Millis now) {
  const std::int64_t running = hour_of(now);
  return {running - rule.window_h, running + 1};
}

Hours baseline_of(const AlertRule& rule, Millis now) {
  const std::int64_t end = window_of(rule, now).begin;
  return {end - std::int64_t{24} * rule.baseline_days, end};
}

json::object shares_of(const Counts& counts) {
  json::object numbers;
  numbers["mean_sentiment"] = quotient(counts.sentiment, counts.rated, 1000);
  numbers["negative_share"] = quotient(counts.negative, counts.rated);
  numbers["positive_share"] = quotient(counts.positive, counts.rated);
  numbers["urgent_share"] = quotient(counts.urgent, counts.rated);
  numbers["handover_share"] = quotient(counts.handovers, counts.utterances);
  numbers["fallback_share"] = quotient(counts.fallbacks, counts.utterances);
  return numbers;
}

json::object alert_numbers(const Counts& window, const Counts& baseline) {
  json::object numbers{{"utterances", window.utterances}, {"rated", window.rated}};
  const json::object now = shares_of(window), usual = shares_of(baseline);
  for (const auto& share : now) numbers[share.key()] = share.value();
  numbers["baseline_utterances"] = baseline.utterances;
  numbers["baseline_rated"] = baseline.rated;
  for (const auto& share : usual) {
    const std::string name(share.key());
    numbers["baseline_" + name] = share.value();
    if (name.ends_with(share_ending)) {
      numbers[name + "_ratio"] = ratio(now.at(name), share.value());
    }
  }
  const json::value &mean = now.at("mean_sentiment"), &before = usual.at("mean_sentiment");
  json::value change;
  if (mean.is_number() && before.is_number()) {
    change = rounded(mean.to_number<double>() - before.to_number<double>());
  }
  numbers["mean_sentiment_change"] = std::move(change);
  return numbers;
}

const std::vector<std::string>& alert_number_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const auto& number : alert_numbers({}, {})) made.emplace_back(number.key());
    return made;
  }();
  return names;
}

json::object to_json(const AlertState& state) {
  return {{"firing", state.firing},
          {"since", state.since},
          {"calm_since", state.calm_since},
          {"quiet_until", state.quiet_until}};
}

AlertState alert_state_from_json(const json::object& object) {
  AlertState state;
  state.firing = nlu::get_bool(object, "firing").value_or(false);
  state.since = nlu::get_integer(object, "since").value_or(0);
  state.calm_since = nlu::get_integer(object, "calm_since").value_or(0);
  state.quiet_until = nlu::get_integer(object, "quiet_until").value_or(0);
  return state;
}

AlertVerdict judge(const AlertRule& rule, const AlertState& state, const json::object& numbers,
                   Millis now) {
  const Numbers names(numbers);
  const bool enough = nlu::get_integer(numbers, "utterances").value_or(0) >= rule.min_utterances;
  const bool holds = enough && rule.fires.evaluate(names);
  AlertVerdict verdict;
  verdict.state = state;
  AlertState& next = verdict.state;
  if (!state.firing) {
    if (!holds || now < state.quiet_until) return verdict;
    next = {true, now, 0, 0};
    verdict.change = AlertVerdict::Change::fired;
    verdict.reason = "condition";
    return verdict;
  }
  const bool calm = !holds && (!enough || !rule.resolves || rule.resolves->evaluate(names));
  if (!calm) {
    next.calm_since = 0;
    return verdict;
  }
  if (state.calm_since == 0) next.calm_since = now;
  if (now - next.calm_since < to_ms(rule.resolve_after)) return verdict;
  next = {false, now, 0, now + to_ms(rule.cooldown)};
  verdict.change = AlertVerdict::Change::resolved;
  verdict.reason = enough ? "condition" : "too_few";
  return verdict;
}

std::chrono::seconds webhook_pause(int attempts) {
  constexpr std::chrono::seconds first{10}, most{3600};
  return std::min(most, first * (std::int64_t{1} << std::clamp(attempts - 1, 0, 20)));
}

}  // namespace dialog

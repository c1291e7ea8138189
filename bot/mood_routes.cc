// /v1/mood and /v1/alerts: how customers sound, added up.
#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "bot/routes.h"
#include "bot/utc.h"

namespace bot {

namespace {

using boost::beast::http::status;

constexpr std::size_t rows_max = 10'000;  // Of one answer
constexpr std::size_t page = 5000;  // Sums read at a time, beside the conversations' own reads
constexpr dialog::Millis day_h = 24;

// What one row of the answer is of.
struct Grouping {
  std::int64_t hours = 0;  // 1, 24 or, for all of the time, 0
  bool channel = false, topic = false;
};

nlu::Result<Grouping> parse_grouping(std::string_view by) {
  static const std::vector<std::string> known{"hour", "day", "channel", "topic"};
  Grouping grouping;
  while (!by.empty()) {
    const std::size_t comma = by.find(',');
    const std::string word(by.substr(0, comma));
    by = comma == by.npos ? "" : by.substr(comma + 1);
    if (word == "channel") {
      grouping.channel = true;
    } else if (word == "topic") {
      grouping.topic = true;
    } else if (word == "hour" || word == "day") {
      if (grouping.hours != 0) return nlu::invalid("`by` has hour or day, not both");
      grouping.hours = word == "hour" ? 1 : day_h;
    } else {
      return nlu::invalid(fmt::format("`by` is hour or day, channel and topic, and not '{}'{}",
                                      word.substr(0, 100), nlu::did_you_mean(word, known)));
    }
  }
  return grouping;
}

// The hours that [from, to) touches; the last 24 when nothing is said.
nlu::Result<dialog::Hours> parse_hours(const Target& target) {
  dialog::Hours hours;
  hours.end = dialog::hour_of(Loop::now()) + 1;
  const auto moment = [&](const char* name) -> nlu::Result<std::optional<dialog::Millis>> {
    if (target.get(name).empty()) return std::optional<dialog::Millis>{};
    const auto read = parse_utc(target.get(name));
    if (read) return read;
    return nlu::invalid(
        fmt::format("`{}` is a UTC time such as 2026-11-27 or "
                    "2026-11-27T14:00:00Z, or milliseconds since the epoch",
                    name));
  };
  const auto from = moment("from"), to = moment("to");
  if (!from) return from.error();
  if (!to) return to.error();
  if (*to) hours.end = dialog::hour_of(**to + dialog::hour_ms - 1);
  hours.begin = *from ? dialog::hour_of(**from) : std::max<std::int64_t>(hours.end - day_h, 0);
  if (hours.begin >= hours.end) return nlu::invalid("`from` is not before `to`");
  return hours;
}

nlu::json::object to_json(const dialog::Counts& counts) {
  nlu::json::object all{{"utterances", counts.utterances}, {"rated", counts.rated},
                        {"negative", counts.negative},     {"positive", counts.positive},
                        {"urgent", counts.urgent},         {"handovers", counts.handovers},
                        {"fallbacks", counts.fallbacks}};
  for (const auto& share : dialog::shares_of(counts)) all[share.key()] = share.value();
  return all;
}

}  // namespace

awaitable<HttpResponse> OperatorRoutes::mood(const Target& target, const BotShelf::Entry& bot) {
  const auto grouping = parse_grouping(target.get("by"));
  if (!grouping) co_return problem(grouping.error());
  const auto hours = parse_hours(target);
  if (!hours) co_return problem(hours.error());
  const std::string channel = target.get("channel"), topic = target.get("topic");

  using Key = std::tuple<std::int64_t, std::string, std::string>;
  std::map<Key, dialog::Counts> sums;
  using Found = nlu::Result<std::vector<dialog::Tally>>;
  std::optional<dialog::Tally> after;
  for (bool more = true; more;) {
    auto later = std::make_shared<Later<Found>>(parts_.executor);
    parts_.store.read_tallies(bot.tenant, hours->begin, hours->end, after, page,
                              setter(parts_.executor, later));
    std::optional<Found> found = co_await later->wait(store_patience);
    if (!found) co_return too_slow();
    if (!*found) co_return problem(found->error());
    more = (**found).size() == page;
    for (const dialog::Tally& cell : **found) {
      if (!channel.empty() && cell.channel != channel) continue;
      if (!topic.empty() && cell.topic != topic) continue;
      const std::int64_t time =
          grouping->hours == 0 ? hours->begin : cell.hour - cell.hour % grouping->hours;
      sums[Key{time, grouping->channel ? cell.channel : "", grouping->topic ? cell.topic : ""}] +=
          cell.counts;
    }
    if (sums.size() > rows_max) {
      co_return problem(status::bad_request, "invalid",
                        fmt::format("that is more than {} rows: ask for less time, or group by "
                                    "less",
                                    rows_max));
    }
    if (more) after = std::move((**found).back());
  }
  nlu::json::array rows;
  for (const auto& [key, counts] : sums) {
    nlu::json::object row;
    const std::string time = utc_text(std::get<0>(key) * dialog::hour_ms);
    if (grouping->hours == 1) row["hour"] = time;
    if (grouping->hours == day_h) row["day"] = time.substr(0, 10);
    if (grouping->channel) row["channel"] = std::get<1>(key);
    if (grouping->topic) row["topic"] = std::get<2>(key);
    for (const auto& number : to_json(counts)) row[number.key()] = number.value();
    rows.push_back(std::move(row));
  }
  co_return json_response(status::ok,
                          nlu::json::object{{"bot", bot.current()->name},
                                            {"from", utc_text(hours->begin * dialog::hour_ms)},
                                            {"to", utc_text(hours->end * dialog::hour_ms)},
                                            {"rows", std::move(rows)}});
}

awaitable<HttpResponse> OperatorRoutes::alerts(const Target& target, const BotShelf::Entry& bot) {
  const std::size_t limit = std::max<std::size_t>(number_of(target.get("limit"), 100, 1000), 1);
  const std::uint64_t before = number_of(target.get("before"), 0, SIZE_MAX);
  const auto [from, to] = AlertWatch::history_range(before);
  using Found = nlu::Result<std::vector<RocksdbStore::Row>>;
  auto later = std::make_shared<Later<Found>>(parts_.executor);
  parts_.store.read_rows(bot.tenant, from, to, limit, setter(parts_.executor, later));
  const std::optional<Found> found = co_await later->wait(store_patience);
  if (!found) co_return too_slow();
  if (!*found) co_return problem(found->error());
  nlu::json::array history;
  nlu::json::value next;  // The following page's `before`; null: there is none.
  for (const RocksdbStore::Row& row : **found) {
    auto entry = nlu::parse_json(row.value.value_or(""));
    if (!entry || !entry->is_object()) continue;
    if ((**found).size() == limit) next = entry->get_object()["number"];
    history.push_back(std::move(*entry));
  }
  co_return json_response(status::ok,
                          nlu::json::object{{"bot", bot.current()->name},
                                            {"alerts", parts_.watch.rules(bot.tenant)},
                                            {"posts_pending", parts_.watch.pending(bot.tenant)},
                                            {"history", std::move(history)},
                                            {"next", std::move(next)}});
}

}  // namespace bot

#include "bot/alert_watch.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "bot/loop.h"
#include "bot/tokens.h"
#include "bot/utc.h"
#include "bot/webhook.h"

namespace bot {

namespace {

using dialog::AlertRule;
using dialog::AlertVerdict;
using dialog::Counts;
using dialog::Hours;
using dialog::Millis;
using dialog::Tenant;
using Row = RocksdbStore::Row;

constexpr std::size_t page = 5000;       // Sums read at a time, beside the conversations' own reads
constexpr std::size_t posts_max = 1000;  // Of a bot, that wait
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::hours drop_interval{6};
// What was said within the hour that has just ended may still be on its way to the disk.
constexpr std::int64_t open_hours = 2;

const std::array<std::string, 3> row_kinds{"history/", "post/", "state/"};

// The newest first.
std::string history_name(std::uint64_t number) { return fmt::format("history/{:016x}", ~number); }
std::string post_name(std::uint64_t number) { return fmt::format("post/{:016x}", number); }
std::string state_name(const std::string& rule) { return "state/" + rule; }

nlu::json::object to_json(const Hours& hours) {
  return {{"from", utc_text(hours.begin * dialog::hour_ms)},
          {"to", utc_text(hours.end * dialog::hour_ms)}};
}

std::string percent(const nlu::json::object& numbers, std::string_view name) {
  const auto share = nlu::get_number(numbers, name);
  return share ? fmt::format("{:.0f} %", *share * 100) : "unknown";
}

std::string headline(const std::string& bot, const AlertRule& rule, bool fires,
                     const std::string& reason, const nlu::json::object& numbers) {
  if (reason == "removed") return fmt::format("{}: {} was removed", bot, rule.name);
  return fmt::format("{}: {} {}{}{} ({} utterances, {} negative, usually {})", bot, rule.name,
                     fires ? "fires" : "is over", rule.description.empty() ? "" : ": ",
                     rule.description, nlu::get_integer(numbers, "utterances").value_or(0),
                     percent(numbers, "negative_share"),
                     percent(numbers, "baseline_negative_share"));
}

}  // namespace

AlertWatch::AlertWatch(net::io_context& io, const Config& config, const BotShelf& bots,
                       RocksdbStore& store, HttpClient& client, Metrics& metrics, Log& log)
    : io_(io),
      config_(config),
      bots_(bots),
      store_(store),
      client_(client),
      metrics_(metrics),
      log_(log),
      clock_(io),
      posting_(io) {}

void AlertWatch::start() {
  const auto ended = [this](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      fail("watch", error.what());
    }
  };
  net::co_spawn(io_, watch(), ended);
  net::co_spawn(io_, post_all(), ended);
}

void AlertWatch::fail(const char* what, const std::string& why) {
  log_.error("alerts_failed", {{"what", what}, {"error", why}});
}

awaitable<void> AlertWatch::watch() {
  for (;;) {
    std::vector<Tenant> tenants;
    for (const auto& entry : bots_.all()) tenants.push_back(entry.first);
    for (const Tenant tenant : tenants) co_await look(tenant);
    co_await drop_old();
    clock_.expires_after(config_.limits.alert_interval);
    co_await clock_.async_wait(use_awaitable);
  }
}

awaitable<void> AlertWatch::drop_old() {
  const Millis now = Loop::now();
  if (dropped_at_ != 0 && now - dropped_at_ < std::chrono::milliseconds(drop_interval).count()) {
    co_return;
  }
  dropped_at_ = now;
  const auto executor = io_.get_executor();
  auto later = std::make_shared<Later<nlu::Result<void>>>(executor);
  store_.drop_tallies(dialog::hour_of(now) - 24 * config_.limits.mood_days,
                      setter(executor, later));
  const auto done = co_await later->wait(patience);
  if (done && !*done) fail("retention", done->error().message);
  auto numbers = std::make_shared<Later<nlu::Result<void>>>(executor);
  store_.drop_stats(dialog::day_of(now) - config_.limits.stats_days, setter(executor, numbers));
  const auto dropped = co_await numbers->wait(patience);
  if (dropped && !*dropped) fail("retention", dropped->error().message);
}

// ---- judging ----

// One look at one bot: sums, verdicts, one write, and only then the news.
awaitable<void> AlertWatch::look(Tenant tenant) {
  const bool is_open = co_await open(tenant);
  if (!is_open) co_return;
  Book& book = books_.at(tenant);
  const Millis now = Loop::now();
  if (const dialog::BotPtr current = bots_.current(tenant); book.bot != current) {
    book.bot = current;
    book.sums.clear();
    book.judged.clear();
    book.closed_until = 0;
  }
  Changes changes;
  changes.last_number = book.last_number;
  if (!book.bot->alerts.empty()) {
    const bool added = co_await add_up(tenant, book, now);
    if (!added) co_return;
    judge(book, now, changes);
  }
  forget_rules(book, now, changes);
  if (changes.rows.empty()) co_return;
  const bool kept = co_await keep(tenant, changes.rows);
  if (kept) adopt(book, std::move(changes));
}

// What the last process left, read once.
awaitable<bool> AlertWatch::open(Tenant tenant) {
  if (books_.count(tenant) != 0) co_return true;
  Book book;
  const auto executor = io_.get_executor();
  using Found = nlu::Result<std::vector<Row>>;
  for (const std::string& kind : row_kinds) {
    const bool only_newest = kind == "history/";
    auto later = std::make_shared<Later<Found>>(executor);
    std::string end = kind;
    ++end.back();
    store_.read_rows(tenant, kind, end, only_newest ? 1 : 10'000, setter(executor, later));
    const std::optional<Found> found = co_await later->wait(patience);
    if (!found || !*found) {
      fail("read", found ? found->error().message : "the store is too slow");
      co_return false;
    }
    for (const Row& row : **found) {
      const auto read = nlu::parse_json(*row.value);
      if (!read || !read->is_object()) continue;  // Of a later release
      const nlu::json::object& object = read->get_object();
      const auto text = [&](const char* key) {
        return std::string(nlu::get_string(object, key).value_or(""));
      };
      const auto whole = [&](const char* key) { return nlu::get_integer(object, key).value_or(0); };
      if (only_newest) {
        book.last_number = static_cast<std::uint64_t>(whole("number"));
      } else if (row.name.starts_with("post/")) {
        book.posts[static_cast<std::uint64_t>(whole("number"))] = {
            text("rule"), text("body"), text("id"), whole("created"), whole("created")};
      } else {
        book.states[row.name.substr(row.name.find('/') + 1)] =
            dialog::alert_state_from_json(object);
      }
    }
  }
  books_[tenant] = std::move(book);
  posting_.cancel();
  co_return true;
}

// Brings `sums` up to date: what is closed was read before, and is not read again.
awaitable<bool> AlertWatch::add_up(Tenant tenant, Book& book, Millis now) {
  const std::vector<AlertRule>& rules = book.bot->alerts;
  const std::int64_t running = dialog::hour_of(now);
  std::int64_t first = running;
  for (const AlertRule& rule : rules) first = std::min(first, dialog::baseline_of(rule, now).begin);
  book.sums.erase(book.sums.begin(), book.sums.lower_bound(first));
  book.sums.erase(book.sums.lower_bound(book.closed_until), book.sums.end());
  const auto executor = io_.get_executor();
  using Found = nlu::Result<std::vector<dialog::Tally>>;
  std::optional<dialog::Tally> after;
  for (bool more = true; more;) {
    auto later = std::make_shared<Later<Found>>(executor);
    store_.read_tallies(tenant, std::max(first, book.closed_until), running + 1, after, page,
                        setter(executor, later));
    std::optional<Found> found = co_await later->wait(patience);
    if (!found || !*found) {
      fail("sums", found ? found->error().message : "the store is too slow");
      co_return false;
    }
    more = (**found).size() == page;
    for (const dialog::Tally& cell : **found) {
      std::vector<Counts>& sums = book.sums[cell.hour];
      sums.resize(rules.size());
      for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].counts(cell)) sums[i] += cell.counts;
      }
    }
    if (more) after = std::move((**found).back());
  }
  book.closed_until = running + 1 - open_hours;
  co_return true;
}

void AlertWatch::judge(Book& book, Millis now, Changes& changes) {
  const std::vector<AlertRule>& rules = book.bot->alerts;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto sum_of = [&](const Hours& hours) {
      Counts sum;
      const auto end = book.sums.lower_bound(hours.end);
      for (auto at = book.sums.lower_bound(hours.begin); at != end; ++at) sum += at->second[i];
      return sum;
    };
    const AlertRule& rule = rules[i];
    Judged& judged = book.judged[rule.name];
    judged.at = now;
    judged.numbers = dialog::alert_numbers(sum_of(dialog::window_of(rule, now)),
                                           sum_of(dialog::baseline_of(rule, now)));
    const dialog::AlertState before = book.states[rule.name];
    const AlertVerdict verdict = dialog::judge(rule, before, judged.numbers, now);
    metrics_.alert_firing(book.bot->name, rule.name, before.firing);
    if (verdict.state == before) continue;
    changes.states[rule.name] = verdict.state;
    changes.rows.push_back(
        {state_name(rule.name), nlu::json::serialize(dialog::to_json(verdict.state))});
    if (verdict.change != AlertVerdict::Change::none) {
      report(book, rule, before, verdict, now, changes);
    }
  }
}

// A rule that is gone from the file while it fires is over.
void AlertWatch::forget_rules(Book& book, Millis now, Changes& changes) {
  std::set<std::string> known;
  for (const AlertRule& rule : book.bot->alerts) known.insert(rule.name);
  for (const auto& [name, state] : book.states) {
    if (known.count(name) != 0) continue;
    changes.rows.push_back({state_name(name), std::nullopt});
    if (!state.firing) continue;
    AlertRule gone;
    gone.name = name;
    AlertVerdict verdict;
    verdict.change = AlertVerdict::Change::resolved;
    verdict.reason = "removed";
    report(book, gone, state, verdict, now, changes);
  }
}

void AlertWatch::report(const Book& book, const AlertRule& rule, const dialog::AlertState& before,
                        const AlertVerdict& verdict, Millis now, Changes& changes) {
  const bool fires = verdict.change == AlertVerdict::Change::fired;
  const auto judged = book.judged.find(rule.name);
  const nlu::json::object numbers =
      judged == book.judged.end() ? nlu::json::object{} : judged->second.numbers;
  const std::uint64_t number = ++changes.last_number;
  const std::string id = random_hex(16);
  nlu::json::object entry{{"id", id},
                          {"number", number},
                          {"bot", book.bot->name},
                          {"rule", rule.name},
                          {"description", rule.description},
                          {"state", fires ? "firing" : "resolved"},
                          {"reason", verdict.reason},
                          {"at", utc_text(now)},
                          {"since", utc_text(fires ? now : before.since)},
                          {"condition", rule.fires.text()},
                          {"numbers", numbers},
                          {"window", to_json(dialog::window_of(rule, now))},
                          {"baseline", to_json(dialog::baseline_of(rule, now))},
                          {"text", headline(book.bot->name, rule, fires, verdict.reason, numbers)}};
  const std::string text = nlu::json::serialize(entry);
  changes.rows.push_back({history_name(number), text});
  if (number > config_.limits.alert_history) {
    changes.rows.push_back({history_name(number - config_.limits.alert_history), std::nullopt});
  }
  const bool is_full = book.posts.size() + changes.posts.size() >= posts_max;
  if (!rule.webhook.url.empty() && is_full) {
    metrics_.alert_posted("given_up");
    log_.error("alert_given_up", {{"bot", book.bot->name},
                                  {"rule", rule.name},
                                  {"id", id},
                                  {"error", "too many others wait for an answer"}});
  } else if (!rule.webhook.url.empty()) {
    const Post post{rule.name, text, id, now, now};
    changes.posts[number] = post;
    changes.rows.push_back(
        {post_name(number), nlu::json::serialize(nlu::json::object{{"number", number},
                                                                   {"rule", post.rule},
                                                                   {"body", post.body},
                                                                   {"id", post.id},
                                                                   {"created", post.created}})});
  }
  changes.news.push_back(std::move(entry));
}

awaitable<bool> AlertWatch::keep(Tenant tenant, std::vector<Row> rows) {
  const auto executor = io_.get_executor();
  auto later = std::make_shared<Later<nlu::Result<void>>>(executor);
  store_.write_rows(tenant, std::move(rows), setter(executor, later));
  const auto done = co_await later->wait(patience);
  if (done && *done) co_return true;
  fail("write", done ? done->error().message : "the store is too slow");
  co_return false;
}

void AlertWatch::adopt(Book& book, Changes changes) {
  for (auto& [name, state] : changes.states) book.states[name] = state;
  book.last_number = changes.last_number;
  for (auto& [number, post] : changes.posts) book.posts[number] = std::move(post);
  std::set<std::string> known;
  for (const AlertRule& rule : book.bot->alerts) known.insert(rule.name);
  for (auto state = book.states.begin(); state != book.states.end();) {
    if (known.count(state->first) != 0) {
      metrics_.alert_firing(book.bot->name, state->first, state->second.firing);
      ++state;
    } else {
      metrics_.forget_alert(book.bot->name, state->first);
      state = book.states.erase(state);
    }
  }
  for (nlu::json::object& entry : changes.news) {
    nlu::json::object fields;
    for (const char* key : {"bot", "rule", "reason", "id", "since", "numbers"}) {
      fields[key] = entry.at(key);
    }
    if (nlu::get_string(entry, "state") == "firing") {
      log_.warning("alert_firing", std::move(fields));
    } else {
      log_.info("alert_resolved", std::move(fields));
    }
  }
  if (!changes.posts.empty()) posting_.cancel();
}

// ---- posting ----

// One at a time, the one that has been due longest first.
awaitable<void> AlertWatch::post_all() {
  for (;;) {
    const Millis now = Loop::now();
    // Of those that are due the one tried least, lest a receiver that hangs hold up all others.
    std::tuple<bool, int, Millis> next{true, 0, now + dialog::hour_ms};
    std::optional<std::pair<Tenant, std::uint64_t>> first;
    for (const auto& [tenant, book] : books_) {
      for (const auto& [number, post] : book.posts) {
        const bool waits = post.due > now;
        const std::tuple<bool, int, Millis> place{waits, waits ? 0 : post.attempts, post.due};
        if (place < next) next = place, first = {tenant, number};
      }
    }
    if (const Millis wait = std::get<2>(next) - now; wait > 0) {
      posting_.expires_after(std::chrono::milliseconds{wait});
      error_code woken;  // Cancelled: there is something new.
      co_await posting_.async_wait(net::redirect_error(use_awaitable, woken));
      continue;
    }
    co_await deliver(first->first, first->second);
  }
}

awaitable<void> AlertWatch::deliver(Tenant tenant, std::uint64_t number) {
  Book& book = books_.at(tenant);
  const Post& post = book.posts.at(number);
  const dialog::BotPtr bot = bots_.current(tenant);
  const auto rule = std::find_if(bot->alerts.begin(), bot->alerts.end(),
                                 [&](const AlertRule& one) { return one.name == post.rule; });
  const bool has_hook = rule != bot->alerts.end() && !rule->webhook.url.empty();
  nlu::json::object fields{{"bot", bot->name}, {"rule", post.rule}, {"id", post.id}};
  std::string outcome = "dropped";
  if (!has_hook || config_.demo) {
    fields["why"] = config_.demo ? "--demo calls nothing" : "the rule has no webhook any more";
    log_.info("alert_not_posted", std::move(fields));
  } else {
    dialog::Webhook hook = rule->webhook;
    std::string body = post.body, id = post.id;
    const net::any_io_executor executor = io_.get_executor();
    const dialog::HttpOutcome answer =
        co_await post_signed(executor, client_, std::move(hook), std::move(body), std::move(id));
    const bool fine = answer.kind == dialog::HttpOutcome::Kind::answered && answer.status >= 200 &&
                      answer.status < 300;
    Post again = book.posts.at(number);
    again.attempts += 1;
    const Millis now = Loop::now();
    const auto give_up = std::chrono::milliseconds(config_.limits.alert_delivery).count();
    const bool is_last = now - again.created >= give_up;
    outcome = fine ? "posted" : is_last ? "given_up" : "failed";
    fields["attempts"] = again.attempts;
    if (!fine) {
      fields["status"] = answer.status;
      fields["error"] = answer.error;
    }
    metrics_.alert_posted(outcome);
    if (fine) {
      log_.info("alert_posted", std::move(fields));
    } else if (is_last) {
      log_.error("alert_given_up", std::move(fields));
    } else {
      log_.warning("alert_post_failed", std::move(fields));
      again.due = now + std::chrono::milliseconds(dialog::webhook_pause(again.attempts)).count();
      book.posts[number] = again;
    }
  }
  if (outcome != "failed") {
    book.posts.erase(number);
    std::vector<Row> rows{{post_name(number), std::nullopt}};
    co_await keep(tenant, std::move(rows));
  }
}

// ---- for people ----

nlu::json::array AlertWatch::rules(Tenant tenant) const {
  nlu::json::array all;
  const dialog::BotPtr bot = bots_.current(tenant);
  const auto book = books_.find(tenant);
  for (const AlertRule& rule : bot->alerts) {
    nlu::json::object one{{"rule", rule.name},
                          {"description", rule.description},
                          {"condition", rule.fires.text()},
                          {"window_h", rule.window_h},
                          {"baseline_days", rule.baseline_days},
                          {"min_utterances", rule.min_utterances},
                          {"channels", nlu::json::value_from(rule.channels)},
                          {"topics", nlu::json::value_from(rule.topics)},
                          {"webhook", !rule.webhook.url.empty()},
                          {"state", "unknown"},  // Until the store has been asked
                          {"since", nullptr},
                          {"judged_at", nullptr},
                          {"numbers", nullptr}};
    if (rule.resolves) one["resolve_condition"] = rule.resolves->text();
    if (book != books_.end()) {
      one["state"] = "quiet";
      const auto state = book->second.states.find(rule.name);
      if (state != book->second.states.end() && state->second.since != 0) {
        one["state"] = state->second.firing ? "firing" : "quiet";
        one["since"] = utc_text(state->second.since);
      }
      const auto judged = book->second.judged.find(rule.name);
      if (judged != book->second.judged.end()) {
        one["judged_at"] = utc_text(judged->second.at);
        one["numbers"] = judged->second.numbers;
      }
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::size_t AlertWatch::pending(Tenant tenant) const {
  const auto book = books_.find(tenant);
  return book == books_.end() ? 0 : book->second.posts.size();
}

std::size_t AlertWatch::pending() const {
  std::size_t all = 0;
  for (const auto& book : books_) all += book.second.posts.size();
  return all;
}

std::pair<std::string, std::string> AlertWatch::history_range(std::uint64_t before) {
  return {before == 0 ? "history/" : history_name(before) + '\0', "history0"};
}

}  // namespace bot

// /v1/stats, /v1/sessions, /v1/flows and a conversation's explanation: for who wants to know how
// the bot does.
#include <algorithm>

#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "bot/graph_page.h"
#include "bot/routes.h"
#include "bot/utc.h"
#include "dialog/explain.h"
#include "dialog/session_digest.h"
#include "nlu/base/unicode.h"

namespace bot {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;

constexpr std::int64_t days_usual = 30;
constexpr std::size_t page = 2000;  // Rows read at a time, beside the conversations' own reads
constexpr std::size_t sessions_at_once = 50;
constexpr std::size_t sessions_looked_at = 500;  // For one answer
constexpr std::size_t session_events = 1000;     // That are looked at of one session
constexpr std::size_t explained_events = 20'000;
constexpr std::size_t words_bytes = 200;

HttpResponse invalid(std::string_view message) {
  return problem(status::bad_request, "invalid", message);
}

// The days that are asked for; the last thirty when nothing is said.
nlu::Result<void> parse_days(const Target& target, dialog::StatQuery& query) {
  query.until = dialog::day_of(Loop::now());
  if (!target.get("until").empty()) {
    const auto day = dialog::parse_day(target.get("until"));
    if (!day) return nlu::invalid("`until`: " + day.error().message);
    query.until = *day;
  }
  query.since = std::max<std::int64_t>(query.until - days_usual + 1, 0);
  if (!target.get("since").empty()) {
    const auto day = dialog::parse_day(target.get("since"));
    if (!day) return nlu::invalid("`since`: " + day.error().message);
    query.since = *day;
  }
  if (query.since > query.until) return nlu::invalid("`since` is after `until`");
  return {};
}

nlu::Result<dialog::StatQuery> parse_stats(const Target& target) {
  dialog::StatQuery query;
  if (auto read = parse_days(target, query); !read) return read.error();
  if (auto read = dialog::parse_by(target.get("by"), query); !read) return read.error();
  query.only_channel = target.get("channel");
  query.only_version = target.get("version");
  query.only_flow = target.get("flow");
  return query;
}

// Where a page of sessions goes on: "1795788720000-2f6d…".
std::string place_text(const RocksdbStore::Session& session) {
  return fmt::format("{}-{}", session.at, dialog::to_string(session.id));
}

std::optional<RocksdbStore::Session> parse_place(dialog::Tenant tenant, const std::string& text) {
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto id = dialog::parse_conversation_id(tenant, text.substr(dash + 1));
  const auto at = parse_utc(text.substr(0, dash));
  if (!id || !at) return std::nullopt;
  return RocksdbStore::Session{*id, *at, 0};
}

nlu::json::object to_json(const RocksdbStore::Session& session, const std::string& channel,
                          const dialog::SessionDigest& found) {
  return {{"conversation", dialog::to_string(session.id)},
          {"at", utc_text(session.at)},
          {"last", utc_text(std::max(found.last, session.at))},
          {"channel", channel},
          {"version", found.version},
          {"state", dialog::outcome_name(found.outcome)},
          {"asked_person", found.asked_person},
          {"flows", nlu::json::array(found.flows.begin(), found.flows.end())},
          {"first_words", found.first_words},
          {"first_turn", found.first_turn},
          {"last_turn", found.last_turn},
          {"messages", found.messages},
          {"fallbacks", found.fallbacks},
          {"corrections", found.corrections},
          {"rating", found.rating},
          {"whole", found.is_whole}};
}

// Which sessions are wanted.
struct SessionFilter {
  std::string flow, channel, words;
  std::optional<dialog::SessionOutcome> state;

  bool fits(const dialog::SessionDigest& found, const std::string& of_channel,
            const std::vector<dialog::Event>& events) const {
    if (!flow.empty() && found.flows.count(flow) == 0) return false;
    if (!channel.empty() && of_channel != channel) return false;
    if (state && found.outcome != *state) return false;
    return words.empty() || dialog::mentions(events, words);
  }
};

const dialog::Flow* drawn_flow(const dialog::Bot& bot, const std::string& name) {
  const dialog::Flow* flow = bot.find_flow(name);
  return flow != nullptr && is_drawn(*flow) ? flow : nullptr;
}

}  // namespace

// ---- numbers ----

awaitable<nlu::Result<dialog::StatTable>> OperatorRoutes::add_up(dialog::Tenant tenant,
                                                                 dialog::StatQuery query) {
  dialog::StatTable table(query);
  using Found = nlu::Result<RocksdbStore::StatRows>;
  std::optional<dialog::StatKey> after;
  for (bool more = true; more;) {
    auto later = std::make_shared<Later<Found>>(parts_.executor);
    parts_.store.read_stats(tenant, query.since, query.until + 1, after, page,
                            setter(parts_.executor, later));
    std::optional<Found> found = co_await later->wait(store_patience);
    if (!found) co_return nlu::Error{nlu::Errc::timeout, "the store is too slow"};
    if (!*found) co_return found->error();
    more = (**found).size() == page;
    for (const auto& [key, row] : **found) {
      if (auto added = table.add(key, row); !added) {
        co_return nlu::invalid(added.error().message);
      }
    }
    if (more) after = std::move((**found).back().first);
  }
  co_return table;
}

awaitable<HttpResponse> OperatorRoutes::stats(const Target& target, const BotShelf::Entry& bot) {
  const std::string name = bot.current()->name;
  const auto query = parse_stats(target);
  if (!query) co_return problem(query.error());
  const auto table = co_await add_up(bot.tenant, *query);
  if (!table) co_return problem(table.error());
  co_return json_response(status::ok, table->to_json(name));
}

// ---- sessions ----

awaitable<nlu::Result<std::vector<dialog::Event>>> OperatorRoutes::read_events(
    dialog::ConversationId id, dialog::EventNumber from, std::size_t count) {
  using Found = nlu::Result<std::vector<dialog::Event>>;
  auto later = std::make_shared<Later<Found>>(parts_.executor);
  parts_.store.read_events(id, from, count, setter(parts_.executor, later));
  std::optional<Found> found = co_await later->wait(store_patience);
  if (!found) co_return nlu::Error{nlu::Errc::timeout, "the store is too slow"};
  co_return *std::move(found);
}

awaitable<HttpResponse> OperatorRoutes::sessions(const Target& target, const BotShelf::Entry& bot) {
  const dialog::Tenant tenant = bot.tenant;
  dialog::StatQuery days;
  if (auto read = parse_days(target, days); !read) co_return problem(read.error());
  if (target.get("since").empty()) days.since = 0;
  const std::size_t limit = std::max<std::size_t>(number_of(target.get("limit"), 20, 100), 1);
  SessionFilter filter{target.get("flow"), target.get("channel"), nlu::fold(target.get("text")),
                       dialog::outcome_named(target.get("state"))};
  if (!target.get("state").empty() && !filter.state) {
    co_return invalid("`state` is open, resolved, left, unhelped or person");
  }
  if (filter.words.size() > words_bytes) {
    co_return invalid(fmt::format("`text` has at most {} bytes", words_bytes));
  }
  std::optional<RocksdbStore::Session> after;
  if (!target.get("after").empty()) {
    after = parse_place(tenant, target.get("after"));
    if (!after) co_return invalid("`after` is no `next` of a page before");
  }
  nlu::json::array rows;
  std::size_t looked_at = 0;
  bool more = true;
  while (more && rows.size() < limit && looked_at < sessions_looked_at) {
    using Found = nlu::Result<std::vector<RocksdbStore::Session>>;
    auto later = std::make_shared<Later<Found>>(parts_.executor);
    const dialog::Millis until = (days.until + 1) * dialog::day_ms - 1;
    parts_.store.read_sessions(tenant, days.since * dialog::day_ms, until, after, sessions_at_once,
                               setter(parts_.executor, later));
    const std::optional<Found> found = co_await later->wait(store_patience);
    if (!found) co_return too_slow();
    if (!*found) co_return problem(found->error());
    more = (**found).size() == sessions_at_once;
    for (const RocksdbStore::Session& session : **found) {
      after = session;
      ++looked_at;
      const auto opening = co_await read_events(session.id, 1, 1);
      if (!opening) co_return problem(opening.error());
      const auto events = co_await read_events(session.id, session.first, session_events);
      if (!events) co_return problem(events.error());
      if (opening->empty() || events->empty()) continue;  // Erased meanwhile
      const auto* started = std::get_if<dialog::event::ConversationStarted>(&opening->front().body);
      const std::string channel = started != nullptr ? started->channel : "";
      const auto what = dialog::digest(*events, events->size() == session_events);
      if (!filter.fits(what, channel, *events)) continue;
      rows.push_back(to_json(session, channel, what));
      if (rows.size() < limit) continue;
      more = true;  // Perhaps; the next page may be empty.
      break;
    }
  }
  nlu::json::value next;
  if (more && after) next = nlu::json::string(place_text(*after));
  co_return json_response(status::ok, nlu::json::object{{"sessions", std::move(rows)},
                                                        {"looked_at", looked_at},
                                                        {"next", std::move(next)}});
}

// ---- why ----

awaitable<HttpResponse> OperatorRoutes::explain(const Target& target, dialog::ConversationId id,
                                                const BotShelf::Entry& bot) {
  dialog::ExplainOptions options;
  const std::string turn = target.get("turn");
  if (!turn.empty()) {
    options.turn = number_of(turn, SIZE_MAX, SIZE_MAX);
    if (*options.turn == SIZE_MAX) co_return invalid("`turn` is a turn's number");
  }
  auto events = std::make_shared<std::vector<dialog::Event>>();
  for (bool more = true; more;) {
    auto some = co_await read_events(id, events->size() + 1, session_events);
    if (!some) co_return problem(some.error());
    more = some->size() == session_events;
    std::move(some->begin(), some->end(), std::back_inserter(*events));
    if (events->size() > explained_events) {
      co_return problem(
          status::payload_too_large, "too_large",
          fmt::format("a conversation of more than {} events is explained by usher explain",
                      explained_events));
    }
  }
  if (events->empty()) co_return problem(status::not_found, "not_found", "no such conversation");
  // Its conditions are those of the version that the turn was had with.
  std::string version;
  for (const dialog::Event& event : *events) {
    const auto* said = std::get_if<dialog::event::Uttered>(&event.body);
    if (said != nullptr && options.turn && said->turn > *options.turn) break;
    const auto* session = std::get_if<dialog::event::SessionStarted>(&event.body);
    if (session != nullptr) version = session->bot_version;
  }
  dialog::BotPtr flows = parts_.bots.find(bot.tenant, version);
  if (!flows) flows = bot.current();
  options.bot = flows.get();
  using Done = nlu::Result<nlu::json::object>;
  auto later = std::make_shared<Later<Done>>(parts_.executor);
  auto set = setter(parts_.executor, later);
  net::post(parts_.files,
            [set, events, flows, options] { set(dialog::explain(*events, options)); });
  const std::optional<Done> done = co_await later->wait(store_patience);
  if (!done) co_return problem(status::gateway_timeout, "timeout", "it takes too long");
  if (!*done) co_return problem(done->error());
  co_return json_response(status::ok, **done);
}

// ---- flows ----

HttpResponse OperatorRoutes::flows(const BotShelf::Entry& entry) const {
  const dialog::Bot& bot = *entry.current();
  nlu::json::array all;
  for (const auto& [id, flow] : bot.flows) {
    if (!is_drawn(flow)) continue;
    nlu::json::array steps;
    for (const dialog::Step& step : flow.steps) steps.push_back(nlu::json::string(step.id));
    all.push_back({{"id", id},
                   {"description", flow.description},
                   {"pattern", flow.is_pattern},
                   {"file", flow.mark.file},
                   {"line", flow.mark.line},
                   {"steps", std::move(steps)}});
  }
  return json_response(
      status::ok,
      nlu::json::object{{"bot", bot.name}, {"version", bot.version}, {"flows", std::move(all)}});
}

awaitable<HttpResponse> OperatorRoutes::drawing(const Target& target,
                                                const BotShelf::Entry& entry) {
  const dialog::BotPtr bot = entry.current();
  const std::string& file = target.path[2];
  constexpr std::string_view ending = ".svg";
  const dialog::Flow* flow = file.ends_with(ending)
                                 ? drawn_flow(*bot, file.substr(0, file.size() - ending.size()))
                                 : nullptr;
  if (flow == nullptr) {
    co_return problem(status::not_found, "not_found", "no flow is drawn by that name: FLOW.svg");
  }
  dialog::StatQuery query;
  if (auto read = parse_days(target, query); !read) co_return problem(read.error());
  dialog::FlowCounts traffic;
  query.only_flow = flow->id;
  const auto started = co_await add_up(entry.tenant, query);
  if (!started) co_return problem(started.error());
  query.step = query.flow = true;
  const auto steps = co_await add_up(entry.tenant, query);
  if (!steps) co_return problem(steps.error());
  traffic.started = static_cast<std::uint64_t>(started->total().started);
  for (const auto& [step, numbers] : steps->steps()) {
    traffic.steps[step] = static_cast<std::uint64_t>(numbers.entered);
    if (numbers.left > 0) traffic.left[step] = static_cast<std::uint64_t>(numbers.left);
  }
  dialog::SvgOptions options;
  options.traffic = &traffic;
  options.link_before = "#/flows/";
  options.link_after = "";
  HttpResponse response{status::ok, 11};
  response.set(field::content_type, "image/svg+xml");
  response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  response.body() = dialog::to_svg(*bot, dialog::graph_of(*bot, *flow), options);
  co_return response;
}

}  // namespace bot

// What the HTTP side answers. Knows requests and answers, but no sockets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "bot/alert_watch.h"
#include "bot/chat.h"
#include "bot/handover_hooks.h"
#include "bot/loop.h"
#include "bot/rocksdb_store.h"
#include "bot/uploads.h"
#include "bot/versions.h"
#include "dialog/stats_table.h"

namespace bot {

using HttpRequestMessage = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;
using HttpStatus = boost::beast::http::status;

// Whether new work is taken, and why not.
struct Readiness {
  bool started = false;
  bool draining = false;
  bool store_failed = false;
  bool is_ready() const { return started && !draining && !store_failed; }
};

// What the routes need of the process; all of it outlives them.
struct Parts {
  const Config& config;
  const Readiness& readiness;
  const BotShelf& bots;
  RocksdbStore& store;
  Loop& loop;
  NluWorker& worker;
  HttpClient& client;
  Uploads& uploads;
  Versions& versions;
  const AlertWatch& watch;
  HandoverHooks& hooks;
  net::thread_pool& files;
  net::any_io_executor executor;
  Metrics& metrics;
  Log& log;
};

// A request's target taken apart. `path` is decoded by segment.
struct Target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
  std::string get(const std::string& name) const;
  // "/v1/conversations": for metrics and the table of routes; no ids.
  std::string route;
};
std::optional<Target> parse_target(std::string_view target);

class Routes {
 public:
  explicit Routes(Parts parts);

  awaitable<HttpResponse> answer(const HttpRequestMessage& request);

  // Before the body is read: how long it may be, and a refusal when that is already sure.
  std::size_t body_limit(const HttpRequestMessage& request) const;
  awaitable<std::optional<HttpResponse>> refuse_early(const HttpRequestMessage& request);

  // Of a request for a WebSocket.
  std::variant<Opening, HttpResponse> upgrade(const HttpRequestMessage& request);

 private:
  friend class OperatorRoutes;
  awaitable<HttpResponse> dispatch(const HttpRequestMessage& request, const Target& target);
  HttpResponse demo(const HttpRequestMessage& request, const std::string& bot) const;
  HttpResponse widget(const HttpRequestMessage& request) const;
  HttpResponse console(const HttpRequestMessage& request, const std::string& part) const;
  HttpResponse health(const std::string& which) const;
  HttpResponse metrics(const HttpRequestMessage& request);
  awaitable<HttpResponse> rest(const HttpRequestMessage& request, const Target& target);
  awaitable<HttpResponse> put_upload(const HttpRequestMessage& request, const Target& target);
  awaitable<HttpResponse> get_upload(const HttpRequestMessage& request, const Target& target);
  // The conversation in the query, when the bearer may see it: its visitor, or the operator.
  awaitable<std::optional<dialog::ConversationId>> owned(const HttpRequestMessage& request,
                                                         const Target& target);
  awaitable<bool> is_visitor(dialog::ConversationId id, std::string token);
  bool is_operator(const HttpRequestMessage& request) const;
  bool origin_allowed(const HttpRequestMessage& request) const;
  void allow_origin(const HttpRequestMessage& request, HttpResponse& response) const;

  Parts parts_;
  const std::string widget_etag_, console_etag_;  // The console's is of all its parts.
};

// /v1 for the operator's key: bots, conversations, parse (operator_routes.cc), handovers
// (handover_routes.cc), versions (version_routes.cc), mood and alerts (mood_routes.cc), stats,
// sessions, flows and explanations (stats_routes.cc).
class OperatorRoutes {
 public:
  explicit OperatorRoutes(Parts& parts) : parts_(parts) {}
  awaitable<HttpResponse> answer(const HttpRequestMessage& request, const Target& target);

 private:
  HttpResponse bots() const;
  awaitable<HttpResponse> conversations(const Target& target, dialog::Tenant tenant);
  awaitable<HttpResponse> conversation(dialog::ConversationId id);
  awaitable<HttpResponse> events(const Target& target, dialog::ConversationId id);
  awaitable<HttpResponse> erase(dialog::ConversationId id, const BotShelf::Entry& bot);
  awaitable<HttpResponse> handovers(const Target& target, dialog::Tenant tenant);
  awaitable<HttpResponse> handover(const Target& target, dialog::ConversationId id);
  awaitable<HttpResponse> handover(const HttpRequestMessage& request, dialog::ConversationId id);
  // With the `messages` last ones; null: the store does not answer.
  awaitable<nlu::json::value> told(HandoverEntry entry, std::size_t messages);
  awaitable<HttpResponse> happen(const HttpRequestMessage& request, dialog::ConversationId id,
                                 const BotShelf::Entry& bot);
  // What the runtime makes of an input with a request's number.
  awaitable<HttpResponse> act(std::function<runtime::Input(runtime::Request)> make);
  awaitable<HttpResponse> parse(const HttpRequestMessage& request);
  awaitable<HttpResponse> reload();
  awaitable<HttpResponse> use_version(const HttpRequestMessage& request,
                                      const BotShelf::Entry& bot);
  awaitable<HttpResponse> mood(const Target& target, const BotShelf::Entry& bot);
  awaitable<HttpResponse> alerts(const Target& target, const BotShelf::Entry& bot);
  awaitable<HttpResponse> stats(const Target& target, const BotShelf::Entry& bot);
  awaitable<HttpResponse> sessions(const Target& target, const BotShelf::Entry& bot);
  awaitable<HttpResponse> explain(const Target& target, dialog::ConversationId id,
                                  const BotShelf::Entry& bot);
  HttpResponse flows(const BotShelf::Entry& bot) const;
  awaitable<HttpResponse> drawing(const Target& target, const BotShelf::Entry& bot);
  awaitable<nlu::Result<dialog::StatTable>> add_up(dialog::Tenant tenant, dialog::StatQuery query);
  awaitable<nlu::Result<std::vector<dialog::Event>>> read_events(dialog::ConversationId id,
                                                                 dialog::EventNumber from,
                                                                 std::size_t count);

  Parts& parts_;
};

// What a bot's models make of `text` on the bot's own day, on the pool of threads; nullopt: it
// takes too long.
awaitable<std::optional<nlu::Interpretation>> interpret(Parts& parts, InterpreterPtr interpreter,
                                                        const dialog::Bot& bot, std::string text);

HttpResponse json_response(HttpStatus status, const nlu::json::value& body);
HttpResponse json_text(HttpStatus status, std::string body);
HttpResponse problem(HttpStatus status, std::string_view code, std::string_view message);
HttpResponse problem(const nlu::Error& error);
HttpResponse not_allowed(std::string_view methods);
// The number in a query, at most `max`; what is none is `fallback`.
std::size_t number_of(const std::string& text, std::size_t fallback, std::size_t max);
HttpResponse too_slow();  // The store did not answer in time.
constexpr std::chrono::seconds store_patience{10};
std::string bearer(const HttpRequestMessage& request);

}  // namespace bot

#include "bot/routes.h"

#include <algorithm>
#include <cstdlib>

#include <boost/asio/thread_pool.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "bot/assets.h"
#include "bot/rasa_routes.h"
#include "bot/tokens.h"
#include "connectors/rest.h"
#include "nlu/base/hash.h"
#include "nlu/base/markup.h"

namespace bot {

namespace {

namespace http = boost::beast::http;
using http::field;
using http::status;
using http::verb;

constexpr std::size_t target_bytes_max = 4 << 10;

std::string etag(std::string_view bytes) {
  return "\"" + nlu::sha256_hex(bytes).substr(0, 24) + "\"";
}

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

// Scheme, host and port of an Origin, which must not be "null".
std::string host_of_origin(const std::string& origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string::npos ? "" : origin.substr(scheme + 3);
}

HttpResponse asset(const HttpRequestMessage& request, std::string_view bytes,
                   const std::string& tag, const char* media_type) {
  HttpResponse response{status::ok, 11};
  response.set(field::etag, tag);
  response.set(field::cache_control, "public, max-age=300, must-revalidate");
  response.set(field::content_type, media_type);
  if (request[field::if_none_match] == tag) {
    response.result(status::not_modified);
  } else {
    response.body() = bytes;
  }
  return response;
}

// The demo page with the bot's name in its script tag.
std::string page_for(std::string_view bot) {
  constexpr std::string_view tag = "<script src=\"/widget.js\"";
  std::string page{assets::demo_html};
  const std::size_t at = page.find(tag);
  if (at == std::string::npos) return page;
  return page.insert(at + tag.size(), fmt::format(" data-bot=\"{}\"", nlu::escape_markup(bot)));
}

bool is_read(const HttpRequestMessage& request) {
  return request.method() == verb::get || request.method() == verb::head;
}

status status_of(nlu::Errc code) {
  switch (code) {
    case nlu::Errc::invalid:
      return status::bad_request;
    case nlu::Errc::not_found:
      return status::not_found;
    case nlu::Errc::conflict:
      return status::conflict;
    case nlu::Errc::too_large:
      return status::payload_too_large;
    case nlu::Errc::busy:
      return status::too_many_requests;
    case nlu::Errc::timeout:
      return status::gateway_timeout;
    case nlu::Errc::unavailable:
      return status::service_unavailable;
    case nlu::Errc::corrupt:
      return status::internal_server_error;
    case nlu::Errc::forbidden:
      return status::forbidden;
  }
  return status::internal_server_error;
}

std::string_view code_of(nlu::Errc code) {
  switch (code) {
    case nlu::Errc::invalid:
      return "invalid";
    case nlu::Errc::not_found:
      return "not_found";
    case nlu::Errc::conflict:
      return "conflict";
    case nlu::Errc::too_large:
      return "too_large";
    case nlu::Errc::busy:
      return "busy";
    case nlu::Errc::timeout:
      return "timeout";
    case nlu::Errc::unavailable:
      return "unavailable";
    case nlu::Errc::corrupt:
      return "corrupt";
    case nlu::Errc::forbidden:
      return "forbidden";
  }
  return "unknown";
}

}  // namespace

HttpResponse json_text(HttpStatus code, std::string body) {
  HttpResponse response{code, 11};
  response.set(field::content_type, "application/json");
  response.body() = std::move(body);
  return response;
}

HttpResponse json_response(HttpStatus code, const nlu::json::value& body) {
  return json_text(code, nlu::json::serialize(body));
}

HttpResponse problem(HttpStatus code, std::string_view name, std::string_view message) {
  nlu::json::object error{{"code", name}, {"message", message}};
  HttpResponse response = json_response(code, nlu::json::object{{"error", std::move(error)}});
  if (code == status::unauthorized) response.set(field::www_authenticate, "Bearer");
  if (code == status::too_many_requests || code == status::service_unavailable) {
    response.set(field::retry_after, "1");
  }
  return response;
}

HttpResponse problem(const nlu::Error& error) {
  return problem(status_of(error.code), code_of(error.code), error.message);
}

HttpResponse not_allowed(std::string_view methods) {
  HttpResponse response =
      problem(status::method_not_allowed, "method_not_allowed", fmt::format("use {}", methods));
  response.set(field::allow, boost::beast::string_view{methods.data(), methods.size()});
  return response;
}

std::string bearer(const HttpRequestMessage& request) {
  const std::string header = text_of(request[field::authorization]);
  constexpr std::string_view scheme = "Bearer ";
  if (header.size() <= scheme.size()) return "";
  const bool fits = std::equal(scheme.begin(), scheme.end(), header.begin(),
                               [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  return fits ? header.substr(scheme.size()) : "";
}

std::string Target::get(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/' || text.size() > target_bytes_max) return std::nullopt;
  Target target;
  const std::size_t mark = text.find('?');
  std::string_view path = text.substr(1, mark == text.npos ? text.npos : mark - 1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    auto segment = percent_decode(path.substr(0, slash));
    if (!segment) return std::nullopt;
    target.path.push_back(std::move(*segment));
    path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
  }
  std::string_view query = mark == text.npos ? std::string_view{} : text.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto value =
        percent_decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    target.query.emplace(*name, *value);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
  }
  return target;
}

Routes::Routes(Parts parts)
    : parts_(std::move(parts)),
      widget_etag_(etag(assets::widget_js)),
      console_etag_(etag(std::string(assets::console_js) + std::string(assets::console_css) +
                         std::string(assets::console_html))) {}

awaitable<HttpResponse> Routes::answer(const HttpRequestMessage& request) {
  HttpResponse response;
  const auto target = parse_target(text_of(request.target()));
  std::string route = "bad";
  if (!target) {
    response = problem(status::bad_request, "bad_target", "the request's target is none");
  } else {
    response = co_await dispatch(request, *target);
    const bool known = response.result() != status::not_found;
    route = known && !target->path.empty() ? target->path.front() : known ? "/" : "unknown";
  }
  parts_.metrics.answered(route, static_cast<int>(response.result_int()));
  response.version(11);
  response.set(field::server, "usher");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "cross-origin");
  if (response[field::cache_control].empty()) response.set(field::cache_control, "no-store");
  co_return response;
}

awaitable<HttpResponse> Routes::dispatch(const HttpRequestMessage& request, const Target& target) {
  const std::vector<std::string>& path = target.path;
  const std::string first = path.empty() ? "" : path.front();
  if (parts_.config.rasa_api.on && RasaRoutes::has(request, target)) {
    HttpResponse response;
    if (request.method() == verb::options) {
      response = HttpResponse{status::no_content, 11};
      response.set(field::access_control_allow_methods, "GET, HEAD, POST, OPTIONS");
      response.set(field::access_control_allow_headers, "authorization, content-type");
      response.set(field::access_control_max_age, "600");
    } else {
      RasaRoutes routes{parts_};
      response = co_await routes.answer(request, target);
    }
    allow_origin(request, response);
    co_return response;
  }
  if (path.empty() || (path.size() == 1 && first == "widget.js")) {
    if (!is_read(request)) co_return not_allowed("GET, HEAD");
    co_return path.empty() ? demo(request, target.get("bot")) : widget(request);
  }
  if (first == "console" && path.size() <= 2) {
    if (!is_read(request)) co_return not_allowed("GET, HEAD");
    co_return console(request, path.size() == 2 ? path[1] : "");
  }
  if (first == "health" && path.size() == 2) {
    if (!is_read(request)) co_return not_allowed("GET, HEAD");
    co_return health(path[1]);
  }
  if (first == "metrics" && path.size() == 1) {
    if (!is_read(request)) co_return not_allowed("GET, HEAD");
    co_return metrics(request);
  }
  if (first == "chat" && path.size() == 1) {
    HttpResponse response =
        problem(status::upgrade_required, "upgrade_required", "this is a WebSocket");
    response.set(field::upgrade, "websocket");
    response.set(field::connection, "Upgrade");
    co_return response;
  }
  if (first == "webhooks" && path.size() >= 2 && path[1] == "rest") {
    co_return co_await rest(request, target);
  }
  if (first == "v1" && path.size() >= 2 && path[1] == "uploads" && path.size() <= 3) {
    HttpResponse response;
    const std::string allowed = path.size() == 2 ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
    if (request.method() == verb::options) {
      response = HttpResponse{status::no_content, 11};
      response.set(field::access_control_allow_methods, allowed);
      response.set(field::access_control_allow_headers, "authorization, content-type, x-filename");
      response.set(field::access_control_max_age, "600");
    } else if (path.size() == 2 && request.method() == verb::post) {
      response = co_await put_upload(request, target);
    } else if (path.size() == 3 && is_read(request)) {
      response = co_await get_upload(request, target);
    } else {
      response = not_allowed(allowed);
    }
    allow_origin(request, response);
    co_return response;
  }
  if (first == "v1") {
    if (!is_operator(request)) {
      co_return problem(status::unauthorized, "unauthorized", "this needs the operator's key");
    }
    OperatorRoutes routes{parts_};
    co_return co_await routes.answer(request, target);
  }
  co_return problem(status::not_found, "not_found", "there is nothing here");
}

// ---- pages, health, metrics ----

// The widget of the page talks to the bot that was asked for, else to the first.
HttpResponse Routes::demo(const HttpRequestMessage& request, const std::string& bot) const {
  const BotShelf::Entry* entry = parts_.bots.named(bot);
  if (!entry && !bot.empty()) return problem(status::not_found, "unknown_bot", "no such bot");
  if (!entry) entry = parts_.bots.first();
  if (!entry) return problem(status::not_found, "unknown_bot", "there is no bot");
  const std::string page = page_for(entry->current()->name);
  HttpResponse response = asset(request, page, etag(page), "text/html; charset=utf-8");
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
               "img-src 'self' https: data:; connect-src 'self' ws: wss:; base-uri 'none'; "
               "form-action 'none'; frame-ancestors 'none'");
  response.set("X-Frame-Options", "DENY");
  return response;
}

HttpResponse Routes::widget(const HttpRequestMessage& request) const {
  HttpResponse response =
      asset(request, assets::widget_js, widget_etag_, "text/javascript; charset=utf-8");
  // The script is the same for all, and no secret: any page may load it with integrity checks.
  response.set(field::access_control_allow_origin, "*");
  return response;
}

// The page alone: it has no data, and asks /v1 for it with the key that is typed into it.
HttpResponse Routes::console(const HttpRequestMessage& request, const std::string& part) const {
  if (part == "app.js") {
    return asset(request, assets::console_js, console_etag_, "text/javascript; charset=utf-8");
  }
  if (part == "app.css") {
    return asset(request, assets::console_css, console_etag_, "text/css; charset=utf-8");
  }
  if (!part.empty()) return problem(status::not_found, "not_found", "there is nothing here");
  HttpResponse response =
      asset(request, assets::console_html, console_etag_, "text/html; charset=utf-8");
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.set("X-Frame-Options", "DENY");
  return response;
}

HttpResponse Routes::health(const std::string& which) const {
  const Readiness& now = parts_.readiness;
  if (which == "live") return json_response(status::ok, {{"status", "live"}});
  if (which != "ready") return problem(status::not_found, "not_found", "live or ready");
  const bool ready = now.is_ready();
  const nlu::json::object body{{"status", ready ? "ready" : "not_ready"},
                               {"started", now.started},
                               {"draining", now.draining},
                               {"store", now.store_failed ? "failed" : "ok"}};
  return json_response(ready ? status::ok : status::service_unavailable, body);
}

HttpResponse Routes::metrics(const HttpRequestMessage& request) {
  if (!is_operator(request)) {
    return problem(status::unauthorized, "unauthorized", "this needs the operator's key");
  }
  MetricsSample sample;
  sample.runtime = parts_.loop.runtime().stats();
  const RocksdbStore::Stats store = parts_.store.stats();
  sample.store_queued = store.queued;
  sample.store_failed = store.failed;
  sample.ready = parts_.readiness.is_ready();
  sample.nlu_queued = parts_.worker.queued();
  sample.actions_in_flight = parts_.client.in_flight();
  sample.upload_bytes = parts_.uploads.total_bytes();
  sample.alert_posts_pending = parts_.watch.pending();
  sample.handover_posts_pending = parts_.hooks.pending();
  HttpResponse response{status::ok, 11};
  response.set(field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  response.body() = parts_.metrics.text(sample);
  return response;
}

// ---- the REST channel ----

awaitable<HttpResponse> Routes::rest(const HttpRequestMessage& request, const Target& target) {
  if (target.path.size() == 2 && is_read(request)) {
    co_return json_response(status::ok, {{"status", "ok"}});
  }
  if (target.path.size() != 3 || target.path[2] != "webhook") {
    co_return problem(status::not_found, "not_found", "there is nothing here");
  }
  if (request.method() != verb::post) co_return not_allowed("POST");
  const std::string& token = parts_.config.rest_token;
  if (!same_secret(bearer(request), token) && !same_secret(target.get("token"), token)) {
    parts_.metrics.refused("rest_token");
    co_return problem(status::unauthorized, "unauthorized", "this needs the channel's token");
  }
  if (!parts_.readiness.is_ready()) {
    co_return problem(status::service_unavailable, "unavailable", "not now");
  }
  const BotShelf::Entry* bot = parts_.bots.named(target.get("bot"));
  if (!bot) co_return problem(status::not_found, "unknown_bot", "no bot has that name: ?bot=NAME");
  auto message = connectors::rest::parse(request.body());
  if (!message) co_return problem(message.error());
  runtime::Posted posted;
  posted.tenant = bot->tenant;
  posted.channel = "rest";
  posted.message = std::move(*message);
  const std::string sender = posted.message.sender;
  std::function<runtime::Input(runtime::Request)> make = [&posted](runtime::Request number) {
    posted.request = number;
    return runtime::Input{std::move(posted)};
  };
  const Replies replies = co_await parts_.loop.ask(std::move(make));
  if (!replies) co_return problem(replies.error());
  co_return json_text(status::ok, connectors::rest::render(sender, *replies));
}

// ---- who asks ----

bool Routes::is_operator(const HttpRequestMessage& request) const {
  return same_secret(bearer(request), parts_.config.operator_key);
}

bool Routes::origin_allowed(const HttpRequestMessage& request) const {
  const std::string origin = text_of(request[field::origin]);
  if (origin.empty()) return true;  // No browser: it could say what it likes.
  const auto& allowed = parts_.config.allowed_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return true;
  if (std::find(allowed.begin(), allowed.end(), "*") != allowed.end()) return true;
  const std::string host = host_of_origin(origin);
  return !host.empty() && boost::beast::iequals(host, request[field::host]);
}

void Routes::allow_origin(const HttpRequestMessage& request, HttpResponse& response) const {
  response.set(field::vary, "Origin");
  if (request[field::origin].empty() || !origin_allowed(request)) return;
  response.set(field::access_control_allow_origin, request[field::origin]);
  response.set(field::access_control_expose_headers, "content-disposition");
}

std::variant<Opening, HttpResponse> Routes::upgrade(const HttpRequestMessage& request) {
  const auto target = parse_target(text_of(request.target()));
  if (!target || target->path.size() != 1 || target->path.front() != "chat") {
    return problem(status::not_found, "not_found", "WebSockets are at /chat");
  }
  if (request[field::sec_websocket_version] != "13") {
    HttpResponse response = problem(status::upgrade_required, "upgrade_required", "version 13");
    response.set(field::sec_websocket_version, "13");
    return response;
  }
  if (request.count(field::sec_websocket_key) != 1 || request.count(field::host) != 1) {
    return problem(status::bad_request, "bad_handshake", "one key and one host are wanted");
  }
  if (!parts_.readiness.is_ready()) {
    return problem(status::service_unavailable, "unavailable", "not now");
  }
  const BotShelf::Entry* bot = parts_.bots.named(target->get("bot"));
  if (!bot) return problem(status::not_found, "unknown_bot", "no bot has that name: ?bot=NAME");
  Opening opening;
  opening.tenant = bot->tenant;
  opening.refused_origin = !origin_allowed(request);
  if (opening.refused_origin) {
    parts_.metrics.refused("origin");
    parts_.log.warning("origin_refused", {{"origin", text_of(request[field::origin])}});
  }
  return opening;
}

// ---- uploads ----

std::size_t Routes::body_limit(const HttpRequestMessage& request) const {
  const bool upload = request.method() == verb::post && request.target().starts_with("/v1/uploads");
  return upload ? parts_.config.limits.upload_bytes : parts_.config.limits.body_bytes;
}

awaitable<std::optional<HttpResponse>> Routes::refuse_early(const HttpRequestMessage& request) {
  if (request.method() != verb::post || !request.target().starts_with("/v1/uploads")) {
    co_return std::nullopt;
  }
  std::optional<HttpResponse> refusal;
  const auto target = parse_target(text_of(request.target()));
  if (!target) {
    refusal = problem(status::bad_request, "bad_target", "the request's target is none");
  } else if (request[field::content_length].empty()) {
    refusal = problem(status::length_required, "length_required", "Content-Length is wanted");
  } else {
    const auto id = co_await owned(request, *target);
    if (!id) refusal = problem(status::unauthorized, "unauthorized", "not your conversation");
  }
  if (refusal) allow_origin(request, *refusal);
  co_return refusal;
}

awaitable<bool> Routes::is_visitor(dialog::ConversationId id, std::string token) {
  if (parts_.loop.runtime().knows_secret(id, token) == true) co_return true;
  using Kept = nlu::Result<std::optional<dialog::Kept>>;
  auto later = std::make_shared<Later<Kept>>(parts_.executor);
  parts_.store.load(id, setter(parts_.executor, later));
  const std::optional<Kept> kept = co_await later->wait(std::chrono::seconds{10});
  if (!kept || !*kept || !**kept) co_return false;
  const auto conversation = conversation_of(***kept);
  if (!conversation) co_return false;
  if (same_secret(nlu::sha256_hex(token), conversation->secret_hash)) co_return true;
  if (conversation->user.empty()) co_return false;
  const auto user = verify_user_token(token, parts_.config.site_key, Loop::now() / 1000);
  co_return user && user->user == conversation->user;
}

awaitable<std::optional<dialog::ConversationId>> Routes::owned(const HttpRequestMessage& request,
                                                               const Target& target) {
  const std::string token = bearer(request);
  const std::string text = target.get("conversation");
  if (token.size() < 16) co_return std::nullopt;
  const bool all = is_operator(request);
  for (const auto& entry : parts_.bots.all()) {
    const auto id = dialog::parse_conversation_id(entry.first, text);
    if (!id) co_return std::nullopt;
    if (all && parts_.bots.all().size() == 1) co_return id;
    if (all && target.get("bot") == entry.second.current()->name) co_return id;
    const bool theirs = co_await is_visitor(*id, token);
    if (theirs) co_return id;
  }
  co_return std::nullopt;
}

awaitable<HttpResponse> Routes::put_upload(const HttpRequestMessage& request,
                                           const Target& target) {
  const auto id = co_await owned(request, target);
  if (!id) co_return problem(status::unauthorized, "unauthorized", "not your conversation");
  if (!parts_.readiness.is_ready()) {
    co_return problem(status::service_unavailable, "unavailable", "not now");
  }
  std::string type = text_of(request[field::content_type]);
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string name = percent_decode(text_of(request["X-Filename"])).value_or("");
  using Kept = nlu::Result<dialog::Attachment>;
  auto later = std::make_shared<Later<Kept>>(parts_.executor);
  auto set = setter(parts_.executor, later);
  auto body = std::make_shared<std::string>(request.body());
  Uploads& uploads = parts_.uploads;
  const dialog::ConversationId conversation = *id;
  net::post(parts_.files, [set, conversation, name, type, body, &uploads] {
    set(uploads.keep(conversation, name, type, *body));
  });
  const std::optional<Kept> kept = co_await later->wait(std::chrono::seconds{30});
  if (!kept) co_return problem(status::gateway_timeout, "timeout", "the disk is too slow");
  if (!*kept) {
    const nlu::Error& error = kept->error();
    if (error.code == nlu::Errc::invalid) {
      co_return problem(status::unsupported_media_type, "unsupported_type", error.message);
    }
    co_return problem(error);
  }
  const dialog::Attachment& made = **kept;
  co_return json_response(status::created, {{"upload", made.upload},
                                            {"name", made.name},
                                            {"size", made.size},
                                            {"media_type", made.media_type}});
}

awaitable<HttpResponse> Routes::get_upload(const HttpRequestMessage& request,
                                           const Target& target) {
  const auto id = co_await owned(request, target);
  if (!id) co_return problem(status::unauthorized, "unauthorized", "not your conversation");
  struct File {
    dialog::Attachment attachment;
    std::string bytes;
  };
  using Read = nlu::Result<File>;
  auto later = std::make_shared<Later<Read>>(parts_.executor);
  auto set = setter(parts_.executor, later);
  const Uploads& uploads = parts_.uploads;
  const dialog::ConversationId conversation = *id;
  const std::string upload = target.path[2];
  net::post(parts_.files, [set, conversation, upload, &uploads] {
    const auto found = uploads.find(conversation, upload);
    if (!found) return set(found.error());
    if (!*found) return set(nlu::Error{nlu::Errc::not_found, "there is no such file"});
    auto bytes = uploads.read(**found);
    if (!bytes) return set(bytes.error());
    set(File{**found, std::move(*bytes)});
  });
  std::optional<Read> read = co_await later->wait(std::chrono::seconds{30});
  if (!read) co_return problem(status::gateway_timeout, "timeout", "the disk is too slow");
  if (!*read) co_return problem(read->error());
  HttpResponse response{status::ok, 11};
  response.set(field::content_type, (**read).attachment.media_type);
  response.set(field::content_disposition,
               "attachment; filename*=UTF-8''" + percent_encode((**read).attachment.name));
  response.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.body() = std::move((**read).bytes);
  co_return response;
}

}  // namespace bot

#include "bot/http_sessions.h"

#include <algorithm>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace bot {

namespace {

namespace http = boost::beast::http;
using http::field;
using http::status;
using http::verb;
using RequestParser = http::request_parser<http::string_body>;

constexpr std::chrono::seconds keep_alive{30};
constexpr std::chrono::seconds answer_margin{10};
constexpr std::size_t large_body = 1 << 20;
constexpr std::size_t large_bodies_max = 64 << 20;    // Together, being read
constexpr std::size_t http_connections_spare = 1000;  // Besides the widgets'
constexpr std::size_t addresses_max = 100'000;

bool wants_websocket(const HttpRequestMessage& request) {
  return request.method() == verb::get &&
         http::token_list{request[field::upgrade]}.exists("websocket") &&
         http::token_list{request[field::connection]}.exists("upgrade");
}

std::optional<HttpResponse> refusal_of(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem(status::request_header_fields_too_large, "too_large", "the header is too long");
  }
  if (error == http::error::body_limit) {
    return problem(status::payload_too_large, "too_large", "the body is too long");
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return problem(status::bad_request, "bad_request", error.message());
  }
  return std::nullopt;  // The other side has gone.
}

}  // namespace

// One of an address' connections, from the accept to the end of its socket; a WebSocket takes it
// along. Connections may outlive the listener, so the addresses are shared.
class HttpSessions::Place {
 public:
  Place(std::shared_ptr<Addresses> addresses, std::string address)
      : addresses_(std::move(addresses)), address_(std::move(address)) {
    ++(*addresses_)[address_].open;
  }
  ~Place() {
    const auto found = addresses_->find(address_);
    if (found != addresses_->end() && found->second.open > 0) --found->second.open;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  const std::shared_ptr<Addresses> addresses_;
  const std::string address_;
};

struct HttpSessions::Session {
  explicit Session(tcp::socket taken) : socket(std::move(taken)) {}
  std::uint64_t id = 0;
  tcp::socket socket;
  boost::beast::flat_buffer buffer;
  std::shared_ptr<void> place;  // When it counts for a limit.
  Clock::time_point deadline;
  bool first = true;
};

HttpSessions::HttpSessions(net::io_context& io, const Config& config, Routes& routes, Chats& chats,
                           Metrics& metrics, Log& log)
    : io_(io),
      config_(config),
      routes_(routes),
      chats_(chats),
      metrics_(metrics),
      log_(log),
      acceptor_(io) {}

HttpSessions::~HttpSessions() = default;

nlu::Result<void> HttpSessions::listen() {
  error_code error;
  const auto failed = [&](const char* advice) {
    return nlu::Error{nlu::Errc::unavailable,
                      fmt::format("cannot listen on {}:{}: {}{}", config_.listen, config_.port,
                                  error.message(), advice)};
  };
  const std::string name = config_.listen == "localhost" ? "127.0.0.1" : config_.listen;
  const net::ip::address address = net::ip::make_address(name, error);
  if (error) return failed("; `listen` is an address: 127.0.0.1, 0.0.0.0, ::1, ::");
  const tcp::endpoint endpoint{address, config_.port};
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed("");
  acceptor_.set_option(net::socket_base::reuse_address{true}, error);
  acceptor_.bind(endpoint, error);
  if (error == net::error::address_in_use) {
    return failed("; another program has that port: choose another one with --port");
  }
  if (error == net::error::access_denied) return failed("; ports below 1024 need rights");
  if (error) return failed("");
  acceptor_.listen(net::socket_base::max_listen_connections, error);
  if (error) return failed("");
  port_ = acceptor_.local_endpoint().port();
  net::co_spawn(io_, accept(), net::detached);
  return {};
}

void HttpSessions::stop_listening() {
  error_code ignored;
  acceptor_.close(ignored);
  std::vector<Session*> idle;  // Those between two requests have nothing to lose.
  for (const auto& entry : open_) idle.push_back(entry.second);
  for (Session* session : idle)
    session->deadline = std::min(session->deadline, Clock::now() + answer_margin);
}

awaitable<void> HttpSessions::accept() {
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(net::redirect_error(use_awaitable, error));
    if (!error) {
      begin(std::move(socket));
      continue;
    }
    if (!acceptor_.is_open()) co_return;
    metrics_.refused("accept");
    log_.warning("accept_failed", {{"error", error.message()}});
    net::steady_timer pause{io_, std::chrono::milliseconds{100}};  // Out of files, most likely.
    co_await pause.async_wait(net::redirect_error(use_awaitable, error));
  }
}

// Limits per address hold for strangers; a proxy on this machine speaks for many.
bool HttpSessions::admit(const net::ip::address& address) {
  const std::size_t all = config_.runtime.connections + http_connections_spare;
  if (open_.size() + chats_.open_count() >= all) return false;
  if (address.is_loopback()) return true;
  const ServerLimits& limits = config_.limits;
  if (addresses_->size() >= addresses_max) return true;
  Address& from = (*addresses_)[address.to_string()];
  const auto now = Clock::now();
  const double burst = std::max(10.0, limits.connects_per_address_s);
  if (from.last == Clock::time_point{}) {
    from.tokens = burst;
  } else {
    const std::chrono::duration<double> passed = now - from.last;
    from.tokens = std::min(burst, from.tokens + passed.count() * limits.connects_per_address_s);
  }
  from.last = now;
  if (from.tokens < 1) return false;
  if (limits.connections_per_address > 0 && from.open >= limits.connections_per_address)
    return false;
  from.tokens -= 1;
  return true;
}

void HttpSessions::begin(tcp::socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;
  if (!admit(peer.address())) {
    metrics_.refused("connections");
    return;  // Closed: no answer is cheaper.
  }
  socket.set_option(tcp::no_delay{true}, error);
  auto session = std::make_shared<Session>(std::move(socket));
  session->id = ++last_;
  if (!peer.address().is_loopback()) {
    session->place = std::make_shared<Place>(addresses_, peer.address().to_string());
  }
  open_[session->id] = session.get();
  net::co_spawn(io_, serve(session), [this, session](std::exception_ptr failure) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& thrown) {
        log_.error("request_failed", {{"error", thrown.what()}});
      }
    }
    forget(session);
  });
}

void HttpSessions::forget(const std::shared_ptr<Session>& session) {
  open_.erase(session->id);
  session->place.reset();
}

void HttpSessions::sweep() {
  const auto now = Clock::now();
  for (const auto& entry : open_) {
    error_code ignored;
    if (now > entry.second->deadline) entry.second->socket.close(ignored);
  }
  std::erase_if(*addresses_, [&](const auto& entry) {
    return entry.second.open == 0 && now - entry.second.last > std::chrono::seconds{60};
  });
}

awaitable<void> HttpSessions::serve(std::shared_ptr<Session> session) {
  for (bool more = true; more; session->first = false) more = co_await exchange(session);
  error_code ignored;
  session->socket.shutdown(tcp::socket::shutdown_both, ignored);
}

// One request and its answer; false: that was the last.
awaitable<bool> HttpSessions::exchange(std::shared_ptr<Session> session) {
  // The whole header has to come within the limit, however it trickles.
  const std::chrono::milliseconds first_limit = config_.limits.handshake_timeout;
  const std::chrono::milliseconds next_limit = keep_alive;
  const std::chrono::milliseconds limit = session->first ? first_limit : next_limit;
  session->deadline = Clock::now() + limit;
  RequestParser parser;
  parser.header_limit(static_cast<std::uint32_t>(config_.limits.header_bytes));
  parser.body_limit(std::max(config_.limits.body_bytes, config_.limits.upload_bytes));
  error_code error;
  co_await http::async_read_header(session->socket, session->buffer, parser,
                                   net::redirect_error(use_awaitable, error));
  if (error) {
    auto refusal = refusal_of(error);
    if (!refusal) co_return false;
    co_return co_await refuse(session, std::move(*refusal));
  }
  const HttpRequestMessage& head = parser.get();
  if (wants_websocket(head)) {
    std::optional<HttpResponse> refusal;
    if (session->buffer.size() > 0) {
      refusal = problem(status::bad_request, "bad_handshake", "nothing may come before the answer");
    } else if (upgrade(session, head, refusal)) {
      co_return false;
    }
    co_return co_await refuse(session, std::move(*refusal));
  }
  const std::size_t body_limit = routes_.body_limit(head);
  parser.body_limit(body_limit);
  const std::uint64_t length = parser.content_length().value_or(0);
  if (length > body_limit) {
    co_return co_await refuse(session, problem(status::payload_too_large, "too_large",
                                               fmt::format("at most {} bytes", body_limit)));
  }
  session->deadline = Clock::now() + config_.limits.request_timeout;
  if (auto refusal = co_await routes_.refuse_early(head)) {
    co_return co_await refuse(session, std::move(*refusal));
  }
  const std::size_t large = length > large_body ? length : 0;
  if (body_bytes_ + large > large_bodies_max) {
    co_return co_await refuse(session, problem(status::service_unavailable, "busy", "try again"));
  }
  if (head[field::expect] == "100-continue") {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await net::async_write(session->socket, net::buffer(go_on.data(), go_on.size()),
                              net::redirect_error(use_awaitable, error));
    if (error) co_return false;
  }
  body_bytes_ += large;
  co_await http::async_read(session->socket, session->buffer, parser,
                            net::redirect_error(use_awaitable, error));
  body_bytes_ -= large;
  if (error) {
    auto refusal = refusal_of(error);
    if (!refusal) co_return false;
    co_return co_await refuse(session, std::move(*refusal));
  }
  co_return co_await respond(session, parser.release());
}

bool HttpSessions::upgrade(const std::shared_ptr<Session>& session,
                           const HttpRequestMessage& request,
                           std::optional<HttpResponse>& refusal) {
  auto decided = routes_.upgrade(request);
  if (auto* refused = std::get_if<HttpResponse>(&decided)) {
    refusal = std::move(*refused);
    return false;
  }
  Opening opening = std::get<Opening>(decided);
  opening.place = std::move(session->place);
  chats_.open(std::move(session->socket), request, std::move(opening));
  return true;
}

awaitable<bool> HttpSessions::respond(std::shared_ptr<Session> session,
                                      HttpRequestMessage request) {
  session->deadline = Clock::now() + config_.runtime.rest_timeout + answer_margin;
  ++busy_;
  HttpResponse response;
  std::string thrown;
  try {
    response = co_await routes_.answer(request);
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  --busy_;
  if (!thrown.empty()) {
    log_.error("request_failed", {{"error", thrown}});
    response = problem(status::internal_server_error, "internal", "this is a bug, and is logged");
  }
  const bool keep = request.keep_alive() && acceptor_.is_open();
  co_return co_await write(session, request, std::move(response), keep);
}

awaitable<bool> HttpSessions::refuse(std::shared_ptr<Session> session, HttpResponse response) {
  metrics_.answered("refused", static_cast<int>(response.result_int()));
  HttpRequestMessage none;
  const bool more = co_await write(session, none, std::move(response), false);
  // A sender in mid-body would lose the answer to a reset: hear it out for a moment.
  error_code error;
  session->socket.shutdown(tcp::socket::shutdown_send, error);
  session->deadline = Clock::now() + std::chrono::seconds{2};
  std::array<char, 4096> rest;
  for (int chunks = 0; !error && chunks < 256; ++chunks) {
    co_await session->socket.async_read_some(net::buffer(rest),
                                             net::redirect_error(use_awaitable, error));
  }
  co_return more;
}

awaitable<bool> HttpSessions::write(std::shared_ptr<Session> session,
                                    const HttpRequestMessage& request, HttpResponse response,
                                    bool keep) {
  response.version(11);
  response.keep_alive(keep);
  response.set("X-Content-Type-Options", "nosniff");
  response.prepare_payload();
  if (request.method() == verb::head) response.body().clear();  // Its length is still told.
  error_code error;
  co_await http::async_write(session->socket, response, net::redirect_error(use_awaitable, error));
  co_return keep && !error;
}

}  // namespace bot

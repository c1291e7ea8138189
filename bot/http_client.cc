#include "bot/http_client.h"

#include <algorithm>
#include <cctype>
#include <random>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <openssl/err.h>

namespace bot {

namespace {

namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using dialog::HttpOutcome;
using dialog::HttpRequest;
using nlu::Result;
using Clock = std::chrono::steady_clock;
using Kind = HttpOutcome::Kind;

constexpr std::chrono::milliseconds backoff_first{100}, backoff_max{2000};

HttpOutcome outcome(Kind kind, std::string error) {
  HttpOutcome made;
  made.kind = kind;
  made.error = std::move(error);
  return made;
}

bool is_repeatable(const HttpRequest& request) {
  return request.idempotent || request.method == "GET" || request.method == "HEAD";
}

bool is_worth_repeating(const HttpOutcome& last) {
  if (last.kind == Kind::failed) return true;
  return last.kind == Kind::answered &&
         (last.status == 429 || last.status == 502 || last.status == 503 || last.status == 504);
}

// Full jitter: anything from nothing to twice as much each time.
std::chrono::milliseconds backoff(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto ceiling = std::min(backoff_max, backoff_first * (1 << std::min(attempt, 10)));
  std::uniform_int_distribution<std::int64_t> any{0, ceiling.count()};
  return std::chrono::milliseconds{any(random)};
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.find(c) != marks.npos;
  });
}

// What would end a header early or smuggle another one in.
bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

bool may_call_v4(const net::ip::address_v4& address, bool allow_private) {
  const std::uint32_t bits = address.to_uint();
  const auto in = [bits](std::uint32_t net, int prefix) {
    return bits >> (32 - prefix) == net >> (32 - prefix);
  };
  if (in(0xA9FE0000, 16)) return false;  // 169.254/16: link-local, metadata
  if (bits == 0x646464C8) return false;  // 100.100.100.200: metadata
  if (in(0x00000000, 8)) return false;   // "this" network
  if (in(0xE0000000, 3)) return false;   // multicast, reserved, broadcast
  const bool is_private = in(0x7F000000, 8) || in(0x0A000000, 8) || in(0xAC100000, 12) ||
                          in(0xC0A80000, 16) || in(0x64400000, 10) || in(0xC0000000, 24) ||
                          in(0xC6120000, 15);
  return !is_private || allow_private;
}

bool may_call_v6(const net::ip::address_v6& address, bool allow_private) {
  const auto bytes = address.to_bytes();
  if (address.is_v4_mapped()) {
    return may_call_v4(net::ip::make_address_v4(net::ip::v4_mapped, address), allow_private);
  }
  const auto embedded = [&](std::size_t at) {
    return net::ip::address_v4{{bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}};
  };
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return may_call_v4(embedded(2), allow_private);  // 6to4
  const std::array<unsigned char, 12> nat64{0, 0x64, 0xff, 0x9b};
  if (std::equal(nat64.begin(), nat64.end(), bytes.begin())) {
    return may_call_v4(embedded(12), allow_private);
  }
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return false;  // fe80::/10
  if (address.is_unspecified() || address.is_multicast()) return false;
  const net::ip::address_v6 metadata = net::ip::make_address_v6("fd00:ec2::254");
  if (address == metadata) return false;
  const bool is_private = address.is_loopback() || (bytes[0] & 0xfe) == 0xfc;
  return !is_private || allow_private;
}

}  // namespace

bool may_call(const net::ip::address& address, bool allow_private) {
  return address.is_v4() ? may_call_v4(address.to_v4(), allow_private)
                         : may_call_v6(address.to_v6(), allow_private);
}

Result<Url> parse_url(std::string_view text) {
  const auto none = [&](const char* why) {
    return nlu::invalid(fmt::format("'{}' {}", text.substr(0, 200), why));
  };
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\') {
      return none("has characters no URL has");
    }
  }
  Url url;
  if (text.substr(0, 8) == "https://") {
    url.tls = true;
  } else if (text.substr(0, 7) != "http://") {
    return none("is no http or https URL");
  }
  std::string_view rest = text.substr(url.tls ? 8 : 7);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  url.target = end == rest.npos ? "/" : std::string(rest.substr(end));
  if (url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != authority.npos) return none("has a user in it");
  url.port = url.tls ? "443" : "80";
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.port.empty() || url.port.size() > 5 || !digits) return none("has a bad port");
  if (authority.size() >= 2 && authority.front() == '[' && authority.back() == ']') {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (authority.empty() || authority.size() > 253) return none("has no host");
  for (const char c : authority) {
    url.host += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return url;
}

// One action, from request to outcome. `cut` ends what is under way when the time is up.
struct HttpClient::Call {
  Call(net::io_context& io, HttpRequest asked, std::set<std::string> allowed, Done callback)
      : request(std::move(asked)),
        hosts(std::move(allowed)),
        done(std::move(callback)),
        timer(io),
        resolver(io) {}

  HttpRequest request;
  std::set<std::string> hosts;
  Done done;
  Url url;
  net::steady_timer timer;  // Of the whole, or between two attempts.
  tcp::resolver resolver;
  tcp::socket* socket = nullptr;  // Of the attempt under way.
  Clock::time_point deadline;
  bool late = false;

  void cut() {
    late = true;
    resolver.cancel();
    error_code ignored;
    if (socket) socket->close(ignored);
  }
};

HttpClient::HttpClient(net::io_context& io, HttpClientOptions options)
    : io_(io), options_(std::move(options)), tls_(ssl::context::tls_client) {
  tls_.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                   ssl::context::no_tlsv1_1);
  tls_.set_verify_mode(ssl::verify_peer);
  error_code ignored;  // A machine without authorities can still call http.
  tls_.set_default_verify_paths(ignored);
  if (!options_.ca_file.empty()) tls_.load_verify_file(options_.ca_file);
}

HttpClient::~HttpClient() = default;

void HttpClient::perform(HttpRequest request, std::set<std::string> hosts, Done done) {
  auto call = std::make_shared<Call>(io_, std::move(request), std::move(hosts), std::move(done));
  if (in_flight_ >= options_.in_flight) {
    waiting_.push_back(std::move(call));
  } else {
    begin(std::move(call));
  }
}

void HttpClient::begin(std::shared_ptr<Call> call) {
  ++in_flight_;
  net::co_spawn(io_, run(call), [this, call](std::exception_ptr failure, HttpOutcome result) {
    if (!failure) return end(call, std::move(result));
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      end(call, outcome(Kind::failed, error.what()));
    }
  });
}

void HttpClient::end(const std::shared_ptr<Call>& call, HttpOutcome result) {
  --in_flight_;
  if (!waiting_.empty()) {
    std::shared_ptr<Call> next = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(next));
  }
  call->done(std::move(result));
}

awaitable<HttpOutcome> HttpClient::run(std::shared_ptr<Call> call) {
  const HttpRequest& request = call->request;
  auto url = parse_url(request.url);
  if (!url) co_return outcome(Kind::refused, url.error().message);
  call->url = *url;
  if (!call->hosts.contains(call->url.host)) {
    co_return outcome(Kind::refused, fmt::format("host '{}' is not allowed; add it to action_hosts",
                                                 call->url.host));
  }
  const auto limit =
      std::clamp(request.timeout, std::chrono::milliseconds{1}, options_.timeout_max);
  call->deadline = Clock::now() + limit;
  net::steady_timer whole{io_, call->deadline};
  whole.async_wait([call](error_code cancelled) {
    if (!cancelled) call->cut();
  });
  const int retries =
      is_repeatable(request) ? std::clamp(request.retries, 0, options_.retries_max) : 0;
  HttpOutcome last;
  for (int tried = 0;; ++tried) {
    last = co_await attempt(call);
    if (call->late) co_return outcome(Kind::timeout, "it took longer than it may");
    if (tried == retries || !is_worth_repeating(last)) break;
    const auto pause = backoff(tried);
    if (Clock::now() + pause >= call->deadline) break;
    call->timer.expires_after(pause);
    error_code ignored;
    co_await call->timer.async_wait(net::redirect_error(use_awaitable, ignored));
  }
  whole.cancel();
  co_return last;
}

awaitable<HttpOutcome> HttpClient::attempt(std::shared_ptr<Call> call) {
  error_code error;
  const auto found = co_await call->resolver.async_resolve(
      call->url.host, call->url.port, net::redirect_error(use_awaitable, error));
  if (error)
    co_return outcome(Kind::failed, fmt::format("{}: {}", call->url.host, error.message()));
  std::vector<tcp::endpoint> checked;
  for (const auto& entry : found) {
    if (!may_call(entry.endpoint().address(), options_.allow_private)) {
      co_return outcome(Kind::refused,
                        fmt::format("{} is at an address that may not be called", call->url.host));
    }
    checked.push_back(entry.endpoint());
  }
  ssl::stream<tcp::socket> stream{io_, tls_};
  tcp::socket& socket = stream.next_layer();
  struct Lend {  // However the attempt ends, the pointer ends with it.
    Call& call;
    ~Lend() { call.socket = nullptr; }
  } lend{*call};
  call->socket = &socket;
  if (call->late) co_return HttpOutcome{};
  co_await net::async_connect(socket, checked, net::redirect_error(use_awaitable, error));
  if (error)
    co_return outcome(Kind::failed, fmt::format("{}: {}", call->url.host, error.message()));
  socket.set_option(tcp::no_delay{true}, error);
  if (!call->url.tls) co_return co_await exchange(socket, call);
  SSL_set_tlsext_host_name(stream.native_handle(), call->url.host.c_str());
  stream.set_verify_callback(ssl::host_name_verification{call->url.host});
  co_await stream.async_handshake(ssl::stream_base::client,
                                  net::redirect_error(use_awaitable, error));
  if (error) {
    co_return outcome(Kind::failed,
                      fmt::format("TLS with {}: {}", call->url.host, error.message()));
  }
  co_return co_await exchange(stream, call);
}

template <class Stream>
awaitable<HttpOutcome> HttpClient::exchange(Stream& stream, std::shared_ptr<Call> call) {
  const HttpRequest& request = call->request;
  const http::verb verb = http::string_to_verb(request.method);
  if (verb == http::verb::unknown) {
    co_return outcome(Kind::refused, "there is no method '" + request.method + "'");
  }
  http::request<http::string_body> out{verb, call->url.target, 11};
  const bool usual_port = call->url.port == (call->url.tls ? "443" : "80");
  const bool v6 = call->url.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + call->url.host + "]" : call->url.host;
  out.set(http::field::host, usual_port ? host : host + ":" + call->url.port);
  out.set(http::field::user_agent, "usher/" USHER_VERSION);
  out.set(http::field::accept, "application/json");
  out.set(http::field::connection, "close");
  if (!request.body.empty()) out.set(http::field::content_type, "application/json");
  for (const auto& header : request.headers) {
    if (!is_token(header.first) || !is_header_value(header.second)) {
      co_return outcome(Kind::refused, "header '" + header.first + "' is none");
    }
    out.set(header.first, header.second);
  }
  if (!request.idempotency_key.empty()) out.set("Idempotency-Key", request.idempotency_key);
  out.body() = request.body;
  out.prepare_payload();

  error_code error;
  co_await http::async_write(stream, out, net::redirect_error(use_awaitable, error));
  if (error) co_return outcome(Kind::failed, "sending: " + error.message());
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> in;
  in.header_limit(32 << 10);
  in.body_limit(options_.response_bytes);
  if (verb == http::verb::head) in.skip(true);
  co_await http::async_read(stream, buffer, in, net::redirect_error(use_awaitable, error));
  if (error == http::error::body_limit) {
    co_return outcome(Kind::refused,
                      fmt::format("the answer is over {} bytes", options_.response_bytes));
  }
  if (error) co_return outcome(Kind::failed, "receiving: " + error.message());
  HttpOutcome result;
  result.kind = Kind::answered;
  result.status = static_cast<int>(in.get().result_int());
  result.body = std::move(in.get().body());
  co_return result;
}

}  // namespace bot

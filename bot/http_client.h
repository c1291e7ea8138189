// HTTP actions: calls to the businesses' own systems.
//
// One time limit holds for the whole, retries and all; an answer has a size limit; redirects are
// not followed. Every address a name resolves to is checked before the first byte goes out, and the
// connection goes to the address that was checked: what is link-local (the clouds' metadata) is
// never called, what is private only when the operator allows it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>

#include "bot/net.h"
#include "dialog/backend.h"
#include "nlu/base/result.h"

namespace bot {

struct HttpClientOptions {
  std::size_t response_bytes = 1 << 20;
  std::size_t in_flight = 256;  // More wait, in order.
  bool allow_private = true;
  int retries_max = 5;
  std::chrono::milliseconds timeout_max{60'000};
  std::string ca_file;  // PEM, besides the system's; must be one.
};

// "https://api.example:8443/v1?x=1" taken apart.
struct Url {
  bool tls = false;
  std::string host;  // Lower case, without brackets
  std::string port;
  std::string target;  // Path and query; at least "/"
};
// Errc::invalid: no http or https URL, or one with user, control characters or spaces in it.
nlu::Result<Url> parse_url(std::string_view text);

// Whether an address may be called; IPv4 in IPv6 counts as what it holds.
bool may_call(const net::ip::address& address, bool allow_private);

// Runs on the io_context's thread. Owner of its calls: outlives them only as long as the io_context
// runs, so it is destroyed after the io_context stopped.
class HttpClient {
 public:
  using Done = std::function<void(dialog::HttpOutcome outcome)>;
  HttpClient(net::io_context& io, HttpClientOptions options);
  ~HttpClient();

  // `hosts`: those that may be called. `done` is called once, later.
  void perform(dialog::HttpRequest request, std::set<std::string> hosts, Done done);
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Call;
  void begin(std::shared_ptr<Call> call);
  void end(const std::shared_ptr<Call>& call, dialog::HttpOutcome outcome);
  awaitable<dialog::HttpOutcome> run(std::shared_ptr<Call> call);
  awaitable<dialog::HttpOutcome> attempt(std::shared_ptr<Call> call);
  template <class Stream>
  awaitable<dialog::HttpOutcome> exchange(Stream& stream, std::shared_ptr<Call> call);

  net::io_context& io_;
  const HttpClientOptions options_;
  net::ssl::context tls_;
  std::size_t in_flight_ = 0;
  std::deque<std::shared_ptr<Call>> waiting_;
};

}  // namespace bot

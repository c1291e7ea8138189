#include "bot/http_client.h"

#include <atomic>
#include <thread>

#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include "tests/bot/certificate.h"
#include "tests/bot/scratch.h"

namespace net = boost::asio;
using bot::HttpClient;
using bot::HttpClientOptions;
using dialog::HttpOutcome;
using dialog::HttpRequest;
using net::ip::tcp;
using Kind = HttpOutcome::Kind;

namespace {

// Answers each connection with the next of its scripted answers (the last one again and again);
// an empty answer keeps the caller waiting. With a certificate it speaks TLS.
class Backend {
 public:
  explicit Backend(std::vector<std::string> answers,
                   std::optional<Certificate> certificate = std::nullopt)
      : answers_(std::move(answers)),
        certificate_(std::move(certificate)),
        acceptor_(io_, {net::ip::make_address("127.0.0.1"), 0}),
        thread_([this] { run(); }) {}
  ~Backend() {
    stopping_ = true;
    tcp::socket knock{io_};
    boost::system::error_code ignored;
    knock.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url(const std::string& path = "/") const {
    return (certificate_ ? "https://localhost:" : "http://127.0.0.1:") +
           std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  int calls() const { return calls_; }
  std::string last_request() const { return last_; }  // After the call is over.

 private:
  void run() {
    std::vector<tcp::socket> kept;
    for (;;) {
      tcp::socket socket = acceptor_.accept();
      if (stopping_) return;
      const std::size_t at =
          std::min<std::size_t>(static_cast<std::size_t>(calls_++), answers_.size() - 1);
      const std::string& said = answers_[at];
      if (!certificate_) {
        talk(socket, said);
      } else if (!said.empty()) {
        talk_over_tls(socket, said);
      }
      if (said.empty()) kept.push_back(std::move(socket));
    }
  }

  void talk_over_tls(tcp::socket& socket, const std::string& said) {
    net::ssl::context context{net::ssl::context::tls_server};
    context.use_certificate_chain(net::buffer(certificate_->certificate));
    context.use_private_key(net::buffer(certificate_->key), net::ssl::context::pem);
    net::ssl::stream<tcp::socket&> stream{socket, context};
    boost::system::error_code refused;
    stream.handshake(net::ssl::stream_base::server, refused);
    if (!refused) talk(stream, said);
  }

  template <class Stream>
  void talk(Stream& stream, const std::string& said) {
    boost::system::error_code ignored;
    net::streambuf buffer;
    net::read_until(stream, buffer, "\r\n\r\n", ignored);
    last_ = {net::buffers_begin(buffer.data()), net::buffers_end(buffer.data())};
    net::write(stream, net::buffer(said), ignored);
  }

  const std::vector<std::string> answers_;
  const std::optional<Certificate> certificate_;
  net::io_context io_;
  tcp::acceptor acceptor_;
  std::atomic<int> calls_ = 0;
  std::atomic<bool> stopping_ = false;
  std::string last_;
  std::thread thread_;
};

std::string answer(const std::string& status, const std::string& body,
                   const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.method = "GET";
  request.url = url;
  return request;
}

HttpOutcome perform(HttpRequest request, HttpClientOptions options = {},
                    std::set<std::string> hosts = {"127.0.0.1", "localhost"}) {
  net::io_context io;
  HttpClient client{io, std::move(options)};
  std::optional<HttpOutcome> outcome;
  client.perform(std::move(request), std::move(hosts),
                 [&](HttpOutcome got) { outcome = std::move(got); });
  io.run();
  REQUIRE(outcome);
  return *outcome;
}

}  // namespace

TEST_CASE("an answer comes back with status and body") {
  Backend backend{{answer("200 OK", R"({"id":1})")}};
  const HttpOutcome outcome = perform(get(backend.url("/orders/1?x=a%20b")));
  CHECK(outcome.kind == Kind::answered);
  CHECK(outcome.status == 200);
  CHECK(outcome.body == R"({"id":1})");
  CHECK(backend.last_request().substr(0, 32) == "GET /orders/1?x=a%20b HTTP/1.1\r\n");
}

TEST_CASE("a post carries its body, headers and idempotency key") {
  Backend backend{{answer("201 Created", "{}")}};
  HttpRequest request = get(backend.url("/returns"));
  request.method = "POST";
  request.body = R"({"order":"1"})";
  request.headers = {{"X-Shop", "7"}};
  request.idempotency_key = "c1-4";
  CHECK(perform(request).status == 201);
  CHECK(backend.last_request().find("X-Shop: 7\r\n") != std::string::npos);
  CHECK(backend.last_request().find("Idempotency-Key: c1-4\r\n") != std::string::npos);
  CHECK(backend.last_request().find("Content-Length: 13\r\n") != std::string::npos);
}

TEST_CASE("what may be repeated is tried again when the server is unwell") {
  Backend backend{{answer("503 Service Unavailable", ""), answer("200 OK", "fine")}};
  HttpRequest request = get(backend.url());
  request.retries = 2;
  CHECK(perform(request).body == "fine");
  CHECK(backend.calls() == 2);
}

TEST_CASE("what is not idempotent is never tried again") {
  Backend backend{{answer("503 Service Unavailable", "")}};
  HttpRequest request = get(backend.url());
  request.method = "POST";
  request.retries = 3;
  CHECK(perform(request).status == 503);
  CHECK(backend.calls() == 1);
}

TEST_CASE("retries are bounded, and a no is an answer") {
  Backend unwell{{answer("502 Bad Gateway", "")}};
  HttpRequest request = get(unwell.url());
  request.retries = 2;
  CHECK(perform(request).status == 502);
  CHECK(unwell.calls() == 3);
  Backend strict{{answer("404 Not Found", "")}};
  request.url = strict.url();
  CHECK(perform(request).status == 404);
  CHECK(strict.calls() == 1);
}

TEST_CASE("a silent server is a timeout, of the whole") {
  Backend backend{{""}};
  HttpRequest request = get(backend.url());
  request.timeout = std::chrono::milliseconds{200};
  request.retries = 5;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(perform(request).kind == Kind::timeout);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
}

TEST_CASE("a server that is not there is a failure") {
  std::string url;
  {
    Backend backend{{answer("200 OK", "")}};
    url = backend.url();
  }
  CHECK(perform(get(url)).kind == Kind::failed);
}

TEST_CASE("too long an answer is refused") {
  Backend backend{{answer("200 OK", std::string(5000, 'x'))}};
  HttpClientOptions options;
  options.response_bytes = 1000;
  CHECK(perform(get(backend.url()), options).kind == Kind::refused);
}

TEST_CASE("a redirect is an answer, and not followed") {
  Backend backend{{answer("302 Found", "", "Location: http://169.254.169.254/\r\n")}};
  CHECK(perform(get(backend.url())).status == 302);
  CHECK(backend.calls() == 1);
}

TEST_CASE("hosts nobody listed are not called, nor addresses nobody may call") {
  CHECK(perform(get("http://example.com/")).kind == Kind::refused);
  CHECK(perform(get("http://169.254.169.254/latest"), {}, {"169.254.169.254"}).kind ==
        Kind::refused);
  CHECK(perform(get("http://[fe80::1]/"), {}, {"fe80::1"}).kind == Kind::refused);
  Backend backend{{answer("200 OK", "")}};
  HttpClientOptions strict;
  strict.allow_private = false;
  CHECK(perform(get(backend.url()), strict).kind == Kind::refused);
  CHECK(backend.calls() == 0);
}

TEST_CASE("a backend is called over TLS when its authority is known") {
  const Certificate certificate = make_certificate("localhost");
  Backend backend{{answer("200 OK", "sealed")}, certificate};
  const Scratch scratch;
  HttpClientOptions options;
  options.ca_file = scratch.write("ca.pem", certificate.certificate);
  const HttpOutcome outcome = perform(get(backend.url("/orders/1")), options);
  INFO(outcome.error);
  CHECK(outcome.kind == Kind::answered);
  CHECK(outcome.body == "sealed");
  CHECK(backend.last_request().substr(0, 13) == "GET /orders/1");
}

TEST_CASE("a backend whose certificate is not right hears nothing") {
  const Scratch scratch;
  const std::string authority = scratch.path("ca.pem");
  HttpClientOptions options;
  options.ca_file = authority;
  const auto refused = [&](const Certificate& shown, const HttpClientOptions& how) {
    Backend backend{{answer("200 OK", "")}, shown};
    const HttpOutcome outcome = perform(get(backend.url()), how);
    CHECK(outcome.kind == Kind::failed);
    CHECK(outcome.error.substr(0, 18) == "TLS with localhost");
    CHECK(backend.last_request().empty());
  };
  const Certificate right = make_certificate("localhost");
  refused(right, {});  // Of an authority that nobody knows.
  const Certificate another = make_certificate("shop.example");
  scratch.write("ca.pem", another.certificate);
  refused(another, options);  // Of a known one, for another name.
  refused(right, options);
}

TEST_CASE("a backend that never shakes hands is a timeout") {
  Backend backend{{""}, make_certificate("localhost")};
  HttpRequest request = get(backend.url());
  request.timeout = std::chrono::milliseconds{200};
  CHECK(perform(request).kind == Kind::timeout);
}

TEST_CASE("a header cannot smuggle in another one") {
  Backend backend{{answer("200 OK", "")}};
  HttpRequest request = get(backend.url());
  request.headers = {{"X-Name", "a\r\nX-Admin: 1"}};
  CHECK(perform(request).kind == Kind::refused);
}

TEST_CASE("addresses are judged by what they reach") {
  const auto may = [](const char* text, bool allow_private) {
    return bot::may_call(net::ip::make_address(text), allow_private);
  };
  for (const char* never :
       {"169.254.169.254", "169.254.0.1", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254",
        "100.100.100.200", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1",
        "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"}) {
    INFO(never);
    CHECK_FALSE(may(never, true));
  }
  for (const char* next_door : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1",
                                "fd12::1", "::ffff:10.0.0.1", "100.64.0.1"}) {
    INFO(next_door);
    CHECK(may(next_door, true));
    CHECK_FALSE(may(next_door, false));
  }
  for (const char* anywhere : {"8.8.8.8", "172.32.0.1", "2001:4860:4860::8888"}) {
    INFO(anywhere);
    CHECK(may(anywhere, false));
  }
}

TEST_CASE("URLs are read strictly") {
  const auto url = bot::parse_url("https://API.example:8443/v1?x=1#part");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "api.example");
  CHECK(url->port == "8443");
  CHECK(url->target == "/v1?x=1");
  CHECK(bot::parse_url("http://[::1]:80")->host == "::1");
  CHECK(bot::parse_url("http://a?b")->target == "/?b");
  for (const char* none : {"", "ftp://a", "http://", "http://a@b/", "http://a:b/", "http://a b/",
                           "http://a\r\n/", "//a/", "http://a:123456/", "http://a\\b/"}) {
    INFO(none);
    CHECK_FALSE(bot::parse_url(none));
  }
}

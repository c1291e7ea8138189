// A bare Beast WebSocket echo and an open-loop load on it: the ceiling for anything built on Beast.
#include <chrono>
#include <deque>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include "bench/bench.h"

namespace bench {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::use_awaitable;
using net::ip::tcp;
using Stream = beast::websocket::stream<tcp::socket>;
using Clock = std::chrono::steady_clock;

net::awaitable<void> echo(tcp::socket socket) {
  Stream stream(std::move(socket));
  stream.next_layer().set_option(tcp::no_delay(true));
  error_code failure;
  co_await stream.async_accept(net::redirect_error(use_awaitable, failure));
  beast::flat_buffer buffer;
  while (!failure) {
    co_await stream.async_read(buffer, net::redirect_error(use_awaitable, failure));
    if (failure) break;
    co_await stream.async_write(buffer.data(), net::redirect_error(use_awaitable, failure));
    buffer.consume(buffer.size());
  }
}

net::awaitable<void> accept(std::uint16_t port) {
  const auto executor = co_await net::this_coro::executor;
  tcp::acceptor acceptor(executor, {net::ip::address_v4::loopback(), port});
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
    net::co_spawn(executor, echo(std::move(socket)), net::detached);
  }
}

struct EchoClient {
  explicit EchoClient(net::io_context& io) : stream(io) {}
  Stream stream;
  std::deque<Clock::time_point> sent;
  std::deque<std::string> outgoing;
};

void write(const std::shared_ptr<EchoClient>& client) {
  client->stream.async_write(net::buffer(client->outgoing.front()),
                             [client](error_code failure, std::size_t) {
                               if (failure) return;
                               client->outgoing.pop_front();
                               if (!client->outgoing.empty()) write(client);
                             });
}

net::awaitable<void> listen(std::shared_ptr<EchoClient> client, std::uint16_t port,
                            Latencies& latencies) {
  error_code failure;
  co_await client->stream.next_layer().async_connect({net::ip::address_v4::loopback(), port},
                                                     net::redirect_error(use_awaitable, failure));
  client->stream.next_layer().set_option(tcp::no_delay(true));
  co_await client->stream.async_handshake("localhost", "/",
                                          net::redirect_error(use_awaitable, failure));
  beast::flat_buffer buffer;
  while (!failure) {
    co_await client->stream.async_read(buffer, net::redirect_error(use_awaitable, failure));
    if (failure || client->sent.empty()) continue;
    buffer.consume(buffer.size());
    const std::chrono::duration<double, std::milli> took = Clock::now() - client->sent.front();
    client->sent.pop_front();
    latencies.all.push_back(took.count());
  }
}

void run_load(std::uint16_t port, int connections, double rate, double seconds) {
  net::io_context io;
  Latencies latencies;
  std::vector<std::shared_ptr<EchoClient>> clients;
  for (int i = 0; i < connections; ++i) {
    clients.push_back(std::make_shared<EchoClient>(io));
    net::co_spawn(io, listen(clients.back(), port, latencies), net::detached);
  }
  io.run_for(std::chrono::seconds(2));
  const std::string message(100, 'x');
  const auto total = static_cast<std::size_t>(rate * seconds);
  const auto begun = Clock::now();
  for (std::size_t i = 0; i < total;) {
    const std::chrono::duration<double> passed = Clock::now() - begun;
    for (; i < total && static_cast<double>(i) / rate <= passed.count(); ++i) {
      const auto& client = clients[i % clients.size()];
      client->sent.push_back(begun +
                             std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(i) / rate)));
      client->outgoing.push_back(message);
      if (client->outgoing.size() == 1) write(client);
    }
    io.restart();
    io.run_for(std::chrono::microseconds(200));
  }
  io.restart();
  io.run_for(std::chrono::seconds(1));
  fmt::print("bare Beast echo, {:.0f}/s over {} connections: {} of {} answered, {}\n", rate,
             connections, latencies.all.size(), total, latencies.summary());
}

}  // namespace

void add_echo_server(CLI::App& app) {
  auto* command = app.add_subcommand("echo-server", "A bare Beast echo on a port");
  auto port = std::make_shared<std::uint16_t>(18081);
  command->add_option("--port", *port);
  command->callback([port] {
    net::io_context io(1);
    net::co_spawn(io, accept(*port), net::detached);
    io.run();
  });
}

void add_echo_load(CLI::App& app) {
  struct Options {
    std::uint16_t port = 18081;
    int connections = 1000;
    double rate = 5000, seconds = 5;
  };
  auto* command = app.add_subcommand("echo-load", "Open-loop load on the bare echo");
  auto options = std::make_shared<Options>();
  command->add_option("--port", options->port);
  command->add_option("--connections", options->connections);
  command->add_option("--rate", options->rate);
  command->add_option("--seconds", options->seconds);
  command->callback([options] {
    run_load(options->port, options->connections, options->rate, options->seconds);
  });
}

}  // namespace bench

// The listener and the HTTP connections: limits, time limits, keep-alive, the way to a WebSocket.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "bot/routes.h"

namespace bot {

class HttpSessions {
 public:
  HttpSessions(net::io_context& io, const Config& config, Routes& routes, Chats& chats,
               Metrics& metrics, Log& log);
  ~HttpSessions();

  // Errc::unavailable says why the address cannot be had, and what to do.
  nlu::Result<void> listen();
  void stop_listening();
  std::uint16_t port() const { return port_; }

  // Closes who is over its time; called once a second.
  void sweep();
  std::size_t busy_count() const { return busy_; }  // Requests being answered.

 private:
  struct Session;
  using Clock = std::chrono::steady_clock;
  // A token bucket for one address' new connections, and those that are open.
  struct Address {
    double tokens = 0;
    Clock::time_point last;
    std::size_t open = 0;
  };
  using Addresses = std::unordered_map<std::string, Address>;
  class Place;

  awaitable<void> accept();
  bool admit(const net::ip::address& address);
  void begin(tcp::socket socket);
  awaitable<void> serve(std::shared_ptr<Session> session);
  awaitable<bool> exchange(std::shared_ptr<Session> session);
  awaitable<bool> respond(std::shared_ptr<Session> session, HttpRequestMessage request);
  awaitable<bool> write(std::shared_ptr<Session> session, const HttpRequestMessage& request,
                        HttpResponse response, bool keep);
  awaitable<bool> refuse(std::shared_ptr<Session> session, HttpResponse response);
  bool upgrade(const std::shared_ptr<Session>& session, const HttpRequestMessage& request,
               std::optional<HttpResponse>& refusal);
  void forget(const std::shared_ptr<Session>& session);

  net::io_context& io_;
  const Config& config_;
  Routes& routes_;
  Chats& chats_;
  Metrics& metrics_;
  Log& log_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Session*> open_;
  const std::shared_ptr<Addresses> addresses_ = std::make_shared<Addresses>();
  std::size_t busy_ = 0;
  std::size_t body_bytes_ = 0;  // Of large bodies being read.
};

}  // namespace bot

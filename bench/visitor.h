// A customer's end of usher.v1 (docs/protocol.md), for load and for crash tests: what the widget
// does, without a page. It keeps what it said until it is acknowledged, comes back when the socket
// breaks, and says again what was not acknowledged.
//
// One thread runs the io_context and everything here.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>

namespace bench {

namespace net = boost::asio;
namespace json = boost::json;

class Visitor {
 public:
  struct Events {
    std::function<void(const std::string& id, std::uint64_t seq)> acked;
    // A frame with a seq: echo, reply or handover, live or replayed.
    std::function<void(const json::object& frame)> seen;
    std::function<void()> welcomed;
    std::function<void(int close_code)> disconnected;
  };

  // `name` is the client id: 8 to 64 characters.
  Visitor(net::io_context& io, net::ip::tcp::endpoint server, std::string name, Events events);
  ~Visitor();
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  // Connects, and again whenever the socket breaks, until stop(). Its owner awaits its end before
  // destroying the visitor.
  net::awaitable<void> run();
  void stop();

  // Queues what the customer says; sent at once when connected. Returns the message's id.
  std::string say(const std::string& text);

  // Cuts the socket, as a lost network does.
  void cut();

  bool is_connected() const { return welcomed_; }
  std::size_t unacknowledged() const { return outbox_.size(); }
  const std::string& conversation() const { return conversation_; }
  const std::string& token() const { return token_; }

  // Takes over a conversation, to read it as another tab would, from the first message.
  void adopt(const std::string& conversation, const std::string& token);
  std::uint64_t head_seq() const { return head_seq_; }
  std::uint64_t last_seq() const { return last_seq_; }

 private:
  struct Message {
    std::string id, text;
    std::uint64_t cseq = 0;
  };
  struct Socket;

  net::awaitable<void> serve();
  void received(std::string_view text);
  void send(const json::object& frame);
  void send_message(const Message& message);

  net::io_context& io_;
  net::ip::tcp::endpoint server_;
  std::string name_;
  Events events_;
  std::shared_ptr<Socket> socket_;
  std::deque<Message> outbox_;
  std::string conversation_, token_;
  std::uint64_t epoch_ = 0, cseq_ = 0, last_cseq_ = 0, last_seq_ = 0, head_seq_ = 0;
  bool welcomed_ = false, stopping_ = false;
};

}  // namespace bench

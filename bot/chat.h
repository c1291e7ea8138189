// The widgets' sockets: WebSocket connections that speak usher.v1.
//
// A connection costs memory only while something is under way: it reads into a small buffer of its
// own, and a writer exists only while there is something to write.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "bot/loop.h"
#include "bot/uploads.h"

namespace boost::asio {
class thread_pool;
}

namespace bot {

// How a handshake is answered, decided by the routes.
struct Opening {
  dialog::Tenant tenant = 0;
  bool refused_origin =
      false;  // Shaken hands with, then closed with 4403: a page sees nothing else.
  std::shared_ptr<void> place;  // Among its address' connections, until the socket is closed.
};

class Chats final : public Sockets {
 public:
  // `files`: the thread on which uploads are looked up.
  Chats(net::io_context& io, Loop& loop, const Uploads& uploads, net::thread_pool& files,
        const Config& config, Metrics& metrics, Log& log);
  ~Chats() override;

  // Takes the socket over; its request asked for the upgrade.
  void open(tcp::socket socket,
            const boost::beast::http::request<boost::beast::http::string_body>& request,
            Opening opening);

  void send(runtime::Connection connection, const connectors::web::ServerFrame& frame) override;
  void close(runtime::Connection connection, connectors::web::Close code,
             const std::string& reason) override;

  // Tells every widget that the server goes away, and closes.
  void say_goodbye();
  // Closes what does not answer a close; called now and then.
  void sweep();
  std::size_t open_count() const { return open_.size(); }

 private:
  class Chat;
  friend class Chat;
  void gone(runtime::Connection connection);

  net::io_context& io_;
  Loop& loop_;
  const Uploads& uploads_;
  net::thread_pool& files_;
  const Config& config_;
  Metrics& metrics_;
  Log& log_;
  runtime::Connection last_ = 0;
  std::unordered_map<runtime::Connection, Chat*> open_;
};

}  // namespace bot

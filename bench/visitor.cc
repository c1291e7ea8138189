#include "bench/visitor.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

namespace bench {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using net::use_awaitable;

std::uint64_t number(const json::object& frame, std::string_view key) {
  const json::value* value = frame.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

std::string text(const json::object& frame, std::string_view key) {
  const json::value* value = frame.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

// Shared with the writes under way, which may outlive the read that ended.
struct Visitor::Socket : std::enable_shared_from_this<Visitor::Socket> {
  explicit Socket(net::io_context& io) : stream(io) {}

  void send(std::string frame) {
    outgoing.push_back(std::move(frame));
    if (outgoing.size() == 1) write();
  }

  void write() {
    stream.async_write(net::buffer(outgoing.front()),
                       [self = shared_from_this()](error_code failure, std::size_t) {
                         if (failure) return;
                         self->outgoing.pop_front();
                         if (!self->outgoing.empty()) self->write();
                       });
  }

  void cut() {
    error_code ignored;
    stream.next_layer().close(ignored);
  }

  websocket::stream<net::ip::tcp::socket> stream;
  std::deque<std::string> outgoing;
};

Visitor::Visitor(net::io_context& io, net::ip::tcp::endpoint server, std::string name,
                 Events events)
    : io_(io), server_(server), name_(std::move(name)), events_(std::move(events)) {}
Visitor::~Visitor() = default;

void Visitor::adopt(const std::string& conversation, const std::string& token) {
  conversation_ = conversation;
  token_ = token;
}

net::awaitable<void> Visitor::run() {
  net::steady_timer pause(io_);
  while (!stopping_) {
    co_await serve();
    welcomed_ = false;
    socket_.reset();
    if (stopping_) break;
    pause.expires_after(std::chrono::milliseconds(20));
    error_code ignored;
    co_await pause.async_wait(net::redirect_error(use_awaitable, ignored));
  }
}

void Visitor::stop() {
  stopping_ = true;
  cut();
}

void Visitor::cut() {
  if (socket_) socket_->cut();
}

net::awaitable<void> Visitor::serve() {
  const auto socket = std::make_shared<Socket>(io_);
  socket_ = socket;
  auto& stream = socket->stream;
  error_code failure;
  co_await stream.next_layer().async_connect(server_, net::redirect_error(use_awaitable, failure));
  if (failure) co_return;
  stream.next_layer().set_option(net::ip::tcp::no_delay(true));
  const std::string host = fmt::format("{}:{}", server_.address().to_string(), server_.port());
  co_await stream.async_handshake(host, "/chat", net::redirect_error(use_awaitable, failure));
  if (failure) co_return;
  json::object hello{{"type", "hello"},
                     {"client", name_},
                     {"epoch", ++epoch_},
                     {"last_seq", last_seq_},
                     {"last_cseq", last_cseq_}};
  if (!conversation_.empty()) {
    hello["conversation"] = conversation_;
    hello["token"] = token_;
  }
  send(hello);
  beast::flat_buffer buffer;
  for (;;) {
    co_await stream.async_read(buffer, net::redirect_error(use_awaitable, failure));
    if (failure) break;
    received({static_cast<const char*>(buffer.data().data()), buffer.size()});
    buffer.consume(buffer.size());
  }
  if (events_.disconnected) events_.disconnected(stream.reason().code);
}

void Visitor::received(std::string_view bytes) {
  const json::value value = json::parse(json::string_view(bytes.data(), bytes.size()));
  const json::object& frame = value.as_object();
  const std::string type = text(frame, "type");
  if (type == "welcome") {
    conversation_ = text(frame, "conversation");
    if (const std::string token = text(frame, "token"); !token.empty()) token_ = token;
    head_seq_ = number(frame, "head_seq");
    last_cseq_ = number(frame, "last_cseq");
    welcomed_ = true;
    for (const Message& message : outbox_) send_message(message);
    if (events_.welcomed) events_.welcomed();
  } else if (type == "ack") {
    // One sent twice is acknowledged twice, the second time perhaps after later ones.
    const std::string id = text(frame, "id");
    const auto acked = std::find_if(outbox_.begin(), outbox_.end(),
                                    [&](const Message& message) { return message.id == id; });
    if (acked != outbox_.end()) {
      last_cseq_ = std::max(last_cseq_, acked->cseq);
      outbox_.erase(acked);
    }
    if (events_.acked) events_.acked(id, number(frame, "seq"));
  } else if (type == "nack") {
    for (const Message& message : outbox_) {
      if (message.cseq >= number(frame, "expected")) send_message(message);
    }
  } else if (const std::uint64_t seq = number(frame, "seq"); seq > 0) {
    last_seq_ = std::max(last_seq_, seq);
    head_seq_ = std::max(head_seq_, seq);
    if (events_.seen) events_.seen(frame);
  }
}

std::string Visitor::say(const std::string& words) {
  const std::uint64_t cseq = ++cseq_;
  outbox_.push_back({fmt::format("{}-{}", name_, cseq), words, cseq});
  if (welcomed_) send_message(outbox_.back());
  return outbox_.back().id;
}

void Visitor::send(const json::object& frame) { socket_->send(json::serialize(frame)); }

void Visitor::send_message(const Message& message) {
  send({{"type", "message"}, {"id", message.id}, {"cseq", message.cseq}, {"text", message.text}});
}

}  // namespace bench

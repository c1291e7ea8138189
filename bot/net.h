// Asio, as this folder uses it. One thread runs the io_context and all that is declared here.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace bot {

namespace net = boost::asio;
using net::awaitable;
using net::use_awaitable;
using net::ip::tcp;
using error_code = boost::system::error_code;

// An answer that comes later, from a callback, to one coroutine that waits for it. Shared by both;
// set() must be called on the io_context's thread, wait() once.
template <class T>
class Later {
 public:
  explicit Later(const net::any_io_executor& executor) : timer_(executor) {}

  void set(T value) {
    value_ = std::move(value);
    timer_.cancel();
  }

  // nullopt: it did not come within `limit`.
  awaitable<std::optional<T>> wait(std::chrono::milliseconds limit) {
    if (!value_) {
      timer_.expires_after(limit);
      error_code ignored;
      co_await timer_.async_wait(net::redirect_error(use_awaitable, ignored));
    }
    co_return std::move(value_);
  }

 private:
  net::steady_timer timer_;
  std::optional<T> value_;
};

// A callback for another thread's use that sets `later` on the io_context's.
template <class T>
auto setter(net::any_io_executor executor, std::shared_ptr<Later<T>> later) {
  return [executor, later](T value) {
    net::post(executor,
              [later, value = std::move(value)]() mutable { later->set(std::move(value)); });
  };
}

}  // namespace bot

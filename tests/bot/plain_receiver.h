// A server of the business's that keeps what is posted to it, without a library.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

struct ReceivedPost {
  std::string head, body;  // Request line and headers; what came after
  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class PlainReceiver {
 public:
  PlainReceiver() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 64) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~PlainReceiver() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const int held : held_) ::close(held);
  }
  PlainReceiver(const PlainReceiver&) = delete;
  PlainReceiver& operator=(const PlainReceiver&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook", port_); }
  void answer(int status) { status_ = status; }  // 0: not at all
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return posts_.size();
  }
  ReceivedPost post(std::size_t number) {  // Waits for it.
    std::unique_lock lock{mutex_};
    REQUIRE(come_.wait_for(lock, std::chrono::seconds{10}, [&] { return posts_.size() > number; }));
    return posts_[number];
  }

 private:
  static ReceivedPost read(int file) {
    std::string all;
    char buffer[4096];
    for (;;) {
      const std::size_t end = all.find("\r\n\r\n");
      if (end != std::string::npos) {
        ReceivedPost post{all.substr(0, end + 2), all.substr(end + 4)};
        const std::string length = post.header("Content-Length");
        if (post.body.size() >= (length.empty() ? 0 : std::stoul(length))) return post;
      }
      const ssize_t count = ::recv(file, buffer, sizeof buffer, 0);
      if (count <= 0) return {};
      all.append(buffer, static_cast<std::size_t>(count));
    }
  }
  void run() {
    for (;;) {
      const int file = ::accept(listener_, nullptr, nullptr);
      if (file < 0) return;
      ReceivedPost post = read(file);
      const int status = status_;
      {
        const std::lock_guard lock{mutex_};
        if (!post.head.empty()) posts_.push_back(std::move(post));
      }
      if (status == 0) {
        held_.push_back(file);
      } else {
        const std::string answer = fmt::format(
            "HTTP/1.1 {} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
        static_cast<void>(::send(file, answer.data(), answer.size(), MSG_NOSIGNAL));
        ::close(file);
      }
      come_.notify_all();
    }
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable come_;
  std::vector<ReceivedPost> posts_;
  std::vector<int> held_;  // Of the thread
  std::atomic<int> status_{204};
  std::thread thread_;
};

// An HTTP request without a library: for tests that need no more.
#pragma once

#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

struct PlainResponse {
  int status = 0;  // 0: no answer
  std::string body;
  std::string head;  // Status line and headers
};

inline PlainResponse plain_request(std::uint16_t port, const std::string& method,
                                   const std::string& target, const std::string& token,
                                   const std::string& body = "", const std::string& headers = "") {
  const int file = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n"
        "Content-Length: {}\r\n{}\r\n{}",
        method, target, port, token, body.size(), headers, body);
    std::size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t count = ::send(file, request.data() + sent, request.size() - sent, 0);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(file, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(file);
  PlainResponse response;
  if (answer.size() > 12) response.status = std::stoi(answer.substr(9, 3));
  const std::size_t end = answer.find("\r\n\r\n");
  if (end != std::string::npos) {
    response.body = answer.substr(end + 4);
    response.head = answer.substr(0, end);
  }
  return response;
}

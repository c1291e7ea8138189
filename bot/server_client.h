// Asks a running server's /v1 from the command line, with the operator's key. Blocks.
#pragma once

#include <string>

#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace bot {

class ServerClient {
 public:
  // "https://chat.shop.example", "http://localhost:8080". Errc::invalid: it is no URL.
  static nlu::Result<ServerClient> open(const std::string& url, const std::string& operator_key);

  // The JSON object that is answered. Errc::unavailable: no answer, or one that says why not;
  // Errc::forbidden, Errc::not_found; Errc::corrupt: it does not answer as Usher does.
  nlu::Result<nlu::json::object> get(const std::string& path) const;
  // The same; 422 is an answer, too: its object says what was refused.
  nlu::Result<nlu::json::object> post(const std::string& path, const nlu::json::value& body) const;

  const std::string& url() const { return base_; }
  nlu::Error no_answer() const;
  // A name in a query.
  static std::string escaped(const std::string& text);

 private:
  ServerClient(std::string base, std::string host, std::string key);
  nlu::Result<nlu::json::object> ask(const std::string& method, const std::string& path,
                                     std::string body) const;
  std::string base_, host_, key_;
};

}  // namespace bot

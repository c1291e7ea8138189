#include "bot/server_client.h"

#include <fmt/format.h>

#include "bot/http_client.h"

namespace bot {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

namespace {

constexpr std::size_t answer_bytes = std::size_t{256} << 20;
constexpr std::chrono::milliseconds patience{30'000};
constexpr std::chrono::minutes training_patience{10};  // A POST may train a model.

}  // namespace

Result<ServerClient> ServerClient::open(const std::string& url, const std::string& operator_key) {
  const auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  return ServerClient(base, parsed->host, operator_key);
}

ServerClient::ServerClient(std::string base, std::string host, std::string key)
    : base_(std::move(base)), host_(std::move(host)), key_(std::move(key)) {}

Error ServerClient::no_answer() const {
  return {Errc::corrupt, fmt::format("{} does not answer as Usher does", base_)};
}

std::string ServerClient::escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

Result<nlu::json::object> ServerClient::get(const std::string& path) const {
  return ask("GET", path, "");
}

Result<nlu::json::object> ServerClient::post(const std::string& path,
                                             const nlu::json::value& body) const {
  return ask("POST", path, nlu::json::serialize(body));
}

Result<nlu::json::object> ServerClient::ask(const std::string& method, const std::string& path,
                                            std::string body) const {
  dialog::HttpRequest request;
  request.method = method;
  request.url = base_ + path;
  request.path = path;
  request.headers = {{"Authorization", "Bearer " + key_}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.timeout = method == "GET" ? patience : training_patience;
  net::io_context io;
  HttpClientOptions options;
  options.response_bytes = answer_bytes;
  dialog::HttpOutcome outcome;
  HttpClient client(io, options);
  client.perform(std::move(request), {host_},
                 [&](dialog::HttpOutcome got) { outcome = std::move(got); });
  io.run();
  if (outcome.kind != dialog::HttpOutcome::Kind::answered)
    return Error{Errc::unavailable, fmt::format("{}: {}", base_, outcome.error)};
  const auto answer = nlu::parse_json(outcome.body, {answer_bytes, 100});
  if (outcome.status == 401 || outcome.status == 403) {
    return Error{Errc::forbidden, fmt::format("{} does not take this operator's key: name its file "
                                              "with --key-file, or set USHER_OPERATOR_KEY",
                                              base_)};
  }
  if (!answer || !answer->is_object()) return no_answer();
  if (outcome.status != 200 && outcome.status != 422) {
    const auto* problem = nlu::get_object(answer->get_object(), "error");
    const std::string why(problem == nullptr ? ""
                                             : nlu::get_string(*problem, "message").value_or(""));
    return Error{outcome.status == 404 ? Errc::not_found : Errc::unavailable,
                 fmt::format("{}{}: {} {}", base_, path, outcome.status, why)};
  }
  return answer->get_object();
}

}  // namespace bot

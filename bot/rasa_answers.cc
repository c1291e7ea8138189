#include "bot/rasa_answers.h"

#include <fmt/format.h>

#include "dialog/rasa_tracker.h"

namespace bot::rasa {

namespace json = nlu::json;
using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;

HttpResponse refusal(status code, std::string_view reason, std::string_view message,
                     json::object details) {
  HttpResponse response = json_response(code, json::object{{"version", dialog::rasa_version},
                                                           {"status", "failure"},
                                                           {"message", message},
                                                           {"reason", reason},
                                                           {"details", std::move(details)},
                                                           {"help", nullptr},
                                                           {"code", static_cast<int>(code)}});
  if (code == status::unauthorized) response.set(field::www_authenticate, "Bearer");
  if (code == status::too_many_requests || code == status::service_unavailable) {
    response.set(field::retry_after, "1");
  }
  return response;
}

HttpResponse bad_request(std::string_view message, std::string_view parameter,
                         std::string_view in) {
  json::object details;
  if (!parameter.empty()) details = {{"parameter", parameter}, {"in", in}};
  return refusal(status::bad_request, "BadRequest", message, std::move(details));
}

HttpResponse refusal(const nlu::Error& error) {
  using nlu::Errc;
  switch (error.code) {
    case Errc::invalid:
      return bad_request(error.message);
    case Errc::not_found:
      return refusal(status::not_found, "NotFound", error.message);
    case Errc::conflict:
      return refusal(status::conflict, "Conflict", error.message);
    case Errc::too_large:
      return refusal(status::payload_too_large, "TooLarge", error.message);
    case Errc::busy:
      return refusal(status::too_many_requests, "TooManyRequests", error.message);
    case Errc::timeout:
      return refusal(status::gateway_timeout, "Timeout", error.message);
    case Errc::unavailable:
      return refusal(status::service_unavailable, "Unavailable", error.message);
    case Errc::forbidden:
      return refusal(status::forbidden, "NotAuthorized", error.message);
    case Errc::corrupt:
      break;
  }
  return refusal(status::internal_server_error, "Corrupt", error.message);
}

HttpResponse store_too_slow() {
  return refusal(status::gateway_timeout, "Timeout", "the store is too slow");
}

HttpResponse no_model() {
  return refusal(status::conflict, "Conflict",
                 "No bot of that name has a model: name one of those served with ?bot=NAME, or "
                 "train it (usher train BOT).");
}

HttpResponse wrong_method(std::string_view methods) {
  HttpResponse response = refusal(status::method_not_allowed, "MethodNotAllowed",
                                  fmt::format("Here only {} will do.", methods));
  response.set(field::allow, boost::beast::string_view{methods.data(), methods.size()});
  return response;
}

std::optional<HttpResponse> not_offered(const std::vector<std::string>& path, verb method) {
  std::string instead;
  const std::string part = path.size() == 3 ? path[2] : "";
  if (path[0] == "conversations" && part == "execute") {
    instead = "Actions run where a flow comes to them: POST …/trigger_intent begins one.";
  } else if (path[0] == "conversations" && part == "predict") {
    instead = "What comes next is not guessed: POST …/messages takes a whole turn.";
  } else if (path[0] == "conversations" && path.size() == 4 && method == verb::put) {
    instead =
        "What happened is never replaced: POST appends, and DELETE /v1/conversations/ID erases.";
  } else if (path[0] == "model" && path.size() == 1) {
    instead = "A model belongs to its bot: `usher train BOT`, then SIGHUP loads it.";
  } else if (path[0] == "model" && path.size() > 1 && path[1] == "train") {
    instead = "Training is a command: `usher train BOT`, then SIGHUP loads the model.";
  } else if (path[0] == "model" && path.size() > 1 && path[1] == "test") {
    instead = "Tests are commands: `usher test BOT` for stories, `usher eval BOT` for intents.";
  } else if (path[0] == "model" && path.size() > 1 && path[1] == "predict") {
    instead = "What comes next is not guessed: POST /conversations/ID/messages takes a turn.";
  }
  if (instead.empty()) return std::nullopt;
  return refusal(status::not_implemented, "NotOffered", instead);
}

bool accepts(const HttpRequestMessage& request, std::string_view word) {
  const auto header = request[field::accept];
  return std::string_view(header.data(), header.size()).find(word) != std::string_view::npos;
}

bool wants_yaml(const HttpRequestMessage& request) {
  return accepts(request, "yaml") || accepts(request, "yml");
}

bool wants_neither(const HttpRequestMessage& request) {
  return !request[field::accept].empty() && !wants_yaml(request) && !accepts(request, "json") &&
         !accepts(request, "*/*") && !accepts(request, "application/*");
}

HttpResponse not_acceptable() {
  return refusal(status::not_acceptable, "NotAcceptable",
                 "It comes as application/json or application/yaml: say so in Accept.");
}

}  // namespace bot::rasa

// Refusals as Rasa's clients read them, and what a client wants an answer to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/beast/http/verb.hpp>

#include "bot/routes.h"

namespace bot::rasa {

HttpResponse refusal(HttpStatus code, std::string_view reason, std::string_view message,
                     nlu::json::object details = {});
HttpResponse refusal(const nlu::Error& error);
// `parameter`: the one that is wrong, and what it stands `in`.
HttpResponse bad_request(std::string_view message, std::string_view parameter = "",
                         std::string_view in = "body");
HttpResponse store_too_slow();
HttpResponse no_model();
HttpResponse wrong_method(std::string_view methods);
// What Rasa has at `path` and a deterministic engine that trains elsewhere has not, with what to do
// instead; nullopt: nothing of that kind.
std::optional<HttpResponse> not_offered(const std::vector<std::string>& path,
                                        boost::beast::http::verb method);

// Whether the request's Accept has `word` in it.
bool accepts(const HttpRequestMessage& request, std::string_view word);
// By it: YAML, or neither that nor JSON; else JSON.
bool wants_yaml(const HttpRequestMessage& request);
bool wants_neither(const HttpRequestMessage& request);
HttpResponse not_acceptable();

}  // namespace bot::rasa

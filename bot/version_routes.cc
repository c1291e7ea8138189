// /v1/reload and /v1/versions: new versions of bots, and back to old ones.
#include <boost/beast/http/verb.hpp>
#include <fmt/format.h>

#include "bot/routes.h"

namespace bot {

namespace {

using boost::beast::http::status;

constexpr std::chrono::minutes training_patience{10};

nlu::json::object to_json(const Versions::Outcome& outcome) {
  nlu::json::object one{
      {"bot", outcome.bot}, {"outcome", outcome.what}, {"version", outcome.version}};
  if (outcome.share > 0) one["share"] = outcome.share;
  if (!outcome.why.empty()) one["why"] = outcome.why;
  return one;
}

// 200, or 422 when a bot was refused: then it goes on as it was.
HttpResponse respond(const std::vector<Versions::Outcome>& outcomes) {
  nlu::json::array all;
  bool refused = false;
  for (const Versions::Outcome& one : outcomes) {
    refused |= one.what == "refused";
    all.push_back(to_json(one));
  }
  return json_response(refused ? status::unprocessable_entity : status::ok,
                       nlu::json::object{{"bots", std::move(all)}});
}

}  // namespace

awaitable<HttpResponse> OperatorRoutes::reload() {
  using Outcomes = std::vector<Versions::Outcome>;
  auto later = std::make_shared<Later<Outcomes>>(parts_.executor);
  if (!parts_.versions.reload(setter(parts_.executor, later))) {
    co_return problem(status::conflict, "busy",
                      "the bots are being loaded; what changed meanwhile is loaded after that");
  }
  const std::optional<Outcomes> outcomes = co_await later->wait(training_patience);
  if (!outcomes) {
    co_return problem(status::gateway_timeout, "timeout", "training takes long and goes on");
  }
  co_return respond(*outcomes);
}

// {"use": "VERSION"}, or {"use": "previous"}.
awaitable<HttpResponse> OperatorRoutes::use_version(const HttpRequestMessage& request,
                                                    const BotShelf::Entry& bot) {
  const auto body = nlu::parse_json(request.body());
  std::string wanted;
  if (body && body->is_object()) {
    wanted = std::string(nlu::get_string(body->get_object(), "use").value_or(""));
  }
  if (wanted.empty()) {
    co_return problem(status::bad_request, "invalid",
                      "the body must be {\"use\": \"VERSION\"} or {\"use\": \"previous\"}");
  }
  if (wanted == "previous") wanted.clear();
  using Outcomes = std::vector<Versions::Outcome>;
  auto later = std::make_shared<Later<Outcomes>>(parts_.executor);
  const auto begun = parts_.versions.use_again(bot.tenant, wanted, setter(parts_.executor, later));
  if (!begun) co_return problem(begun.error());
  const std::optional<Outcomes> outcomes = co_await later->wait(training_patience);
  if (!outcomes) {
    co_return problem(status::gateway_timeout, "timeout", "training takes long and goes on");
  }
  co_return respond(*outcomes);
}

}  // namespace bot

#include "bot/rasa_routes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include <boost/asio/thread_pool.hpp>
#include <boost/beast/http/verb.hpp>
#include <fmt/format.h>

#include "bot/rasa_answers.h"
#include "bot/rasa_requests.h"
#include "bot/tokens.h"
#include "connectors/rest.h"
#include "dialog/action_server.h"
#include "dialog/answer.h"
#include "dialog/rasa_domain.h"
#include "dialog/rasa_tracker.h"
#include "dialog/understand.h"
#include "nlu/base/calendar.h"
#include "nlu/base/json_as_yaml.h"
#include "nlu/base/unicode.h"

namespace bot {

namespace {

namespace json = nlu::json;
using namespace rasa;
using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;

constexpr std::size_t name_characters_max = 256;
constexpr std::size_t appended_max = 100;
constexpr std::size_t page = 500;  // Events read at a time
constexpr std::chrono::seconds write_patience{30};

}  // namespace

bool RasaRoutes::has(const HttpRequestMessage& request, const Target& target) {
  if (target.path.empty()) {
    return request.method() == verb::get && !accepts(request, "text/html");
  }
  static const std::set<std::string> firsts{"version", "status", "conversations",
                                            "model",   "domain", "flows"};
  return firsts.count(target.path.front()) != 0;
}

// ---- who asks ----

std::variant<RasaRoutes::Caller, HttpResponse> RasaRoutes::caller(const HttpRequestMessage& request,
                                                                  const Target& target) const {
  const RasaApi& api = parts_.config.rasa_api;
  const std::string token = bearer(request);
  const std::string given = target.get("token");
  if (same_secret(token, parts_.config.operator_key) || same_secret(given, api.token) ||
      same_secret(token, api.token)) {
    return Caller{true, ""};
  }
  std::string why = "User is not authenticated.";
  if (!api.jwt_key.empty() && !token.empty()) {
    auto user = verify_rasa_token(token, api.jwt_key, Loop::now() / 1000);
    if (user) return Caller{user->role == "admin", std::move(user->username)};
    why = user.error().message;
  }
  parts_.metrics.refused("rasa_token");
  return refusal(status::unauthorized, "NotAuthenticated", why);
}

std::variant<RasaRoutes::Wanted, HttpResponse> RasaRoutes::wanted(const Target& target) const {
  Wanted wanted;
  const std::string events = target.get("include_events");
  if (events == "NONE") {
    wanted.events = Wanted::Events::none;
  } else if (events == "ALL") {
    wanted.events = Wanted::Events::all;
  } else if (!events.empty() && events != "APPLIED" && events != "AFTER_RESTART") {
    return bad_request("include_events is NONE, APPLIED, AFTER_RESTART or ALL", "include_events",
                       "query");
  }
  const std::string until = target.get("until");
  if (until.empty()) return wanted;
  double seconds = 0;
  const auto read = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (read.ec != std::errc{} || read.ptr != until.data() + until.size() ||
      !std::isfinite(seconds) || std::abs(seconds) > 1e11) {
    return bad_request("until is a time in seconds since 1970", "until", "query");
  }
  wanted.until = std::llround(seconds * 1000);
  return wanted;
}

awaitable<HttpResponse> RasaRoutes::answer(const HttpRequestMessage& request,
                                           const Target& target) {
  const std::vector<std::string>& path = target.path;
  const verb method = request.method();
  const bool reads = method == verb::get || method == verb::head;
  const std::string first = path.empty() ? "" : path.front();
  if (path.empty()) {
    HttpResponse hello{status::ok, 11};
    hello.set(field::content_type, "text/plain; charset=utf-8");
    hello.body() = "Hello from Usher: " USHER_VERSION;
    co_return hello;
  }
  if (first == "version" && path.size() == 1) {
    if (!reads) co_return wrong_method("GET, HEAD");
    co_return json_response(status::ok, json::object{{"version", dialog::rasa_version},
                                                     {"minimum_compatible_version", "3.0.0"},
                                                     {"usher_version", USHER_VERSION}});
  }
  auto asks = caller(request, target);
  if (auto* refused = std::get_if<HttpResponse>(&asks)) co_return std::move(*refused);
  const Caller who = std::get<Caller>(asks);
  if (first != "conversations" && !who.all) {
    co_return refusal(status::forbidden, "NotAuthorized", "User has insufficient permissions.");
  }
  if (auto refused = not_offered(path, method)) co_return std::move(*refused);
  const BotShelf::Entry* bot = parts_.bots.named(target.get("bot"));
  if (!bot) co_return no_model();
  if (first == "conversations" && path.size() > 2) {
    co_return co_await conversations(request, target, who, *bot);
  }
  if (first == "status" && path.size() == 1) {
    if (!reads) co_return wrong_method("GET, HEAD");
    co_return status(*bot);
  }
  if (first == "domain" && path.size() == 1) {
    if (!reads) co_return wrong_method("GET, HEAD");
    std::function<json::value()> make = [current = bot->current()] {
      return dialog::to_domain(*current);
    };
    co_return co_await content(request, std::move(make));
  }
  if (first == "flows" && path.size() == 1) {
    if (!reads) co_return wrong_method("GET, HEAD");
    std::function<json::value()> make = [current = bot->current()] {
      return dialog::to_flows(*current);
    };
    co_return co_await content(request, std::move(make));
  }
  if (first == "model" && path.size() == 2 && path[1] == "parse") {
    if (method != verb::post) co_return wrong_method("POST");
    co_return co_await parse(request, target, *bot);
  }
  co_return refusal(status::not_found, "NotFound", "There is nothing here.");
}

awaitable<HttpResponse> RasaRoutes::conversations(const HttpRequestMessage& request,
                                                  const Target& target, Caller who,
                                                  const BotShelf::Entry& bot) {
  const std::vector<std::string>& path = target.path;
  const std::string& name = path[1];
  const verb method = request.method();
  const bool reads = method == verb::get || method == verb::head;
  const std::string part = path[2] + (path.size() > 3 ? "/" + path[3] : "");
  const bool is_events = part == "tracker/events";
  static const std::set<std::string> parts{"tracker", "tracker/events", "story", "trigger_intent",
                                           "messages"};
  if (path.size() > 4 || parts.count(part) == 0) {
    co_return refusal(status::not_found, "NotFound", "There is nothing here.");
  }
  const bool is_read = part == "tracker" || part == "story";
  if (is_read && !reads) co_return wrong_method("GET, HEAD");
  if (!is_read && method != verb::post) co_return wrong_method("POST");
  if (!who.all && (who.username != name || is_events)) {
    co_return refusal(status::forbidden, "NotAuthorized",
                      is_events ? "What a flow relies on is not the customer's own to change: "
                                  "this takes the role admin."
                                : "User has insufficient permissions.");
  }
  if (!is_read && !parts_.readiness.is_ready()) {
    co_return refusal(status::service_unavailable, "Unavailable", "not now");
  }
  auto asked = wanted(target);
  if (auto* refused = std::get_if<HttpResponse>(&asked)) co_return std::move(*refused);
  Wanted want = std::get<Wanted>(asked);
  auto located = co_await find(name, who, bot);
  if (auto* refused = std::get_if<HttpResponse>(&located)) co_return std::move(*refused);
  Found found = std::move(std::get<Found>(located));
  if (part == "tracker") co_return co_await tracker(name, std::move(found), want, bot);
  if (part == "story") {
    const bool all = target.get("all_sessions") == "true";
    co_return co_await story(name, std::move(found), want, all, bot);
  }
  want.until.reset();  // What came of it is to be seen.
  if (is_events) co_return co_await append(request, name, std::move(found), want, bot);
  if (part == "trigger_intent") {
    co_return co_await trigger(request, name, std::move(found), want, bot);
  }
  co_return co_await message(request, name, std::move(found), want, bot);
}

// ---- reading ----

// By the sender on the REST channel; for who may see all, also by the site's id for a customer, and
// by Usher's id of the conversation.
awaitable<std::variant<RasaRoutes::Found, HttpResponse>> RasaRoutes::find(
    const std::string& name, Caller who, const BotShelf::Entry& bot) {
  if (name.empty() || nlu::count_characters(name) > name_characters_max || !nlu::is_utf8(name)) {
    co_return bad_request(
        fmt::format("a conversation's id has 1 to {} characters", name_characters_max),
        "conversation_id", "path");
  }
  const std::string& bot_name = bot.current()->name;
  std::vector<dialog::ConversationId> ids{
      runtime::conversation_of_sender(bot.tenant, bot_name, name)};
  if (who.all) {
    ids.push_back(runtime::conversation_of_user(bot.tenant, bot_name, name));
    if (const auto own = dialog::parse_conversation_id(bot.tenant, name)) ids.push_back(*own);
  }
  for (const dialog::ConversationId& id : ids) {
    using Loaded = nlu::Result<std::optional<dialog::Kept>>;
    auto later = std::make_shared<Later<Loaded>>(parts_.executor);
    parts_.store.load(id, setter(parts_.executor, later));
    std::optional<Loaded> loaded = co_await later->wait(store_patience);
    if (!loaded) co_return store_too_slow();
    if (!*loaded) co_return refusal(loaded->error());
    if (**loaded) co_return Found{id, std::move(**loaded)};
  }
  co_return Found{ids.front(), std::nullopt};
}

// The state, and the newest events of those that are wanted.
awaitable<std::variant<RasaRoutes::Told, HttpResponse>> RasaRoutes::read(
    const std::string& name, Found found, Wanted wanted, const BotShelf::Entry& bot) {
  Told told;
  const dialog::BotPtr current = bot.current();
  if (!found.kept) {
    told.state.sender = name;
    for (const auto& [slot_name, slot] : current->slots) {
      if (!slot.initial.is_null()) told.state.slots[slot_name] = slot.initial;
    }
    co_return told;
  }
  const std::size_t most = parts_.config.rasa_api.events;
  dialog::EventNumber from = 1;
  if (!wanted.until) {
    auto state = conversation_of(*found.kept);
    if (!state) co_return refusal(state.error());
    told.state = std::move(*state);
    if (wanted.events == Wanted::Events::none) co_return told;
    from = told.state.last_event > most ? told.state.last_event - most + 1 : 1;
  }
  for (bool more = true; more;) {
    using Page = nlu::Result<std::vector<dialog::Event>>;
    auto later = std::make_shared<Later<Page>>(parts_.executor);
    parts_.store.read_events(found.id, from, page, setter(parts_.executor, later));
    std::optional<Page> got = co_await later->wait(store_patience);
    if (!got) co_return store_too_slow();
    if (!*got) co_return refusal(got->error());
    more = (**got).size() == page;
    for (dialog::Event& event : **got) {
      from = event.number + 1;
      if (wanted.until && event.ts > *wanted.until) {
        more = false;
        break;
      }
      if (wanted.until) {
        told.state.apply(event);
      } else if (event.number > told.state.last_event) {
        more = false;  // What has happened since the state was read
        break;
      }
      told.events.push_back(std::move(event));
    }
    if (told.events.size() > most) {
      told.events.erase(told.events.begin(), told.events.end() - static_cast<std::ptrdiff_t>(most));
    }
  }
  if (told.state.bot.empty()) told.state.sender = name;  // It had not begun by then.
  if (wanted.events == Wanted::Events::after_restart) {
    const auto is_restart = [](const dialog::Event& event) {
      const auto* ended = std::get_if<dialog::event::SessionEnded>(&event.body);
      return ended && ended->reason == "restart";
    };
    const auto last = std::find_if(told.events.rbegin(), told.events.rend(), is_restart);
    told.events.erase(told.events.begin(), last.base());
  }
  if (wanted.events == Wanted::Events::none) told.events.clear();
  co_return told;
}

awaitable<HttpResponse> RasaRoutes::written(std::function<std::string()> make,
                                            const char* media_type) {
  auto later = std::make_shared<Later<std::string>>(parts_.executor);
  auto set = setter(parts_.executor, later);
  net::post(parts_.files, [set, make = std::move(make)] { set(make()); });
  std::optional<std::string> text = co_await later->wait(write_patience);
  if (!text) co_return refusal(status::gateway_timeout, "Timeout", "it takes too long");
  HttpResponse response{status::ok, 11};
  response.set(field::content_type, media_type);
  response.body() = std::move(*text);
  co_return response;
}

awaitable<HttpResponse> RasaRoutes::tracker(const std::string& name, Found found, Wanted wanted,
                                            const BotShelf::Entry& bot, const Replies* replies) {
  auto read_now = co_await read(name, std::move(found), wanted, bot);
  if (auto* refused = std::get_if<HttpResponse>(&read_now)) co_return std::move(*refused);
  auto told = std::make_shared<Told>(std::move(std::get<Told>(read_now)));
  const dialog::BotPtr current = bot.current();
  std::string messages;
  if (replies) messages = connectors::rest::render(name, **replies);
  const bool is_quiet = wanted.events == Wanted::Events::none;
  std::function<std::string()> make = [told, current, messages, is_quiet] {
    const bool is_idle = !told->state.is_waiting_for_effect();
    json::object tracker = dialog::to_tracker(*current, told->state, told->events, is_idle);
    if (is_quiet) tracker["events"] = nullptr;
    std::string text = json::serialize(tracker);
    if (messages.empty()) return text;
    return fmt::format("{{\"tracker\":{},\"messages\":{}}}", text, messages);
  };
  co_return co_await written(std::move(make), "application/json");
}

awaitable<HttpResponse> RasaRoutes::story(const std::string& name, Found found, Wanted wanted,
                                          bool all, const BotShelf::Entry& bot) {
  wanted.events = Wanted::Events::all;
  auto read_now = co_await read(name, std::move(found), wanted, bot);
  if (auto* refused = std::get_if<HttpResponse>(&read_now)) co_return std::move(*refused);
  auto told = std::make_shared<Told>(std::move(std::get<Told>(read_now)));
  if (!all) {  // The last session's
    const auto begins = [](const dialog::Event& event) {
      return std::holds_alternative<dialog::event::SessionStarted>(event.body);
    };
    const auto last = std::find_if(told->events.rbegin(), told->events.rend(), begins);
    if (last != told->events.rend()) told->events.erase(told->events.begin(), last.base() - 1);
  }
  std::function<std::string()> make = [told, name] {
    return nlu::json_as_yaml(dialog::to_story(name, told->events));
  };
  co_return co_await written(std::move(make), "text/plain; charset=utf-8");
}

// ---- writing ----

// One event, or a list of them: all are kept in one batch, or none.
awaitable<HttpResponse> RasaRoutes::append(const HttpRequestMessage& request,
                                           const std::string& name, Found found, Wanted wanted,
                                           const BotShelf::Entry& bot) {
  auto body = nlu::parse_json(request.body());
  if (!body) co_return bad_request(body.error().message);
  json::array events;
  if (body->is_object()) {
    events.push_back(std::move(*body));
  } else if (body->is_array()) {
    events = std::move(body->get_array());
  }
  if (events.empty() || events.size() > appended_max) {
    co_return bad_request(
        fmt::format("the body is an event, or a list of 1 to {} events", appended_max));
  }
  for (const json::value& event : events) {
    const json::object* one = event.if_object();
    const std::string fault = one ? fault_of(*bot.current(), *one) : "an event is an object";
    if (!fault.empty()) co_return bad_request(fault, "event");
  }
  runtime::SystemActs acts;
  acts.id = found.id;
  acts.happened.name = dialog::tracker_events;
  acts.happened.data = std::move(events);
  if (!found.kept) acts.sender = name;
  std::function<runtime::Input(runtime::Request)> make = [&acts](runtime::Request number) {
    acts.request = number;
    return runtime::Input{std::move(acts)};
  };
  const Replies replies = co_await parts_.loop.ask(std::move(make));
  if (!replies) co_return refusal(replies.error());
  co_return co_await after(name, found.id, wanted, bot, nullptr);
}

awaitable<Replies> RasaRoutes::say(const std::string& name, const Found& found, std::string text,
                                   const BotShelf::Entry& bot) {
  runtime::Posted posted;
  posted.tenant = bot.tenant;
  posted.channel = "rest";
  posted.message = {name, std::move(text), ""};
  if (found.kept) posted.id = found.id;
  std::function<runtime::Input(runtime::Request)> make = [&posted](runtime::Request number) {
    posted.request = number;
    return runtime::Input{std::move(posted)};
  };
  co_return co_await parts_.loop.ask(std::move(make));
}

// The tracker as it has become.
awaitable<HttpResponse> RasaRoutes::after(const std::string& name, dialog::ConversationId id,
                                          Wanted wanted, const BotShelf::Entry& bot,
                                          const Replies* replies) {
  using Loaded = nlu::Result<std::optional<dialog::Kept>>;
  auto later = std::make_shared<Later<Loaded>>(parts_.executor);
  parts_.store.load(id, setter(parts_.executor, later));
  std::optional<Loaded> loaded = co_await later->wait(store_patience);
  if (!loaded) co_return store_too_slow();
  if (!*loaded) co_return refusal(loaded->error());
  Found now{id, std::move(**loaded)};
  co_return co_await tracker(name, std::move(now), wanted, bot, replies);
}

awaitable<HttpResponse> RasaRoutes::trigger(const HttpRequestMessage& request,
                                            const std::string& name, Found found, Wanted wanted,
                                            const BotShelf::Entry& bot) {
  const auto body = nlu::parse_json(request.body());
  if (!body) co_return bad_request(body.error().message);
  const std::string intent = text_of(*body, "name");
  if (intent.empty()) co_return bad_request("'name' names an intent", "name");
  if (!knows_intent(*bot.current(), intent)) {
    co_return refusal(status::not_found, "NotFound",
                      fmt::format("The intent '{}' does not exist in the domain.", intent));
  }
  const auto entities = entities_in(*body);
  if (!entities) co_return refusal(entities.error());
  std::string text = "/" + intent;
  if (!entities->empty()) text += json::serialize(*entities);
  if (nlu::count_characters(text) > text_characters_max) {
    co_return bad_request(
        fmt::format("intent and entities have at most {} characters", text_characters_max));
  }
  const Replies replies = co_await say(name, found, std::move(text), bot);
  if (!replies) co_return refusal(replies.error());
  co_return co_await after(name, found.id, wanted, bot, &replies);
}

awaitable<HttpResponse> RasaRoutes::message(const HttpRequestMessage& request,
                                            const std::string& name, Found found, Wanted wanted,
                                            const BotShelf::Entry& bot) {
  const auto body = nlu::parse_json(request.body());
  if (!body) co_return bad_request(body.error().message);
  const std::string sender = text_of(*body, "sender");
  if (!sender.empty() && sender != "user") {
    co_return bad_request(
        "'sender' is user: what the bot is to say is a bot event, POST …/tracker/events", "sender");
  }
  std::string text = text_of(*body, "text");
  if (text.empty() || nlu::count_characters(text) > text_characters_max) {
    co_return bad_request(fmt::format("'text' has 1 to {} characters", text_characters_max),
                          "text");
  }
  const Replies replies = co_await say(name, found, std::move(text), bot);
  if (!replies) co_return refusal(replies.error());
  co_return co_await after(name, found.id, wanted, bot, nullptr);
}

// ---- the bot ----

HttpResponse RasaRoutes::status(const BotShelf::Entry& bot) const {
  const InterpreterPtr interpreter = parts_.worker.interpreter(bot.tenant, bot.current()->version);
  if (!interpreter) return no_model();
  const dialog::Bot& current = *bot.current();
  return json_response(HttpStatus::ok, json::object{{"model_id", interpreter->version()},
                                                    {"model_file", bot.folder},
                                                    {"num_active_training_jobs", 0},
                                                    {"bot", current.name},
                                                    {"bot_version", current.version}});
}

awaitable<HttpResponse> RasaRoutes::parse(const HttpRequestMessage& request, const Target& target,
                                          const BotShelf::Entry& bot) {
  const auto body = nlu::parse_json(request.body());
  if (!body) co_return bad_request(body.error().message);
  const std::string text = text_of(*body, "text");
  if (text.empty() || nlu::count_characters(text) > text_characters_max) {
    co_return bad_request(fmt::format("'text' has 1 to {} characters", text_characters_max),
                          "text");
  }
  std::string emulated = text_of(*body, "emulation_mode");
  if (emulated.empty()) emulated = target.get("emulation_mode");
  if (!emulated.empty() && emulated != "rasa" && emulated != "NONE") {
    co_return bad_request("there is no emulation_mode but Rasa's own shape: leave it out",
                          "emulation_mode");
  }
  const InterpreterPtr interpreter = parts_.worker.interpreter(bot.tenant, bot.current()->version);
  if (!interpreter) co_return no_model();
  const auto said = co_await interpret(parts_, interpreter, *bot.current(), text);
  if (!said) co_return refusal(status::gateway_timeout, "Timeout", "it takes too long");
  const dialog::Bot& current = *bot.current();
  dialog::Conversation fresh;
  fresh.bot = current.name;
  fresh.language = current.language;
  json::array commands;
  for (const dialog::Command& command : dialog::understand(
           current, fresh, text, "", {}, *said, nlu::iso_minute(Loop::now(), current.time_zone))) {
    commands.push_back(dialog::to_rasa_command(command));
  }
  json::object answer = dialog::to_parse_data(text, *said);
  if (const std::string id = text_of(*body, "message_id"); !id.empty()) answer["message_id"] = id;
  answer["commands"] = std::move(commands);
  co_return json_response(status::ok, answer);
}

awaitable<HttpResponse> RasaRoutes::content(const HttpRequestMessage& request,
                                            std::function<json::value()> make) {
  if (wants_neither(request)) co_return not_acceptable();
  const bool yaml = wants_yaml(request);
  std::function<std::string()> write = [make = std::move(make), yaml] {
    return yaml ? nlu::json_as_yaml(make()) : json::serialize(make());
  };
  co_return co_await written(std::move(write), yaml ? "application/yaml" : "application/json");
}

}  // namespace bot

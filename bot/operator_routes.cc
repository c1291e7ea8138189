// /v1, for who has the operator's key.
#include <algorithm>
#include <charconv>

#include <boost/asio/thread_pool.hpp>
#include <boost/beast/http/verb.hpp>
#include <fmt/format.h>

#include "bot/routes.h"
#include "nlu/base/calendar.h"

namespace bot {

namespace {

using boost::beast::http::status;
using boost::beast::http::verb;

nlu::json::object summary(const dialog::ConversationId& id, const dialog::Conversation& state) {
  nlu::json::array stack;
  for (const dialog::Frame& frame : state.stack) {
    stack.push_back({{"flow", frame.flow}, {"step", frame.step}, {"waiting", frame.waiting}});
  }
  nlu::json::object slots;
  for (const auto& slot : state.slots) slots[slot.first] = slot.second;
  return {{"id", dialog::to_string(id)},
          {"bot", state.bot},
          {"bot_version", state.bot_version},
          {"channel", state.channel},
          {"language", state.language},
          {"sender", state.sender},
          {"user", state.user},
          {"user_name", state.user_name},
          {"started", state.started},
          {"last_activity", state.last_activity},
          {"turn", state.turn},
          {"session", state.session},
          {"session_open", state.session_open},
          {"last_event", state.last_event},
          {"head_seq", state.head_seq},
          {"handover", state_name(state.handover)},
          {"handover_by", state.handover_by},
          {"slots", std::move(slots)},
          {"stack", std::move(stack)}};
}

constexpr std::size_t happened_bytes = 64 << 10;

}  // namespace

std::size_t number_of(const std::string& text, std::size_t fallback, std::size_t max) {
  std::size_t value = fallback;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{}) return fallback;
  return std::min(value, max);
}

awaitable<std::optional<nlu::Interpretation>> interpret(Parts& parts, InterpreterPtr interpreter,
                                                        const dialog::Bot& bot, std::string text) {
  auto later = std::make_shared<Later<nlu::Interpretation>>(parts.executor);
  auto set = setter(parts.executor, later);
  const nlu::Utterance utterance{std::move(text), nlu::iso_date(Loop::now(), bot.time_zone)};
  net::post(parts.files, [set, utterance, interpreter] {
    std::vector<nlu::Interpretation> found = interpreter->interpret({&utterance, 1});
    set(found.empty() ? nlu::Interpretation{} : std::move(found.front()));
  });
  co_return co_await later->wait(store_patience);
}

HttpResponse too_slow() {
  return problem(status::gateway_timeout, "timeout", "the store is too slow");
}

awaitable<HttpResponse> OperatorRoutes::answer(const HttpRequestMessage& request,
                                               const Target& target) {
  const std::vector<std::string>& path = target.path;
  const std::string what = path.size() > 1 ? path[1] : "";
  const verb method = request.method();
  const bool reads = method == verb::get || method == verb::head;
  if (what == "bots" && path.size() == 2) {
    if (!reads) co_return not_allowed("GET, HEAD");
    co_return bots();
  }
  if (what == "parse" && path.size() == 2) {
    if (method != verb::post) co_return not_allowed("POST");
    co_return co_await parse(request);
  }
  if (what == "reload" && path.size() == 2) {
    if (method != verb::post) co_return not_allowed("POST");
    co_return co_await reload();
  }
  const bool counts = what == "mood" || what == "alerts" || what == "versions" || what == "stats" ||
                      what == "sessions" || what == "flows";
  if (what != "conversations" && what != "handovers" && !counts) {
    co_return problem(status::not_found, "not_found", "there is nothing here");
  }
  const BotShelf::Entry* bot = parts_.bots.named(target.get("bot"));
  if (!bot) co_return problem(status::not_found, "unknown_bot", "no bot has that name: ?bot=NAME");
  if (what == "versions" && path.size() == 2 && method == verb::post) {
    co_return co_await use_version(request, *bot);
  }
  if (path.size() == 2) {
    if (!reads) co_return not_allowed(what == "versions" ? "GET, HEAD, POST" : "GET, HEAD");
    if (what == "versions") {
      co_return json_response(
          status::ok, parts_.versions.list(bot->tenant, parts_.loop.runtime().stats().versions));
    }
    if (what == "handovers") co_return co_await handovers(target, bot->tenant);
    if (what == "mood") co_return co_await mood(target, *bot);
    if (what == "alerts") co_return co_await alerts(target, *bot);
    if (what == "stats") co_return co_await stats(target, *bot);
    if (what == "sessions") co_return co_await sessions(target, *bot);
    if (what == "flows") co_return flows(*bot);
    co_return co_await conversations(target, bot->tenant);
  }
  if (what == "flows" && path.size() == 3) {
    if (!reads) co_return not_allowed("GET, HEAD");
    co_return co_await drawing(target, *bot);
  }
  const auto id = dialog::parse_conversation_id(bot->tenant, path[2]);
  const std::string part = path.size() == 4 ? path[3] : "";
  if (!id || what != "conversations" || path.size() > 4) {
    co_return problem(status::not_found, "not_found", "there is nothing here");
  }
  if (path.size() == 3 && method == verb::delete_) co_return co_await erase(*id, *bot);
  if (path.size() == 3) {
    if (!reads) co_return not_allowed("GET, HEAD, DELETE");
    co_return co_await conversation(*id);
  }
  if (part == "events") {
    if (method == verb::post) co_return co_await happen(request, *id, *bot);
    if (!reads) co_return not_allowed("GET, HEAD, POST");
    co_return co_await events(target, *id);
  }
  if (part == "explain") {
    if (!reads) co_return not_allowed("GET, HEAD");
    co_return co_await explain(target, *id, *bot);
  }
  if (part == "handover") {
    if (reads) co_return co_await handover(target, *id);
    if (method != verb::post) co_return not_allowed("GET, HEAD, POST");
    co_return co_await handover(request, *id);
  }
  co_return problem(status::not_found, "not_found", "there is nothing here");
}

HttpResponse OperatorRoutes::bots() const {
  nlu::json::array all;
  for (const auto& entry : parts_.bots.all()) {
    const dialog::Bot& bot = *entry.second.current();
    const InterpreterPtr interpreter = parts_.worker.interpreter(entry.first, bot.version);
    all.push_back({{"name", bot.name},
                   {"title", bot.title},
                   {"language", bot.language},
                   {"version", bot.version},
                   {"model_version", interpreter ? interpreter->version() : ""},
                   {"versions_loaded", entry.second.versions.size()}});
  }
  return json_response(status::ok, nlu::json::object{{"bots", std::move(all)}});
}

awaitable<HttpResponse> OperatorRoutes::conversations(const Target& target, dialog::Tenant tenant) {
  const std::size_t limit = std::max<std::size_t>(number_of(target.get("limit"), 100, 1000), 1);
  std::optional<dialog::ConversationId> after;
  if (!target.get("after").empty()) {
    after = dialog::parse_conversation_id(tenant, target.get("after"));
    if (!after)
      co_return problem(status::bad_request, "invalid", "`after` is no conversation's id");
  }
  using Found = nlu::Result<std::vector<dialog::ConversationId>>;
  auto later = std::make_shared<Later<Found>>(parts_.executor);
  parts_.store.scan(tenant, after, limit, setter(parts_.executor, later));
  const std::optional<Found> found = co_await later->wait(store_patience);
  if (!found) co_return too_slow();
  if (!*found) co_return problem(found->error());
  nlu::json::array ids;
  for (const dialog::ConversationId& id : **found) {
    ids.push_back(nlu::json::object{{"id", dialog::to_string(id)}});
  }
  nlu::json::value next;  // Where the following page begins; null: there is none.
  if ((**found).size() == limit) next = nlu::json::string(dialog::to_string((**found).back()));
  co_return json_response(
      status::ok, nlu::json::object{{"conversations", std::move(ids)}, {"next", std::move(next)}});
}

awaitable<HttpResponse> OperatorRoutes::conversation(dialog::ConversationId id) {
  using Found = nlu::Result<std::optional<dialog::Kept>>;
  auto later = std::make_shared<Later<Found>>(parts_.executor);
  parts_.store.load(id, setter(parts_.executor, later));
  const std::optional<Found> found = co_await later->wait(store_patience);
  if (!found) co_return too_slow();
  if (!*found) co_return problem(found->error());
  if (!**found) co_return problem(status::not_found, "not_found", "no such conversation");
  const auto state = conversation_of(***found);
  if (!state) co_return problem(state.error());
  co_return json_response(status::ok, summary(id, *state));
}

awaitable<HttpResponse> OperatorRoutes::events(const Target& target, dialog::ConversationId id) {
  const std::size_t limit = std::max<std::size_t>(number_of(target.get("limit"), 100, 1000), 1);
  const std::size_t from = number_of(target.get("from"), 1, SIZE_MAX);
  using Found = nlu::Result<std::vector<dialog::Event>>;
  auto later = std::make_shared<Later<Found>>(parts_.executor);
  parts_.store.read_events(id, from, limit, setter(parts_.executor, later));
  const std::optional<Found> found = co_await later->wait(store_patience);
  if (!found) co_return too_slow();
  if (!*found) co_return problem(found->error());
  std::string text = "{\"events\":[";
  for (const dialog::Event& event : **found) {
    if (text.back() != '[') text += ',';
    text += fmt::format("{{\"number\":{},\"seq\":{},\"event\":{}}}", event.number, event.seq,
                        dialog::encode(event));
  }
  co_return json_text(status::ok, text + "]}");
}

// 204; 200 when the bot's examples still have words from the conversation: only its author's
// `usher inbox forget` takes those away.
awaitable<HttpResponse> OperatorRoutes::erase(dialog::ConversationId id,
                                              const BotShelf::Entry& bot) {
  const dialog::BotPtr loaded = bot.current();
  const std::string folder = bot.folder;
  using Done = nlu::Result<void>;
  auto later = std::make_shared<Later<Done>>(parts_.executor);
  auto set = setter(parts_.executor, later);
  Uploads& uploads = parts_.uploads;
  RocksdbStore& store = parts_.store;
  parts_.loop.feed(runtime::Forget{id});
  net::post(parts_.files, [set, id, &uploads, &store] {
    if (const auto erased = uploads.erase(id); !erased) return set(erased.error());
    store.erase(id, set);
  });
  const std::optional<Done> done = co_await later->wait(store_patience);
  if (!done) co_return too_slow();
  if (!*done) co_return problem(done->error());
  parts_.loop.feed(runtime::Forget{id});
  parts_.loop.handovers().forget(id);
  parts_.versions.forget(id.tenant, id);
  parts_.hooks.forget(id);
  parts_.log.info("conversation_erased",
                  {{"tenant", id.tenant}, {"conversation", dialog::to_string(id)}});
  const auto& examples = loaded->training.examples;
  const auto left = std::count_if(examples.begin(), examples.end(), [&](const auto& example) {
    return example.subject == dialog::to_string(id);
  });
  if (left == 0) co_return HttpResponse{status::no_content, 11};
  co_return json_response(
      status::ok,
      nlu::json::object{{"erased", true},
                        {"examples_left", left},
                        {"message", fmt::format("examples were taken from this conversation: usher "
                                                "inbox forget {} {}",
                                                folder, dialog::to_string(id))}});
}

// {"event": "delivered", "data": {…}} for what waits for it, or {"start_flow": "x", "slots": {…}}.
awaitable<HttpResponse> OperatorRoutes::happen(const HttpRequestMessage& request,
                                               dialog::ConversationId id,
                                               const BotShelf::Entry& bot) {
  const auto body = nlu::parse_json(request.body(), {.bytes = happened_bytes, .depth = 32});
  if (!body || !body->is_object()) {
    co_return problem(
        status::bad_request, "invalid",
        fmt::format("the body must be a JSON object of at most {} bytes", happened_bytes));
  }
  const nlu::json::object& object = body->get_object();
  runtime::SystemActs acts;
  acts.id = id;
  acts.happened.name = nlu::get_string(object, "event").value_or("");
  acts.happened.flow = nlu::get_string(object, "start_flow").value_or("");
  if (const nlu::json::value* data = object.if_contains("data")) acts.happened.data = *data;
  if (const nlu::json::object* slots = nlu::get_object(object, "slots")) {
    acts.happened.slots = *slots;
  }
  if (acts.happened.name.empty() && acts.happened.flow.empty()) {
    co_return problem(status::bad_request, "invalid",
                      "`event` names what happened, or `start_flow` a flow");
  }
  if (acts.happened.name.starts_with('/')) {
    co_return problem(status::bad_request, "invalid",
                      "names of events that begin with '/' are Usher's own");
  }
  if (acts.happened.name.size() > 200) {
    co_return problem(status::bad_request, "invalid", "`event` has at most 200 bytes");
  }
  const dialog::Bot& newest = *bot.current();
  const dialog::Flow* flow = newest.find_flow(acts.happened.flow);
  if (!acts.happened.flow.empty() && (flow == nullptr || flow->is_pattern)) {
    co_return problem(status::not_found, "unknown_flow", "the bot has no flow of that name");
  }
  for (const auto& slot : acts.happened.slots) {
    if (newest.find_slot(std::string(slot.key())) == nullptr) {
      co_return problem(status::bad_request, "invalid",
                        fmt::format("the bot has no slot '{}'", std::string(slot.key())));
    }
  }
  std::function<runtime::Input(runtime::Request)> make = [&acts](runtime::Request number) {
    acts.request = number;
    return runtime::Input{std::move(acts)};
  };
  co_return co_await act(std::move(make));
}

awaitable<HttpResponse> OperatorRoutes::act(std::function<runtime::Input(runtime::Request)> make) {
  const Replies replies = co_await parts_.loop.ask(std::move(make));
  if (!replies) co_return problem(replies.error());
  nlu::json::array seqs;
  for (const dialog::Event& event : *replies) seqs.push_back(nlu::json::value(event.seq));
  co_return json_response(status::ok, nlu::json::object{{"done", true}, {"seqs", std::move(seqs)}});
}

awaitable<HttpResponse> OperatorRoutes::parse(const HttpRequestMessage& request) {
  const auto body = nlu::parse_json(request.body());
  if (!body || !body->is_object()) {
    co_return problem(status::bad_request, "invalid", "the body must be a JSON object");
  }
  const nlu::json::object& object = body->get_object();
  const std::string text{nlu::get_string(object, "text").value_or("")};
  if (text.empty() || text.size() > 16'000) {
    co_return problem(status::bad_request, "invalid", "`text` has 1 to 16,000 bytes");
  }
  const BotShelf::Entry* bot = parts_.bots.named(nlu::get_string(object, "bot").value_or(""));
  if (!bot) co_return problem(status::not_found, "unknown_bot", "no bot has that name: `bot`");
  const InterpreterPtr interpreter =
      parts_.worker.interpreter(bot->tenant, bot->current()->version);
  if (!interpreter) co_return problem(status::service_unavailable, "unavailable", "no model");
  const auto interpretation = co_await interpret(parts_, interpreter, *bot->current(), text);
  if (!interpretation) co_return problem(status::gateway_timeout, "timeout", "it takes too long");
  co_return json_response(status::ok, nlu::to_json(*interpretation));
}

}  // namespace bot

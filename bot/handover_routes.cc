// /v1/handovers: who waits for a person, or has one, and what that person does.
#include <algorithm>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include "bot/routes.h"

namespace bot {

namespace {

using boost::beast::http::status;

constexpr std::size_t messages_usual = 10, messages_max = 50;

// What was written, as a person reads it; null for what is no message.
nlu::json::value message_of(const dialog::Event& event) {
  const auto message = [&](std::string_view from, const std::string& text) {
    return nlu::json::object{{"seq", event.seq}, {"ts", event.ts}, {"from", from}, {"text", text}};
  };
  if (const auto* said = std::get_if<dialog::event::Uttered>(&event.body)) {
    nlu::json::object one = message("customer", said->text);
    if (said->attachment) {
      one["attachment"] = {{"upload", said->attachment->upload}, {"name", said->attachment->name}};
    }
    return one;
  }
  if (const auto* reply = std::get_if<dialog::event::Replied>(&event.body)) {
    return message("bot", reply->text);
  }
  if (const auto* wrote = std::get_if<dialog::event::PersonWrote>(&event.body)) {
    nlu::json::object one = message("person", wrote->text);
    one["by"] = wrote->by;
    return one;
  }
  return nullptr;
}

}  // namespace

awaitable<nlu::json::value> OperatorRoutes::told(HandoverEntry entry, std::size_t messages) {
  nlu::json::array last;
  if (messages > 0) {
    using Found = nlu::Result<std::optional<dialog::Kept>>;
    auto kept = std::make_shared<Later<Found>>(parts_.executor);
    parts_.store.load(entry.id, setter(parts_.executor, kept));
    const std::optional<Found> found = co_await kept->wait(store_patience);
    if (!found || !*found) co_return nullptr;
    dialog::Seq head = entry.seq;
    if (**found) {
      const auto state = conversation_of(***found);
      if (state) head = state->head_seq;
    }
    // Some of what can be seen are no messages, so twice as many are looked at.
    const dialog::Seq from = head > 2 * messages ? head - 2 * messages : 0;
    using Events = nlu::Result<std::vector<dialog::Event>>;
    auto later = std::make_shared<Later<Events>>(parts_.executor);
    parts_.store.read_visible(entry.id, from, 2 * messages, setter(parts_.executor, later));
    const std::optional<Events> events = co_await later->wait(store_patience);
    if (!events || !*events) co_return nullptr;
    for (const dialog::Event& event : **events) {
      nlu::json::value one = message_of(event);
      if (!one.is_null()) last.push_back(std::move(one));
    }
    if (last.size() > messages) {
      last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(messages));
    }
  }
  nlu::json::object all{{"conversation", dialog::to_string(entry.id)},
                        {"state", state_name(entry.last.state)},
                        {"since", entry.since},
                        {"by", entry.last.by},
                        {"queue", entry.last.queue},
                        {"summary", entry.last.summary},
                        {"about", entry.last.about}};
  if (messages > 0) all["messages"] = std::move(last);
  co_return all;
}

// Who has waited longest comes first.
awaitable<HttpResponse> OperatorRoutes::handovers(const Target& target, dialog::Tenant tenant) {
  const std::size_t limit = std::max<std::size_t>(number_of(target.get("limit"), 100, 1000), 1);
  const std::size_t messages = number_of(target.get("messages"), messages_usual, messages_max);
  const bool one_queue = target.query.count("queue") != 0;
  const std::string queue = target.get("queue"), state = target.get("state");
  if (!state.empty() && state != "requested" && state != "accepted") {
    co_return problem(status::bad_request, "invalid", "`state` is requested or accepted");
  }
  std::vector<HandoverEntry> entries = parts_.loop.handovers().of(tenant);
  std::erase_if(entries, [&](const HandoverEntry& entry) {
    return (one_queue && entry.last.queue != queue) ||
           (!state.empty() && state_name(entry.last.state) != state);
  });
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const HandoverEntry& a, const HandoverEntry& b) { return a.since < b.since; });
  const std::size_t total = entries.size();
  if (entries.size() > limit) entries.resize(limit);
  nlu::json::array all;
  for (HandoverEntry& entry : entries) {
    nlu::json::value one = co_await told(std::move(entry), messages);
    if (one.is_null()) co_return too_slow();
    all.push_back(std::move(one));
  }
  co_return json_response(status::ok,
                          nlu::json::object{{"handovers", std::move(all)}, {"total", total}});
}

awaitable<HttpResponse> OperatorRoutes::handover(const Target& target, dialog::ConversationId id) {
  const HandoverEntry* entry = parts_.loop.handovers().find(id);
  if (!entry) {
    co_return problem(status::not_found, "not_found", "nobody is asked for there, or has come");
  }
  HandoverEntry found = *entry;
  const std::size_t messages = number_of(target.get("messages"), messages_usual, messages_max);
  const nlu::json::value one = co_await told(std::move(found), messages);
  if (one.is_null()) co_return too_slow();
  co_return json_response(status::ok, one);
}

awaitable<HttpResponse> OperatorRoutes::handover(const HttpRequestMessage& request,
                                                 dialog::ConversationId id) {
  const auto body = nlu::parse_json(request.body());
  if (!body || !body->is_object()) {
    co_return problem(status::bad_request, "invalid", "the body must be a JSON object");
  }
  const nlu::json::object& object = body->get_object();
  runtime::PersonActs acts;
  acts.id = id;
  acts.by = nlu::get_string(object, "by").value_or("");
  acts.text = nlu::get_string(object, "text").value_or("");
  const std::string_view action = nlu::get_string(object, "action").value_or("");
  if (action == "accept") {
    acts.what = runtime::PersonActs::What::accept;
  } else if (action == "write") {
    acts.what = runtime::PersonActs::What::write;
  } else if (action == "release") {
    acts.what = runtime::PersonActs::What::release;
  } else {
    co_return problem(status::bad_request, "invalid", "`action` is accept, write or release");
  }
  const bool writes = acts.what == runtime::PersonActs::What::write;
  if (acts.by.empty() || acts.by.size() > 200) {
    co_return problem(status::bad_request, "invalid", "`by` names the person, 1 to 200 bytes");
  }
  if (writes && (acts.text.empty() || acts.text.size() > 16'000)) {
    co_return problem(status::bad_request, "invalid", "`text` has 1 to 16,000 bytes");
  }
  std::function<runtime::Input(runtime::Request)> make = [&acts](runtime::Request number) {
    acts.request = number;
    return runtime::Input{std::move(acts)};
  };
  co_return co_await act(std::move(make));
}

}  // namespace bot

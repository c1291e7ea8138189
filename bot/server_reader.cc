// Conversations over a server's /v1.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bot/conversation_source.h"
#include "bot/http_client.h"
#include "nlu/base/json.h"

namespace bot {
namespace {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr std::size_t answer_bytes = std::size_t{256} << 20;
constexpr int events_at_once = 200;
constexpr int conversations_at_once = 1000;
constexpr std::chrono::milliseconds patience{30'000};

// A name in a query.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

class ServerReader final : public ConversationSource {
 public:
  ServerReader(std::string base, std::string host, std::string key)
      : base_(std::move(base)), host_(std::move(host)), key_(std::move(key)) {}

  Result<void> read(const std::string& bot, const Take& take) override {
    const std::string query = "bot=" + escaped(bot);
    std::string after;
    for (;;) {
      const auto page =
          get(fmt::format("/v1/conversations?{}&limit={}{}", query, conversations_at_once,
                          after.empty() ? "" : "&after=" + after));
      if (!page) return page.error();
      const auto* ids = nlu::get_array(*page, "conversations");
      if (ids == nullptr) return no_answer();
      for (const auto& one : *ids) {
        if (!one.is_object()) return no_answer();
        const std::string id(nlu::get_string(one.get_object(), "id").value_or(""));
        if (auto done = read_events(id, query, take); !done) return done;
      }
      after = std::string(nlu::get_string(*page, "next").value_or(""));
      if (after.empty()) return {};
    }
  }

  Result<std::vector<dialog::Event>> read_one(const std::string& bot,
                                              const std::string& id) override {
    std::vector<dialog::Event> events;
    const std::string query = bot.empty() ? "" : "bot=" + escaped(bot);
    auto read =
        read_events(id, query, [&](const dialog::ConversationId&, const dialog::Event& event) {
          events.push_back(event);
        });
    if (!read) return read.error();
    if (!events.empty()) return events;
    return Error{Errc::not_found, fmt::format("{} has no conversation {}", base_, id)};
  }

 private:
  Error no_answer() const {
    return {Errc::corrupt, fmt::format("{} does not answer as Usher does", base_)};
  }

  Result<void> read_events(const std::string& text, const std::string& query, const Take& take) {
    const auto id = dialog::parse_conversation_id(0, text);
    if (!id) return no_answer();
    for (dialog::EventNumber from = 1;;) {
      const auto page = get(fmt::format("/v1/conversations/{}/events?{}&from={}&limit={}", text,
                                        query, from, events_at_once));
      if (!page) return page.error();
      const auto* events = nlu::get_array(*page, "events");
      if (events == nullptr) return no_answer();
      for (const auto& one : *events) {
        const auto number =
            one.is_object() ? nlu::get_integer(one.get_object(), "number") : std::nullopt;
        const auto* body = one.is_object() ? one.get_object().if_contains("event") : nullptr;
        if (!number || !body) return no_answer();
        const auto event = dialog::decode_event(static_cast<dialog::EventNumber>(*number),
                                                nlu::json::serialize(*body));
        if (!event) {
          return Error{event.error().code,
                       fmt::format("conversation {}: {}", text, event.error().message)};
        }
        take(*id, *event);
        from = static_cast<dialog::EventNumber>(*number) + 1;
      }
      if (events->size() < static_cast<std::size_t>(events_at_once)) return {};
    }
  }

  Result<nlu::json::object> get(const std::string& path) {
    dialog::HttpRequest request;
    request.method = "GET";
    request.url = base_ + path;
    request.path = path;
    request.headers = {{"Authorization", "Bearer " + key_}};
    request.timeout = patience;
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
    const auto body = nlu::parse_json(outcome.body, {answer_bytes, 100});
    if (outcome.status == 401 || outcome.status == 403) {
      return Error{Errc::forbidden,
                   fmt::format("{} does not take this operator's key: name its file with "
                               "--key-file, or set USHER_OPERATOR_KEY",
                               base_)};
    }
    if (!body || !body->is_object()) return no_answer();
    if (outcome.status != 200) {
      const auto* problem = nlu::get_object(body->get_object(), "error");
      const std::string why(problem == nullptr ? ""
                                               : nlu::get_string(*problem, "message").value_or(""));
      return Error{outcome.status == 404 ? Errc::not_found : Errc::unavailable,
                   fmt::format("{}{}: {} {}", base_, path, outcome.status, why)};
    }
    return body->get_object();
  }

  const std::string base_, host_, key_;
};

}  // namespace

Result<std::unique_ptr<ConversationSource>> read_server(const std::string& url,
                                                        const std::string& operator_key) {
  const auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  return std::unique_ptr<ConversationSource>(
      std::make_unique<ServerReader>(base, parsed->host, operator_key));
}

}  // namespace bot

// Conversations over a server's /v1.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bot/conversation_source.h"
#include "bot/server_client.h"
#include "nlu/base/json.h"

namespace bot {
namespace {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr int events_at_once = 200;
constexpr int conversations_at_once = 1000;

class ServerReader final : public ConversationSource {
 public:
  explicit ServerReader(ServerClient client) : client_(std::move(client)) {}

  Result<void> read(const std::string& bot, const Take& take) override {
    const std::string query = "bot=" + ServerClient::escaped(bot);
    std::string after;
    for (;;) {
      const auto page =
          client_.get(fmt::format("/v1/conversations?{}&limit={}{}", query, conversations_at_once,
                                  after.empty() ? "" : "&after=" + after));
      if (!page) return page.error();
      const auto* ids = nlu::get_array(*page, "conversations");
      if (ids == nullptr) return client_.no_answer();
      for (const auto& one : *ids) {
        if (!one.is_object()) return client_.no_answer();
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
    const std::string query = bot.empty() ? "" : "bot=" + ServerClient::escaped(bot);
    auto read =
        read_events(id, query, [&](const dialog::ConversationId&, const dialog::Event& event) {
          events.push_back(event);
        });
    if (!read) return read.error();
    if (!events.empty()) return events;
    return Error{Errc::not_found, fmt::format("{} has no conversation {}", client_.url(), id)};
  }

  Result<nlu::json::object> stats(const std::string& bot, const dialog::StatQuery& query) override {
    std::string by;
    for (const auto& [name, is_by] :
         {std::pair{"day", query.day}, std::pair{"channel", query.channel},
          std::pair{"version", query.version}, std::pair{"flow", query.flow},
          std::pair{"step", query.step}}) {
      if (is_by) by += (by.empty() ? "" : ",") + std::string(name);
    }
    return client_.get(fmt::format(
        "/v1/stats?bot={}&since={}&until={}&by={}&channel={}&version={}&flow={}",
        ServerClient::escaped(bot), dialog::day_text(query.since), dialog::day_text(query.until),
        by, ServerClient::escaped(query.only_channel), ServerClient::escaped(query.only_version),
        ServerClient::escaped(query.only_flow)));
  }

 private:
  Result<void> read_events(const std::string& text, const std::string& query, const Take& take) {
    const auto id = dialog::parse_conversation_id(0, text);
    if (!id) return client_.no_answer();
    for (dialog::EventNumber from = 1;;) {
      const auto page = client_.get(fmt::format("/v1/conversations/{}/events?{}&from={}&limit={}",
                                                text, query, from, events_at_once));
      if (!page) return page.error();
      const auto* events = nlu::get_array(*page, "events");
      if (events == nullptr) return client_.no_answer();
      for (const auto& one : *events) {
        const auto number =
            one.is_object() ? nlu::get_integer(one.get_object(), "number") : std::nullopt;
        const auto* body = one.is_object() ? one.get_object().if_contains("event") : nullptr;
        if (!number || !body) return client_.no_answer();
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

  const ServerClient client_;
};

}  // namespace

Result<std::unique_ptr<ConversationSource>> read_server(const std::string& url,
                                                        const std::string& operator_key) {
  auto client = ServerClient::open(url, operator_key);
  if (!client) return client.error();
  return std::unique_ptr<ConversationSource>(std::make_unique<ServerReader>(std::move(*client)));
}

}  // namespace bot

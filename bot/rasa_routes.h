// Rasa's HTTP API: trackers, parsing, and what the bot has (docs/rasa-api.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bot/routes.h"

namespace bot {

class RasaRoutes {
 public:
  explicit RasaRoutes(Parts& parts) : parts_(parts) {}

  // Whether a path is the API's, when it is on. "/" is, unless a browser asks.
  static bool has(const HttpRequestMessage& request, const Target& target);

  awaitable<HttpResponse> answer(const HttpRequestMessage& request, const Target& target);

 private:
  // Who asks. Not `all`: a customer, who is the sender called `username`.
  struct Caller {
    bool all = false;
    std::string username;
  };
  // A conversation by Rasa's id of it; `kept` is empty when it has yet to begin.
  struct Found {
    dialog::ConversationId id;
    std::optional<dialog::Kept> kept;
  };
  // What of a tracker is told.
  struct Wanted {
    enum class Events { none, after_restart, all } events = Events::after_restart;
    std::optional<dialog::Millis> until;
  };
  struct Told {
    dialog::Conversation state;
    std::vector<dialog::Event> events;
  };
  template <class T>
  using Either = std::variant<T, HttpResponse>;

  Either<Caller> caller(const HttpRequestMessage& request, const Target& target) const;
  Either<Wanted> wanted(const Target& target) const;
  awaitable<HttpResponse> conversations(const HttpRequestMessage& request, const Target& target,
                                        Caller caller, const BotShelf::Entry& bot);
  awaitable<Either<Found>> find(const std::string& name, Caller caller, const BotShelf::Entry& bot);
  awaitable<Either<Told>> read(const std::string& name, Found found, Wanted wanted,
                               const BotShelf::Entry& bot);
  awaitable<HttpResponse> tracker(const std::string& name, Found found, Wanted wanted,
                                  const BotShelf::Entry& bot, const Replies* replies = nullptr);
  awaitable<HttpResponse> story(const std::string& name, Found found, Wanted wanted, bool all,
                                const BotShelf::Entry& bot);
  awaitable<HttpResponse> append(const HttpRequestMessage& request, const std::string& name,
                                 Found found, Wanted wanted, const BotShelf::Entry& bot);
  awaitable<HttpResponse> trigger(const HttpRequestMessage& request, const std::string& name,
                                  Found found, Wanted wanted, const BotShelf::Entry& bot);
  awaitable<HttpResponse> message(const HttpRequestMessage& request, const std::string& name,
                                  Found found, Wanted wanted, const BotShelf::Entry& bot);
  // The customer's turn, as the REST channel has it.
  awaitable<Replies> say(const std::string& name, const Found& found, std::string text,
                         const BotShelf::Entry& bot);
  awaitable<HttpResponse> after(const std::string& name, dialog::ConversationId id, Wanted wanted,
                                const BotShelf::Entry& bot, const Replies* replies);
  awaitable<HttpResponse> parse(const HttpRequestMessage& request, const Target& target,
                                const BotShelf::Entry& bot);
  HttpResponse status(const BotShelf::Entry& bot) const;
  // What `make` makes, as JSON or YAML.
  awaitable<HttpResponse> content(const HttpRequestMessage& request,
                                  std::function<nlu::json::value()> make);
  // What `make` writes, on the pool of threads.
  awaitable<HttpResponse> written(std::function<std::string()> make, const char* media_type);

  Parts& parts_;
};

}  // namespace bot

// A conversation for tests of the engine: commands in, what the bot said out. After every step the
// fold of all events must be the state.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "dialog/engine.h"
#include "dialog/load.h"

namespace dialog {

inline BotPtr bot_of(const std::string& domain, const std::string& flows) {
  const Loaded loaded = load_bot_from({{"bot.yml", "name: small\nlanguage: en\n"},
                                       {"domain.yml", domain},
                                       {"flows/all.yml", flows}});
  for (const nlu::Diagnostic& one : loaded.diagnostics) {
    if (one.severity == nlu::Severity::error) UNSCOPED_INFO(to_string(one));
  }
  REQUIRE(loaded.bot);
  return loaded.bot;
}

class Talk {
 public:
  explicit Talk(BotPtr bot) : bot_(std::move(bot)) {
    input::Opened opened;
    opened.started = {"small", "web", "en", 7, "", ""};
    give(opened);
  }

  // Each says which responses came.
  using Replies = std::vector<std::string>;
  Replies say(std::vector<Command> commands, const std::string& text = "…") {
    input::Said said;
    said.text = text;
    said.commands = std::move(commands);
    return give(said);
  }
  Replies start(const std::string& flow) { return say({command::StartFlow{flow}}); }
  Replies set(const std::string& slot, json::value value) {
    return say({command::SetSlot{slot, std::move(value), "text"}});
  }
  // The effect that is out returns.
  Replies returns(int status, const std::string& body = "") {
    REQUIRE_FALSE(calls.empty());
    input::ActionReturned returned;
    returned.effect = calls.front().effect;
    returned.outcome.kind = HttpOutcome::Kind::answered;
    returned.outcome.status = status;
    returned.outcome.body = body;
    calls.pop_front();
    return give(returned);
  }

  void use(BotPtr bot) { bot_ = std::move(bot); }  // Another version

  Replies give(const Input& input) {
    const Advance step = advance(*bot_, conversation, input, now, limits);
    // The same input in the same state gives the same outcome.
    const Advance again = advance(*bot_, conversation, input, now, limits);
    REQUIRE(again.events.size() == step.events.size());
    Replies replies;
    for (std::size_t i = 0; i < step.events.size(); ++i) {
      const Event& event = step.events[i];
      REQUIRE(encode(event) == encode(again.events[i]));
      const auto read = decode_event(event.number, encode(event));
      REQUIRE(read);
      conversation.apply(event);
      replayed_.apply(*read);
      log.push_back(event);
      if (const auto* reply = std::get_if<event::Replied>(&event.body)) {
        replies.push_back(reply->response);
        last = *reply;
      }
    }
    REQUIRE(encode(replayed_) == encode(conversation));
    REQUIRE(encode(*step.next) == encode(conversation));
    const auto snapshot = decode_conversation(encode(conversation));
    REQUIRE(snapshot);
    REQUIRE(encode(*snapshot) == encode(conversation));
    for (const Effect& one : step.effects) {
      if (const auto* call = std::get_if<effect::CallHttp>(&one)) calls.push_back(*call);
      if (const auto* timer = std::get_if<effect::SetTimer>(&one))
        timers[timer->timer] = timer->due;
      if (const auto* timer = std::get_if<effect::CancelTimer>(&one)) timers.erase(timer->timer);
    }
    return replies;
  }
  // Time passes; timers that come due fire.
  Replies wait(Millis millis) {
    now += millis;
    Replies all;
    while (!timers.empty()) {
      auto due = timers.begin();
      for (auto one = timers.begin(); one != timers.end(); ++one) {
        if (one->second < due->second) due = one;
      }
      if (due->second > now) break;
      const std::uint64_t timer = due->first;
      timers.erase(due);
      const Replies more = give(input::TimerFired{timer});
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  std::string slot(const std::string& name) const {
    const auto found = conversation.slots.find(name);
    return found == conversation.slots.end() ? "-" : json::serialize(found->second);
  }
  int count(std::string_view type) const {
    int n = 0;
    for (const Event& event : log) n += type_name(event.body) == type ? 1 : 0;
    return n;
  }
  std::string stack() const {
    std::string text;
    for (const Frame& frame : conversation.stack) text += (text.empty() ? "" : " ") + frame.flow;
    return text;
  }

  Conversation conversation;
  std::vector<Event> log;
  event::Replied last;
  std::deque<effect::CallHttp> calls;
  std::map<std::uint64_t, Millis> timers;
  Millis now = 1'700'000'000'000;
  EngineLimits limits;

 private:
  BotPtr bot_;
  Conversation replayed_;
};

}  // namespace dialog

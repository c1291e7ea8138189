#include "bot/runtime/runtime.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/runtime/fake_store.h"
#include "tests/runtime/fixtures.h"

using namespace runtime_tests;
using namespace bot::runtime;

namespace web = connectors::web;

namespace {

// Has no bot while it is told to fail: the dialog code then throws.
class FailingBots final : public OneBot {
 public:
  dialog::BotPtr current(dialog::Tenant tenant) const override {
    return failing ? nullptr : OneBot::current(tenant);
  }
  dialog::BotPtr find(dialog::Tenant tenant, const std::string& version) const override {
    return failing ? nullptr : OneBot::find(tenant, version);
  }
  bool failing = false;
};

// The runtime over a store that answers at once; what goes to sockets and callers stays in `seen`.
class Stage {
 public:
  explicit Stage(const Limits& limits = {})
      : runtime(limits, bots, [this](std::uint8_t* bytes, std::size_t count) {
          for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(++random);
        }) {}

  void feed(Input input) {
    std::vector<Output> outputs;
    runtime.on(std::move(input), now, outputs);
    for (Output& output : outputs) {
      if (auto* append = std::get_if<Append>(&output)) {
        if (hold_appends) {
          held.push_back(std::move(*append));
          continue;
        }
        store.apply(append->id, append->expected_last, append->batch);
        feed(Appended{append->ticket, {}});
      } else if (auto* load = std::get_if<Load>(&output)) {
        if (hold_loads) continue;
        feed(Loaded{load->ticket, store.load(load->id)});
      } else if (auto* find = std::get_if<FindClient>(&output)) {
        std::optional<dialog::ClientRecord> record;
        if (const auto* log = store.find(find->id); log && log->clients.count(find->client)) {
          record = log->clients.at(find->client);
        }
        feed(ClientFound{find->ticket, record});
      } else if (auto* message = std::get_if<FindMessage>(&output)) {
        std::optional<dialog::MessageRecord> record;
        const std::pair<std::string, std::string> key{message->client, message->message_id};
        if (const auto* log = store.find(message->id); log && log->messages.count(key)) {
          record = log->messages.at(key);
        }
        feed(MessageFound{message->ticket, record});
      } else if (auto* read = std::get_if<ReadVisible>(&output)) {
        feed(VisibleRead{read->ticket, store.read_visible(read->id, read->after, read->count)});
      } else if (auto* timers = std::get_if<ReadTimers>(&output)) {
        feed(TimersDue{timers->ticket, store.due_timers(timers->until, timers->count)});
      } else if (auto* utterance = std::get_if<Interpret>(&output)) {
        if (!hold_models) {
          feed(Interpreted{utterance->ticket, runtime_tests::interpret(utterance->utterance.text)});
        }
      } else if (auto* perform = std::get_if<Perform>(&output)) {
        performs.push_back(*perform);
      } else {
        seen.push_back(std::move(output));
      }
    }
  }

  void hello(Connection connection, std::uint64_t epoch = 1, const std::string& client = "client-1",
             dialog::Seq last_seq = 0) {
    feed(Connected{connection, 0});
    web::Hello frame;
    frame.client = client;
    frame.epoch = epoch;
    frame.conversation = conversation;
    frame.token = token;
    frame.last_seq = last_seq;
    feed(FrameReceived{connection, frame, {}, false});
    for (const Output& output : seen) {
      const auto* send = std::get_if<Send>(&output);
      const auto* welcome = send ? std::get_if<web::Welcome>(&send->frame) : nullptr;
      if (welcome == nullptr) continue;
      conversation = welcome->conversation;
      if (!welcome->token.empty()) token = welcome->token;
    }
  }

  void say(Connection connection, std::uint64_t cseq, const std::string& text,
           const std::string& id = "") {
    web::Message message;
    message.id = id.empty() ? "message-" + std::to_string(cseq) : id;
    message.cseq = cseq;
    message.text = text;
    feed(FrameReceived{connection, message, {}, false});
  }

  // What went to a socket since the last call, one word a frame.
  std::string take(Connection connection) {
    std::string words;
    std::vector<Output> rest;
    for (Output& output : seen) {
      const auto* send = std::get_if<Send>(&output);
      const auto* close = std::get_if<CloseConnection>(&output);
      if (send != nullptr && send->connection == connection) {
        words += word(send->frame) + " ";
      } else if (close != nullptr && close->connection == connection) {
        words += "close:" + std::to_string(static_cast<int>(close->code)) + " ";
      } else {
        rest.push_back(std::move(output));
      }
    }
    seen = std::move(rest);
    return words;
  }

  static std::string word(const web::ServerFrame& frame) {
    if (std::holds_alternative<web::Welcome>(frame)) return "welcome";
    if (const auto* ack = std::get_if<web::Ack>(&frame)) return "ack:" + std::to_string(ack->seq);
    if (const auto* nack = std::get_if<web::Nack>(&frame)) {
      return "nack:" + std::to_string(nack->expected);
    }
    if (const auto* problem = std::get_if<web::Problem>(&frame)) return "error:" + problem->code;
    if (const auto* visible = std::get_if<web::Visible>(&frame)) {
      const bool own = std::holds_alternative<dialog::event::Uttered>(visible->event.body);
      return (own ? "echo:" : "seq:") + std::to_string(visible->event.seq);
    }
    if (std::holds_alternative<web::Pong>(frame)) return "pong";
    return std::get<web::ShowTyping>(frame).on ? "typing" : "typed";
  }

  FailingBots bots;
  FakeStore store;
  std::uint64_t random = 0;
  Millis now = 1'700'000'000'000;
  bool hold_appends = false, hold_models = false, hold_loads = false;
  std::vector<Append> held;
  std::vector<Perform> performs;
  std::vector<Output> seen;
  std::string conversation, token;
  Runtime runtime;
};

}  // namespace

TEST_CASE("a visitor opens a conversation and gets an ack, then the reply", "[runtime]") {
  Stage stage;
  stage.hello(1);
  REQUIRE(stage.take(1) == "welcome ");
  REQUIRE(stage.token.size() == 64);
  stage.say(1, 1, "greet you");
  REQUIRE(stage.take(1).rfind("ack:1 seq:2 ", 0) == 0);
}

TEST_CASE("nothing is welcomed or acknowledged before it is durable", "[runtime]") {
  Stage stage;
  stage.hold_appends = true;
  stage.hello(1);
  REQUIRE(stage.take(1) == "");
  stage.hold_appends = false;
  const Append opening = stage.held.front();
  stage.store.apply(opening.id, opening.expected_last, opening.batch);
  stage.feed(Appended{opening.ticket, {}});
  REQUIRE(stage.take(1) == "welcome ");
  stage.held.clear();
  stage.hold_appends = true;
  stage.say(1, 1, "greet you");
  REQUIRE(stage.held.size() == 1);
  REQUIRE(stage.take(1) == "");
}

TEST_CASE("the same message again gets the same ack and no second turn", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.say(1, 1, "greet you");
  (void)stage.take(1);
  const auto turns = stage.runtime.stats().turns;
  stage.say(1, 1, "greet you");
  REQUIRE(stage.take(1) == "ack:1 ");
  stage.say(1, 1, "another body");
  REQUIRE(stage.take(1) == "error:id_reused ");
  stage.say(1, 5, "too far");
  REQUIRE(stage.take(1) == "nack:2 ");
  REQUIRE(stage.runtime.stats().turns == turns);
}

TEST_CASE("a wrong secret opens nothing", "[runtime]") {
  Stage stage;
  stage.hello(1);
  (void)stage.take(1);
  stage.token[0] = stage.token[0] == '0' ? '1' : '0';
  stage.hello(2, 1, "client-2");
  REQUIRE(stage.take(2) == "close:4401 ");
  stage.conversation = std::string(32, '7');
  stage.hello(3, 1, "client-3");
  REQUIRE(stage.take(3) == "close:4401 ");
}

TEST_CASE("a visitor's conversation is forgotten after its days", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.feed(Disconnected{1});
  stage.now += std::chrono::milliseconds(std::chrono::hours(24 * 181)).count();
  (void)stage.take(1);
  stage.hello(2, 2);
  REQUIRE(stage.take(2) == "close:4401 ");
}

TEST_CASE("a known customer's conversation opens to their token only", "[runtime]") {
  Stage stage;
  stage.feed(Connected{1, 0});
  web::Hello hello;
  hello.client = "client-1";
  stage.feed(FrameReceived{1, hello, dialog::event::UserIdentified{"u-1", "Ada"}, false});
  REQUIRE(stage.take(1) == "welcome ");
  const auto& id = stage.store.logs().begin()->first;
  hello.client = "client-2";
  hello.conversation = dialog::to_string(id);
  hello.token = "anything";
  stage.feed(Connected{2, 0});
  stage.feed(FrameReceived{2, hello, {}, false});
  REQUIRE(stage.take(2) == "close:4401 ");
  stage.feed(Connected{3, 0});
  stage.feed(FrameReceived{3, hello, dialog::event::UserIdentified{"u-1", "Ada"}, false});
  REQUIRE(stage.take(3) == "welcome ");
  stage.feed(Connected{4, 0});
  stage.feed(FrameReceived{4, hello, {}, true});
  REQUIRE(stage.take(4) == "close:4401 ");
}

TEST_CASE("the higher epoch wins and every tab sees everything", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.hello(2, 1, "client-2");
  (void)stage.take(1), (void)stage.take(2);
  stage.say(1, 1, "greet you");
  REQUIRE(stage.take(2).rfind("echo:1 seq:2 ", 0) == 0);
  (void)stage.take(1);
  stage.hello(3, 1);  // Not higher, and the socket is there.
  REQUIRE(stage.take(3) == "close:4409 ");
  stage.hello(4, 2, "client-1", 1);
  REQUIRE(stage.take(1) == "close:4409 ");
  REQUIRE(stage.take(4).rfind("welcome seq:2 ", 0) == 0);
}

TEST_CASE("a message waits for an effect, and cancelling overtakes it", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.say(1, 1, "buy please");
  stage.say(1, 2, "shoes");
  REQUIRE(stage.performs.size() == 1);
  REQUIRE(stage.take(1).find("typing") != std::string::npos);
  stage.say(1, 3, "greet me");
  REQUIRE(stage.take(1) == "");
  EffectReturned returned;
  returned.ticket = stage.performs[0].ticket;
  returned.outcome.kind = dialog::HttpOutcome::Kind::answered;
  returned.outcome.status = 201;
  stage.feed(returned);
  const std::string after = stage.take(1);
  REQUIRE(after.find("typed seq:") == 0);
  REQUIRE(after.find("ack:") != std::string::npos);

  stage.say(1, 4, "buy please");
  stage.say(1, 5, "hats");
  REQUIRE(stage.performs.size() == 2);
  (void)stage.take(1);
  stage.say(1, 6, "cancel that");
  REQUIRE(stage.take(1).find("ack:") != std::string::npos);
  returned.ticket = stage.performs[1].ticket;
  stage.feed(returned);
  REQUIRE(stage.runtime.stats().turns_in_flight == 0);
}

TEST_CASE("a failed store ends all acknowledging", "[runtime]") {
  Stage stage;
  stage.hello(1);
  (void)stage.take(1);
  stage.hold_appends = true;
  stage.say(1, 1, "greet you");
  stage.feed(Appended{stage.held[0].ticket, nlu::Error{nlu::Errc::unavailable, "disk"}});
  REQUIRE(stage.runtime.stats().store_failed);
  REQUIRE(stage.take(1).find("error:unavailable") != std::string::npos);
  stage.say(1, 1, "greet you");
  REQUIRE(stage.take(1) == "error:unavailable ");
}

TEST_CASE("an append without an answer fails the store, and the shell is told", "[runtime]") {
  Stage stage;
  stage.hello(1);
  (void)stage.take(1);
  stage.hold_appends = true;
  stage.say(1, 1, "greet you");
  stage.now += 30'001;
  stage.feed(Tick{});
  const auto tells = [](const Output& output) {
    return std::holds_alternative<StoreFailed>(output);
  };
  REQUIRE(std::count_if(stage.seen.begin(), stage.seen.end(), tells) == 1);
  REQUIRE(stage.take(1).find("error:unavailable") != std::string::npos);
  REQUIRE(stage.runtime.stats().store_failed);
}

TEST_CASE("who waits for a store that does not read is told so", "[runtime]") {
  Limits limits;
  limits.hello_timeout = std::chrono::milliseconds(60'000);
  Stage stage(limits);
  stage.hello(1);
  stage.feed(Disconnected{1});
  stage.now += 61'000;
  stage.feed(Tick{});
  REQUIRE(stage.runtime.stats().conversations_in_memory == 0);
  stage.hold_loads = true;
  stage.hello(2, 2);
  stage.now += 10'001;
  stage.feed(Tick{});
  REQUIRE(stage.take(2) == "error:unavailable close:1013 ");
  REQUIRE(stage.runtime.stats().conversations_in_memory == 0);
}

TEST_CASE("an erased conversation is forgotten, and what waits for it refused", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.say(1, 1, "buy please");
  stage.say(1, 2, "shoes");
  REQUIRE(stage.performs.size() == 1);
  stage.say(1, 3, "greet");  // Waits for the effect.
  stage.hold_appends = true;
  const auto id = stage.store.logs().begin()->first;
  stage.feed(PersonActs{7, id, PersonActs::What::accept, "Grace", ""});
  REQUIRE(stage.held.size() == 1);
  (void)stage.take(1);
  stage.feed(Forget{id});
  REQUIRE(stage.take(1) == "close:4401 ");
  const auto is_refused = [](const Output& output) {
    const auto* answer = std::get_if<Answer>(&output);
    return answer != nullptr && answer->request == 7 && !answer->replies;
  };
  REQUIRE(std::count_if(stage.seen.begin(), stage.seen.end(), is_refused) == 1);
  Stats stats = stage.runtime.stats();
  REQUIRE(stats.turns_in_flight == 0);
  REQUIRE(stats.conversations_in_memory == 0);
  REQUIRE(stage.runtime.knows_secret(id, stage.token) == std::nullopt);

  // What was under way comes back to nobody.
  stage.feed(Appended{stage.held[0].ticket, {}});
  EffectReturned returned;
  returned.ticket = stage.performs[0].ticket;
  stage.feed(returned);
  REQUIRE(stage.held.size() == 1);
  stage.store.erase(id);
  stage.hold_appends = false;
  stage.hello(2, 2);
  REQUIRE(stage.take(2) == "close:4401 ");
}

TEST_CASE("too many conversations in memory: those idle longest leave early", "[runtime]") {
  Limits limits;
  limits.conversations_in_memory = 20;
  Stage stage(limits);
  for (Connection connection = 1; connection <= 30; ++connection) {
    stage.conversation.clear(), stage.token.clear();
    stage.now += 10;
    stage.hello(connection, 1, "client-" + std::to_string(connection));
    REQUIRE(stage.runtime.stats().conversations_in_memory <= 21);
  }
  REQUIRE(stage.runtime.stats().evictions >= 10);
  stage.say(1, 1, "greet you");  // One of those that left comes back.
  REQUIRE(stage.take(1).find("ack:") != std::string::npos);
}

TEST_CASE("a turn that fails is kept as failed, and the customer gets an apology", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.say(1, 1, "lookup please");
  (void)stage.take(1);
  stage.bots.failing = true;
  stage.say(1, 2, "shoes");
  REQUIRE(stage.runtime.stats().failures == 1);
  const std::string got = stage.take(1);
  REQUIRE(got.find("ack:") != std::string::npos);
  REQUIRE(got.find("seq:") != std::string::npos);
  const auto& log = stage.store.logs().begin()->second;
  const auto& events = log.events;
  REQUIRE(std::holds_alternative<dialog::event::Uttered>(events[events.size() - 3].body));
  REQUIRE(std::holds_alternative<dialog::event::Failed>(events[events.size() - 2].body));
  const auto* reply = std::get_if<dialog::event::Replied>(&events.back().body);
  REQUIRE(reply != nullptr);
  REQUIRE(reply->response == "utter_internal_error");
  REQUIRE(!reply->text.empty());
  stage.bots.failing = false;
  stage.say(1, 3, "shoes");  // The conversation lives on where it was.
  REQUIRE(stage.performs.size() == 1);
}

TEST_CASE("floods are refused in the open", "[runtime]") {
  Limits limits;
  limits.message_burst = 3;
  limits.messages_per_s = 1;
  Stage stage(limits);
  stage.hello(1);
  (void)stage.take(1);
  for (std::uint64_t cseq = 1; cseq <= 4; ++cseq) stage.say(1, cseq, "greet");
  REQUIRE(stage.take(1).find("error:too_fast") != std::string::npos);
  for (int i = 0; i < 40; ++i) stage.say(1, 5, "greet");
  REQUIRE(stage.take(1).find("close:4429") != std::string::npos);
}

TEST_CASE("an idle conversation leaves memory and comes back as it was", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.say(1, 1, "lookup please");
  REQUIRE(stage.runtime.stats().conversations_in_memory == 1);
  for (int i = 0; i < 10; ++i) {
    stage.now += 20'000;
    stage.feed(FrameReceived{1, web::Ping{}, {}, false});
    stage.feed(Tick{});
  }
  REQUIRE(stage.runtime.stats().conversations_in_memory == 0);
  REQUIRE(stage.store.logs().begin()->second.snapshot_event ==
          stage.store.logs().begin()->second.state.last_event);
  const auto id = stage.store.logs().begin()->first;
  REQUIRE(stage.runtime.knows_secret(id, stage.token) == true);
  REQUIRE(stage.runtime.knows_secret(id, "no") == false);
  stage.say(1, 2, "shoes");
  REQUIRE(stage.performs.size() == 1);
}

TEST_CASE("silence and a missing hello close the socket", "[runtime]") {
  Stage stage;
  stage.feed(Connected{1, 0});
  stage.hello(2);
  stage.now += 10'001;
  stage.feed(Tick{});
  REQUIRE(stage.take(1) == "close:4408 ");
  stage.now += 80'000;
  stage.feed(Tick{});
  REQUIRE(stage.take(2).find("close:4408") != std::string::npos);
}

TEST_CASE("a drain says goodbye once turns are done", "[runtime]") {
  Stage stage;
  stage.hello(1);
  stage.hello(2, 1, "client-2");
  stage.say(1, 1, "buy please");
  stage.say(1, 2, "shoes");
  (void)stage.take(1), (void)stage.take(2);
  stage.feed(Drain{});
  REQUIRE(stage.take(1) == "");
  stage.feed(Connected{3, 0});
  REQUIRE(stage.take(3) == "error:going_away close:1001 ");
  EffectReturned returned;
  returned.ticket = stage.performs[0].ticket;
  stage.feed(returned);
  const std::string last = stage.take(1);
  REQUIRE(last.find("seq:") != std::string::npos);
  REQUIRE(last.find("error:going_away close:1001 ") != std::string::npos);
  REQUIRE(stage.runtime.stats().drained);
}

TEST_CASE("a REST caller gets the replies of the whole turn, and the same ones again",
          "[runtime]") {
  Stage stage;
  const auto answers = [&] {
    std::vector<std::size_t> counts;
    for (const Output& output : stage.seen) {
      if (const auto* answer = std::get_if<Answer>(&output))
        counts.push_back(answer->replies->size());
    }
    stage.seen.clear();
    return counts;
  };
  stage.feed(Posted{1, 0, "rest", {"anna", "buy x", "p-1"}});
  REQUIRE(answers().size() == 1);
  stage.feed(Posted{2, 0, "rest", {"anna", "shoes", "p-2"}});
  REQUIRE(answers().empty());  // The effect is out.
  EffectReturned returned;
  returned.ticket = stage.performs.at(0).ticket;
  stage.feed(returned);
  const auto first = answers();
  REQUIRE(first.size() == 1);
  stage.feed(Posted{3, 0, "rest", {"anna", "shoes", "p-2"}});
  REQUIRE(answers() == first);
  REQUIRE(stage.performs.size() == 1);
}

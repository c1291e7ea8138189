#include "dialog/conversation.h"

#include <catch2/catch.hpp>

using namespace dialog;

namespace {

// Applies bodies one after another.
struct Folded {
  Conversation conversation;

  Folded& add(EventBody body, Seq seq = 0) {
    Event event;
    event.number = conversation.last_event + 1;
    event.ts = 1000 + static_cast<Millis>(event.number);
    event.seq = seq;
    event.body = std::move(body);
    conversation.apply(event);
    return *this;
  }
};

std::string stack_of(const Conversation& conversation) {
  std::string names;
  for (const Frame& frame : conversation.stack) names += frame.flow + " ";
  return names;
}

Folded example() {
  Folded f;
  f.add(event::ConversationStarted{"shop", "web", "en", 42, "hash", ""})
      .add(event::UserIdentified{"u1", "Anna"})
      .add(event::SessionStarted{1, "v1", "m1"})
      .add(event::TimerSet{1, "idle", 5000})
      .add(event::Uttered{1, "m", "c", 1, "hi", "", std::nullopt}, 1)
      .add(event::FlowStarted{1, "order", "customer", 0, {{"x", 1}}})
      .add(event::StepEntered{1, "ask"})
      .add(event::SlotSet{"size", 5, "text", 1})
      .add(event::ActionStarted{1, 1, "book", "POST", "/x", false});
  event::Replied reply;
  reply.turn = 1;
  reply.id = "1-1";
  reply.text = "Hello";
  reply.buttons = {{"Yes", "/affirm", ""}};
  return f.add(reply, 2);
}

}  // namespace

TEST_CASE("a conversation survives being written and read") {
  const Conversation conversation = example().conversation;
  const std::string written = encode(conversation);
  const auto read = decode_conversation(written);
  REQUIRE(read);
  CHECK(encode(*read) == written);
  CHECK(read->head_seq == 2);
  CHECK(read->user_name == "Anna");
  CHECK(read->slots.at("size") == 5);
  CHECK(read->stack.at(0).collected == std::vector<std::string>{"size"});
  CHECK(read->timers.at(1).second == 5000);
  CHECK(read->last_replies.at(0).buttons.at(0).title == "Yes");
  CHECK(read->is_waiting_for_effect());
}

TEST_CASE("a snapshot that cannot be read names the field") {
  const auto refusal = [](std::string_view bytes) {
    const auto read = decode_conversation(bytes);
    return read ? "accepted" : read.error().message;
  };
  CHECK(refusal("{}") == "conversation: schema");
  CHECK(refusal(R"({"schema":1,"stack":[{"id":"x"}]})") == "conversation: stack.id");
  CHECK(refusal(R"({"schema":1,"slots":[]})") == "conversation: slots");
  CHECK(refusal(R"({"schema":1,"turn":-1})") == "conversation: turn");
  CHECK(refusal("") != "accepted");
}

TEST_CASE("what a called flow collected belongs to its caller when it returns") {
  Folded f;
  f.add(event::FlowStarted{1, "order", "customer", 0, {}})
      .add(event::FlowStarted{2, "verify", "call", 1, {}})
      .add(event::Asked{2, "postcode"})
      .add(event::FlowEnded{2, "verify", event::FlowEnded::How::completed});
  REQUIRE(f.conversation.stack.size() == 1);
  CHECK(f.conversation.stack[0].collected == std::vector<std::string>{"postcode"});
}

TEST_CASE("a resumed flow comes to the top with all that it called") {
  Folded f;
  f.add(event::FlowStarted{1, "order", "customer", 0, {}})
      .add(event::FlowStarted{2, "verify", "call", 1, {}})
      .add(event::FlowInterrupted{2})
      .add(event::FlowStarted{3, "hours", "customer", 0, {}})
      .add(event::FlowResumed{2});
  CHECK(stack_of(f.conversation) == "hours order verify ");
  CHECK_FALSE(f.conversation.stack[2].interrupted);
}

TEST_CASE("of an interrupted flow it is known what others changed and how it came to its step") {
  Folded f;
  f.add(event::SlotSet{"city", "Bonn", "text", 0})
      .add(event::FlowStarted{1, "order", "customer", 0, {}})
      .add(event::StepEntered{1, "ask"})
      .add(event::StepEntered{1, "check"})
      .add(event::StepEntered{1, "tell"})
      .add(event::StepEntered{1, "check"})
      .add(event::SlotSet{"size", 5, "text", 1})
      .add(event::FlowInterrupted{1})
      .add(event::FlowStarted{2, "hours", "customer", 0, {}});
  CHECK(f.conversation.stack[0].way == std::vector<std::string>{"ask", "check"});
  const auto changed = [&f] { return f.conversation.changed_since_interrupted(1); };

  f.add(event::SlotSet{"size", 6, "flow", 2}).add(event::SlotSet{"city", nullptr, "reset", 0});
  CHECK(changed() == std::set<std::string>{"city", "size"});
  CHECK(f.conversation.stack[1].before.empty());
  const auto read = decode_conversation(encode(f.conversation));
  REQUIRE(read);
  CHECK(encode(*read) == encode(f.conversation));
  CHECK(read->changed_since_interrupted(1) == changed());

  f.add(event::SlotSet{"size", 5, "flow", 2}).add(event::SlotSet{"city", "Ulm", "action", 1});
  CHECK(changed().empty());
  f.add(event::SlotSet{"size", 7, "flow", 2}).add(event::FlowResumed{1});
  CHECK(changed().empty());
}

TEST_CASE("a snapshot that knows nothing of the way and of changes is read") {
  const auto read = decode_conversation(
      R"({"schema":1,"slots":{"size":5},"stack":[{"id":1,"flow":"order","step":"ask","interrupted":true}]})");
  REQUIRE(read);
  CHECK(read->stack[0].step == "ask");
  CHECK(read->stack[0].way.empty());
  CHECK(read->changed_since_interrupted(1).empty());
}

TEST_CASE("a called flow that ends in its sleep leaves its caller asleep") {
  Folded f;
  f.add(event::FlowStarted{1, "order", "customer", 0, {}})
      .add(event::SlotSet{"size", 5, "text", 1})
      .add(event::FlowStarted{2, "verify", "call", 1, {}})
      .add(event::FlowInterrupted{2})
      .add(event::FlowStarted{3, "hours", "customer", 0, {}})
      .add(event::SlotSet{"size", 6, "flow", 3})
      .add(event::FlowEnded{2, "verify", event::FlowEnded::How::completed});
  CHECK(f.conversation.stack[0].interrupted);
  CHECK(f.conversation.changed_since_interrupted(1) == std::set<std::string>{"size"});
}

TEST_CASE("an effect whose flow is gone is not waited for") {
  Folded f = example();
  f.add(event::FlowEnded{1, "order", event::FlowEnded::How::cancelled});
  CHECK_FALSE(f.conversation.is_waiting_for_effect());
  CHECK(f.conversation.pending.size() == 1);
  f.add(event::ActionFinished{1, "answered", 200, "", 5});
  CHECK(f.conversation.pending.empty());
}

TEST_CASE("turns that were not understood are counted in a row") {
  Folded f;
  f.add(event::Commanded{command::CannotHandle{"outside"}})
      .add(event::Commanded{command::CannotHandle{"unsure"}});
  CHECK(f.conversation.not_understood == 2);
  f.add(event::Commanded{command::StartFlow{"a"}});
  CHECK(f.conversation.not_understood == 0);
}

TEST_CASE("how the customer sounds is known of the last utterance, and of the session as a mood") {
  const auto heard = [](std::optional<double> sentiment, std::optional<double> urgency) {
    nlu::Interpretation said;
    said.sentiment = sentiment;
    said.urgency = urgency;
    return event::Interpreted{said};
  };
  Folded f;
  f.add(event::SessionStarted{1, "v1", "m1"}).add(heard(-0.8, 0.9));
  CHECK(nlu::json::serialize(f.conversation.tone) ==
        R"({"urgency":9E-1,"sentiment":-8E-1,"mood":-8E-1})");
  f.add(heard(0.2, 0.1));
  CHECK(f.conversation.tone.at("sentiment").as_double() == 0.2);
  CHECK(f.conversation.tone.at("mood").as_double() == -0.4);
  const auto read = decode_conversation(encode(f.conversation));
  REQUIRE(read);
  CHECK(read->tone == f.conversation.tone);
  f.add(heard({}, {}));
  CHECK_FALSE(f.conversation.tone.contains("sentiment"));
  CHECK(f.conversation.tone.at("mood").as_double() == -0.4);
  f.add(event::SessionEnded{});
  CHECK(f.conversation.tone.empty());
}

TEST_CASE("only the last turn's replies are remembered") {
  Folded f = example();
  event::Replied next;
  next.turn = 2;
  next.text = "one";
  f.add(next, 3);
  next.text = "two";
  f.add(next, 4);
  REQUIRE(f.conversation.last_replies.size() == 2);
  CHECK(f.conversation.last_replies[0].text == "one");
}

TEST_CASE("an event nobody knows changes nothing but the numbers") {
  Folded f = example();
  Conversation before = f.conversation;
  f.add(event::Unknown{"later", {}, {}});
  before.last_event += 1;
  before.now = f.conversation.now;
  CHECK(encode(before) == encode(f.conversation));
}

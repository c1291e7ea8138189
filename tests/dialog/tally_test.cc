#include "dialog/tally.h"

#include <catch2/catch.hpp>

#include "tests/dialog/talk.h"

namespace {

using namespace dialog;

const char* const domain =
    "slots:\n"
    "  city: {type: text, mappings: [{type: from_text}]}\n"
    "  size: {type: text, mappings: [{type: from_text}]}\n"
    "responses:\n"
    "  utter_ask_city: [{text: Which city}]\n"
    "  utter_ask_size: [{text: Which size}]\n"
    "  utter_done: [{text: Done.}]\n";
const char* const flows =
    "flows:\n"
    "  book:\n    description: Books\n    nlu_trigger: [{intent: book}]\n"
    "    steps: [{collect: city}, {call: measure}, {say: utter_done}]\n"
    "  measure:\n    description: Measures\n    steps: [{collect: size}]\n"
    "  hours:\n    description: Tells\n    nlu_trigger: [{intent: hours}]\n"
    "    steps: [{say: utter_done}]\n"
    "  human:\n    description: Brings one\n    nlu_trigger: [{intent: person}]\n"
    "    steps: [{handover: {queue: all}}]\n";

// A conversation with what each of its turns adds to the sums.
class Counted {
 public:
  Counted() : bot_(bot_of(domain, flows)) {
    input::Opened opened;
    opened.started = {"small", "web", "en", 7, "", ""};
    CHECK_FALSE(give(opened));
  }

  std::optional<Tally> say(std::vector<Command> commands, const std::string& intent = "",
                           std::optional<double> sentiment = {}, double urgency = 0) {
    input::Said said;
    said.text = "…";
    said.commands = std::move(commands);
    nlu::Segment segment;
    if (!intent.empty()) segment.intents.push_back({intent, 0.9});
    said.interpretation.segments.push_back(segment);
    said.interpretation.sentiment = sentiment;
    if (sentiment) said.interpretation.urgency = urgency;
    return give(said);
  }
  std::string topic(std::vector<Command> commands, const std::string& intent = "") {
    const auto made = say(std::move(commands), intent);
    REQUIRE(made);
    CHECK(made->counts.utterances == 1);
    return made->topic;
  }
  std::optional<Tally> give(const Input& input) {
    const Advance result = advance(*bot_, state_, input, now);
    const auto made = tally(state_, result.events);
    for (const Event& event : result.events) state_.apply(event);
    return made;
  }

  Millis now = 100 * hour_ms + 5;

 private:
  BotPtr bot_;
  Conversation state_;
};

}  // namespace

TEST_CASE("an utterance is counted once, in its hour, with how it sounds") {
  Counted talk;
  const auto made = talk.say({command::StartFlow{"hours"}}, "hours", -0.7251, 0.8);
  REQUIRE(made);
  CHECK(made->hour == 100);
  CHECK(made->channel == "web");
  CHECK(made->topic == "hours");
  Counts expected;
  expected.utterances = expected.rated = expected.negative = expected.urgent = 1;
  expected.sentiment = -725;
  CHECK(made->counts == expected);

  const auto happy = talk.say({command::StartFlow{"hours"}}, "hours", 0.3, 0.1);
  CHECK(happy->counts.positive == 1);
  CHECK(happy->counts.negative + happy->counts.urgent == 0);
  const auto unrated = talk.say({command::StartFlow{"hours"}}, "hours");
  CHECK(unrated->counts.utterances == 1);
  CHECK(unrated->counts.rated == 0);
}

TEST_CASE("the topic is the flow that acts, of a called one its caller") {
  Counted talk;
  CHECK(talk.topic({command::StartFlow{"book"}}, "book") == "book");
  CHECK(talk.topic({command::SetSlot{"city", "Berlin", "text"}}) == "book");
  // The called flow asks now; an answer is still about what was begun.
  CHECK(talk.topic({command::StartFlow{"hours"}}, "hours") == "hours");
  CHECK(talk.topic({command::SetSlot{"size", "L", "text"}}) == "book");
}

TEST_CASE("what is not understood belongs to the flow the customer is in, else to outside") {
  Counted talk;
  const auto lost = talk.say({command::CannotHandle{"outside"}}, "book");
  CHECK(lost->topic == "outside");
  CHECK(lost->counts.fallbacks == 1);
  CHECK(talk.topic({command::ChitChat{}}, "small_talk") == "small_talk");
  talk.topic({command::StartFlow{"book"}}, "book");
  const auto in_flow = talk.say({command::CannotHandle{"outside"}});
  CHECK(in_flow->topic == "book");
  CHECK(in_flow->counts.fallbacks == 1);
  CHECK(talk.topic({command::CancelFlow{}}, "cancel") == "book");
  CHECK(talk.topic({command::Repeat{}}, "repeat") == "repeat");
}

TEST_CASE("a person asked for is counted where it happened; what is said to one is the person's") {
  Counted talk;
  const auto asked = talk.say({command::StartFlow{"human"}}, "person");
  CHECK(asked->topic == "human");
  CHECK(asked->counts.handovers == 1);
  CHECK_FALSE(talk.give(input::PersonAccepted{"Mia"}));
  CHECK_FALSE(talk.give(input::PersonWrote{"Mia", "Hello"}));
  const auto said = talk.say({}, "book", -0.9);
  CHECK(said->topic == "person");
  CHECK(said->counts.utterances == 1);
  CHECK(said->counts.rated == 0);  // The models are not asked.
}

TEST_CASE("a new session's first words are not about what the old one ended with") {
  Counted talk;
  talk.topic({command::StartFlow{"book"}}, "book");
  talk.now += 2 * hour_ms;
  const auto made = talk.say({command::CannotHandle{"outside"}});
  CHECK(made->topic == "outside");
  CHECK(made->hour == 102);
}

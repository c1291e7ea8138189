// Conversations at random with a small bot: sessions that end well, are left, restarted, handed
// over, rated, and flows that call, interrupt, wait and fail.
#pragma once

#include <random>
#include <string>
#include <utility>

#include "tests/dialog/talk.h"

namespace dialog {

inline BotPtr visited_bot() {
  return bot_of(
      "slots:\n"
      "  city: {type: text}\n"
      "  size: {type: text}\n"
      "  day: {type: text}\n"
      "responses:\n"
      "  utter_ask_city: [{text: Which city}]\n"
      "  utter_ask_size: [{text: Which size}]\n"
      "  utter_ask_day: [{text: Which day}]\n"
      "  utter_done: [{text: Done.}]\n",
      "flows:\n"
      "  book:\n    description: Books\n    nlu_trigger: [{intent: book}]\n"
      "    steps: [{id: where, collect: city}, {call: measure}, {id: when, collect: day}, "
      "{say: utter_done}, {feedback: {comment: true}}]\n"
      "  measure:\n    description: Measures\n    steps: [{id: size, collect: size}]\n"
      "  hours:\n    description: Tells\n    nlu_trigger: [{intent: hours}]\n"
      "    steps: [{id: tell, say: utter_done}, {link: parcel}]\n"
      "  parcel:\n    description: Waits\n    nlu_trigger: [{intent: parcel}]\n"
      "    steps: [{id: rest, wait: {event: e, timeout: 3h, on_timeout: late}}, {say: utter_done, "
      "next: END}, {id: late, collect: day}]\n"
      "  look:\n    description: Looks\n    nlu_trigger: [{intent: look}]\n"
      "    steps: [{id: get, http: {get: /a, result: {city: $.a}}}, {id: ask, collect: day}]\n"
      "  human:\n    description: Brings one\n    nlu_trigger: [{intent: person}]\n"
      "    steps: [{handover: {queue: all}}]\n");
}

class RandomVisits {
 public:
  RandomVisits(BotPtr bot, std::uint64_t seed) : talk(std::move(bot)), random_(seed) {}

  // One input; its events are at the end of talk.log.
  void go_on() {
    talk.now += below(600) * 1000;
    if (!talk.calls.empty()) {
      talk.returns(one_in(3) ? 500 : 200, R"({"a": "Bonn"})");
      return;
    }
    switch (below(14)) {
      case 0:
        talk.wait(below(200) * 60'000);
        return;
      case 1:
        talk.give(one_in(2) ? input::Happened{"e", nullptr, "", {}}
                            : input::Happened{"", nullptr, "hours", {}});
        return;
      case 2:
        talk.give(input::PersonAccepted{"Ada"});
        return;
      case 3:
        talk.give(input::PersonReleased{"Ada"});
        return;
      case 4:
        talk.give(input::FeedbackGiven{"f", 1, 1 + below(5), ""});
        return;
      default:
        break;
    }
    std::vector<Command> commands{command()};
    if (one_in(4)) commands.push_back(command());
    talk.say(std::move(commands));
  }

  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }

  Talk talk;

 private:
  Command command() {
    static constexpr const char* flows[] = {"book", "hours", "parcel", "look", "human"};
    static constexpr const char* slots[] = {"city", "size", "day", "feedback_rating"};
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return command::StartFlow{flows[below(5)]};
      case 3:
        return command::CorrectSlot{slots[below(3)], "Ulm", "text"};
      case 4:
        return command::CancelFlow{};
      case 5:
        return command::CannotHandle{"unsure"};
      case 6:
        return one_in(3) ? Command{command::Restart{}}
                         : Command{command::Clarify{{"book", "look"}}};
      case 7:
        return one_in(3) ? Command{command::HumanHandover{}} : Command{command::ChitChat{}};
      default:
        break;
    }
    const Conversation& state = talk.conversation;
    const Frame* top = state.stack.empty() ? nullptr : &state.stack.back();
    const bool asked = top != nullptr && top->waiting && !top->collected.empty();
    const std::string slot = asked ? top->collected.back() : slots[below(4)];
    if (slot == "feedback_rating") return command::SetSlot{slot, 1 + below(5), "text"};
    return command::SetSlot{slot, "Bonn", "text"};
  }

  std::mt19937_64 random_;
};

}  // namespace dialog

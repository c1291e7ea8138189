#include "dialog/inbox.h"

#include <catch2/catch.hpp>

#include "dialog/load.h"
#include "dialog/rehearsal.h"

using namespace dialog;

namespace {

// Says of a text what the test says.
class Told final : public nlu::Interpreter {
 public:
  struct Meaning {
    std::string intent;
    double p = 0.95;
    double p_outside = 0.02;
    double p_between = 0;
    std::string second;
  };
  std::map<std::string, Meaning> meanings;

  std::vector<nlu::Interpretation> interpret(std::span<const nlu::Utterance> all) const override {
    std::vector<nlu::Interpretation> found;
    const nlu::Regex parcel = *nlu::Regex::compile(R"(\b10\d{3}\b)");
    for (const nlu::Utterance& one : all) {
      const auto told = meanings.find(one.text);
      const Meaning meaning =
          told == meanings.end() ? Meaning{"hours", 0.1, 0.9, 0, ""} : told->second;
      nlu::Segment segment{{0, one.text.size()},
                           {{meaning.intent, meaning.p}},
                           meaning.p_outside,
                           meaning.p_between};
      if (!meaning.second.empty()) segment.intents.push_back({meaning.second, meaning.p - 0.02});
      nlu::Interpretation& here = found.emplace_back();
      here.segments.push_back(segment);
      for (const auto& match : parcel.find_all(one.text)) {
        nlu::Entity entity;
        entity.type = "parcel";
        entity.span = {match.begin, match.end};
        entity.value = one.text.substr(match.begin, match.end - match.begin);
        entity.source = "model";
        here.entities.push_back(entity);
      }
    }
    return found;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "told";
};

BotPtr parcels() {
  const Loaded loaded = load_bot(std::string(USHER_SOURCE_DIR) + "/tests/conversations/parcels");
  REQUIRE(loaded.bot);
  return loaded.bot;
}

// A conversation of real events, and what the inbox finds in it: "text: reasons".
class Heard {
 public:
  Told told;

  Heard() : bot_(parcels()), talk_(*bot_, &told) { take(talk_.open()); }
  void say(const std::string& text) { take(talk_.say(text)); }
  void press(const std::string& payload, const std::string& title) {
    take(talk_.press(payload, title));
  }
  void pause(Millis duration) { take(talk_.be_silent(duration)); }

  std::vector<std::string> found(InboxRules rules = {}) const {
    InboxReader reader(std::move(rules));
    for (const Event& event : events_) reader.read(event);
    std::vector<std::string> all;
    for (const InboxUtterance& one : reader.finish()) {
      std::string line = one.text + ":";
      for (const InboxReason reason : one.reasons) line += " " + std::string(reason_name(reason));
      all.push_back(line);
    }
    return all;
  }

 private:
  void take(const Rehearsal::Heard& heard) {
    events_.insert(events_.end(), heard.events.begin(), heard.events.end());
  }
  BotPtr bot_;
  Rehearsal talk_;
  std::vector<Event> events_;
};

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("what the bot refused is unhandled, and what it understood is not in the inbox") {
  Heard heard;
  heard.told.meanings["when are you open"] = {"hours"};
  heard.told.meanings["something about hours"] = {"hours", 0.3, 0.1};
  heard.say("when are you open");
  heard.say("can you fix my bike");
  heard.say("something about hours");
  heard.say("   ");
  heard.say("/nonsense");
  heard.press("/deny", "No, thank you");
  CHECK(heard.found() ==
        Found{"can you fix my bike: unhandled", "something about hours: unhandled"});
}

TEST_CASE("an answer that was not accepted counts when it is more than a value") {
  Heard heard;
  heard.told.meanings["where is my parcel"] = {"track"};
  heard.say("where is my parcel");
  heard.say("20423");
  heard.say("I do not have it at hand");
  heard.told.meanings["我的包裹在哪里"] = {"track"};
  CHECK(heard.found() == Found{"I do not have it at hand: unhandled"});
}

TEST_CASE("an intent heard with doubt is unsure, as is what led to a clarification") {
  Heard heard;
  heard.told.meanings["opening"] = {"hours", 0.6, 0.1};
  heard.told.meanings["about a parcel"] = {"track", 0.5, 0.1, 0.8, "give_back"};
  heard.told.meanings["when are you open"] = {"hours"};
  heard.say("opening");
  heard.say("when are you open");
  heard.say("about a parcel");
  CHECK(heard.found() == Found{"opening: unsure", "about a parcel: unsure"});
  CHECK(heard.found({0.55, "deny"}) == Found{"about a parcel: unsure"});
}

TEST_CASE("an answer to a question is not unsure, whatever intent it looks like") {
  Heard heard;
  heard.told.meanings["where is my parcel"] = {"track"};
  heard.told.meanings["10423"] = {"hours", 0.4, 0.3};
  heard.say("where is my parcel");
  heard.say("10423");
  CHECK(heard.found().empty());
}

TEST_CASE("a flow that the customer cancels right away was not what was meant") {
  Heard heard;
  heard.told.meanings["my parcel"] = {"give_back"};
  heard.told.meanings["stop this"] = {"cancel"};
  heard.told.meanings["where is my parcel"] = {"track"};
  heard.say("my parcel");
  heard.say("stop this");
  heard.say("where is my parcel");
  heard.say("10423");
  CHECK(heard.found() == Found{"my parcel: corrected"});
}

TEST_CASE("a no to what a clarification offered, and a restart, take the turn back") {
  Heard heard;
  heard.told.meanings["about a parcel"] = {"track", 0.5, 0.1, 0.8, "give_back"};
  heard.told.meanings["rather not"] = {"deny"};
  heard.told.meanings["my parcel"] = {"give_back"};
  heard.told.meanings["start over"] = {"restart"};
  heard.say("about a parcel");
  heard.say("rather not");
  heard.say("my parcel");
  heard.say("start over");
  heard.say("stop");
  CHECK(heard.found() ==
        Found{"about a parcel: unsure corrected", "my parcel: corrected", "stop: unhandled"});
}

TEST_CASE("a value that is corrected in the next breath was heard wrongly") {
  Heard heard;
  heard.told.meanings["send 10423 back"] = {"give_back"};
  heard.told.meanings["no, I meant 10432"] = {"hours", 0.2, 0.3};
  heard.say("send 10423 back");
  heard.say("no, I meant 10432");
  CHECK(heard.found() == Found{"send 10423 back: corrected"});
}

TEST_CASE("nothing is corrected across sessions") {
  Heard heard;
  heard.told.meanings["my parcel"] = {"give_back"};
  heard.told.meanings["stop this"] = {"cancel"};
  heard.say("my parcel");
  heard.pause(Millis{2} * 3600 * 1000);
  heard.say("stop this");
  CHECK(heard.found().empty());
}

TEST_CASE("in Chinese as in English") {
  Heard heard;
  heard.told.meanings["我的包裹在哪里"] = {"track", 0.6, 0.1};
  heard.told.meanings["取消"] = {"cancel"};
  heard.say("能帮我修自行车吗");
  heard.say("我的包裹在哪里");
  heard.say("取消");
  CHECK(heard.found() == Found{"能帮我修自行车吗: unhandled", "我的包裹在哪里: unsure corrected"});
}

TEST_CASE("the reader knows what the customer is called") {
  InboxReader reader({});
  Event event;
  event.body = event::ConversationStarted{"shop", "rest", "en", 1, "", "anna-7"};
  reader.read(event);
  event.body = event::UserIdentified{"c-17", "Anna Schmidt"};
  reader.read(event);
  reader.read(event);
  CHECK(reader.names() == std::vector<std::string>{"anna-7", "Anna Schmidt", "c-17"});
}

// The engine under random flows and random inputs: it never throws, every turn ends within its
// budget and answers, the fold of the events is the state, the same input gives the same bytes, and
// no slot outlives its flow. USHER_TURNS sets how many turns (default 40,000).
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/engine.h"
#include "dialog/load.h"

using namespace dialog;

namespace {

constexpr int flows = 5;
constexpr int slots = 6;

// ---- flows ----

class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::map<std::string, std::string> files() {
    std::string domain = "slots:\n";
    for (int i = 0; i < slots; ++i) {
      static constexpr const char* types[] = {"text", "float", "bool", "list", "any", "text"};
      domain += fmt::format("  s{}: {{type: {}}}\n", i, types[i]);
      if (i == 5)
        domain.insert(domain.size() - 2,
                      ", validation: {rejections: [{if: slots.s5 is "
                      "\"bad\", utter: utter_no}]}");
    }
    domain += "responses:\n  utter_no: No.\n";
    for (int i = 0; i < slots; ++i) domain += fmt::format("  utter_ask_s{}: \"Which {}?\"\n", i, i);
    std::string text = "flows:\n";
    for (flow_ = 0; flow_ < flows; ++flow_) {
      steps_ = 0;
      text += fmt::format("  f{0}:\n    description: d\n    nlu_trigger: [intent: f{0}]\n", flow_);
      if (one_in(4)) text += "    if: slots.s0 is not \"x\"\n";
      text += "    steps:\n" + list(6, 0) + "      - {id: last, say: \"Done.\"}\n";
    }
    return {{"bot.yml", "name: small\nsilence: {timeout_s: 60}\n"},
            {"domain.yml", domain},
            {"flows/all.yml", text}};
  }

 private:
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }
  std::string slot() { return fmt::format("s{}", below(slots)); }
  std::string condition() {
    static constexpr const char* all[] = {
        "slots.s0 is \"x\"", "slots.s1 > 2",         "slots.s2",
        "slots.s4 is null",  "length(slots.s3) > 1", "context.channel is \"web\""};
    return all[below(6)];
  }
  std::string indent(int depth) {
    return std::string(static_cast<std::size_t>(6 + 4 * depth), ' ');
  }

  std::string list(int depth_left, int depth) {
    std::string text;
    const int count = 1 + below(4);
    for (int i = 0; i < count; ++i) text += step(depth_left, depth);
    return text;
  }

  std::string step(int depth_left, int depth) {
    const std::string in = indent(depth);
    const std::string id = fmt::format("{}- id: x{}\n{}  ", in, steps_++, in);
    const bool nests = depth_left > 3;
    switch (below(nests ? 16 : 11)) {
      case 0:
      case 1:
      case 2:
        return id + fmt::format("collect: {}\n", slot()) +
               (one_in(4) ? in + "  ask_before_filling: true\n" : "") +
               (one_in(6) ? in + "  force_slot_filling: true\n" : "");
      case 3:
        return id + "say: \"Hello {s0}.\"\n";
      case 4:
        return id + fmt::format("set_slots: [{{{}: null}}]\n", slot());
      case 5:
        return id +
               fmt::format("set:\n{0}    s1: slots.s1 + 1\n{0}    s3: append(slots.s3, 1)\n", in);
      case 6:
        return id + fmt::format("http: {{get: /a, result: {{s0: $.a}}{}}}\n",
                                one_in(2) ? ", on_error: last" : "");
      case 7:
        if (flow_ + 1 >= flows) return id + "say: \"End of calls.\"\n";
        return id + fmt::format("call: f{}\n", flow_ + 1 + below(flows - flow_ - 1));
      case 8:
        return id + (one_in(2)
                         ? "wait: 5m\n"
                         : "wait: {event: e, timeout: 1h, on_timeout: last, result: {s0: $.a}}\n");
      case 9:
        return id + fmt::format("remind: {{after: 10m, flow: f{}}}\n", below(flows));
      case 10:
        return id + (one_in(4) ? "handover: desk\n" : "feedback: true\n");
      case 11:
        return id +
               fmt::format("noop: true\n{0}  next:\n{0}    - if: {1}\n{0}      then:\n", in,
                           condition()) +
               list(depth_left - 1, depth + 2) + in + "    - else: last\n";
      case 12:
        return id + fmt::format("switch: slots.s0\n{0}  cases:\n{0}    x:\n", in) +
               list(depth_left - 1, depth + 1) + in + "    y: last\n";
      case 13:
        return id + fmt::format("foreach: s3\n{0}  as: s4\n{0}  do:\n", in) +
               list(depth_left - 1, depth + 1);
      case 14:
        return in + "- try:\n" + list(depth_left - 1, depth + 1) + in + "  on_error: last\n";
      default:
        return id +
               fmt::format(
                   "split: t{}\n{}  arms:\n{}    - {{share: 1, then: last}}\n{}    - "
                   "share: 2\n{}      then:\n",
                   below(3), in, in, in, in) +
               list(depth_left - 1, depth + 2);
    }
  }

  std::mt19937_64 random_;
  int flow_ = 0;
  int steps_ = 0;
};

// ---- talks ----

class Talker {
 public:
  Talker(BotPtr bot, std::uint64_t seed) : bot_(std::move(bot)), random_(seed) {
    input::Opened opened;
    opened.started = {"small", "web", "en", seed, "", ""};
    give(opened);
  }

  void use(BotPtr bot) { bot_ = std::move(bot); }  // Another version

  void turn() {
    now_ += below(40) * 1000;
    if (!calls_.empty()) return return_call();
    switch (below(12)) {
      case 0:
        return pass(below(90) * 60'000);
      case 1:
        return give(one_in(2) ? input::Happened{"e", json::object{{"a", "x"}}, "", {}}
                              : input::Happened{"", nullptr, fmt::format("f{}", below(6)), {}});
      case 2:
        if (!one_in(4)) break;
        switch (below(3)) {
          case 0:
            return give(input::PersonAccepted{"Ada"});
          case 1:
            return give(input::PersonWrote{"Ada", "Hello."});
          default:
            return give(input::PersonReleased{"Ada"});
        }
      default:
        break;
    }
    say();
  }

  const Conversation& state() const { return state_; }

 private:
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }

  json::value value() {
    switch (below(6)) {
      case 0:
        return "x";
      case 1:
        return below(5);
      case 2:
        return one_in(2);
      case 3:
        return json::array{1, "two", 3};
      case 4:
        return "bad";
      default:
        return nullptr;
    }
  }

  Command command() {
    const std::string slot = fmt::format("s{}", below(slots));
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return command::StartFlow{fmt::format("f{}", below(flows + 1))};
      case 3:
        return command::CorrectSlot{slot, value(), "text"};
      case 4:
        return command::CancelFlow{};
      case 5:
        return command::Clarify{{"f0", "f1"}};
      case 6:
        return command::HumanHandover{};
      case 7:
        return command::Repeat{};
      case 8:
        return one_in(3) ? Command{command::Restart{}} : Command{command::SkipQuestion{}};
      case 9:
        return command::CannotHandle{"unsure"};
      case 10:
        return one_in(2) ? Command{command::ChitChat{}} : Command{command::KnowledgeQuestion{}};
      default:
        if (const Frame* top = state_.stack.empty() ? nullptr : &state_.stack.back();
            top && top->waiting && !top->collected.empty()) {
          return command::SetSlot{top->collected.back(), value(), "text"};
        }
        return command::SetSlot{slot, value(), "payload"};
    }
  }

  void say() {
    input::Said said;
    said.text = "…";
    const int count = one_in(3) ? 1 + below(4) : 1;
    for (int i = 0; i < count; ++i) said.commands.push_back(command());
    const bool with_person = state_.handover == event::HandoverChanged::State::accepted;
    const std::size_t before = replies_;
    give(said);
    if (!with_person && replies_ == before && calls_.empty()) FAIL("a turn without an answer");
  }

  void return_call() {
    input::ActionReturned returned;
    returned.effect = calls_.front();
    calls_.pop_front();
    static constexpr int statuses[] = {200, 200, 404, 500};
    returned.outcome.kind = one_in(8) ? HttpOutcome::Kind::timeout : HttpOutcome::Kind::answered;
    returned.outcome.status = statuses[below(4)];
    returned.outcome.body = one_in(5) ? "{" : R"({"a": "x"})";
    give(returned);
  }

  void pass(Millis time) {
    now_ += time;
    for (int i = 0; i < 20; ++i) {
      const auto due = std::min_element(timers_.begin(), timers_.end(),
                                        [](auto& a, auto& b) { return a.second < b.second; });
      if (due == timers_.end() || due->second > now_ || !calls_.empty()) return;
      const std::uint64_t timer = due->first;
      timers_.erase(due);
      give(input::TimerFired{timer});
    }
  }

  void give(const Input& input) {
    const Advance step = advance(*bot_, state_, input, now_);
    REQUIRE(step.events.size() < 5000);
    if (++inputs_ % 16 == 0) {
      const Advance again = advance(*bot_, state_, input, now_);
      REQUIRE(again.events.size() == step.events.size());
      for (std::size_t i = 0; i < step.events.size(); ++i) {
        REQUIRE(encode(step.events[i]) == encode(again.events[i]));
      }
    }
    for (const Event& event : step.events) {
      log_ += encode(event) + "\n";
      if (event.number != state_.last_event + 1) FAIL("a gap in the events");
      if (event.seq != 0 && event.seq != state_.head_seq + 1) FAIL("a gap in what is seen");
      state_.apply(event);
      replies_ += std::holds_alternative<event::Replied>(event.body) ? 1 : 0;
      if (const auto* failed = std::get_if<event::Failed>(&event.body))
        last_failure_ = failed->what;
      if (const auto* set = std::get_if<event::SlotSet>(&event.body)) {
        holders_[set->slot] = set->frame;
      }
      // What a slot's own check has asked for stays for the flow that comes.
      static constexpr std::string_view check = "pattern_validate_";
      if (const auto* ended = std::get_if<event::FlowEnded>(&event.body)) {
        if (ended->flow.starts_with(check)) holders_[ended->flow.substr(check.size())] = 0;
      }
      if (inputs_ % 16 == 0) {
        const auto read = decode_event(event.number, encode(event));
        REQUIRE(read);
        REQUIRE(encode(*read) == encode(event));
      }
    }
    if (inputs_ % 16 == 0) {
      const auto kept = decode_conversation(encode(state_));
      REQUIRE(kept);
      REQUIRE(encode(*kept) == encode(state_));
    }
    for (const Effect& effect : step.effects) {
      if (const auto* call = std::get_if<effect::CallHttp>(&effect)) calls_.push_back(call->effect);
      if (const auto* set = std::get_if<effect::SetTimer>(&effect)) timers_[set->timer] = set->due;
      if (const auto* off = std::get_if<effect::CancelTimer>(&effect)) timers_.erase(off->timer);
    }
    check();
    if (state_.stack.empty() && state_.parked.empty()) log_.clear();  // What led here is over.
  }

  void check() {
    // Flows that wake come on top of those that run.
    if (state_.stack.size() > 4 * static_cast<std::size_t>(EngineLimits().stack_depth)) {
      FAIL("a stack too deep");
    }
    if (!state_.stack.empty() || !state_.parked.empty() || !calls_.empty()) return;
    for (const auto& [name, value] : state_.slots) {
      if (holders_[name] == 0) continue;  // Said while nothing ran: for the flow that comes.
      FAIL("the slot " << name << " = " << json::serialize(value) << " outlives its flow; "
                       << last_failure_ << "\n"
                       << log_);
    }
  }

  BotPtr bot_;
  std::mt19937_64 random_;
  Conversation state_;
  std::deque<std::uint64_t> calls_;
  std::map<std::uint64_t, Millis> timers_;
  std::map<std::string, std::uint64_t> holders_;  // Slot → the frame that set it last
  Millis now_ = 1'700'000'000'000;
  std::size_t replies_ = 0, inputs_ = 0;
  std::string last_failure_, log_;
};

std::int64_t turns_wanted() {
  const char* const set = std::getenv("USHER_TURNS");
  return set ? std::max<std::int64_t>(std::atoll(set), 1) : 40'000;
}

}  // namespace

TEST_CASE("random flows and random inputs keep what the engine promises") {
  constexpr int turns_each = 200;
  const std::int64_t wanted = turns_wanted();
  int refused = 0, played = 0;
  BotPtr before;
  std::map<std::string, int> reasons;
  for (std::uint64_t seed = 1; std::int64_t{played} * turns_each < wanted; ++seed) {
    INFO("seed " << seed);
    const auto files = Author(seed).files();
    INFO(files.at("flows/all.yml"));
    const Loaded loaded = load_bot_from(files);
    if (!loaded.bot) {  // An endless loop, say.
      ++refused;
      for (const nlu::Diagnostic& one : loaded.diagnostics) {
        if (one.severity == nlu::Severity::error) ++reasons[one.code];
      }
      if (refused > 20 + 4 * played) {
        for (const auto& [code, count] : reasons) UNSCOPED_INFO(code << " " << count);
        FAIL("hardly any of the flows can be loaded");
      }
      continue;
    }
    ++played;
    Talker talker(loaded.bot, seed);
    const BotPtr other = before;  // Of another seed: names and steps mean other things in it.
    for (int turn = 0; turn < turns_each; ++turn) {
      if (other && turn % 50 == 49) talker.use(turn % 100 == 49 ? other : loaded.bot);
      talker.turn();
    }
    before = loaded.bot;
  }
  CHECK(refused < played);
}

#include "dialog/stats.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "dialog/stats_table.h"
#include "tests/dialog/random_visits.h"

namespace {

using namespace dialog;

constexpr Millis hour = 3'600'000;

StatSums counted(const std::vector<Event>& events) {
  SessionCounter counter;
  StatSums sums;
  for (const Event& event : events) counter.take(event, sums);
  return sums;
}

// The numbers of a flow, or of whole sessions, over all days.
StatRow row_of(const Talk& talk, const std::string& flow = "") {
  StatRow all;
  for (const auto& [key, row] : counted(talk.log)) {
    if (key.flow == flow) all += row;
  }
  return all;
}

// "resolved", "left", … of a conversation's sessions
std::vector<std::string> outcomes(const Talk& talk) {
  SessionCounter counter;
  StatSums sums;
  std::vector<std::string> all;
  for (const Event& event : talk.log) {
    counter.take(event, sums);
    if (std::holds_alternative<event::SessionEnded>(event.body))
      all.emplace_back(outcome_name(counter.outcome()));
  }
  return all;
}

using Texts = std::vector<std::string>;

// ---- the definitions once more, word by word and without regard to what it costs ----

class Recount {
 public:
  explicit Recount(const std::vector<Event>& events) : events_(events) {
    std::size_t begin = events.size();
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (const auto* started = get<event::ConversationStarted>(i)) channel_ = started->channel;
      if (!get<event::SessionStarted>(i)) continue;
      if (begin < events.size()) session(begin, i);
      begin = i;
    }
    if (begin < events.size()) session(begin, events.size());
  }
  StatSums sums;

 private:
  template <class T>
  const T* get(std::size_t i) const {
    return std::get_if<T>(&events_[i].body);
  }
  static bool is_pattern(const std::string& flow) { return flow.rfind("pattern_", 0) == 0; }

  struct Frame {
    std::uint64_t parent = 0;
    std::string flow, step;
    bool ended = false, parked = false;
  };
  // The flow whose step was carried out last of those that are open, just before event `end`, and
  // where it stands.
  std::pair<std::string, std::string> here(std::size_t end) const {
    std::map<std::uint64_t, Frame> frames;
    std::vector<std::uint64_t> acted;  // In the order in which they acted last
    const auto act = [&](std::uint64_t id) {
      acted.erase(std::remove(acted.begin(), acted.end(), id), acted.end());
      acted.push_back(id);
    };
    const auto is_below = [&](std::uint64_t id, std::uint64_t root) {
      for (; id != 0; id = frames.count(id) ? frames[id].parent : 0) {
        if (id == root) return true;
      }
      return false;
    };
    const auto act_all = [&](std::uint64_t root, bool parked) {
      for (const std::uint64_t id : std::vector<std::uint64_t>(acted)) {
        if (!is_below(id, root)) continue;
        frames[id].parked = parked;
        act(id);
      }
    };
    for (std::size_t i = 0; i < end; ++i) {
      if (const auto* e = get<event::FlowStarted>(i)) {
        frames[e->frame] = {e->parent, e->flow, "", false, false};
        act(e->frame);
      }
      if (const auto* e = get<event::StepEntered>(i)) {
        frames[e->frame].step = e->step;
        act(e->frame);
      }
      if (const auto* e = get<event::Asked>(i)) act(e->frame);
      if (const auto* e = get<event::FlowEnded>(i)) frames[e->frame].ended = true;
      if (const auto* e = get<event::FlowResumed>(i)) act_all(e->frame, false);
      if (const auto* e = get<event::FlowWoken>(i)) act_all(e->frame, false);
      if (const auto* e = get<event::FlowParked>(i)) act_all(e->frame, true);
    }
    for (auto id = acted.rbegin(); id != acted.rend(); ++id) {
      const Frame& one = frames[*id];
      if (!one.ended && !one.parked && !is_pattern(one.flow)) return {one.flow, one.step};
    }
    return {};
  }
  std::string flow_of(std::uint64_t frame) const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const auto* e = get<event::FlowStarted>(i);
      if (e && e->frame == frame) return e->flow;
    }
    return "pattern_unknown";
  }

  void session(std::size_t begin, std::size_t next) {
    std::size_t end = begin;
    while (end < next && !get<event::SessionEnded>(end)) ++end;
    const StatKey key{events_[begin].ts / 86'400'000, channel_,
                      get<event::SessionStarted>(begin)->bot_version, ""};
    const auto row = [&](const std::string& flow) -> StatRow& {
      StatKey of = key;
      of.flow = flow;
      return sums[of];
    };
    const auto both = [&](std::size_t i, std::int64_t Numbers::*number, std::int64_t more = 1) {
      row("").numbers.*number += more;
      const std::string flow = i < end ? here(i).first : "";
      if (!flow.empty()) row(flow).numbers.*number += more;
    };
    bool heard = false, person = false, unhandled = false;
    std::pair<std::string, std::string> asked;
    std::set<std::string> flows;
    for (std::size_t i = begin; i < next; ++i) {
      const auto* rated = get<event::FeedbackGiven>(i);
      if (rated && rated->rating > 0) {
        both(i, &Numbers::ratings);
        both(i, &Numbers::rating_sum, rated->rating);
      }
      if (i >= end) continue;
      if (get<event::Uttered>(i)) {
        heard = true;
        unhandled = false;
        asked = {};
        both(i, &Numbers::messages);
      }
      if (const auto* e = get<event::Commanded>(i); e && heard) {
        if (std::holds_alternative<command::CorrectSlot>(e->command))
          both(i, &Numbers::corrections);
        if (std::holds_alternative<command::CannotHandle>(e->command) && !unhandled) {
          unhandled = true;
          both(i, &Numbers::fallbacks);
        }
      }
      if (const auto* e = get<event::FlowStarted>(i); e && !is_pattern(e->flow)) {
        flows.insert(e->flow);
        ++row(e->flow).numbers.started;
      }
      if (const auto* e = get<event::FlowEnded>(i); e && !is_pattern(e->flow)) {
        const bool early = e->how == event::FlowEnded::How::cancelled;
        ++(early ? row(e->flow).numbers.abandoned : row(e->flow).numbers.completed);
      }
      if (const auto* e = get<event::StepEntered>(i); e && !is_pattern(flow_of(e->frame)))
        ++row(flow_of(e->frame)).steps[e->step].entered;
      if (const auto* e = get<event::Asked>(i)) {
        const bool is_rating = e->slot == "feedback_rating" || e->slot == "feedback_comment";
        asked = is_rating ? std::pair<std::string, std::string>{} : here(i + 1);
      }
      if (const auto* e = get<event::HandoverChanged>(i)) {
        using State = event::HandoverChanged::State;
        person |= e->state == State::requested || e->state == State::accepted;
        if (e->state == State::requested) both(i, &Numbers::handovers);
      }
      if (get<event::Failed>(i)) both(i, &Numbers::failures);
    }
    if (!heard) return;
    flows.insert("");
    for (const std::string& flow : flows) ++row(flow).numbers.conversations;
    if (end == next) return;
    const bool restarted = get<event::SessionEnded>(end)->reason == "restart";
    for (const std::string& flow : flows) {
      Numbers& numbers = row(flow).numbers;
      ++(person                              ? numbers.person
         : !asked.first.empty() || restarted ? numbers.left
         : unhandled                         ? numbers.unhelped
                                             : numbers.resolved);
    }
    if (!person && !asked.first.empty()) ++row(asked.first).steps[asked.second].left;
  }

  const std::vector<Event>& events_;
  std::string channel_;
};

std::string text_of(const StatSums& sums) {
  std::string text;
  for (const auto& [key, row] : sums) {
    text += fmt::format("{} {} {} '{}':", key.day, key.channel, key.version, key.flow);
    for (const auto field : number_fields) text += fmt::format(" {}", row.numbers.*field);
    for (const auto& [name, step] : row.steps)
      text += fmt::format(" {} {}/{}", name, step.left, step.entered);
    text += "\n";
  }
  return text;
}

// A row that is there without a number is none.
StatSums without_zeros(StatSums sums) {
  std::erase_if(sums, [](const auto& one) { return one.second == StatRow{}; });
  return sums;
}

}  // namespace

TEST_CASE("a session whose question nobody answered is left, at that step") {
  Talk talk(visited_bot());
  CHECK(row_of(talk).numbers == Numbers{});  // Opened, and nothing written
  talk.start("book");
  CHECK(row_of(talk).numbers.conversations == 1);
  CHECK(row_of(talk).numbers.ended() == 0);
  talk.set("city", "Bonn");
  talk.wait(2 * hour);
  CHECK(outcomes(talk) == Texts{"left"});
  CHECK(row_of(talk, "measure").steps.at("size").left == 1);
  CHECK(row_of(talk, "book").steps.at("where").left == 0);
  for (const char* flow : {"", "book", "measure"}) {
    const Numbers numbers = row_of(talk, flow).numbers;
    CHECK(numbers.conversations == 1);
    CHECK(numbers.left == 1);
    CHECK(numbers.ended() == 1);
  }
  CHECK(row_of(talk, "book").numbers.abandoned == 1);
}

TEST_CASE("a session is resolved when nothing was left open, the rating's question aside") {
  Talk talk(visited_bot());
  talk.start("book");
  for (const char* slot : {"city", "size", "day"}) talk.set(slot, "x");
  talk.wait(2 * hour);  // Asked for a rating, they are gone.
  CHECK(outcomes(talk) == Texts{"resolved"});
  talk.start("hours");
  talk.wait(2 * hour);
  CHECK(outcomes(talk) == Texts{"resolved", "resolved"});
  CHECK(row_of(talk).numbers.resolved == 2);
  CHECK(row_of(talk, "hours").numbers.conversations == 1);
  CHECK(row_of(talk, "hours").numbers.completed == 1);
}

TEST_CASE("a session in which a person was asked for is not resolved, whatever came then") {
  Talk talk(visited_bot());
  talk.start("book");
  talk.say({command::HumanHandover{}});
  talk.give(input::PersonAccepted{"Ada"});
  talk.give(input::PersonReleased{"Ada"});
  talk.say({command::CancelFlow{}});
  talk.wait(2 * hour);
  CHECK(outcomes(talk) == Texts{"person"});
  CHECK(row_of(talk).numbers.handovers == 1);
  CHECK(row_of(talk, "book").numbers.handovers == 1);
}

TEST_CASE("a session is unhelped when the last thing written could not be handled") {
  Talk talk(visited_bot());
  talk.start("hours");
  talk.say({command::CannotHandle{"outside"}});
  talk.wait(2 * hour);
  CHECK(outcomes(talk) == Texts{"unhelped"});
  CHECK(row_of(talk).numbers.fallbacks == 1);
  CHECK(row_of(talk).numbers.messages == 2);
}

TEST_CASE("a restart leaves the session, and the next begins with the next message") {
  Talk talk(visited_bot());
  talk.start("book");
  talk.say({command::Restart{}});
  CHECK(outcomes(talk) == Texts{"left"});
  CHECK(row_of(talk).numbers.conversations == 1);
  talk.start("hours");
  CHECK(row_of(talk).numbers.conversations == 2);
}

TEST_CASE("corrections and ratings count for the flow they are given in") {
  Talk talk(visited_bot());
  talk.start("book");
  talk.set("city", "Bonn");
  talk.say({command::CorrectSlot{"city", "Ulm", "text"}});
  CHECK(row_of(talk).numbers.corrections == 1);
  CHECK(row_of(talk, "measure").numbers.corrections == 1);
  for (const char* slot : {"size", "day"}) talk.set(slot, "x");
  talk.set("feedback_rating", 4);
  talk.set("feedback_comment", "nice");
  CHECK(row_of(talk).numbers.ratings == 1);
  CHECK(row_of(talk).numbers.rating_sum == 4);
  talk.wait(2 * hour);
  talk.give(input::FeedbackGiven{"f", 1, 5, ""});  // Of a reply, afterwards
  CHECK(row_of(talk).numbers.rating_sum == 9);
}

TEST_CASE("a session counts on the day and for the version it began with") {
  Talk talk(visited_bot());
  talk.now = 20'000 * day_ms - 60'000;
  talk.start("book");
  talk.now += 120'000;
  talk.set("city", "Bonn");
  const StatSums sums = counted(talk.log);
  REQUIRE(sums.size() == 3);
  for (const auto& one : sums) CHECK(one.first.day == 19'999);
}

TEST_CASE("what is counted of random conversations is what a recount by the definitions finds") {
  const BotPtr bot = visited_bot();
  Numbers all;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    RandomVisits visits(bot, seed);
    SessionCounter counter;
    StatSums sums;
    std::size_t taken = 0;
    for (int i = 0; i < 60; ++i) {
      visits.go_on();
      for (; taken < visits.talk.log.size(); ++taken) {
        counter.take(visits.talk.log[taken], sums);
        if (!visits.one_in(5)) continue;
        auto kept = SessionCounter::decode(counter.encode());
        REQUIRE(kept);
        REQUIRE(kept->encode() == counter.encode());
        counter = *std::move(kept);
      }
    }
    const Recount plain(visits.talk.log);
    REQUIRE(text_of(without_zeros(sums)) == text_of(without_zeros(plain.sums)));
    for (const auto& [key, row] : sums) {
      if (key.flow.empty()) all += row.numbers;
    }
  }
  // The talks have seen it all.
  for (const auto field : number_fields) {
    const bool of_flows =
        field == &Numbers::started || field == &Numbers::completed || field == &Numbers::abandoned;
    if (!of_flows && field != &Numbers::failures) CHECK(all.*field > 0);
  }
}

TEST_CASE("a counter that cannot be read is named as such") {
  CHECK(SessionCounter::decode("{").error().code == nlu::Errc::corrupt);
  CHECK(SessionCounter::decode("[]").error().code == nlu::Errc::corrupt);
  CHECK(SessionCounter::decode(R"({"frames":[[1]]})").error().code == nlu::Errc::corrupt);
  CHECK(SessionCounter::decode(R"({"asked":["a"]})").error().code == nlu::Errc::corrupt);
  CHECK(SessionCounter::decode("{}"));
}

// ---- tables ----

namespace {

StatQuery asked(std::string_view by, std::int64_t since = 0, std::int64_t until = 100'000) {
  StatQuery query;
  query.since = since;
  query.until = until;
  REQUIRE(parse_by(by, query));
  return query;
}

json::object table_of(StatQuery query) {
  StatSums sums;
  const auto put = [&](std::int64_t day, const char* channel, const char* flow, std::int64_t n) {
    StatRow& row = sums[{day, channel, "v1", flow}];
    row.numbers.conversations = n;
    row.numbers.resolved = n - 1;
    row.numbers.started = *flow == 0 ? 0 : n;
    if (*flow != 0) row.steps = {{"a", {n, 0}}, {"b", {n - 1, 1}}};
  };
  put(20'000, "web", "", 10);
  put(20'000, "web", "book", 6);
  put(20'000, "rest", "", 3);
  put(20'001, "web", "", 5);
  put(20'001, "web", "book", 4);
  put(20'001, "web", "ho,\"urs", 2);
  StatTable table(std::move(query));
  for (const auto& [key, row] : sums) REQUIRE(table.add(key, row));
  return table.to_json("small");
}

std::vector<std::string> lines(const json::object& table, std::vector<std::string> columns) {
  std::vector<std::string> all;
  for (const json::value& row : table.at("rows").get_array()) {
    std::string line;
    for (const std::string& name : columns) {
      if (!line.empty()) line += ' ';
      line += json::serialize(row.get_object().at(name));
    }
    all.push_back(line);
  }
  return all;
}

}  // namespace

TEST_CASE("numbers are added up by what is asked for") {
  CHECK(lines(table_of(asked("")), {"conversations", "resolved", "open", "resolved_share"}) ==
        Texts{"18 15 3 1E0"});
  CHECK(lines(table_of(asked("day")), {"day", "conversations"}) ==
        Texts{"\"2024-10-04\" 13", "\"2024-10-05\" 5"});
  CHECK(lines(table_of(asked("channel", 20'000, 20'000)), {"channel", "conversations"}) ==
        Texts{"\"rest\" 3", "\"web\" 10"});
  CHECK(lines(table_of(asked("flow")), {"flow", "conversations", "started"}) ==
        Texts{"\"book\" 10 10", "\"ho,\\\"urs\" 2 2"});
  StatQuery book = asked("step");
  book.only_flow = "book";
  CHECK(lines(table_of(book), {"flow", "step", "entered", "left"}) ==
        Texts{"\"book\" \"a\" 10 0", "\"book\" \"b\" 8 2"});
}

TEST_CASE("a table can be read by people and by spreadsheets") {
  const auto steps = table_of(asked("step", 20'001));
  CHECK(stats_csv(steps) ==
        "flow,step,entered,left,left_share\r\n"
        "book,a,4,0,0\r\nbook,b,3,1,0.3333\r\n"
        "\"ho,\"\"urs\",a,2,0,0\r\n\"ho,\"\"urs\",b,1,1,1\r\n");
  CHECK(stats_text(steps) ==
        "flow      step    entered   left   left_share\n"
        "book      a             4      0            0\n"
        "book      b             3      1       0.3333\n"
        "ho,\"urs   a             2      0            0\n"
        "ho,\"urs   b             1      1            1\n");
  CHECK(stats_text(table_of(asked("", 1, 2))) == "nothing was counted in these days\n");
  CHECK(stats_text(table_of(asked(""))).substr(0, 54) ==
        "conversations           18\nopen                     3\n");
}

TEST_CASE("what is no comparison and no day is named") {
  StatQuery query;
  CHECK(parse_by("day,flw", query).error().message ==
        "`by` is day, channel, version, flow or step, with commas between them, and not 'flw'; did "
        "you mean 'flow'?");
  CHECK(*parse_day("2026-11-27") == 20'784);
  CHECK(day_text(20'784) == "2026-11-27");
  for (const char* wrong : {"", "2026-11-31", "27.11.2026", "2026-11-27T10:00", "1969-12-31"})
    CHECK_FALSE(parse_day(wrong));
}

TEST_CASE("a table that would grow without bounds is refused") {
  StatTable table(asked("day"));
  nlu::Result<void> added;
  for (std::int64_t day = 0; day < 20'000 && added; ++day) added = table.add({day, "", "", ""}, {});
  REQUIRE_FALSE(added);
  CHECK(added.error().code == nlu::Errc::too_large);
}

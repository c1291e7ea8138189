// From the events of a kept conversation to a script of it.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "dialog/conversation.h"
#include "dialog/draft.h"
#include "dialog/script_write.h"

namespace dialog {

namespace {

constexpr Millis shortest_silence = 60'000;          // Shorter pauses change nothing.
constexpr std::chrono::milliseconds never{600'000};  // Longer than any step waits.

Millis whole_seconds(Millis duration) { return (duration + 999) / 1000 * 1000; }

// ---- what came back from the backend ----

// `value` at `$.a.b[0]` of `root`; false: the path is of another kind.
bool put_at(json::value& root, std::string_view path, const json::value& value) {
  if (path.empty() || path.front() != '$') return false;
  json::value* at = &root;
  for (std::size_t i = 1; i < path.size();) {
    if (path[i] == '.') {
      const std::size_t end = std::min(path.find_first_of(".[", i + 1), path.size());
      const std::string_view name = path.substr(i + 1, end - i - 1);
      if (!is_name(name)) return false;
      if (!at->is_object()) *at = json::object();
      at = &at->get_object()[name];
      i = end;
    } else {
      const std::size_t close = path.find(']', i);
      std::size_t index = 0;
      if (path[i] != '[' || close == std::string_view::npos || close == i + 1) return false;
      for (const char c : path.substr(i + 1, close - i - 1)) {
        if (c < '0' || c > '9' || index > 100) return false;
        index = index * 10 + static_cast<std::size_t>(c - '0');
      }
      if (!at->is_array()) *at = json::array();
      json::array& items = at->get_array();
      if (items.size() <= index) items.resize(index + 1);
      at = &items[index];
      i = close + 1;
    }
  }
  *at = value;
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A requested path as backend.yml writes it: decoded, and '*' for a part that no file can have.
std::string as_pattern(std::string_view path) {
  std::string pattern, part;
  const std::size_t query = std::min(path.find('?'), path.size());
  const auto close = [&] {
    pattern += part.find_first_of("/?{}") == std::string::npos ? part : "*";
    part.clear();
  };
  for (std::size_t i = 0; i < query; ++i) {
    if (path[i] == '/') {
      close();
      pattern += '/';
    } else if (path[i] == '%' && i + 2 < query && hex_digit(path[i + 1]) >= 0 &&
               hex_digit(path[i + 2]) >= 0) {
      part += static_cast<char>(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2]));
      i += 2;
    } else {
      part += path[i];
    }
  }
  close();
  return pattern + std::string(path.substr(query));
}

struct KeptCall {
  std::uint64_t effect = 0, frame = 0;
  std::size_t line = 0;  // Of the script
  Backend::Entry stub;
  std::optional<HttpOutcome::Kind> failure;  // One that no stub can play.
  bool is_known = true;                      // The result can be told.
};

bool same_answer(const KeptCall& a, const KeptCall& b) {
  return a.failure == b.failure && a.stub.status == b.stub.status && a.stub.delay == b.stub.delay &&
         a.stub.reply == b.stub.reply;
}

bool same_request(const KeptCall& a, const KeptCall& b) {
  return a.stub.method == b.stub.method && a.stub.path == b.stub.path && a.stub.body == b.stub.body;
}

// ---- the conversation ----

class ScriptMaker {
 public:
  explicit ScriptMaker(const Bot& bot) : bot_(bot) {}

  Recorded make(std::span<const Event> events) {
    for (const Event& event : events) {
      if (event.number != before_.last_event + 1) {
        note("Events before number {} are not there: the beginning is missing.", event.number);
        before_.last_event = event.number - 1;
      }
      if (last_ == 0) last_ = event.ts;
      std::visit([&](const auto& one) { take(one, event); }, event.body);
      before_.apply(event);
    }
    drop_trailing_silence();
    place_stubs();
    add_notes();
    return std::move(made_);
  }

 private:
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    made_.notes.push_back(fmt::format(format, std::forward<Values>(values)...));
  }

  std::vector<Line>& lines() { return made_.script.lines; }

  void add(Line line) {
    lines().push_back(std::move(line));
    made_.replies.emplace_back();
  }

  // Time that has passed until `ts`, as a turn of its own.
  void be_silent(Millis ts) {
    const Millis passed = whole_seconds(std::max<Millis>(ts - last_, 0));
    last_ = std::max(last_, ts);
    if (!lines().empty() && lines().back().kind == Line::Kind::silence &&
        made_.replies.back().empty()) {
      lines().back().silence += passed;
      return;
    }
    Line line;
    line.kind = Line::Kind::silence;
    line.silence = passed;
    add(std::move(line));
  }

  void take(const event::ConversationStarted& started, const Event& event) {
    made_.script.language = started.language == bot_.language ? "" : started.language;
    made_.script.seed = started.random_seed;
    made_.script.now = event.ts;
    if (started.channel != "web" && started.channel != "rest")
      note("It was on the channel '{}'; tests are played as on the web.", started.channel);
    Line line;
    line.kind = Line::Kind::opens;
    add(std::move(line));
  }

  void take(const event::UserIdentified&, const Event&) {
    note("The site had vouched for the customer (context.user); a test has nobody.");
  }

  void take(const event::Uttered& uttered, const Event& event) {
    if (before_.handover == event::HandoverChanged::State::accepted) {
      ++said_to_people_;
      return;
    }
    if (event.ts - last_ >= shortest_silence) be_silent(event.ts);
    last_ = event.ts;
    Line line;
    line.text = uttered.text;
    if (!uttered.payload.empty()) {
      line.kind = Line::Kind::payload;
      line.payload = uttered.payload;
      if (line.text == line.payload) line.text.clear();
    } else if (uttered.attachment) {
      line.kind = Line::Kind::attachment;
      line.attachment = *uttered.attachment;
    }
    add(std::move(line));
  }

  void take(const event::TimerEnded& timer, const Event& event) {
    if (timer.fired) be_silent(event.ts);
  }

  void take(const event::Replied& reply, const Event& event) {
    last_ = std::max(last_, event.ts);
    if (made_.replies.empty()) be_silent(event.ts);
    made_.replies.back().push_back(reply.response);
  }

  void take(const event::SessionStarted& session, const Event&) {
    versions_changed_ = versions_changed_ || (!before_.bot_version.empty() &&
                                              session.bot_version != before_.bot_version);
  }

  void take(const event::LanguageChanged& changed, const Event&) {
    if (changed.by != "words")
      note("The page's language became {} on the way; a test's stays.", changed.language);
  }

  void take(const event::PersonWrote&, const Event&) { ++people_wrote_; }

  void take(const event::Happened& happened, const Event&) {
    note("Left out: '{}' happened in the business's systems.", happened.name);
  }

  void take(const event::ActionStarted& started, const Event&) {
    KeptCall call;
    call.effect = started.effect;
    call.frame = started.frame;
    call.line = lines().empty() ? 0 : lines().size() - 1;
    call.stub.method = started.method;
    call.stub.path = as_pattern(started.path);
    if (!started.action.empty()) call.stub.body = json::object{{"next_action", started.action}};
    calls_.push_back(std::move(call));
  }

  void take(const event::ActionFinished& finished, const Event&) {
    using Kind = HttpOutcome::Kind;
    for (KeptCall& call : calls_) {
      if (call.effect != finished.effect) continue;
      call.stub.status = finished.status == 0 ? 200 : finished.status;
      if (finished.outcome == "timeout") call.stub.delay = never;
      if (finished.outcome == "failed") call.failure = Kind::failed;
      if (finished.outcome == "unknown") call.failure = Kind::unknown;
      if (finished.outcome == "refused") call.failure = Kind::refused;
      const bool is_fine = finished.outcome == "answered" && finished.status / 100 == 2;
      call.is_known = !is_fine || step_of(call) != nullptr;
      finished_ = is_fine ? &call : nullptr;
      return;
    }
  }

  // The step that made the call, in today's flows.
  const Http* step_of(const KeptCall& call) const {
    for (const Frame& frame : before_.stack) {
      const Flow* flow = frame.id == call.frame ? bot_.find_flow(frame.flow) : nullptr;
      const Step* step = flow ? flow->find_step(frame.step) : nullptr;
      if (step) return std::get_if<Http>(&step->what);
    }
    return nullptr;
  }

  // What an answer left in slots is all that is kept of it.
  void take(const event::SlotSet& set, const Event&) {
    if (!finished_ || set.by != "action" || set.frame != finished_->frame) return;
    static const std::map<std::string, std::string> no_results;
    const Http* http = step_of(*finished_);
    const auto path = http ? http->result.find(set.slot) : no_results.end();
    if (!http || path == http->result.end() ||
        !put_at(finished_->stub.reply, path->second, set.value)) {
      finished_->is_known = false;
    }
  }

  template <class Other>
  void take(const Other&, const Event&) {
    finished_ = nullptr;
  }

  void drop_trailing_silence() {
    while (!lines().empty() && lines().back().kind == Line::Kind::silence &&
           made_.replies.back().empty()) {
      lines().pop_back();
      made_.replies.pop_back();
    }
    // An opening that said nothing needs no line.
    if (lines().size() > 1 && lines().front().kind == Line::Kind::opens &&
        made_.replies.front().empty()) {
      lines().erase(lines().begin());
      made_.replies.erase(made_.replies.begin());
      for (KeptCall& call : calls_) call.line -= call.line > 0 ? 1 : 0;
    }
  }

  // A request that was always answered alike has one stub for the whole script, else each turn has
  // its own.
  void place_stubs() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const KeptCall& call = calls_[i];
      if (call.line >= lines().size()) continue;
      const auto is_like = [&](const KeptCall& other) {
        return !same_request(call, other) || same_answer(call, other);
      };
      Line& line = lines()[call.line];
      if (call.failure) {
        line.backend_fails.emplace().kind = *call.failure;
      } else if (std::all_of(calls_.begin(), calls_.end(), is_like)) {
        const bool is_first =
            std::none_of(calls_.begin(), calls_.begin() + static_cast<std::ptrdiff_t>(i),
                         [&](const KeptCall& other) { return same_request(call, other); });
        if (is_first) made_.script.backend.push_back(call.stub);
      } else {
        line.backend.push_back(call.stub);
      }
    }
  }

  void add_notes() {
    if (!calls_.empty()) {
      note(
          "It called the backend ({} time{}); 'backend' plays what came back, as far as slots held "
          "it.",
          calls_.size(), calls_.size() == 1 ? "" : "s");
    }
    for (const KeptCall& call : calls_) {
      if (!call.is_known && !call.stub.body.is_null()) {
        note("Not known: what the action {} gave back; complete its stub.",
             json::value_to<std::string>(call.stub.body.at("next_action")));
      } else if (!call.is_known) {
        note("Not known: what {} {} gave back; complete its stub.", call.stub.method,
             call.stub.path);
      }
    }
    if (people_wrote_ > 0 || said_to_people_ > 0) {
      note("Left out: {} messages of people of the business and {} to them.", people_wrote_,
           said_to_people_);
    }
    if (versions_changed_)
      note("The bot was changed while it went on; today's may answer otherwise.");
  }

  const Bot& bot_;
  Recorded made_;
  Conversation before_;
  Millis last_ = 0;
  std::deque<KeptCall> calls_;
  KeptCall* finished_ = nullptr;  // Its results follow.
  std::size_t people_wrote_ = 0, said_to_people_ = 0;
  bool versions_changed_ = false;
};

}  // namespace

Recorded script_of(const Bot& bot, std::span<const Event> events) {
  return ScriptMaker(bot).make(events);
}

}  // namespace dialog

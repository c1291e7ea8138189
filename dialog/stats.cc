#include "dialog/stats.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "nlu/base/json.h"

namespace dialog {

namespace {

namespace json = nlu::json;

constexpr std::size_t name_bytes = 200;
constexpr std::size_t flows_max = 200, frames_max = 200;  // Of one session; more are not told apart
constexpr std::array<std::string_view, 5> outcomes{"open", "resolved", "left", "unhelped",
                                                   "person"};

bool is_pattern(std::string_view flow) { return flow.substr(0, 8) == "pattern_"; }

// The questions of `feedback` are asked when all is done.
bool is_feedback(std::string_view slot) {
  return slot == "feedback_rating" || slot == "feedback_comment";
}

std::string cut(std::string_view name) {
  std::size_t size = std::min(name.size(), name_bytes);
  while (size > 0 && size < name.size() && (static_cast<unsigned char>(name[size]) & 0xc0) == 0x80)
    --size;
  return std::string(name.substr(0, size));
}

}  // namespace

Numbers& Numbers::operator+=(const Numbers& more) {
  for (const auto field : number_fields) this->*field += more.*field;
  return *this;
}

StatRow& StatRow::operator+=(const StatRow& more) {
  numbers += more.numbers;
  for (const auto& [name, step] : more.steps) {
    StepNumbers& mine = steps[name];
    mine.entered += step.entered;
    mine.left += step.left;
  }
  return *this;
}

std::string_view outcome_name(SessionOutcome outcome) {
  return outcomes[static_cast<std::size_t>(outcome)];
}

std::optional<SessionOutcome> outcome_named(std::string_view name) {
  const auto found = std::find(outcomes.begin(), outcomes.end(), name);
  if (found == outcomes.end()) return std::nullopt;
  return static_cast<SessionOutcome>(found - outcomes.begin());
}

// One event's effect on a counter and on the sums.
class SessionTally {
 public:
  SessionTally(SessionCounter& counter, const Event& event, StatSums& sums)
      : c_(counter), event_(event), sums_(sums) {}

  template <class Other>
  void operator()(const Other&) {}

  void operator()(const event::ConversationStarted& e) { c_.channel_ = cut(e.channel); }
  void operator()(const event::SessionStarted& e) {
    c_.version_ = cut(e.bot_version);
    c_.day_ = day_of(event_.ts);
    c_.first_ = event_.number;
    c_.outcome_ = SessionOutcome::open;
    c_.is_open_ = c_.is_counted_ = true;
    c_.heard_ = c_.person_ = c_.unhandled_ = false;
    c_.flows_.clear();
    nothing_asked();
  }
  void operator()(const event::Uttered&) {
    nothing_asked();
    c_.unhandled_ = false;
    if (!c_.is_open_) return;
    if (!std::exchange(c_.heard_, true)) {
      begun = SessionBegun{event_.ts, c_.first_};
      count("", &Numbers::conversations);
      for (const std::string& flow : c_.flows_) count(flow, &Numbers::conversations);
    }
    count_here(&Numbers::messages);
  }
  void operator()(const event::Commanded& e) {
    if (!c_.is_open_ || !c_.heard_) return;
    if (std::holds_alternative<command::CorrectSlot>(e.command)) {
      count_here(&Numbers::corrections);
    } else if (std::holds_alternative<command::CannotHandle>(e.command)) {
      if (!std::exchange(c_.unhandled_, true)) count_here(&Numbers::fallbacks);
    }
  }
  void operator()(const event::FlowStarted& e) {
    if (c_.frames_.size() >= frames_max) c_.frames_.erase(c_.frames_.begin());
    c_.frames_.push_back({e.frame, e.parent, cut(e.flow), "", false});
    const std::string& flow = c_.frames_.back().flow;
    if (!c_.is_open_ || is_pattern(flow)) return;
    count(flow, &Numbers::started);
    if (c_.flows_.size() >= flows_max || !c_.flows_.insert(flow).second) return;
    if (c_.heard_) count(flow, &Numbers::conversations);
  }
  void operator()(const event::FlowResumed& e) { raise(e.frame, false); }
  void operator()(const event::FlowParked& e) { raise(e.frame, true); }
  void operator()(const event::FlowWoken& e) { raise(e.frame, false); }
  void operator()(const event::StepEntered& e) {
    SessionCounter::Open* const one = acts(e.frame);
    if (one == nullptr) return;
    one->step = cut(e.step);
    if (!c_.is_open_ || !c_.is_counted_ || is_pattern(one->flow)) return;
    ++row(one->flow).steps[one->step].entered;
  }
  void operator()(const event::Asked& e) {
    nothing_asked();
    const SessionCounter::Open* one = acts(e.frame);
    if (is_feedback(e.slot)) return;
    if (one == nullptr || is_pattern(one->flow)) one = current();
    if (one == nullptr) return;
    c_.asked_flow_ = one->flow;
    c_.asked_step_ = one->step;
  }
  void operator()(const event::FlowEnded& e) {
    if (c_.is_open_ && !is_pattern(e.flow)) {
      const bool early = e.how == event::FlowEnded::How::cancelled;
      count(cut(e.flow), early ? &Numbers::abandoned : &Numbers::completed);
    }
    std::erase_if(c_.frames_, [&](const auto& one) { return one.frame == e.frame; });
  }
  void operator()(const event::HandoverChanged& e) {
    using State = event::HandoverChanged::State;
    if (!c_.is_open_) return;
    if (e.state == State::requested || e.state == State::accepted) c_.person_ = true;
    if (e.state == State::requested) count_here(&Numbers::handovers);
  }
  void operator()(const event::FeedbackGiven& e) {
    if (e.rating < 1 || c_.day_ < 0) return;
    count_here(&Numbers::ratings);
    count_here(&Numbers::rating_sum, e.rating);
  }
  void operator()(const event::Failed&) {
    if (c_.is_open_) count_here(&Numbers::failures);
  }
  void operator()(const event::SessionEnded& e) {
    if (!std::exchange(c_.is_open_, false)) return;
    const bool restarted = e.reason == "restart";
    const bool asked = !c_.asked_flow_.empty();
    auto number = &Numbers::resolved;
    c_.outcome_ = SessionOutcome::resolved;
    if (c_.person_) {
      c_.outcome_ = SessionOutcome::person;
      number = &Numbers::person;
    } else if (asked || restarted) {
      c_.outcome_ = SessionOutcome::left;
      number = &Numbers::left;
    } else if (c_.unhandled_) {
      c_.outcome_ = SessionOutcome::unhelped;
      number = &Numbers::unhelped;
    }
    if (c_.heard_ && c_.is_counted_) {
      count("", number);
      for (const std::string& flow : c_.flows_) count(flow, number);
      if (c_.outcome_ == SessionOutcome::left && asked)
        ++row(c_.asked_flow_).steps[c_.asked_step_].left;
    }
    nothing_asked();
  }

  std::optional<SessionBegun> begun;

 private:
  StatRow& row(const std::string& flow) { return sums_[{c_.day_, c_.channel_, c_.version_, flow}]; }
  void count(const std::string& flow, std::int64_t Numbers::*number, std::int64_t more = 1) {
    if (c_.is_counted_) row(flow).numbers.*number += more;
  }
  // For the session, and for the flow the customer is in.
  void count_here(std::int64_t Numbers::*number, std::int64_t more = 1) {
    count("", number, more);
    const SessionCounter::Open* one = c_.is_open_ ? current() : nullptr;
    if (one != nullptr) count(one->flow, number, more);
  }
  void nothing_asked() {
    c_.asked_flow_.clear();
    c_.asked_step_.clear();
  }

  // The flow that acted last, patterns aside.
  const SessionCounter::Open* current() const {
    const auto found = std::find_if(c_.frames_.rbegin(), c_.frames_.rend(), [](const auto& one) {
      return !one.is_parked && !is_pattern(one.flow);
    });
    return found == c_.frames_.rend() ? nullptr : &*found;
  }
  SessionCounter::Open* acts(std::uint64_t frame) {
    const auto found = std::find_if(c_.frames_.begin(), c_.frames_.end(),
                                    [&](const auto& one) { return one.frame == frame; });
    if (found == c_.frames_.end()) return nullptr;
    std::rotate(found, found + 1, c_.frames_.end());
    return &c_.frames_.back();
  }
  // A frame, with all it called, acts now or waits off the stack.
  void raise(std::uint64_t frame, bool parks) {
    std::set<std::uint64_t> group{frame};
    for (bool grows = true; grows;) {
      grows = false;
      for (const auto& one : c_.frames_) {
        if (group.count(one.parent) != 0 && group.insert(one.frame).second) grows = true;
      }
    }
    std::stable_partition(c_.frames_.begin(), c_.frames_.end(),
                          [&](const auto& one) { return group.count(one.frame) == 0; });
    for (auto& one : c_.frames_) {
      if (group.count(one.frame) != 0) one.is_parked = parks;
    }
  }

  SessionCounter& c_;
  const Event& event_;
  StatSums& sums_;
};

std::optional<SessionBegun> SessionCounter::take(const Event& event, StatSums& sums) {
  SessionTally tally(*this, event, sums);
  std::visit(tally, event.body);
  return tally.begun;
}

// ---- kept ----

std::string SessionCounter::encode() const {
  json::object all{{"channel", channel_},
                   {"version", version_},
                   {"day", day_},
                   {"first", first_},
                   {"open", is_open_},
                   {"counted", is_counted_},
                   {"heard", heard_},
                   {"person", person_},
                   {"unhandled", unhandled_},
                   {"outcome", outcome_name(outcome_)}};
  if (!asked_flow_.empty()) all["asked"] = json::array{asked_flow_, asked_step_};
  if (!flows_.empty()) all["flows"] = json::array(flows_.begin(), flows_.end());
  if (!frames_.empty()) {
    json::array frames;
    for (const Open& one : frames_) {
      frames.push_back(json::array{one.frame, one.parent, one.flow, one.step, one.is_parked});
    }
    all["frames"] = std::move(frames);
  }
  return json::serialize(all);
}

nlu::Result<SessionCounter> SessionCounter::decode(std::string_view bytes) {
  const nlu::Error broken{nlu::Errc::corrupt, "what is counted of a session cannot be read"};
  const auto value = nlu::parse_json(bytes);
  if (!value || !value->is_object()) return broken;
  const json::object& all = value->get_object();
  const auto is = [&](const char* key) { return nlu::get_bool(all, key).value_or(false); };
  const auto text = [](const json::value& one) {
    return one.is_string() ? std::string(one.get_string()) : std::string();
  };
  const auto whole = [](const json::value& one) {
    return one.is_int64()    ? static_cast<std::uint64_t>(one.get_int64())
           : one.is_uint64() ? one.get_uint64()
                             : 0;
  };
  SessionCounter counter;
  counter.channel_ = nlu::get_string(all, "channel").value_or("");
  counter.version_ = nlu::get_string(all, "version").value_or("");
  counter.day_ = nlu::get_integer(all, "day").value_or(-1);
  counter.first_ = static_cast<EventNumber>(nlu::get_integer(all, "first").value_or(0));
  counter.is_open_ = is("open");
  counter.is_counted_ = is("counted");
  counter.heard_ = is("heard");
  counter.person_ = is("person");
  counter.unhandled_ = is("unhandled");
  counter.outcome_ =
      outcome_named(nlu::get_string(all, "outcome").value_or("")).value_or(SessionOutcome::open);
  if (const auto* asked = nlu::get_array(all, "asked")) {
    if (asked->size() != 2) return broken;
    counter.asked_flow_ = text((*asked)[0]);
    counter.asked_step_ = text((*asked)[1]);
  }
  if (const auto* flows = nlu::get_array(all, "flows")) {
    for (const json::value& one : *flows) counter.flows_.insert(text(one));
  }
  if (const auto* frames = nlu::get_array(all, "frames")) {
    for (const json::value& one : *frames) {
      if (!one.is_array() || one.get_array().size() != 5) return broken;
      const json::array& frame = one.get_array();
      counter.frames_.push_back({whole(frame[0]), whole(frame[1]), text(frame[2]), text(frame[3]),
                                 frame[4].is_bool() && frame[4].get_bool()});
    }
  }
  return counter;
}

}  // namespace dialog

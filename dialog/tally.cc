#include "dialog/tally.h"

#include <algorithm>
#include <cmath>

namespace dialog {

namespace {

constexpr std::size_t name_bytes = 200;

bool is_pattern(std::string_view flow) { return flow.substr(0, 8) == "pattern_"; }

// Finds out what the events of a step are about.
class Listener {
 public:
  explicit Listener(const Conversation& before) : channel_(before.channel) {
    for (const Frame& frame : before.stack) frames_.push_back({frame.id, frame.parent, frame.flow});
    with_person_ = before.handover == event::HandoverChanged::State::accepted;
  }

  template <class Other>
  void operator()(const Other&) {}

  void operator()(const event::ConversationStarted& e) { channel_ = e.channel; }
  void operator()(const event::SessionEnded&) { frames_.clear(); }
  void operator()(const event::Uttered&) {
    ++counts.utterances;
    acting_ = {};  // What ended before was the session's that is over.
  }
  void operator()(const event::Interpreted& e) {
    const nlu::Interpretation& said = e.interpretation;
    if (const nlu::ScoredIntent* best = said.best()) intent_ = best->name;
    if (!said.sentiment || counts.utterances == 0) return;
    ++counts.rated;
    counts.sentiment += std::lround(*said.sentiment * 1000);
    counts.negative += *said.sentiment <= negative_at ? 1 : 0;
    counts.positive += *said.sentiment >= positive_at ? 1 : 0;
    counts.urgent += said.urgency.value_or(0) >= urgent_at ? 1 : 0;
  }
  void operator()(const event::Commanded& e) {
    if (std::holds_alternative<command::CannotHandle>(e.command) && counts.utterances > 0) {
      counts.fallbacks = 1;
    }
  }
  void operator()(const event::HandoverChanged& e) {
    if (e.state == event::HandoverChanged::State::requested) ++counts.handovers;
  }
  void operator()(const event::FlowStarted& e) { frames_.push_back({e.frame, e.parent, e.flow}); }
  void operator()(const event::StepEntered& e) { acts(e.frame); }
  void operator()(const event::Asked& e) { acts(e.frame); }
  void operator()(const event::SlotSet& e) { acts(e.frame); }
  void operator()(const event::FlowEnded& e) {
    acts(e.frame);
    const auto ended = find(e.frame);
    if (ended != frames_.end()) ended->is_open = false;
  }

  std::string_view channel() const { return channel_; }
  std::string_view topic() const {
    if (with_person_ && counts.utterances > 0) return topic::person;
    if (!acting_.empty()) return acting_;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
      if (const std::string_view flow = root_of(*frame); frame->is_open && !is_pattern(flow)) {
        return flow;
      }
    }
    return intent_.empty() || counts.fallbacks > 0 ? topic::outside : intent_;
  }

  Counts counts;

 private:
  struct Seen {
    std::uint64_t frame = 0, parent = 0;
    std::string_view flow;
    bool is_open = true;
  };

  std::vector<Seen>::iterator find(std::uint64_t frame) {
    return std::find_if(frames_.begin(), frames_.end(),
                        [&](const Seen& seen) { return seen.frame == frame; });
  }
  // A frame's parent was there before it, and stands before it.
  std::string_view root_of(const Seen& seen) const {
    const Seen* root = &seen;
    for (std::size_t i = frames_.size(); i-- > 0 && root->parent != 0;) {
      if (frames_[i].frame == root->parent) root = &frames_[i];
    }
    return root->flow;
  }
  void acts(std::uint64_t frame) {
    if (!acting_.empty() || frame == 0) return;
    const auto found = find(frame);
    if (found == frames_.end()) return;
    if (const std::string_view flow = root_of(*found); !is_pattern(flow)) acting_ = flow;
  }

  std::string_view channel_, acting_, intent_;
  std::vector<Seen> frames_;
  bool with_person_ = false;
};

}  // namespace

Counts& Counts::operator+=(const Counts& more) {
  for (const auto field : count_fields) this->*field += more.*field;
  return *this;
}

std::optional<Tally> tally(const Conversation& before, const std::vector<Event>& events) {
  Listener listener(before);
  for (const Event& event : events) std::visit(listener, event.body);
  if (listener.counts == Counts{}) return std::nullopt;
  Tally made;
  made.hour = hour_of(events.front().ts);
  made.channel = listener.channel().substr(0, name_bytes);
  made.topic = listener.topic().substr(0, name_bytes);
  made.counts = listener.counts;
  return made;
}

}  // namespace dialog

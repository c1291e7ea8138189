// What must hold after a crash, and when everything has come to rest.
#include "tests/runtime/simulator_world.h"

namespace runtime_tests {

void World::check_acked() {
  for (const auto& [id, acked] : acked_) {
    const dialog::Event* event = store_.find_visible(id, acked.seq);
    const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
    if (said == nullptr || said->message_id != acked.id) {
      throw Violation("I1: what was acknowledged is in the log after a crash");
    }
  }
}

std::string World::why_not_quiet() const {
  if (!runtime_) return "the process is down";
  for (const Pen& pen : tabs_) {
    if (!pen.tab->is_welcomed()) return pen.tab->client() + " is not connected";
    if (!pen.tab->is_done()) return pen.tab->client() + " has messages without an ack";
    const auto id = dialog::parse_conversation_id(0, pen.tab->browser().conversation);
    if (pen.tab->last_seq() != store_.find(*id)->state.head_seq) {
      return pen.tab->client() + " has not seen everything";
    }
  }
  for (const Poster& poster : posters_) {
    if (poster.busy) return poster.sender + " has no answer";
  }
  for (const auto& [id, log] : store_.logs()) {
    if (!log.outbox.empty()) return dialog::to_string(id) + " has an effect without a result";
    if (!log.timers.empty() && log.timers.begin()->first < now_ - 20'000) {
      return dialog::to_string(id) + " has a timer that did not fire";
    }
  }
  if (runtime_->stats().turns_in_flight != 0) return "turns are in flight";
  return "";
}

void World::check_end() {
  check_acked();
  for (const Pen& pen : tabs_) {
    const auto id = dialog::parse_conversation_id(0, pen.tab->browser().conversation);
    for (const auto& [seq, shown] : pen.tab->shown()) {
      const dialog::Event* event = store_.find_visible(*id, seq);
      const auto* said = event ? std::get_if<dialog::event::Uttered>(&event->body) : nullptr;
      const bool same = shown.own_id.empty() ? event && dialog::encode(*event) == shown.event
                                             : said && said->message_id == shown.own_id;
      if (!same) throw Violation("I3: every tab shows the log");
    }
    if (pen.tab->shown().size() != store_.find(*id)->state.head_seq) {
      throw Violation("I3: every tab shows all of the log");
    }
  }
  for (const auto& [id, log] : store_.logs()) {
    const auto kept = store_.load(id);
    dialog::Conversation state;
    if (kept->snapshot) state = *dialog::decode_conversation(*kept->snapshot);
    for (const dialog::Event& event : kept->events) state.apply(event);
    if (dialog::encode(state) != dialog::encode(log.state))
      throw Violation("I4: a load is the fold");
  }
}

}  // namespace runtime_tests

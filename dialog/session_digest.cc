#include "dialog/session_digest.h"

#include "nlu/base/unicode.h"

namespace dialog {

namespace {

constexpr std::size_t words_max = 160;  // Characters

// The first session's events, up to its end or the next one's beginning.
std::span<const Event> first_session(std::span<const Event> events) {
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (std::holds_alternative<event::SessionStarted>(events[i].body)) return events.first(i);
  }
  return events;
}

const std::string* text_in(const Event& event) {
  if (const auto* said = std::get_if<event::Uttered>(&event.body)) return &said->text;
  if (const auto* reply = std::get_if<event::Replied>(&event.body)) return &reply->text;
  if (const auto* person = std::get_if<event::PersonWrote>(&event.body)) return &person->text;
  return nullptr;
}

}  // namespace

SessionDigest digest(std::span<const Event> events, bool more) {
  SessionDigest found;
  SessionCounter counter;
  StatSums sums;
  const auto session = first_session(events);
  for (const Event& event : session) {
    counter.take(event, sums);
    if (text_in(event) != nullptr) found.last = event.ts;
    if (const auto* started = std::get_if<event::SessionStarted>(&event.body))
      found.version = started->bot_version;
    if (const auto* rated = std::get_if<event::FeedbackGiven>(&event.body))
      found.rating = rated->rating;
    if (const auto* said = std::get_if<event::Uttered>(&event.body)) {
      if (found.first_turn == 0) {
        found.first_turn = said->turn;
        found.first_words = nlu::truncate(said->text, words_max);
      }
      found.last_turn = said->turn;
    }
  }
  found.outcome = counter.outcome();
  found.asked_person = counter.asked_person();
  found.flows = counter.flows();
  for (const auto& [key, row] : sums) {
    if (!key.flow.empty()) continue;
    found.messages += row.numbers.messages;
    found.fallbacks += row.numbers.fallbacks;
    found.corrections += row.numbers.corrections;
  }
  found.is_whole =
      !more || session.size() < events.size() || counter.outcome() != SessionOutcome::open;
  return found;
}

bool mentions(std::span<const Event> events, std::string_view words) {
  for (const Event& event : first_session(events)) {
    const std::string* text = text_in(event);
    if (text != nullptr && nlu::fold(*text).find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace dialog

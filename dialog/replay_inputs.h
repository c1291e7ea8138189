// What advance() was given, from the events that came of it. Internal to the replay.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "dialog/engine.h"

namespace dialog {

struct Given {
  Input input;
  Millis now = 0;
};

// What kept[index] shows was given; nullopt: this event came of what an earlier one shows. Of what
// a customer said the commands are those that were kept; an HTTP outcome has no body.
std::optional<Given> given_at(std::span<const Event> kept, std::size_t index);

// The answers that the ActionFinished at kept[index] may have stood for, for the step that `state`
// waits at; the likeliest first, never none. An answer's body was not kept: it is made so that it
// has at the step's paths what the slots got from it.
std::vector<HttpOutcome> outcomes_of(const Bot& bot, const Conversation& state,
                                     std::span<const Event> kept, std::size_t index);

// The same effect or timer where numbers have come apart: the one that is out, the one of its kind.
std::uint64_t effect_now(const Conversation& now, std::uint64_t effect);
std::uint64_t timer_now(const Conversation& now, const Conversation& was, std::uint64_t timer);

// The handover queues that were full as this was given: all, where a customer was told so before
// the next was given.
std::set<std::string> full_queues_at(const Bot& bot, std::span<const Event> kept,
                                     std::size_t index);

}  // namespace dialog

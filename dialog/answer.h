// What a `collect` accepts: from a value that somebody gives, to the one its slot gets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialog/bot.h"
#include "dialog/event.h"

namespace dialog {

// The type of the answer: the step's own, else what the slot's type implies.
InputType answer_type(const Bot& bot, const Collect& collect);

// A choice's values: the step's own, else the categorical slot's.
const std::vector<std::string>& choices_of(const Bot& bot, const Collect& collect);

// `value` as the slot keeps it; nullopt when it is no answer to this step. Texts are trimmed and
// normalised (numbers, e-mail addresses, dates, the spelling of a choice), `today` is an ISO date.
std::optional<json::value> accept_value(const Bot& bot, const Collect& collect,
                                        const json::value& value, std::string_view today);

// The same for a slot that no step asks for: by its type alone.
std::optional<json::value> accept_for_slot(const Slot& slot, const json::value& value);

// `value`, or null when it is too large or nested too deeply to be kept with a conversation.
json::value bounded(json::value value);

json::value to_json(const Attachment& attachment);
// Whether `type` ("image/png") is one of `accepted` ("image/*"); everything is when it is empty.
bool accepts_media(const std::vector<std::string>& accepted, std::string_view type);

std::string_view trimmed(std::string_view text);

}  // namespace dialog

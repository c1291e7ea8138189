// Moments as text, in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialog/event.h"

namespace bot {

// "2026-11-27T14:00:00Z"; of what is before 1970 or after 9999 the nearest there is.
std::string utc_text(dialog::Millis moment);

// "2026-11-27" (its beginning), "2026-11-27T14:00Z", "2026-11-27T14:00:30Z" or milliseconds since
// the epoch; from 1970 to 9999. nullopt: anything else.
std::optional<dialog::Millis> parse_utc(std::string_view text);

}  // namespace bot

// Opening hours: which minutes of a week a business, or one of its desks, is there.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dialog {

// Minutes of a day, [begin, end); an end may be 1440.
using DayHours = std::vector<std::pair<int, int>>;

struct OpeningHours {
  std::array<DayHours, 7> days;  // Monday first
};

// "08:00-20:00"; nullopt when it is something else.
std::optional<std::pair<int, int>> read_span(std::string_view text);

// Whether `hours` hold at a local time such as "2026-11-27T18:30". A holiday ("2026-12-24", or
// "12-25" in every year) is closed all day. False for a time that cannot be read.
bool is_open(const OpeningHours& hours, const std::set<std::string>& holidays,
             std::string_view now);

// "2026-12-24" or "12-25".
bool is_holiday_date(std::string_view text);

}  // namespace dialog

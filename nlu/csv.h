// Comma-separated values as spreadsheets write them (RFC 4180).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nlu/base/result.h"

namespace nlu {

struct CsvRow {
  int line = 0;  // Where it begins, from 1; a quoted field may hold line ends.
  std::vector<std::string> fields;
};

// All rows, their fields parted by `separator`; blank lines are skipped, a byte order mark too,
// "\n" ends a row as "\r\n" does. Errc::invalid names the line: a quote that is never closed, text
// after a closing quote, a row that has more or fewer fields than the first, bytes that are not
// UTF-8. Errc::too_large: over 64 MiB or 2,000,000 rows.
Result<std::vector<CsvRow>> parse_csv(std::string_view text, char separator = ',');

}  // namespace nlu

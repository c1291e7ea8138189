// The numbers of dialog/stats.h as a table: of some days, by what one wants to compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "dialog/stats.h"
#include "nlu/base/json.h"

namespace dialog {

struct StatQuery {
  std::int64_t since = 0, until = 0;  // Days since the Unix epoch, UTC, the last included
  bool day = false, channel = false, version = false, flow = false, step = false;  // A row is of
  // Only of this one; empty: of all.
  std::string only_channel, only_version, only_flow;

  bool of_flows() const { return flow || step || !only_flow.empty(); }
};

// "flow,day" into the query; step says flow, too. Errc::invalid names the word that is none.
nlu::Result<void> parse_by(std::string_view by, StatQuery& query);
// "2026-11-27". Errc::invalid: it is no day from 1970 to 9999.
nlu::Result<std::int64_t> parse_day(std::string_view text);
std::string day_text(std::int64_t day);

constexpr std::size_t stat_rows_max = 10'000;  // Of one table

// One session may count for several flows: rows of flows do not add up to those without.
class StatTable {
 public:
  explicit StatTable(StatQuery query) : query_(std::move(query)) {}

  // Takes what the query asks for. Errc::too_large: that is more than stat_rows_max rows.
  nlu::Result<void> add(const StatKey& key, const StatRow& row);

  Numbers total() const;  // Of all rows; where the rows are of steps, none.
  std::map<std::string, StepNumbers> steps() const;  // By their names alone
  bool wants(const StatKey& key) const;

  // {"bot", "since", "until", "by", "rows": [{…}]}, as docs/stats.md has it.
  nlu::json::object to_json(std::string_view bot) const;

 private:
  // day, channel, version, flow, step
  using Key = std::tuple<std::int64_t, std::string, std::string, std::string, std::string>;

  const StatQuery query_;
  std::map<Key, Numbers> rows_;
  std::map<Key, StepNumbers> steps_;
};

// The rows of StatTable::to_json(), whoever made it, for people and for spreadsheets (RFC 4180).
std::string stats_text(const nlu::json::object& table);
std::string stats_csv(const nlu::json::object& table);

}  // namespace dialog

#include "dialog/stats_table.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "nlu/base/calendar.h"
#include "nlu/base/diagnostic.h"
#include "nlu/base/display_width.h"
#include "nlu/base/unicode.h"

namespace dialog {

namespace {

namespace json = nlu::json;

constexpr std::int64_t last_day = 2'932'896;  // Of 9999

// Rounded to four places; null when there is nothing to divide.
json::value quotient(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return nullptr;
  return std::round(static_cast<double>(part) / static_cast<double>(whole) * 1e4) / 1e4;
}

void put(json::object& row, const Numbers& n, bool of_flow) {
  row["conversations"] = n.conversations;
  row["open"] = n.conversations - n.ended();
  row["resolved"] = n.resolved;
  row["left"] = n.left;
  row["unhelped"] = n.unhelped;
  row["person"] = n.person;
  row["resolved_share"] = quotient(n.resolved, n.ended());
  row["messages"] = n.messages;
  row["fallbacks"] = n.fallbacks;
  row["fallback_share"] = quotient(n.fallbacks, n.messages);
  row["corrections"] = n.corrections;
  row["handovers"] = n.handovers;
  row["failures"] = n.failures;
  row["ratings"] = n.ratings;
  row["satisfaction"] = quotient(n.rating_sum, n.ratings);
  if (!of_flow) return;
  row["started"] = n.started;
  row["completed"] = n.completed;
  row["abandoned"] = n.abandoned;
}

std::string cell_text(const json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return fmt::format("{}", value.get_double());
  return json::serialize(value);
}

// The columns are those of the first row: all rows have the same.
std::vector<std::vector<std::string>> cells_of(const json::object& table) {
  std::vector<std::vector<std::string>> cells;
  const json::array* rows = nlu::get_array(table, "rows");
  if (rows == nullptr) return cells;
  for (const json::value& row : *rows) {
    if (!row.is_object()) continue;
    std::vector<std::string> names, values;
    for (const auto& one : row.get_object()) {
      names.emplace_back(one.key());
      values.push_back(cell_text(one.value()));
    }
    if (cells.empty()) cells.push_back(std::move(names));
    cells.push_back(std::move(values));
  }
  return cells;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const nlu::Character one = nlu::character_at(text, at);
    columns += static_cast<std::size_t>(nlu::display_width(one.code));
    at = one.end;
  }
  return columns;
}

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789.-") == text.npos && text.find('-', 1) == text.npos;
}

}  // namespace

nlu::Result<void> parse_by(std::string_view by, StatQuery& query) {
  static const std::vector<std::string> known{"day", "channel", "version", "flow", "step"};
  static constexpr bool StatQuery::*fields[] = {&StatQuery::day, &StatQuery::channel,
                                                &StatQuery::version, &StatQuery::flow,
                                                &StatQuery::step};
  while (!by.empty()) {
    const std::size_t comma = by.find(',');
    const std::string word(by.substr(0, comma));
    by = comma == by.npos ? "" : by.substr(comma + 1);
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end()) {
      return nlu::invalid(
          fmt::format("`by` is day, channel, version, flow or step, with commas between them, and "
                      "not '{}'{}",
                      nlu::truncate(word, 50), nlu::did_you_mean(word, known)));
    }
    query.*fields[found - known.begin()] = true;
  }
  query.flow = query.flow || query.step;
  return {};
}

nlu::Result<std::int64_t> parse_day(std::string_view text) {
  const auto moment =
      text.size() == 10 ? nlu::parse_iso_time(text, "UTC") : std::optional<std::int64_t>{};
  if (moment && *moment >= 0 && *moment / day_ms <= last_day) return *moment / day_ms;
  return nlu::invalid(fmt::format("'{}' is no day such as 2026-11-27", nlu::truncate(text, 50)));
}

std::string day_text(std::int64_t day) {
  return nlu::iso_time(std::clamp<std::int64_t>(day, 0, last_day) * day_ms).substr(0, 10);
}

bool StatTable::wants(const StatKey& key) const {
  const auto fits = [](const std::string& only, const std::string& one) {
    return only.empty() || only == one;
  };
  return key.day >= query_.since && key.day <= query_.until &&
         fits(query_.only_channel, key.channel) && fits(query_.only_version, key.version) &&
         fits(query_.only_flow, key.flow) && key.flow.empty() != query_.of_flows();
}

nlu::Result<void> StatTable::add(const StatKey& key, const StatRow& row) {
  if (!wants(key)) return {};
  const auto place = [&](const std::string& step) {
    return Key{query_.day ? key.day : 0, query_.channel ? key.channel : "",
               query_.version ? key.version : "", query_.flow ? key.flow : "", step};
  };
  if (query_.step) {
    for (const auto& [name, step] : row.steps) {
      StepNumbers& sum = steps_[place(name)];
      sum.entered += step.entered;
      sum.left += step.left;
    }
  } else {
    rows_[place("")] += row.numbers;
  }
  if (rows_.size() + steps_.size() <= stat_rows_max) return {};
  return nlu::Error{nlu::Errc::too_large,
                    fmt::format("that is more than {} rows: ask for fewer days, or compare by less",
                                stat_rows_max)};
}

Numbers StatTable::total() const {
  Numbers sum;
  for (const auto& one : rows_) sum += one.second;
  return sum;
}

std::map<std::string, StepNumbers> StatTable::steps() const {
  std::map<std::string, StepNumbers> sums;
  for (const auto& [key, step] : steps_) {
    StepNumbers& sum = sums[std::get<4>(key)];
    sum.entered += step.entered;
    sum.left += step.left;
  }
  return sums;
}

json::object StatTable::to_json(std::string_view bot) const {
  json::array by, rows;
  for (const auto& [name, is_by] :
       {std::pair{"day", query_.day}, std::pair{"channel", query_.channel},
        std::pair{"version", query_.version}, std::pair{"flow", query_.flow},
        std::pair{"step", query_.step}}) {
    if (is_by) by.emplace_back(name);
  }
  const auto begin = [&](const Key& key) {
    json::object row;
    if (query_.day) row["day"] = day_text(std::get<0>(key));
    if (query_.channel) row["channel"] = std::get<1>(key);
    if (query_.version) row["version"] = std::get<2>(key);
    if (query_.flow) row["flow"] = std::get<3>(key);
    return row;
  };
  for (const auto& [key, numbers] : rows_) {
    json::object row = begin(key);
    put(row, numbers, query_.of_flows());
    rows.push_back(std::move(row));
  }
  for (const auto& [key, step] : steps_) {
    json::object row = begin(key);
    row["step"] = std::get<4>(key);
    row["entered"] = step.entered;
    row["left"] = step.left;
    row["left_share"] = quotient(step.left, step.entered);
    rows.push_back(std::move(row));
  }
  return {{"bot", bot},
          {"since", day_text(query_.since)},
          {"until", day_text(query_.until)},
          {"by", std::move(by)},
          {"rows", std::move(rows)}};
}

std::string stats_text(const json::object& table) {
  const auto cells = cells_of(table);
  if (cells.empty()) return "nothing was counted in these days\n";
  std::vector<std::size_t> widths(cells.front().size());
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i)
      widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  // What was compared one under the other; a single sum has a line for each number.
  std::string text;
  if (cells.size() == 2 && nlu::get_array(table, "by") != nullptr &&
      nlu::get_array(table, "by")->empty()) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string& value = cells[1][i];
      text += fmt::format("{:<16}{:>10}\n", cells[0][i], value.empty() ? "-" : value);
    }
    return text;
  }
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      const std::string value = row[i].empty() ? "-" : row[i];
      const std::string space(widths[i] + 1 - std::min(columns_of(value), widths[i] + 1), ' ');
      const bool right = is_number(cells[1][i]);
      line += (i == 0 ? "" : "  ") + (right ? space + value : value + space);
    }
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

std::string stats_csv(const json::object& table) {
  std::string text;
  for (const auto& row : cells_of(table)) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      const bool is_plain = row[i].find_first_of(",\"\r\n") == std::string::npos;
      if (is_plain) {
        text += row[i];
        continue;
      }
      text += '"';
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace dialog

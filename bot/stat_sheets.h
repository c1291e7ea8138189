// The numbers of days that are being written: what the store's committer, the only one who writes
// them, holds in memory between two writes.
//
// A row is written whole. A day is read from the disk when it is first added to; from then on
// memory has what the disk has and what the write under way adds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dialog/state_store.h"
#include "dialog/stats.h"

namespace bot {

class StatSheets {
 public:
  // Reads what the disk has of a day.
  using Read = std::function<nlu::Result<dialog::StatSums>(dialog::Tenant, std::int64_t)>;

  // `rows`: of a bot in a day; what comes later is counted as of the channel, version and flow
  // "other".
  explicit StatSheets(std::size_t rows) : rows_(rows) {}

  // Reads the days of `sums` that are not in memory: to be called before they are added.
  nlu::Result<void> open(dialog::Tenant tenant, const dialog::StatSums& sums, const Read& read);
  void add(dialog::Tenant tenant, const dialog::StatSums& more);

  // Gives each row that changed since the last call to `write`. To be called after all of a write's
  // add()s: whoever does not write them must end.
  void flush(const std::function<void(dialog::Tenant, const dialog::StatKey&,
                                      const dialog::StatRow&)>& write);

  // Nothing before this day is in the store any more.
  void drop_before(std::int64_t day);

 private:
  struct Row {
    dialog::StatRow sums;
    bool changed = false;
  };
  using Sheet = std::map<dialog::StatKey, Row>;
  using Key = std::pair<std::int64_t, dialog::Tenant>;

  const std::size_t rows_;
  std::map<Key, Sheet> sheets_;  // The oldest day first
  std::vector<std::pair<Key, Sheet::iterator>> changed_;
};

}  // namespace bot

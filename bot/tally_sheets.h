// The sums of hours that are being written: what the store's committer, the only one who writes
// them, holds in memory between two writes.
//
// A cell is written whole. An hour is read from the disk when it is first added to; from then on
// memory has what the disk has and what the write under way adds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dialog/state_store.h"

namespace bot {

class TallySheets {
 public:
  // Reads what the disk has of an hour.
  using Read = std::function<nlu::Result<std::vector<dialog::Tally>>(dialog::Tenant, std::int64_t)>;

  // `topics`: distinct ones of a bot in an hour; what comes later is counted as topic::other.
  explicit TallySheets(std::size_t topics) : topics_(topics) {}

  // On an error nothing was added.
  nlu::Result<void> add(dialog::Tenant tenant, const dialog::Tally& more, const Read& read);

  // Gives each cell that changed since the last call, and its sums, to `write`. To be called after
  // all of a write's add()s: whoever does not write them must end.
  void flush(const std::function<void(dialog::Tenant, const dialog::Tally&)>& write);

  // Nothing before this hour is in the store any more.
  void drop_before(std::int64_t hour);

 private:
  struct Cell {
    dialog::Counts counts;
    bool changed = false;
  };
  using Cells = std::map<std::pair<std::string, std::string>, Cell>;  // By channel and topic
  struct Sheet {
    Cells cells;
    std::set<std::string, std::less<>> topics;
  };
  using Key = std::pair<std::int64_t, dialog::Tenant>;

  nlu::Result<Sheet*> open(const Key& key, const Read& read);

  const std::size_t topics_;
  std::map<Key, Sheet> sheets_;  // The oldest hour first
  std::vector<std::pair<Key, Cells::iterator>> changed_;
};

}  // namespace bot

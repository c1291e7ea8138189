#include "bot/stat_sheets.h"

namespace bot {

namespace {

constexpr std::size_t sheets_max = 16;  // Days of bots in memory
constexpr std::size_t steps_max = 500;  // Of one row; those that come later are "other".
const std::string other = "other";

}  // namespace

nlu::Result<void> StatSheets::open(dialog::Tenant tenant, const dialog::StatSums& sums,
                                   const Read& read) {
  for (const auto& one : sums) {
    const Key key{one.first.day, tenant};
    if (sheets_.count(key) != 0) continue;
    auto kept = read(tenant, key.first);
    if (!kept) return kept.error();
    Sheet& sheet = sheets_[key];
    for (auto& [place, row] : *kept) sheet.emplace(place, Row{std::move(row), false});
  }
  return {};
}

void StatSheets::add(dialog::Tenant tenant, const dialog::StatSums& more) {
  for (const auto& [place, row] : more) {
    const Key key{place.day, tenant};
    Sheet& sheet = sheets_.at(key);
    auto found = sheet.find(place);
    if (found == sheet.end()) {
      const dialog::StatKey rest{place.day, other, other, place.flow.empty() ? "" : other};
      found = sheet.try_emplace(sheet.size() < rows_ ? place : rest).first;
    }
    dialog::StatRow& sums = found->second.sums;
    sums.numbers += row.numbers;
    for (const auto& [name, step] : row.steps) {
      const bool fits = sums.steps.size() < steps_max || sums.steps.count(name) != 0;
      dialog::StepNumbers& sum = sums.steps[fits ? name : other];
      sum.entered += step.entered;
      sum.left += step.left;
    }
    if (!std::exchange(found->second.changed, true)) changed_.emplace_back(key, found);
  }
}

void StatSheets::flush(const std::function<void(dialog::Tenant, const dialog::StatKey&,
                                                const dialog::StatRow&)>& write) {
  for (const auto& [key, row] : changed_) {
    write(key.second, row->first, row->second.sums);
    row->second.changed = false;
  }
  changed_.clear();
  while (sheets_.size() > sheets_max) sheets_.erase(sheets_.begin());
}

void StatSheets::drop_before(std::int64_t day) {
  std::erase_if(changed_, [&](const auto& one) { return one.first.first < day; });
  sheets_.erase(sheets_.begin(), sheets_.lower_bound({day, 0}));
}

}  // namespace bot

#include "bot/tally_sheets.h"

namespace bot {

namespace {

constexpr std::size_t sheets_max = 64;  // Hours of bots in memory

}  // namespace

nlu::Result<TallySheets::Sheet*> TallySheets::open(const Key& key, const Read& read) {
  if (const auto found = sheets_.find(key); found != sheets_.end()) return &found->second;
  auto kept = read(key.second, key.first);
  if (!kept) return kept.error();
  Sheet& sheet = sheets_[key];
  for (dialog::Tally& cell : *kept) {
    if (cell.topic != dialog::topic::other) sheet.topics.insert(cell.topic);
    sheet.cells[{std::move(cell.channel), std::move(cell.topic)}].counts = cell.counts;
  }
  return &sheet;
}

nlu::Result<void> TallySheets::add(dialog::Tenant tenant, const dialog::Tally& more,
                                   const Read& read) {
  const Key key{more.hour, tenant};
  const auto sheet = open(key, read);
  if (!sheet) return sheet.error();
  bool known = more.topic == dialog::topic::other || (*sheet)->topics.count(more.topic) != 0;
  if (!known && (*sheet)->topics.size() < topics_) {
    (*sheet)->topics.insert(more.topic);
    known = true;
  }
  const auto cell =
      (*sheet)
          ->cells
          .try_emplace({more.channel, known ? more.topic : std::string(dialog::topic::other)})
          .first;
  cell->second.counts += more.counts;
  if (!std::exchange(cell->second.changed, true)) changed_.emplace_back(key, cell);
  return {};
}

void TallySheets::flush(const std::function<void(dialog::Tenant, const dialog::Tally&)>& write) {
  for (const auto& [key, cell] : changed_) {
    const auto& [channel, topic] = cell->first;
    write(key.second, {key.first, channel, topic, cell->second.counts});
    cell->second.changed = false;
  }
  changed_.clear();
  while (sheets_.size() > sheets_max) sheets_.erase(sheets_.begin());
}

void TallySheets::drop_before(std::int64_t hour) {
  std::erase_if(changed_, [&](const auto& one) { return one.first.first < hour; });
  sheets_.erase(sheets_.begin(), sheets_.lower_bound({hour, 0}));
}

}  // namespace bot

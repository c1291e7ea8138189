// The reader's thread, and what is read of a conversation or a bot.
#include <utility>

#include "bot/rocksdb_store_impl.h"
#include "bot/store_keys.h"

namespace bot {
namespace {

using dialog::ConversationId;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

}  // namespace

void RocksdbStore::Impl::read_forever() {
  for (;;) {
    std::function<void()> read;
    {
      std::unique_lock lock(mutex);
      reads_changed.wait(lock, [this] { return stopping || !reads.empty(); });
      if (reads.empty()) return;
      read = std::move(reads.front());
      reads.pop_front();
    }
    read();
  }
}

void RocksdbStore::Impl::read_later(std::function<void()> read) {
  {
    const std::lock_guard lock(mutex);
    reads.push_back(std::move(read));
  }
  reads_changed.notify_one();
}

Result<std::vector<dialog::Event>> RocksdbStore::Impl::read_events(const ConversationId& id,
                                                                   dialog::EventNumber from,
                                                                   std::size_t count) {
  std::vector<dialog::Event> found;
  std::optional<Error> broken;
  auto walked = walk(events, keys::event(id, from), keys::conversation_end(id),
                     [&](std::string_view key, std::string_view value) {
                       if (found.size() >= count) return false;
                       auto event = dialog::decode_event(keys::get_u64(key.substr(20)), value);
                       if (!event) {
                         broken = event.error();
                         return false;
                       }
                       found.push_back(std::move(*event));
                       return true;
                     });
  if (!walked) return walked.error();
  if (broken) return *broken;
  return found;
}

Result<void> RocksdbStore::Impl::load_outbox(const ConversationId& id,
                                             std::vector<dialog::OutboxRow>& rows) {
  std::optional<Error> broken;
  auto walked = walk(outbox, keys::conversation(id), keys::conversation_end(id),
                     [&](std::string_view key, std::string_view value) {
                       auto request = records::decode_request(value);
                       if (!request) {
                         broken = request.error();
                         return false;
                       }
                       rows.push_back({keys::get_u64(key.substr(20)), std::move(*request)});
                       return true;
                     });
  if (!walked) return walked;
  if (broken) return *broken;
  return {};
}

Result<std::optional<dialog::Kept>> RocksdbStore::Impl::load(const ConversationId& id) {
  const auto head_bytes = get(head, keys::conversation(id));
  if (!head_bytes) return head_bytes.error();
  if (!*head_bytes) return std::optional<dialog::Kept>{};
  const auto kept_head = records::decode_head(**head_bytes);
  if (!kept_head) return kept_head.error();

  dialog::Kept kept;
  kept.last_event = kept_head->last_event;
  dialog::EventNumber folded = 0;
  const auto snapshot = get(snap, keys::conversation(id));
  if (!snapshot) return snapshot.error();
  if (*snapshot) {
    if ((*snapshot)->size() < 8) return Error{Errc::corrupt, "a snapshot is cut short"};
    folded = keys::get_u64(**snapshot);
    kept.snapshot = (*snapshot)->substr(8);
  }
  // Appends may land between the two reads; what lies behind the head is not ours to see yet.
  auto rest = read_events(id, folded + 1, kept.last_event > folded ? kept.last_event - folded : 0);
  if (!rest) return rest.error();
  if (folded + rest->size() != kept.last_event) {
    return Error{Errc::corrupt, fmt::format("events are missing: {} of {} found",
                                            folded + rest->size(), kept.last_event)};
  }
  kept.events = std::move(*rest);
  if (auto rows = load_outbox(id, kept.outbox); !rows) return rows.error();
  return std::optional<dialog::Kept>{std::move(kept)};
}

Result<std::vector<dialog::Tally>> RocksdbStore::Impl::read_tallies(const std::string& from,
                                                                    const std::string& end,
                                                                    std::size_t count) {
  std::vector<dialog::Tally> found;
  std::optional<Error> broken;
  auto walked = walk(tallies, from, end, [&](std::string_view key, std::string_view value) {
    if (found.size() >= count) return false;
    auto cell = keys::parse_tally(key);
    const auto counts = records::decode_counts(value);
    if (!cell || !counts) {
      broken = cell ? counts.error() : Error{Errc::corrupt, "a sum's key cannot be read"};
      return false;
    }
    cell->counts = *counts;
    found.push_back(std::move(*cell));
    return true;
  });
  if (!walked) return walked.error();
  if (broken) return *broken;
  return found;
}

Result<RocksdbStore::StatRows> RocksdbStore::Impl::read_stats(const std::string& from,
                                                              const std::string& end,
                                                              std::size_t count) {
  StatRows found;
  std::optional<Error> broken;
  auto walked = walk(stats, from, end, [&](std::string_view key, std::string_view value) {
    if (found.size() >= count) return false;
    auto place = keys::parse_stat(key);
    auto row = records::decode_stat_row(value);
    if (!place || !row) {
      broken = place ? row.error() : Error{Errc::corrupt, "a number's key cannot be read"};
      return false;
    }
    found.emplace_back(std::move(*place), std::move(*row));
    return true;
  });
  if (!walked) return walked.error();
  if (broken) return *broken;
  return found;
}

Result<std::vector<dialog::Event>> RocksdbStore::Impl::read_visible(const ConversationId& id,
                                                                    dialog::Seq after,
                                                                    std::size_t count) {
  std::vector<dialog::EventNumber> numbers;
  auto walked = walk(visible, keys::visible(id, after + 1), keys::conversation_end(id),
                     [&](std::string_view, std::string_view value) {
                       if (numbers.size() >= count || value.size() < 8) return false;
                       numbers.push_back(keys::get_u64(value));
                       return true;
                     });
  if (!walked) return walked.error();
  std::vector<dialog::Event> found;
  for (const dialog::EventNumber number : numbers) {
    const auto bytes = get(events, keys::event(id, number));
    if (!bytes) return bytes.error();
    if (!*bytes) return Error{Errc::corrupt, fmt::format("event {} is missing", number)};
    auto event = dialog::decode_event(number, **bytes);
    if (!event) return event.error();
    found.push_back(std::move(*event));
  }
  return found;
}

}  // namespace bot

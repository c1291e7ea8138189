// The committer: batches of many conversations in one synced write.
#include <algorithm>
#include <chrono>
#include <utility>

#include "bot/rocksdb_store_impl.h"
#include "bot/store_keys.h"

namespace bot {
namespace {

using dialog::ConversationId;
using nlu::Errc;
using nlu::Error;
using nlu::Result;
using records::Head;

constexpr std::size_t heads_cached = 200'000;
constexpr std::size_t counters_cached = 20'000;
constexpr std::size_t events_at_once = 1000;

}  // namespace

void RocksdbStore::Impl::commit_forever() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    std::deque<Pending> group, turned_away;
    {
      std::unique_lock lock(mutex);
      committer_waits = true;
      work.wait(lock, [this] { return stopping || !queue.empty() || !refused.empty(); });
      committer_waits = false;  // Nobody need wake it while it lets a group gather.
      work.wait_until(lock, next, [this] { return stopping; });
      if (queue.empty() && refused.empty()) return;
      group.swap(queue);
      turned_away.swap(refused);
      counters.queued = 0;
    }
    next = std::chrono::steady_clock::now() + options.commit_interval;
    for (Pending& pending : turned_away) pending.done(pending.outcome);
    while (!group.empty()) commit(group);
  }
}

// Writes as many of `group`'s batches as one write may hold, in order, and reports them.
void RocksdbStore::Impl::commit(std::deque<Pending>& group) {
  const auto begun = std::chrono::steady_clock::now();
  rocksdb::WriteBatch write_batch(0, 0, 8, 0);  // 8: protect each entry in memory
  std::deque<Pending> written;
  std::size_t batches = 0;
  while (!group.empty() && write_batch.GetDataSize() < options.group_bytes) {
    Pending pending = std::move(group.front());
    group.pop_front();
    pending.outcome = counters.failed
                          ? Result<void>(Error{Errc::unavailable, "the store has failed"})
                          : add(write_batch, pending);
    if (pending.outcome) ++batches;
    written.push_back(std::move(pending));
  }
  if (batches > 0) {
    add_tallies(write_batch);
    add_stats(write_batch);
    rocksdb::WriteOptions write;
    write.sync = options.sync;
    const auto status = db->Write(write, &write_batch);
    if (!status.ok()) {
      fail(status.ToString());
      for (Pending& pending : written) {
        if (pending.outcome) pending.outcome = unavailable("write", status);
      }
    }
    forget_counters();
    const auto took = std::chrono::steady_clock::now() - begun;
    {
      const std::lock_guard lock(mutex);
      counters.writes += 1;
      counters.batches += batches;
      counters.bytes += write_batch.GetDataSize();
    }
    if (options.on_commit && status.ok()) {
      options.on_commit(batches, write_batch.GetDataSize(),
                        static_cast<std::uint64_t>(
                            std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    }
  }
  for (Pending& pending : written) pending.done(std::move(pending.outcome));
}

Result<Head> RocksdbStore::Impl::head_of(const ConversationId& id) {
  if (const auto found = heads.find(id); found != heads.end()) return found->second;
  const auto bytes = get(head, keys::conversation(id));
  if (!bytes) return bytes.error();
  if (!*bytes) return Head{};
  return records::decode_head(**bytes);
}

Result<void> RocksdbStore::Impl::check(const Pending& pending) {
  const auto kept = head_of(pending.id);
  if (!kept) return kept.error();
  if (kept->epoch > pending.epoch) {
    return Error{Errc::conflict,
                 fmt::format("epoch {} has been followed by {}", pending.epoch, kept->epoch)};
  }
  if (kept->last_event != pending.expected_last) {
    return Error{Errc::conflict, fmt::format("expected event {} as the last, found {}",
                                             pending.expected_last, kept->last_event)};
  }
  dialog::EventNumber next = pending.expected_last;
  for (const dialog::Event& event : pending.batch->events) {
    if (event.number != ++next) {
      return Error{Errc::invalid, fmt::format("event {} follows {}", event.number, next - 1)};
    }
  }
  return {};
}

Result<void> RocksdbStore::Impl::add(rocksdb::WriteBatch& out, const Pending& pending) {
  if (!pending.batch) return pending.job(out);
  if (auto fits = check(pending); !fits) return fits;
  auto counted = count(pending);
  if (!counted) return counted.error();
  if (const auto& more = pending.batch->tally) {
    auto added =
        sheets.add(pending.id.tenant, *more, [&](dialog::Tenant tenant, std::int64_t hour) {
          return read_tallies(keys::tally_hour(tenant, hour), keys::tally_hour(tenant, hour + 1),
                              SIZE_MAX);
        });
    if (!added) return added;
  }
  add_counted(out, pending, *std::move(counted));
  add_batch(out, pending.id, *pending.batch);
  const Head now{pending.expected_last + pending.batch->events.size(), pending.epoch};
  static_cast<void>(out.Put(in(head), keys::conversation(pending.id), records::encode(now)));
  if (heads.size() >= heads_cached) heads.clear();
  heads[pending.id] = now;
  return {};
}

// A WriteBatch's own Put and Delete fail only when it has a size limit, which this one has not.
void RocksdbStore::Impl::add_batch(rocksdb::WriteBatch& out, const ConversationId& id,
                                   const dialog::Batch& batch) {
  for (const dialog::Event& event : batch.events) {
    static_cast<void>(out.Put(in(events), keys::event(id, event.number), dialog::encode(event)));
    if (event.seq == 0) continue;
    std::string number;
    keys::put_u64(number, event.number);
    static_cast<void>(out.Put(in(visible), keys::visible(id, event.seq), number));
  }
  if (batch.snapshot) {
    std::string bytes;
    keys::put_u64(bytes,
                  batch.events.empty() ? head_of(id)->last_event : batch.events.back().number);
    static_cast<void>(out.Put(in(snap), keys::conversation(id), bytes + *batch.snapshot));
  }
  for (const auto& record : batch.messages) {
    static_cast<void>(
        out.Put(in(dedup), keys::message(id, record.client, record.id), records::encode(record)));
  }
  for (const auto& record : batch.clients) {
    static_cast<void>(out.Put(in(dedup), keys::client(id, record.client), records::encode(record)));
  }
  for (const auto& row : batch.outbox_added) {
    static_cast<void>(
        out.Put(in(outbox), keys::outbox(id, row.effect), records::encode(row.request)));
  }
  for (const std::uint64_t effect : batch.outbox_removed) {
    static_cast<void>(out.Delete(in(outbox), keys::outbox(id, effect)));
  }
  for (const auto& row : batch.rows) {
    static_cast<void>(out.Put(in(alerts), keys::row(id.tenant, row.name), row.value));
  }
  add_timers(out, id, batch);
}

// Each timer stands twice: by due time, and by conversation, so that erasing finds it.
void RocksdbStore::Impl::add_timers(rocksdb::WriteBatch& out, const ConversationId& id,
                                    const dialog::Batch& batch) {
  for (const auto& row : batch.timers_removed) {
    static_cast<void>(out.Delete(in(timers), keys::timer(id, row)));
    static_cast<void>(out.Delete(in(index_rows), keys::event(id, row.timer)));
  }
  for (const auto& row : batch.timers_set) {
    std::string due;
    keys::put_u64(due, static_cast<std::uint64_t>(row.due));
    static_cast<void>(out.Put(in(timers), keys::timer(id, row), ""));
    static_cast<void>(out.Put(in(index_rows), keys::event(id, row.timer), due));
  }
}

Result<void> RocksdbStore::Impl::add_erase(rocksdb::WriteBatch& out, const ConversationId& id) {
  const std::string begin = keys::conversation(id), end = keys::conversation_end(id);
  auto walked = walk(index_rows, begin, end, [&](std::string_view key, std::string_view value) {
    if (key.size() < 28 || value.size() < 8) return true;
    const dialog::TimerRow row{keys::get_u64(key.substr(20)),
                               static_cast<dialog::Millis>(keys::get_u64(value))};
    static_cast<void>(out.Delete(in(timers), keys::timer(id, row)));
    return true;
  });
  if (!walked) return walked;
  walked = walk(sessions, begin, end, [&](std::string_view key, std::string_view) {
    if (key.size() < 28) return true;
    const auto at = static_cast<dialog::Millis>(keys::get_u64(key.substr(20)));
    static_cast<void>(out.Delete(in(recent), keys::recent(id, at)));
    return true;
  });
  if (!walked) return walked;
  for (const Family family : {events, visible, head, snap, dedup, outbox, index_rows, sessions}) {
    const auto status = out.DeleteRange(in(family), begin, end);
    if (!status.ok()) return unavailable("erase", status);
  }
  return {};
}

// Each sum that the group's batches changed, once, however many of them did.
void RocksdbStore::Impl::add_tallies(rocksdb::WriteBatch& out) {
  sheets.flush([&](dialog::Tenant tenant, const dialog::Tally& cell) {
    static_cast<void>(
        out.Put(in(tallies), keys::tally(tenant, cell), records::encode(cell.counts)));
  });
}

Result<dialog::Tenant> RocksdbStore::Impl::last_tenant() const {
  const auto count = get(meta, "tenants");
  if (!count) return count.error();
  if (!*count || (*count)->size() < 8) return dialog::Tenant{0};
  return static_cast<dialog::Tenant>(keys::get_u64(**count));
}

Result<void> RocksdbStore::Impl::add_drop(rocksdb::WriteBatch& out, std::int64_t before) {
  const auto last = last_tenant();
  if (!last) return last.error();
  for (dialog::Tenant tenant = 1; tenant <= *last; ++tenant) {
    const std::string begin = keys::tally_hour(tenant, 0), end = keys::tally_hour(tenant, before);
    bool is_empty = true;  // No range is deleted for nothing, as it stays until a compaction.
    auto walked = walk(tallies, begin, end,
                       [&](std::string_view, std::string_view) { return is_empty = false; });
    if (!walked) return walked;
    if (is_empty) continue;
    const auto status = out.DeleteRange(in(tallies), begin, end);
    if (!status.ok()) return unavailable("remove old sums", status);
  }
  sheets.drop_before(before);
  return {};
}

// ---- numbers ----

// What is counted of a conversation up to `pending.expected_last`. It is kept with its snapshots
// and at its beginning; the events since then are taken again, which the sums have already.
Result<dialog::SessionCounter> RocksdbStore::Impl::counter_of(const Pending& pending) {
  if (pending.expected_last == 0) return dialog::SessionCounter{};
  const auto bytes = get(sessions, keys::conversation(pending.id));
  if (!bytes) return bytes.error();
  records::KeptCounter kept;
  if (*bytes) {
    auto read = records::decode_counter(**bytes);
    if (!read) return read.error();
    kept = std::move(*read);
  }
  dialog::StatSums counted_before;
  while (kept.number < pending.expected_last) {
    const std::size_t rest = pending.expected_last - kept.number;
    const auto some = read_events(pending.id, kept.number + 1, std::min(rest, events_at_once));
    if (!some) return some.error();
    if (some->empty()) break;  // load() says which are missing.
    for (const dialog::Event& event : *some) kept.counter.take(event, counted_before);
    kept.number = some->back().number;
    counted_before.clear();
  }
  if (!*bytes) kept.counter.disown();  // Begun under a release that did not count.
  return std::move(kept.counter);
}

// Changes nothing yet: its batch may still be refused.
Result<RocksdbStore::Impl::Counted> RocksdbStore::Impl::count(const Pending& pending) {
  const auto known = counters_of.find(pending.id);
  auto counter = known != counters_of.end() ? Result<dialog::SessionCounter>(known->second)
                                            : counter_of(pending);
  if (!counter) return counter.error();
  Counted counted{std::move(*counter), {}, {}};
  for (const dialog::Event& event : pending.batch->events) {
    if (const auto one = counted.counter.take(event, counted.sums)) counted.begun.push_back(*one);
  }
  auto opened = day_numbers.open(
      pending.id.tenant, counted.sums, [&](dialog::Tenant tenant, std::int64_t day) {
        const auto rows =
            read_stats(keys::stat_day(tenant, day), keys::stat_day(tenant, day + 1), SIZE_MAX);
        if (!rows) return Result<dialog::StatSums>(rows.error());
        return Result<dialog::StatSums>(dialog::StatSums(rows->begin(), rows->end()));
      });
  if (!opened) return opened.error();
  return counted;
}

void RocksdbStore::Impl::add_counted(rocksdb::WriteBatch& out, const Pending& pending,
                                     Counted counted) {
  const dialog::Batch& batch = *pending.batch;
  day_numbers.add(pending.id.tenant, counted.sums);
  for (const dialog::SessionBegun& one : counted.begun) {
    std::string first;
    keys::put_u64(first, one.first);
    static_cast<void>(out.Put(in(sessions), keys::session(pending.id, one.at), ""));
    static_cast<void>(out.Put(in(recent), keys::recent(pending.id, one.at), first));
  }
  if (pending.expected_last == 0 || batch.snapshot) {
    const dialog::EventNumber last = pending.expected_last + batch.events.size();
    static_cast<void>(out.Put(in(sessions), keys::conversation(pending.id),
                              records::encode({last, counted.counter})));
  }
  if (batch.events.empty() && batch.snapshot) resting.push_back(pending.id);
  counters_of.insert_or_assign(pending.id, std::move(counted.counter));
}

void RocksdbStore::Impl::add_stats(rocksdb::WriteBatch& out) {
  day_numbers.flush(
      [&](dialog::Tenant tenant, const dialog::StatKey& place, const dialog::StatRow& row) {
        static_cast<void>(out.Put(in(stats), keys::stat(tenant, place), records::encode(row)));
      });
}

// Only between two writes: until then the disk has not what they have taken.
void RocksdbStore::Impl::forget_counters() {
  for (const ConversationId& id : resting) counters_of.erase(id);
  resting.clear();
  if (counters_of.size() > counters_cached) counters_of.clear();
}

Result<void> RocksdbStore::Impl::add_stats_drop(rocksdb::WriteBatch& out, std::int64_t before) {
  const auto last = last_tenant();
  if (!last) return last.error();
  for (dialog::Tenant tenant = 1; tenant <= *last; ++tenant) {
    const std::string begin = keys::stat_day(tenant, 0), end = keys::stat_day(tenant, before);
    bool is_empty = true;
    auto walked = walk(stats, begin, end,
                       [&](std::string_view, std::string_view) { return is_empty = false; });
    if (!walked) return walked;
    if (is_empty) continue;
    const auto status = out.DeleteRange(in(stats), begin, end);
    if (!status.ok()) return unavailable("remove old numbers", status);
  }
  day_numbers.drop_before(before);
  return {};
}

void RocksdbStore::Impl::queue_job(std::function<Result<void>(rocksdb::WriteBatch&)> job,
                                   Done done) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex);
    queue.push_back({{}, 0, opened_epoch, std::nullopt, std::move(job), std::move(done), {}});
    wake = std::exchange(committer_waits, false);
  }
  if (wake) work.notify_one();
}

void RocksdbStore::Impl::fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex);
    if (counters.failed) return;
    counters.failed = true;
  }
  heads.clear();
  if (options.on_failure) options.on_failure(why);
}

}  // namespace bot

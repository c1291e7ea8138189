#include "bot/rocksdb_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "bot/store_keys.h"
#include "bot/store_records.h"
#include "bot/tally_sheets.h"
#include "bot/wal_check.h"

namespace bot {
namespace {

using dialog::ConversationId;
using nlu::Errc;
using nlu::Error;
using nlu::Result;
using records::Head;

constexpr std::uint64_t schema_version = 1;
constexpr std::size_t heads_cached = 200'000;

// The order is that of `families`.
enum Family : std::size_t {
  meta,
  events,
  visible,
  head,
  snap,
  dedup,
  outbox,
  timers,
  index_rows,
  audit,
  keys_of_persons,
  tallies,
  alerts,
  family_count
};
constexpr std::array<const char*, family_count> families{
    "default", "events", "visible", "head", "snap",    "dedup", "outbox",
    "timers",  "index",  "audit",   "keys", "tallies", "alerts"};

Error unavailable(std::string_view what, const rocksdb::Status& status) {
  const Errc code = status.IsCorruption() ? Errc::corrupt : Errc::unavailable;
  return {code, fmt::format("{}: {}", what, status.ToString())};
}

rocksdb::Options make_options(const StoreOptions& store) {
  rocksdb::Options options;
  if (store.env != nullptr) options.env = store.env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A torn tail has been cut before RocksDB opens (wal_check.h); whatever else is wrong is damage.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  options.track_and_verify_wals_in_manifest = true;
  options.paranoid_checks = true;
  options.recycle_log_file_num = 0;
  options.wal_bytes_per_sync = 0;
  options.bytes_per_sync = 512 << 10;  // Else a flushed file makes the next sync of the log wait.
  options.max_total_wal_size = 64 << 20;
  options.write_buffer_size = store.write_buffer_bytes;
  options.db_write_buffer_size = 3 * store.write_buffer_bytes;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.keep_log_file_num = 3;
  options.max_log_file_size = 4 << 20;
  options.periodic_compaction_seconds = 7 * 24 * 3600;  // So that what was erased leaves the disk.
  options.compression = rocksdb::kLZ4Compression;
  // Files go bit by bit: on a disk that is told of what is free (ext4 with discard), deleting one
  // whole holds up every sync for 100 ms.
  constexpr std::int64_t deleted_per_s = 64 << 20;
  constexpr std::uint64_t deleted_at_once = 1 << 20;
  constexpr double trash_ratio_max = 10;  // Of the database; above, files go whole after all.
  options.sst_file_manager.reset(rocksdb::NewSstFileManager(
      options.env, nullptr, "", deleted_per_s, true, nullptr, trash_ratio_max, deleted_at_once));
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(32 << 20);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Refuses damage and cuts a torn tail, before RocksDB sees the logs.
Result<void> mend_logs(const std::string& folder, std::vector<std::string>& notes) {
  const auto verdict = check_wal(folder);
  if (!verdict) return verdict.error();
  if (verdict->kind == WalVerdict::Kind::clean) return {};
  if (verdict->kind == WalVerdict::Kind::damaged) {
    return Error{Errc::corrupt,
                 fmt::format("{} is damaged at byte {}, and later records follow: acknowledged "
                             "messages would be lost. Restore a backup, or move {} away to begin "
                             "with an empty store",
                             verdict->file, verdict->offset, folder)};
  }
  notes.push_back(fmt::format("{}: cut a torn tail at byte {} (never acknowledged; kept as .torn)",
                              verdict->file, verdict->offset));
  return cut_torn_tail(*verdict);
}

Error open_error(const std::string& folder, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock") != std::string::npos && status.IsIOError()) {
    return {Errc::conflict,
            fmt::format("{} is in use by another process: stop it, or give this one "
                        "a folder of its own with --state",
                        folder)};
  }
  if (status.IsCorruption()) {
    return {Errc::corrupt, fmt::format("{} is damaged ({}). Restore a backup, or move the folder "
                                       "away to begin with an empty store",
                                       folder, text)};
  }
  return {Errc::unavailable, fmt::format("cannot open {}: {}", folder, text)};
}

}  // namespace

struct RocksdbStore::Impl {
  struct Pending {
    ConversationId id;
    dialog::EventNumber expected_last = 0;
    dialog::Epoch epoch = 0;
    std::optional<dialog::Batch> batch;  // nullopt: `job`, which is no conversation's append
    std::function<Result<void>(rocksdb::WriteBatch&)> job;
    Done done;
    Result<void> outcome;
  };

  explicit Impl(const StoreOptions& given) : options(given) {}

  const StoreOptions options;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // Owned by db; the first are `families`.
  dialog::Epoch opened_epoch = 0;

  mutable std::mutex mutex;  // Guards what follows up to `committer`.
  std::condition_variable work, reads_changed;
  std::deque<Pending> queue, refused;
  std::deque<std::function<void()>> reads;
  bool stopping = false;
  bool committer_waits = false;  // For work: an append must wake it.
  Stats counters;

  std::unordered_map<ConversationId, Head, dialog::ConversationIdHash> heads;  // Committer's own,
  TallySheets sheets{options.topics_per_hour};                                 // as these are.
  std::thread committer, reader;

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work.notify_all();
    reads_changed.notify_all();
    if (committer.joinable()) committer.join();
    if (reader.joinable()) reader.join();
    if (!db) return;
    for (auto* handle : handles) static_cast<void>(db->DestroyColumnFamilyHandle(handle));
    static_cast<void>(db->Close());  // Everything acknowledged is synced already.
  }

  Result<void> open(std::vector<std::string>& notes);
  Result<void> read_meta();
  Result<std::optional<std::string>> get(Family family, const std::string& key) const;
  Result<void> put_synced(const std::string& key, const std::string& value);

  void commit_forever();
  void commit(std::deque<Pending>& group);
  Result<Head> head_of(const ConversationId& id);
  Result<void> check(const Pending& pending);
  Result<void> add(rocksdb::WriteBatch& out, const Pending& pending);
  void add_batch(rocksdb::WriteBatch& out, const ConversationId& id, const dialog::Batch& batch);
  void add_timers(rocksdb::WriteBatch& out, const ConversationId& id, const dialog::Batch& batch);
  Result<void> add_erase(rocksdb::WriteBatch& out, const ConversationId& id);
  void add_tallies(rocksdb::WriteBatch& out);
  Result<void> add_drop(rocksdb::WriteBatch& out, std::int64_t before);
  void queue_job(std::function<Result<void>(rocksdb::WriteBatch&)> job, Done done);
  void fail(const std::string& why);

  void read_forever();
  void read_later(std::function<void()> read);
  Result<std::optional<dialog::Kept>> load(const ConversationId& id);
  Result<void> load_outbox(const ConversationId& id, std::vector<dialog::OutboxRow>& rows);
  Result<std::vector<dialog::Tally>> read_tallies(const std::string& from, const std::string& end,
                                                  std::size_t count);
  Result<std::vector<dialog::Event>> read_visible(const ConversationId& id, dialog::Seq after,
                                                  std::size_t count);
  Result<std::vector<dialog::Event>> read_events(const ConversationId& id, dialog::EventNumber from,
                                                 std::size_t count);
  template <class Take>
  Result<void> walk(Family family, const std::string& from, const std::string& end, Take take);

  rocksdb::ColumnFamilyHandle* in(Family family) const { return handles[family]; }
};

// ---- opening ----

Result<void> RocksdbStore::Impl::open(std::vector<std::string>& notes) {
  std::error_code failure;
  std::filesystem::create_directories(options.folder, failure);
  if (failure) {
    return Error{Errc::unavailable,
                 fmt::format("cannot make {}: {}", options.folder, failure.message())};
  }
  if (auto mended = mend_logs(options.folder, notes); !mended) return mended;

  const rocksdb::Options db_options = make_options(options);
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(db_options, options.folder, &names).ok()) names.clear();
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* family : families) descriptors.emplace_back(family, db_options);
  for (const std::string& name : names) {  // Of a later release, which read_meta() names.
    if (std::find(families.begin(), families.end(), name) == families.end()) {
      descriptors.emplace_back(name, db_options);
    }
  }
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(db_options, options.folder, descriptors, &handles, &opened);
  if (!status.ok()) return open_error(options.folder, status);
  db.reset(opened);
  if (auto meta_read = read_meta(); !meta_read) return meta_read;
  committer = std::thread([this] { commit_forever(); });
  reader = std::thread([this] { read_forever(); });
  return {};
}

Result<void> RocksdbStore::Impl::read_meta() {
  auto version = get(meta, "schema");
  if (!version) return version.error();
  if (*version && (*version)->size() < 8)
    return Error{Errc::corrupt, "the store's schema number is cut short"};
  const std::uint64_t found = *version ? keys::get_u64(**version) : schema_version;
  if (found > schema_version) {
    return Error{Errc::conflict,
                 fmt::format("{} was written by a later release of Usher (store schema {}, this "
                             "one knows {}): run that release, or restore a backup of this one's",
                             options.folder, found, schema_version)};
  }
  auto last_epoch = get(meta, "epoch");
  if (!last_epoch) return last_epoch.error();
  if (*last_epoch && (*last_epoch)->size() < 8)
    return Error{Errc::corrupt, "the store's epoch is cut short"};
  opened_epoch = (*last_epoch ? keys::get_u64(**last_epoch) : 0) + 1;

  std::string schema_bytes, epoch_bytes;
  keys::put_u64(schema_bytes, schema_version);
  keys::put_u64(epoch_bytes, opened_epoch);
  if (auto put = put_synced("schema", schema_bytes); !put) return put;
  return put_synced("epoch", epoch_bytes);
}

Result<std::optional<std::string>> RocksdbStore::Impl::get(Family family,
                                                           const std::string& key) const {
  std::string bytes;
  const auto status = db->Get(rocksdb::ReadOptions{}, in(family), key, &bytes);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return unavailable(fmt::format("read {}", families[family]), status);
  return std::optional<std::string>{std::move(bytes)};
}

Result<void> RocksdbStore::Impl::put_synced(const std::string& key, const std::string& value) {
  rocksdb::WriteOptions write;
  write.sync = options.sync;
  const auto status = db->Put(write, in(meta), key, value);
  if (!status.ok()) return unavailable("write a note", status);
  return {};
}

// ---- committing ----

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
    rocksdb::WriteOptions write;
    write.sync = options.sync;
    const auto status = db->Write(write, &write_batch);
    if (!status.ok()) {
      fail(status.ToString());
      for (Pending& pending : written) {
        if (pending.outcome) pending.outcome = unavailable("write", status);
      }
    }
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
  if (const auto& more = pending.batch->tally) {
    auto added =
        sheets.add(pending.id.tenant, *more, [&](dialog::Tenant tenant, std::int64_t hour) {
          return read_tallies(keys::tally_hour(tenant, hour), keys::tally_hour(tenant, hour + 1),
                              SIZE_MAX);
        });
    if (!added) return added;
  }
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
  for (const Family family : {events, visible, head, snap, dedup, outbox, index_rows}) {
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

Result<void> RocksdbStore::Impl::add_drop(rocksdb::WriteBatch& out, std::int64_t before) {
  const auto count = get(meta, "tenants");
  if (!count) return count.error();
  const auto last = *count && (*count)->size() >= 8
                        ? static_cast<dialog::Tenant>(keys::get_u64(**count))
                        : dialog::Tenant{0};
  for (dialog::Tenant tenant = 1; tenant <= last; ++tenant) {
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

// ---- reading ----

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

// Calls `take(key, value)` for each row in [from, end) until it returns false.
template <class Take>
Result<void> RocksdbStore::Impl::walk(Family family, const std::string& from,
                                      const std::string& end, Take take) {
  rocksdb::ReadOptions read;
  const rocksdb::Slice upper(end);
  if (!end.empty()) read.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator(read, in(family)));
  for (rows->Seek(from); rows->Valid(); rows->Next()) {
    if (!take(rows->key().ToStringView(), rows->value().ToStringView())) break;
  }
  if (!rows->status().ok())
    return unavailable(fmt::format("read {}", families[family]), rows->status());
  return {};
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

// ---- the class itself ----

RocksdbStore::RocksdbStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksdbStore::~RocksdbStore() = default;

Result<std::unique_ptr<RocksdbStore>> RocksdbStore::open(const StoreOptions& options,
                                                         std::vector<std::string>& notes) {
  auto impl = std::make_unique<Impl>(options);
  if (auto opened = impl->open(notes); !opened) return opened.error();
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(std::move(impl)));
}

void RocksdbStore::append(ConversationId id, dialog::EventNumber expected_last, dialog::Epoch epoch,
                          dialog::Batch batch, Done done) {
  bool wake = false;
  {
    const std::lock_guard lock(impl_->mutex);
    Impl::Pending pending{id, expected_last, epoch, std::move(batch), {}, std::move(done), {}};
    if (impl_->queue.size() >= impl_->options.queue) {
      pending.outcome = Error{Errc::busy, "too many batches wait for the disk"};
      impl_->refused.push_back(std::move(pending));
    } else {
      impl_->queue.push_back(std::move(pending));
      impl_->counters.queued = impl_->queue.size();
    }
    wake = std::exchange(impl_->committer_waits, false);
  }
  if (wake) impl_->work.notify_one();
}

void RocksdbStore::erase(ConversationId id, Done done) {
  impl_->queue_job(
      [impl = impl_.get(), id](rocksdb::WriteBatch& out) {
        impl->heads.erase(id);
        return impl->add_erase(out, id);
      },
      std::move(done));
}

void RocksdbStore::load(ConversationId id,
                        std::function<void(Result<std::optional<dialog::Kept>>)> done) {
  impl_->read_later([this, id, done = std::move(done)] { done(impl_->load(id)); });
}

void RocksdbStore::find_message(
    ConversationId id, std::string client, std::string message_id,
    std::function<void(Result<std::optional<dialog::MessageRecord>>)> done) {
  using Found = std::optional<dialog::MessageRecord>;
  impl_->read_later([this, id, client = std::move(client), message_id = std::move(message_id),
                     done = std::move(done)] {
    const auto bytes = impl_->get(dedup, keys::message(id, client, message_id));
    if (!bytes) return done(bytes.error());
    if (!*bytes) return done(Found{});
    auto record = records::decode_message(**bytes);
    if (!record) return done(record.error());
    record->client = client;
    record->id = message_id;
    done(Found{std::move(*record)});
  });
}

void RocksdbStore::find_client(
    ConversationId id, std::string client,
    std::function<void(Result<std::optional<dialog::ClientRecord>>)> done) {
  using Found = std::optional<dialog::ClientRecord>;
  impl_->read_later([this, id, client = std::move(client), done = std::move(done)] {
    const auto bytes = impl_->get(dedup, keys::client(id, client));
    if (!bytes) return done(bytes.error());
    if (!*bytes) return done(Found{});
    auto record = records::decode_client(**bytes);
    if (!record) return done(record.error());
    record->client = client;
    done(Found{std::move(*record)});
  });
}

void RocksdbStore::read_visible(ConversationId id, dialog::Seq after, std::size_t count,
                                std::function<void(Result<std::vector<dialog::Event>>)> done) {
  impl_->read_later([this, id, after, count, done = std::move(done)] {
    done(impl_->read_visible(id, after, count));
  });
}

void RocksdbStore::read_events(ConversationId id, dialog::EventNumber from, std::size_t count,
                               std::function<void(Result<std::vector<dialog::Event>>)> done) {
  impl_->read_later([this, id, from, count, done = std::move(done)] {
    done(impl_->read_events(id, from, count));
  });
}

void RocksdbStore::due_timers(dialog::Millis until, std::size_t count,
                              std::function<void(Result<std::vector<dialog::DueTimer>>)> done) {
  impl_->read_later([this, until, count, done = std::move(done)] {
    std::string end;
    keys::put_u64(end, static_cast<std::uint64_t>(std::max<dialog::Millis>(until, 0)) + 1);
    std::vector<dialog::DueTimer> due;
    auto walked = impl_->walk(timers, "", end, [&](std::string_view key, std::string_view) {
      if (due.size() >= count) return false;
      if (const auto timer = keys::parse_timer(key)) due.push_back(*timer);
      return true;
    });
    if (!walked) return done(walked.error());
    done(std::move(due));
  });
}

void RocksdbStore::unfinished(std::function<void(Result<std::vector<ConversationId>>)> done) {
  impl_->read_later([this, done = std::move(done)] {
    std::vector<ConversationId> ids;
    auto walked = impl_->walk(outbox, "", "", [&](std::string_view key, std::string_view) {
      const auto id = keys::parse_conversation(key);
      if (id && (ids.empty() || ids.back() != *id)) ids.push_back(*id);
      return true;
    });
    if (!walked) return done(walked.error());
    done(std::move(ids));
  });
}

void RocksdbStore::scan(dialog::Tenant tenant, std::optional<ConversationId> after,
                        std::size_t count,
                        std::function<void(Result<std::vector<ConversationId>>)> done) {
  impl_->read_later([this, tenant, after, count, done = std::move(done)] {
    std::string from, end;
    keys::put_u32(from, tenant);
    keys::put_u32(end, tenant + 1);
    if (after) from = keys::conversation_end(*after);
    std::vector<ConversationId> ids;
    auto walked = impl_->walk(head, from, end, [&](std::string_view key, std::string_view) {
      if (ids.size() >= count) return false;
      if (const auto id = keys::parse_conversation(key)) ids.push_back(*id);
      return true;
    });
    if (!walked) return done(walked.error());
    done(std::move(ids));
  });
}

Result<dialog::Tenant> RocksdbStore::tenant_of(const std::string& name) {
  const auto known = impl_->get(meta, "tenant/" + name);
  if (!known) return known.error();
  if (*known && (*known)->size() >= 8) return static_cast<dialog::Tenant>(keys::get_u64(**known));
  const auto count = impl_->get(meta, "tenants");
  if (!count) return count.error();
  const std::uint64_t next = (*count && (*count)->size() >= 8 ? keys::get_u64(**count) : 0) + 1;
  std::string bytes;
  keys::put_u64(bytes, next);
  if (auto put = impl_->put_synced("tenants", bytes); !put) return put.error();
  if (auto put = impl_->put_synced("tenant/" + name, bytes); !put) return put.error();
  return static_cast<dialog::Tenant>(next);
}

dialog::Epoch RocksdbStore::epoch() const { return impl_->opened_epoch; }

Result<void> RocksdbStore::put_note(const std::string& key, const std::string& value) {
  return impl_->put_synced("note/" + key, value);
}

Result<std::optional<std::string>> RocksdbStore::get_note(const std::string& key) {
  return impl_->get(meta, "note/" + key);
}

void RocksdbStore::read_tallies(dialog::Tenant tenant, std::int64_t from, std::int64_t to,
                                std::optional<dialog::Tally> after, std::size_t count,
                                std::function<void(Result<std::vector<dialog::Tally>>)> done) {
  // The next key after one is that key and a zero byte.
  std::string begin = after ? keys::tally(tenant, *after) + '\0' : keys::tally_hour(tenant, from);
  impl_->read_later([this, begin = std::move(begin), end = keys::tally_hour(tenant, to), count,
                     done = std::move(done)] { done(impl_->read_tallies(begin, end, count)); });
}

void RocksdbStore::drop_tallies(std::int64_t before, Done done) {
  impl_->queue_job([impl = impl_.get(),
                    before](rocksdb::WriteBatch& out) { return impl->add_drop(out, before); },
                   std::move(done));
}

void RocksdbStore::write_rows(dialog::Tenant tenant, std::vector<Row> rows, Done done) {
  impl_->queue_job(
      [impl = impl_.get(), tenant, rows = std::move(rows)](rocksdb::WriteBatch& out) {
        for (const Row& row : rows) {
          const std::string key = keys::row(tenant, row.name);
          static_cast<void>(row.value ? out.Put(impl->in(alerts), key, *row.value)
                                      : out.Delete(impl->in(alerts), key));
        }
        return Result<void>{};
      },
      std::move(done));
}

void RocksdbStore::read_rows(dialog::Tenant tenant, std::string from, std::string to,
                             std::size_t count,
                             std::function<void(Result<std::vector<Row>>)> done) {
  impl_->read_later([this, begin = keys::row(tenant, from), end = keys::row(tenant, to), count,
                     done = std::move(done)] {
    std::vector<Row> rows;
    auto walked =
        impl_->walk(alerts, begin, end, [&](std::string_view key, std::string_view value) {
          if (rows.size() >= count) return false;
          rows.push_back({std::string(key.substr(4)), std::string(value)});
          return true;
        });
    if (!walked) return done(walked.error());
    done(std::move(rows));
  });
}

RocksdbStore::Stats RocksdbStore::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

}  // namespace bot

#include "bot/rocksdb_store.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
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

#include "bot/rocksdb_store_impl.h"
#include "bot/store_keys.h"
#include "bot/wal_check.h"

namespace bot {
namespace {

using dialog::ConversationId;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr std::uint64_t schema_version = 1;

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
        impl->counters_of.erase(id);
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
    const auto bytes = impl_->get(Impl::dedup, keys::message(id, client, message_id));
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
    const auto bytes = impl_->get(Impl::dedup, keys::client(id, client));
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
    auto walked = impl_->walk(Impl::timers, "", end, [&](std::string_view key, std::string_view) {
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
    auto walked = impl_->walk(Impl::outbox, "", "", [&](std::string_view key, std::string_view) {
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
    auto walked = impl_->walk(Impl::head, from, end, [&](std::string_view key, std::string_view) {
      if (ids.size() >= count) return false;
      if (const auto id = keys::parse_conversation(key)) ids.push_back(*id);
      return true;
    });
    if (!walked) return done(walked.error());
    done(std::move(ids));
  });
}

Result<dialog::Tenant> RocksdbStore::tenant_of(const std::string& name) {
  const auto known = impl_->get(Impl::meta, "tenant/" + name);
  if (!known) return known.error();
  if (*known && (*known)->size() >= 8) return static_cast<dialog::Tenant>(keys::get_u64(**known));
  const auto count = impl_->get(Impl::meta, "tenants");
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
  return impl_->get(Impl::meta, "note/" + key);
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

void RocksdbStore::read_stats(dialog::Tenant tenant, std::int64_t from, std::int64_t to,
                              std::optional<dialog::StatKey> after, std::size_t count,
                              std::function<void(Result<StatRows>)> done) {
  std::string begin = after ? keys::stat(tenant, *after) + '\0' : keys::stat_day(tenant, from);
  impl_->read_later([this, begin = std::move(begin), end = keys::stat_day(tenant, to), count,
                     done = std::move(done)] { done(impl_->read_stats(begin, end, count)); });
}

void RocksdbStore::drop_stats(std::int64_t before, Done done) {
  impl_->queue_job([impl = impl_.get(),
                    before](rocksdb::WriteBatch& out) { return impl->add_stats_drop(out, before); },
                   std::move(done));
}

void RocksdbStore::read_sessions(dialog::Tenant tenant, dialog::Millis since, dialog::Millis until,
                                 std::optional<Session> after, std::size_t count,
                                 std::function<void(Result<std::vector<Session>>)> done) {
  std::string begin = keys::recent_from(tenant, until);
  if (after && after->at <= until) begin = keys::recent(after->id, after->at) + '\0';
  std::string end;
  if (since > 0) {
    end = keys::recent_from(tenant, since - 1);
  } else {
    keys::put_u32(end, tenant + 1);
  }
  impl_->read_later([this, begin = std::move(begin), end = std::move(end), count,
                     done = std::move(done)] {
    std::vector<Session> found;
    if (begin >= end) return done(std::move(found));
    auto walked =
        impl_->walk(Impl::recent, begin, end, [&](std::string_view key, std::string_view value) {
          if (found.size() >= count) return false;
          const auto one = keys::parse_recent(key);
          if (one && value.size() >= 8) {
            found.push_back({one->id, one->at, keys::get_u64(value)});
          }
          return true;
        });
    if (!walked) return done(walked.error());
    done(std::move(found));
  });
}

void RocksdbStore::write_rows(dialog::Tenant tenant, std::vector<Row> rows, Done done) {
  impl_->queue_job(
      [impl = impl_.get(), tenant, rows = std::move(rows)](rocksdb::WriteBatch& out) {
        for (const Row& row : rows) {
          const std::string key = keys::row(tenant, row.name);
          static_cast<void>(row.value ? out.Put(impl->in(Impl::alerts), key, *row.value)
                                      : out.Delete(impl->in(Impl::alerts), key));
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
        impl_->walk(Impl::alerts, begin, end, [&](std::string_view key, std::string_view value) {
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

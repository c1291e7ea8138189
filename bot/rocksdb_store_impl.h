// What RocksdbStore is made of; its own files' alone.
//
// rocksdb_store.cc opens it and is the class itself, rocksdb_store_commit.cc has the committer's
// thread, rocksdb_store_read.cc the reader's.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "bot/rocksdb_store.h"
#include "bot/stat_sheets.h"
#include "bot/store_records.h"
#include "bot/tally_sheets.h"

namespace bot {

inline nlu::Error unavailable(std::string_view what, const rocksdb::Status& status) {
  const nlu::Errc code = status.IsCorruption() ? nlu::Errc::corrupt : nlu::Errc::unavailable;
  return {code, fmt::format("{}: {}", what, status.ToString())};
}

struct RocksdbStore::Impl {
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
    stats,
    sessions,
    recent,
    family_count
  };
  static constexpr std::array<const char*, family_count> families{
      "default", "events", "visible", "head",    "snap",   "dedup", "outbox",   "timers",
      "index",   "audit",  "keys",    "tallies", "alerts", "stats", "sessions", "recent"};

  struct Pending {
    dialog::ConversationId id;
    dialog::EventNumber expected_last = 0;
    dialog::Epoch epoch = 0;
    std::optional<dialog::Batch> batch;  // nullopt: `job`, which is no conversation's append
    std::function<nlu::Result<void>(rocksdb::WriteBatch&)> job;
    Done done;
    nlu::Result<void> outcome;
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

  std::unordered_map<dialog::ConversationId, records::Head, dialog::ConversationIdHash>
      heads;                                    // Committer's own,
  TallySheets sheets{options.topics_per_hour};  // as these are.
  StatSheets day_numbers{options.stat_rows_per_day};
  std::unordered_map<dialog::ConversationId, dialog::SessionCounter, dialog::ConversationIdHash>
      counters_of;
  std::vector<dialog::ConversationId> resting;  // Their counters may go after the write.
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

  nlu::Result<void> open(std::vector<std::string>& notes);
  nlu::Result<void> read_meta();
  nlu::Result<std::optional<std::string>> get(Family family, const std::string& key) const;
  nlu::Result<void> put_synced(const std::string& key, const std::string& value);

  void commit_forever();
  void commit(std::deque<Pending>& group);
  nlu::Result<records::Head> head_of(const dialog::ConversationId& id);
  nlu::Result<void> check(const Pending& pending);
  nlu::Result<void> add(rocksdb::WriteBatch& out, const Pending& pending);
  void add_batch(rocksdb::WriteBatch& out, const dialog::ConversationId& id,
                 const dialog::Batch& batch);
  void add_timers(rocksdb::WriteBatch& out, const dialog::ConversationId& id,
                  const dialog::Batch& batch);
  nlu::Result<void> add_erase(rocksdb::WriteBatch& out, const dialog::ConversationId& id);
  void add_tallies(rocksdb::WriteBatch& out);
  // What a batch adds to the numbers.
  struct Counted {
    dialog::SessionCounter counter;  // After it
    dialog::StatSums sums;
    std::vector<dialog::SessionBegun> begun;
  };
  nlu::Result<Counted> count(const Pending& pending);
  void add_counted(rocksdb::WriteBatch& out, const Pending& pending, Counted counted);
  nlu::Result<dialog::SessionCounter> counter_of(const Pending& pending);
  void add_stats(rocksdb::WriteBatch& out);
  void forget_counters();
  nlu::Result<void> add_stats_drop(rocksdb::WriteBatch& out, std::int64_t before);
  nlu::Result<dialog::Tenant> last_tenant() const;
  nlu::Result<void> add_drop(rocksdb::WriteBatch& out, std::int64_t before);
  void queue_job(std::function<nlu::Result<void>(rocksdb::WriteBatch&)> job, Done done);
  void fail(const std::string& why);

  void read_forever();
  void read_later(std::function<void()> read);
  nlu::Result<std::optional<dialog::Kept>> load(const dialog::ConversationId& id);
  nlu::Result<void> load_outbox(const dialog::ConversationId& id,
                                std::vector<dialog::OutboxRow>& rows);
  nlu::Result<std::vector<dialog::Tally>> read_tallies(const std::string& from,
                                                       const std::string& end, std::size_t count);
  nlu::Result<StatRows> read_stats(const std::string& from, const std::string& end,
                                   std::size_t count);
  nlu::Result<std::vector<dialog::Event>> read_visible(const dialog::ConversationId& id,
                                                       dialog::Seq after, std::size_t count);
  nlu::Result<std::vector<dialog::Event>> read_events(const dialog::ConversationId& id,
                                                      dialog::EventNumber from, std::size_t count);
  template <class Take>
  nlu::Result<void> walk(Family family, const std::string& from, const std::string& end, Take take);

  rocksdb::ColumnFamilyHandle* in(Family family) const { return handles[family]; }
};

// Calls `take(key, value)` for each row in [from, end) until it returns false.
template <class Take>
nlu::Result<void> RocksdbStore::Impl::walk(Family family, const std::string& from,
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

}  // namespace bot

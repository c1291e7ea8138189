// The embedded store: conversations in RocksDB, in the layout of docs/store.md.
//
// One committer thread writes all conversations' batches that wait into one synced write, then
// reports each. After one failed write or sync nothing is acknowledged any more (`on_failure` is
// called once): the process should end, as what the kernel dropped cannot be known. Readers run on
// a thread of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dialog/state_store.h"
#include "dialog/stats.h"

namespace rocksdb {
class Env;
}

namespace bot {

struct StoreOptions {
  std::string folder;
  std::size_t queue = 20'000;         // Batches waiting: then Errc::busy
  std::size_t group_bytes = 1 << 20;  // Of one synced write
  // Synced writes begin no closer together than this, so that under load a sync (and the wake-ups
  // that follow it) serves many batches; one after a pause begins at once.
  std::chrono::microseconds commit_interval{1000};
  std::size_t topics_per_hour = 200;          // Of a bot's tallies; the rest is counted as "other".
  std::size_t stat_rows_per_day = 5000;       // Of a bot's numbers; the rest is "other".
  std::size_t write_buffer_bytes = 16 << 20;  // Of each column family, before it goes to a file
  bool sync = true;             // Only benchmarks, and a test's planted bug, turn it off.
  rocksdb::Env* env = nullptr;  // Not owned; nullptr: the machine's
  std::function<void(const std::string& why)> on_failure;  // On the committer's thread
  std::function<void(std::size_t batches, std::size_t bytes, std::uint64_t micros)> on_commit;
};

class RocksdbStore final : public dialog::StateStore {
 public:
  // Opens, or makes, the store. Refuses with advice: Errc::conflict when another process has it or
  // it is of a later release, Errc::corrupt when it is damaged (a torn tail of the last log with no
  // valid record after it is cut instead, and noted in `notes`).
  static nlu::Result<std::unique_ptr<RocksdbStore>> open(const StoreOptions& options,
                                                         std::vector<std::string>& notes);
  ~RocksdbStore() override;  // Writes what is queued, then closes.

  void append(dialog::ConversationId id, dialog::EventNumber expected_last, dialog::Epoch epoch,
              dialog::Batch batch, Done done) override;
  void load(dialog::ConversationId id,
            std::function<void(nlu::Result<std::optional<dialog::Kept>>)> done) override;
  void find_message(
      dialog::ConversationId id, std::string client, std::string message_id,
      std::function<void(nlu::Result<std::optional<dialog::MessageRecord>>)> done) override;
  void find_client(
      dialog::ConversationId id, std::string client,
      std::function<void(nlu::Result<std::optional<dialog::ClientRecord>>)> done) override;
  void read_visible(dialog::ConversationId id, dialog::Seq after, std::size_t count,
                    std::function<void(nlu::Result<std::vector<dialog::Event>>)> done) override;
  void read_events(dialog::ConversationId id, dialog::EventNumber from, std::size_t count,
                   std::function<void(nlu::Result<std::vector<dialog::Event>>)> done) override;
  void due_timers(dialog::Millis until, std::size_t count,
                  std::function<void(nlu::Result<std::vector<dialog::DueTimer>>)> done) override;
  void unfinished(
      std::function<void(nlu::Result<std::vector<dialog::ConversationId>>)> done) override;
  void scan(dialog::Tenant tenant, std::optional<dialog::ConversationId> after, std::size_t count,
            std::function<void(nlu::Result<std::vector<dialog::ConversationId>>)> done) override;
  void erase(dialog::ConversationId id, Done done) override;

  // The number of the bot called `name`, given once and kept. Blocks.
  nlu::Result<dialog::Tenant> tenant_of(const std::string& name);
  // Grows with every opening: the epoch of this process.
  dialog::Epoch epoch() const;
  // Small values of the shell's own (upload records, keys), synced. Block.
  nlu::Result<void> put_note(const std::string& key, const std::string& value);
  nlu::Result<std::optional<std::string>> get_note(const std::string& key);

  // A bot's tallies of the hours [from, to), by hour, channel and topic, at most `count`; those
  // behind `after` when it is given (the last of the page before).
  void read_tallies(dialog::Tenant tenant, std::int64_t from, std::int64_t to,
                    std::optional<dialog::Tally> after, std::size_t count,
                    std::function<void(nlu::Result<std::vector<dialog::Tally>>)> done);
  // Removes the tallies of all bots before an hour.
  void drop_tallies(std::int64_t before, Done done);

  // A bot's numbers (dialog/stats.h) of the days [from, to), in the order of their keys, at most
  // `count`; those behind `after` when it is given (the last of the page before).
  using StatRows = std::vector<std::pair<dialog::StatKey, dialog::StatRow>>;
  void read_stats(dialog::Tenant tenant, std::int64_t from, std::int64_t to,
                  std::optional<dialog::StatKey> after, std::size_t count,
                  std::function<void(nlu::Result<StatRows>)> done);
  // Removes the numbers of all bots before a day.
  void drop_stats(std::int64_t before, Done done);

  // A session in which the customer wrote something.
  struct Session {
    dialog::ConversationId id;
    dialog::Millis at = 0;          // When they wrote first
    dialog::EventNumber first = 0;  // Of its `session_started`
  };
  // A bot's sessions that began in [since, until], the latest first, at most `count`; those behind
  // `after` when it is given (the last of the page before).
  void read_sessions(dialog::Tenant tenant, dialog::Millis since, dialog::Millis until,
                     std::optional<Session> after, std::size_t count,
                     std::function<void(nlu::Result<std::vector<Session>>)> done);

  // Small rows of a bot, the shell's own, that change together, synced: alerts (docs/mood.md).
  struct Row {
    std::string name;
    std::optional<std::string> value;  // nullopt: removed
  };
  void write_rows(dialog::Tenant tenant, std::vector<Row> rows, Done done);
  // Those with names in [from, to), in order, at most `count`.
  void read_rows(dialog::Tenant tenant, std::string from, std::string to, std::size_t count,
                 std::function<void(nlu::Result<std::vector<Row>>)> done);

  struct Stats {
    std::uint64_t batches = 0, writes = 0, bytes = 0, queued = 0;
    bool failed = false;
  };
  Stats stats() const;

 private:
  struct Impl;
  explicit RocksdbStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bot

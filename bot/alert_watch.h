// Watches how customers sound: judges the bots' alert rules (dialog/alert.h) on a clock, keeps what
// they remember, and posts what fires and resolves to webhooks.
//
// A change, its entry in the history and what is to be posted are one synced write, made before
// anything is posted or logged: a restart fires nothing again and forgets nothing that is to be
// sent. A post is repeated with its id until it is answered by 2xx (at least once) or given up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/http_client.h"
#include "bot/log.h"
#include "bot/metrics.h"
#include "bot/rocksdb_store.h"

namespace bot {

// Runs on the io_context's thread, and ends with it. What is given by reference outlives that.
class AlertWatch {
 public:
  AlertWatch(net::io_context& io, const Config& config, const BotShelf& bots, RocksdbStore& store,
             HttpClient& client, Metrics& metrics, Log& log);

  void start();

  // Each rule of the bot and how it stands.
  nlu::json::array rules(dialog::Tenant tenant) const;
  // Posts that are not answered yet.
  std::size_t pending(dialog::Tenant tenant) const;
  std::size_t pending() const;

  // The history's rows (newest first) that are older than number `before`; 0: all. For read_rows().
  static std::pair<std::string, std::string> history_range(std::uint64_t before);

 private:
  struct Post {
    std::string rule, body, id;
    dialog::Millis created = 0;
    dialog::Millis due = 0;  // This and the next are of this process: a new one tries at once.
    int attempts = 0;
  };
  struct Judged {
    nlu::json::object numbers;
    dialog::Millis at = 0;
  };
  // What is known of a bot's alerts.
  struct Book {
    dialog::BotPtr bot;  // Whose rules `sums` and `judged` are of
    std::map<std::string, dialog::AlertState> states;
    std::map<std::string, Judged> judged;
    std::uint64_t last_number = 0;
    std::map<std::int64_t, std::vector<dialog::Counts>> sums;  // Hour → by rule
    std::int64_t closed_until = 0;  // Hours before it do not change any more.
    std::map<std::uint64_t, Post> posts;
  };
  struct Changes {
    std::vector<RocksdbStore::Row> rows;
    std::map<std::string, dialog::AlertState> states;  // Of rules that are still there
    std::uint64_t last_number = 0;
    std::map<std::uint64_t, Post> posts;
    std::vector<nlu::json::object> news;  // Entries of the history
  };

  awaitable<void> watch();
  awaitable<void> post_all();
  awaitable<void> look(dialog::Tenant tenant);
  awaitable<bool> open(dialog::Tenant tenant);
  awaitable<bool> add_up(dialog::Tenant tenant, Book& book, dialog::Millis now);
  void judge(Book& book, dialog::Millis now, Changes& changes);
  void forget_rules(Book& book, dialog::Millis now, Changes& changes);
  void report(const Book& book, const dialog::AlertRule& rule, const dialog::AlertState& before,
              const dialog::AlertVerdict& verdict, dialog::Millis now, Changes& changes);
  awaitable<bool> keep(dialog::Tenant tenant, std::vector<RocksdbStore::Row> rows);
  void adopt(Book& book, Changes changes);
  awaitable<void> drop_old();
  awaitable<void> deliver(dialog::Tenant tenant, std::uint64_t number);
  void fail(const char* what, const std::string& why);

  net::io_context& io_;
  const Config& config_;
  const BotShelf& bots_;
  RocksdbStore& store_;
  HttpClient& client_;
  Metrics& metrics_;
  Log& log_;
  std::map<dialog::Tenant, Book> books_;
  net::steady_timer clock_, posting_;
  dialog::Millis dropped_at_ = 0;
};

}  // namespace bot

// Tells the business's webhook of every change of a handover: requested, accepted, released, timed
// out (docs/handover.md).
//
// What is to be posted is a row in the batch that decides the change: neither a crash nor a restart
// loses it. A post is repeated with its id until it is answered by 2xx (at least once) or given up;
// the changes of one conversation go out in their order. No turn waits for any of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bot/bots.h"
#include "bot/config.h"
#include "bot/http_client.h"
#include "bot/log.h"
#include "bot/metrics.h"
#include "bot/rocksdb_store.h"

namespace bot {

// Runs on the io_context's thread, and ends with it. What is given by reference outlives that.
class HandoverHooks {
 public:
  static constexpr std::size_t posts_max = 10'000;  // Of a bot, that wait; more are not posted.

  HandoverHooks(net::io_context& io, const Config& config, const BotShelf& bots,
                RocksdbStore& store, HttpClient& client, Metrics& metrics, Log& log);

  void start();

  // Adds to a batch that is to be kept what its changes are to tell.
  void add_rows(const dialog::ConversationId& id, dialog::Batch& batch) const;
  // The batch is durable, with these rows.
  void kept(dialog::Tenant tenant, const std::vector<dialog::BotRow>& rows);
  // The conversation is erased: nothing more is told of it.
  void forget(const dialog::ConversationId& id);

  std::size_t pending() const;

 private:
  struct Post {
    std::string body, id;
    dialog::Millis created = 0;
    dialog::Millis due = 0;  // This and the next are of this process: a new one tries at once.
    int attempts = 0;
  };
  // By the row's name, so that one conversation's stand together, in order.
  using Posts = std::map<std::string, Post>;

  awaitable<void> run();
  awaitable<void> read_left();
  awaitable<void> deliver(dialog::Tenant tenant, std::string name);
  awaitable<void> remove(dialog::Tenant tenant, std::string name);
  void take(dialog::Tenant tenant, const std::string& name, const std::string& value);

  net::io_context& io_;
  const Config& config_;
  const BotShelf& bots_;
  RocksdbStore& store_;
  HttpClient& client_;
  Metrics& metrics_;
  Log& log_;
  std::map<dialog::Tenant, Posts> posts_;
  net::steady_timer clock_;
};

// What is posted of a change, as JSON: what is personal of it is masked unless `with_personal`.
std::string handover_post(const dialog::Bot& bot, const dialog::ConversationId& id,
                          const dialog::Event& event, const std::string& delivery,
                          bool with_personal);

}  // namespace bot

#include "bot/server.h"

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "bot/alert_watch.h"
#include "bot/handover_hooks.h"
#include "bot/http_sessions.h"
#include "bot/tokens.h"
#include "bot/versions.h"

namespace bot {

namespace {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

constexpr std::chrono::milliseconds drain_poll{20};
constexpr std::chrono::seconds goodbye_grace{2};
constexpr std::chrono::seconds close_grace{5};  // For a store that has failed

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

UploadLimits upload_limits(const Config& config) {
  UploadLimits limits;
  limits.file_bytes = config.limits.upload_bytes;
  limits.per_conversation = config.limits.uploads_per_conversation;
  limits.total_bytes = config.limits.uploads_total_bytes;
  limits.types = config.upload_types;
  return limits;
}

HttpClientOptions client_options(const Config& config) {
  HttpClientOptions options;
  options.response_bytes = config.limits.action_response_bytes;
  options.in_flight = config.limits.actions_in_flight;
  options.allow_private = config.allow_private_action_hosts;
  options.ca_file = config.action_authorities;
  return options;
}

NluWorker::Options worker_options(const ServerLimits& limits) {
  return {limits.interpret_batch, limits.interpret_interval, limits.interpret_queue};
}

// Ends the process when closing takes too long: a hung disk keeps the store's thread, and with it
// whoever waits for that thread, for ever.
class Watchdog {
 public:
  Watchdog()
      : thread_([this] {
          std::unique_lock lock{mutex_};
          if (!wake_.wait_for(lock, close_grace, [this] { return closed_; })) std::_Exit(1);
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closed_ = false;
  std::thread thread_;
};

// Makes a folder that only its owner may enter; one that is there stays as it is.
std::error_code make_private_folder(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, failure);
  if (failure || ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return failure;
  return {errno, std::generic_category()};
}

}  // namespace

// Order matters: what is used by others comes first, the io_context before all that has handlers
// in it. The threads are ended by hand, in shut_down().
struct Server::Impl {
  Impl(Config settings, MakeInterpreter maker, Say talk, Log& journal)
      : config(std::move(settings)), make(std::move(maker)), say(std::move(talk)), log(journal) {}
  ~Impl() { shut_down(); }

  Result<void> open(std::vector<ReadyBot> ready, const WrapStore& wrap);
  Result<void> open_keys();
  Result<void> open_store();
  void build();
  void shut_down();

  void handle_signals();
  void begin_drain();
  void finish_drain();
  void end(int code);
  void store_failed(const std::string& why);
  void broken(const std::string& why);
  awaitable<void> find_handovers();
  awaitable<void> sweep();

  Config config;
  const MakeInterpreter make;
  const Say say;
  Log& log;
  Metrics metrics{USHER_VERSION};
  net::io_context io{1};
  net::thread_pool files{1};
  Readiness readiness;
  BotShelf shelf;
  std::unique_ptr<RocksdbStore> store;
  std::unique_ptr<dialog::StateStore> wrapped;  // nullptr: the store itself
  std::unique_ptr<HttpClient> client;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Uploads> uploads;
  std::unique_ptr<NluWorker> worker;
  std::unique_ptr<Chats> chats;
  std::unique_ptr<Versions> versions;
  std::unique_ptr<AlertWatch> watch;
  std::unique_ptr<HandoverHooks> hooks;
  std::unique_ptr<Routes> routes;
  std::unique_ptr<HttpSessions> sessions;
  std::unique_ptr<net::signal_set> signals;
  std::unique_ptr<net::steady_timer> drain_timer;
  std::chrono::steady_clock::time_point drain_deadline;
  int exit_code = 0;
  bool ending = false;
};

Result<void> Server::Impl::open(std::vector<ReadyBot> ready, const WrapStore& wrap) {
  raise_file_limit();
  if (auto opened = open_keys(); !opened) return opened;
  if (auto opened = open_store(); !opened) return opened;
  if (wrap) wrapped = wrap(*store);
  build();
  for (ReadyBot& bot : ready) {
    if (shelf.named(bot.bot->name) && !shelf.all().empty() &&
        shelf.named(bot.bot->name)->current()->name == bot.bot->name) {
      return Error{Errc::conflict, fmt::format("two bots are called '{}'", bot.bot->name)};
    }
    const auto tenant = store->tenant_of(bot.bot->name);
    if (!tenant) return tenant.error();
    if (auto opened = versions->open(*tenant, std::move(bot)); !opened) return opened;
  }
  if (auto opened = uploads->open(); !opened) return opened;
  if (auto listening = sessions->listen(); !listening) return listening;
  loop->start();
  watch->start();
  hooks->start();
  readiness.started = true;
  net::co_spawn(io, find_handovers(), net::detached);
  net::co_spawn(io, sweep(), net::detached);
  return {};
}

// Keys nobody configured are made once and kept in the state folder.
Result<void> Server::Impl::open_keys() {
  std::error_code failure = make_private_folder(config.state_folder);
  if (!failure) failure = make_private_folder(config.state_folder + "/store");
  if (failure) {
    return Error{Errc::unavailable, fmt::format("cannot make the state folder {}: {}",
                                                config.state_folder, failure.message())};
  }
  const auto open_key = [&](std::string& key, const char* name, const char* what) -> Result<void> {
    if (!key.empty()) return {};
    const std::string path = config.state_folder + "/keys/" + name;
    bool made = false;
    auto kept = kept_key(path, made);
    if (!kept) return kept.error();
    key = std::move(*kept);
    if (made) say(fmt::format("{} made: {}", what, path));
    return {};
  };
  if (auto opened = open_key(config.operator_key, "operator.key", "operator's key"); !opened) {
    return opened;
  }
  return open_key(config.rest_token, "rest.token", "REST channel's token");
}

Result<void> Server::Impl::open_store() {
  StoreOptions options;
  options.folder = config.state_folder + "/store";
  options.queue = config.limits.store_queue;
  options.commit_interval = config.limits.commit_interval;
  options.topics_per_hour = config.limits.mood_topics_per_hour;
  options.stat_rows_per_day = config.limits.stats_rows_per_day;
  options.on_failure = [this](const std::string& why) {
    net::post(io, [this, why] { store_failed(why); });
  };
  options.on_commit = [this](std::size_t batches, std::size_t bytes, std::uint64_t micros) {
    metrics.commit_batches.Observe(static_cast<double>(batches));
    metrics.commit_bytes.Increment(static_cast<double>(bytes));
    metrics.commit_seconds.Observe(static_cast<double>(micros) / 1e6);
  };
  std::vector<std::string> notes;
  auto opened = RocksdbStore::open(options, notes);
  for (const std::string& note : notes) log.warning("store_note", {{"detail", note}});
  if (!opened) return opened.error();
  store = std::move(*opened);
  return {};
}

void Server::Impl::build() {
  client = std::make_unique<HttpClient>(io, client_options(config));
  loop = std::make_unique<Loop>(io, config, shelf, wrapped ? *wrapped : *store, store->epoch(),
                                *client, metrics, log);
  Notes notes;
  notes.put = [this](const std::string& key, const std::string& value) {
    return store->put_note(key, value);
  };
  notes.get = [this](const std::string& key) { return store->get_note(key); };
  uploads = std::make_unique<Uploads>(config.state_folder + "/uploads", upload_limits(config),
                                      std::move(notes));
  worker = std::make_unique<NluWorker>(
      worker_options(config.limits),
      [this](NluWorker::Answers answers, std::chrono::nanoseconds took) {
        metrics.interpret_batch.Observe(static_cast<double>(answers.size()));
        metrics.interpret_seconds.Observe(std::chrono::duration<double>(took).count());
        loop->post(std::move(answers));
      });
  chats = std::make_unique<Chats>(io, *loop, *uploads, files, config, metrics, log);
  // After the call that tells it: ending feeds the loop.
  loop->use(
      *chats, *worker, [this](const std::string& why) { broken(why); },
      [this](const std::string& why) { net::post(io, [this, why] { store_failed(why); }); });
  versions = std::make_unique<Versions>(io, files, config, shelf, *worker, make, say, log);
  watch = std::make_unique<AlertWatch>(io, config, shelf, *store, *client, metrics, log);
  hooks = std::make_unique<HandoverHooks>(io, config, shelf, *store, *client, metrics, log);
  loop->use(*hooks);
  routes = std::make_unique<Routes>(Parts{config, readiness, shelf, *store, *loop, *worker, *client,
                                          *uploads, *versions, *watch, *hooks, files,
                                          io.get_executor(), metrics, log});
  sessions = std::make_unique<HttpSessions>(io, config, *routes, *chats, metrics, log);
}

// The threads first, as they call into everything else: files, models, then the store, which
// writes what it has.
void Server::Impl::shut_down() {
  std::optional<Watchdog> watchdog;
  if (readiness.store_failed) watchdog.emplace();
  files.stop();
  files.join();
  worker.reset();
  wrapped.reset();
  store.reset();
}

// ---- the end ----

void Server::Impl::handle_signals() {
  signals->async_wait([this](error_code cancelled, int number) {
    if (cancelled) return;
    if (number == SIGHUP) {
      if (!readiness.draining) versions->reload();
    } else if (readiness.draining) {
      std::_Exit(130);
    } else {
      say("stopping: turns under way are finished first");
      begin_drain();
    }
    handle_signals();
  });
}

void Server::Impl::begin_drain() {
  if (readiness.draining) return;
  readiness.draining = true;
  sessions->stop_listening();
  loop->feed(runtime::Drain{});
  drain_deadline = std::chrono::steady_clock::now() + config.limits.drain_grace;
  finish_drain();
}

void Server::Impl::finish_drain() {
  const bool late = std::chrono::steady_clock::now() > drain_deadline;
  const bool done = loop->runtime().stats().drained && sessions->busy_count() == 0;
  if (done || late || ending) {
    if (late && !done) log.warning("drain_cut_short");
    return end(exit_code);
  }
  drain_timer->expires_after(drain_poll);
  drain_timer->async_wait([this](error_code cancelled) {
    if (!cancelled) finish_drain();
  });
}

// Says goodbye to the sockets that are left, waits a little for theirs, and lets run() return.
void Server::Impl::end(int code) {
  if (ending) return;
  ending = true;
  exit_code = code;
  sessions->stop_listening();
  chats->say_goodbye();
  drain_deadline = std::chrono::steady_clock::now() + goodbye_grace;
  const auto wait = std::make_shared<std::function<void()>>();
  *wait = [this, weak = std::weak_ptr(wait)] {
    if (chats->open_count() == 0 || std::chrono::steady_clock::now() > drain_deadline) {
      return io.stop();
    }
    drain_timer->expires_after(drain_poll);
    drain_timer->async_wait([again = weak.lock()](error_code) {
      if (again) (*again)();
    });
  };
  (*wait)();
}

void Server::Impl::store_failed(const std::string& why) {
  if (readiness.store_failed) return;
  readiness.store_failed = true;
  log.error("store_failed", {{"why", why}});
  say(
      fmt::format("the store failed: {}. Nothing more can be kept; see that the disk is sound and "
                  "has room, then start again.",
                  why));
  end(1);
}

void Server::Impl::broken(const std::string& why) {
  log.error("internal_error", {{"what", why}});
  end(1);
}

// ---- beside the traffic ----

// Reads every conversation once, one at a time, for those that wait for a person.
awaitable<void> Server::Impl::find_handovers() {
  constexpr std::size_t page = 200;
  const net::any_io_executor executor = io.get_executor();
  std::vector<dialog::Tenant> tenants;
  for (const auto& entry : shelf.all()) tenants.push_back(entry.first);
  for (const dialog::Tenant tenant : tenants) {
    std::optional<dialog::ConversationId> after;
    for (bool more = true; more;) {
      using Ids = nlu::Result<std::vector<dialog::ConversationId>>;
      auto ids = std::make_shared<Later<Ids>>(executor);
      store->scan(tenant, after, page, setter(executor, ids));
      const std::optional<Ids> found = co_await ids->wait(std::chrono::seconds{60});
      if (!found || !*found) co_return;
      more = (**found).size() == page;
      for (const dialog::ConversationId& id : **found) {
        using Kept = nlu::Result<std::optional<dialog::Kept>>;
        auto later = std::make_shared<Later<Kept>>(executor);
        store->load(id, setter(executor, later));
        const std::optional<Kept> kept = co_await later->wait(std::chrono::seconds{60});
        after = id;
        if (!kept || !*kept || !**kept) continue;
        if (const auto state = conversation_of(***kept)) loop->handovers().see(id, *state);
      }
    }
  }
}

awaitable<void> Server::Impl::sweep() {
  net::steady_timer timer{io};
  for (;;) {
    timer.expires_after(std::chrono::seconds{1});
    co_await timer.async_wait(use_awaitable);
    sessions->sweep();
    chats->sweep();
    versions->judge(loop->runtime().stats().versions);
    if (config.watch && !readiness.draining) versions->watch();
  }
}

// ---- the facade ----

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(Config config, std::vector<ReadyBot> bots,
                                             MakeInterpreter make, Say say, Log& log,
                                             const WrapStore& wrap) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(make), std::move(say), log);
  impl->drain_timer = std::make_unique<net::steady_timer>(impl->io);
  if (auto opened = impl->open(std::move(bots), wrap); !opened) return opened.error();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->sessions->port(); }
const Config& Server::config() const { return impl_->config; }

int Server::run(bool signals) {
  if (signals) {
    impl_->signals = std::make_unique<net::signal_set>(impl_->io, SIGINT, SIGTERM, SIGHUP);
    impl_->handle_signals();
  }
  impl_->io.run();
  return impl_->exit_code;
}

void Server::stop() {
  net::post(impl_->io, [impl = impl_.get()] { impl->begin_drain(); });
}

void Server::reload() {
  net::post(impl_->io, [impl = impl_.get()] {
    if (!impl->readiness.draining) impl->versions->reload();
  });
}

}  // namespace bot

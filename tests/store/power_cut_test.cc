// What the store acknowledged is there after the power went, wherever it went.
//
// USHER_POWER_CUTS sets the number of cuts, USHER_SEED repeats one run.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include "bot/rocksdb_store.h"
#include "tests/store/conversations.h"
#include "tests/store/power_cut_fs.h"

namespace {

using namespace store_test;
namespace fs = std::filesystem;

constexpr std::uint8_t writers = 4;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What was promised: the last event acknowledged, and the last one that was ever handed over.
struct Promise {
  std::atomic<dialog::EventNumber> acknowledged{0}, attempted{0};
};

class Laboratory {
 public:
  Laboratory(std::uint64_t seed, bool sync) : random_(seed), sync_(sync) {
    folder_ = fs::temp_directory_path() / fmt::format("usher-power-cut-{}-{}", ::getpid(), seed);
    fs::remove_all(folder_);
  }
  ~Laboratory() { fs::remove_all(folder_); }

  // Runs the store until the power goes, then takes back what was not synced.
  void run_until_cut() {
    const auto disk = new_disk(5 + random_() % 600);
    {
      const auto env = power_cut::make_env(disk);
      std::vector<std::string> notes;
      auto store = bot::RocksdbStore::open(options(env.get()), notes);
      if (store) write_until_failure(**store);
    }
    disk->cut(random_);
  }

  // What is wrong with the store after the cut; empty: nothing.
  std::string check() {
    // A disk that lives, as real syncs would only cost time.
    const auto disk = new_disk(~0ULL);
    const auto env = power_cut::make_env(disk);
    std::vector<std::string> notes;
    auto store = bot::RocksdbStore::open(options(env.get()), notes);
    if (!store) return "does not open: " + store.error().message;
    for (std::uint8_t writer = 0; writer < writers; ++writer) {
      const std::string wrong = check(**store, writer);
      if (!wrong.empty()) return fmt::format("conversation {}: {}", writer, wrong);
    }
    return check_sums(**store);
  }

 private:
  std::shared_ptr<power_cut::Disk> new_disk(std::uint64_t dies_after) const {
    fs::remove_all(folder_ / "trash");
    fs::create_directories(folder_ / "trash");
    return std::make_shared<power_cut::Disk>((folder_ / "trash").string(), dies_after);
  }

  bot::StoreOptions options(rocksdb::Env* env) const {
    bot::StoreOptions made;
    made.folder = (folder_ / "store").string();
    made.sync = sync_;
    made.write_buffer_bytes = 64 << 10;  // So that cuts fall into flushes and compactions too.
    made.env = env;
    return made;
  }

  void write_until_failure(bot::RocksdbStore& store) {
    std::vector<std::thread> threads;
    for (std::uint8_t writer = 0; writer < writers; ++writer) {
      threads.emplace_back([this, &store, writer, draws = std::mt19937_64(random_())]() mutable {
        const auto id = conversation(writer);
        for (;;) {
          const dialog::EventNumber last = kept_[writer];
          const std::size_t count = 1 + draws() % 3;
          dialog::Batch made = batch(id, last, count);
          if (last == 0) made.events.front().body = dialog::event::SessionStarted{1, "v1", ""};
          made.tally = dialog::Tally{500'000, "web", fmt::format("topic {}", draws() % 3), {}};
          made.tally->counts.utterances = static_cast<std::int64_t>(count);
          if (draws() % 50 == 0)
            made.events.back().unknown_personal["padding"] = std::string(40'000, 'x');
          promises_[writer].attempted = last + count;
          if (!append(store, id, last, std::move(made))) return;
          kept_[writer] = last + count;
          promises_[writer].acknowledged = last + count;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  std::string check(bot::RocksdbStore& store, std::uint8_t writer) {
    const auto id = conversation(writer);
    const auto kept = load(store, id);
    if (!kept) return kept.error().message;
    const dialog::EventNumber last = *kept ? (*kept)->last_event : 0;
    const Promise& promise = promises_[writer];
    if (last < promise.acknowledged) {
      return fmt::format("{} acknowledged, {} kept", promise.acknowledged.load(), last);
    }
    if (last > promise.attempted)
      return fmt::format("{} kept, {} written", last, promise.attempted.load());
    for (std::size_t i = 1; *kept && i < (*kept)->events.size(); ++i) {
      const auto* uttered = std::get_if<dialog::event::Uttered>(&(*kept)->events[i].body);
      if (uttered == nullptr || uttered->text != text_of(id, i + 1))
        return fmt::format("event {} differs", i + 1);
    }
    const auto record = wait_for<nlu::Result<std::optional<dialog::MessageRecord>>>([&](auto done) {
      store.find_message(id, "client-1", fmt::format("message-{}", last), std::move(done));
    });
    if (last > 0 && (!record || !*record || (*record)->seq != last))
      return "a batch is kept by half";
    kept_[writer] = last;
    promises_[writer].acknowledged = last;
    return "";
  }

  // Each event was counted once, as its batch is kept whole or not at all.
  std::string check_sums(bot::RocksdbStore& store) {
    std::uint64_t kept = 0, counted = 0;
    for (const auto& last : kept_) kept += last;
    const auto cells = wait_for<nlu::Result<std::vector<dialog::Tally>>>([&](auto done) {
      store.read_tallies(1, 500'000, 500'001, std::nullopt, 100, std::move(done));
    });
    if (!cells) return cells.error().message;
    for (const dialog::Tally& cell : *cells) {
      counted += static_cast<std::uint64_t>(cell.counts.utterances);
    }
    if (kept != counted) return fmt::format("{} kept, {} counted", kept, counted);
    return check_stats(store);
  }

  // The first event of each conversation begins its session, the others are messages.
  std::string check_stats(bot::RocksdbStore& store) {
    dialog::Numbers kept, counted;
    for (const auto& last : kept_) {
      kept.conversations += last > 1 ? 1 : 0;
      kept.messages += last > 1 ? static_cast<std::int64_t>(last) - 1 : 0;
    }
    const auto rows = wait_for<nlu::Result<bot::RocksdbStore::StatRows>>(
        [&](auto done) { store.read_stats(1, 0, 1'000'000, std::nullopt, 100, std::move(done)); });
    if (!rows) return rows.error().message;
    for (const auto& row : *rows) counted += row.second.numbers;
    const auto sessions =
        wait_for<nlu::Result<std::vector<bot::RocksdbStore::Session>>>([&](auto done) {
          store.read_sessions(1, 0, 1LL << 60, std::nullopt, 100, std::move(done));
        });
    if (!sessions) return sessions.error().message;
    if (static_cast<std::int64_t>(sessions->size()) != kept.conversations) {
      return fmt::format("{} sessions kept, {} listed", kept.conversations, sessions->size());
    }
    if (kept == counted) return "";
    return fmt::format("{} sessions of {} messages kept, {} of {} counted", kept.conversations,
                       kept.messages, counted.conversations, counted.messages);
  }

  std::mt19937_64 random_;
  bool sync_;
  fs::path folder_;
  Promise promises_[writers];
  std::atomic<dialog::EventNumber> kept_[writers]{};
};

// Cuts the power `cuts` times, every 20 times over a new store; what went wrong first, or "".
std::string cut_power(std::uint64_t cuts, bool sync, std::uint64_t seed) {
  for (std::uint64_t done = 0; done < cuts;) {
    Laboratory laboratory(seed + done, sync);
    for (int i = 0; i < 20 && done < cuts; ++i, ++done) {
      laboratory.run_until_cut();
      const std::string wrong = laboratory.check();
      if (!wrong.empty()) return fmt::format("cut {} (USHER_SEED={}): {}", done, seed, wrong);
    }
  }
  return "";
}

}  // namespace

TEST_CASE("what was acknowledged survives every power cut") {
  const std::uint64_t cuts = from_environment("USHER_POWER_CUTS", 200);
  CHECK(cut_power(cuts, true, from_environment("USHER_SEED", 1)) == "");
}

TEST_CASE("a store that forgets to sync is found out") {
  CHECK(cut_power(60, false, from_environment("USHER_SEED", 1)) != "");
}

// Bare RocksDB: synced batches of the size of a turn, from one writer and grouped from many.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include "bench/bench.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

void write_synced(rocksdb::DB& db, int writers, double seconds) {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  std::mutex mutex;
  Latencies latencies;
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      std::vector<double> own;
      rocksdb::WriteOptions options;
      options.sync = true;
      const std::string value(250, 'v');
      for (std::uint64_t i = 0; Clock::now() < end && !failed; ++i) {
        rocksdb::WriteBatch batch;
        for (int part = 0; part < 6; ++part) {
          if (!batch.Put(fmt::format("{}-{}-{}", writer, i, part), value).ok()) failed = true;
        }
        const auto begun = Clock::now();
        if (!db.Write(options, &batch).ok()) failed = true;
        own.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
      }
      const std::lock_guard lock(mutex);
      latencies.all.insert(latencies.all.end(), own.begin(), own.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) throw CLI::RuntimeError("RocksDB refused a write", 1);
  fmt::print("bare RocksDB, {} writer{}: {:.0f} synced batches/s, {}\n", writers,
             writers == 1 ? "" : "s", static_cast<double>(latencies.all.size()) / seconds,
             latencies.summary());
}

}  // namespace

void add_synced_write(CLI::App& app) {
  auto* command = app.add_subcommand("synced-write", "Bare RocksDB synced writes");
  auto folder = std::make_shared<std::string>();
  command->add_option("--folder", *folder, "Where; removed afterwards")->required();
  command->callback([folder] {
    std::filesystem::remove_all(*folder);
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, *folder, &opened);
    if (!status.ok()) throw CLI::RuntimeError(status.ToString(), 1);
    {
      const std::unique_ptr<rocksdb::DB> db(opened);
      write_synced(*db, 1, 3);
      write_synced(*db, 64, 3);
    }
    std::filesystem::remove_all(*folder);
  });
}

}  // namespace bench

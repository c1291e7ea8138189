// A file system that forgets, on a power cut, what nobody synced.
//
// It passes everything to the machine's own, and remembers which bytes of which file, and which
// creations, renames and deletions of which folder, were synced. cut() then takes the rest back as
// a disk may: any of the unsynced 4 KiB pages may be kept, zeroed or cut off, and the unsynced
// changes of a folder end at any point.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <rocksdb/env.h>

namespace power_cut {

// Shared by the file system and its open files, which may outlive it.
class Disk {
 public:
  Disk(std::string trash, std::uint64_t dies_after) : trash_(std::move(trash)), left_(dies_after) {}

  // Counts one operation; false once the power is gone.
  bool alive();
  void appended(const std::string& file, std::uint64_t size);
  void synced(const std::string& file);
  void opened(const std::string& file, std::uint64_t size);
  void created(const std::string& file);
  void before_rename(const std::string& from, const std::string& to);
  void before_delete(const std::string& file);
  void folder_synced(const std::string& folder);

  // Takes back what was not synced. Nothing may be open any more.
  void cut(std::mt19937_64& random);

 private:
  struct Extent {
    std::uint64_t synced = 0, size = 0;
  };
  struct Change {
    std::string folder;
    std::function<void()> undo;
  };
  std::string keep_aside(const std::string& file);
  static void lose_pages(const std::string& file, const Extent& extent, std::mt19937_64& random);

  std::mutex mutex_;
  std::string trash_;
  std::uint64_t left_;
  std::uint64_t kept_aside_ = 0;
  std::map<std::string, Extent> files_;
  std::vector<Change> changes_;
};

// The machine's Env over a file system that reports to `disk`, and without RocksDB's second of
// sleep after each background error.
std::unique_ptr<rocksdb::Env> make_env(std::shared_ptr<Disk> disk);

}  // namespace power_cut

#include "tests/store/power_cut_fs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

namespace power_cut {
namespace {

namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t page = 4096;

IOStatus no_power() { return IOStatus::IOError("no power"); }

class File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, std::uint64_t size,
       std::shared_ptr<Disk> disk)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        size_(size),
        disk_(std::move(disk)) {}

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (!disk_->alive()) return no_power();
    const IOStatus status = target()->Append(data, options, debug);
    if (status.ok()) disk_->appended(name_, size_ += data.size());
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  // The page cache outlives the test, so that a real sync would prove nothing and cost time.
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (!disk_->alive()) return no_power();
    disk_->synced(name_);
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // A hint: promises nothing.
  }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  std::string name_;
  std::uint64_t size_;
  std::shared_ptr<Disk> disk_;
};

class Folder final : public rocksdb::FSDirectory {
 public:
  Folder(std::string name, std::shared_ptr<Disk> disk)
      : name_(std::move(name)), disk_(std::move(disk)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (!disk_->alive()) return no_power();
    disk_->folder_synced(name_);
    return IOStatus::OK();
  }

 private:
  std::string name_;
  std::shared_ptr<Disk> disk_;
};

std::string normal(const std::string& path) {
  std::string text = fs::path(path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

class FileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FileSystem(std::shared_ptr<Disk> disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}
  const char* Name() const override { return "power_cut"; }

  IOStatus NewWritableFile(const std::string& file, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    if (!disk_->alive()) return no_power();
    disk_->created(normal(file));
    return wrap(target()->NewWritableFile(file, options, result, debug), file, 0, result);
  }
  IOStatus ReopenWritableFile(const std::string& file, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override {
    if (!disk_->alive()) return no_power();
    const std::uint64_t size = fs::exists(file) ? fs::file_size(file) : 0;
    disk_->opened(normal(file), size);
    return wrap(target()->ReopenWritableFile(file, options, result, debug), file, size, result);
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("logs are not recycled");
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (!disk_->alive()) return no_power();
    disk_->before_rename(normal(from), normal(to));
    return target()->RenameFile(from, to, options, debug);
  }
  IOStatus DeleteFile(const std::string& file, const IOOptions& options,
                      IODebugContext* debug) override {
    if (!disk_->alive()) return no_power();
    disk_->before_delete(normal(file));
    return target()->DeleteFile(file, options, debug);
  }
  IOStatus NewDirectory(const std::string& folder, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    if (!disk_->alive()) return no_power();
    *result = std::make_unique<Folder>(normal(folder), disk_);
    return IOStatus::OK();
  }

 private:
  IOStatus wrap(IOStatus status, const std::string& file, std::uint64_t size,
                std::unique_ptr<rocksdb::FSWritableFile>* result) {
    if (status.ok())
      *result = std::make_unique<File>(std::move(*result), normal(file), size, disk_);
    return status;
  }

  std::shared_ptr<Disk> disk_;
};

class SleeplessClock final : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "sleepless"; }
  void SleepForMicroseconds(int) override {}
};

class Machine final : public rocksdb::EnvWrapper {
 public:
  explicit Machine(std::unique_ptr<rocksdb::Env> env)
      : EnvWrapper(env.get()), env_(std::move(env)) {
    system_clock_ = std::make_shared<SleeplessClock>(system_clock_);
  }

 private:
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_env(std::shared_ptr<Disk> disk) {
  return std::make_unique<Machine>(
      rocksdb::NewCompositeEnv(std::make_shared<FileSystem>(std::move(disk))));
}

bool Disk::alive() {
  const std::lock_guard lock(mutex_);
  if (left_ > 0) --left_;
  return left_ > 0;
}

void Disk::appended(const std::string& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  files_[file].size = size;
}

void Disk::synced(const std::string& file) {
  const std::lock_guard lock(mutex_);
  files_[file].synced = files_[file].size;
}

void Disk::opened(const std::string& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  files_.try_emplace(file, Extent{size, size});
}

void Disk::created(const std::string& file) {
  const std::lock_guard lock(mutex_);
  files_[file] = {};
  changes_.push_back({fs::path(file).parent_path().string(), [this, file] {
                        std::error_code ignored;
                        fs::remove(file, ignored);
                        files_.erase(file);
                      }});
}

// A second name for the file, so that it outlives its deletion.
std::string Disk::keep_aside(const std::string& file) {
  const std::string aside = trash_ + "/" + std::to_string(kept_aside_++);
  std::error_code ignored;
  fs::create_hard_link(file, aside, ignored);
  return aside;
}

void Disk::before_rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const std::string old = fs::exists(to) ? keep_aside(to) : "";
  const Extent old_extent = files_[to];
  files_[to] = files_[from];
  files_.erase(from);
  changes_.push_back({fs::path(to).parent_path().string(), [this, from, to, old, old_extent] {
                        std::error_code ignored;
                        fs::rename(to, from, ignored);
                        files_[from] = files_[to];
                        files_.erase(to);
                        if (old.empty()) return;
                        fs::rename(old, to, ignored);
                        files_[to] = old_extent;
                      }});
}

void Disk::before_delete(const std::string& file) {
  const std::lock_guard lock(mutex_);
  const std::string aside = keep_aside(file);
  const Extent extent = files_[file];
  files_.erase(file);
  changes_.push_back({fs::path(file).parent_path().string(), [this, file, aside, extent] {
                        std::error_code ignored;
                        fs::rename(aside, file, ignored);
                        files_[file] = extent;
                      }});
}

void Disk::folder_synced(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  std::erase_if(changes_, [&](const Change& change) { return change.folder == folder; });
}

void Disk::lose_pages(const std::string& file, const Extent& extent, std::mt19937_64& random) {
  std::error_code ignored;
  if (!fs::exists(file) || extent.size <= extent.synced) return;
  const std::uint64_t reached = random() % 3 == 0
                                    ? extent.synced
                                    : extent.synced + random() % (extent.size - extent.synced + 1);
  fs::resize_file(file, reached, ignored);
  const bool all_kept = random() % 3 == 0;
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uint64_t begin = extent.synced; begin < reached && !all_kept;) {
    const std::uint64_t end = std::min(reached, (begin / page + 1) * page);
    if (random() % 2 == 0) {
      bytes.seekp(static_cast<std::streamoff>(begin));
      bytes << std::string(end - begin, '\0');
    }
    begin = end;
  }
}

void Disk::cut(std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  left_ = 0;
  for (const auto& [file, extent] : files_) lose_pages(file, extent, random);
  const std::size_t kept = changes_.empty() ? 0 : random() % (changes_.size() + 1);
  while (changes_.size() > kept) {
    changes_.back().undo();
    changes_.pop_back();
  }
}

}  // namespace power_cut

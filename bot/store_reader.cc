// The store as a RocksDB secondary instance: it follows the files of a process that writes, takes
// no lock, and has its own folder for its log.
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "bot/conversation_source.h"
#include "bot/store_keys.h"
#include "bot/store_records.h"

namespace bot {
namespace {

namespace fs = std::filesystem;
using nlu::Errc;
using nlu::Error;
using nlu::Result;

// Files may go away between their being listed and opened, as the process compacts.
constexpr int tries = 10;
constexpr std::chrono::milliseconds pause{50};

// A new folder, gone with the object.
class OwnFolder {
 public:
  OwnFolder() {
    std::string name = (fs::temp_directory_path() / "usher-reader-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~OwnFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class StoreReader final : public ConversationSource {
 public:
  explicit StoreReader(std::string folder) : folder_(std::move(folder)) {}
  ~StoreReader() override { close(); }

  Result<void> open() {
    std::error_code failure;
    if (!fs::exists(fs::path(folder_) / "CURRENT", failure)) {
      return Error{Errc::not_found,
                   fmt::format("{} holds no store: name the server's state folder with --state, or "
                               "ask the server with --server",
                               folder_)};
    }
    if (own_.path().empty()) return Error{Errc::unavailable, "no temporary folder can be made"};
    rocksdb::Status status;
    for (int i = 0; i < tries; ++i) {
      if (i > 0) std::this_thread::sleep_for(pause);
      status = open_once();
      if (status.ok()) return {};
      close();
    }
    return Error{status.IsCorruption() ? Errc::corrupt : Errc::unavailable,
                 fmt::format("cannot read {}: {}", folder_, status.ToString())};
  }

  Result<void> read(const std::string& bot, const Take& take) override {
    const auto tenant = tenant_of(bot);
    if (!tenant) return tenant.error();
    std::string from, end;
    keys::put_u32(from, *tenant);
    keys::put_u32(end, *tenant + 1);
    return read_range(from, end, take);
  }

  Result<std::vector<dialog::Event>> read_one(const std::string& bot,
                                              const std::string& id) override {
    std::vector<dialog::Tenant> tenants;
    std::vector<std::string> bots{bot};
    if (bot.empty()) {
      auto all = names();
      if (!all) return all.error();
      bots = *std::move(all);
    }
    for (const std::string& name : bots) {
      const auto tenant = tenant_of(name);
      if (!tenant) return tenant.error();
      tenants.push_back(*tenant);
    }
    std::vector<dialog::Event> events;
    for (const dialog::Tenant tenant : tenants) {
      const auto wanted = dialog::parse_conversation_id(tenant, id);
      if (!wanted) break;
      auto read = read_range(keys::conversation(*wanted), keys::conversation_end(*wanted),
                             [&](const dialog::ConversationId&, const dialog::Event& event) {
                               events.push_back(event);
                             });
      if (!read) return read.error();
      if (!events.empty()) return events;
    }
    return Error{Errc::not_found, fmt::format("{} has no conversation {}{}", folder_, id,
                                              bot.empty() ? "" : " of " + bot)};
  }

  Result<nlu::json::object> stats(const std::string& bot, const dialog::StatQuery& query) override {
    const auto tenant = tenant_of(bot);
    if (!tenant) return tenant.error();
    if (handles_.size() < 3) {
      return Error{Errc::not_found,
                   fmt::format("{} was written by a release that did not count: count its events "
                               "with --recount",
                               folder_)};
    }
    dialog::StatTable table(query);
    rocksdb::ReadOptions options;
    const std::string end = keys::stat_day(*tenant, query.until + 1);
    const rocksdb::Slice upper(end);
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options, handles_[2]));
    for (rows->Seek(keys::stat_day(*tenant, query.since)); rows->Valid(); rows->Next()) {
      const auto key = keys::parse_stat(rows->key().ToStringView());
      const auto row = records::decode_stat_row(rows->value().ToStringView());
      if (!key || !row) {
        return Error{Errc::corrupt, fmt::format("{}: a day's numbers cannot be read", folder_)};
      }
      if (auto added = table.add(*key, *row); !added) return added.error();
    }
    if (!rows->status().ok()) {
      return Error{Errc::unavailable,
                   fmt::format("cannot read {}: {}", folder_, rows->status().ToString())};
    }
    return table.to_json(bot);
  }

 private:
  rocksdb::Status open_once() {
    rocksdb::Options options;
    options.max_open_files = -1;  // What the writing process deletes stays readable.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    std::vector<rocksdb::ColumnFamilyDescriptor> families{{"default", options},
                                                          {"events", options}};
    std::vector<std::string> names;
    const auto listed = rocksdb::DB::ListColumnFamilies(options, folder_, &names);
    if (!listed.ok()) return listed;
    const std::string counted = "stats";  // Missing in a store of an earlier release
    if (std::find(names.begin(), names.end(), counted) != names.end()) {
      families.emplace_back(counted, options);
    }
    rocksdb::DB* opened = nullptr;
    const auto status =
        rocksdb::DB::OpenAsSecondary(options, folder_, own_.path(), families, &handles_, &opened);
    db_.reset(opened);
    return status;
  }

  Result<void> read_range(const std::string& from, const std::string& end, const Take& take) {
    rocksdb::ReadOptions options;
    const rocksdb::Slice upper(end);
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options, handles_[1]));
    for (rows->Seek(from); rows->Valid(); rows->Next()) {
      const std::string_view key = rows->key().ToStringView();
      const auto id = keys::parse_conversation(key);
      if (!id || key.size() < 28) continue;
      const auto event =
          dialog::decode_event(keys::get_u64(key.substr(20)), rows->value().ToStringView());
      if (!event) {
        return Error{event.error().code,
                     fmt::format("conversation {}: {}", to_string(*id), event.error().message)};
      }
      take(*id, *event);
    }
    if (rows->status().ok()) return {};
    return Error{Errc::unavailable,
                 fmt::format("cannot read {}: {}", folder_, rows->status().ToString())};
  }

  void close() {
    if (!db_) return;
    for (auto* handle : handles_) static_cast<void>(db_->DestroyColumnFamilyHandle(handle));
    handles_.clear();
    db_.reset();
  }

  Result<dialog::Tenant> tenant_of(const std::string& bot) {
    std::string bytes;
    const auto status = db_->Get({}, handles_[0], "tenant/" + bot, &bytes);
    if (status.ok() && bytes.size() >= 8) return static_cast<dialog::Tenant>(keys::get_u64(bytes));
    if (!status.IsNotFound())
      return Error{Errc::unavailable,
                   fmt::format("cannot read {}: {}", folder_, status.ToString())};
    std::string known;
    const auto all = names();
    if (!all) return all.error();
    for (const std::string& name : *all) {
      known += fmt::format("{}'{}'", known.empty() ? "" : ", ", name);
    }
    return Error{Errc::not_found,
                 fmt::format("{} has no conversations of '{}'{}", folder_, bot,
                             known.empty() ? "" : fmt::format("; it has those of {}", known))};
  }

  // Of the bots it has conversations of.
  Result<std::vector<std::string>> names() const {
    std::vector<std::string> all;
    const std::string prefix = "tenant/";
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, handles_[0]));
    for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
      all.emplace_back(rows->key().ToStringView().substr(prefix.size()));
    }
    if (!rows->status().ok()) {
      return Error{Errc::unavailable,
                   fmt::format("cannot read {}: {}", folder_, rows->status().ToString())};
    }
    return all;
  }

  const std::string folder_;
  const OwnFolder own_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // default, events, stats
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

Result<std::unique_ptr<ConversationSource>> read_store(const std::string& folder) {
  auto reader = std::make_unique<StoreReader>(folder);
  if (auto opened = reader->open(); !opened) return opened.error();
  return std::unique_ptr<ConversationSource>(std::move(reader));
}

}  // namespace bot

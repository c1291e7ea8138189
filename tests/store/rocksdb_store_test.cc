#include "bot/rocksdb_store.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include "tests/store/conversations.h"

namespace {

using namespace store_test;
namespace fs = std::filesystem;

// A folder of its own for each test, gone with it.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("usher-store-{}", ::getpid())) {
    fs::remove_all(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

nlu::Result<std::unique_ptr<bot::RocksdbStore>> open(const Folder& folder) {
  std::vector<std::string> notes;
  bot::StoreOptions options;
  options.folder = folder.path();
  return bot::RocksdbStore::open(options, notes);
}

fs::path last_log(const Folder& folder) {
  fs::path last;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".log" && entry.path() > last) last = entry.path();
  }
  return last;
}

}  // namespace

TEST_CASE("a conversation is loaded as it was kept, also after a restart") {
  const Folder folder;
  const auto id = conversation(7);
  {
    auto store = open(folder);
    REQUIRE(store);
    REQUIRE(append(**store, id, 0, batch(id, 0, 3)));
    dialog::Batch second = batch(id, 3, 2);
    second.snapshot = "{\"snapshot\":5}";
    REQUIRE(append(**store, id, 3, std::move(second)));
    REQUIRE(append(**store, id, 5, batch(id, 5, 1)));
  }
  auto store = open(folder);
  REQUIRE(store);
  const auto kept = load(**store, id);
  REQUIRE(kept);
  REQUIRE(*kept);
  CHECK((*kept)->last_event == 6);
  CHECK((*kept)->snapshot == "{\"snapshot\":5}");
  REQUIRE((*kept)->events.size() == 1);
  CHECK(std::get<dialog::event::Uttered>((*kept)->events[0].body).text == text_of(id, 6));
}

TEST_CASE("a customer we have never met is no error") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto kept = load(**store, conversation(1));
  REQUIRE(kept);
  CHECK_FALSE(*kept);
}

TEST_CASE("an append after someone else's, or with an older epoch, is a conflict") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto id = conversation(1);
  REQUIRE(append(**store, id, 0, batch(id, 0), 5));
  CHECK(append(**store, id, 0, batch(id, 0), 5).error().code == nlu::Errc::conflict);
  CHECK(append(**store, id, 1, batch(id, 1), 4).error().code == nlu::Errc::conflict);
  CHECK(append(**store, id, 1, batch(id, 1), 6));
}

TEST_CASE("messages, clients and the outbox are kept with their batch") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto id = conversation(1);
  dialog::Batch made = batch(id, 0);
  dialog::HttpRequest request;
  request.method = "POST";
  request.path = "/returns";
  request.headers = {{"X-Shop", "1"}};
  request.idempotency_key = "key";
  made.outbox_added.push_back({1, request});
  REQUIRE(append(**store, id, 0, std::move(made)));

  const auto client = wait_for<nlu::Result<std::optional<dialog::ClientRecord>>>(
      [&](auto done) { (*store)->find_client(id, "client-1", std::move(done)); });
  REQUIRE(client);
  REQUIRE(*client);
  CHECK((*client)->last_cseq == 1);
  const auto unfinished = wait_for<nlu::Result<std::vector<dialog::ConversationId>>>(
      [&](auto done) { (*store)->unfinished(std::move(done)); });
  REQUIRE(unfinished);
  CHECK(*unfinished == std::vector{id});
  const auto kept = load(**store, id);
  REQUIRE(kept);
  REQUIRE((*kept)->outbox.size() == 1);
  CHECK((*kept)->outbox[0].request.path == "/returns");
  CHECK((*kept)->outbox[0].request.headers == request.headers);

  dialog::Batch finished = batch(id, 1);
  finished.outbox_removed.push_back(1);
  REQUIRE(append(**store, id, 1, std::move(finished)));
  CHECK((*load(**store, id))->outbox.empty());
}

TEST_CASE("timers are found when due, in order of time") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto late = conversation(1), early = conversation(2);
  dialog::Batch first = batch(late, 0), second = batch(early, 0);
  first.timers_set.push_back({1, 2'000});
  second.timers_set.push_back({1, 1'000});
  REQUIRE(append(**store, late, 0, std::move(first)));
  REQUIRE(append(**store, early, 0, std::move(second)));
  const auto due = [&](dialog::Millis until) {
    return wait_for<nlu::Result<std::vector<dialog::DueTimer>>>(
        [&](auto done) { (*store)->due_timers(until, 10, std::move(done)); });
  };
  CHECK(due(999)->empty());
  REQUIRE(due(1'000)->size() == 1);
  REQUIRE(due(5'000)->size() == 2);
  CHECK((*due(5'000))[0].id == early);

  dialog::Batch removal = batch(early, 1);
  removal.timers_removed.push_back({1, 1'000});
  REQUIRE(append(**store, early, 1, std::move(removal)));
  CHECK(due(1'500)->empty());
}

TEST_CASE("what a customer sees is read by its own numbers, in pages") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto id = conversation(1);
  dialog::Batch made = batch(id, 0, 5);
  dialog::Seq seq = 0;
  for (dialog::Event& event : made.events) event.seq = event.number % 2 == 0 ? 0 : ++seq;
  REQUIRE(append(**store, id, 0, std::move(made)));
  const auto read = [&](dialog::Seq after, std::size_t count) {
    return wait_for<nlu::Result<std::vector<dialog::Event>>>(
        [&](auto done) { (*store)->read_visible(id, after, count, std::move(done)); });
  };
  REQUIRE(read(0, 10)->size() == 3);
  REQUIRE(read(1, 1)->size() == 1);
  CHECK((*read(1, 1))[0].number == 3);
}

TEST_CASE("an erased conversation leaves nothing behind, and its neighbours alone") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto gone = conversation(1), stays = conversation(2);
  dialog::Batch made = batch(gone, 0);
  made.timers_set.push_back({1, 1'000});
  REQUIRE(append(**store, gone, 0, std::move(made)));
  REQUIRE(append(**store, stays, 0, batch(stays, 0)));
  REQUIRE(wait_for<nlu::Result<void>>([&](auto done) { (*store)->erase(gone, std::move(done)); }));
  CHECK_FALSE(*load(**store, gone));
  CHECK(*load(**store, stays));
  CHECK(wait_for<nlu::Result<std::vector<dialog::DueTimer>>>([&](auto done) {
          (*store)->due_timers(5'000, 10, std::move(done));
        })->empty());
  const auto left = wait_for<nlu::Result<std::vector<dialog::ConversationId>>>(
      [&](auto done) { (*store)->scan(1, std::nullopt, 10, std::move(done)); });
  CHECK(*left == std::vector{stays});
  REQUIRE(append(**store, gone, 0, batch(gone, 0)));
}

TEST_CASE("a bot keeps its number, and two bots' conversations stay apart") {
  const Folder folder;
  dialog::Tenant shop = 0, bank = 0;
  {
    auto store = open(folder);
    REQUIRE(store);
    shop = *(*store)->tenant_of("shop");
    bank = *(*store)->tenant_of("bank");
    CHECK(shop != bank);
    const auto id = conversation(1, shop);
    REQUIRE(append(**store, id, 0, batch(id, 0)));
    CHECK_FALSE(*load(**store, conversation(1, bank)));
  }
  auto store = open(folder);
  REQUIRE(store);
  CHECK(*(*store)->tenant_of("shop") == shop);
}

TEST_CASE("every opening has a later epoch") {
  const Folder folder;
  const dialog::Epoch first = (*open(folder))->epoch();
  CHECK((*open(folder))->epoch() == first + 1);
}

TEST_CASE("a second process is told that the store is in use") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto second = open(folder);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == nlu::Errc::conflict);
  CHECK(second.error().message.find("in use by another process") != std::string::npos);
}

TEST_CASE("a store of a later release is refused, and by name") {
  const Folder folder;
  { REQUIRE(open(folder)); }
  {
    std::vector<std::string> names;
    REQUIRE(rocksdb::DB::ListColumnFamilies({}, folder.path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open({}, folder.path(), families, &handles, &db).ok());
    REQUIRE(db->Put({}, "schema", std::string("\0\0\0\0\0\0\0\x09", 8)).ok());
    for (auto* handle : handles) REQUIRE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
  }
  const auto store = open(folder);
  REQUIRE_FALSE(store);
  CHECK(store.error().message.find("a later release") != std::string::npos);
}

TEST_CASE("damage to what was acknowledged refuses the start; a torn tail is cut") {
  const Folder folder;
  const auto id = conversation(1);
  const std::string crashed = folder.path() + "-crashed";
  {
    auto store = open(folder);
    REQUIRE(store);
    for (dialog::EventNumber i = 0; i < 20; ++i) REQUIRE(append(**store, id, i, batch(id, i)));
    fs::remove_all(crashed);
    fs::copy(folder.path(), crashed);  // As a kill would leave it.
  }
  fs::remove_all(folder.path());
  fs::rename(crashed, folder.path());
  const fs::path log = last_log(folder);

  SECTION("torn tail") {
    fs::resize_file(log, fs::file_size(log) - 5);
    auto store = open(folder);
    REQUIRE(store);
    CHECK((*load(**store, id))->last_event == 19);
  }
  SECTION("a flipped bit in the middle") {
    std::fstream bytes(log, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(log) / 2);
    bytes.seekg(middle);
    const char flipped = static_cast<char>(bytes.get() ^ 0x20);
    bytes.seekp(middle);
    bytes.put(flipped);
    bytes.close();
    const auto store = open(folder);
    REQUIRE_FALSE(store);
    CHECK(store.error().code == nlu::Errc::corrupt);
    CHECK(store.error().message.find("Restore a backup") != std::string::npos);
  }
}

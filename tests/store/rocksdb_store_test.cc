#include "bot/rocksdb_store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/conversations.h"

extern char** environ;  // POSIX

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

nlu::Result<std::unique_ptr<bot::RocksdbStore>> open(const Folder& folder,
                                                     bot::StoreOptions options = {}) {
  std::vector<std::string> notes;
  options.folder = folder.path();
  return bot::RocksdbStore::open(options, notes);
}

// A batch of one utterance that is counted.
dialog::Batch counted(const dialog::ConversationId& id, dialog::EventNumber last, std::int64_t hour,
                      const std::string& topic, std::int64_t sentiment = 0) {
  dialog::Batch made = batch(id, last);
  made.tally = dialog::Tally{hour, "web", topic, {}};
  made.tally->counts.utterances = made.tally->counts.rated = 1;
  made.tally->counts.sentiment = sentiment;
  return made;
}

nlu::Result<std::vector<dialog::Tally>> tallies(bot::RocksdbStore& store, std::int64_t from,
                                                std::int64_t to,
                                                std::optional<dialog::Tally> after = {},
                                                std::size_t count = 100, dialog::Tenant of = 1) {
  return wait_for<nlu::Result<std::vector<dialog::Tally>>>([&](auto done) {
    store.read_tallies(of, from, to, std::move(after), count, std::move(done));
  });
}

// "hour channel topic utterances sentiment", …
std::vector<std::string> lines(const nlu::Result<std::vector<dialog::Tally>>& cells) {
  REQUIRE(cells);
  std::vector<std::string> all;
  for (const dialog::Tally& cell : *cells) {
    all.push_back(fmt::format("{} {} {} {} {}", cell.hour, cell.channel, cell.topic,
                              cell.counts.utterances, cell.counts.sentiment));
  }
  return all;
}

using Lines = std::vector<std::string>;
using Row = bot::RocksdbStore::Row;

std::vector<std::string> rows(bot::RocksdbStore& store, const std::string& from,
                              const std::string& to, std::size_t count = 100) {
  const auto found = wait_for<nlu::Result<std::vector<Row>>>(
      [&](auto done) { store.read_rows(1, from, to, count, std::move(done)); });
  REQUIRE(found);
  std::vector<std::string> all;
  for (const Row& row : *found) all.push_back(row.name + "=" + *row.value);
  return all;
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

TEST_CASE("what is counted adds up, also over restarts") {
  const Folder folder;
  const auto one = conversation(1), two = conversation(2), elsewhere = conversation(1, 2);
  {
    auto store = open(folder);
    REQUIRE(store);
    REQUIRE((*store)->tenant_of("first"));
    REQUIRE(append(**store, one, 0, counted(one, 0, 10, "returns", -500)));
    REQUIRE(append(**store, two, 0, counted(two, 0, 10, "returns", 300)));
    REQUIRE(append(**store, two, 1, counted(two, 1, 10, "orders", 70)));
    REQUIRE(append(**store, elsewhere, 0, counted(elsewhere, 0, 10, "returns", 900)));
    CHECK(lines(tallies(**store, 10, 11)) == Lines{"10 web orders 1 70", "10 web returns 2 -200"});
  }
  auto store = open(folder);
  REQUIRE(store);
  REQUIRE(append(**store, one, 1, counted(one, 1, 10, "returns", -1000)));
  REQUIRE(append(**store, one, 2, counted(one, 2, 11, "returns", 1)));
  CHECK(lines(tallies(**store, 10, 11)) == Lines{"10 web orders 1 70", "10 web returns 3 -1200"});
  CHECK(lines(tallies(**store, 11, 20)) == Lines{"11 web returns 1 1"});
  CHECK(lines(tallies(**store, 0, 20, {}, 100, 2)) == Lines{"10 web returns 1 900"});
}

TEST_CASE("a batch that is not kept is not counted") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto id = conversation(1);
  REQUIRE(append(**store, id, 0, counted(id, 0, 10, "returns")));
  CHECK(append(**store, id, 0, counted(id, 0, 10, "returns")).error().code == nlu::Errc::conflict);
  CHECK(lines(tallies(**store, 0, 20)) == Lines{"10 web returns 1 0"});
}

// What the next test runs in a process of its own: a fork would be of a program with threads.
TEST_CASE("writes until it is killed", "[.]") {
  const char* const path = std::getenv("USHER_TEST_STORE");
  REQUIRE(path != nullptr);
  bot::StoreOptions options;
  options.folder = path;
  std::vector<std::string> notes;
  auto store = bot::RocksdbStore::open(options, notes);
  REQUIRE(store);
  const auto id = conversation(1);
  const auto kept = load(**store, id);
  dialog::EventNumber last = *kept ? (*kept)->last_event : 0;
  for (int i = 0; i < 20; ++i, ++last)
    REQUIRE(append(**store, id, last, counted(id, last, 10, "a", -1)));
  for (int i = 0; i < 200; ++i, ++last) {  // And nobody waits for these.
    (*store)->append(id, last, 1'000, counted(id, last, 10, "a", -1), [](const auto&) {});
  }
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("after kill -9 what is kept is what is counted") {
  const Folder folder;
  const auto id = conversation(1);
  ::setenv("USHER_TEST_STORE", folder.path().c_str(), 1);
  for (int kills = 1; kills <= 3; ++kills) {
    char program[] = "store_test", test[] = "writes until it is killed";
    char* const arguments[] = {program, test, nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environ) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    auto store = open(folder);
    REQUIRE(store);
    const auto kept = load(**store, id);
    REQUIRE(*kept);
    const dialog::EventNumber last = (*kept)->last_event;
    CHECK(last >= static_cast<dialog::EventNumber>(20 * kills));
    CHECK(lines(tallies(**store, 0, 20)) == Lines{fmt::format("10 web a {} -{}", last, last)});
  }
}

TEST_CASE("batches written together are counted together") {
  const Folder folder;
  bot::StoreOptions options;
  options.commit_interval = std::chrono::milliseconds{20};  // So that they gather
  auto store = open(folder, options);
  REQUIRE(store);
  std::vector<std::future<bool>> kept;
  for (std::uint8_t number = 1; number <= 60; ++number) {
    const auto id = conversation(number);
    auto done = std::make_shared<std::promise<bool>>();
    kept.push_back(done->get_future());
    (*store)->append(id, 0, 1'000, counted(id, 0, 10, number % 2 == 0 ? "even" : "odd", number),
                     [done](const nlu::Result<void>& result) { done->set_value(bool(result)); });
  }
  for (auto& one : kept) REQUIRE(one.get());
  CHECK((*store)->stats().writes < 60);
  CHECK(lines(tallies(**store, 0, 20)) == Lines{"10 web odd 30 900", "10 web even 30 930"});
}

TEST_CASE(
    "beyond the limit of topics in an hour they are counted as others, also after a restart") {
  const Folder folder;
  bot::StoreOptions options;
  options.topics_per_hour = 2;
  const auto id = conversation(1);
  {
    auto store = open(folder, options);
    REQUIRE(store);
    REQUIRE(append(**store, id, 0, counted(id, 0, 10, "a")));
    REQUIRE(append(**store, id, 1, counted(id, 1, 10, "b")));
    REQUIRE(append(**store, id, 2, counted(id, 2, 10, "c")));
  }
  auto store = open(folder, options);
  REQUIRE(store);
  REQUIRE(append(**store, id, 3, counted(id, 3, 10, "d")));
  REQUIRE(append(**store, id, 4, counted(id, 4, 10, "a")));
  REQUIRE(append(**store, id, 5, counted(id, 5, 11, "d")));
  CHECK(lines(tallies(**store, 0, 20)) ==
        Lines{"10 web a 2 0", "10 web b 1 0", "10 web other 2 0", "11 web d 1 0"});
}

TEST_CASE("an erased conversation leaves the sums as they are") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  const auto id = conversation(1);
  REQUIRE(append(**store, id, 0, counted(id, 0, 10, "returns", -700)));
  REQUIRE(wait_for<nlu::Result<void>>([&](auto done) { (*store)->erase(id, std::move(done)); }));
  CHECK_FALSE(*load(**store, id));
  CHECK(lines(tallies(**store, 0, 20)) == Lines{"10 web returns 1 -700"});
}

TEST_CASE("sums are read in pages, and old ones go") {
  const Folder folder;
  auto store = open(folder);
  REQUIRE(store);
  REQUIRE((*store)->tenant_of("first"));
  const auto id = conversation(1);
  for (dialog::EventNumber hour = 0; hour < 6; ++hour) {
    REQUIRE(append(**store, id, hour, counted(id, hour, static_cast<std::int64_t>(hour), "a")));
  }
  const auto page = tallies(**store, 1, 5, {}, 2);
  CHECK(lines(page) == Lines{"1 web a 1 0", "2 web a 1 0"});
  CHECK(lines(tallies(**store, 1, 5, page->back(), 100)) == Lines{"3 web a 1 0", "4 web a 1 0"});

  const auto drop = [&](std::int64_t before) {
    return wait_for<nlu::Result<void>>(
        [&](auto done) { (*store)->drop_tallies(before, std::move(done)); });
  };
  REQUIRE(drop(4));
  REQUIRE(drop(4));  // There is nothing left to remove.
  CHECK(lines(tallies(**store, 0, 20)) == Lines{"4 web a 1 0", "5 web a 1 0"});
  REQUIRE(append(**store, id, 6, counted(id, 6, 2, "late")));
  CHECK(lines(tallies(**store, 0, 4)) == Lines{"2 web late 1 0"});
}

TEST_CASE("rows of the shell's own change together, and are there after a restart") {
  const Folder folder;
  const auto write = [](bot::RocksdbStore& store, std::vector<Row> all) {
    return wait_for<nlu::Result<void>>(
        [&](auto done) { store.write_rows(1, std::move(all), std::move(done)); });
  };
  {
    auto store = open(folder);
    REQUIRE(store);
    REQUIRE(write(**store, {{"a/1", "x"}, {"a/2", "y"}, {"b/1", "z"}}));
    REQUIRE(write(**store, {{"a/1", std::nullopt}, {"a/3", "w"}}));
  }
  auto store = open(folder);
  REQUIRE(store);
  CHECK(rows(**store, "a/", "a0") == Lines{"a/2=y", "a/3=w"});
  CHECK(rows(**store, "a/", "c", 1) == Lines{"a/2=y"});
}

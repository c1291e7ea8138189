// The numbers that the store keeps beside the conversations they are of.
#include <algorithm>
#include <filesystem>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include "bot/rocksdb_store.h"
#include "tests/dialog/random_visits.h"
#include "tests/store/conversations.h"

namespace {

using namespace store_test;
namespace fs = std::filesystem;
using dialog::StatRow;
using dialog::StatSums;
using Session = bot::RocksdbStore::Session;

class StatStore {
 public:
  StatStore() : path_(fs::temp_directory_path() / fmt::format("usher-stats-{}", ::getpid())) {
    fs::remove_all(path_);
    open();
  }
  ~StatStore() {
    store_.reset();
    fs::remove_all(path_);
  }

  void open() {
    store_.reset();
    std::vector<std::string> notes;
    options.folder = path_.string();
    auto opened = bot::RocksdbStore::open(options, notes);
    if (!opened) FAIL(opened.error().message);
    store_ = std::move(*opened);
    REQUIRE(store_->tenant_of("first"));
  }
  void close() { store_.reset(); }
  bot::RocksdbStore& operator*() { return *store_; }
  bot::RocksdbStore* operator->() { return store_.get(); }
  std::string path() const { return path_.string(); }

  bot::RocksdbStore::StatRows page(std::int64_t from, std::int64_t to,
                                   std::optional<dialog::StatKey> after = {},
                                   std::size_t count = 1000) {
    auto rows = wait_for<nlu::Result<bot::RocksdbStore::StatRows>>(
        [&](auto done) { store_->read_stats(1, from, to, after, count, std::move(done)); });
    REQUIRE(rows);
    return *std::move(rows);
  }
  StatSums sums() {
    const auto rows = page(0, 1'000'000);
    return {rows.begin(), rows.end()};
  }
  std::vector<Session> sessions(dialog::Millis since = 0, dialog::Millis until = 1LL << 60,
                                std::optional<Session> after = {}, std::size_t count = 1000) {
    auto found = wait_for<nlu::Result<std::vector<Session>>>(
        [&](auto done) { store_->read_sessions(1, since, until, after, count, std::move(done)); });
    REQUIRE(found);
    return *std::move(found);
  }

  bot::StoreOptions options;

 private:
  fs::path path_;
  std::unique_ptr<bot::RocksdbStore> store_;
};

dialog::Batch batch_of(std::vector<dialog::Event> events) {
  dialog::Batch made;
  made.events = std::move(events);
  return made;
}

// A session of one message, which begins at `ts`, as the events behind `last`.
std::vector<dialog::Event> visit(dialog::EventNumber last, dialog::Millis ts,
                                 const std::string& version = "v1") {
  std::vector<dialog::Event> events(last == 0 ? 3 : 2);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].number = last + 1 + i;
    events[i].ts = ts + static_cast<dialog::Millis>(i);
  }
  if (last == 0) {
    dialog::event::ConversationStarted started;
    started.channel = "web";
    events[0].body = started;
  }
  events[events.size() - 2].body = dialog::event::SessionStarted{last + 1, version, ""};
  events.back().body = dialog::event::Uttered{};
  return events;
}

// "day version flow conversations", …
std::vector<std::string> lines(const StatSums& sums) {
  std::vector<std::string> all;
  for (const auto& [key, row] : sums)
    all.push_back(fmt::format("{} {} {} {} {}", key.day, key.channel, key.version, key.flow,
                              row.numbers.conversations));
  return all;
}
using Lines = std::vector<std::string>;

constexpr dialog::Millis day = dialog::day_ms;

}  // namespace

TEST_CASE("the store's numbers are those of the events that are in it, whatever became of it") {
  StatStore store;
  store.options.write_buffer_bytes = 64 << 10;
  store.open();
  const dialog::BotPtr bot = dialog::visited_bot();
  struct Visitor {
    dialog::RandomVisits visits;
    std::size_t kept = 0;
  };
  std::vector<Visitor> visitors;
  for (std::uint64_t seed = 100; seed < 112; ++seed)
    visitors.push_back({dialog::RandomVisits(bot, seed)});
  dialog::RandomVisits fate(bot, 1);
  for (int i = 0; i < 600; ++i) {
    const auto at = static_cast<std::size_t>(fate.below(static_cast<int>(visitors.size())));
    auto& [visits, kept] = visitors[at];
    const auto id = conversation(static_cast<std::uint8_t>(at + 1));
    if (i > 0) visits.go_on();
    dialog::Batch made;
    made.events.assign(visits.talk.log.begin() + static_cast<std::ptrdiff_t>(kept),
                       visits.talk.log.end());
    if (fate.one_in(6)) made.snapshot = dialog::encode(visits.talk.conversation);
    REQUIRE(append(*store, id, kept, std::move(made)));
    kept = visits.talk.log.size();
    if (fate.one_in(10)) {  // It leaves memory.
      dialog::Batch rest;
      rest.snapshot = dialog::encode(visits.talk.conversation);
      REQUIRE(append(*store, id, kept, std::move(rest)));
    }
    if (fate.one_in(25)) store.open();
  }
  StatSums plain;
  std::size_t begun = 0;
  for (const Visitor& one : visitors) {
    dialog::SessionCounter counter;
    for (std::size_t i = 0; i < one.kept; ++i) {
      if (counter.take(one.visits.talk.log[i], plain)) ++begun;
    }
  }
  CHECK(store.sums() == plain);
  CHECK(begun > 25);
  CHECK(store.sessions().size() == begun);
}

TEST_CASE("sessions are listed by when they began, the latest first, in pages and between days") {
  StatStore store;
  REQUIRE(append(*store, conversation(1), 0, batch_of(visit(0, 10 * day))));
  REQUIRE(append(*store, conversation(2), 0, batch_of(visit(0, 12 * day))));
  REQUIRE(append(*store, conversation(1), 3, batch_of(visit(3, 11 * day))));
  const auto all = store.sessions();
  REQUIRE(all.size() == 3);
  CHECK(all[0].id == conversation(2));
  CHECK(all[1].id == conversation(1));
  CHECK(all[1].at == 11 * day + 1);
  CHECK(all[1].first == 4);
  CHECK(all[2].first == 2);
  const auto page = store.sessions(0, 1LL << 60, all[0], 1);
  REQUIRE(page.size() == 1);
  CHECK(page[0].at == all[1].at);
  CHECK(store.sessions(11 * day, 12 * day - 1).size() == 1);
  CHECK(store.sessions(13 * day).empty());
  CHECK(store.sessions(12 * day, 11 * day).empty());
}

TEST_CASE("an erased conversation leaves the numbers as they are, and the list") {
  StatStore store;
  REQUIRE(append(*store, conversation(1), 0, batch_of(visit(0, 10 * day))));
  REQUIRE(append(*store, conversation(2), 0, batch_of(visit(0, 10 * day))));
  REQUIRE(wait_for<nlu::Result<void>>(
      [&](auto done) { store->erase(conversation(1), std::move(done)); }));
  CHECK(lines(store.sums()) == Lines{"10 web v1  2"});
  REQUIRE(store.sessions().size() == 1);
  CHECK(store.sessions()[0].id == conversation(2));
  // The customer comes back, as one never met.
  REQUIRE(append(*store, conversation(1), 0, batch_of(visit(0, 11 * day))));
  CHECK(lines(store.sums()) == Lines{"10 web v1  2", "11 web v1  1"});
}

TEST_CASE("of a conversation from before anything was counted the next session counts") {
  StatStore store;
  auto old = visit(0, 10 * day);
  REQUIRE(append(*store, conversation(1), 0, batch_of(old)));
  store.close();
  {  // As the release before this one left it
    rocksdb::Options options;
    std::vector<std::string> names;
    REQUIRE(rocksdb::DB::ListColumnFamilies(options, store.path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, options);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(options, store.path(), families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    for (auto* handle : handles) {
      const std::string name = handle->GetName();
      if (name == "stats" || name == "sessions" || name == "recent")
        REQUIRE(db->DropColumnFamily(handle).ok());
      REQUIRE(db->DestroyColumnFamilyHandle(handle).ok());
    }
  }
  store.open();
  dialog::Event more;
  more.number = 4;
  more.ts = 10 * day + 10;
  more.body = dialog::event::Uttered{};
  dialog::Event end;
  end.number = 5;
  end.ts = 10 * day + 20;
  end.body = dialog::event::SessionEnded{"idle"};
  REQUIRE(append(*store, conversation(1), 3, batch_of({more, end})));
  CHECK(store.sums().empty());
  REQUIRE(append(*store, conversation(1), 5, batch_of(visit(5, 11 * day))));
  CHECK(lines(store.sums()) == Lines{"11 web v1  1"});
}

TEST_CASE("beyond the limit of rows in a day the rest is counted together") {
  StatStore store;
  store.options.stat_rows_per_day = 2;
  store.open();
  for (std::uint8_t i = 1; i <= 5; ++i) {
    if (i == 4) store.open();
    const std::string version = fmt::format("v{}", i);
    REQUIRE(append(*store, conversation(i), 0, batch_of(visit(0, 10 * day, version))));
  }
  CHECK(lines(store.sums()) == Lines{"10 other other  3", "10 web v1  1", "10 web v2  1"});
}

TEST_CASE("numbers are read in pages, and old days go") {
  StatStore store;
  dialog::EventNumber last = 0;
  for (std::int64_t d = 10; d < 15; ++d) {
    const auto events = visit(last, d * day);
    REQUIRE(append(*store, conversation(1), last, batch_of(events)));
    last = events.back().number;
  }
  const auto page = store.page(11, 14, {}, 2);
  REQUIRE(page.size() == 2);
  CHECK(page[0].first.day == 11);
  const auto next = store.page(11, 14, page.back().first);
  REQUIRE(next.size() == 1);
  CHECK(next[0].first.day == 13);
  REQUIRE(wait_for<nlu::Result<void>>([&](auto done) { store->drop_stats(13, std::move(done)); }));
  CHECK(store.sums().begin()->first.day == 13);
  REQUIRE(wait_for<nlu::Result<void>>([&](auto done) { store->drop_stats(13, std::move(done)); }));
  CHECK(store.sums().size() == 2);
}

// Kept conversations, done again: the shop's own, through a real store.
#include "dialog/replay.h"

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/conversation_source.h"
#include "bot/models.h"
#include "bot/replay_report.h"
#include "bot/rocksdb_store.h"
#include "dialog/load_edited.h"
#include "dialog/rehearsal.h"
#include "dialog/script.h"
#include "tests/bot/scratch.h"

namespace {

using Kept = std::map<std::string, std::vector<dialog::Event>>;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

dialog::Rehearsal::Heard play(dialog::Rehearsal& talk, const dialog::Line& line) {
  switch (line.kind) {
    case dialog::Line::Kind::opens:
      return talk.open();
    case dialog::Line::Kind::customer:
      return line.commands ? talk.command(line.text, *line.commands) : talk.say(line.text);
    case dialog::Line::Kind::payload:
      return talk.press(line.text);
    case dialog::Line::Kind::attachment:
      return talk.send(line.attachment);
    case dialog::Line::Kind::silence:
      return talk.be_silent(line.silence);
  }
  return {};
}

// Every conversation test of the shop, kept as a server keeps it, and read back.
class Played {
 public:
  Played() {
    nlu::Diagnostics warnings;
    auto made = bot::ready_bot(
        "flows/shop", bot::trained_interpreters(), [](const std::string&) {}, warnings);
    REQUIRE(made);
    ready = *std::move(made);
    const std::string folder = scratch_.path("store");
    {
      bot::StoreOptions options;
      options.folder = folder;
      options.sync = false;
      std::vector<std::string> notes;
      auto store = bot::RocksdbStore::open(options, notes);
      REQUIRE(store);
      const auto tenant = (*store)->tenant_of(ready.bot->name);
      REQUIRE(tenant);
      nlu::Diagnostics wrong;
      for (const dialog::Script& script : dialog::read_scripts("flows/shop/tests", wrong)) {
        keep(**store, *tenant, script);
      }
      CHECK(wrong.empty());
    }
    const auto source = bot::read_store(folder);
    REQUIRE(source);
    const auto done = (*source)->read(
        ready.bot->name, [&](const dialog::ConversationId& id, const dialog::Event& event) {
          kept[to_string(id)].push_back(event);
        });
    REQUIRE(done);
    const std::string& first = kept.begin()->first;
    const auto one = (*source)->read_one("", first);
    REQUIRE(one);
    CHECK(one->size() == kept.begin()->second.size());
    CHECK((*source)->read_one("", std::string(32, 'f')).error().code == nlu::Errc::not_found);
  }

  bot::ReadyBot ready;
  Kept kept;

 private:
  void keep(bot::RocksdbStore& store, dialog::Tenant tenant, const dialog::Script& script) {
    dialog::Rehearsal talk(*ready.bot, ready.interpreter.get(), script.language, script.now);
    std::vector<std::vector<dialog::Event>> batches{talk.open().events};
    for (const dialog::Line& line : script.lines) batches.push_back(play(talk, line).events);
    dialog::ConversationId id;
    id.tenant = tenant;
    id.bytes[0] = ++count_;
    dialog::EventNumber last = 0;
    for (std::vector<dialog::Event>& events : batches) {
      if (events.empty()) continue;
      const dialog::EventNumber next = events.back().number;
      dialog::Batch batch;
      batch.events = std::move(events);
      std::promise<nlu::Result<void>> done;
      store.append(id, last, store.epoch(), std::move(batch),
                   [&](nlu::Result<void> result) { done.set_value(std::move(result)); });
      REQUIRE(done.get_future().get());
      last = next;
    }
  }

  const Scratch scratch_;
  std::uint8_t count_ = 0;
};

const Played& played() {
  static const Played once;
  return once;
}

// The shop, with one file's text changed.
dialog::BotPtr changed_shop(const std::string& file, const std::string& from,
                            const std::string& to) {
  std::string text = read("flows/shop/" + file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  const dialog::Loaded loaded =
      dialog::load_bot_edited("flows/shop", {{file, text}}, {bot::environment});
  for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
  REQUIRE(loaded.bot);
  return loaded.bot;
}

bot::ReplayReport report_of(const dialog::Bot& with) {
  bot::ReplayReport report;
  for (const auto& [id, events] : played().kept) {
    report.add(id, events, with, played().ready.interpreter.get());
  }
  return report;
}

// Turns in which a response was said.
std::size_t turns_with(const std::string& response) {
  std::size_t count = 0;
  for (const auto& [id, events] : played().kept) {
    std::uint64_t last = static_cast<std::uint64_t>(-1);
    for (const dialog::Event& event : events) {
      const auto* reply = std::get_if<dialog::event::Replied>(&event.body);
      if (reply == nullptr || reply->response != response || reply->turn == last) continue;
      last = reply->turn;
      ++count;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("the same version does every kept conversation again to the byte") {
  const bot::ReadyBot& ready = played().ready;
  const Kept& kept = played().kept;
  REQUIRE(kept.size() > 60);
  for (const auto& [id, events] : kept) {
    const auto replayed = dialog::replay(*ready.bot, events, {ready.interpreter.get(), true});
    REQUIRE(replayed);
    CHECK(replayed->turns_left == 0);
    std::vector<dialog::Event> again;
    for (const dialog::ReplayedTurn& turn : replayed->turns) {
      again.insert(again.end(), turn.now.begin(), turn.now.end());
    }
    REQUIRE(again.size() == events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      INFO("conversation " << id << ", event " << i + 1);
      CHECK(encode(again[i]) == encode(events[i]));
    }
  }
  const bot::ReplayReport report = report_of(*ready.bot);
  INFO(report.to_text());
  CHECK_FALSE(report.has_differences());
  CHECK(report.to_json().at("unreadable") == 0);
}

TEST_CASE("another reply in one flow is found in exactly the turns that give it") {
  const dialog::BotPtr shop = changed_shop("flows/return_item.yml", "- say: utter_return_booked",
                                           "- say: utter_nothing_booked");
  const bot::ReplayReport report = report_of(*shop);
  INFO(report.to_text());
  const auto groups = report.groups();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].kind == dialog::DifferenceKind::reply);
  CHECK(groups[0].alike == "utter_return_booked → utter_nothing_booked");
  CHECK(groups[0].turns == turns_with("utter_return_booked"));
  CHECK(groups[0].turns > 2);
  CHECK(report.to_json().at("not_compared") == 0);
}

TEST_CASE("a step more changes the path of exactly the turns that pass it") {
  const dialog::BotPtr shop =
      changed_shop("flows/return_item.yml", "- say: utter_return_booked",
                   "- say: utter_nothing_booked\n      - say: utter_return_booked");
  const bot::ReplayReport report = report_of(*shop);
  INFO(report.to_text());
  const auto groups = report.groups();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].kind == dialog::DifferenceKind::path);
  CHECK(groups[0].alike == "nothing → say");
  CHECK(groups[0].turns == turns_with("utter_return_booked"));
  CHECK(groups[0].also == std::vector{dialog::DifferenceKind::reply});
}

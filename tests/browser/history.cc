// Fills a store with a month of conversations for the console's pictures: the bot's own
// conversation tests, played by its model at hours and days of the past, some of them broken off.
//
//   browser_history BOT_FOLDER STATE_FOLDER
#include <algorithm>
#include <chrono>
#include <future>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "bot/bots.h"
#include "bot/models.h"
#include "bot/rocksdb_store.h"
#include "dialog/rehearsal.h"

namespace {

constexpr int days = 30;
constexpr dialog::Millis minute = 60'000, hour = 60 * minute, day = 24 * hour;

class History {
 public:
  History(const dialog::Bot& bot, const nlu::Interpreter& model,
          std::vector<dialog::Script> scripts, bot::RocksdbStore& store, dialog::Tenant tenant)
      : bot_(bot), model_(model), scripts_(std::move(scripts)), store_(store), tenant_(tenant) {}

  nlu::Result<void> write(dialog::Millis now) {
    const dialog::Millis midnight = now - now % day;
    for (int ago = days - 1; ago >= 0; --ago) {
      const bool weekend = (midnight / day - ago + 3) % 7 >= 5;
      const int count = (weekend ? 9 : 18) + below(8);
      for (int i = 0; i < count; ++i) {
        const dialog::Millis begin = midnight - ago * day + 7 * hour + below(15 * 60) * minute;
        if (begin > now - 20 * minute) continue;
        if (auto kept = keep(talk(begin, now)); !kept) return kept;
      }
    }
    return {};
  }

 private:
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }

  std::vector<dialog::Event> talk(dialog::Millis begin, dialog::Millis now) {
    const dialog::Script& script =
        scripts_[static_cast<std::size_t>(below(static_cast<int>(scripts_.size())))];
    dialog::Rehearsal rehearsal(bot_, &model_, script.language, begin, random_());
    std::vector<dialog::Event> events;
    rehearsal.observe(
        [&](const dialog::Conversation&, const dialog::Event& event) { events.push_back(event); });
    rehearsal.stub(script.backend);
    for (const dialog::GivenSlot& slot : script.slots) {
      static_cast<void>(rehearsal.give(slot.slot, slot.value));
    }
    const int all = static_cast<int>(script.lines.size());
    const int played = below(6) == 0 ? 1 + below(all) : all;
    for (int i = 0; i < played && rehearsal.now() < now - 2 * hour; ++i) {
      rehearsal.play(script.lines[static_cast<std::size_t>(i)]);
      rehearsal.be_silent((5 + below(50)) * 1000);
    }
    if (rehearsal.now() < now - 3 * hour) rehearsal.be_silent(2 * hour);
    if (below(5) == 0) {
      dialog::Event rated;
      rated.number = events.back().number + 1;
      rated.ts = events.back().ts;
      rated.actor = dialog::Actor::customer;
      rated.body = dialog::event::FeedbackGiven{"f", 1, std::min(5, 2 + below(5)), ""};
      events.push_back(rated);
    }
    auto& started = std::get<dialog::event::ConversationStarted>(events.front().body);
    started.channel = below(4) == 0 ? "rest" : "web";
    return events;
  }

  nlu::Result<void> keep(std::vector<dialog::Event> events) {
    dialog::ConversationId id;
    id.tenant = tenant_;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(below(256));
    dialog::Batch batch;
    batch.events = std::move(events);
    std::promise<nlu::Result<void>> done;
    store_.append(id, 0, store_.epoch(), std::move(batch),
                  [&](nlu::Result<void> kept) { done.set_value(std::move(kept)); });
    return done.get_future().get();
  }

  const dialog::Bot& bot_;
  const nlu::Interpreter& model_;
  const std::vector<dialog::Script> scripts_;
  bot::RocksdbStore& store_;
  const dialog::Tenant tenant_;
  std::mt19937_64 random_{7};
};

nlu::Result<void> run(const std::string& folder, const std::string& state) {
  const auto bot = bot::load_for_reading(folder);
  if (!bot) return bot.error();
  const auto say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  const auto model = bot::trained_interpreters()(folder, **bot, say);
  if (!model) return model.error();
  nlu::Diagnostics mistakes;
  std::vector<dialog::Script> scripts = dialog::read_scripts(folder + "/tests", mistakes);
  if (!mistakes.empty()) return nlu::invalid(to_string(mistakes.front()));
  bot::StoreOptions options;
  options.folder = state + "/store";
  std::vector<std::string> notes;
  const auto store = bot::RocksdbStore::open(options, notes);
  if (!store) return store.error();
  const auto tenant = (*store)->tenant_of((*bot)->name);
  if (!tenant) return tenant.error();
  using namespace std::chrono;
  const dialog::Millis now =
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  return History(**bot, **model, std::move(scripts), **store, *tenant).write(now);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    fmt::print(stderr, "browser_history BOT_FOLDER STATE_FOLDER\n");
    return 2;
  }
  const auto done = run(words[1], words[2]);
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().message);
  return 1;
}

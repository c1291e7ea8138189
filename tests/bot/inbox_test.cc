// The inbox over a real store and a real server, in English and Chinese.
#include "bot/inbox.h"

#include <filesystem>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bot/inbox_ask.h"
#include "bot/inbox_labels.h"
#include "bot/replace_file.h"
#include "bot/rocksdb_store.h"
#include "dialog/load.h"
#include "tests/bot/plain_http.h"
#include "tests/bot/served_bot.h"

namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

// Knows "parcel" and "hours", "no" and "stop", and refuses the rest.
class Words final : public nlu::Interpreter {
 public:
  std::vector<nlu::Interpretation> interpret(
      std::span<const nlu::Utterance> utterances) const override {
    std::vector<nlu::Interpretation> all;
    for (const nlu::Utterance& utterance : utterances) {
      nlu::Segment segment;
      segment.span = {0, utterance.text.size()};
      for (const auto& [word, intent] : std::map<std::string, std::string>{
               {"parcel", "track"}, {"包裹", "track"}, {"open", "hours"}, {"stop", "cancel"}}) {
        if (utterance.text.find(word) != std::string::npos)
          segment.intents.push_back({intent, utterance.text.size() > 40 ? 0.6 : 0.97});
      }
      segment.p_outside = segment.intents.empty() ? 0.9 : 0.01;
      nlu::Interpretation& one = all.emplace_back();
      one.segments.push_back(std::move(segment));
      one.model_version = version_;
      const nlu::Regex number = *nlu::Regex::compile(R"(\b10\d{3}\b)");
      for (const auto& match : number.find_all(utterance.text)) {
        nlu::Entity entity;
        entity.type = "parcel";
        entity.span = {match.begin, match.end};
        entity.value = utterance.text.substr(match.begin, match.end - match.begin);
        entity.source = "model";
        one.entities.push_back(entity);
      }
    }
    return all;
  }
  const std::string& version() const override { return version_; }

 private:
  std::string version_ = "words";
};

// The parcels bot.
class Shop final : public ServedBot {
 public:
  Shop() : ServedBot("parcels", std::make_shared<Words>()) {
    fs::copy(std::string(USHER_SOURCE_DIR) + "/tests/conversations/parcels", folder(),
             fs::copy_options::recursive);
    fs::remove_all(folder() + "/.usher");
    config.demo = true;
  }

  std::string store() const { return scratch().path("state/store"); }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port); }

  void say(const std::string& sender, const std::string& text) const {
    const nlu::json::object message{{"sender", sender}, {"message", text}};
    const auto answer = plain_request(port, "POST", "/webhooks/rest/webhook", rest_token,
                                      nlu::json::serialize(message));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
  }
  PlainResponse erase(const std::string& conversation) const {
    return plain_request(port, "DELETE", "/v1/conversations/" + conversation, operator_key);
  }

  dialog::BotPtr bot() const {
    const dialog::Loaded loaded = dialog::load_bot(folder());
    for (const nlu::Diagnostic& one : loaded.diagnostics) UNSCOPED_INFO(to_string(one));
    REQUIRE(loaded.bot);
    return loaded.bot;
  }

  // What the inbox finds, as `usher inbox` would.
  std::vector<bot::InboxGroup> inbox(const bot::InboxQuery& query = {}) const {
    const auto source = bot::read_store(store());
    if (!source) FAIL(source.error().message);
    return inbox(**source, query);
  }
  std::vector<bot::InboxGroup> inbox(bot::ConversationSource& source,
                                     const bot::InboxQuery& query = {}) const {
    const auto memory = bot::InboxMemory::load(folder());
    REQUIRE(memory);
    const auto kept = bot::kept_examples(folder());
    REQUIRE(kept);
    Texts labelled;
    for (const nlu::TakenExample& one : *kept) labelled.push_back(one.utterance);
    const dialog::BotPtr present = bot();
    const Words model;
    auto found = bot::find_inbox(source, *present, query, *memory, labelled, &model, "2026-11-27");
    if (!found) FAIL(found.error().message);
    return bot::group_inbox(std::move(found->items), *present);
  }
};

// "reasons: text ×count | text ×count" of each group.
Texts lines(const std::vector<bot::InboxGroup>& groups) {
  Texts all;
  for (const bot::InboxGroup& group : groups) {
    std::string line;
    for (const dialog::InboxReason reason : group.reasons)
      line += (line.empty() ? "" : " ") + std::string(reason_name(reason));
    line += ":";
    for (const bot::InboxItem& item : group.items)
      line += fmt::format(" {} ×{}", item.text, item.count);
    all.push_back(line);
  }
  return all;
}

void talk(const Shop& shop) {
  shop.say("anna", "can you fix my bike");
  shop.say("ben", "Can you fix my BIKE?");
  shop.say("ben", "could you fix a bike for me");
  shop.say("chen", "能帮我修自行车吗");
  shop.say("dora", "where is my parcel");  // An example, to the letter
  shop.say("dora", "10423");
  shop.say("emil", "my name is Zaphod and parcel 10423 should be here");
}

nlu::Pseudonyms pseudonyms(const dialog::Bot& bot) { return {bot::pseudonym_rules(bot), "seed"}; }

std::string file_text(const std::string& path) {
  const auto text = bot::read_whole(path);
  REQUIRE(text);
  return text->value_or("");
}

// Labels a group, as `usher inbox label` does.
void label(const Shop& shop, const bot::InboxGroup& group, const std::string& intent) {
  const dialog::BotPtr present = shop.bot();
  std::vector<nlu::TakenExample> examples;
  for (const bot::Proposal& one : bot::propose(group.items, *present, pseudonyms(*present), 10)) {
    examples.push_back(one.example);
    examples.back().intent = intent;
  }
  const auto kept = bot::keep_examples(shop.folder(), examples);
  if (!kept) FAIL(kept.error().message);
  auto memory = bot::InboxMemory::load(shop.folder());
  REQUIRE(memory);
  for (const bot::InboxItem& item : group.items)
    memory->add(item.wording, item.conversation, "labelled");
  REQUIRE(memory->save());
}

}  // namespace

TEST_CASE("the inbox reads the store of a server that runs, its /v1, and the store afterwards") {
  Shop shop;
  shop.start();
  talk(shop);
  const Texts expected{"unhandled: Can you fix my BIKE? ×2 could you fix a bike for me ×1",
                       "unsure: my name is Zaphod and parcel 10423 should be here ×1",
                       "unhandled: 能帮我修自行车吗 ×1"};
  CHECK(lines(shop.inbox()) == expected);
  const auto server = bot::read_server(shop.url() + "/", shop.operator_key);
  REQUIRE(server);
  CHECK(lines(shop.inbox(**server)) == expected);
  shop.say("anna", "can you fix my car");  // Seen at once
  CHECK(shop.inbox()[0].items.size() == 3);
  shop.stop();
  const auto groups = shop.inbox();
  CHECK(groups[0].count == 4);
  CHECK(groups[0].id == shop.inbox()[0].id);
  CHECK(groups[0].items[0].now.segments.size() == 1);
  shop.start();  // The reader has left nothing behind that would hinder it.
  shop.say("anna", "can you fix my watch");
  CHECK(shop.inbox()[0].count == 5);
  CHECK(shop.inbox()[0].id != groups[0].id);
}

TEST_CASE("the inbox is narrowed by reason and time") {
  Shop shop;
  shop.start();
  talk(shop);
  bot::InboxQuery query;
  query.reasons = {dialog::InboxReason::unsure};
  CHECK(lines(shop.inbox(query)).size() == 1);
  query.reasons = {dialog::InboxReason::corrected};
  CHECK(shop.inbox(query).empty());
  query.reasons = {};
  query.since = dialog::Millis{1} << 60;
  CHECK(shop.inbox(query).empty());
}

TEST_CASE("a store, a bot or a key that is not there is an error with advice") {
  Shop shop;
  const auto none = bot::read_store(shop.store());
  REQUIRE_FALSE(none);
  CHECK(none.error().code == nlu::Errc::not_found);
  CHECK(none.error().message.find("--state") != std::string::npos);
  shop.start();
  const auto source = bot::read_store(shop.store());
  REQUIRE(source);
  const auto nobody = (*source)->read("bank", [](const auto&, const auto&) {});
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().message ==
        shop.store() + " has no conversations of 'bank'; it has those of 'parcels'");
  const auto forbidden =
      (*bot::read_server(shop.url(), "wrong"))->read("parcels", [](const auto&, const auto&) {});
  REQUIRE_FALSE(forbidden);
  CHECK(forbidden.error().code == nlu::Errc::forbidden);
  CHECK(forbidden.error().message.find("--key-file") != std::string::npos);
  CHECK_FALSE(bot::read_server("localhost", "key"));
  const std::string url = shop.url();
  shop.stop();
  CHECK_FALSE((*bot::read_server(url, "key"))->read("parcels", [](const auto&, const auto&) {}));
}

TEST_CASE("a labelled group becomes examples without names, and is not shown again") {
  Shop shop;
  shop.start();
  talk(shop);
  shop.say("finn", "please call me at 0301234567 about a broken parcel of mine, 10423");
  auto groups = shop.inbox();
  REQUIRE(groups.size() == 4);
  for (const bot::InboxGroup& group : groups)
    label(shop, group, group.items[0].text.find("parcel") != std::string::npos ? "track" : "hours");
  const std::string text = file_text(bot::inbox_file_path(shop.folder()));
  INFO(text);
  for (const char* personal : {"Zaphod", "0301234567", "10423"})
    CHECK(text.find(personal) == std::string::npos);
  CHECK(text.find("](parcel)") != std::string::npos);
  CHECK(text.find("能帮我修自行车吗") != std::string::npos);
  CHECK(shop.inbox().empty());
  const dialog::BotPtr later = shop.bot();
  const auto& examples = later->training.examples;
  for (const bot::InboxGroup& group : groups) {
    CHECK(std::any_of(examples.begin(), examples.end(), [&](const nlu::Example& one) {
      return one.subject == group.items[0].conversation;
    }));
  }
  const std::string memory = file_text(bot::inbox_memory_path(shop.folder()));
  CHECK(memory.find("bike") == std::string::npos);
  CHECK(memory.find(groups[0].items[0].conversation) != std::string::npos);
}

TEST_CASE("a conversation that is forgotten takes its examples and its hashes along") {
  Shop shop;
  shop.start();
  talk(shop);
  const auto groups = shop.inbox();
  const std::string conversation = groups[0].items[1].conversation;  // Ben's
  const std::string before = file_text(shop.folder() + "/nlu/all.yml");
  label(shop, groups[0], "hours");

  shop.stop();
  shop.start();  // With the new examples
  const auto erased = shop.erase(conversation);
  CHECK(erased.status == 200);
  CHECK(erased.body.find("usher inbox forget " + shop.folder() + " " + conversation) !=
        std::string::npos);

  const auto forgotten = bot::forget_conversation(shop.folder(), conversation);
  REQUIRE(forgotten);
  REQUIRE(forgotten->size() == 1);
  CHECK((*forgotten)[0].file == "nlu/inbox.yml");
  CHECK((*forgotten)[0].removed.size() == 2);  // Both wordings were said last by Ben.
  auto memory = bot::InboxMemory::load(shop.folder());
  REQUIRE(memory);
  CHECK(memory->forget(conversation) == 2);
  REQUIRE(memory->save());
  const dialog::BotPtr later = shop.bot();
  for (const nlu::Example& one : later->training.examples) CHECK(one.subject != conversation);
  CHECK(file_text(shop.folder() + "/nlu/all.yml") == before);
  CHECK(bot::forget_conversation(shop.folder(), conversation)->empty());
  shop.stop();
  shop.start();
  CHECK(shop.erase(groups[2].items[0].conversation).status == 204);
}

TEST_CASE("an unknown intent, and an example that another intent has, are named") {
  Shop shop;
  const dialog::BotPtr parcels = shop.bot();
  CHECK(bot::check_intent(*parcels, "track"));
  CHECK(bot::check_intent(*parcels, "out_of_scope"));
  CHECK(bot::check_intent(*parcels, "tracks").error().message ==
        "no intent of parcels is called 'tracks'; did you mean 'track'?");
  CHECK(bot::check_example(*parcels, "opening hours", "track").error().message ==
        "'opening hours' is already an example of 'hours' at nlu/all.yml:16; an utterance has one "
        "intent: take the other one away first");
  CHECK(bot::check_example(*parcels, "a [b](c", "track").error().message ==
        "'a [b](c': '(' is opened and never closed");
  CHECK_FALSE(bot::check_example(*parcels, "- x", "track"));
  CHECK_FALSE(bot::check_example(*parcels, "", "track"));
  CHECK(bot::check_example(*parcels, "track parcel [10999](parcel)", "track"));
}

TEST_CASE("a file that changes while it is written is left as it is") {
  const Scratch scratch;
  const std::string path = scratch.write("file.yml", "old");
  const auto conflict = bot::replace_file(path, "old", "new", [&](int step) {
    if (step == 2) scratch.write("file.yml", "theirs");
  });
  REQUIRE_FALSE(conflict);
  CHECK(conflict.error().code == nlu::Errc::conflict);
  CHECK(file_text(path) == "theirs");
  CHECK_FALSE(bot::replace_file(path, std::nullopt, "new"));
  REQUIRE(bot::replace_file(path, "theirs", "new"));
  CHECK(file_text(path) == "new");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(path, scratch.path("link.yml"));
  REQUIRE(bot::replace_file(scratch.path("link.yml"), "new", "newer"));
  CHECK(fs::is_symlink(scratch.path("link.yml")));
  CHECK(file_text(path) == "newer");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) == 2);
  CHECK_FALSE(bot::replace_file("/proc/none/file.yml", std::nullopt, "x"));
}

TEST_CASE("a crash between writes leaves the old file or the new one, and both are read") {
  Shop shop;
  shop.start();
  talk(shop);
  shop.stop();
  const dialog::BotPtr parcels = shop.bot();
  const auto groups = shop.inbox();
  auto proposals = bot::propose(groups[0].items, *parcels, pseudonyms(*parcels), 10);
  std::vector<nlu::TakenExample> examples;
  for (const bot::Proposal& one : proposals) {
    examples.push_back(one.example);
    examples.back().intent = "hours";
  }
  for (const int last : {1, 2, 3}) {
    const pid_t child = ::fork();
    if (child == 0) {
      static_cast<void>(bot::keep_examples(shop.folder(), examples, [&](int step) {
        if (step == last) ::_exit(0);
      }));
      ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WEXITSTATUS(status) == 0);
    const auto kept = bot::kept_examples(shop.folder());
    REQUIRE(kept);
    CHECK(kept->size() == (last < 3 ? 0 : examples.size()));
    CHECK(shop.bot());  // What the crash left beside the file is not read.
  }
  // Its hashes were not kept, but what was written is known.
  const auto later = shop.inbox();
  for (const bot::InboxGroup& group : later) {
    for (const bot::InboxItem& item : group.items) CHECK(item.id != groups[0].items[0].id);
  }
}

TEST_CASE("the memory is kept without words, and a damaged file is named") {
  const Scratch scratch;
  auto memory = bot::InboxMemory::load(scratch.path());
  REQUIRE(memory);
  CHECK_FALSE(memory->knows("fix my bike"));
  REQUIRE(memory->save());  // Nothing to keep
  CHECK_FALSE(fs::exists(bot::inbox_memory_path(scratch.path())));
  memory->add("fix my bike", "c-1", "dismissed");
  memory->add("fix my bike", "c-2", "dismissed");
  memory->add("自行车", "c-1", "labelled");
  REQUIRE(memory->save());
  auto again = bot::InboxMemory::load(scratch.path());
  REQUIRE(again);
  CHECK(again->knows("fix my bike"));
  CHECK_FALSE(again->knows("fix my car"));
  CHECK(again->forget("c-1") == 2);
  CHECK(again->knows("fix my bike"));  // The other's
  CHECK_FALSE(again->knows("自行车"));
  REQUIRE(again->save());
  memory->add("x", "c-3", "dismissed");
  CHECK(memory->save().error().code == nlu::Errc::conflict);
  scratch.write("inbox.json", "{\"salt\": ");
  const auto damaged = bot::InboxMemory::load(scratch.path());
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().message.find("inbox.json is damaged") != std::string::npos);
}

TEST_CASE("in a talk groups are labelled, edited, split, skipped and dismissed") {
  Shop shop;
  shop.start();
  talk(shop);
  shop.say("gil", "what is the weather like");
  const dialog::BotPtr parcels = shop.bot();
  auto memory = bot::InboxMemory::load(shop.folder());
  REQUIRE(memory);
  const nlu::Pseudonyms others = pseudonyms(*parcels);
  const bot::InboxDesk desk{shop.folder(), *parcels, *memory, others, 10};
  const auto groups = shop.inbox();
  REQUIRE(groups.size() == 4);
  std::istringstream in(
      "xyz\n"                       // No intent
      "t\n"                         // Too short a beginning
      "p\n"                         // Splits the first group
      "giv\nb\n"                    // give_back; back again
      "give\n-1\n\n"                // Nothing is left to write, but it is done
      "ho\ne 1\nopening hours\n\n"  // What is another's to the letter cannot be…
      "s\n"
      "d\n"
      "q\n");
  std::ostringstream out;
  const auto done = bot::ask_about(groups, desk, in, out);
  INFO(out.str());
  REQUIRE(done);
  CHECK(out.str().find("no intent is called 'xyz'") != std::string::npos);
  CHECK(out.str().find("as it will be written") != std::string::npos);
  CHECK(done->examples == 1);
  CHECK(done->dismissed == 1);
  const auto kept = bot::kept_examples(shop.folder());
  REQUIRE(kept);
  REQUIRE(kept->size() == 1);
  CHECK((*kept)[0].intent == "hours");
  CHECK((*kept)[0].text == "opening hours");
  CHECK(shop.inbox().size() == 2);  // What was skipped, and what came behind the end.
}

TEST_CASE("what would steer a terminal is not shown to it") {
  bot::InboxGroup group;
  group.items.resize(1);
  group.items[0].text = "a\x1b[31mb\nc\xc2\x9b d\x7f";
  const Shop shop;
  const std::string shown = bot::describe(group, *shop.bot(), 8);
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find("\xc2\x9b") == std::string::npos);
  CHECK(shown.find("a [31mb c  d") != std::string::npos);
}

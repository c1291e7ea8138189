#include "dialog/language.h"

#include <catch2/catch.hpp>

#include "dialog/engine.h"
#include "dialog/load.h"

using namespace dialog;

namespace {

Bot bot_of(std::vector<std::string> additional) {
  Bot bot;
  bot.language = "en";
  bot.additional_languages = std::move(additional);
  return bot;
}

// What the conversation changes to when `text`, which is in `language`, is said in it.
std::string after(const std::string& now, const std::string& text, const std::string& language,
                  const std::string& payload = "") {
  Conversation conversation;
  conversation.language = now;
  nlu::Interpretation meaning;
  meaning.language = language;
  return language_after(bot_of({"zh", "de", "ru"}), conversation, text, payload, meaning);
}

std::vector<std::string> changes(const Advance& step) {
  std::vector<std::string> to;
  for (const Event& event : step.events) {
    const auto* changed = std::get_if<event::LanguageChanged>(&event.body);
    if (changed) to.push_back(changed->language + " by " + changed->by);
  }
  return to;
}

}  // namespace

TEST_CASE("a language is matched with the bot's, the longest code first") {
  const Bot bot = bot_of({"zh", "pt-BR"});
  CHECK(match_language(bot, "zh-Hant-TW") == "zh");
  CHECK(match_language(bot, "pt-BR") == "pt-BR");
  CHECK(match_language(bot, "pt").empty());
  CHECK(match_language(bot, "fr").empty());
  CHECK(match_language(bot, "").empty());
}

TEST_CASE("three words, or a script of its own, change the language") {
  CHECK(after("en", "我的包裹在哪里", "zh") == "zh");
  CHECK(after("en", "好", "zh") == "zh");
  CHECK(after("en", "где заказ", "ru") == "ru");
  CHECK(after("en", "wo ist mein Paket", "de") == "de");
  CHECK(after("zh", "where is my parcel", "en") == "en");
}

TEST_CASE("less than that changes nothing") {
  CHECK(after("zh", "thank you", "en").empty());
  CHECK(after("zh", "ok thanks 10423", "en").empty());
  CHECK(after("en", "danke schön", "de").empty());
  CHECK(after("en", "where is my parcel", "en").empty());
  CHECK(after("en", "où est ma commande maintenant", "fr").empty());
  CHECK(after("en", "10423 12 11 10", "").empty());
  CHECK(after("zh-CN", "我的包裹在哪里", "zh").empty());
  CHECK(after("en", "我的包裹在哪里", "zh", "/track").empty());
  CHECK(after("en", "/我的包裹在哪里", "zh").empty());
}

TEST_CASE("a client's locale counts when it changes, not each time it is told") {
  const Loaded loaded = load_bot(std::string(USHER_SOURCE_DIR) + "/tests/conversations/parcels");
  REQUIRE(loaded.bot);
  Conversation conversation;
  const auto take = [&](const Input& input) {
    const Advance step = advance(*loaded.bot, conversation, input, 1'767'607'200'000);
    for (const Event& event : step.events) conversation.apply(event);
    return changes(step);
  };
  input::Opened opened;
  opened.started = {"parcels", "web", "en", 1, "", ""};
  take(opened);
  input::Said said;
  said.text = "我的包裹在哪里";
  said.language = "en";
  said.interpretation.language = "zh";
  said.commands = {command::StartFlow{"track"}};
  CHECK(take(said) == std::vector<std::string>{"zh by words"});
  said.text = "10423";
  said.interpretation.language.clear();
  said.commands = {command::SetSlot{"parcel", "10423", "entity"}};
  CHECK(take(said).empty());  // The page was loaded again, and told its locale as before.
  CHECK(conversation.language == "zh");
  const auto kept = decode_conversation(encode(conversation));
  REQUIRE(kept);
  CHECK(kept->language == "zh");
  CHECK(kept->locale == "en");
  said.language = "zh";
  CHECK(take(said) == std::vector<std::string>{"zh by locale"});
  said.language = "en";
  CHECK(take(said) == std::vector<std::string>{"en by locale"});
  CHECK(conversation.language == "en");
}

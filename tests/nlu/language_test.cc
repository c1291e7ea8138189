#include "nlu/language.h"

#include <map>

#include <catch2/catch.hpp>

#include "nlu/dataset.h"

using namespace nlu;

namespace {

const LanguageIdentifier& shop() {
  static const LanguageIdentifier identifier({"en", "zh"});
  return identifier;
}

const LanguageIdentifier& europe() {
  static const LanguageIdentifier identifier({"en", "de", "fr", "es", "it", "pt-BR", "nl", "zh"});
  return identifier;
}

Entity entity(std::size_t begin, std::size_t end) {
  Entity entity;
  entity.span = {begin, end};
  return entity;
}

}  // namespace

TEST_CASE("short utterances are told apart in the bot's languages") {
  const std::map<std::string, std::vector<std::string>> said{
      {"en",
       {"where is my order", "can I pay by card", "I want to return this",
        "talk to a person please", "my lamp arrived broken", "do you ship to France",
        "that is not what I ordered", "when will it be here", "is the blue one still in stock",
        "you charged me twice", "how long does a refund take these days",
        "please cancel it, I found it cheaper elsewhere"}},
      {"de",
       {"wo ist meine Bestellung", "kann ich mit Karte zahlen", "ich möchte das zurückgeben",
        "meine Lampe ist kaputt", "wann kommt mein Paket an", "das habe ich nicht bestellt",
        "ich will mit einem Menschen reden", "wie lange dauert die Rückerstattung denn noch"}},
      {"fr",
       {"où est ma commande", "je voudrais retourner cet article", "ma lampe est cassée",
        "puis-je payer par carte", "je veux parler à un conseiller",
        "ce n'est pas ce que j'ai commandé"}},
      {"es",
       {"dónde está mi pedido", "quiero devolver este artículo", "puedo pagar con tarjeta",
        "quiero hablar con una persona", "todavía no me ha llegado el paquete"}},
      {"it",
       {"dove è il mio ordine", "vorrei restituire questo articolo", "posso pagare con la carta",
        "quando arriva il mio pacco"}},
      {"pt-BR",
       {"onde está o meu pedido", "quero devolver este produto", "posso pagar com cartão"}},
      {"nl", {"waar is mijn bestelling", "ik wil dit terugsturen", "wanneer komt mijn pakket aan"}},
      {"zh",
       {"我的订单在哪里", "能退货吗", "我要找人工", "灯坏了", "什么时候发货", "我想改一下收货地址",
        "我的訂單在哪裡", "在吗", "你们的客服几点下班呀"}}};
  for (const auto& [language, utterances] : said) {
    for (const std::string& utterance : utterances) {
      CAPTURE(utterance);
      CHECK(europe().identify(utterance) == language);
      if (language == "en" || language == "zh") CHECK(shop().identify(utterance) == language);
    }
  }
}

TEST_CASE("a script that one language writes tells it") {
  CHECK(shop().identify("返品したいです") == "ja");
  CHECK(shop().identify("주문이 어디 있나요") == "ko");
  CHECK(shop().identify("สินค้าของฉันอยู่ที่ไหน") == "th");
  CHECK(shop().identify("πού είναι η παραγγελία μου") == "el");
  CHECK(shop().identify("איפה ההזמנה שלי") == "he");
  CHECK(shop().identify("鲜の味外卖在哪里") == "zh");
}

TEST_CASE("Chinese characters alone are of whichever language the bot speaks") {
  CHECK(LanguageIdentifier(std::vector<std::string>{"en"}).identify("配送状況") == "zh");
  CHECK(LanguageIdentifier({"en", "ja"}).identify("配送状況") == "ja");
  CHECK(LanguageIdentifier({"ja", "zh"}).identify("我的包裹还没到") == "zh");
}

TEST_CASE("a language the bot does not speak needs more words") {
  CHECK(shop().identify("wo ist meine Bestellung") == "de");
  CHECK(shop().identify("merci beaucoup").empty());
  CHECK(shop().identify("я хочу вернуть этот товар") == "ru");
  CHECK(LanguageIdentifier(std::vector<std::string>{"ru"}).identify("где заказ") == "ru");
}

TEST_CASE("what is too short or says nothing has no language") {
  for (const char* text : {"", "hi", "ok", "no", "M", "10423", "LL-2231", "anna@example.org", "👍",
                           "?!", "refund", "12 11 10", "ok M", "\xff\xfe", "iPhone"}) {
    CAPTURE(text);
    CHECK(shop().identify(text).empty());
  }
}

TEST_CASE("of two scripts the one with more words counts") {
  CHECK(shop().identify("我的 order 10423 在哪里") == "zh");
  CHECK(shop().identify("order 状态") == "zh");
  CHECK(shop().identify("is the 灯 I ordered on its way") == "en");
}

TEST_CASE("entities are no one's language") {
  const std::string text = "Müllerstraße, Wohnung im Hinterhaus";
  const std::vector<Word> words = split_words(text);
  CHECK(europe().identify(text, words) == "de");
  const Entity address = entity(0, text.size());
  CHECK(europe().identify(text, words, {&address, 1}).empty());
  const std::string zh = "寄到 Flat Three, Mill Lane";
  const Entity place = entity(7, zh.size());
  CHECK(shop().identify(zh, split_words(zh), {&place, 1}) == "zh");
}

TEST_CASE("an expected language has the bot's name for it") {
  const LanguageIdentifier british({"en-GB", "zh-CN"});
  CHECK(british.identify("where is my order") == "en-GB");
  CHECK(british.identify("能退货吗") == "zh-CN");
  CHECK(LanguageIdentifier().identify("where is my order now") == "en");
}

TEST_CASE("what customers of the shop write is seldom taken for another language") {
  std::size_t known = 0, wrong = 0, all = 0;
  for (const char* name : {"shop_heldout.csv", "shop_heldout_2.csv"}) {
    const auto rows =
        read_dataset(std::string(USHER_SOURCE_DIR "/tests/nlu/") + name, DataFormat::csv);
    REQUIRE(rows);
    for (const DataRow& row : *rows) {
      const std::string expected = has_han(row.example.text) ? "zh" : "en";
      const std::string got = shop().identify(row.example.text);
      ++all;
      known += got == expected;
      wrong += !got.empty() && got != expected;
      if (!got.empty() && got != expected) WARN(got << ": " << row.example.text);
    }
  }
  INFO(known << " of " << all << " known, " << wrong << " wrong");
  CHECK(all == 400);
  CHECK(wrong <= all / 100);
  CHECK(known >= all * 90 / 100);
}

TEST_CASE("languages are known by their script") {
  CHECK(script_of_language("en") == "Latn");
  CHECK(script_of_language("zh-Hant") == "Hani");
  CHECK(script_of_language("ja") == "Jpan");
  CHECK(script_of_language("uk") == "Cyrl");
  CHECK(script_of_language("th") == "Thai");
  CHECK(script_of_language("").empty());
  CHECK(primary_language("pt-BR") == "pt");
}

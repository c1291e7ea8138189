#include "nlu/pseudonyms.h"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "nlu/annotation.h"
#include "nlu/base/unicode.h"
#include "nlu/builtin_entities.h"

using namespace nlu;

namespace {

TrainingData shop() {
  TrainingData data;
  for (const char* text :
       {"where is my order", "I want to send the lamp back please", "my parcel has not arrived",
        "can you change the delivery address", "I am unhappy with the Harbour shirt",
        "please cancel order number", "the postcode is", "what does it cost", "我的订单到哪里了"}) {
    data.examples.push_back({text, "any", {}, {}});
  }
  data.lookups.push_back({"product", {"Harbour shirt", "Model 500 lamp"}, false});
  data.patterns.push_back({"order", R"(\b10\d{3}\b)", {}});
  data.patterns.push_back({"parcel", R"(\b[A-Z]{2}-\d{6}\b)", {}});
  return data;
}

Pseudonyms pseudonyms(const std::string& seed = "seed") {
  PseudonymRules rules;
  rules.add(shop());
  return Pseudonyms(std::move(rules), seed);
}

std::string replaced(const std::string& text, const std::vector<Entity>& entities = {},
                     const std::vector<std::string>& names = {}) {
  return pseudonyms().replace(text, entities, names).text;
}

bool holds(const std::string& text, const std::string& part) {
  return fold(text).find(fold(part)) != std::string::npos;
}

Entity entity(const std::string& text, const std::string& part, const std::string& type,
              const std::string& source = "model") {
  Entity one;
  one.type = type;
  one.span = {text.find(part), text.find(part) + part.size()};
  one.value = part;
  one.source = source;
  return one;
}

std::vector<Entity> builtins(const std::string& text, const std::string& type) {
  std::vector<Entity> all;
  find_builtin_entities({text, "", {}}, all);
  std::erase_if(all, [&](const Entity& one) { return one.type != type; });
  return all;
}

// Runs of three digits and more.
std::vector<std::string> runs_of(const std::string& text) {
  std::vector<std::string> runs;
  std::string run;
  for (const char c : text + " ") {
    if (c >= '0' && c <= '9') {
      run += c;
    } else {
      if (run.size() >= 3) runs.push_back(run);
      run.clear();
    }
  }
  return runs;
}

}  // namespace

TEST_CASE("what names nobody stays as it was said") {
  for (const char* text :
       {"where is my order", "I am unhappy with the Harbour shirt", "I'm waiting for 2 weeks",
        "Can I pay with PayPal or Visa?", "Do you deliver to Germany on Monday?", "I am devastated",
        "WHERE IS MY PARCEL", "2 items on the way to me", "open 24/7?",
        "The Model 500 lamp is broken", "我的订单到哪里了", "我是想问一下运费", "it's 3 pm",
        "this is ridiculous", "I am at work and cannot wait", "do you have a PDF of the invoice"}) {
    std::vector<Entity> found;
    const std::string said = text;
    if (holds(said, "Model 500 lamp"))
      found.push_back(entity(said, "Model 500 lamp", "product", "lookup"));
    CHECK(replaced(said, found) == said);
  }
}

TEST_CASE("names go, by what is said before them or by their capitals") {
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{
           {"my name is Zaphod Beeblebrox", "Zaphod"},
           {"my name is zaphod beeblebrox", "beeblebrox"},
           {"Hi, this is Trillian, where is my order", "Trillian"},
           {"I am Zaphod and my parcel has not arrived", "Zaphod"},
           {"i'm zaphod, where is my order", "zaphod"},
           {"Please tell Mr Prefect that my parcel has not arrived", "Prefect"},
           {"I gave it to Marvin yesterday", "Marvin"},
           {"Arthur Dent here, where is my order", "Arthur"},
           {"where is my order? Regards, Slartibartfast", "Slartibartfast"},
           {"it is Zaphod's parcel", "Zaphod"},
           {"the parcel for O'Brien-Smythe", "O'Brien"},
           {"MY NAME IS ZAPHOD", "ZAPHOD"},
           {"I live in Betelgeuse", "Betelgeuse"},
           {"你好，我叫王小明，我的订单到哪里了", "王小明"},
           {"我叫李雷我要退货", "李雷"},
           {"我是张伟，订单还没到", "张伟"},
           {"请告诉刘先生我的订单到了", "刘先生"},
           {"收件人：欧阳娜娜", "欧阳娜娜"}}) {
    INFO(text << " -> " << replaced(text));
    CHECK_FALSE(holds(replaced(text), name));
  }
  const std::string known = "zaphod ordered it, customer b-7781x";
  CHECK_FALSE(holds(replaced(known, {}, {"Zaphod Beeblebrox"}), "zaphod"));
}

TEST_CASE("a name that an example took from a customer is a name still") {
  TrainingData data = shop();
  data.examples.push_back({"tell marvin it came", "any", {}, {}, {}, "somebody"});
  PseudonymRules rules;
  rules.add(data);
  const Pseudonyms others(std::move(rules), "seed");
  CHECK_FALSE(holds(others.replace("I'm Marvin, where is my order", {}, {}).text, "Marvin"));
  data.examples.back().subject.clear();  // Now it is the bot's own word.
  PseudonymRules own;
  own.add(data);
  CHECK(holds(Pseudonyms(std::move(own), "seed").replace("I'm Marvin, where", {}, {}).text,
              "Marvin"));
}

TEST_CASE("a name is the same pseudonym wherever it stands, written as it was") {
  const Pseudonyms all = pseudonyms();
  const std::string text =
      all.replace("My name is Zaphod. Write to zaphod, not to ZAPHOD", {}).text;
  const std::string name = text.substr(11, text.find('.') - 11);
  CHECK(fold(text) == fold(fmt::format("My name is {}. Write to {}, not to {}", name, name, name)));
  CHECK(holds(all.replace("I am Zaphod", {}).text, name));
  CHECK(fold(all.replace("it is for Zaphod Beeblebrox, not Ford. Beeblebrox!", {}).text)
            .find("ford") == std::string::npos);
  const std::string twice = all.replace("for Zaphod Beeblebrox. It is Beeblebrox's", {}).text;
  const std::string family = twice.substr(twice.find(". ") - 3, 3);
  CHECK(twice.find(family, twice.find(". ")) != std::string::npos);
  CHECK(twice.ends_with("'s"));
  CHECK(all.replace("order 20423 and again 20423", {}).text.substr(6, 5) ==
        all.replace("number 20423", {}).text.substr(7, 5));
  CHECK(all.replace("my phone is 0301234567", {}).text ==
        pseudonyms().replace("my phone is 0301234567", {}).text);
  CHECK(all.replace("my phone is 0301234567", {}).text !=
        pseudonyms("another").replace("my phone is 0301234567", {}).text);
}

TEST_CASE("numbers keep their shape, and the forms that the bot knows") {
  const Regex order = *Regex::compile(R"(order 10\d{3} please)");
  const Regex parcel = *Regex::compile(R"(parcel [A-Z]{2}-\d{6})");
  const Regex date = *Regex::compile(R"(born (0[1-9]|1\d|2[0-8])\.(0[1-9]|1[0-2])\.(19|20)\d\d)");
  const Regex postcode = *Regex::compile(R"([A-Z]{2}\d \d[A-Z]{2} please)");
  for (const char* seed : {"a", "b", "c", "d", "e"}) {
    const Pseudonyms all = pseudonyms(seed);
    CHECK(order.matches_whole(all.replace("order 10423 please", {}).text));
    CHECK(parcel.matches_whole(all.replace("parcel KD-004711", {}).text));
    CHECK(date.matches_whole(all.replace("born 12.05.1987", {}).text));
    CHECK(postcode.matches_whole(all.replace("BS1 4XY please", {}).text));
    const std::string card = all.replace("my card is 4111 1111 1111 1111", {}).text;
    CHECK(builtins(card, "card").size() == 1);
    CHECK_FALSE(holds(card, "1111 1111"));
    const std::string iban = all.replace("pay to DE89 3704 0044 0532 0130 00 now", {}).text;
    REQUIRE(builtins(iban, "iban").size() == 1);
    CHECK(builtins(iban, "iban")[0].value != "DE89370400440532013000");
    const std::string phone = all.replace("call +49 30 1234567", {}).text;
    CHECK(builtins(phone, "phone").size() == 1);
    CHECK_FALSE(holds(phone, "1234567"));
    const std::string email = all.replace("write to zaphod.b@galaxy.example.net", {}).text;
    CHECK(email.ends_with("@example.com"));
    CHECK_FALSE(holds(email, "zaphod"));
  }
  CHECK_FALSE(holds(replaced("我的电话是13800138000"), "13800138000"));
  CHECK_FALSE(holds(replaced("电话一三八零零一三八"), "一三八零零一三八"));
  CHECK_FALSE(holds(replaced("订单１０４２３"), "１０４２３"));
}

TEST_CASE("addresses go") {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"send it to 42 Magrathea Road, Betelgeuse", "Magrathea"},
           {"send it to 42 magrathea road", "42 magrathea"},
           {"I live at 7 Heartofgold Way", "Heartofgold"},
           {"nach Magratheastraße 42 bitte", "Magrathea"},
           {"请寄到北京市朝阳区建国路88号", "建国路88"},
           {"我住在杭州市西湖区文三路138号2单元301室", "文三路"}}) {
    INFO(text << " -> " << replaced(text));
    CHECK_FALSE(holds(replaced(text), part));
  }
  CHECK(replaced("请寄到北京市朝阳区建国路88号").starts_with("请寄到"));
  CHECK(replaced("请寄到北京市朝阳区建国路88号").find("号") != std::string::npos);
  const std::string text = "my street is magrathea lane 42";
  CHECK_FALSE(holds(replaced(text, {entity(text, "magrathea lane 42", "street")}), "magrathea"));
}

TEST_CASE("entities keep their annotation on what they became") {
  const std::string text = "where is order 20423 for zaphod";
  const auto made = pseudonyms().replace(
      text, std::vector{entity(text, "20423", "order_number"), entity(text, "zaphod", "name")});
  REQUIRE(made.entities.size() == 2);
  std::vector<AnnotationProblem> problems;
  const auto read = parse_annotations(write_annotations(made.text, made.entities), problems);
  CHECK(problems.empty());
  CHECK(read.text == made.text);
  REQUIRE(read.entities.size() == 2);
  CHECK(read.entities[0].type == "order_number");
  CHECK(read.entities[0].value.size() == 5);
  CHECK(read.entities[0].value != "20423");
  CHECK(read.entities[1].type == "name");
  CHECK_FALSE(holds(made.text, "zaphod"));
  CHECK(write_annotations("a [b](c) {d}", {}) == "a (b)(c) {d}");
  // Nothing of a customer's steers a terminal or turns a line around; what joins letters stays.
  const std::string steering = "a\x1b[31m\u009b2J\u202e 10423 \u2028b",
                    joined = "👩\u200d🔧 می\u200cخواهم";
  Entity number = entity(steering, "10423", "order");
  CHECK(write_annotations(steering, {number}) == "a (31m  2J    [10423](order)    b");
  CHECK(write_annotations(joined, {}) == joined);
}

TEST_CASE("of a thousand texts no number, address or name is left") {
  std::mt19937 random(7);
  const auto pick = [&](const std::vector<std::string>& list) {
    return list[random() % list.size()];
  };
  const auto digits = [&](int count) {
    std::string text(1, static_cast<char>('1' + random() % 9));
    for (int i = 1; i < count; ++i) text += static_cast<char>('0' + random() % 10);
    return text;
  };
  const auto word = [&](bool large) {
    static const std::vector<std::string> syllables = {"zar", "qui", "vel", "mox", "tru",
                                                       "bli", "gna", "dop", "kry", "fex"};
    std::string text = pick(syllables) + pick(syllables) + pick(syllables);
    if (large) text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  };
  for (int i = 0; i < 1000; ++i) {
    const std::string name = word(true), family = word(true), small = word(false);
    const std::string local = word(false), number = digits(3 + static_cast<int>(random() % 9));
    const std::string email = fmt::format("{}{}@{}.org", local, random() % 100, word(false));
    const std::string han = pick({"王小明", "李雷", "张伟芳", "欧阳靖", "刘洋"});
    const std::vector<std::string> parts = {
        fmt::format("my name is {} {}", name, family),
        fmt::format("my name is {}", small),
        fmt::format("this is {}", name),
        fmt::format("I gave it to {}", family),
        fmt::format("order {}", number),
        fmt::format("the number {} {}", digits(4), digits(3)),
        fmt::format("call me at 0{} {}", digits(3), digits(6)),
        fmt::format("write to {}", email),
        fmt::format("it is for {} {}", name, family),
        fmt::format("my card is {} {} {} {}", digits(4), digits(4), digits(4), digits(4)),
        fmt::format("born on {}.{}.19{}", 1 + random() % 28, 1 + random() % 12, digits(2)),
        fmt::format("the code is {}{}{}", word(false), digits(3), word(false)),
        fmt::format("send it to {} {} Road", digits(3), name),
        fmt::format("我叫{}，订单{}还没到", han, number),
        fmt::format("我的邮箱是{}谢谢", email),
        fmt::format("https://shop.example.net/track/{}", number)};
    const std::string text = fmt::format("Hello, {}. {}, please", pick(parts), pick(parts));
    const std::string made = pseudonyms().replace(text, {}).text;
    INFO(text << "\n" << made);
    const std::vector<std::string> left = runs_of(made);
    for (const std::string& run : runs_of(text)) {
      CHECK(std::find(left.begin(), left.end(), run) == left.end());
    }
    for (const std::string& personal : {name, family, small, local, han}) {
      if (holds(text, personal)) CHECK_FALSE(holds(made, personal));
    }
    REQUIRE(is_utf8(made));
  }
}

TEST_CASE("any bytes can be given pseudonyms") {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::size_t n = random() % 60; n > 0; --n) text += static_cast<char>(random());
    const auto made =
        pseudonyms().replace(text, std::vector<Entity>(1), std::vector<std::string>{text});
    CHECK(made.text.size() < 1000);
  }
  CHECK(replaced("").empty());
}

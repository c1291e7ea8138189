#include "nlu/base/unicode.h"

#include <memory>
#include <random>
#include <thread>

#include <catch2/catch.hpp>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>

using namespace nlu;

namespace {

std::vector<std::string> folded(std::string_view text) {
  std::vector<std::string> out;
  for (const Word& word : split_words(text)) out.push_back(word.folded);
  return out;
}

// What ICU itself says, by its other interface.
std::vector<std::pair<std::size_t, std::size_t>> icu_words(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> words(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  const icu::UnicodeString unicode(text.data(), static_cast<std::int32_t>(text.size()), "ASCII");
  words->setText(unicode);
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::int32_t begin = words->first();
  for (std::int32_t end = words->next(); end != icu::BreakIterator::DONE; end = words->next()) {
    bool blank = true;
    for (std::int32_t i = begin; i < end; ++i) {
      blank = blank && (text.at(static_cast<std::size_t>(i)) <= ' ' ||
                        text.at(static_cast<std::size_t>(i)) == 0x7F);
    }
    if (!blank) out.emplace_back(begin, end);
    begin = end;
  }
  return out;
}

}  // namespace

TEST_CASE("UTF-8 is told from what is none") {
  CHECK(is_utf8("héllo 订单 😀"));
  for (const char* bad :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe8\xae", "\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
  CHECK(count_characters("é订😀a") == 4);
  CHECK(nlu::truncate("é订😀a", 2) == "é订");
  CHECK(nlu::truncate("ab", 9) == "ab");
}

TEST_CASE("folding makes two spellings of one word equal") {
  CHECK(fold("  Hello \t World ") == "hello world");
  CHECK(fold("STRASSE") == fold("Straße"));
  CHECK(fold("ＡＢＣ　１２") == "abc 12");
  CHECK(fold("e\xCC\x81") == "é");
  CHECK(fold("\xff") == "\xEF\xBF\xBD");
  CHECK(fold("") == "");
  CHECK(fold(fold("ﬁne Ⅳ ½")) == fold("ﬁne Ⅳ ½"));
}

TEST_CASE("words are split as people read them") {
  using Words = std::vector<std::string>;
  CHECK(folded("I don't know, 59.90?") == Words{"i", "don't", "know", ",", "59.90", "?"});
  CHECK(folded("Größe 42 – naïve!") == Words{"grösse", "42", "–", "naïve", "!"});
  CHECK(folded("我想退货") == Words{"我想", "退", "货"});
  CHECK(folded(" \n\t ").empty());
  CHECK(folded("a\xff"
               "b")
            .size() >= 2);
  CHECK(split_words("a b c d", 2).size() == 2);
  CHECK(split_words("é b c d", 2).size() == 2);
  const std::vector<Word> words = split_words("é 订单x");
  CHECK(words[0].end == 2);
  CHECK(words[1].begin == 3);
}

TEST_CASE("the fast path for ASCII splits as ICU does") {
  std::mt19937 random(7);
  const std::string alphabet = "aZ09_.,;:'\"-!? \t\n\r()@#/\\&+*=<>$%^~`|{}[]\x01\x7f";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 14;
    for (std::size_t i = 0; i < size; ++i) text += alphabet[random() % alphabet.size()];
    std::vector<std::pair<std::size_t, std::size_t>> ours;
    for (const Word& word : split_words(text)) ours.emplace_back(word.begin, word.end);
    INFO('[' << text << ']');
    REQUIRE(ours == icu_words(text));
  }
}

TEST_CASE("a word in ASCII is the same beside a word that is not") {
  for (const char* text : {"it's 10,000.50 a_b", "U.S.A. order #10423", "a:b c;d 1;2"}) {
    std::vector<std::string> mixed = folded(std::string(text) + " é");
    mixed.pop_back();
    CHECK(mixed == folded(text));
  }
}

TEST_CASE("Chinese characters are noticed") {
  CHECK(has_han("order 订单"));
  CHECK_FALSE(has_han("order é カタカナ"));
  CHECK_FALSE(has_han("\xff\xe4"));
}

TEST_CASE("words may be split by many threads at once") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < 200; ++n) {
        if (split_words("我想退货 é x").size() != 5) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a word's script is that of its first letter") {
  CHECK(script_of("order") == "Latn");
  CHECK(script_of("10 Übung") == "Latn");
  CHECK(script_of("订单") == "Hani");
  CHECK(script_of("どこ") == "Hira");
  CHECK(script_of("ランプ") == "Kana");
  CHECK(script_of("где") == "Cyrl");
  CHECK(script_of("10423 !?").empty());
  CHECK(script_of("ー").empty());
  CHECK(script_of("\xff").empty());
  CHECK(script_of("").empty());
}

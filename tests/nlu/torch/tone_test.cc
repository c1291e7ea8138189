#include "nlu/torch/tone.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "nlu/base/unicode.h"
#include "nlu/torch/load.h"
#include "nlu/torch/shipped_tone.h"
#include "nlu/torch/trainer.h"
#include "tests/nlu/torch/tiny_bot.h"

namespace nlu {
namespace {

struct Trained {
  std::unique_ptr<Interpreter> interpreter;

  explicit Trained(const TrainingData& data, bool tone = true) {
    const tiny::TemporaryFile file("usher-tone-");
    TrainOptions options;
    options.tone = tone;
    REQUIRE(train(data, options, file.path));
    auto loaded = load_interpreter(file.path);
    REQUIRE(loaded);
    interpreter = std::move(*loaded);
  }

  Interpretation hear(const std::string& text) const {
    const Utterance utterance{text, ""};
    return interpreter->interpret({&utterance, 1}).front();
  }
  double sentiment(const std::string& text) const { return hear(text).sentiment.value_or(9); }
  double urgency(const std::string& text) const { return hear(text).urgency.value_or(9); }
};

int plain(const std::string& text) {
  ToneReader reader;
  return reader.plain_score(text);
}

}  // namespace

TEST_CASE("what comes with Usher hears how customers feel") {
  const Trained bot(tiny::bot());
  for (const char* text :
       {"it is broken and nobody answers me", "I'm fed up with your awful app", "that is not good",
        "the shoes fell apart after one walk", "等了两个小时都没送到，太失望了", "味道很差"}) {
    INFO(text);
    CHECK(bot.sentiment(text) < -0.4);
  }
  for (const char* text : {"thanks, that was wonderful", "your colleague was so kind to me",
                           "it works great now", "太好了，非常满意", "送得很快，好吃"}) {
    INFO(text);
    CHECK(bot.sentiment(text) > 0.4);
  }
  for (const char* text : {"where is order 10423", "I'd like to change my address", "我要改地址",
                           "which colours are there"}) {
    INFO(text);
    CHECK(std::abs(bot.sentiment(text)) < 0.4);
  }
  CHECK(bot.sentiment("I am not happy") < bot.sentiment("I am happy"));
}

TEST_CASE("what comes with Usher hears what cannot wait") {
  const Trained bot(tiny::bot());
  CHECK(bot.urgency("my card was stolen, block it right now") > 0.6);
  CHECK(bot.urgency("please hurry, I need it today") > 0.6);
  CHECK(bot.urgency("我的卡被盗刷了，马上冻结") > 0.6);
  CHECK(bot.urgency("what are your opening hours") < 0.3);
  CHECK(bot.urgency("订单到哪了") < 0.3);
}

TEST_CASE("a bot adds what its own customers say") {
  TrainingData data = tiny::bot();
  for (const char* text : {"the needle skips", "my needle skips again", "it skips on every record",
                           "skips skips skips", "side two skips", "the new one skips as well"}) {
    data.sentiments.push_back({text, "negative"});
  }
  CHECK(Trained(tiny::bot()).sentiment("the record skips") > -0.4);
  CHECK(Trained(data).sentiment("the record skips") < -0.4);
}

TEST_CASE("a model without tone says nothing of it") {
  const Interpretation heard = Trained(tiny::bot(), false).hear("it is broken, hurry");
  CHECK_FALSE(heard.sentiment);
  CHECK_FALSE(heard.urgency);
}

TEST_CASE("a plain list of words counts good and bad ones") {
  CHECK(plain("great service") > 0);
  CHECK(plain("terrible service") < 0);
  CHECK(plain("服务很好") > 0);
  CHECK(plain("服务太差") < 0);
  CHECK(plain("a service") == 0);
}

TEST_CASE("a classifier of tone takes labels of any kind, and its seed decides it") {
  std::vector<LabelledText> texts;
  for (const char* word : {"crust", "dough", "flour", "oven", "yeast", "loaf"}) {
    texts.push_back({std::string("about ") + word, 0});
    texts.push_back({std::string("knead the ") + word, 0});
  }
  for (const char* word : {"hull", "keel", "mast", "sail", "rudder", "anchor"}) {
    texts.push_back({std::string("about the ") + word + " of a boat", 1});
    texts.push_back({std::string("under the ") + word + " at sea", 1});
  }
  const Classifier first = fit_tone(texts, {"bread", "boats"}, 1);
  CHECK(first.linear.weights == fit_tone(texts, {"bread", "boats"}, 1).linear.weights);
  CHECK(first.linear.weights != fit_tone(texts, {"bread", "boats"}, 2).linear.weights);
  ToneReader reader;
  CHECK(reader.classify("knead the dough", ClassifierView(first))[0] > 0.5);
  CHECK(reader.classify("the sail of a boat at sea", ClassifierView(first))[1] > 0.5);
  const std::vector<double> nothing = reader.classify("", ClassifierView(first));
  CHECK(nothing[0] + nothing[1] == Approx(1));
}

TEST_CASE("a tone's temperature is chosen by texts that are not learnt") {
  std::vector<LabelledText> texts, dev;
  for (const char* thing : {"parcel", "lamp", "chair", "phone", "jacket", "soup"}) {
    texts.push_back({std::string("the ") + thing + " is wonderful", 0});
    texts.push_back({std::string("the ") + thing + " is terrible", 1});
    dev.push_back({std::string("a wonderful ") + thing, 0});
    dev.push_back({std::string("a terrible ") + thing, 1});
  }
  const Classifier right = fit_tone(texts, {"good", "bad"}, 1, {}, dev);
  for (LabelledText& text : dev) text.label = 1 - text.label;
  const Classifier wrong = fit_tone(texts, {"good", "bad"}, 1, {}, dev);
  CHECK(right.linear.weights == wrong.linear.weights);
  CHECK(right.temperature < 1);
  CHECK(wrong.temperature > 5);
}

TEST_CASE("the texts that come with Usher have every label, in both languages") {
  for (const auto& texts : {shipped_sentiments(), shipped_urgencies()}) {
    std::vector<int> english(3, 0), chinese(3, 0);
    for (const LabelledText& text : texts) ++(has_han(text.text) ? chinese : english)[text.label];
    CHECK(english[0] > 10);
    CHECK(english[1] > 10);
    CHECK(chinese[0] > 10);
    CHECK(chinese[1] > 10);
  }
}

}  // namespace nlu

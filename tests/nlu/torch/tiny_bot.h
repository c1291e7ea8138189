// A bot of three intents, small enough to be trained in each test.
#pragma once

#include <filesystem>
#include <string>

#include <unistd.h>

#include "nlu/torch/trainer.h"

namespace tiny {

inline nlu::Example example(const char* intent, const std::string& text,
                            const std::string& number = "") {
  nlu::Example e;
  e.text = text;
  e.intent = intent;
  if (!number.empty()) {
    nlu::Entity entity;
    entity.type = intent == std::string("change_address") ? "postcode" : "order_number";
    const std::size_t at = text.find(number);
    entity.span = {at, at + number.size()};
    entity.value = number;
    e.entities.push_back(entity);
  }
  return e;
}

inline nlu::TrainingData bot() {
  nlu::TrainingData data;
  for (const char* number : {"10423", "10432", "11207", "12650", "10388"}) {
    const std::string n = number;
    data.examples.push_back(example("order_status", "where is order " + n, n));
    data.examples.push_back(example("order_status", "has order " + n + " been sent", n));
    data.examples.push_back(example("change_address", "my postcode is " + n, n));
    data.examples.push_back(
        example("change_address", "deliver it to postcode " + n + " instead", n));
  }
  for (const char* text : {"where is my parcel", "when does my order arrive", "track my delivery",
                           "我的订单在哪里", "包裹什么时候到", "帮我查一下快递"}) {
    data.examples.push_back(example("order_status", text));
  }
  for (const char* text :
       {"change my delivery address", "the address is wrong", "send it to my new flat",
        "我要改地址", "地址写错了", "换一个收货地址"}) {
    data.examples.push_back(example("change_address", text));
  }
  for (const char* text : {"hello", "hi there", "good morning", "hey", "你好", "早上好"}) {
    data.examples.push_back(example("greet", text));
  }
  return data;
}

// The same with so many more examples that a network is trained, too.
inline nlu::TrainingData large_bot() {
  nlu::TrainingData data = bot();
  for (int i = 0; i < 4100; ++i) {
    data.examples.push_back(
        example(i % 2 ? "order_status" : "change_address",
                (i % 2 ? "where is parcel " : "move to flat ") + std::to_string(i)));
  }
  return data;
}

// A file's name that is gone when the test is.
struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const std::string& name)
      : path((std::filesystem::temp_directory_path() /
              (name + std::to_string(getpid()) + ".safetensors"))
                 .string()) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

}  // namespace tiny

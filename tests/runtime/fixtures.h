// A small bot, and what stands around the runtime in its tests.
#pragma once

#include <string>

#include "bot/runtime/runtime.h"

namespace runtime_tests {

// Flows: `greet` says one thing; `lookup` asks for an item and GETs; `buy` POSTs once; `book` POSTs
// idempotently; `person` hands over.
dialog::BotPtr small_bot();

class OneBot : public bot::runtime::Bots {
 public:
  OneBot() : bot_(small_bot()) {}
  dialog::BotPtr current(dialog::Tenant tenant) const override {
    return tenant == 0 ? bot_ : nullptr;
  }
  dialog::BotPtr find(dialog::Tenant, const std::string& version) const override {
    return version == bot_->version ? bot_ : nullptr;
  }

 private:
  dialog::BotPtr bot_;
};

// The first word is the intent when a flow has it; everything else is outside.
nlu::Interpretation interpret(const std::string& text);

}  // namespace runtime_tests

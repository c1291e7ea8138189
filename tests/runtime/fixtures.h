// A small bot, and what stands around the runtime in its tests.
#pragma once

#include <string>

#include "bot/runtime/runtime.h"

namespace runtime_tests {

// Flows: `greet` says one thing; `lookup` asks for an item and GETs; `buy` POSTs once; `book` POSTs
// idempotently; `person` hands over.
dialog::BotPtr small_bot();
// Its next version: `lookup` has a step more.
dialog::BotPtr next_small_bot();

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

// Two versions, of which either is current, and the other may be gone.
class TwoBots final : public bot::runtime::Bots {
 public:
  dialog::BotPtr current(dialog::Tenant tenant) const override {
    return tenant != 0 ? nullptr : next ? next_small_bot() : small_bot();
  }
  dialog::BotPtr find(dialog::Tenant tenant, const std::string& version) const override {
    for (const dialog::BotPtr& one : {small_bot(), next_small_bot()}) {
      if (one->version == version && (both || one == current(tenant))) return one;
    }
    return nullptr;
  }

  bool next = false, both = true;
};

// The first word is the intent when a flow has it; everything else is outside. `version`: the
// model's.
nlu::Interpretation interpret(const std::string& text, const std::string& version = "");

}  // namespace runtime_tests

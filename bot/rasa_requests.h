// What is asked for in the bodies of Rasa's requests.
#pragma once

#include <string>
#include <string_view>

#include "dialog/bot.h"
#include "nlu/base/json.h"
#include "nlu/base/result.h"

namespace bot::rasa {

constexpr std::size_t text_characters_max = 4000;  // Of a message

// The text called `key`; empty: there is none.
std::string text_of(const nlu::json::value& body, std::string_view key);
// What is wrong with an event that is to be appended; empty: nothing.
std::string fault_of(const dialog::Bot& bot, const nlu::json::object& event);
// Whether the model, the engine or a flow's trigger has an intent of that name.
bool knows_intent(const dialog::Bot& bot, const std::string& name);
// {"city": "Bonn"}, or Rasa's list of {"entity": "city", "value": "Bonn"}.
nlu::Result<nlu::json::object> entities_in(const nlu::json::value& body);

}  // namespace bot::rasa

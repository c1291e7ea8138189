// The language a conversation goes on in.
#pragma once

#include <string>
#include <string_view>

#include "dialog/bot.h"
#include "dialog/conversation.h"
#include "nlu/interpretation.h"

namespace dialog {

// The bot's own code of a BCP 47 code: "zh" for "zh-Hant-TW", when the bot speaks that; "" when it
// does not.
std::string match_language(const Bot& bot, std::string_view code);

// The language that words of the customer's change the conversation to; "": it stays as it is. They
// do when they are in another of the bot's languages, and that either has a script of its own (not
// Latin letters, which everybody uses) or they are at least three. What is no words (a payload,
// "/…") changes nothing.
std::string language_after(const Bot& bot, const Conversation& conversation, std::string_view text,
                           std::string_view payload, const nlu::Interpretation& interpretation);

}  // namespace dialog

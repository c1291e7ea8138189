// Entities that need no training: numbers and what is measured with them, money, dates and times,
// addresses and account numbers, in English and Chinese, with European ways to write them.
//
// Everything is linear in the text's length, pure, and safe to call from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/interpretation.h"
#include "nlu/interpreter.h"

namespace nlu {

// Appends what stands in the utterance, by span.begin; source "builtin", p 1. Entities of
// one type do not overlap; the digits of a date, a time, an amount of money, a phone, card or
// account number, an e-mail address or a URL are not found as a number as well. At most 64 entities
// of those types, and 64 of the others. Types and values:
//   number      "1234.5", "-3", "21" for "twenty-one", "12" for 十二
//   ordinal     "3" for "3rd", "third", 第三
//   percentage  "12.5" for "12.5 %", "5" for 百分之五
//   money       "59.90 EUR", "20 USD"; "59.90" alone is a number
//   quantity    "2.5 kg", "1.5 kg" for 三斤
//   date        "2026-11-23", with a time of day "2026-11-23T14:30"
//   time        "14:30" for "half past two pm", 下午两点半
//   interval    two dates or times: "2026-11-23/2026-11-27", "15:00/17:00" (ISO 8601)
//   duration    "PT2H30M", "P3D", "P2W" (ISO 8601)
//   email       "anna@example.org", domain in lower case
//   phone       "+493012345678" when the country was written, else the digits: "03012345678"
//   url         as written; without a scheme "https://" is put before it
//   card        13 to 19 digits that pass Luhn's check: "**** 1111", the last four alone
//   iban        that passes ISO 7064's check: "DE89370400440532013000"
void find_builtin_entities(const Utterance& utterance, std::vector<Entity>& entities);

// The value, normalised as above, of `text` as the answer to a question for a `type`: the text may
// have words around it ("it's 21, I think"). nullopt when nothing of the type is there, when there
// are two different ones, or when `type` is none of these. `today` is an ISO date; without a valid
// one relative dates are not understood. A number is also taken for money when no currency was
// said; its value is then "59.90".
std::optional<std::string> parse_value(std::string_view type, std::string_view text,
                                       std::string_view today);

}  // namespace nlu

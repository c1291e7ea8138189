// Entities that need no training: numbers, money, e-mail, phone, dates and URLs in English and
// Chinese, with European ways to write numbers and dates.
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
// one type do not overlap; the digits of a date, an amount of money, a phone number, an e-mail
// address or a URL are not found as a number as well. At most 64 entities. Types and values:
//   number  "1234.5", "-3", "21" for "twenty-one", "12" for 十二
//   money   "59.90 EUR", "20 USD"; "59.90" alone is a number
//   email   "anna@example.org", domain in lower case
//   phone   "+493012345678" when the country was written, else the digits: "03012345678"
//   date    "2026-11-23", with a time of day "2026-11-23T14:30"
//   url     as written; without a scheme "https://" is put before it
void find_builtin_entities(const Utterance& utterance, std::vector<Entity>& entities);

// The value, normalised as above, of `text` as the answer to a question for a `type` (number,
// money, email, phone, date, url): the text may have words around it ("it's 21, I think").
// nullopt when nothing of the type is there, when there are two different ones, or when `type` is
// none of these. `today` is an ISO date; without a valid one relative dates are not understood.
// A number is also taken for money when no currency was said; its value is then "59.90".
std::optional<std::string> parse_value(std::string_view type, std::string_view text,
                                       std::string_view today);

}  // namespace nlu

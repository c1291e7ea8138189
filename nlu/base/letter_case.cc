#include "nlu/base/letter_case.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

namespace nlu {

namespace {

icu::UnicodeString wide(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

std::string narrow(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

}  // namespace

std::string to_lower(std::string_view text) {
  return narrow(wide(text).toLower(icu::Locale::getRoot()));
}

std::string to_upper(std::string_view text) {
  return narrow(wide(text).toUpper(icu::Locale::getRoot()));
}

}  // namespace nlu

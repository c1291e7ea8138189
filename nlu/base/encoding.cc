#include "nlu/base/encoding.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <unicode/ucsdet.h>

namespace nlu {
namespace {

constexpr std::size_t bytes_looked_at = 65'536;

struct Close {
  void operator()(UCharsetDetector* detector) const { ucsdet_close(detector); }
};

// As iconv and ICU both call it; empty: nothing fits.
std::string guess(std::string_view bytes) {
  UErrorCode failure = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, Close> detector(ucsdet_open(&failure));
  const auto size = static_cast<std::int32_t>(std::min(bytes.size(), bytes_looked_at));
  ucsdet_setText(detector.get(), bytes.data(), size, &failure);
  const UCharsetMatch* const match = ucsdet_detect(detector.get(), &failure);
  if (U_FAILURE(failure) != 0 || match == nullptr) return "";
  const char* const name = ucsdet_getName(match, &failure);
  return U_FAILURE(failure) != 0 || name == nullptr ? "" : name;
}

}  // namespace

std::string encoding_advice(std::string_view bytes) {
  const std::string name = guess(bytes);
  if (name.empty() || name == "UTF-8") return "save the file with the encoding UTF-8";
  return fmt::format("it looks like {}; convert it: iconv -f {} -t UTF-8 OLD > NEW", name, name);
}

}  // namespace nlu

// Whatever a socket or a REST caller sends: parsed or refused, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connectors/rest.h"
#include "connectors/web.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto frame = connectors::web::parse(text);
  if (const auto* refusal = std::get_if<connectors::web::Refusal>(&frame)) {
    if (refusal->code.empty() || refusal->message.empty()) __builtin_trap();
  }
  const auto message = connectors::rest::parse(text);
  if (message.has_value() && message->sender.empty()) __builtin_trap();
  return 0;
}

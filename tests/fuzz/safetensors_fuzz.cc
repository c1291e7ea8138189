// Whatever a safetensors file says, reading it ends in a view or an error.
#include <cstddef>
#include <cstdint>

#include "nlu/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const nlu::Result<nlu::SafetensorsView> view = nlu::SafetensorsView::parse(bytes);
  if (!view) return 0;
  for (const auto& [name, tensor] : view->tensors()) {
    if (view->find(name) == nullptr) __builtin_trap();
    for (const std::byte byte : tensor.bytes)
      static_cast<void>(static_cast<volatile const std::byte&>(byte));
  }
  return 0;
}

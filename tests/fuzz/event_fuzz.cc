// Any bytes as an event and as a conversation's snapshot: read or refused with the field's name;
// what was read is written so that it reads again the same, and folds without a crash.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dialog/conversation.h"
#include "dialog/event.h"

namespace {

// Boost.JSON 1.81 may read a floating-point number of 17 digits as its neighbour, so texts that
// have one ("1.5E0") need not come back to the letter.
bool is_exact(const std::string& written) { return written.find('E') == std::string::npos; }

void check_event(std::string_view bytes) {
  auto event = dialog::decode_event(1, bytes);
  if (!event) {
    if (event.error().code != nlu::Errc::corrupt) __builtin_trap();
    return;
  }
  const std::string written = dialog::encode(*event);
  const auto again = dialog::decode_event(1, written);
  if (!again || (is_exact(written) && dialog::encode(*again) != written)) __builtin_trap();
  dialog::Conversation conversation;
  conversation.apply(*event);
  event->number = 2;
  conversation.apply(*event);
  const std::string snapshot = dialog::encode(conversation);
  const auto read = dialog::decode_conversation(snapshot);
  if (!read || (is_exact(snapshot) && dialog::encode(*read) != snapshot)) __builtin_trap();
}

void check_conversation(std::string_view bytes) {
  const auto conversation = dialog::decode_conversation(bytes);
  if (!conversation) {
    if (conversation.error().code != nlu::Errc::corrupt) __builtin_trap();
    return;
  }
  const std::string written = dialog::encode(*conversation);
  const auto again = dialog::decode_conversation(written);
  if (!again || (is_exact(written) && dialog::encode(*again) != written)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_event(bytes);
  check_conversation(bytes);
  return 0;
}

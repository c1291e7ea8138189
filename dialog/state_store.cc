#include "dialog/state_store.h"

#include <cstring>

namespace dialog {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string to_string(const ConversationId& id) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string text;
  text.reserve(32);
  for (const std::uint8_t byte : id.bytes) {
    text += hex[byte >> 4];
    text += hex[byte & 15];
  }
  return text;
}

std::optional<ConversationId> parse_conversation_id(Tenant tenant, std::string_view text) {
  ConversationId id;
  id.tenant = tenant;
  if (text.size() != 2 * id.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

// The bytes are random or a hash already, but a hostile client may choose ids that it sends, so
// they are mixed.
std::size_t ConversationIdHash::operator()(const ConversationId& id) const noexcept {
  std::uint64_t low = 0, high = 0;
  std::memcpy(&low, id.bytes.data(), 8);
  std::memcpy(&high, id.bytes.data() + 8, 8);
  std::uint64_t mixed = low ^ (high * 0x9E3779B97F4A7C15u) ^ (std::uint64_t{id.tenant} << 32);
  mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return static_cast<std::size_t>(mixed ^ (mixed >> 31));
}

}  // namespace dialog

#include "bot/store_keys.h"

#include <algorithm>

namespace bot::keys {
namespace {

constexpr std::size_t conversation_size = 20;

std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// Lengths first, so that ("a", "bc") and ("ab", "c") differ.
void put_text(std::string& key, std::string_view text) {
  put_u32(key, static_cast<std::uint32_t>(text.size()));
  key.append(text);
}

}  // namespace

void put_u32(std::string& key, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

void put_u64(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

std::uint64_t get_u64(std::string_view bytes) {
  return static_cast<std::uint64_t>(get_u32(bytes)) << 32 | get_u32(bytes.substr(4));
}

std::string conversation(const dialog::ConversationId& id) {
  std::string key;
  key.reserve(conversation_size + 16);
  put_u32(key, id.tenant);
  key.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return key;
}

std::string conversation_end(const dialog::ConversationId& id) {
  std::string key = conversation(id);
  for (std::size_t i = key.size(); i-- > 0;) {
    key[i] = static_cast<char>(static_cast<std::uint8_t>(key[i]) + 1);
    if (key[i] != 0) return key;
  }
  return std::string(conversation_size + 1, '\xff');
}

std::optional<dialog::ConversationId> parse_conversation(std::string_view key) {
  if (key.size() < conversation_size) return std::nullopt;
  dialog::ConversationId id;
  id.tenant = get_u32(key);
  std::copy_n(key.begin() + 4, id.bytes.size(), id.bytes.begin());
  return id;
}

std::string event(const dialog::ConversationId& id, dialog::EventNumber number) {
  std::string key = conversation(id);
  put_u64(key, number);
  return key;
}

std::string visible(const dialog::ConversationId& id, dialog::Seq seq) { return event(id, seq); }

std::string message(const dialog::ConversationId& id, std::string_view client,
                    std::string_view message_id) {
  std::string key = conversation(id);
  key.push_back('m');
  put_text(key, client);
  put_text(key, message_id);
  return key;
}

std::string client(const dialog::ConversationId& id, std::string_view client_id) {
  std::string key = conversation(id);
  key.push_back('c');
  put_text(key, client_id);
  return key;
}

std::string outbox(const dialog::ConversationId& id, std::uint64_t effect) {
  return event(id, effect);
}

std::string timer(const dialog::ConversationId& id, const dialog::TimerRow& row) {
  std::string key;
  put_u64(key, static_cast<std::uint64_t>(std::max<dialog::Millis>(row.due, 0)));
  key += conversation(id);
  put_u64(key, row.timer);
  return key;
}

std::optional<dialog::DueTimer> parse_timer(std::string_view key) {
  if (key.size() != 8 + conversation_size + 8) return std::nullopt;
  const auto id = parse_conversation(key.substr(8));
  if (!id) return std::nullopt;
  dialog::DueTimer due;
  due.id = *id;
  due.timer.due = static_cast<dialog::Millis>(get_u64(key));
  due.timer.timer = get_u64(key.substr(8 + conversation_size));
  return due;
}

std::string tally_hour(dialog::Tenant tenant, std::int64_t hour) {
  std::string key;
  put_u32(key, tenant);
  put_u32(key, static_cast<std::uint32_t>(std::clamp<std::int64_t>(hour, 0, UINT32_MAX)));
  return key;
}

std::string tally(dialog::Tenant tenant, const dialog::Tally& cell) {
  std::string key = tally_hour(tenant, cell.hour);
  put_text(key, cell.channel);
  put_text(key, cell.topic);
  return key;
}

std::optional<dialog::Tally> parse_tally(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  dialog::Tally cell;
  cell.hour = get_u32(key.substr(4));
  key.remove_prefix(8);
  for (std::string* text : {&cell.channel, &cell.topic}) {
    if (key.size() < 4) return std::nullopt;
    const std::size_t size = get_u32(key);
    key.remove_prefix(4);
    if (key.size() < size) return std::nullopt;
    *text = key.substr(0, size);
    key.remove_prefix(size);
  }
  return cell;
}

std::string stat_day(dialog::Tenant tenant, std::int64_t day) {
  std::string key;
  put_u32(key, tenant);
  put_u32(key, static_cast<std::uint32_t>(std::clamp<std::int64_t>(day, 0, UINT32_MAX)));
  return key;
}

std::string stat(dialog::Tenant tenant, const dialog::StatKey& place) {
  std::string key = stat_day(tenant, place.day);
  put_text(key, place.channel);
  put_text(key, place.version);
  put_text(key, place.flow);
  return key;
}

std::optional<dialog::StatKey> parse_stat(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  dialog::StatKey place;
  place.day = get_u32(key.substr(4));
  key.remove_prefix(8);
  for (std::string* text : {&place.channel, &place.version, &place.flow}) {
    if (key.size() < 4) return std::nullopt;
    const std::size_t size = get_u32(key);
    key.remove_prefix(4);
    if (key.size() < size) return std::nullopt;
    *text = key.substr(0, size);
    key.remove_prefix(size);
  }
  return place;
}

std::string session(const dialog::ConversationId& id, dialog::Millis at) {
  return event(id, static_cast<std::uint64_t>(std::max<dialog::Millis>(at, 0)));
}

std::string recent_from(dialog::Tenant tenant, dialog::Millis at) {
  std::string key;
  put_u32(key, tenant);
  put_u64(key, ~static_cast<std::uint64_t>(std::max<dialog::Millis>(at, 0)));
  return key;
}

std::string recent(const dialog::ConversationId& id, dialog::Millis at) {
  return recent_from(id.tenant, at) + conversation(id);
}

std::optional<RecentSession> parse_recent(std::string_view key) {
  if (key.size() != 4 + 8 + conversation_size) return std::nullopt;
  const auto id = parse_conversation(key.substr(12));
  if (!id) return std::nullopt;
  return RecentSession{*id, static_cast<dialog::Millis>(~get_u64(key.substr(4)))};
}

std::string row(dialog::Tenant tenant, std::string_view name) {
  std::string key;
  put_u32(key, tenant);
  key += name;
  return key;
}

}  // namespace bot::keys

// Keys of the embedded store (docs/store.md): big-endian, so that RocksDB's order is ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dialog/state_store.h"
#include "dialog/stats.h"

namespace bot::keys {

void put_u32(std::string& key, std::uint32_t value);
void put_u64(std::string& key, std::uint64_t value);
std::uint64_t get_u64(std::string_view bytes);  // Of the first eight; there must be so many.

// tenant · conversation: the prefix of everything of one conversation, 20 bytes.
std::string conversation(const dialog::ConversationId& id);
std::string conversation_end(const dialog::ConversationId& id);  // First key behind them all
std::optional<dialog::ConversationId> parse_conversation(std::string_view key);

std::string event(const dialog::ConversationId& id, dialog::EventNumber number);
std::string visible(const dialog::ConversationId& id, dialog::Seq seq);
std::string message(const dialog::ConversationId& id, std::string_view client,
                    std::string_view message_id);
std::string client(const dialog::ConversationId& id, std::string_view client_id);
std::string outbox(const dialog::ConversationId& id, std::uint64_t effect);
// due · tenant · conversation · timer
std::string timer(const dialog::ConversationId& id, const dialog::TimerRow& row);
std::optional<dialog::DueTimer> parse_timer(std::string_view key);

// tenant · hour · channel · topic; of a tally's counts
std::string tally(dialog::Tenant tenant, const dialog::Tally& cell);
std::string tally_hour(dialog::Tenant tenant, std::int64_t hour);  // The first key of that hour
std::optional<dialog::Tally> parse_tally(std::string_view key);    // Without its counts
// tenant · day · channel · version · flow; of a day's numbers
std::string stat(dialog::Tenant tenant, const dialog::StatKey& place);
std::string stat_day(dialog::Tenant tenant, std::int64_t day);  // The first key of that day
std::optional<dialog::StatKey> parse_stat(std::string_view key);
// conversation · when a session of it began; below it, the conversation's counter
std::string session(const dialog::ConversationId& id, dialog::Millis at);
// tenant · when it began, the latest first · conversation
std::string recent(const dialog::ConversationId& id, dialog::Millis at);
std::string recent_from(dialog::Tenant tenant,
                        dialog::Millis at);  // Of those up to then, the first
struct RecentSession {
  dialog::ConversationId id;
  dialog::Millis at = 0;
};
std::optional<RecentSession> parse_recent(std::string_view key);
// tenant · name
std::string row(dialog::Tenant tenant, std::string_view name);

}  // namespace bot::keys

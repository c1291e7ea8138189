// Keys of the embedded store (docs/store.md): big-endian, so that RocksDB's order is ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dialog/state_store.h"

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
// tenant · name
std::string row(dialog::Tenant tenant, std::string_view name);

}  // namespace bot::keys

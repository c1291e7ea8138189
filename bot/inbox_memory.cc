#include "bot/inbox_memory.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "bot/replace_file.h"
#include "bot/tokens.h"
#include "nlu/base/hash.h"
#include "nlu/base/json.h"

namespace bot {

using nlu::Errc;
using nlu::Error;
using nlu::Result;

namespace {
constexpr std::size_t file_bytes = std::size_t{64} << 20;
}

std::string inbox_memory_path(const std::string& bot_folder) {
  return (std::filesystem::path(bot_folder) / "inbox.json").string();
}

Result<InboxMemory> InboxMemory::load(const std::string& bot_folder) {
  InboxMemory memory;
  memory.path_ = inbox_memory_path(bot_folder);
  auto text = read_whole(memory.path_);
  if (!text) return text.error();
  memory.before_ = std::move(*text);
  if (!memory.before_) {
    memory.salt_ = random_hex(16);
    return memory;
  }
  const Error broken{Errc::corrupt,
                     fmt::format("{} is damaged: restore it, or delete it, and what was dismissed "
                                 "comes again",
                                 memory.path_)};
  const auto parsed = nlu::parse_json(*memory.before_, {file_bytes, 8});
  if (!parsed || !parsed->is_object()) return broken;
  const auto salt = nlu::get_string(parsed->get_object(), "salt");
  const auto* utterances = nlu::get_object(parsed->get_object(), "utterances");
  if (!salt || salt->empty() || utterances == nullptr) return broken;
  memory.salt_ = *salt;
  for (const auto& member : *utterances) {
    if (!member.value().is_object()) return broken;
    const nlu::json::object& one = member.value().get_object();
    Entry entry;
    entry.what = nlu::get_string(one, "what").value_or("");
    const auto* conversations = nlu::get_array(one, "conversations");
    if (conversations == nullptr) return broken;
    for (const auto& id : *conversations) {
      if (!id.is_string()) return broken;
      entry.conversations.emplace(id.get_string());
    }
    memory.entries_.emplace(member.key(), std::move(entry));
  }
  return memory;
}

std::string InboxMemory::hash(std::string_view wording) const {
  return nlu::sha256_hex(fmt::format("{}:{}", salt_, wording)).substr(0, 32);
}

bool InboxMemory::knows(std::string_view wording) const { return entries_.contains(hash(wording)); }

void InboxMemory::add(std::string_view wording, const std::string& conversation,
                      std::string_view what) {
  Entry& entry = entries_[hash(wording)];
  entry.what = what;
  entry.conversations.insert(conversation);
  changed_ = true;
}

std::size_t InboxMemory::forget(const std::string& conversation) {
  std::size_t count = 0;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    count += entry->second.conversations.erase(conversation);
    entry = entry->second.conversations.empty() ? entries_.erase(entry) : std::next(entry);
  }
  changed_ = changed_ || count > 0;
  return count;
}

Result<void> InboxMemory::save() {
  if (!changed_) return {};
  std::string text = fmt::format("{{\"salt\": \"{}\", \"utterances\": {{", salt_);
  const char* separator = "\n";
  for (const auto& [hash, entry] : entries_) {
    nlu::json::array conversations(entry.conversations.begin(), entry.conversations.end());
    const nlu::json::object one{{"what", entry.what}, {"conversations", std::move(conversations)}};
    text += fmt::format("{}\"{}\": {}", separator, hash, nlu::json::serialize(one));
    separator = ",\n";
  }
  text += "\n}}\n";
  if (auto replaced = replace_file(path_, before_, text); !replaced) return replaced;
  before_ = std::move(text);
  changed_ = false;
  return {};
}

}  // namespace bot

#include "bot/bots.h"

#include <cstdlib>

#include <fmt/format.h>

#include "dialog/load.h"

namespace bot {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) return std::nullopt;
  return value;
}

namespace {

nlu::Result<dialog::BotPtr> load(const std::string& folder, nlu::Diagnostics& warnings) {
  dialog::LoadOptions options;
  options.environment = environment;
  dialog::Loaded loaded = dialog::load_bot(folder, options);
  std::string mistakes;
  for (nlu::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == nlu::Severity::error) {
      if (!mistakes.empty()) mistakes += '\n';
      mistakes += nlu::to_string(diagnostic);
    } else {
      warnings.push_back(std::move(diagnostic));
    }
  }
  if (!loaded.bot) return nlu::invalid(mistakes.empty() ? folder + ": no bot" : mistakes);
  return loaded.bot;
}

}  // namespace

nlu::Result<dialog::BotPtr> load_for_reading(const std::string& folder) {
  nlu::Diagnostics warnings;
  return load(folder, warnings);
}

nlu::Result<ReadyBot> ready_bot(const std::string& folder, const MakeInterpreter& make,
                                const Say& say, nlu::Diagnostics& warnings) {
  const auto loaded = load(folder, warnings);
  if (!loaded) return loaded.error();
  auto interpreter = make(folder, **loaded, say);
  if (!interpreter) return interpreter.error();
  ReadyBot ready;
  ready.folder = folder;
  ready.bot = *loaded;
  ready.interpreter = std::move(*interpreter);
  return ready;
}

std::vector<std::string> BotShelf::put(dialog::Tenant tenant, std::string folder,
                                       dialog::BotPtr bot) {
  if (entries_.empty()) first_ = tenant;
  Entry& entry = entries_[tenant];
  entry.tenant = tenant;
  entry.folder = std::move(folder);
  std::vector<std::string> gone;
  if (entry.trial && entry.trial->bot->version != bot->version) gone = withdraw(tenant);
  entry.trial.reset();
  std::erase_if(entry.versions,
                [&](const dialog::BotPtr& old) { return old->version == bot->version; });
  entry.versions.push_front(std::move(bot));
  if (entry.versions.size() > versions_kept) {
    gone.push_back(entry.versions.back()->version);
    entry.versions.pop_back();
  }
  return gone;
}

bool BotShelf::put_behind(dialog::Tenant tenant, dialog::BotPtr bot) {
  Entry& entry = entries_.at(tenant);
  if (entry.versions.size() >= versions_kept || find(tenant, bot->version)) return false;
  entry.versions.push_back(std::move(bot));
  return true;
}

std::vector<std::string> BotShelf::try_out(dialog::Tenant tenant, dialog::BotPtr bot,
                                           double share) {
  std::vector<std::string> gone = withdraw(tenant);
  std::erase(gone, bot->version);
  Entry& entry = entries_.at(tenant);
  std::erase_if(entry.versions,
                [&](const dialog::BotPtr& old) { return old->version == bot->version; });
  entry.trial = Trial{std::move(bot), share};
  return gone;
}

std::vector<std::string> BotShelf::withdraw(dialog::Tenant tenant) {
  Entry& entry = entries_.at(tenant);
  if (!entry.trial) return {};
  std::vector<std::string> gone{entry.trial->bot->version};
  entry.trial.reset();
  return gone;
}

dialog::BotPtr BotShelf::current(dialog::Tenant tenant) const {
  const Entry* entry = of(tenant);
  return entry ? entry->current() : nullptr;
}

// FNV-1a over the conversation and the version: the same share of every trial's conversations, but
// not the same ones.
dialog::BotPtr BotShelf::chosen(const dialog::ConversationId& id) const {
  const Entry* entry = of(id.tenant);
  if (entry == nullptr) return nullptr;
  if (!entry->trial) return entry->current();
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  for (const std::uint8_t byte : id.bytes) mix(byte);
  for (const char c : entry->trial->bot->version) mix(static_cast<std::uint8_t>(c));
  hash ^= hash >> 33;  // Its high bits hardly know the last bytes.
  hash *= 0xff51afd7ed558ccdu;
  const double place = static_cast<double>(hash >> 11) / static_cast<double>(1ull << 53);
  return place < entry->trial->share ? entry->trial->bot : entry->current();
}

dialog::BotPtr BotShelf::find(dialog::Tenant tenant, const std::string& version) const {
  const Entry* entry = of(tenant);
  if (entry == nullptr) return nullptr;
  if (entry->trial && entry->trial->bot->version == version) return entry->trial->bot;
  for (const dialog::BotPtr& bot : entry->versions) {
    if (bot->version == version) return bot;
  }
  return nullptr;
}

const BotShelf::Entry* BotShelf::of(dialog::Tenant tenant) const {
  const auto found = entries_.find(tenant);
  return found == entries_.end() ? nullptr : &found->second;
}

const BotShelf::Entry* BotShelf::first() const {
  const auto found = entries_.find(first_);
  return found == entries_.end() ? nullptr : &found->second;
}

const BotShelf::Entry* BotShelf::named(std::string_view name) const {
  if (name.empty()) return entries_.size() == 1 ? &entries_.begin()->second : nullptr;
  for (const auto& entry : entries_) {
    if (entry.second.current()->name == name) return &entry.second;
  }
  return nullptr;
}

}  // namespace bot

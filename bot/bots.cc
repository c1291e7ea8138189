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

void BotShelf::put(dialog::Tenant tenant, std::string folder, dialog::BotPtr bot) {
  if (entries_.empty()) first_ = tenant;
  Entry& entry = entries_[tenant];
  entry.tenant = tenant;
  entry.folder = std::move(folder);
  std::erase_if(entry.versions,
                [&](const dialog::BotPtr& old) { return old->version == bot->version; });
  entry.versions.push_front(std::move(bot));
  if (entry.versions.size() > versions_kept) entry.versions.pop_back();
}

dialog::BotPtr BotShelf::current(dialog::Tenant tenant) const {
  const auto found = entries_.find(tenant);
  return found == entries_.end() ? nullptr : found->second.versions.front();
}

dialog::BotPtr BotShelf::find(dialog::Tenant tenant, const std::string& version) const {
  const auto found = entries_.find(tenant);
  if (found == entries_.end()) return nullptr;
  for (const dialog::BotPtr& bot : found->second.versions) {
    if (bot->version == version) return bot;
  }
  return nullptr;
}

const BotShelf::Entry* BotShelf::first() const {
  const auto found = entries_.find(first_);
  return found == entries_.end() ? nullptr : &found->second;
}

const BotShelf::Entry* BotShelf::named(std::string_view name) const {
  if (name.empty()) return entries_.size() == 1 ? &entries_.begin()->second : nullptr;
  for (const auto& entry : entries_) {
    if (entry.second.versions.front()->name == name) return &entry.second;
  }
  return nullptr;
}

}  // namespace bot

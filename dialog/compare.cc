#include "dialog/compare.h"

#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "dialog/canonical.h"
#include "dialog/load.h"

namespace dialog {

namespace {

// (kind, name) → what is written there.
using Parts = std::map<std::pair<std::string, std::string>, std::string>;

std::string singular(const std::string& key) {
  static const std::map<std::string, std::string> kinds = {
      {"flows", "flow"},      {"slots", "slot"},     {"responses", "response"},
      {"entities", "entity"}, {"intents", "intent"}, {"actions", "action"},
      {"alerts", "alert"},    {"hours", "hours"},    {"nlu", "examples"}};
  const auto found = kinds.find(key);
  return found == kinds.end() ? key : found->second;
}

void add(Parts& parts, const std::string& kind, const std::string& name, const nlu::Yaml& node) {
  std::string& text = parts[{kind, name}];
  text += canonical(node);
}

// "intent: greet" with its examples; a list's other items by their text.
void add_item(Parts& parts, const std::string& key, const nlu::Yaml& item) {
  if (item.is_map() && !item.entries.empty()) {
    const nlu::Yaml::Entry& first = item.entries.front();
    const bool names = key == "nlu" && first.value.is_scalar();
    return add(parts, names ? first.key : singular(key), names ? first.value.text : first.key,
               item);
  }
  add(parts, singular(key), item.is_scalar() ? item.text : "", item);
}

void add_file(Parts& parts, const nlu::Yaml& file) {
  for (const nlu::Yaml::Entry& entry : file.entries) {
    if (entry.value.is_map()) {
      for (const nlu::Yaml::Entry& one : entry.value.entries) {
        add(parts, singular(entry.key), one.key, one.value);
      }
    } else if (entry.value.is_sequence()) {
      for (const nlu::Yaml& item : entry.value.items) add_item(parts, entry.key, item);
    } else if (entry.key != "version") {  // Of the format
      add(parts, "setting", entry.key, entry.value);
    }
  }
}

nlu::Result<Parts> read(const std::string& folder) {
  std::error_code failure;
  if (!std::filesystem::is_directory(folder, failure)) {
    return nlu::Error{nlu::Errc::not_found, fmt::format("{} is no folder", folder)};
  }
  Parts parts;
  for (const std::string& name : bot_files(folder)) {
    const auto file = nlu::read_yaml((std::filesystem::path(folder) / name).string(), name);
    if (const auto* problem = std::get_if<nlu::Diagnostic>(&file)) {
      return nlu::invalid(nlu::to_string(*problem));
    }
    add_file(parts, std::get<nlu::Yaml>(file));
  }
  return parts;
}

}  // namespace

nlu::Result<std::vector<Change>> compare_bots(const std::string& before, const std::string& after) {
  const auto was = read(before);
  if (!was) return was.error();
  const auto now = read(after);
  if (!now) return now.error();
  std::vector<Change> changes;
  auto old = was->begin();
  auto fresh = now->begin();
  while (old != was->end() || fresh != now->end()) {
    if (fresh == now->end() || (old != was->end() && old->first < fresh->first)) {
      changes.push_back({Change::How::removed, old->first.first, old->first.second});
      ++old;
    } else if (old == was->end() || fresh->first < old->first) {
      changes.push_back({Change::How::added, fresh->first.first, fresh->first.second});
      ++fresh;
    } else {
      if (old->second != fresh->second) {
        changes.push_back({Change::How::changed, old->first.first, old->first.second});
      }
      ++old;
      ++fresh;
    }
  }
  return changes;
}

}  // namespace dialog
